//! What the newest round knows of one repository.

use super::rounds::{KeptRounds, YearArguments};
use crate::exit::{Exit, Failure, Result};
use crate::output;
use crate::record::pretty_json;
use clap::Args;
use jiff::Timestamp;
use portcullis_collect::round_signatures::RoundSignature;
use portcullis_fleet::lapses::{FleetLapse, find_lapses};
use portcullis_fleet::round::KeptRound;
use portcullis_model::fleet::{FleetFinding, FleetItem, FleetRound, FleetStanding};
use portcullis_render::plain;
use portcullis_render::prose::wrap_text;
use portcullis_wire::fleet::repository_v1::{FleetLapseV1, FleetRepositoryV1, RoundSignerV1};
use std::path::Path;

/// Which repository.
#[derive(Debug, Args)]
pub struct RepositoryToShow {
    /// Repository, as its host names it.
    #[arg(value_name = "REPOSITORY")]
    repository: String,
    /// Write what is known as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    year: YearOption,
}

/// The year and the signers, where a command has another argument before them.
#[derive(Debug, Args)]
pub struct YearOption {
    /// Year. Default: this one.
    #[arg(long, value_name = "YEAR")]
    year: Option<i16>,
    #[command(flatten)]
    signers: super::rounds::SignerArguments,
}

impl YearOption {
    /// The rounds of the year.
    ///
    /// # Errors
    /// There are none, or they do not verify.
    pub fn read(&self, directory: &Path) -> Result<KeptRounds> {
        KeptRounds::read(directory, &YearArguments::of(self.year, self.signers.clone()))
    }
}

/// What is known of a repository.
struct ShownRepository<'a> {
    round: &'a FleetRound,
    signature: &'a RoundSignature,
    item: &'a FleetItem,
    lapses: Vec<FleetLapse>,
}

/// Shows what the newest round of a year knows of one repository, and when it did not do well.
///
/// # Errors
/// There are no rounds, they do not verify, or none knows the repository.
pub fn run(directory: &Path, arguments: &RepositoryToShow) -> Result {
    let rounds = arguments.year.read(directory)?;
    let name = &arguments.repository;
    let Some((newest, signature)) = rounds.newest() else { return Ok(Exit::Environment) };
    let item = find_item(newest, name).ok_or_else(|| not_in_scope(&rounds, newest, name))?;
    let past: Vec<(Timestamp, FleetItem)> = rounds.past_of(&item.repository);
    let shown = ShownRepository { round: &newest.round, signature, item, lapses: find_lapses(&past) };
    match arguments.json {
        true => output::data(pretty_json(&form_of(&shown))?.as_bytes())?,
        false => output::text(plain(&describe(&shown, output::for_columns().width)).trim_end())?,
    }
    Ok(Exit::Allowed)
}

/// Hosts do not tell the case of names apart.
fn find_item<'r>(round: &'r KeptRound, name: &str) -> Option<&'r FleetItem> {
    let exact = round.items.get(name);
    exact.or_else(|| round.items.values().find(|item| item.repository.eq_ignore_ascii_case(name)))
}

fn not_in_scope(rounds: &KeptRounds, newest: &KeptRound, name: &str) -> Failure {
    let number = newest.round.number;
    let last = rounds.all().rev().find(|kept| find_item(kept, name).is_some());
    let detail = match last {
        Some(kept) => format!("; round {} was the last that knew it", kept.round.number),
        None => String::new(),
    };
    Failure::usage(format!("round {number} knows no repository {name}{detail}"))
        .hint("`portcullis fleet --all --record` lists every repository in scope, and keeps the round")
}

fn describe(shown: &ShownRepository<'_>, width: usize) -> String {
    let ShownRepository { round, signature, item, lapses } = shown;
    let mut lines = vec![
        format!("{}, {}", item.repository, item.verdict().as_str()),
        format!("  round {} at {}, {signature}", round.number, round.time),
    ];
    lines.push(match &item.branch {
        Some(branch) => {
            format!("  default branch {branch}, protection {}", tell_look(item.looked))
        }
        None => "  no default branch was seen".to_string(),
    });
    lines.extend(item.policy.iter().map(|digest| format!("  judged by the policy {digest}")));
    for standing in &item.standings {
        lines.push(String::new());
        lines.extend(describe_standing(standing, width));
    }
    if !lapses.is_empty() {
        lines.push("\nLapses, by the rounds of the year".to_string());
        lines.extend(lapses.iter().map(describe_lapse));
    }
    lines.join("\n")
}

fn tell_look(looked: Option<Timestamp>) -> String {
    looked.map_or_else(|| "never looked at".to_string(), |looked| format!("looked at on {looked}"))
}

fn describe_standing(standing: &FleetStanding, width: usize) -> Vec<String> {
    let head = format!("{}  {} since {}", standing.column, standing.verdict.as_str(), standing.since);
    let findings = standing.findings.iter().flat_map(|finding| describe_finding(finding, width));
    std::iter::once(head).chain(findings).collect()
}

fn describe_finding(finding: &FleetFinding, width: usize) -> Vec<String> {
    let FleetFinding { verdict, subject, reason, remedy } = finding;
    let mut lines = hang(&format!("  {:<9} ", verdict.as_str()), &format!("{subject}: {reason}"), width);
    lines.extend(remedy.iter().flat_map(|remedy| hang("    help: ", remedy, width)));
    lines
}

/// A text behind a label, its further lines below its first word.
fn hang(label: &str, text: &str, width: usize) -> Vec<String> {
    let column = label.chars().count();
    let lines = wrap_text(text, column, column, width);
    let begin = |place| if place == 0 { label.to_string() } else { " ".repeat(column) };
    lines.into_iter().enumerate().map(|(place, line)| begin(place) + &line).collect()
}

fn describe_lapse(lapse: &FleetLapse) -> String {
    let FleetLapse { column, verdict, since, until } = lapse;
    let end = until.map_or_else(|| "until now".to_string(), |until| format!("until {until}"));
    format!("  {column} {} from {since} {end}", verdict.as_str())
}

fn form_of(shown: &ShownRepository<'_>) -> FleetRepositoryV1 {
    let lapses =
        shown.lapses.iter().map(|one| FleetLapseV1::of(&one.column, one.verdict, one.since, one.until));
    let signer = match shown.signature {
        RoundSignature::Signed { signers, key } => RoundSignerV1::of(signers, Some(key)),
        RoundSignature::Unlisted(key) => RoundSignerV1::of(&[], Some(key)),
        RoundSignature::Unsigned | RoundSignature::Missing | RoundSignature::Invalid(_) => {
            RoundSignerV1::of(&[], None)
        }
    };
    FleetRepositoryV1::of(shown.round, signer, shown.item, lapses.collect())
}
