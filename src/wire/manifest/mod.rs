//! Headers of manifests: `manifest.json` beside the rows of one side of a dataset.

pub mod signature_v1;
pub mod v1;
