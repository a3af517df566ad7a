//! Landings on repositories made object by object.

mod against_git;
mod attacks;
mod fixture;
mod kinds;
mod span;
mod updates;
