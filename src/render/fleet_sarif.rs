//! A round over a fleet as SARIF 2.1.0, within the limits of GitHub's code scanning: a result for
//! each finding of a repository, under the rule of its column.
//!
//! What holds is left out, and so is what could not be seen of more repositories than a run has
//! room for; the round itself is a result where it does not end well, so that no consumer takes
//! what could not be seen for a pass. A place is the policy of a repository, as if all of them lay
//! side by side in one folder.

use super::sarif::{RESULTS, SCHEMA, first_sentence};
use super::{ControlGuide, escape, json, summary};
use portcullis_fleet::columns::{Column, TABLE};
use portcullis_fleet::page::name_scope;
use portcullis_fleet::round::count_items;
use portcullis_model::digest::Digester;
use portcullis_model::facts::POLICY_PATH;
use portcullis_model::fleet::{FleetFinding, FleetItem, FleetRound, FleetVerdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The rule of the round itself.
const ROUND_RULE: &str = "fleet";

/// The folder that all repositories would lie in, for relative paths.
const FOLDER: &str = "%SRCROOT%";

/// A finding of a repository, and the column that it is of.
struct FoundResult<'a> {
    repository: &'a str,
    column: &'a str,
    finding: &'a FleetFinding,
}

/// Writes a round; its repositories are in order.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_fleet_sarif(
    round: &FleetRound,
    items: &[FleetItem],
    guides: &[ControlGuide<'_>],
) -> std::io::Result<String> {
    let log = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run_of(round, items, guides)] });
    let mut out = Vec::new();
    json::write_value(&log, &mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn run_of(round: &FleetRound, items: &[FleetItem], guides: &[ControlGuide<'_>]) -> Value {
    let mut found: Vec<FoundResult<'_>> = items.iter().flat_map(results_of).collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.finding.verdict));
    let left_out = found.len().saturating_sub(RESULTS - 1);
    found.truncate(RESULTS - 1);
    let is_well = found.is_empty() && round.unlisted.is_none() && !items.is_empty();
    let whole = (!is_well).then(|| whole_result(round, items, left_out));
    let fingerprints = fingerprints(&found);
    let results = found.iter().zip(fingerprints).map(|(one, fingerprint)| result_of(one, &fingerprint));
    let counts = count_items(items);
    json!({
        "tool": { "driver": {
            "name": "Portcullis",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules(guides),
        } },
        "automationDetails": { "id": format!("portcullis/fleet/{}/", escape::uri_path(name_scope(round).as_bytes())) },
        "originalUriBaseIds": { FOLDER: { "description": { "text": "A folder that holds all repositories." } } },
        "columnKind": "unicodeCodePoints",
        "results": whole.into_iter().chain(results).collect::<Vec<_>>(),
        "properties": {
            "round": round.number,
            "time": round.time.to_string(),
            "inScope": counts.in_scope,
            "lookedAt": counts.looked_at,
            "unknown": counts.unknown,
            "leftOut": left_out,
        },
    })
}

fn results_of(item: &FleetItem) -> Vec<FoundResult<'_>> {
    let repository = item.repository.as_str();
    let of_standing = |one: &'_ portcullis_model::fleet::FleetStanding| one.verdict >= FleetVerdict::Unproven;
    let standings = item.standings.iter().filter(|one| of_standing(one));
    let findings =
        standings.flat_map(|one| one.findings.iter().map(|finding| (one.column.as_str(), finding)));
    let findings = findings.filter(|(_, finding)| finding.verdict >= FleetVerdict::Unproven);
    findings.map(|(column, finding)| FoundResult { repository, column, finding }).collect()
}

fn result_of(one: &FoundResult<'_>, fingerprint: &str) -> Value {
    let FoundResult { repository, column, finding } = one;
    let (kind, level) = match finding.verdict {
        FleetVerdict::Broken => ("fail", "error"),
        _ => ("open", "none"),
    };
    let subject = summary::message_text(&finding.subject);
    let mut lines = vec![format!(
        "{}: {}: {subject}: {}",
        finding.verdict.as_str(),
        escape::line(repository),
        summary::message_text(&finding.reason)
    )];
    lines.extend(finding.remedy.iter().map(|remedy| format!("help: {}", summary::message_text(remedy))));
    json!({
        "ruleId": escape::line(column),
        "ruleIndex": rule_index(column),
        "kind": kind,
        "level": level,
        "message": { "text": escape::sarif_message(&lines.join("\n")) },
        "locations": [location_of(repository, &subject)],
        "partialFingerprints": { "primaryLocationLineHash": fingerprint, "portcullis/v1": fingerprint },
        "properties": { "verdict": finding.verdict.as_str(), "repository": escape::line(repository) },
    })
}

/// The round as a result, with the three numbers.
fn whole_result(round: &FleetRound, items: &[FleetItem], left_out: usize) -> Value {
    let counts = count_items(items);
    let mut lines = vec![format!(
        "{} in scope, {} looked at, {} unknown",
        counts.in_scope, counts.looked_at, counts.unknown
    )];
    let unlisted = round.unlisted.iter();
    lines.extend(unlisted.map(|why| format!("the list may lack some: {}", summary::message_text(why))));
    if left_out > 0 {
        lines.push(format!("{left_out} findings had no room here and are in the JSON output"));
    }
    json!({
        "ruleId": ROUND_RULE,
        "ruleIndex": TABLE.len(),
        "kind": "fail",
        "level": "error",
        "message": { "text": escape::sarif_message(&lines.join("\n")) },
        "locations": [location_of("", "the round")],
        "partialFingerprints": { "primaryLocationLineHash": "0:1", "portcullis/v1": "0:1" },
    })
}

fn location_of(repository: &str, subject: &str) -> Value {
    let path =
        if repository.is_empty() { POLICY_PATH.to_string() } else { format!("{repository}/{POLICY_PATH}") };
    let name = escape::clip(subject, 250);
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": escape::uri_path(path.as_bytes()), "uriBaseId": FOLDER },
            "region": { "startLine": 1 },
        },
        "logicalLocations": [{ "name": name, "fullyQualifiedName": escape::clip(&escape::line(repository), 250), "kind": "repository" }],
    })
}

/// The columns in their order, then the round.
fn rules(guides: &[ControlGuide<'_>]) -> Vec<Value> {
    let of_column = |column: &&'static Column| {
        let guide = guides.iter().find(|guide| guide.name == column.name);
        let requires = guide.and_then(|guide| guide.sections.first()).map_or(column.about, |(_, text)| *text);
        rule(column.name, requires)
    };
    let round = rule(ROUND_RULE, "Every repository in scope was seen, and meets what is asked of it.");
    TABLE.iter().map(of_column).chain([round]).collect()
}

fn rule(name: &str, requires: &str) -> Value {
    json!({
        "id": name,
        "shortDescription": { "text": first_sentence(requires) },
        "fullDescription": { "text": requires },
        "help": { "text": requires, "markdown": requires },
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["portcullis"], "precision": "very-high" },
    })
}

fn rule_index(column: &str) -> usize {
    TABLE.iter().position(|known| known.name == column).unwrap_or(TABLE.len())
}

/// A fingerprint for each finding: the same in the next round, and different from every other.
fn fingerprints(found: &[FoundResult<'_>]) -> Vec<String> {
    let mut seen = BTreeMap::<String, u64>::new();
    let number = |one: &FoundResult<'_>| {
        let digits = fingerprint_of(one);
        let count = seen.entry(digits.clone()).or_default();
        *count += 1;
        format!("{digits}:{count}")
    };
    found.iter().map(number).collect()
}

fn fingerprint_of(one: &FoundResult<'_>) -> String {
    let mut digester = Digester::default();
    for part in [one.repository, one.column, one.finding.subject.as_str()] {
        digester.take(&(part.len() as u64).to_be_bytes());
        digester.take(part.as_bytes());
    }
    digester.digest().hex()[..32].to_string()
}
