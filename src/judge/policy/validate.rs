//! What the types of a policy cannot say: names that refer to each other, and settings that hold
//! always or never.

use super::checks::{PolicySource, check_filled, check_schema, check_text};
use super::controls::Controls;
use super::document::{DeploymentText, PolicyDocument, Project, ReviewsText};
use super::house::{HouseTexts, find_house};
use super::recover::recover;
use super::serde_messages::missing_key;
use super::tree::{self, TomlValue, TreeStep};
use super::{
    Policy, Problem, areas, asserted, branches, characters, controls, notification, people, reconciliation,
    signed, syntax, training,
};
use crate::control::{Kind, PolicyScope, ReviewSettings, TrainingInForce};
use portcullis_model::digest::Digest;
use portcullis_model::environment::Environment;
use portcullis_model::expectation::ExpectationRules;
use portcullis_model::host::HostProfile;
use portcullis_model::notification::NotificationRules;
use portcullis_model::person::People;
use portcullis_model::reconciliation::Dataset;
use portcullis_model::signed::ImportSource;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
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

/// The longest policy, in bytes. Finding every mistake takes many readings, and a change can bring
/// a policy of any size.
const LONGEST: usize = 256 * 1024;

/// Reads all of a policy. It is sound only when `problems` is empty afterwards.
pub fn read_policy(
    text: &str,
    table: &[&'static Kind],
    (host, houses): (&HostProfile, &HouseTexts),
    problems: &mut Vec<Problem>,
) -> Option<Policy> {
    if text.len() > LONGEST {
        let message = format!("a policy has at most {LONGEST} bytes, and this one has {}", text.len());
        problems.push(Problem::new(0..0, message).help("use fewer and wider patterns"));
        return None;
    }
    let root = syntax::parse(text, problems)?;
    if let Some(problem) = check_schema(&root) {
        problems.push(problem);
        return None;
    }
    characters::check(&root, problems);
    let Some(placed) = find_house((&root, text), houses, problems)? else {
        return read_root(&PolicyRoot { text, root: &root, host, extends: None }, table, problems);
    };
    let (merged, extension) = placed.extend(&root, problems)?;
    let whole = PolicyRoot { text, root: &merged, host, extends: Some(placed.span()) };
    let policy = read_root(&whole, table, problems);
    placed.relocate(problems);
    // What a key means is known when everything reads well.
    let policy = policy.filter(|_| problems.is_empty())?;
    let house = placed.compare(&root, &merged, &extension, problems);
    Some(Policy { house: Some(house), ..policy })
}

/// The tree of a policy, with what it takes over from its house policy.
struct PolicyRoot<'s, 'i> {
    text: &'s str,
    root: &'s TomlValue<'i>,
    host: &'s HostProfile,
    extends: Option<Range<usize>>,
}

fn read_root(
    whole: &PolicyRoot<'_, '_>,
    table: &[&'static Kind],
    problems: &mut Vec<Problem>,
) -> Option<Policy> {
    let PolicyRoot { text, root, host, extends } = whole;
    let mut without_controls = TomlValue::clone(root);
    tree::remove(&mut without_controls, &[], &TreeStep::Key("controls".to_string()));
    let (document, removed) = recover(without_controls, PolicyDocument::deserialize, problems);
    let source = PolicySource { text, root, removed: &removed, host, extends: extends.clone() };
    check_sections(&source, problems);
    assemble_policy(&source, &document.unwrap_or_default(), table, problems)
}

fn assemble_policy(
    source: &PolicySource<'_, '_>,
    document: &PolicyDocument,
    table: &[&'static Kind],
    problems: &mut Vec<Problem>,
) -> Option<Policy> {
    let controls = controls::read_controls(source.root, table, problems);
    let inventory = areas::build_inventory(source, document, problems);
    let datasets = reconciliation::read_datasets(source, &document.reconciliation, &inventory, problems);
    let people = people::build_people(source, document, problems);
    let roles = people::build_roles(source, document, &people, problems);
    let project = document.project.as_ref().map(|project| check_project(project, problems));
    let branches = document.branches.as_ref().map(|branches| branches::check_branches(branches, problems));
    check_not_empty(source.root.get_ref().get("waivers"), "`longest` or `signers`", problems);
    let signers = document.waivers.as_ref().and_then(|waivers| waivers.signers.as_ref());
    let waiver_signers = signers.and_then(|path| signed::check_path(path, problems));
    let record_signers =
        document.records.as_ref().and_then(|records| signed::check_path(&records.signers, problems));
    let reviews = read_reviews(source, document, &people, problems);
    let environments = read_environments(source, document, &controls, problems);
    let asserted = asserted::read_asserted(document, problems);
    let training = training::read_training(source, document.training.as_ref(), problems);
    let training = training.map(|settings| TrainingInForce::unread(settings, people.clone()));
    let expected = read_expected(source, document, problems);
    let notification = notification::read_notification(source, document.notification.as_ref(), problems)
        .map(|rules| tell_recipients(rules, &datasets));
    reconciliation::check_parties(source, &document.reconciliation, problems);
    notification::check_parties(source, &controls, problems);
    let review_rules = controls.values().find_map(|control| control.review_rules()).cloned();
    let (project, branches) = (project?, branches?);
    Some(Policy {
        text: source.text.to_string(),
        digest: Digest::of(source.text.as_bytes()),
        project: project.name.get_ref().clone(),
        accountable: project.accountable.as_ref().map(|name| name.get_ref().clone()),
        scope: PolicyScope {
            inventory,
            people,
            roles,
            deployment: branches.deployment,
            review_basis: controls.values().find_map(|control| control.review_basis()).unwrap_or_default(),
            reviews,
            review_rules: review_rules.unwrap_or_default(),
            training,
            datasets,
            notification,
        },
        environments,
        each_commit: branches.each_commit,
        longest_waiver: document.waivers.as_ref().map(|waivers| waivers.longest).unwrap_or_default().0,
        waiver_signers,
        record_signers,
        asserted,
        expected,
        controls,
        house: None,
        host: source.host.clone(),
        memo: Default::default(),
    })
}

fn read_expected(
    source: &PolicySource<'_, '_>,
    document: &PolicyDocument,
    problems: &mut Vec<Problem>,
) -> ExpectationRules {
    check_not_empty(source.root.get_ref().get("due"), "`snapshots-every` or `records-within`", problems);
    document.due.as_ref().map(ExpectationRules::from).unwrap_or_default()
}

/// The parties that datasets name as their recipients are told of these datasets, too.
fn tell_recipients(mut rules: NotificationRules, datasets: &BTreeMap<String, Dataset>) -> NotificationRules {
    datasets.iter().for_each(|(name, dataset)| rules.add_recipients(name, &dataset.recipients));
    rules
}

fn read_environments(
    source: &PolicySource<'_, '_>,
    document: &PolicyDocument,
    controls: &Controls,
    problems: &mut Vec<Problem>,
) -> Vec<Environment> {
    let environments =
        document.deployment.as_ref().map(|deployment| listed_environments(deployment, problems));
    let environments = environments.unwrap_or_default();
    check_environments(source.root, controls, &environments, problems);
    environments
}

fn read_reviews(
    source: &PolicySource<'_, '_>,
    document: &PolicyDocument,
    people: &People,
    problems: &mut Vec<Problem>,
) -> ReviewSettings {
    let written = source.root.get_ref().get("reviews");
    check_not_empty(written, "`signers` or `imports`", problems);
    let Some(reviews) = &document.reviews else { return ReviewSettings::default() };
    let signers = reviews.signers.as_ref().and_then(|path| signed::check_path(path, problems));
    let lost = written.is_some_and(|table| source.removed.holds(&table.span(), "signers"));
    let imports: BTreeSet<_> = reviews.imports.iter().map(|name| ImportSource::from(*name)).collect();
    if reviews.signers.is_none() && imports.is_empty() && !lost {
        let span = written.map_or(0..0, Spanned::span);
        let message = "no one may sign reviews";
        problems.push(Problem::new(span, message).help("add `signers = \"…\"`, the file of allowed signers"));
    }
    let imported_reviewers = find_reviewers(reviews, people, problems);
    ReviewSettings { signers, beside_host: reviews.beside_host, imports, imported_reviewers }
}

/// The people whose imported reviews count.
fn find_reviewers(reviews: &ReviewsText, people: &People, problems: &mut Vec<Problem>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for name in &reviews.imported_reviewers {
        let namesakes = people.0.iter().filter(|person| person.name == *name.get_ref()).count();
        let refuse = |message: String, help: &str| Problem::new(name.span(), message).help(help);
        match namesakes {
            _ if reviews.imports.is_empty() => problems.push(refuse(
                "no reviews are imported".to_string(),
                "add `imports`, the systems whose reviews count, or remove `imported-reviewers`",
            )),
            1 => drop(found.insert(name.get_ref().clone())),
            0 => problems.push(refuse(
                format!("`[[people]]` names no `{}`", name.get_ref()),
                "add the person to `[[people]]`, with the logins and addresses of the other system",
            )),
            _ => problems.push(refuse(
                format!("`[[people]]` names several people `{}`", name.get_ref()),
                "give each person a name of their own",
            )),
        }
    }
    found
}

fn listed_environments(deployment: &DeploymentText, problems: &mut Vec<Problem>) -> Vec<Environment> {
    check_filled(&deployment.environments, "nothing could be deployed anywhere", problems);
    deployment.environments.get_ref().iter().map(|name| name.get_ref().clone()).collect()
}

/// A control that is about an environment to which nothing is deployed never applies there.
fn check_environments(
    root: &TomlValue<'_>,
    controls: &Controls,
    listed: &[Environment],
    problems: &mut Vec<Problem>,
) {
    for (name, control) in controls {
        let unknown = control.environments().iter().find(|one| !listed.is_empty() && !listed.contains(one));
        let Some(unknown) = unknown else { continue };
        let written = || root.get_ref().get("controls")?.get_ref().get(name)?.get_ref().get("environments");
        let message = format!("`[deployment] environments` does not list `{unknown}`");
        let help = "name an environment that is deployed to, or add it there";
        problems.push(Problem::new(written().map_or(0..0, Spanned::span), message).help(help));
    }
}

fn check_sections(source: &PolicySource<'_, '_>, problems: &mut Vec<Problem>) {
    let root = source.root;
    let is_missing =
        |name: &str| root.get_ref().get(name).is_none() && !source.removed.holds(&root.span(), name);
    let missing = SECTIONS.iter().filter(|(name, _)| is_missing(name));
    problems.extend(missing.map(|(name, help)| missing_key(name, 0..0).help(*help)));
}

/// A table that is written must hold something.
fn check_not_empty(table: Option<&TomlValue<'_>>, keys: &str, problems: &mut Vec<Problem>) {
    let Some(table) = table else { return };
    if matches!(table.get_ref(), DeValue::Table(entries) if entries.is_empty()) {
        let help = format!("write {keys}, or leave it out");
        problems.push(Problem::new(table.span(), "an empty table has no effect").help(help));
    }
}

fn check_project<'d>(project: &'d Project, problems: &mut Vec<Problem>) -> &'d Project {
    check_text(&project.name, "the name of the project", problems);
    project.accountable.iter().for_each(|name| check_text(name, "who is accountable", problems));
    project
}
