//! What `portcullis replay --json` writes.

pub mod v1;
