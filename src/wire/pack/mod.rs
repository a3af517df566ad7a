//! The manifest of an evidence pack as JSON: `manifest.json`.

pub mod v1;
