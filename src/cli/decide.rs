//! `portcullis decide`: judge gathered facts, without git and without network.

use super::exit::{Failure, Result};
use super::output;
use crate::model::facts::{Facts, SCHEMA};
use clap::Args;
use std::path::{Path, PathBuf};

/// Arguments of `decide`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The facts, as `portcullis facts` wrote them.
    #[arg(long, value_name = "FILE")]
    facts: PathBuf,
    /// The policy to judge by.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    #[command(flatten)]
    output: output::Shown,
}

/// Judges gathered facts.
///
/// # Errors
/// The facts cannot be read or are of another schema; the policy is not valid.
pub fn run(arguments: &Arguments) -> Result {
    let output = arguments.output.plan()?;
    let policy = super::policy::read(&arguments.policy)?;
    let facts = read(&arguments.facts)?;
    super::policy::waivers_of_change(&policy, &facts.gate)?;
    output.show(&crate::decide::decide(&policy, &facts))
}

fn read(file: &Path) -> Result<Facts> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::environment(format!("cannot read the facts {name}: {error}")))?;
    let facts: Facts = serde_json::from_str(&text).map_err(|error| {
        Failure::environment(format!(
            "{name}: these are no facts of schema {SCHEMA}: {error}; gather them again"
        ))
    })?;
    if facts.schema == SCHEMA {
        return Ok(facts);
    }
    let of = facts.schema;
    Err(Failure::environment(format!(
        "{name}: these are facts of schema {of}, and this program reads schema {SCHEMA}; gather them again"
    )))
}
