//! `portcullis evidence sign` and `verify`: who vouches for a statement.

use crate::attest::dsse::seal;
use crate::attest::key::SigningKey;
use crate::attest::signers::AllowedSigners;
use crate::attest::statement::PAYLOAD_TYPE;
use crate::cli::exit::{Exit, Failure, Result};
use crate::cli::{names, output};
use crate::evidence;
use crate::model::evidence::Statement;
use clap::Args;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Arguments of `sign`.
#[derive(Debug, Args)]
pub struct Signing {
    /// A file of statements.
    file: PathBuf,
    /// An SSH private key of the kind Ed25519, without a passphrase: `ssh-keygen -t ed25519 -N ''`.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Write the signed statements to this file. Without it: to stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct Verifying {
    /// A file of signed statements.
    file: PathBuf,
    /// The allowed signers, in the form of ssh-keygen(1).
    #[arg(long, value_name = "FILE")]
    signers: PathBuf,
}

/// Signs each statement of a file.
///
/// # Errors
/// A file cannot be read or written, or holds something else.
pub fn sign(arguments: &Signing) -> Result {
    if let Some(output) = &arguments.output {
        names::spare(output, [arguments.key.as_path()])?;
    }
    let key = key(&arguments.key)?;
    let bytes = read(&arguments.file)?;
    let mut signed = Vec::new();
    for line in evidence::lines(&bytes) {
        evidence::read(line)
            .map_err(|error| Failure::environment(format!("{}: {error}", arguments.file.display())))?;
        signed.extend(sealed(line, &key)?);
        signed.push(b'\n');
    }
    if signed.is_empty() {
        return Err(Failure::environment(format!("{} holds no statement", arguments.file.display())));
    }
    match &arguments.output {
        Some(file) => output::write_file(file, &signed)?,
        None => output::stdout(&signed)?,
    }
    Ok(Exit::Allowed)
}

/// A statement in an envelope, as one line without a line break.
pub fn sealed(line: &[u8], key: &SigningKey) -> Result<Vec<u8>> {
    let mut bytes = seal(PAYLOAD_TYPE, line, key).map_err(|error| Failure::environment(error.to_string()))?;
    bytes.truncate(bytes.trim_ascii_end().len());
    Ok(bytes)
}

/// Reads a private key.
pub fn key(file: &Path) -> Result<SigningKey> {
    let text = String::from_utf8_lossy(&read(file)?).into_owned();
    SigningKey::from_openssh(&text)
        .map_err(|error| Failure::environment(format!("the key {}: {error}", file.display())))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file)
        .map_err(|error| Failure::environment(format!("cannot read {}: {error}", file.display())))
}

/// Verifies each statement of a file, and says who signed it.
///
/// # Errors
/// A file cannot be read. A statement that does not verify is no error, but ends with 6.
pub fn verify(arguments: &Verifying) -> Result {
    let signers = AllowedSigners::read(&read(&arguments.signers)?).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::environment(format!("{}: {}", arguments.signers.display(), all.join("; ")))
    })?;
    let bytes = read(&arguments.file)?;
    let (mut text, mut exit, mut number) = (String::new(), Exit::Allowed, 0);
    for line in evidence::lines(&bytes) {
        number += 1;
        match evidence::open(line, &signers, jiff::Timestamp::now()) {
            Ok((statement, by)) => text.push_str(&described(&statement, &by.into_iter().collect::<Vec<_>>())),
            Err(error) => {
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

fn described(Statement { subject, run }: &Statement, signers: &[String]) -> String {
    let configuration = run.configuration.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}{configuration}: {} on tree {}, signed by {}",
        run.suite,
        crate::render::plural(run.tests.len() as u64, "test"),
        subject.tree,
        signers.join(", ")
    );
    text
}
