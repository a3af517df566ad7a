//! Landings on repositories made object by object.

mod against_git;
