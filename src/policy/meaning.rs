//! What the types of a policy cannot say: names that refer to each other, and settings that hold always or never.

use super::controls::Controls;
use super::document::{DeploymentText, Document, Project};
use super::recover::{Removed, recover};
use super::tree::{self, Step, Value};
use super::{
    Policy, Problem, SCHEMA, areas, branches, characters, controls, people, signed, syntax, wording,
};
use crate::control::{Kind, Scope};
use crate::model::digest::Digest;
use crate::model::environment::Environment;
use crate::model::glob::Glob;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// Sections without which there is no policy, and what to write into them.
const SECTIONS: &[(&str, &str)] = &[
    ("branches", "write a table `[branches]` with `deployment`"),
    (
        "data-processing",
        "write a table `[[data-processing]]` with `name`, `purpose`, and `paths` or `content`",
    ),
    ("project", "write a table `[project]` with `name`"),
    ("schema", "write `schema = 1` in the first line"),
];

/// The longest policy, in bytes. Finding every mistake takes many readings, and a change can bring a policy of any size.
const LONGEST: usize = 256 * 1024;

/// What checks look at beside the value itself.
pub struct Source<'s, 'i> {
    /// The text.
    pub text: &'s str,
    /// The tree, with everything that was written.
    pub root: &'s Value<'i>,
    /// What had to be left out of the value.
    pub removed: &'s Removed,
}

/// Reads all of a policy. It is sound only when `problems` is empty afterwards.
pub fn read(text: &str, table: &[&'static Kind], problems: &mut Vec<Problem>) -> Option<Policy> {
    if text.len() > LONGEST {
        let message = format!("a policy has no more than {LONGEST} bytes, and this one has {}", text.len());
        problems.push(Problem::new(0..0, message).help("say it with fewer and wider patterns"));
        return None;
    }
    let root = syntax::parse(text, problems)?;
    if let Some(problem) = other_schema(&root) {
        problems.push(problem);
        return None;
    }
    characters::check(&root, problems);
    let mut without_controls = root.clone();
    tree::remove(&mut without_controls, &[], &Step::Key("controls".to_string()));
    let (document, removed) = recover(without_controls, Document::deserialize, problems);
    let source = Source { text, root: &root, removed: &removed };
    missing_sections(&source, problems);
    assemble(&source, &document.unwrap_or_default(), table, problems)
}

fn assemble(
    source: &Source<'_, '_>,
    document: &Document,
    table: &[&'static Kind],
    problems: &mut Vec<Problem>,
) -> Option<Policy> {
    let controls = controls::read(source.root, table, problems);
    let inventory = areas::inventory(source, document, problems);
    let people = people::people(source, document, problems);
    let roles = people::roles(source, document, &people, problems);
    let project = document.project.as_ref().map(|project| checked_project(project, problems));
    let branches = document.branches.as_ref().map(|branches| branches::checked(branches, problems));
    says_something(source.root.get_ref().get("waivers"), "`longest` or `signers`", problems);
    let signers = document.waivers.as_ref().and_then(|waivers| waivers.signers.as_ref());
    let waiver_signers = signers.and_then(|path| signed::place(path, problems));
    let environments = document.deployment.as_ref().map(|deployment| environments(deployment, problems));
    let environments = environments.unwrap_or_default();
    unlisted(source.root, &controls, &environments, problems);
    let (project, branches) = (project?, branches?);
    Some(Policy {
        text: source.text.to_string(),
        digest: Digest::of(source.text.as_bytes()),
        project: project.name.get_ref().clone(),
        accountable: project.accountable.as_ref().map(|name| name.get_ref().clone()),
        scope: Scope { inventory, people, roles, deployment: branches.deployment },
        environments,
        each_commit: branches.each_commit,
        longest_waiver: document.waivers.as_ref().map(|waivers| waivers.longest).unwrap_or_default().0,
        waiver_signers,
        controls,
    })
}

fn environments(deployment: &DeploymentText, problems: &mut Vec<Problem>) -> Vec<Environment> {
    filled(&deployment.environments, "nothing could be deployed anywhere", problems);
    deployment.environments.get_ref().iter().map(|name| name.get_ref().clone()).collect()
}

/// A control that speaks of an environment to which nothing is deployed never applies there.
fn unlisted(root: &Value<'_>, controls: &Controls, listed: &[Environment], problems: &mut Vec<Problem>) {
    for (name, control) in controls {
        let unknown = control.environments().iter().find(|one| !listed.is_empty() && !listed.contains(one));
        let Some(unknown) = unknown else { continue };
        let written = || root.get_ref().get("controls")?.get_ref().get(name)?.get_ref().get("environments");
        let message = format!("`[deployment] environments` does not list `{unknown}`");
        let help = "name an environment that is deployed to, or add it there";
        problems.push(Problem::new(written().map_or(0..0, Spanned::span), message).help(help));
    }
}

/// Another version of the form has other keys: nothing else can be said of it.
pub fn other_schema(root: &Value<'_>) -> Option<Problem> {
    let schema = root.get_ref().get("schema")?;
    let version = schema.get_ref().as_integer()?.to_string();
    (version != SCHEMA.to_string()).then(|| {
        Problem::new(schema.span(), format!("schema {version} is not known to this version of portcullis"))
            .help(format!("it reads schema {SCHEMA}"))
    })
}

fn missing_sections(source: &Source<'_, '_>, problems: &mut Vec<Problem>) {
    let root = source.root;
    let is_missing =
        |name: &str| root.get_ref().get(name).is_none() && !source.removed.holds(&root.span(), name);
    let missing = SECTIONS.iter().filter(|(name, _)| is_missing(name));
    problems.extend(missing.map(|(name, help)| wording::missing(name, 0..0).help(*help)));
}

/// A table that is written must hold something.
fn says_something(table: Option<&Value<'_>>, keys: &str, problems: &mut Vec<Problem>) {
    let Some(table) = table else { return };
    if matches!(table.get_ref(), DeValue::Table(entries) if entries.is_empty()) {
        let help = format!("write {keys}, or leave it out");
        problems.push(Problem::new(table.span(), "an empty table says nothing here").help(help));
    }
}

fn checked_project<'d>(project: &'d Project, problems: &mut Vec<Problem>) -> &'d Project {
    said(&project.name, "the name of the project", problems);
    project.accountable.iter().for_each(|name| said(name, "who is accountable", problems));
    project
}

/// Text for people must hold something to read.
pub fn said(text: &Spanned<String>, what: &str, problems: &mut Vec<Problem>) {
    if text.get_ref().trim().is_empty() {
        problems.push(Problem::new(text.span(), format!("{what} is empty")));
    }
}

/// Names by which one part of the policy speaks of another.
pub fn named(name: &Spanned<String>, what: &str, problems: &mut Vec<Problem>) {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.get_ref().is_empty() || !name.get_ref().bytes().all(plain) {
        let message = format!("`{}` cannot be the name of {what}", name.get_ref());
        problems.push(Problem::new(name.span(), message).help("use lower-case letters, digits and `-`"));
    }
}

/// A list that is written must hold something.
pub fn filled<T>(list: &Spanned<Vec<T>>, consequence: &str, problems: &mut Vec<Problem>) {
    if list.get_ref().is_empty() {
        problems.push(Problem::new(list.span(), format!("an empty list: {consequence}")));
    }
}

/// Does the narrowing pattern take away everything that the widening one brings? Answers only where that is plain.
pub fn swallows(narrowing: &Glob, widening: &Glob) -> bool {
    let is_literal = |text: &str| !text.contains(['*', '?', '[', '{', '\\']);
    let (narrow, wide) = (narrowing.as_str(), widening.as_str());
    let above = narrow.strip_suffix("/**").filter(|above| is_literal(above));
    narrowing == widening
        || matches!(narrow, "**" | "**/*")
        || above.and_then(|above| wide.strip_prefix(above)).is_some_and(|rest| rest.starts_with('/'))
        || (is_literal(wide) && narrowing.matches(wide.as_bytes()))
}

/// The names that the keys of a table give, as far as it is one.
pub fn keys<'s>(table: Option<&'s Value<'_>>) -> Vec<&'s str> {
    match table.map(Spanned::get_ref) {
        Some(DeValue::Table(table)) => table.keys().map(|key| key.get_ref().as_ref()).collect(),
        _ => Vec::new(),
    }
}

/// The line of a place in the text, counted from 1.
pub fn line(text: &str, place: &Range<usize>) -> u64 {
    let before = text.as_bytes().iter().take(place.start);
    1 + before.filter(|byte| **byte == b'\n').count() as u64
}
