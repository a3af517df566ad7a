//! Putting the shards of a round together. The order of the files changes nothing.

use super::output_plan::FleetOutput;
use super::scope::{Shard, digest_names, parse_shard};
use super::{exit_of, unreadable};
use crate::exit::{Failure, Result};
use clap::Args;
use jiff::SignedDuration;
use portcullis_fleet::page::PastVerdicts;
use portcullis_fleet::round::{RoundDraft, prepare_round, sort_worst_first};
use portcullis_model::digest::Digest;
use portcullis_model::fleet::{FleetItem, FleetRound};
use portcullis_wire::fleet::v1::{FleetV1, write_item};
use portcullis_wire::form::Form as _;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Which shards.
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// Files that `--format json` wrote, one for each shard, in any order.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// `terminal`, `json`, `csv` or `html`; to a file with `=FILE`. Repeatable. Default:
    /// `terminal`.
    #[arg(long = "format", value_name = "NAME[=FILE]")]
    formats: Vec<String>,
    /// List every repository, also those that meet everything.
    #[arg(long)]
    all: bool,
}

/// Shards of one round begin within this time.
const APART: SignedDuration = SignedDuration::from_hours(24);

/// A shard as it was read.
struct ReadShard {
    file: String,
    shard: Shard,
    round: FleetRound,
    items: Vec<FleetItem>,
}

/// Merges shards.
///
/// # Errors
/// A file cannot be read, a shard is missing or there twice, or they are of different rounds.
pub fn run(arguments: &MergeArguments) -> Result {
    let plan = FleetOutput::read(&arguments.formats, arguments.all)?;
    let mut shards = arguments.files.iter().map(|file| read_shard(file)).collect::<Result<Vec<_>>>()?;
    shards.sort_by_key(|one| one.shard.part);
    check_together(&shards)?;
    let Some(first) = shards.first() else { return Err(Failure::usage("name the files of the shards")) };
    let mut round = first.round.clone();
    round.scope.shard = None;
    let mut draft = RoundDraft {
        time: shards.iter().map(|one| one.round.time).min().unwrap_or(round.time),
        scope: round.scope,
        house: round.house,
        unlisted: shards.iter().find_map(|one| one.round.unlisted.clone()),
        items: shards.iter().flat_map(|one| one.items.iter().cloned()).collect(),
        tool: round.tool,
    };
    check_listed(&draft)?;
    sort_worst_first(&mut draft.items);
    let merged = prepare_round(&draft, None).map_err(|why| Failure::environment(why.to_string()))?.round;
    plan.write(&merged, &draft.items, &PastVerdicts::new())?;
    Ok(exit_of(&draft.items, draft.unlisted.is_some()))
}

/// The shards have the repositories of the list between them, and no other.
fn check_listed(draft: &RoundDraft) -> Result<()> {
    let mut names: Vec<String> = draft.items.iter().map(|item| item.repository.clone()).collect();
    names.sort_by_cached_key(|name| name.to_lowercase());
    match &draft.scope.list {
        Some(list) if *list != digest_names(&names) => {
            Err(Failure::unverified("the shards have other repositories than the list that they are of"))
        }
        _ => Ok(()),
    }
}

fn read_shard(file: &Path) -> Result<ReadShard> {
    let bytes = std::fs::read(file).map_err(|error| unreadable(file, &error))?;
    let form: FleetV1 = serde_json::from_slice(&bytes).map_err(|error| unreadable(file, &error))?;
    let round = form.round.model().map_err(|why| unreadable(file, &why))?;
    let items =
        form.repositories.into_iter().map(|item| item.model()).collect::<std::result::Result<Vec<_>, _>>();
    let items = items.map_err(|why| unreadable(file, &why))?;
    let name = file.display().to_string();
    let shard = round.scope.shard.as_deref().ok_or_else(|| Failure::usage(format!("{name} is no shard")))?;
    let shard = parse_shard(shard)?;
    if let Some(stray) = items.iter().find(|item| !shard.holds(&item.repository)) {
        return Err(Failure::usage(format!("{name}: {} does not belong to shard {shard}", stray.repository)));
    }
    if items.len() != round.items.len() {
        return Err(Failure::usage(format!(
            "{name}: the round names {} repositories, and {} are there",
            round.items.len(),
            items.len()
        )));
    }
    if let Some(other) = items.iter().find(|item| !is_named(&round, item)) {
        return Err(Failure::unverified(format!(
            "{name}: {} is not what the round names by its SHA-256: the file was edited",
            other.repository
        )));
    }
    Ok(ReadShard { file: name, shard, round, items })
}

/// Does the round name this repository, as it is?
fn is_named(round: &FleetRound, item: &FleetItem) -> bool {
    let bytes = write_item(item.clone());
    bytes.is_ok_and(|bytes| round.items.get(&item.repository) == Some(&Digest::of(&bytes)))
}

fn check_together(shards: &[ReadShard]) -> Result<()> {
    let Some(first) = shards.first() else { return Ok(()) };
    let scope_of = |one: &ReadShard| {
        let mut scope = one.round.scope.clone();
        scope.shard = None;
        (scope, one.round.house.clone(), one.shard.parts, one.round.tool.clone())
    };
    if let Some(other) = shards.iter().find(|one| scope_of(one) != scope_of(first)) {
        return Err(Failure::usage(format!(
            "{} and {} are of different rounds: scope, house policy, number of shards or program differ",
            first.file, other.file
        )));
    }
    let times = || shards.iter().map(|one| one.round.time);
    if let (Some(first), Some(last)) = (times().min(), times().max())
        && last.duration_since(first) > APART
    {
        return Err(Failure::usage(format!(
            "the shards are of {first} and {last}: of one round they are a day apart at most"
        ))
        .hint("run those that are older again"));
    }
    let there: BTreeSet<u32> = shards.iter().map(|one| one.shard.part).collect();
    if there.len() != shards.len() {
        return Err(Failure::usage("a shard is there twice"));
    }
    let missing: Vec<String> = (1..=first.shard.parts)
        .filter(|part| !there.contains(part))
        .map(|part| format!("{part}/{}", first.shard.parts))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!("the shards {} are missing", missing.join(", ")))
        .hint("run them, and name every file"))
}
