//! The newest records of a repository, written down for somewhere else.

pub mod v1;
