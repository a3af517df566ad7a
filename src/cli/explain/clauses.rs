//! `portcullis explain --clause`: which clauses of which framework the evidence of controls serves.

use crate::exit::{Failure, Result};
use crate::output::unknown;
use portcullis_judge::clauses::{
    Clause, FRAMEWORKS, Framework, Provision, all_clauses, clauses_of, find_framework,
};
use portcullis_render::prose::wrap_text;
use std::fmt::Write as _;

/// Columns to fill.
const WIDTH: usize = 80;

/// What is said before each list.
const SERVED: &str = "Served by evidence; whether a clause is met is for people to decide.";

/// The text about all frameworks, about one (`nist-800-53`), or about a clause of it
/// (`nist-800-53:CM-3`).
///
/// # Errors
/// There is no such framework, or the table has no such clause.
pub fn describe(what: &str) -> Result<String> {
    if what.is_empty() {
        return Ok(list_frameworks());
    }
    let (name, id) = what.split_once(':').map_or((what, None), |(name, id)| (name, Some(id)));
    let framework = find_framework(name).ok_or_else(|| {
        let hint = match full_name(what) {
            Some(full) => {
                format!("a clause is named with its framework: `portcullis explain --clause {full}`")
            }
            None => "`portcullis explain --clause` lists the frameworks".to_string(),
        };
        Failure::usage(unknown("framework", name, FRAMEWORKS.iter().map(|one| one.name))).hint(hint)
    })?;
    let wanted = |clause: &Clause| {
        clause.provision.framework.name == framework.name
            && id.is_none_or(|id| clause.provision.id.eq_ignore_ascii_case(id))
    };
    let found: Vec<_> = all_clauses().into_iter().filter(|(_, clause)| wanted(clause)).collect();
    if found.is_empty() {
        let message =
            format!("no evidence of a control serves {} {}", framework.name, id.unwrap_or_default());
        return Err(Failure::usage(message).hint(format!(
            "`portcullis explain --clause {}` lists the clauses of the table",
            framework.name
        )));
    }
    Ok(describe_framework(framework, &found))
}

/// The clauses that the evidence of one control serves, for the page about it.
pub fn describe_control(control: &str) -> String {
    let clauses = clauses_of(control);
    if clauses.is_empty() {
        return String::new();
    }
    let title = "Clauses that its evidence serves";
    let mut text = format!("\n{title}\n{}\n\n", "-".repeat(title.len()));
    for framework in FRAMEWORKS {
        let ids: Vec<&str> = clauses
            .iter()
            .filter(|clause| clause.provision.framework.name == framework.name)
            .map(|clause| clause.provision.id)
            .collect();
        if !ids.is_empty() {
            push_wrapped(&mut text, &format!("{}: {}", framework.name, ids.join(", ")), 0, 2);
        }
    }
    push_wrapped(&mut text, &format!("{SERVED} See `portcullis explain --clause FRAMEWORK:ID`."), 0, 0);
    text
}

/// The first clause with this number, as `FRAMEWORK:ID`.
fn full_name(id: &str) -> Option<String> {
    let found = all_clauses().into_iter().find(|(_, clause)| clause.provision.id.eq_ignore_ascii_case(id));
    found.map(|(_, clause)| format!("{}:{}", clause.provision.framework.name, clause.provision.id))
}

fn list_frameworks() -> String {
    let mut text = format!("{SERVED}\nSee `portcullis explain --clause FRAMEWORK[:ID]`.\n\n");
    let all = all_clauses();
    for framework in FRAMEWORKS {
        let mut ids: Vec<&str> = all
            .iter()
            .filter(|(_, clause)| clause.provision.framework.name == framework.name)
            .map(|(_, clause)| clause.provision.id)
            .collect();
        ids.dedup();
        let title = format!(
            "{:<16}{}, {} ({} clauses)",
            framework.name,
            framework.title,
            framework.edition,
            ids.len()
        );
        push_wrapped(&mut text, &title, 0, 16);
    }
    text
}

fn describe_framework(framework: &Framework, found: &[(&str, &Clause)]) -> String {
    let Framework { name, title, edition, read, checked, .. } = framework;
    let mut text = String::new();
    push_wrapped(&mut text, &format!("{name}: {title}, {edition}"), 0, 2);
    push_wrapped(&mut text, &format!("Checked on {read} against: {checked}."), 0, 0);
    push_wrapped(&mut text, SERVED, 0, 0);
    let mut last = "";
    for (control, clause) in found {
        let Provision { id, summary, source, .. } = clause.provision;
        if *id != last {
            let _ = writeln!(text);
            push_wrapped(&mut text, &format!("{id}: {summary}"), 0, 2);
            let _ = writeln!(text, "  {source}");
            last = id;
        }
        push_wrapped(&mut text, &format!("{control}: {}", clause.evidence), 2, 4);
        push_wrapped(&mut text, &format!("Not shown: {}", clause.limit), 4, 6);
    }
    text
}

/// The text in lines, the first set in by `first` columns and the others by `rest`.
fn push_wrapped(text: &mut String, words: &str, first: usize, rest: usize) {
    let lines = wrap_text(words, first, rest, WIDTH);
    let _ = writeln!(text, "{:first$}{}", "", lines.join(&format!("\n{:rest$}", "")));
}
