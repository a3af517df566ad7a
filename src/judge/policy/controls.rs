//! `[controls]`: which controls are on, read by the controls themselves.

use super::Problem;
use super::checks::keys_of;
use super::recover::recover;
use super::serde_messages::suggest_name;
use super::tree::TomlValue;
use crate::control::{Control, Kind, Reference, regression_tests, required_reviews};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The control that defines the suites and names who may sign evidence.
const TESTS: &str = regression_tests::KIND.name;

/// The controls that a policy switches on, by name.
pub type Controls = BTreeMap<&'static str, Arc<dyn Control>>;

/// Reads every control that the policy names, and those that are always on.
pub fn read_controls(root: &TomlValue<'_>, table: &[&'static Kind], problems: &mut Vec<Problem>) -> Controls {
    let written = root.get_ref().get("controls");
    let mut controls = match written.map(Spanned::get_ref) {
        Some(DeValue::Table(settings)) => read_named(settings, table, problems),
        Some(_) => not_a_table(written, problems),
        None => Controls::new(),
    };
    check_stops_changes(written, table, problems);
    add_always_on(&mut controls, table, problems);
    controls.values().for_each(|control| check_references(control.as_ref(), root, problems));
    controls
}

fn read_named(settings: &DeTable<'_>, table: &[&'static Kind], problems: &mut Vec<Problem>) -> Controls {
    let mut controls = Controls::new();
    for (name, settings) in settings {
        match table.iter().find(|kind| kind.name == name.get_ref()) {
            None => problems.push(unknown_control(name.get_ref(), name.span(), table)),
            Some(_) if !settings.get_ref().is_table() => drop(not_a_table(Some(settings), problems)),
            Some(kind) => {
                let (control, _) = recover(settings.clone(), kind.read, problems);
                controls.extend(control.map(|control| (kind.name, Arc::from(control))));
            }
        }
    }
    controls
}

fn unknown_control(name: &str, span: Range<usize>, table: &[&'static Kind]) -> Problem {
    let names: Vec<&str> = table.iter().map(|kind| kind.name).collect();
    Problem::new(span, format!("unknown control `{name}`")).help(suggest_name(name, &names))
}

fn not_a_table(value: Option<&TomlValue<'_>>, problems: &mut Vec<Problem>) -> Controls {
    let span = value.map_or(0..0, Spanned::span);
    let help = "write one table with single brackets, `[controls.NAME]`, for each control";
    problems.push(Problem::new(span, "the settings of a control are a table").help(help));
    Controls::new()
}

/// A policy of controls that judge deployments alone, or are on without being named, stops no
/// change.
fn check_stops_changes(
    written: Option<&TomlValue<'_>>,
    table: &[&'static Kind],
    problems: &mut Vec<Problem>,
) {
    let is_table = written.is_none_or(|controls| controls.get_ref().is_table());
    let stops_no_change = |name: &&str| {
        let kind = table.iter().find(|kind| kind.name == *name);
        kind.is_some_and(|kind| kind.always_on || !kind.stage.has_changes())
    };
    if is_table && keys_of(written).iter().all(stops_no_change) {
        let span = written.map_or(0..0, Spanned::span);
        let message = "a policy without a control that judges changes allows every change";
        let help = format!("write at least `[controls.{}]`", required_reviews::KIND.name);
        problems.push(Problem::new(span, message).help(help));
    }
}

/// An attack on the gate itself is judged whether or not the policy thinks of it.
fn add_always_on(controls: &mut Controls, table: &[&'static Kind], problems: &mut Vec<Problem>) {
    let is_missing = |kind: &&&Kind| kind.always_on && !controls.contains_key(kind.name);
    let missing: Vec<_> = table.iter().filter(is_missing).collect();
    for kind in missing {
        let nothing = Spanned::new(0..0, DeValue::Table(DeTable::new()));
        let (control, _) = recover(nothing, kind.read, problems);
        controls.extend(control.map(|control| (kind.name, Arc::from(control))));
    }
}

fn check_references(control: &dyn Control, root: &TomlValue<'_>, problems: &mut Vec<Problem>) {
    for reference in control.references() {
        let (what, name, known) = match reference {
            Reference::Signers(trust) => {
                problems.extend(without_signers(root, trust.span()));
                continue;
            }
            Reference::Area(name) => ("area", name, area_names(root)),
            Reference::Course(name) => ("course", name, Some(keys_of(courses_of(root)))),
            Reference::Role(name) => ("role", name, Some(keys_of(root.get_ref().get("roles")))),
            Reference::Suite { suite, area } => {
                problems.extend(judged_elsewhere(root, suite, area));
                ("suite", suite, Some(keys_of(suites_of(root))))
            }
        };
        let lost = known.filter(|known| !known.contains(&name.get_ref().as_str()));
        problems.extend(lost.map(|known| leads_nowhere(what, name, &known)));
    }
}

/// There is one list of those who may sign evidence, whatever it is evidence of.
fn without_signers(root: &TomlValue<'_>, span: Range<usize>) -> Option<Problem> {
    let tests = || root.get_ref().get("controls")?.get_ref().get(TESTS);
    let named = tests().is_some_and(|tests| tests.get_ref().get("signers").is_some());
    (!named).then(|| {
        Problem::new(span, "`trust = \"signed\"` needs a list of signers")
            .help(format!("add `signers = \"…\"` to [controls.{TESTS}]"))
    })
}

fn suites_of<'s, 'i>(root: &'s TomlValue<'i>) -> Option<&'s TomlValue<'i>> {
    root.get_ref().get("controls")?.get_ref().get(TESTS)?.get_ref().get("suites")
}

fn courses_of<'s, 'i>(root: &'s TomlValue<'i>) -> Option<&'s TomlValue<'i>> {
    root.get_ref().get("training")?.get_ref().get("courses")
}

/// A suite is in for something in an area only if it has to run when that area is touched.
fn judged_elsewhere(root: &TomlValue<'_>, suite: &Spanned<String>, area: &str) -> Option<Problem> {
    let areas = suites_of(root)?.get_ref().get(suite.get_ref().as_str())?.get_ref().get("areas")?;
    let mut names = areas.get_ref().as_array()?.iter().map(|name| name.get_ref().as_str());
    names.all(|name| name != Some(area)).then(|| {
        let message =
            format!("the suite `{}` does not have to run when `{area}` is touched", suite.get_ref());
        Problem::new(suite.span(), message).help(format!("add `{area}` to the `areas` of the suite"))
    })
}

fn define(what: &str) -> String {
    match what {
        "course" => "define the course: `[training.courses.NAME]` with `title` and `valid-for`".to_string(),
        _ => format!("define the {what}"),
    }
}

fn leads_nowhere(what: &str, name: &Spanned<String>, known: &[&str]) -> Problem {
    let help = if known.is_empty() { define(what) } else { suggest_name(name.get_ref(), known) };
    Problem::new(name.span(), format!("there is no {what} `{}`", name.get_ref())).help(help)
}

/// The names as they are in the text, so that a mistake inside an area does not make every
/// mention of it one; `None` when an area has no name that can be read: a mention may mean that
/// one.
fn area_names<'s>(root: &'s TomlValue<'_>) -> Option<Vec<&'s str>> {
    let areas = root.get_ref().get("data-processing")?.get_ref().as_array()?;
    let names = areas.iter().map(|area| area.get_ref().get("name")?.get_ref().as_str());
    names.collect()
}
