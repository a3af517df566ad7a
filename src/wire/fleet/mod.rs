//! Rounds over a fleet of repositories, and the repositories in them.

pub mod repository_v1;
pub mod signature_v1;
pub mod v1;
