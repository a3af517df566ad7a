//! `portcullis people import`: training from what providers export.

use super::update::{UpdatedRegister, add_training, describe_difference};
use super::{ReadRegister, RegisterArguments, parse_moment, read_text};
use crate::exit::{Exit, Failure, Result};
use crate::output;
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use portcullis_attest::badge::{BadgeRefusal, BadgeTrust};
use portcullis_collect::training::badge::read_badge;
use portcullis_collect::training::csv::{read_csv, read_mapping};
use portcullis_collect::training::xapi::read_xapi;
use portcullis_collect::training::{ExportError, TrainingExport};
use portcullis_judge::policy;
use std::path::{Path, PathBuf};

/// What to import.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Rows of a CSV file, such as a completion report of Moodle.
    ///
    /// Exit codes: 0 all rows were read, 1 some are of people whom the register does not have, 5 a
    /// file cannot be read.
    Csv {
        /// The CSV file.
        file: PathBuf,
        /// Which column holds what, in TOML.
        #[arg(long, value_name = "FILE")]
        mapping: PathBuf,
        #[command(flatten)]
        target: TargetArguments,
    },
    /// Open Badges 3.0, signed by an issuer whose keys the policy names.
    ///
    /// Exit codes: 0 every badge is proved, 1 one is revoked, 3 something of one could not be
    /// shown, 5 a file cannot be read. Without 0 nothing is written.
    OpenBadge {
        /// Files with one credential each: a token (VC-JWT), or JSON with a proof.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Status list of the issuer. Repeatable.
        #[arg(long = "status-list", value_name = "FILE")]
        status_lists: Vec<PathBuf>,
        /// The oldest status list that counts, in days.
        #[arg(long, value_name = "DAYS", default_value_t = 7)]
        status_max_age: u16,
        /// The moment at which the badges have to be valid. Default: now.
        #[arg(long, value_name = "TIME", value_parser = parse_moment)]
        at: Option<Timestamp>,
        #[command(flatten)]
        target: TargetArguments,
    },
    /// xAPI statements of a learning record store, as JSON.
    ///
    /// Exit codes: as for `csv`.
    Xapi {
        /// The statements: an array, one in each line, or the store's answer.
        file: PathBuf,
        #[command(flatten)]
        target: TargetArguments,
    },
}

/// Where the result goes.
#[derive(Debug, Args)]
pub struct TargetArguments {
    #[command(flatten)]
    register: RegisterArguments,
    /// Write the register with the new entries in place of the old one.
    #[arg(long, conflicts_with = "output")]
    update: bool,
    /// Write the register with the new entries to this file.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only show what would change, as without --update and --output.
    #[arg(long, conflicts_with_all = ["update", "output"])]
    dry_run: bool,
}

/// Runs one of the commands.
///
/// # Errors
/// A file cannot be read or written.
pub fn run(command: &ImportCommand) -> Result {
    match command {
        ImportCommand::Csv { file, mapping, target } => {
            let read = target.register.read()?;
            let named = |at: &Path, error: ExportError| failed_export(at, &error);
            let columns =
                read_mapping(&read_text(mapping)?, &read.settings).map_err(|error| named(mapping, error))?;
            let export = read_csv(&read_text(file)?, &columns).map_err(|error| named(file, error))?;
            finish(&read, &export, target)
        }
        ImportCommand::Xapi { file, target } => {
            let read = target.register.read()?;
            let export =
                read_xapi(&read_text(file)?, &read.settings).map_err(|error| failed_export(file, &error))?;
            finish(&read, &export, target)
        }
        ImportCommand::OpenBadge { files, status_lists, status_max_age, at, target } => {
            let read = target.register.read()?;
            let lists = status_lists.iter().map(|file| read_bytes(file)).collect::<Result<Vec<_>>>()?;
            let trust = BadgeTrust {
                issuers: &read.settings.issuers,
                at: at.unwrap_or_else(Timestamp::now),
                status_lists: &lists,
                longest_age: SignedDuration::from_hours(24 * i64::from(*status_max_age)),
            };
            import_badges(&read, files, trust, target)
        }
    }
}

fn read_bytes(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file)
        .map_err(|error| Failure::environment(format!("cannot read {}: {error}", file.display())))
}

fn failed_export(file: &Path, error: &ExportError) -> Failure {
    let place = if error.place.is_empty() { String::new() } else { format!(", {}", error.place) };
    Failure::environment(format!("{}{place}: {}", file.display(), error.problem))
        .hint("correct it, or export it again; nothing was imported")
}

/// All badges or none: a register that a part of them changed would look complete.
fn import_badges(
    read: &ReadRegister,
    files: &[PathBuf],
    trust: BadgeTrust<'_>,
    target: &TargetArguments,
) -> Result {
    let mut export = TrainingExport::default();
    let mut worst = Exit::Allowed;
    for file in files {
        match read_badge(&read_bytes(file)?, &read.settings, &read.register, trust) {
            Ok(entry) => export.entries.push(entry),
            Err(refusal) => {
                let (verdict, exit) = match refusal {
                    BadgeRefusal::Unproven(_) => ("unproven", Exit::Undetermined),
                    BadgeRefusal::Revoked(_) => ("broken", Exit::Blocked),
                };
                output::complain(&format!("{}: {verdict}: {refusal}", file.display()));
                worst = if worst == Exit::Blocked { worst } else { exit };
            }
        }
    }
    if worst == Exit::Allowed { finish(read, &export, target) } else { Ok(worst) }
}

/// Shows what changes, and writes it where that is asked for.
fn finish(read: &ReadRegister, export: &TrainingExport, target: &TargetArguments) -> Result {
    let name = read.file.display().to_string();
    let updated = add_training(&read.text, &read.register, &export.entries)?;
    check_result(&name, &updated)?;
    export.passed_over.iter().for_each(|why| output::remark(&format!("passed over: {why}")));
    updated.unknown.iter().for_each(|why| output::remark(&format!("not imported: {why}")));
    output::text(&describe_difference(&name, &read.text, &updated.text))?;
    let place = target.output.as_ref().or(target.update.then_some(&read.file));
    if let Some(file) = place {
        output::write_file(file, updated.text.as_bytes())?;
    }
    let where_to =
        place.map_or_else(|| "nothing was written".to_string(), |file| format!("wrote {}", file.display()));
    output::remark(&format!("{} new, {} known already; {where_to}", updated.added, updated.known));
    Ok(if updated.unknown.is_empty() { Exit::Allowed } else { Exit::Blocked })
}

/// An export never makes a register that the gate could not read.
fn check_result(name: &str, updated: &UpdatedRegister) -> Result<()> {
    policy::read_register(&updated.text).map(drop).map_err(|problems| {
        Failure::environment(policy::show(&format!("{name} with the new entries"), &updated.text, &problems))
            .hint("correct the export; nothing was written")
    })
}
