//! What `portcullis reconcile plan` writes beside the SQL text.

pub mod v1;
