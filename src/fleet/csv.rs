//! A round as a table: one row for each finding.

use portcullis_model::fleet::FleetItem;
use portcullis_pack::csv::{Csv, Field};

/// The columns of the table.
const COLUMNS: &[&str] =
    &["repository", "branch", "column", "verdict", "since", "subject", "finding", "reason", "remedy"];

/// Writes the repositories, a row for each finding; a column without findings has one row.
pub fn write_items(items: &[FleetItem]) -> String {
    let mut csv = Csv::new(COLUMNS);
    for item in items {
        let branch = item.branch.as_ref().map_or("", |branch| branch.as_str());
        for standing in &item.standings {
            let since = standing.since.to_string();
            let begin = [&item.repository, branch, &standing.column, standing.verdict.as_str(), &since];
            let mut row = |rest: [&str; 4]| {
                let fields: Vec<Field> = begin.into_iter().chain(rest).map(Field::text).collect();
                csv.row(&fields);
            };
            if standing.findings.is_empty() {
                row(["", "", "", ""]);
            }
            for finding in &standing.findings {
                let remedy = finding.remedy.as_deref().unwrap_or("");
                row([&finding.subject, finding.verdict.as_str(), &finding.reason, remedy]);
            }
        }
    }
    csv.text()
}
