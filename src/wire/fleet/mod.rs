//! Rounds over a fleet of repositories, and the repositories in them.

pub mod v1;
