//! The `csv` format: a row for each finding (RFC 4180), the first one for the outcome.
//!
//! Every cell is in quotes and on one line, and no cell is a formula.

use super::{Context, Format, escape, summary};
use portcullis_model::change::Revision;
use portcullis_model::decision::{Decision, Finding};
use std::io;

/// The format.
pub static FORMAT: Format = Format {
    name: "csv",
    about: "A row for each finding, for spreadsheets",
    write: write_decision,
    failure: None,
    log_safe: true,
};

/// Characters of one cell: a spreadsheet holds 32,767.
const CELL: usize = 8_000;

/// The columns. A later release may add some at the end.
const COLUMNS: [&str; 18] = [
    "verdict",
    "control",
    "subject_kind",
    "subject",
    "reason",
    "remedy",
    "details",
    "path",
    "line",
    "outcome",
    "advisory",
    "repository",
    "environment",
    "request",
    "branch",
    "base",
    "head",
    "policy_digest",
];

fn write_decision(decision: &Decision, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let advisory = context.style.advisory;
    let judged = judged_cells(decision, advisory);
    let outcome = summary::outcome_lines(decision, advisory).join("; ");
    let first = ["outcome", "", "", "", &outcome, "", "", "", ""].map(str::to_string);
    write_row(COLUMNS.iter().map(ToString::to_string), out)?;
    write_row(first.into_iter().chain(judged.iter().cloned()), out)?;
    let mut write_finding =
        |finding| write_row(finding_cells(finding).into_iter().chain(judged.iter().cloned()), out);
    decision.findings.iter().try_for_each(&mut write_finding)
}

fn finding_cells(finding: &Finding) -> [String; 9] {
    let (place, subject) = (finding.place.as_ref(), &finding.subject);
    [
        summary::verdict(finding.verdict).to_string(),
        finding.control.clone(),
        subject.kind.as_str().to_string(),
        subject.name.clone(),
        finding.reason.clone(),
        finding.remedy.clone().unwrap_or_default(),
        finding.details.join("; "),
        place.map(|place| place.path.to_string()).unwrap_or_default(),
        place.and_then(|place| place.line).map(|line| line.to_string()).unwrap_or_default(),
    ]
}

fn judged_cells(decision: &Decision, advisory: bool) -> Vec<String> {
    let judged = &decision.judged;
    let request = judged.request.as_ref().map(|request| request.to_string());
    let cells = [
        Some(summary::outcome(decision.outcome).to_string()),
        Some(if advisory { "advisory" } else { "no" }.to_string()),
        judged.repository.clone(),
        judged.environment.clone(),
        request,
        judged.branch.as_ref().map(|branch| branch.to_string()),
        judged.base.as_ref().map(Revision::to_string),
        judged.head.as_ref().map(Revision::to_string),
        decision.policy.as_ref().map(|policy| policy.digest.to_string()),
    ];
    cells.into_iter().map(Option::unwrap_or_default).collect()
}

/// Writes a row of cells.
pub(super) fn write_row(cells: impl Iterator<Item = String>, out: &mut dyn io::Write) -> io::Result<()> {
    let cells: Vec<String> = cells.map(|cell| escape::csv_cell(&escape::clip(&cell, CELL))).collect();
    write!(out, "{}\r\n", cells.join(","))
}
