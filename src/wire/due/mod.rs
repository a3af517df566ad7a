//! What should have happened and did not, as `portcullis due` writes it.

pub mod v1;
