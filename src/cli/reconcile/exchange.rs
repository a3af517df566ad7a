//! `reconcile exchange`: two parties find the records in which they differ, message by message.

use super::inputs::{manifest_failure, open_manifest};
use crate::exit::{Exit, Failure, Result};
use crate::output;
use clap::{Args, Subcommand};
use portcullis_reconcile::exchange::{
    ExchangeFault, ExchangeLimits, ManifestParty, answer_message, begin_exchange, is_complete,
};
use portcullis_render::reconciliation::count_differing;
use portcullis_wire::exchange::v1::{DifferenceKindV1, ExchangeV1, read_exchange, write_exchange};
use std::path::{Path, PathBuf};

/// The longest message that is read, in bytes.
const LONGEST_MESSAGE: u64 = 1 << 30;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum ExchangeCommand {
    /// Write the first message: a digest of each bucket.
    Begin(BeginArguments),
    /// Answer a message of the partner.
    ///
    /// Exit codes: 0 the exchange goes on or found nothing, 1 it is complete and the sides differ,
    /// 5 a file cannot be read or written, 6 the message is none of this exchange.
    Answer(AnswerMessageArguments),
    /// List the differences of the last message.
    ///
    /// Exit codes: 0 there are none, 1 there are some, 3 the exchange is not complete, 5, 6.
    Show {
        /// The last message.
        message: PathBuf,
    },
}

/// Arguments of `exchange begin`.
#[derive(Debug, Args)]
pub struct BeginArguments {
    /// Manifest of your side.
    manifest: PathBuf,
    /// File to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Arguments of `exchange answer`.
#[derive(Debug, Args)]
pub struct AnswerMessageArguments {
    /// Manifest of your side.
    manifest: PathBuf,
    /// Message of the partner.
    message: PathBuf,
    /// File to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Show at most this many lines: digests of parts, records and differences together.
    #[arg(long, value_name = "N", default_value_t = ExchangeLimits::default().lines)]
    most: usize,
}

pub(super) fn run(directory: &Path, command: &ExchangeCommand) -> Result {
    match command {
        ExchangeCommand::Begin(arguments) => {
            let party = open_party(directory, &arguments.manifest)?;
            write_message(&directory.join(&arguments.output), &begin_exchange(&party))?;
            Ok(Exit::Allowed)
        }
        ExchangeCommand::Answer(arguments) => answer(directory, arguments),
        ExchangeCommand::Show { message } => show(directory, message),
    }
}

fn answer(directory: &Path, arguments: &AnswerMessageArguments) -> Result {
    let party = open_party(directory, &arguments.manifest)?;
    let bytes = read_message(&directory.join(&arguments.message))?;
    let limits = ExchangeLimits { lines: arguments.most };
    let message = answer_message(&party, &bytes, limits).map_err(exchange_failure)?;
    write_message(&directory.join(&arguments.output), &message)?;
    let records: usize = message.records.iter().map(|part| part.records.len()).sum();
    if !is_complete(&message) {
        output::remark(&format!(
            "shows {} digests of parts and {records} records; send {} to the partner",
            message.states.len(),
            arguments.output.display()
        ));
        return Ok(Exit::Allowed);
    }
    tell(&message)
}

fn show(directory: &Path, place: &Path) -> Result {
    let place = directory.join(place);
    let bytes = read_message(&place)?;
    let message = read_exchange(&bytes).map_err(|error| {
        Failure::unverified(format!("{} is no message of an exchange: {error}", place.display()))
    })?;
    if is_complete(&message) {
        return tell(&message);
    }
    tell(&message)?;
    output::remark("the exchange is not complete: answer this message");
    Ok(Exit::Undetermined)
}

/// Writes the differences: how many of each kind, then each with its keyed key.
fn tell(message: &ExchangeV1) -> Result {
    let count = |how| message.differences.iter().filter(|difference| difference.how == how).count();
    let mut text = format!("{}: {}\n", message.dataset, count_differing(message.differences.len() as u64));
    for how in [
        DifferenceKindV1::SourceOnly,
        DifferenceKindV1::TargetOnly,
        DifferenceKindV1::OtherContent,
        DifferenceKindV1::Repeated,
    ] {
        if count(how) > 0 {
            text.push_str(&format!("  {:<14} {}\n", how.as_str(), count(how)));
        }
    }
    for difference in &message.differences {
        text.push_str(&format!("{} {}\n", difference.key.escape_debug(), difference.how.as_str()));
    }
    output::text(text.trim_end())?;
    Ok(if message.differences.is_empty() { Exit::Allowed } else { Exit::Blocked })
}

fn open_party(directory: &Path, manifest: &Path) -> Result<ManifestParty> {
    ManifestParty::new(open_manifest(directory, manifest)?).map_err(exchange_failure)
}

fn read_message(place: &Path) -> Result<Vec<u8>> {
    let cannot =
        |error: std::io::Error| Failure::environment(format!("cannot read {}: {error}", place.display()));
    let length = std::fs::metadata(place).map_err(cannot)?.len();
    if length > LONGEST_MESSAGE {
        return Err(Failure::unverified(format!("{} is too long for a message", place.display())));
    }
    std::fs::read(place).map_err(cannot)
}

fn write_message(place: &Path, message: &ExchangeV1) -> Result<()> {
    let bytes = write_exchange(message).map_err(|error| Failure::environment(error.to_string()))?;
    std::fs::write(place, bytes)
        .map_err(|error| Failure::environment(format!("cannot write {}: {error}", place.display())))
}

fn exchange_failure(fault: ExchangeFault) -> Failure {
    match fault {
        ExchangeFault::Manifest(fault) => manifest_failure(fault),
        ExchangeFault::Message { problem, remedy, .. } => Failure::unverified(problem).hint(remedy),
    }
}
