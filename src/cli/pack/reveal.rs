//! `portcullis pack reveal`, and the files of a key: none of them is ever in a pack.

use super::super::exit::{Exit, Failure, Result};
use super::super::output;
use clap::Args;
use portcullis_model::shell::quote_word;
use portcullis_pack::pseudonym::PseudonymKey;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which pseudonyms, and the key.
#[derive(Debug, Args)]
pub struct RevealArguments {
    /// File of the key that the pack was written with. FILE.people.json is beside it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Pseudonyms. Default: all that the key was used for.
    #[arg(value_name = "PSEUDONYM")]
    pseudonyms: Vec<String>,
}

/// Reads a key, which must not be in the folder of the pack.
///
/// # Errors
/// There is none, or it is too short.
pub(super) fn read_key(file: &Path, folder: &Path) -> Result<PseudonymKey> {
    if file.starts_with(folder) {
        return Err(Failure::usage(format!("the key {} would be in the pack", file.display())));
    }
    read_key_file(file)
}

fn read_key_file(file: &Path) -> Result<PseudonymKey> {
    let bytes = std::fs::read(file).map_err(|error| {
        Failure::environment(format!("cannot read the key {}: {error}", file.display())).hint(format!(
            "make one: (umask 077; openssl rand -hex 32 > {})",
            quote_word(&file.display().to_string())
        ))
    })?;
    PseudonymKey::read(&bytes).map_err(|why| Failure::usage(format!("{}: {why}", file.display())))
}

fn people_file(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_os_string();
    name.push(".people.json");
    PathBuf::from(name)
}

/// Writes who is who beside the key, with those of earlier packs.
///
/// # Errors
/// The file cannot be read or written.
pub(super) fn write_people(key: &Path, people: &BTreeMap<String, String>) -> Result<()> {
    let file = people_file(key);
    let mut all = if file.exists() { read_people(&file)? } else { BTreeMap::new() };
    all.extend(people.clone());
    let text =
        serde_json::to_string_pretty(&all).map_err(|error| Failure::environment(error.to_string()))? + "\n";
    output::write_file(&file, text.as_bytes())
}

fn read_people(file: &Path) -> Result<BTreeMap<String, String>> {
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::environment(format!("cannot read {}: {error}", file.display()))
    };
    let bytes = std::fs::read(file).map_err(|error| cannot(&error))?;
    serde_json::from_slice(&bytes).map_err(|error| cannot(&error))
}

pub(super) fn run(arguments: &RevealArguments) -> Result {
    let key = read_key_file(&arguments.key)?;
    let people = read_people(&people_file(&arguments.key))?;
    // The list is only a list of candidates: the key says who has which pseudonym.
    let by_pseudonym: BTreeMap<String, &String> = people
        .iter()
        .filter(|(login, said)| key.of_login(login) == **said)
        .map(|(login, said)| (said.clone(), login))
        .collect();
    let asked: Vec<&String> = match arguments.pseudonyms.as_slice() {
        [] => by_pseudonym.keys().collect(),
        some => some.iter().collect(),
    };
    let mut text = String::new();
    for pseudonym in asked {
        let login = by_pseudonym.get(pseudonym).ok_or_else(|| {
            Failure::unverified(format!(
                "no person that this key was used for has the pseudonym `{pseudonym}`"
            ))
        })?;
        text.push_str(&format!("{pseudonym}  {login}\n"));
    }
    output::text(&text)?;
    Ok(Exit::Allowed)
}
