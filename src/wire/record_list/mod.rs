//! What `portcullis record list --json` writes.

pub mod v1;
