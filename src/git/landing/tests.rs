//! Landings on repositories made object by object.

mod against_git;
mod attacks;
mod basis;
mod criss_cross;
mod dice;
mod equal_lines;
mod fixture;
mod kinds;
mod moves;
mod never_given;
mod oracle;
mod pushed;
mod random;
mod span;
mod texts;
mod updates;
