//! The text form of policy tests, version 1.
//!
//! ```toml
//! schema = 1
//!
//! [[case]]
//! name = "one colleague suffices outside of data processing"
//! [case.change]
//! files = ["docs/guide.md"]
//! author = "ada"
//! approved-by = ["robin"]
//! [case.expect]
//! outcome = "allowed"
//!
//! [[case]]
//! name = "what happened on 3 March"
//! facts = "cases/request-41.json"
//! [case.expect]
//! outcome = "blocked"
//! control = "required-reviews"
//! ```
//!
//! A case that expects nothing could never fail, so the outcome has to be there, and for what is
//! not allowed the control that stops it: a case that is blocked for another reason than the one
//! that it is about tests nothing.

use portcullis_judge::control::find_kind;
use portcullis_judge::policy::{Policy, Problem};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;

/// The version of the form.
const SCHEMA: u32 = 1;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TestsText {
    schema: Spanned<u32>,
    #[serde(rename = "case", default)]
    cases: Vec<CaseText>,
}

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaseText {
    /// What it is about.
    #[serde(rename = "name")]
    named: Spanned<String>,
    /// The same without its place.
    #[serde(skip)]
    pub name: String,
    /// A file of facts, from the folder of the file of cases.
    pub facts: Option<String>,
    /// A description, in the place of facts.
    pub change: Option<Spanned<ChangeText>>,
    /// What is expected.
    pub expect: Spanned<ExpectText>,
}

/// A change in a few words. What it does not say is not there: no review, no check, no run of a
/// suite, no rule of the host.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChangeText {
    /// The files that it changes.
    pub files: Vec<String>,
    /// Lines that it adds, by file: content patterns are searched in them.
    #[serde(default)]
    pub added: BTreeMap<String, String>,
    /// Who wrote, committed, pushed and opened it.
    pub author: String,
    /// The branch that would receive it. Default: the policy's, if it names only one.
    pub onto: Option<String>,
    /// Who approves its head.
    #[serde(default)]
    pub approved_by: Vec<String>,
    /// Who asks for changes of its head.
    #[serde(default)]
    pub objected_by: Vec<String>,
    /// Who may only read. Others who review may write.
    #[serde(default)]
    pub readers: Vec<String>,
    /// The members of teams.
    #[serde(default)]
    pub teams: BTreeMap<String, Vec<String>>,
    /// Suites that pass on what would land.
    #[serde(default)]
    pub suites: Vec<Spanned<String>>,
    /// Checks that succeed on the head.
    #[serde(default)]
    pub checks: Vec<Spanned<String>>,
    /// What the host imposes on the branch.
    #[serde(default)]
    pub protection: DescribedProtection,
}

/// What the host imposes on the branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DescribedProtection {
    /// Nothing.
    #[default]
    None,
    /// Every rule that the policy asks for, with no one who may bypass them.
    AsRequired,
}

/// What is expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectText {
    /// The outcome.
    pub outcome: ExpectedOutcome,
    /// The control with a finding that says so.
    pub control: Option<String>,
    /// Its verdict. Default: `broken` where it is blocked, `unproven` where it is undetermined,
    /// `met` where it is allowed.
    pub verdict: Option<ExpectedVerdict>,
    /// A part of the reason of the finding.
    pub reason: Option<String>,
}

/// An outcome by the word that the terminal uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedOutcome {
    /// It may land.
    Allowed,
    /// Something could not be seen.
    Undetermined,
    /// A control is not met.
    Blocked,
}

/// A verdict by the word that the terminal uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedVerdict {
    /// It is not met.
    Broken,
    /// It could not be seen.
    Unproven,
    /// A waiver allows it.
    Waived,
    /// It is only noted.
    Noted,
    /// It is met.
    Met,
    /// It need not be met here.
    Exempt,
}

/// Reads a file of cases for a policy.
///
/// # Errors
/// Every mistake in it, with its place.
pub fn read_cases(text: &str, policy: &Policy) -> Result<Vec<CaseText>, Vec<Problem>> {
    let tests: TestsText = toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        vec![mistake(span, error.message(), None)]
    })?;
    let mut problems = Vec::new();
    if *tests.schema.get_ref() != SCHEMA {
        problems.push(mistake(
            tests.schema.span(),
            "this program reads version 1",
            Some("write `schema = 1`"),
        ));
    }
    if tests.cases.is_empty() {
        let help = "add one: `[[case]]` with `name`, `[case.change]` and `[case.expect]`";
        problems.push(mistake(0..0, "there is no case, so nothing would ever be tested", Some(help)));
    }
    let mut names = BTreeSet::new();
    let mut cases = tests.cases;
    for case in &mut cases {
        case.name.clone_from(case.named.get_ref());
        if case.name.trim().is_empty() || !names.insert(case.name.clone()) {
            let message = "a case needs a name of its own";
            problems.push(mistake(case.named.span(), message, Some("say what it is about")));
        }
        problems.extend(mistakes_of(case, policy));
    }
    if problems.is_empty() { Ok(cases) } else { Err(problems) }
}

fn mistake(span: Range<usize>, message: impl Into<String>, help: Option<&str>) -> Problem {
    Problem { span, message: message.into(), help: help.map(str::to_string) }
}

fn mistakes_of(case: &CaseText, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = case.named.span();
    match (&case.facts, &case.change) {
        (None, None) => problems.push(mistake(
            name,
            "nothing says what is judged",
            Some("add `[case.change]`, or `facts`"),
        )),
        (Some(_), Some(change)) => {
            problems.push(mistake(
                change.span(),
                "facts and a description were given",
                Some("leave one of them out"),
            ));
        }
        (None, Some(change)) => problems.extend(mistakes_of_change(change, policy)),
        (Some(_), None) => {}
    }
    problems.extend(mistakes_of_expect(&case.expect, policy));
    problems
}

fn mistakes_of_change(change: &Spanned<ChangeText>, policy: &Policy) -> Vec<Problem> {
    let described = change.get_ref();
    let mut problems = Vec::new();
    let mut refuse = |message: String, help: &str| problems.push(mistake(change.span(), message, Some(help)));
    if described.files.is_empty() {
        refuse("a change without files is none".to_string(), "name a file: `files = [\"…\"]`");
    }
    if let Some(file) = described.added.keys().find(|file| !described.files.contains(file)) {
        refuse(format!("lines are added to `{file}`, which is not changed"), "name it under `files`, too");
    }
    let needs = policy.controls.values().flat_map(|one| one.suite_needs());
    let suites: BTreeSet<&str> = needs.map(|need| need.name).collect();
    problems.extend(unknown_name(&described.suites, &suites, "the policy has no suite"));
    let wanted = policy.controls.values().flat_map(|one| one.wanted_checks());
    let checks: BTreeSet<&str> = wanted.map(|check| check.name.as_str()).collect();
    problems.extend(unknown_name(&described.checks, &checks, "the policy asks for no check"));
    problems
}

/// The first name that the policy does not have, with those that it has.
fn unknown_name(named: &[Spanned<String>], known: &BTreeSet<&str>, what: &str) -> Option<Problem> {
    let unknown = named.iter().find(|name| !known.contains(name.get_ref().as_str()))?;
    let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let help = match names.is_empty() {
        true => "it names none: leave the line out".to_string(),
        false => format!("name one of the policy: {}", names.join(", ")),
    };
    Some(mistake(unknown.span(), format!("{what} `{}`", unknown.get_ref()), Some(&help)))
}

fn mistakes_of_expect(expect: &Spanned<ExpectText>, policy: &Policy) -> Vec<Problem> {
    let ExpectText { outcome, control, verdict, reason } = expect.get_ref();
    let refuse = |message: String, help: &str| vec![mistake(expect.span(), message, Some(help))];
    match control {
        None if *outcome != ExpectedOutcome::Allowed => refuse(
            "nothing says which control stops it, so that any other reason would do, too".to_string(),
            "add `control = \"…\"`",
        ),
        None if verdict.is_some() || reason.is_some() => {
            refuse("a verdict or reason is that of a control".to_string(), "add `control = \"…\"`")
        }
        Some(name) if find_kind(name).is_none() => {
            refuse(format!("there is no control `{name}`"), "`portcullis explain` lists the controls")
        }
        Some(name) if !policy.controls.contains_key(name.as_str()) => refuse(
            format!("the policy does not switch `{name}` on, so no case can be about it"),
            "name a control of the policy",
        ),
        Some(_) if reason.as_ref().is_some_and(|reason| reason.trim().is_empty()) => refuse(
            "every reason holds an empty text".to_string(),
            "write a part of the reason, or leave it out",
        ),
        Some(_) | None => Vec::new(),
    }
}
