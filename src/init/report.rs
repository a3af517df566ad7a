//! The evidence, for people: what was found, where, how often, and what could not be known.

use crate::area::{ProposedArea, ProposedRule};
use crate::ci_job;
use crate::listing::FileRole;
use crate::proposal::Proposal;
use crate::toml_text::count_of;
use std::fmt::Write as _;

/// Everything that was found, as lines.
pub fn write_report(proposal: &Proposal) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "Looked at: {}", looked_at(proposal));
    list(&mut text, "Host", &host_lines(proposal));
    list(&mut text, "Deployment branches", &branch_lines(proposal));
    list(&mut text, "Languages", &language_lines(proposal));
    list(&mut text, "CI", &ci_lines(proposal));
    list(&mut text, "Tests", &runner_lines(proposal));
    proposal.areas.iter().for_each(|area| write_area(&mut text, area));
    list(&mut text, "Not known", &unknown_lines(proposal));
    text
}

fn list(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}\n  {}", lines.join("\n  "));
}

fn looked_at(proposal: &Proposal) -> String {
    let (listing, tally) = (&proposal.survey.listing, &proposal.survey.tally);
    let mut parts = vec![
        count_of(listing.files.len(), "file"),
        format!("{} read ({} KiB)", count_of(tally.files, "text"), tally.bytes.div_ceil(1024)),
    ];
    let skipped = [
        (FileRole::Vendored, "vendored"),
        (FileRole::Generated, "generated"),
        (FileRole::Binary, "binary"),
        (FileRole::Test, "of tests"),
        (FileRole::Document, "of documentation"),
    ];
    let skipped: Vec<String> = skipped
        .into_iter()
        .map(|(role, name)| (listing.count(role), name))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    if !skipped.is_empty() {
        parts.push(format!("left out: {}", skipped.join(", ")));
    }
    parts.join("; ")
}

fn host_lines(proposal: &Proposal) -> Vec<String> {
    let facts = &proposal.facts;
    let Some(remote) = &facts.remote else { return facts.host.iter().map(|host| host.to_string()).collect() };
    let kind = facts.host.unwrap_or("of a kind that is not known");
    vec![format!("{kind}: {} at {}", remote.repository, remote.domain)]
}

fn branch_lines(proposal: &Proposal) -> Vec<String> {
    proposal
        .branches
        .iter()
        .map(|branch| format!("{}: {}", branch.pattern, branch.reasons.join("; ")))
        .collect()
}

fn language_lines(proposal: &Proposal) -> Vec<String> {
    let languages = proposal.survey.languages();
    let names: Vec<String> =
        languages.iter().take(8).map(|(name, count)| format!("{name} ({count})")).collect();
    if names.is_empty() { Vec::new() } else { vec![names.join(", ")] }
}

fn ci_lines(proposal: &Proposal) -> Vec<String> {
    let line = |title: &str, files: &[String]| {
        let first = files.first().map_or("", String::as_str);
        format!("{title}: {}, such as {first}", count_of(files.len(), "file"))
    };
    proposal.ci.iter().map(|one| line(one.title, &one.files)).collect()
}

fn runner_lines(proposal: &Proposal) -> Vec<String> {
    let mut lines = Vec::new();
    for one in &proposal.runners {
        let doubt = one.doubt.map(|doubt| format!(" (only a comment: {doubt})")).unwrap_or_default();
        lines.push(format!(
            "{}: {}, such as {}{doubt}",
            one.runner.title,
            count_of(one.files, "file"),
            one.example
        ));
        lines.push(format!("  reports at {}", one.runner.reports.join(", ")));
        if let (Some(report), Some(path)) = (&one.runner.coverage, &one.coverage) {
            lines.push(format!("  coverage at {}, by {path}", report.file));
        }
    }
    lines
}

fn write_area(text: &mut String, area: &ProposedArea) {
    let doubt = if area.is_sure() { "" } else { " (only a comment)" };
    let _ = writeln!(text, "\nArea {}{doubt}: {}", area.kind.name(), area.kind.purpose());
    area.paths.iter().chain(&area.content).for_each(|rule| write_rule(text, rule));
    if area.left_over.files > 0 {
        let count = count_of(area.left_over.files, "file");
        let _ = writeln!(text, "  not named: {count}, such as {}", area.left_over.example);
    }
}

fn write_rule(text: &mut String, rule: &ProposedRule) {
    let doubt = if rule.sure { "" } else { "? " };
    let count = count_of(rule.files.len(), "file");
    let _ = writeln!(
        text,
        "  {doubt}{}\n    {}; {count}, such as {}",
        rule.rule,
        rule.reasons.join("; "),
        rule.example()
    );
}

/// What no look at files can tell.
fn unknown_lines(proposal: &Proposal) -> Vec<String> {
    let mut lines = proposal.facts.gaps.clone();
    lines.extend(reading_gaps(proposal));
    if proposal.facts.owners.is_empty() {
        let what = match proposal.facts.git_reviews {
            Some(_) => "write the names of at least two signers",
            None => "no line of CODEOWNERS names an owner of the policy. Write a team",
        };
        lines.push(format!("Who owns the gate: {what} under `[roles.gate-owners]`."));
    }
    if proposal.facts.host.and_then(ci_job::find).is_none() && proposal.facts.git_reviews.is_none() {
        lines.push("How your CI runs the gate: no job is written for this host. docs/merge-gate.md lists CI systems.".into());
    }
    if proposal.runners.is_empty() {
        lines.push("Which tests guard the areas: no test runner was found. Write the suite under `[controls.regression-tests]`.".into());
    } else {
        lines.push(
            "How many tests there are, and which of them guard the areas: write `minimum` and `required`."
                .into(),
        );
    }
    lines.push("Whether an area really handles records, and which code does so without a sign of it: read the areas with people who know.".into());
    lines
}

fn reading_gaps(proposal: &Proposal) -> Vec<String> {
    let (listing, tally) = (&proposal.survey.listing, &proposal.survey.tally);
    let gaps = [
        (tally.left_out, "not read, because the bound of all texts was reached"),
        (tally.too_large, "too large to be read"),
        (tally.no_text, "no text, whatever its ending says"),
        (tally.unreadable, "not readable here"),
        (listing.unnameable, "not looked at, because its path holds characters that no policy can name"),
    ];
    let some = gaps.into_iter().filter(|(count, _)| *count > 0);
    some.map(|(count, why)| format!("What is in {}: {why}.", count_of(count, "file"))).collect()
}
