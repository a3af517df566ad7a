//! What `portcullis status --json` writes.

pub mod v1;
