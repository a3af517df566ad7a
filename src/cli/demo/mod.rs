//! `portcullis demo`: a look at the gate without any account.

pub mod history;
pub mod world;

use super::exit::{Exit, Result};

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Shows it.
///
/// # Errors
/// None yet.
pub fn run(_arguments: &Arguments) -> Result {
    Ok(Exit::Allowed)
}
