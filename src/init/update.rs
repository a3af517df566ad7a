//! What is new, added to a policy that people have edited. Nothing that is there is changed, and
//! nothing that was proposed before is proposed again.

use crate::area::{ProposedArea, ProposedRule};
use crate::policy_text::{
    PROPOSED, area_text, branch_lines, memory_line, memory_lines, rule_lines, suite_text, trust_of,
};
use crate::proposal::Proposal;
use portcullis_pattern::glob::Glob;
use std::collections::BTreeSet;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value};

/// A policy with what is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdatedPolicy {
    /// The whole text.
    pub text: String,
    /// What was added, a line each.
    pub added: Vec<String>,
    /// What is proposed and was not added, with the reason.
    pub left: Vec<String>,
}

/// The policy is no TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotToml(pub String);

impl std::fmt::Display for NotToml {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotToml {}

/// Adds what is new.
///
/// # Errors
/// The text is no TOML.
pub fn update_policy(current: &str, proposal: &Proposal) -> Result<UpdatedPolicy, NotToml> {
    let document: DocumentMut =
        current.parse().map_err(|error: toml_edit::TomlError| NotToml(error.to_string()))?;
    let remembered = remembered_rules(current);
    let mut edit =
        PolicyEdit { document, remembered, added: Vec::new(), left: Vec::new(), unplaced: BTreeSet::new() };
    proposal.branches.iter().for_each(|branch| edit.add_branch(&branch.pattern, &branch.reasons));
    proposal.areas.iter().for_each(|area| edit.add_area(area));
    let trust = trust_of(proposal);
    for one in proposal.written_runners() {
        edit.add_suite(one.runner.name, &suite_text(one, trust));
    }
    let PolicyEdit { document, remembered, added, left, unplaced } = edit;
    let known = &remembered | &unplaced;
    let text = remember_rules(document.to_string(), &known, proposal);
    Ok(UpdatedPolicy { text, added, left })
}

/// The lines of earlier proposals.
fn remembered_rules(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with(PROPOSED))
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// The text with a line for everything that is proposed now, but what has one or gets none.
fn remember_rules(text: String, known: &BTreeSet<String>, proposal: &Proposal) -> String {
    let new: String = memory_lines(proposal).into_iter().filter(|line| !known.contains(line)).collect();
    if new.is_empty() {
        return text;
    }
    let at = text.rfind(&format!("\n{PROPOSED}"));
    let end = at.map(|at| text[at + 1..].find('\n').map_or(text.len(), |end| at + 1 + end + 1));
    match end {
        Some(end) if text[..end].ends_with('\n') => format!("{}{new}{}", &text[..end], &text[end..]),
        _ => format!(
            "{}\n\n# What `portcullis init` has proposed so far. `--update` proposes none of it again.\n{new}",
            text.trim_end()
        ),
    }
}

struct PolicyEdit {
    document: DocumentMut,
    remembered: BTreeSet<String>,
    added: Vec<String>,
    left: Vec<String>,
    /// What has no place in the policy yet: to be proposed again, and not remembered.
    unplaced: BTreeSet<String>,
}

impl PolicyEdit {
    /// Leaves a rule out, and says why.
    fn leave(&mut self, part: &str, rule: &str, why: &str) {
        self.left.push(why.to_string());
        self.unplaced.insert(memory_line(part, rule));
    }

    fn is_remembered(&self, part: &str, rule: &str) -> bool {
        self.remembered.contains(&memory_line(part, rule))
    }

    fn add_branch(&mut self, pattern: &str, reasons: &[String]) {
        if self.is_remembered("branches", pattern) {
            return;
        }
        let Some(list) = deployment_list(&mut self.document) else {
            let why = format!("branch {pattern}: write it by hand, `[branches] deployment` is not a list");
            return self.leave("branches", pattern, &why);
        };
        if strings_of(list).iter().any(|known| matches_text(known, pattern)) {
            return;
        }
        push_with_reason(list, &branch_lines(pattern, reasons), pattern);
        self.added.push(format!("branch {pattern}: {}", reasons.join("; ")));
    }

    fn add_area(&mut self, area: &ProposedArea) {
        let area = self.new_part(area);
        if area.paths.is_empty() && area.content.is_empty() {
            return;
        }
        let name = area.kind.name();
        let rules: Vec<&str> =
            area.paths.iter().chain(&area.content).map(|rule| rule.rule.as_str()).collect();
        let Some(areas) = areas_of(&mut self.document) else {
            let why = "write it by hand, `data-processing` is not a list of tables";
            rules.iter().for_each(|rule| self.leave(name, rule, &format!("area {name}: {rule}: {why}")));
            return;
        };
        self.added.extend(rules.iter().map(|rule| format!("area {name}: {rule}")));
        extend_areas(areas, &area);
    }

    /// The rules of an area that the policy does not know.
    fn new_part(&self, area: &ProposedArea) -> ProposedArea {
        let is_new = |rule: &&ProposedRule| {
            rule.sure && !self.is_remembered(area.kind.name(), &rule.rule) && !self.knows(rule)
        };
        let new = |rules: &[ProposedRule]| rules.iter().filter(is_new).cloned().collect();
        ProposedArea { paths: new(&area.paths), content: new(&area.content), ..area.clone() }
    }

    /// Does the policy name all files of a rule, or exclude them, or hold the very pattern?
    fn knows(&self, rule: &ProposedRule) -> bool {
        let areas = self.document.get("data-processing").and_then(Item::as_array_of_tables);
        let all = |key: &str| -> Vec<String> {
            let tables = areas.iter().flat_map(|areas| areas.iter());
            tables.filter_map(|table| table.get(key)?.as_array()).flat_map(strings_of).collect()
        };
        let names = |key: &str| {
            let globs: Vec<Glob> = all(key).iter().filter_map(|text| Glob::new(text).ok()).collect();
            rule.files.iter().all(|path| globs.iter().any(|glob| glob.matches_folded(path.as_bytes())))
        };
        all("content").contains(&rule.rule)
            || all("paths").contains(&rule.rule)
            || names("paths")
            || names("exclude")
    }

    fn add_suite(&mut self, name: &str, text: &str) {
        if self.is_remembered("suites", name) {
            return;
        }
        let controls = self.document.get_mut("controls").and_then(Item::as_table_mut);
        let Some(control) =
            controls.and_then(|controls| controls.get_mut("regression-tests")?.as_table_mut())
        else {
            let why = format!("suite {name}: the policy has no `[controls.regression-tests]`");
            return self.leave("suites", name, &why);
        };
        let suites = control.entry("suites").or_insert_with(|| Item::Table(implicit_table()));
        let Some(suites) = suites.as_table_mut().filter(|suites| !suites.contains_key(name)) else { return };
        if let Some(table) = parse_suite(text, name) {
            suites.insert(name, Item::Table(table));
            self.added.push(format!("suite {name}"));
        }
    }
}

fn implicit_table() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

fn deployment_list(document: &mut DocumentMut) -> Option<&mut Array> {
    document.get_mut("branches")?.get_mut("deployment")?.as_array_mut()
}

fn areas_of(document: &mut DocumentMut) -> Option<&mut ArrayOfTables> {
    document.get_mut("data-processing")?.as_array_of_tables_mut()
}

/// Adds rules to the area of this name, or the area itself.
fn extend_areas(areas: &mut ArrayOfTables, area: &ProposedArea) {
    let is_it = |table: &Table| table.get("name").and_then(Item::as_str) == Some(area.kind.name());
    let at = areas.iter().position(is_it);
    if let Some(table) = at.and_then(|at| areas.get_mut(at)) {
        extend_list(table, "paths", &area.paths);
        extend_list(table, "content", &area.content);
        return;
    }
    areas.extend(parse_area(&area_text(area)));
}

/// The table of an area as its text has it, comments too, without a place of its own in a document.
fn parse_area(text: &str) -> Option<Table> {
    let document: DocumentMut = text.parse().ok()?;
    let table = document.get("data-processing")?.as_array_of_tables()?.get(0)?.clone();
    Some(without_place(table))
}

fn parse_suite(text: &str, name: &str) -> Option<Table> {
    let document: DocumentMut = format!("\n{text}").parse().ok()?;
    let mut item = document.get("controls")?;
    for key in ["regression-tests", "suites", name] {
        item = item.get(key)?;
    }
    Some(without_place(item.as_table()?.clone()))
}

fn without_place(mut table: Table) -> Table {
    table.set_position(None);
    table
}

/// Adds rules to a list of an area; makes the list where there is none.
fn extend_list(table: &mut Table, key: &str, rules: &[ProposedRule]) {
    if rules.is_empty() {
        return;
    }
    let item = table.entry(key).or_insert_with(|| Item::Value(Value::Array(Array::new())));
    if let Some(list) = item.as_array_mut() {
        rules.iter().for_each(|rule| push_with_reason(list, &rule_lines(rule, true), &rule.rule));
    }
}

/// Adds a value on a line of its own, with the comment above it that its lines have.
fn push_with_reason(list: &mut Array, lines: &str, value: &str) {
    let comment = lines.lines().next().unwrap_or_default();
    let quoted: Value = crate::toml_text::quote_value(value).parse().unwrap_or_else(|_| Value::from(value));
    // What follows the last comma is that of the value before, such as a comment at the end of its
    // line.
    let before = list.trailing().as_str().unwrap_or_default().trim_end().to_string();
    list.push_formatted(quoted.decorated(format!("{before}\n{comment}\n  "), ""));
    list.set_trailing_comma(true);
    list.set_trailing("\n");
}

fn strings_of(list: &Array) -> Vec<String> {
    list.iter().filter_map(|value| value.as_str().map(str::to_string)).collect()
}

/// Is a pattern of branches the same, or one that names this one?
fn matches_text(known: &str, pattern: &str) -> bool {
    known == pattern || Glob::new(known).is_ok_and(|glob| glob.matches(pattern.as_bytes()))
}
