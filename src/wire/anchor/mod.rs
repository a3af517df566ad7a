//! The newest records and snapshots of a repository, written down for somewhere else.

pub mod v1;
pub mod v2;
