//! Portcullis: a gate that lets a change to data-processing code through only with branch
//! protection, independent review and regression evidence.
//!
//! This crate is the program. [`collect`] asks git, the host and the reports, and writes down facts
//! and gaps; [`render`] writes decisions; [`cli`] leads from arguments to an exit code. The other
//! rooms are crates of their own below `src`, and Cargo holds the arrows between them:
//!
//! ```text
//! pattern <- model <- wire <- attest <- judge        pure: facts and a policy in, a decision out
//!            model <- report                          parsers: bytes in, a test run out
//!            model <- git, forge                      a repository; hosts and CI systems
//!            model, wire <- record                    the chain of deployment records
//! everything <- collect, render <- cli <- main
//! ```

pub mod cli;
pub mod collect;
pub mod render;
