//! Portcullis: a gate that lets a change to data-processing code through only with branch protection,
//! independent review and regression evidence.
//!
//! The rooms, and who may look into which (a test holds them to it):
//!
//! ```text
//! model <- control <- policy <- decide <- render     pure
//! model <- attest <- evidence <- collect            statements of test runs
//! model <- report, record <- collect                the edge never sees control, policy or decide
//! model <- wire <- record <- render                  pure
//! everything <- cli <- main
//! ```

pub mod attest;
#[cfg(feature = "collect")]
pub mod cli;
#[cfg(feature = "collect")]
pub mod collect;
pub mod control;
pub mod decide;
pub mod evidence;
pub mod model;
pub mod policy;
pub mod record;
pub mod render;
pub mod report;
pub mod wire;
