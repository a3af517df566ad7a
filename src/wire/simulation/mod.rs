//! What `portcullis simulate --format json` writes.

pub mod v1;
