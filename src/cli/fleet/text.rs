//! A round on the terminal: what is wrong in how many repositories, then the repositories, worst
//! first.

use portcullis_fleet::columns::TABLE;
use portcullis_fleet::groups::{FindingGroup, count_repositories, group_findings};
use portcullis_fleet::page::name_scope;
use portcullis_fleet::round::count_items;
use portcullis_model::fleet::{FleetItem, FleetRound, FleetStanding, FleetVerdict};
use portcullis_render::prose::wrap_text;

/// So many repositories are listed, unless all are asked for.
const LISTED: usize = 50;

/// So many repositories of a group are named.
const NAMED: usize = 5;

/// So many groups of findings are told.
const GROUPS: usize = 10;

/// Writes a round for so many columns.
pub fn write_text(round: &FleetRound, items: &[FleetItem], lists_all: bool, width: usize) -> String {
    let counts = count_items(items);
    let mut lines = vec![
        format!(
            "Fleet of {} on {}, round {} at {}",
            name_scope(round),
            round.scope.host,
            round.number,
            round.time
        ),
        format!("{} in scope, {} looked at, {} unknown", counts.in_scope, counts.looked_at, counts.unknown),
    ];
    if let Some(why) = &round.unlisted {
        lines.extend(hang("", &format!("The list of repositories may lack some: {why}"), width));
    }
    let groups = group_findings(items);
    for group in groups.iter().take(GROUPS) {
        lines.push(String::new());
        lines.extend(describe_group(group, width));
    }
    if groups.len() > GROUPS {
        lines.push(format!("\nand {} more kinds of findings (--format json has all)", groups.len() - GROUPS));
    }
    lines.push(String::new());
    lines.extend(list_items(items, lists_all, width));
    portcullis_render::plain(&(lines.join("\n") + "\n")) + "\n"
}

fn describe_group(group: &FindingGroup<'_>, width: usize) -> Vec<String> {
    let head = format!("{} {} in {}: {}", group.column, group.verdict.as_str(), group.count(), group.reason);
    let mut lines = hang("", &head, width);
    if let Some(remedy) = group.remedy {
        lines.extend(hang("  help: ", remedy, width));
    }
    let names: Vec<&str> = group.repositories.iter().take(NAMED).copied().collect();
    let more = group.repositories.len() - names.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    lines.extend(hang("  in ", &format!("{}{more}", names.join(", ")), width));
    lines
}

/// A text behind a label, its further lines below its first word.
fn hang(label: &str, text: &str, width: usize) -> Vec<String> {
    let column = label.chars().count();
    let indent = " ".repeat(column.max(2));
    let lines = wrap_text(text, column, column.max(2), width);
    let line = |(place, line): (usize, String)| {
        if place == 0 { format!("{label}{line}") } else { format!("{indent}{line}") }
    };
    lines.into_iter().enumerate().map(line).collect()
}

fn list_items(items: &[FleetItem], lists_all: bool, width: usize) -> Vec<String> {
    let is_fine = |item: &&FleetItem| item.verdict() < FleetVerdict::Unproven;
    let fine = items.iter().filter(is_fine).count();
    let shown = if lists_all { items.len() } else { (items.len() - fine).min(LISTED) };
    let longest = items.iter().take(shown).map(|one| one.repository.chars().count()).max().unwrap_or(0);
    let longest = longest.min(width / 2);
    let mut lines: Vec<String> =
        items.iter().take(shown).flat_map(|item| describe_item(item, longest, width)).collect();
    let hidden_bad = (items.len() - fine).saturating_sub(shown);
    if hidden_bad > 0 {
        lines.push(format!(
            "and {} more that are not met (--all lists every one)",
            count_repositories(hidden_bad as u64)
        ));
    }
    if !lists_all {
        let of = |wanted| items.iter().filter(|item| item.verdict() == wanted).count() as u64;
        let counted = [("met", FleetVerdict::Met), ("nothing is asked of", FleetVerdict::Exempt)];
        let counted = counted.map(|(what, verdict)| (what, of(verdict))).into_iter();
        let line = |(what, count)| format!("{what}: {}", count_repositories(count));
        lines.extend(counted.filter(|(_, count)| *count > 0).map(line));
    }
    lines
}

/// `broken    example-org/upload   policy since 2026-11-02, waivers unproven since …`
fn describe_item(item: &FleetItem, longest: usize, width: usize) -> Vec<String> {
    let verdict = item.verdict();
    let bad = TABLE.iter().filter_map(|column| item.standing(column.name));
    let bad =
        bad.filter(|one| one.verdict >= FleetVerdict::Unproven).map(|one| describe_standing(one, verdict));
    let label = format!("{:<9} {:<longest$}  ", verdict.as_str(), item.repository);
    let lines = hang(&label, &bad.collect::<Vec<_>>().join(", "), width);
    lines.into_iter().map(|line| line.trim_end().to_string()).collect()
}

/// A column, with its verdict where that is not the one of the repository.
fn describe_standing(standing: &FleetStanding, of_repository: FleetVerdict) -> String {
    let since = standing.since.strftime("%Y-%m-%d");
    match standing.verdict == of_repository {
        true => format!("{} since {since}", standing.column),
        false => format!("{} {} since {since}", standing.column, standing.verdict.as_str()),
    }
}
