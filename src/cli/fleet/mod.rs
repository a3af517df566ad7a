//! `portcullis fleet`: how many repositories do, in one view.
//!
//! - `scope` finds the repositories of a round, `asking` looks at them side by side, and `journal`
//!   keeps what was looked at until the round is over;
//! - `output_plan` and `text` write a round; `rounds` keeps rounds, lists, compares and verifies
//!   them, `sign` signs them, `show` shows one repository, `export` writes a table; `merge` puts
//!   the shards of a round together.

use super::HostName;
use super::exit::{Exit, Failure, Result};
use super::hosts::kind_of;
use super::output;
use super::policy_file::parse_policy;
use super::progress::ProgressView;
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use portcullis_fleet::columns::GivenHouse;
use portcullis_fleet::round::{RoundDraft, sort_worst_first};
use portcullis_forge::HostKind;
use portcullis_incident::clock::whole_second;
use portcullis_judge::policy::house::{HouseTexts, is_for_others};
use portcullis_model::digest::Digest;
use portcullis_model::fleet::{FleetItem, FleetVerdict};
use portcullis_model::host::HostProfile;
use portcullis_record::TOOL;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// So many repositories are named in one line.
const NAMED: usize = 10;

mod asking;
#[cfg(feature = "reconcile")]
mod export;
mod journal;
mod merge;
mod output_plan;
mod rounds;
mod scope;
mod show;
mod sign;
mod text;

use output_plan::FleetOutput;
use rounds::RoundKeeper;
use scope::MeantFleet;

/// Arguments of `fleet`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example:\n  portcullis fleet --organisation example-org --match '*-upload' --format html=fleet.html\n\n\
                  Exit codes: 0 every repository was seen, and meets what is asked of it; 1 something is broken; 3 something could \
                  not be seen, whatever else was found; 2 invalid command line; 4 the house policy is not valid; 5 the host, a \
                  file or the repository cannot be used; 6 rounds do not verify."
)]
pub struct FleetArguments {
    #[command(subcommand)]
    command: Option<FleetCommand>,
    #[command(flatten)]
    scope: scope::ScopeArguments,
    /// House policy: what every policy has to hold, and what a repository without a policy is
    /// judged by.
    #[arg(long, value_name = "FILE", help_heading = "How to look")]
    house: Option<PathBuf>,
    /// Look at the protection of a repository again after this many days, even if the host says
    /// that it did not change. 0: always.
    #[arg(long, value_name = "DAYS", default_value_t = 7, help_heading = "How to look")]
    full_every: u16,
    /// Keep what was looked at in this file, and go on from it after an interruption. It is removed
    /// when the round is over.
    #[arg(long, value_name = "FILE", help_heading = "How to look")]
    resume: Option<PathBuf>,
    /// Keep the round in this repository, below `refs/portcullis/fleet/`.
    #[arg(long, help_heading = "Output")]
    record: bool,
    /// `terminal`, `json`, `csv`, `html` or `sarif`; to a file with `=FILE`. Repeatable. Default:
    /// `terminal`.
    #[arg(long = "format", value_name = "NAME[=FILE]", help_heading = "Output")]
    formats: Vec<String>,
    #[command(flatten)]
    signing: sign::SigningArguments,
    #[command(flatten)]
    signers: rounds::SignerArguments,
    /// List every repository, also those that meet everything.
    #[arg(long, help_heading = "Output")]
    all: bool,
    /// Do not show on stderr how far the work has come.
    #[arg(short, long, help_heading = "Output")]
    quiet: bool,
}

/// What to do with rounds.
#[derive(Debug, Subcommand)]
pub enum FleetCommand {
    /// List the rounds of a year.
    List(rounds::YearArguments),
    /// Show what differs between two rounds.
    Diff(rounds::RoundsToCompare),
    /// Show what the newest round knows of one repository, and since when what does not hold.
    Show(show::RepositoryToShow),
    /// Write the rounds of a year as a table for other tools.
    #[cfg(feature = "reconcile")]
    Export(export::ExportArguments),
    /// Verify the rounds of a year.
    Verify(rounds::YearArguments),
    /// Put the shards of a round together, from the files that `--format json` wrote.
    Merge(merge::MergeArguments),
}

/// Looks at a fleet, or at rounds that were kept.
///
/// # Errors
/// Usage, environment or policy errors, or rounds that do not verify.
pub fn run(directory: &Path, arguments: &FleetArguments) -> Result {
    match &arguments.command {
        None => look(directory, arguments),
        Some(FleetCommand::List(meant)) => rounds::list(directory, meant),
        Some(FleetCommand::Diff(meant)) => rounds::diff(directory, meant),
        #[cfg(feature = "reconcile")]
        Some(FleetCommand::Export(meant)) => export::run(directory, meant),
        Some(FleetCommand::Show(meant)) => show::run(directory, meant),
        Some(FleetCommand::Verify(meant)) => rounds::verify(directory, meant),
        Some(FleetCommand::Merge(meant)) => merge::run(meant),
    }
}

fn look(directory: &Path, arguments: &FleetArguments) -> Result {
    let plan = FleetOutput::read(&arguments.formats, arguments.all)?;
    let host = fleet_host(arguments.scope.host)?;
    let house = arguments.house.as_deref().map(|file| read_house(file, host)).transpose()?;
    let now = whole_second(Timestamp::now());
    let keeper = RoundKeeper::open(directory, arguments.record, &arguments.signers, now)?;
    let fleet = MeantFleet::find(host, &arguments.scope)?;
    let oldest = now.saturating_sub(SignedDuration::from_hours(24 * i64::from(arguments.full_every)));
    let task = asking::FleetTask {
        host,
        house: house.as_ref(),
        now,
        oldest: oldest.unwrap_or(now),
        previous: keeper.previous_items(),
        view: ProgressView::of(arguments.quiet),
    };
    let mut items = asking::look_at_all(&task, &fleet, arguments.resume.as_deref())?;
    sort_worst_first(&mut items);
    if fleet.scope.shard.is_none() {
        tell_lost(task.previous.keys(), &items);
    }
    let draft = RoundDraft {
        time: now,
        scope: fleet.scope,
        house: house.map(|house| house.digest),
        unlisted: fleet.unlisted,
        items,
        tool: TOOL.to_string(),
    };
    let (round, past) = keeper.keep(directory, &draft, &arguments.signing)?;
    plan.write(&round, &draft.items, &past)?;
    // Only now: what cannot be written is asked for again without asking the host.
    if let Some(file) = &arguments.resume {
        journal::remove(file)?;
    }
    Ok(exit_of(&draft.items, draft.unlisted.is_some()))
}

/// A repository that is in no scope any more is out of sight: that is said, once.
fn tell_lost<'n>(before: impl Iterator<Item = &'n String>, items: &[FleetItem]) {
    let now: BTreeSet<String> = items.iter().map(|item| item.repository.to_lowercase()).collect();
    let lost: Vec<&str> =
        before.map(String::as_str).filter(|name| !now.contains(&name.to_lowercase())).collect();
    if !lost.is_empty() {
        let more = if lost.len() > NAMED { ", …" } else { "" };
        let named = lost.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        output::remark(&format!(
            "{} of the round before are in scope no more: {named}{more}; see `portcullis fleet diff`",
            portcullis_fleet::groups::count_repositories(lost.len() as u64)
        ));
    }
}

/// A host that can be asked about many repositories.
fn fleet_host(named: Option<HostName>) -> Result<&'static HostKind> {
    let kind = kind_of(named).map_err(|gap| Failure::unseen(Exit::Environment, &gap))?;
    match kind.fleet {
        Some(_) => Ok(kind),
        None => Err(Failure::usage(format!("`fleet` cannot ask {} about many repositories yet", kind.name))
            .hint("`portcullis snapshot` looks at the branches of one repository on every host")),
    }
}

/// Reads the policy that the house wants everywhere. One with a table `[house]` is for others to
/// extend, and need not be a whole one.
fn read_house(file: &Path, host: &HostKind) -> Result<GivenHouse> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::environment(format!("cannot read {name}: {error}")))?;
    let profile = HostProfile::of(&(host.conventions)(), &[]);
    let policy = match parse_policy(&name, &text, &profile, &HouseTexts::none()) {
        Err(_) if is_for_others(&text) => None,
        read => Some(read?),
    };
    Ok(GivenHouse { digest: Digest::of(text.as_bytes()), text, policy })
}

/// How a round ends: what could not be seen comes first, because a list of what is broken is then
/// not a whole one.
fn exit_of(items: &[FleetItem], is_cut: bool) -> Exit {
    let findings = || items.iter().flat_map(|item| &item.standings).flat_map(|one| &one.findings);
    let has = |verdict| findings().any(|finding| finding.verdict == verdict);
    if is_cut || items.is_empty() || has(FleetVerdict::Unproven) {
        return Exit::Undetermined;
    }
    if has(FleetVerdict::Broken) { Exit::Blocked } else { Exit::Allowed }
}

fn unreadable(file: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::environment(format!("cannot read {}: {error}", file.display()))
}
