//! The worksheet of an auditor: one line for each landing of the sample, or of all, with empty
//! columns for notes. RFC 4180, in UTF-8.
//!
//! No cell is a formula, see `escape::csv_cell`, and plain cells have no quotes.

use super::{outcome_word, request_name, stopping};
use crate::escape;
use portcullis_wire::audit::v1::{AuditV1, AuditedLandingV1, TimeSourceV1};
use std::collections::BTreeMap;
use std::io;

/// The columns that the program fills.
const FILLED: [&str; 22] = [
    "item",
    "number",
    "stratum",
    "branch",
    "landed",
    "time",
    "time_source",
    "subject",
    "tickets",
    "requests",
    "authors",
    "approvers_that_count",
    "approvals_that_do_not",
    "approved_before_landing",
    "explained_by",
    "areas",
    "checks",
    "verdict_then",
    "verdict_today",
    "findings",
    "waivers",
    "deployed_as",
];

/// The columns that the auditor fills.
const EMPTY: [&str; 5] = ["evidence_seen", "tested_by", "tested_on", "result", "notes"];

/// Writes the worksheet.
///
/// # Errors
/// Those of `out`.
pub fn write_worksheet(audit: &AuditV1, out: &mut dyn io::Write) -> io::Result<()> {
    let header: Vec<String> = FILLED.iter().chain(&EMPTY).map(ToString::to_string).collect();
    write_record(&header, out)?;
    let by_id: BTreeMap<&str, &AuditedLandingV1> =
        audit.landings.iter().map(|landing| (landing.id.as_str(), landing)).collect();
    let Some(sample) = &audit.sample else {
        return audit.landings.iter().try_for_each(|landing| write_row(landing, "", out));
    };
    for stratum in &sample.strata {
        for drawn in &stratum.drawn {
            if let Some(landing) = by_id.get(drawn.item.as_str()) {
                write_row(landing, &stratum.name, out)?;
            }
        }
    }
    Ok(())
}

fn write_row(landing: &AuditedLandingV1, stratum: &str, out: &mut dyn io::Write) -> io::Result<()> {
    let requests = match &landing.requests {
        Some(requests) => join(requests.iter().filter_map(|one| one.request.as_ref()).map(request_name)),
        None => "not seen".to_string(),
    };
    let approvals = |counts: bool| {
        if landing.approvals_unseen.is_some() {
            return "not seen".to_string();
        }
        let those = landing.approvals.iter().filter(move |one| (one.counts == Some(true)) == counts);
        join(those.map(|one| one.approver.clone().unwrap_or_else(|| "deleted account".to_string())))
    };
    let before: Vec<&str> = landing
        .approvals
        .iter()
        .filter(|one| one.counts == Some(true))
        .map(|one| match one.before_landing {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not seen",
        })
        .collect();
    let areas = match &landing.areas {
        Some(areas) => join(areas.iter().map(|area| area.area.clone())),
        None => "not seen".to_string(),
    };
    let source = match landing.time.source {
        TimeSourceV1::Host => "host",
        TimeSourceV1::Record => "record",
        TimeSourceV1::Commit => "commit",
        TimeSourceV1::Unknown => "unknown",
    };
    let mut cells = vec![
        landing.id.clone(),
        landing.number.to_string(),
        stratum.to_string(),
        landing.branch.clone(),
        landing.landed.to_string(),
        landing.time.at.clone().unwrap_or_default(),
        source.to_string(),
        landing.subject.clone(),
        join(landing.tickets.iter().cloned()),
        requests,
        join(landing.authors.iter().cloned()),
        approvals(true),
        approvals(false),
        before.join("; "),
        format!("{:?}", landing.explanation.by).to_lowercase(),
        areas,
        join(landing.checks.iter().map(|check| format!("{}: {}", check.name, check.conclusion))),
        outcome_word(landing.then.outcome).to_string(),
        landing.today.as_ref().map_or_else(String::new, |today| outcome_word(today.outcome).to_string()),
        join(stopping(landing)),
        join(landing.waivers.iter().cloned()),
        join(landing.deployments.iter().map(|one| format!("{}#{}", one.environment, one.number))),
    ];
    cells.extend(EMPTY.iter().map(|_| String::new()));
    write_record(&cells, out)
}

fn join(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join("; ")
}

fn write_record(cells: &[String], out: &mut dyn io::Write) -> io::Result<()> {
    let cells: Vec<String> = cells.iter().map(|cell| write_cell(cell)).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// A cell that no spreadsheet runs, in quotes where it needs them.
fn write_cell(text: &str) -> String {
    let quoted = escape::csv_cell(text);
    let inside = quoted.trim_matches('"');
    if inside.contains([',', '"', ';', '|', '\'', ' ']) || inside.len() + 2 != quoted.len() {
        quoted
    } else {
        inside.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::write_cell;

    #[test]
    fn no_cell_is_a_formula_and_quotes_are_doubled() {
        assert_eq!(write_cell("=1+1"), "\"'=1+1\"");
        assert_eq!(write_cell(" @SUM(A1)"), "\" '@SUM(A1)\"");
        assert_eq!(write_cell("robin; =1"), "\"robin; '=1\"");
        assert_eq!(write_cell("\""), "\"\"\"\"");
        assert_eq!(write_cell(""), "");
        assert_eq!(write_cell("-2"), "\"'-2\"");
        assert_eq!(write_cell("say \"hi\", twice"), "\"say \"\"hi\"\", twice\"");
        assert_eq!(write_cell("robin"), "robin");
        assert!(!write_cell("a\r\n=cmd|' /C calc'!A0").contains('\n'));
    }
}
