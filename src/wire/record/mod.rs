//! The entry of a deployment record as JSON: `record.json`.

pub mod signature_v1;
pub mod v2;
