//! Landings on repositories made object by object.

mod against_git;
mod attacks;
mod basis;
mod fixture;
mod kinds;
mod span;
mod updates;
