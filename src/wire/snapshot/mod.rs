//! Snapshots of the protection of branches: `snapshot.json` in a chain.

pub mod v1;
