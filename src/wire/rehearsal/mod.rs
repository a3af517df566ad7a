//! What `portcullis rehearse --format json` writes.

pub mod v1;
