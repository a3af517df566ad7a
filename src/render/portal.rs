//! Files for evidence portals: one CSV and one HTML file for each clause of a framework and period,
//! named by the clause as the framework writes it.
//!
//! A clause without a finding in the period gets its files too, which say so: a file that is
//! missing and a period without findings must not look alike. Evidence serves a clause, and no file
//! says that anyone complies with one.

use super::csv::write_row;
use super::{ControlGuide, ServedClause, escape, summary};
use portcullis_model::decision::{Finding, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// What the files are about.
#[derive(Clone, Copy, Debug)]
pub struct EvidencePeriod<'a> {
    /// The project or repository.
    pub project: &'a str,
    /// The framework and its edition, as in [`ServedClause::framework`].
    pub framework: &'a str,
    /// The first day, `2026-01-01`.
    pub since: &'a str,
    /// The last day.
    pub until: &'a str,
}

/// A finding of one item of the population.
#[derive(Clone, Copy, Debug)]
pub struct EvidenceRow<'a> {
    /// The item, by the name that auditors cite: a landing or a deployment.
    pub item: &'a str,
    /// What was found of it.
    pub finding: &'a Finding,
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// Its name, safe on every file system: `cm-3.2_2026-01-01_2026-03-31.csv`.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The columns of the CSV file. A later release may add some at the end.
const COLUMNS: [&str; 13] = [
    "framework",
    "clause",
    "relation",
    "since",
    "until",
    "item",
    "verdict",
    "control",
    "subject_kind",
    "subject",
    "reason",
    "remedy",
    "details",
];

/// What a clause has to do with the evidence.
const RELATION: &str = "served by evidence";

/// The files of each clause that some control serves, sorted by name. Rows of controls that serve
/// none are in none of them.
///
/// # Errors
/// Those of writing to memory, which has none.
pub fn write_evidence_files(
    period: EvidencePeriod<'_>,
    rows: &[EvidenceRow<'_>],
    guides: &[ControlGuide<'_>],
) -> io::Result<Vec<EvidenceFile>> {
    let mut files = Vec::new();
    for (clause, controls) in clauses_with_controls(period.framework, guides) {
        let of_clause: Vec<&EvidenceRow<'_>> =
            rows.iter().filter(|row| controls.contains(row.finding.control.as_str())).collect();
        let stem = file_stem(&[clause, period.since, period.until]);
        let csv = csv_bytes(period, clause, &of_clause)?;
        let html = html_page(period, clause, &controls, &of_clause).into_bytes();
        files.push(EvidenceFile { name: format!("{stem}.csv"), bytes: csv });
        files.push(EvidenceFile { name: format!("{stem}.html"), bytes: html });
    }
    Ok(files)
}

fn clauses_with_controls<'a>(
    framework: &str,
    guides: &'a [ControlGuide<'_>],
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut clauses = BTreeMap::<&str, BTreeSet<&str>>::new();
    for guide in guides {
        let served = guide.clauses.iter().filter(|clause| clause.framework == framework);
        for ServedClause { id, .. } in served {
            clauses.entry(id).or_default().insert(guide.name);
        }
    }
    clauses
}

/// Parts of a name, without what a file system takes for something else.
fn file_stem(parts: &[&str]) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-.()".contains(c) { c } else { '-' };
    let parts: Vec<String> = parts.iter().map(|part| part.chars().map(plain).collect()).collect();
    parts.join("_")
}

fn csv_bytes(period: EvidencePeriod<'_>, clause: &str, rows: &[&EvidenceRow<'_>]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let head = [period.framework, clause, RELATION, period.since, period.until].map(str::to_string);
    write_row(COLUMNS.iter().map(ToString::to_string), &mut out)?;
    if rows.is_empty() {
        let none = ["", "no findings in this period", "", "", "", "", "", ""].map(str::to_string);
        write_row(head.into_iter().chain(none), &mut out)?;
        return Ok(out);
    }
    for row in rows {
        write_row(head.iter().cloned().chain(row_cells(row)), &mut out)?;
    }
    Ok(out)
}

fn row_cells(row: &EvidenceRow<'_>) -> [String; 8] {
    let Finding { verdict, control, subject, reason, remedy, details, .. } = row.finding;
    [
        row.item.to_string(),
        summary::verdict(*verdict).to_string(),
        control.clone(),
        subject.kind.as_str().to_string(),
        subject.name.clone(),
        reason.clone(),
        remedy.clone().unwrap_or_default(),
        details.join("; "),
    ]
}

/// A page that asks for nothing outside of itself.
fn html_page(
    period: EvidencePeriod<'_>,
    clause: &str,
    controls: &BTreeSet<&str>,
    rows: &[&EvidenceRow<'_>],
) -> String {
    let title = escape::xml(&format!("{} {clause}: evidence of {}", period.framework, period.project));
    let between = escape::xml(&format!("{} to {}", period.since, period.until));
    let controls: Vec<String> =
        controls.iter().map(|name| format!("<code>{}</code>", escape::xml(name))).collect();
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>body{{font:16px/1.5 sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}}\
         table{{border-collapse:collapse;width:100%}}th,td{{border:1px solid #767676;padding:.3rem .5rem;\
         text-align:left;vertical-align:top;overflow-wrap:anywhere}}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n<p>{between}. Controls of Portcullis that serve this clause by evidence: {}.</p>\n\
         <p>This page shows evidence. Whether the clause is complied with is for people to say.</p>\n<p>{}</p>\n",
        controls.join(", "),
        counts_of(rows),
    );
    if !rows.is_empty() {
        page.push_str("<table>\n<caption>Findings, worst first</caption>\n<thead><tr>");
        for title in ["Item", "Verdict", "Control", "Subject", "Why", "What to do"] {
            page.push_str(&format!("<th scope=\"col\">{title}</th>"));
        }
        page.push_str("</tr></thead>\n<tbody>\n");
        let mut sorted = rows.to_vec();
        sorted.sort_by_key(|row| (row.finding, row.item));
        sorted.iter().for_each(|row| push_row(row, &mut page));
        page.push_str("</tbody>\n</table>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn push_row(row: &EvidenceRow<'_>, page: &mut String) {
    let [item, verdict, control, kind, subject, reason, remedy, details] = row_cells(row);
    let why = if details.is_empty() { reason } else { format!("{reason} ({details})") };
    let cells = [item, verdict, control, format!("{kind} {subject}"), why, remedy];
    page.push_str("<tr>");
    cells.iter().for_each(|cell| page.push_str(&format!("<td>{}</td>", escape::xml(cell))));
    page.push_str("</tr>\n");
}

/// How many findings of each verdict there are, or that there are none.
fn counts_of(rows: &[&EvidenceRow<'_>]) -> String {
    let verdicts = summary::SHOWN.iter().chain(&summary::SUMMED);
    let count = |verdict: &&Verdict| rows.iter().filter(|row| row.finding.verdict == **verdict).count();
    let counts = verdicts.map(|verdict| (count(&verdict), summary::verdict(*verdict)));
    let counts: Vec<String> =
        counts.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if counts.is_empty() {
        "No findings in this period.".to_string()
    } else {
        format!("{}.", counts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HOSTILE, blocked};
    use super::*;

    const PERIOD: EvidencePeriod<'static> = EvidencePeriod {
        project: HOSTILE,
        framework: "A framework",
        since: "2026-01-01",
        until: "2026-03-31",
    };

    fn guides() -> Vec<ControlGuide<'static>> {
        let clause = |id: &'static str| ServedClause { framework: "A framework", id: id.into() };
        let other = ServedClause { framework: "Another", id: "X".into() };
        let guide = |name, clauses| ControlGuide { name, sections: Vec::new(), clauses };
        vec![
            guide("gate-integrity", vec![clause("../../CM-3(2)"), other]),
            guide("required-reviews", vec![clause("ac-5"), clause("../../CM-3(2)")]),
            guide("a-third-one", vec![clause("z-9")]),
        ]
    }

    fn files() -> Vec<EvidenceFile> {
        let decision = blocked();
        let rows: Vec<EvidenceRow<'_>> =
            decision.findings.iter().map(|finding| EvidenceRow { item: HOSTILE, finding }).collect();
        write_evidence_files(PERIOD, &rows, &guides()).unwrap()
    }

    #[test]
    fn each_clause_of_the_framework_has_its_two_files() {
        let files = files();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let stems = [
            "..-..-CM-3(2)_2026-01-01_2026-03-31",
            "ac-5_2026-01-01_2026-03-31",
            "z-9_2026-01-01_2026-03-31",
        ];
        let expected: Vec<String> =
            stems.iter().flat_map(|stem| [format!("{stem}.csv"), format!("{stem}.html")]).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_clause_without_findings_says_so() {
        let last = files().split_off(4);
        let text = |at: usize| String::from_utf8(last[at].bytes.clone()).unwrap();
        assert!(text(0).contains("\"no findings in this period\""), "{}", text(0));
        assert!(text(1).contains("No findings in this period.") && !text(1).contains("<table>"));
    }

    #[test]
    fn text_from_outside_is_neither_markup_nor_a_formula() {
        for file in files() {
            let text = String::from_utf8(file.bytes).unwrap();
            assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\r'), "{}", file.name);
            let is_page = file.name.ends_with(".html");
            assert!(!is_page || !text.contains("<script"), "{}", file.name);
            assert!(!text.contains("##["), "{}", file.name);
            assert!(!text.contains("complies with the clause"), "{}", file.name);
        }
    }
}
