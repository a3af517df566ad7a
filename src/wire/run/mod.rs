//! Runs of a reconciliation: `run.json` in a chain.

pub mod signature_v1;
pub mod v1;
