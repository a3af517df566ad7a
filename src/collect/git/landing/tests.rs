//! Landings on repositories made object by object.

mod against_git;
mod attacks;
mod fixture;
mod kinds;
mod moves;
mod random;
mod span;
mod updates;
