//! `portcullis evidence sign` and `verify`: who vouches for a statement.

use super::key_file::{cannot_read, read_key, read_small_file};
use super::line::Line;
use crate::exit::{Exit, Failure, Result};
use crate::file_kind::recognise_no_evidence;
use crate::{names, output};
use clap::Args;
use portcullis_attest::evidence::predicate::summarize;
use portcullis_attest::evidence::predicate_type::StatementSummary;
use portcullis_attest::evidence::{self, StatementLines};
use portcullis_attest::key::SigningKey;
use portcullis_attest::signers::AllowedSigners;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

/// Arguments of `sign`.
#[derive(Debug, Args)]
pub struct Signing {
    /// File of statements.
    file: PathBuf,
    /// SSH private key (Ed25519, without a passphrase): `ssh-keygen -t ed25519 -N ''`.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Write the signed statements to this file instead of stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct Verifying {
    /// File of signed statements.
    file: PathBuf,
    /// Allowed signers, in the format of ssh-keygen(1).
    #[arg(long, value_name = "FILE")]
    signers: PathBuf,
}

/// Signs each statement of a file.
///
/// # Errors
/// A file cannot be read or written, or holds something else.
pub fn sign(arguments: &Signing) -> Result {
    if let Some(output) = &arguments.output {
        names::spare_files(output, [arguments.key.as_path()])?;
    }
    let key = read_key(&arguments.key)?;
    // All are looked at before one is written.
    let lines = file_lines(&arguments.file)?.map(|line| single_statement(&arguments.file, line, &key));
    let lines = lines.collect::<Result<Vec<Line>>>()?;
    if lines.is_empty() {
        return Err(Failure::environment(format!("{} holds no statement", arguments.file.display())));
    }
    let write = |out: &mut dyn Write| {
        lines.iter().try_for_each(|line| line.write_to(out).and_then(|()| out.write_all(b"\n")))
    };
    match &arguments.output {
        Some(file) => output::write_file_with(file, write)?,
        None => output::stdout_with(write)?,
    }
    Ok(Exit::Allowed)
}

/// A line that is a statement, and is going to be signed.
fn single_statement(file: &Path, line: io::Result<Vec<u8>>, key: &SigningKey) -> Result<Line> {
    let line = line.map_err(|error| cannot_read(file, &error))?;
    summarize(&line).map_err(|error| {
        let other = recognise_no_evidence(file).map(str::to_string);
        let why = other.unwrap_or_else(|| error.to_string());
        Failure::environment(format!("{}: {why}", file.display()))
    })?;
    Line::signed(line, key.clone())
}

/// The lines of a file, or of what is in its place.
fn file_lines(file: &Path) -> Result<StatementLines<impl BufRead>> {
    super::open_statements(file).map_err(|error| cannot_read(file, &error))
}

/// Verifies each statement of a file, and says who signed it.
///
/// # Errors
/// A file cannot be read. A statement that does not verify is no error, but ends with 6.
pub fn verify(arguments: &Verifying) -> Result {
    let signers = read_signers(&arguments.signers)?;
    let (mut text, mut exit, mut number) = (String::new(), Exit::Allowed, 0);
    for line in file_lines(&arguments.file)? {
        number += 1;
        let line = line.map_err(|error| cannot_read(&arguments.file, &error))?;
        match evidence::open(line, &signers, jiff::Timestamp::now(), summarize) {
            Ok((summary, by)) => {
                text.push_str(&describe_signature(&summary, &by.into_iter().collect::<Vec<_>>()))
            }
            Err(error) => {
                if number == 1
                    && let Some(other) = recognise_no_evidence(&arguments.file)
                {
                    return Err(Failure::environment(format!("{}: {other}", arguments.file.display())));
                }
                output::complain(&format!("{}:{number}: {error}", arguments.file.display()));
                exit = Exit::Unverified;
            }
        }
    }
    if number == 0 {
        return Err(Failure::unverified(format!("{} holds no statement", arguments.file.display())));
    }
    output::text(&text)?;
    Ok(exit)
}

/// A list of allowed signers.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub fn read_signers(file: &Path) -> Result<AllowedSigners> {
    AllowedSigners::read(&read_small_file(file)?).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::environment(format!("{}: {}", file.display(), all.join("; ")))
    })
}

fn describe_signature(
    StatementSummary { subject, name, size, unit }: &StatementSummary,
    signers: &[String],
) -> String {
    let claimed = portcullis_render::plural(*size, unit);
    format!("{name}: {claimed} on tree {}, signed by {}\n", subject.tree, signers.join(", "))
}
