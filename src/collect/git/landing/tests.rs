//! Landings on repositories made object by object.

mod against_git;
mod attacks;
mod criss_cross;
mod dice;
mod equal_lines;
mod fixture;
mod kinds;
mod never_given;
mod oracle;
mod span;
mod texts;
mod updates;
