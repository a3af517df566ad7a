//! The table as a page of the book, `docs/clauses.md`.

use super::{Clause, FRAMEWORKS, Framework, TABLE, all_clauses};
use snapbox::{Data, assert_data_eq};
use std::fmt::Write as _;
use std::path::Path;

const HEAD: &str = "# Clauses that the evidence serves

<!-- Written by `SNAPSHOTS=overwrite cargo test -p portcullis-judge --lib clauses` from src/judge/clauses. -->

Each control leaves evidence in decisions and records. This table says which clause of which framework that evidence *serves*.
It never says that a clause is met: people decide that, and they need more than what a program can see. The summaries are in our
own words; the text that counts is at its source. `portcullis explain --clause FRAMEWORK:ID` prints one clause, and
`portcullis explain CONTROL` lists the clauses of a control.

| framework | edition | checked on | against |
| --- | --- | --- | --- |
";

#[test]
fn the_page_follows_from_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/clauses.md");
    assert_data_eq!(write_page(), Data::read_from(&path, None).raw());
}

fn write_page() -> String {
    let mut page = HEAD.to_string();
    for framework in FRAMEWORKS {
        let Framework { name, title, edition, read, checked, .. } = framework;
        let _ = writeln!(page, "| [{title}](#{name}) | {edition} | {read} | {checked} |");
    }
    page.push_str("\n## What each control shows\n");
    for (control, clauses) in TABLE {
        let _ = writeln!(page, "\n### {control}\n\n| evidence | what it cannot show |\n| --- | --- |");
        for one in distinct(clauses) {
            let _ = writeln!(page, "| {} | {} |", one.evidence, one.limit);
        }
    }
    for framework in FRAMEWORKS {
        page.push_str(&write_framework(framework));
    }
    page
}

/// One line for each evidence.
fn distinct(clauses: &'static [Clause]) -> Vec<&'static Clause> {
    let mut found: Vec<&Clause> = Vec::new();
    for clause in clauses {
        if !found.iter().any(|one| one.evidence == clause.evidence) {
            found.push(clause);
        }
    }
    found
}

fn write_framework(framework: &Framework) -> String {
    let mut text = format!(
        "\n## {}\n\n{}, {}.\n\n| clause | asks for | served by evidence of |\n| --- | --- | --- |\n",
        framework.name, framework.title, framework.edition
    );
    let all = all_clauses();
    let mut of_framework: Vec<(&str, &str, &str, Vec<&str>)> = Vec::new();
    for (control, clause) in all.iter().filter(|(_, one)| one.provision.framework.name == framework.name) {
        let provision = clause.provision;
        match of_framework.last_mut().filter(|last| last.0 == provision.id) {
            Some(last) => last.3.push(control),
            None => of_framework.push((provision.id, provision.source, provision.summary, vec![control])),
        }
    }
    for (id, source, summary, controls) in of_framework {
        let controls: Vec<String> = controls.iter().map(|name| format!("[`{name}`](#{name})")).collect();
        let _ = writeln!(text, "| [{id}]({source}) | {summary} | {} |", controls.join(", "));
    }
    text
}
