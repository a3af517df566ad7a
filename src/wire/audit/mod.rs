//! Audits of a period: what `portcullis audit --format json` writes.

pub mod v1;
