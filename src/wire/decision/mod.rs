//! A decision as JSON: what `--format json` writes, and `decision.json` in a deployment record.

pub mod repeated;
pub mod v1;
