//! What two parties send each other to find the records in which they differ
//! (`portcullis reconcile exchange`).

pub mod v1;
