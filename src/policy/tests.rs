//! Policies with mistakes, and what is said of them. The controls here are made for the tests.

use super::*;
use crate::control::{Case, Documentation, Reference, read};
use crate::model::decision::Finding;
use crate::model::fact::Gap;
use proptest::prelude::*;
use serde::Deserialize;
use snapbox::{assert_data_eq, str};
use std::num::NonZeroU32;
use toml::Spanned;

const NOTHING: Documentation = Documentation { requires: "", why: "", cannot_show: "", how_to_meet: "" };

static KINDS: &[&Kind] = &[
    &Kind { name: "gate-integrity", documentation: NOTHING, read: read::<Always> },
    &Kind { name: "sample", documentation: NOTHING, read: read::<Sample> },
];

/// Has a default for every setting.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Always {
    role: Option<Spanned<String>>,
}

impl Control for Always {
    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Reviews);
    }

    fn references(&self) -> Vec<Reference<'_>> {
        self.role.iter().map(Reference::Role).collect()
    }

    fn check(&self, _case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        Ok(Vec::new())
    }
}

/// Has settings of every shape.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Sample {
    #[serde(default = "one")]
    approvals: NonZeroU32,
    #[serde(default)]
    force_push: Push,
    #[serde(default)]
    checks: Vec<Check>,
    #[serde(default)]
    globs: Vec<Glob>,
    #[serde(default)]
    areas: BTreeMap<Spanned<String>, Check>,
    #[serde(default)]
    strict: bool,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Push {
    #[default]
    Blocked,
    Allowed,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Check {
    name: String,
    app: u64,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

impl Control for Sample {
    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Checks);
        inquiry.reports.extend(self.globs.iter().map(ToString::to_string));
        assert!(self.strict || self.force_push == Push::Blocked || self.approvals.get() > 0);
    }

    fn references(&self) -> Vec<Reference<'_>> {
        assert!(self.checks.iter().chain(self.areas.values()).all(|check| check.name.len() as u64 <= u64::MAX - check.app));
        self.areas.keys().map(Reference::Area).collect()
    }

    fn check(&self, _case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        Ok(Vec::new())
    }
}

/// A policy without a mistake.
const GOOD: &str = r#"schema = 1

[project]
name = "Intelligence upload"
accountable = "Senior Responsible Owner"

[branches]
deployment = ["main", "release/*"]
exempt = ["spike/*"]
history = "each-commit"

[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = [
    "services/upload/**",
    "db/**",
]
content = ['(?i)\bnominal_id\b']
exclude = ["db/README.md"]
opaque = "outside"

[[people]]
name = "Robin Example"
logins = ["robin", "robin-admin"]
emails = ["robin@example.test"]

[roles.data-protection]
users = ["robin"]
teams = ["example/data-protection"]
code-owners = true

[controls.sample]
approvals = 2
globs = ["reports/*.xml"]
checks = [{ name = "build", app = 1 }]

[controls.sample.areas.upload]
name = "test"
app = 2
"#;

fn problems(text: &str) -> Vec<Problem> {
    parse_with(text, KINDS).expect_err("the policy has a mistake")
}

fn shown(text: &str) -> String {
    show("portcullis.toml", text, &problems(text))
}

/// `GOOD` with one part replaced.
fn with(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old} is in the good policy");
    GOOD.replacen(old, new, 1)
}

/// What is said of a policy, one line each: `line:column message (help)`.
fn said_of(text: &str) -> Vec<String> {
    problems(text).iter().map(|problem| brief(text, problem)).collect()
}

fn brief(text: &str, problem: &Problem) -> String {
    let before = &text[..problem.span.start];
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.rsplit('\n').next().unwrap_or_default().chars().count();
    let help = problem.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
    format!("{line}:{column} {}{help}", problem.message)
}

#[test]
fn a_good_policy_is_read_with_the_line_of_every_rule() {
    let policy = parse_with(GOOD, KINDS).unwrap();
    let area = &policy.scope.inventory.areas[0];
    let lines: Vec<u64> = area.paths.iter().chain(&area.exclude).map(|rule| rule.line).collect();
    assert_eq!((area.line, lines, area.content[0].line), (12, vec![16, 17, 20], 19));
    assert!(!area.opaque_inside && policy.each_commit);
    assert_eq!(policy.digest, Digest::of(GOOD.as_bytes()));
    assert_eq!(policy.accountable.as_deref(), Some("Senior Responsible Owner"));
    assert_eq!(policy.scope.people.0[0].logins.len(), 2);
    assert!(policy.scope.roles["data-protection"].code_owners);
}

#[test]
fn five_mistakes_five_messages() {
    let text = r#"schema = 1

[project]
name = "Intelligence upload"
acountable = "Senior Responsible Owner"

[branches]
deployment = ["main", "/release/*"]

[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = ["services/upload/**"]
content = ['(nominal']

[controls.sample]
approvals = 0
force-push = "bloked"
"#;
    assert_data_eq!(shown(text), str![""]);
}
