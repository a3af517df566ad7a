//! Headers of manifests: `manifest.json` beside the rows of one side of a dataset.

pub mod v1;
