//! Portcullis: a gate that lets a change to data-processing code through only with branch
//! protection, independent review and regression evidence.
//!
//! This crate is the program: [`collect`] asks the world and writes down facts and gaps, [`render`]
//! writes decisions down, and [`cli`] leads from arguments to an exit code. The other rooms are
//! crates of their own below `src`; the `Cargo.toml` of each says what it may use.

pub mod cli;
pub mod collect;
pub mod render;
