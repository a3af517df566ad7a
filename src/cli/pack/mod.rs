//! `portcullis pack`: evidence packs, verified.

use super::exit::Result;
use clap::Subcommand;
use std::path::Path;

mod archive_file;
mod arrivals;
mod clone;
mod folder;
mod house_digests;
pub mod option;
mod records;
mod redacting;
mod results;
mod reveal;
pub mod sealed;
mod snapshots;
mod stored;
pub mod verify;
pub mod write;

/// What to do with a pack.
#[derive(Debug, Subcommand)]
pub enum PackCommand {
    /// Verify a pack offline: compare every file with the manifest, take every recorded decision
    /// again, write the report again, and compare.
    ///
    /// Exit codes: 0 everything agrees, 3 something could not be checked, 5 the pack cannot be
    /// read, 6 something differs; it is named.
    Verify(verify::VerifyArguments),
    /// Say who is behind the pseudonyms of a pack, for the holder of the key.
    Reveal(reveal::RevealArguments),
}

/// Runs one of the commands.
///
/// # Errors
/// The pack cannot be read, or does not verify.
pub fn run(directory: &Path, command: &PackCommand) -> Result {
    match command {
        PackCommand::Verify(arguments) => verify::run(directory, arguments),
        PackCommand::Reveal(arguments) => reveal::run(arguments),
    }
}
