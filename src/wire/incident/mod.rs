//! The register of incidents: `incident.json` in a chain.

pub mod v1;
