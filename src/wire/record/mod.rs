//! The entry of a deployment record as JSON: `record.json`.

pub mod v2;
