//! `portcullis evidence list`: what other programs say of a commit, and what vouches for it.

use super::key_file::read_small_file;
use super::sign::read_signers;
use crate::exit::{Exit, Failure, Result};
use crate::{opening, output};
use clap::Args;
use portcullis_attest::evidence::additional::{
    AdditionalStatement, StatementWrapping, read_additional, unwrap_statement,
};
use portcullis_attest::evidence::{self, note_lines};
use portcullis_attest::signers::AllowedSigners;
use portcullis_attest::statement::ResourceDescriptor;
use portcullis_attest::{AttestError, json};
use portcullis_collect::naming::resolve_named;
use portcullis_model::evidence::RunSubject;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct Listing {
    /// Files of statements: bare, in DSSE envelopes or in bundles of Sigstore, one on each line or
    /// one in the whole file.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The commit that they should be about.
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    commit: String,
    /// Allowed signers, in the format of ssh-keygen(1). Without it no signature is verified.
    #[arg(long, value_name = "FILE")]
    signers: Option<PathBuf>,
}

/// What vouches for a statement.
enum StatementTrust {
    Unsigned,
    SignedBy(BTreeSet<String>),
    NotVerified(String),
}

/// Shows each statement of some files.
///
/// # Errors
/// There is no such commit, or a file cannot be read or holds something else.
pub fn run(directory: &Path, arguments: &Listing) -> Result {
    let repository = opening::open(directory)?;
    let commit = resolve_named(&repository, &arguments.commit)?;
    let subject = repository.subject(&commit).map_err(super::unseen_failure)?;
    let signers = arguments.signers.as_deref().map(read_signers).transpose()?;
    let mut text = String::new();
    for file in &arguments.files {
        let bytes = read_small_file(&directory.join(file))?;
        let lines = split_statements(&bytes);
        if lines.is_empty() {
            return Err(Failure::environment(format!("{} holds no statement", file.display())));
        }
        for (index, line) in lines.iter().enumerate() {
            let (statement, trust) = read_with_trust(line, signers.as_ref()).map_err(|error| {
                Failure::environment(format!("{}:{}: {error}", file.display(), index + 1))
            })?;
            describe_statement(&statement, &trust, &subject, &mut text);
        }
    }
    text.push_str(
        "No control takes these in place of a report or a review: they are shown, and decide nothing.\n",
    );
    output::text(&text)?;
    Ok(Exit::Allowed)
}

/// One document in the whole file, or one on each line.
fn split_statements(bytes: &[u8]) -> Vec<&[u8]> {
    match json::check_unique(bytes) {
        Ok(()) => vec![bytes],
        Err(_) => note_lines(bytes).collect(),
    }
}

fn read_with_trust(
    line: &[u8],
    signers: Option<&AllowedSigners>,
) -> std::result::Result<(AdditionalStatement, StatementTrust), AttestError> {
    let (bytes, wrapping) = unwrap_statement(line)?;
    let statement = read_additional(&bytes)?;
    let trust = match (wrapping, signers) {
        (StatementWrapping::Bare, _) => StatementTrust::Unsigned,
        (StatementWrapping::SigstoreBundle, _) => StatementTrust::NotVerified(
            "its certificate is of Sigstore, which this program does not verify".to_string(),
        ),
        (StatementWrapping::Envelope, None) => {
            StatementTrust::NotVerified("name the keys that may sign with --signers".to_string())
        }
        (StatementWrapping::Envelope, Some(signers)) => {
            let opened = evidence::open(line.to_vec(), signers, jiff::Timestamp::now(), read_additional);
            match opened {
                // What was verified is what is shown.
                Ok((verified, by)) => return Ok((verified, StatementTrust::SignedBy(by))),
                Err(error) => StatementTrust::NotVerified(error.to_string()),
            }
        }
    };
    Ok((statement, trust))
}

fn describe_statement(
    statement: &AdditionalStatement,
    trust: &StatementTrust,
    asked: &RunSubject,
    text: &mut String,
) {
    let about = statement.about.unwrap_or("a statement of a type that is not known here");
    // Writing to a string does not fail.
    let _ = writeln!(text, "{about}: {}", statement.predicate_type);
    for (name, values) in &statement.says {
        let _ = writeln!(text, "  {name}: {}", values.join(", "));
    }
    let issuer = statement.issuer.as_deref().map_or("not named", |issuer| issuer);
    let word = if matches!(trust, StatementTrust::SignedBy(_)) { "" } else { " (by its own account)" };
    let _ = writeln!(text, "  issuer: {issuer}{word}");
    let _ = match trust {
        StatementTrust::Unsigned => writeln!(text, "  signed by: no one; anyone may have written it"),
        StatementTrust::SignedBy(names) => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            writeln!(text, "  signed by: {}", names.join(", "))
        }
        StatementTrust::NotVerified(why) => writeln!(text, "  signed by: not verified: {why}"),
    };
    let _ = writeln!(text, "  subject: {}\n", describe_subjects(&statement.subjects, asked));
}

/// Is the statement bound to the commit? A name or an address binds nothing, and of several
/// subjects one that is the commit suffices.
fn describe_subjects(subjects: &[ResourceDescriptor], asked: &RunSubject) -> String {
    let RunSubject { commit, tree } = asked;
    let is = |subject: &&ResourceDescriptor, key: &str, digits: &str| {
        subject.digest.get(key).is_some_and(|found| found == digits)
    };
    let differs = |subject: &&ResourceDescriptor, key: &str, digits: &str| {
        subject.digest.get(key).is_some_and(|found| found != digits)
    };
    let of_commit = subjects.iter().filter(|it| is(it, "gitCommit", commit.as_str()));
    let of_commit = of_commit.filter(|it| !differs(it, "gitTree", tree.as_str())).count();
    let of_tree = subjects.iter().filter(|it| is(it, "gitTree", tree.as_str())).count();
    let named = subjects.iter().filter_map(|it| it.digest.get("gitCommit")).take(3).cloned();
    let named: Vec<String> = named.collect();
    if of_commit > 0 {
        format!("bound to the commit {}", commit.short())
    } else if of_tree > 0 && named.is_empty() {
        format!("bound to the tree of {}", commit.short())
    } else if named.is_empty() {
        format!("not bound to {}: it names no commit", commit.short())
    } else {
        format!("not bound to {}: it is about {}", commit.short(), named.join(", "))
    }
}
