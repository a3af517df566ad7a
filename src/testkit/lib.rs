//! Scenes for tests and for `portcullis demo`: a made-up host, a project on it, and random
//! histories of a branch.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test support: a failure here is a failed test"
)]

pub mod answer_faults;
pub mod bare;
pub mod fleet;
pub mod gitea;
pub mod gitlab;
pub mod history;
pub mod lane;
pub mod scene;
pub mod server;
pub mod stage;
pub mod world;
