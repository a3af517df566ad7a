//! `regression-tests`: the suites of a touched area ran, and their reports show that they passed.
//!
//! The settings and the rule are here; what a suite's reports come to is in `evidence.rs`.

use super::{Case, Control, Documentation, Kind, Reach, Reference, finding, read, unproven};
use crate::model::change::{Change, FileChange, FileStatus, Nature};
use crate::model::decision::{Finding, Place, SubjectKind, TouchedArea, Verdict};
use crate::model::fact::{Fact, Gap};
use crate::model::glob::Glob;
use crate::model::inquiry::{Inquiry, SaidFormat, Topic};
use crate::model::path::RepoPath;
use crate::model::test_run::{Report, ReportFormat};
use evidence::Evidence;
use pattern::Pattern;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use toml::Spanned;

mod evidence;
mod pattern;

const NAME: &str = "regression-tests";

/// How many tests, files or reports a finding names; it says how many more there are.
const NAMED: usize = 10;

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    documentation: Documentation {
        requires: "Every data-processing area that a change touches is covered by at least one regression suite, and each \
of these suites has handed over a report of its run. A suite is proved when all of this holds:\n\
- at least one report was found, and every report that was found could be read to its end;\n\
- no report is a file of the repository itself;\n\
- no test failed or broke, and nothing failed outside a test;\n\
- no test passed only after it had failed (unless `flaky = \"note\"`);\n\
- at least `minimum` tests ran and passed; a skipped test is not a passed test, and a test that appears in \
several reports counts once, by its worst result;\n\
- every pattern in `required` matches a test, and every test that it matches passed;\n\
- with `skipped = \"block\"`, no test was skipped;\n\
- no report contradicts itself, for example by claiming more tests or failures than it shows.",
        why: "A coding mistake once put test data into a live national upload. Records were rejected unnoticed and others were \
not deleted for months. The regulator named regression testing before deployment among the measures that would have \
prevented it. A pipeline that is merely green does not show that those tests ran: a suite that found no tests, that was skipped, or that \
crashed before its first test looks the same from afar. So the results themselves are read, test by test, and the \
absence of evidence is never taken for success.",
        cannot_show: "That the tests are good: a test without assertions passes. That the report is of this commit, or was \
written by the test runner at all: a JUnit file carries no proof of its origin, and whoever controls the job that runs the suite can write one. \
Let the gate run in the same job as the suite or take the report from it, demand that job with `required-checks`, and protect its \
definition with `gate-integrity`. Nor can it see tests that a runner leaves out of its report without a trace (nextest does so with ignored \
tests): name what must run in `required` and keep `minimum` close to the real number. Two tests of the same name in one report are taken for two attempts of one.",
        how_to_meet: "Run the suite before the gate, let its runner write JUnit XML (or TAP, TRX, NUnit, xUnit, CTRF, \
`go test -json`, libtest or nextest JSON), and leave the file where `reports` looks for it, or \
hand it over with `--report upload-regression=target/nextest/ci/junit.xml`.\n\
\n\
```toml\n\
[controls.regression-tests.suites.upload-regression]\n\
areas = [\"upload\"]                     # without it: every touched area\n\
reports = [\"target/junit/*.xml\"]       # without it: only --report\n\
format = \"junit\"                       # without it: told by the content\n\
minimum = 40                           # this many ran and passed\n\
required = [\"upload::*\", \"*deletion*\"] # these exist and passed\n\
skipped = \"allow\"                      # or \"block\"\n\
flaky = \"block\"                        # or \"note\"\n\
tests = [\"tests/upload/**\"]            # noted when changed with the area\n\
```\n\
\n\
A test is known by its suites, class and name, joined with ` > `, for example `upload > loader > rejects_test_data`. In \
`required`, `*` stands for any run of characters and everything else for itself. A pattern is held against the whole name and \
against each part of it that begins after a ` > `.",
    },
    read: read::<RegressionTests>,
};

/// Its settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RegressionTests {
    #[serde(deserialize_with = "some_suites")]
    suites: BTreeMap<String, Suite>,
}

/// One suite.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Suite {
    /// The areas it is for; `None`: for all.
    #[serde(default, deserialize_with = "not_empty")]
    areas: Option<Vec<Spanned<String>>>,
    /// Where its reports are looked for; `None`: only what is handed over by name.
    #[serde(default, deserialize_with = "not_empty")]
    reports: Option<Vec<Glob>>,
    /// The format of its reports; `None`: their content tells.
    #[serde(default)]
    format: Option<ReportFormat>,
    minimum: NonZeroU64,
    #[serde(default, deserialize_with = "not_empty")]
    required: Option<Vec<Pattern>>,
    #[serde(default)]
    skipped: Skipped,
    #[serde(default)]
    flaky: Flaky,
    /// Where its own sources are.
    #[serde(default, deserialize_with = "not_empty")]
    tests: Option<Vec<Glob>>,
}

/// May tests be skipped?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Skipped {
    /// They may, unless they are required. They never count as passed.
    #[default]
    Allow,
    /// They may not.
    Block,
}

/// What of tests that passed after they had failed?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Flaky {
    /// They block.
    #[default]
    Block,
    /// They are pointed out. They never count as passed.
    Note,
}

fn not_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() {
        return Err(Error::custom("an empty list says nothing here; name something or leave the key out"));
    }
    Ok(Some(list))
}

fn some_suites<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Suite>, D::Error> {
    let suites = BTreeMap::deserialize(deserializer)?;
    if suites.is_empty() {
        return Err(Error::custom(
            "no suite is named, so nothing could ever be required; add one below `suites`",
        ));
    }
    Ok(suites)
}

impl Control for RegressionTests {
    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Reports);
        inquiry
            .reports
            .extend(self.suites.values().flat_map(Suite::globs).map(|glob| glob.as_str().to_string()));
        inquiry.formats.extend(self.suites.iter().filter_map(|(name, suite)| suite.said_format(name)));
    }

    fn references(&self) -> Vec<Reference<'_>> {
        self.suites.values().flat_map(|suite| suite.areas.iter().flatten()).map(Reference::Area).collect()
    }

    fn reach(&self) -> Reach {
        Reach::Whole
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let touched = case.touched.known()?;
        let change = case.facts.change.known()?;
        if touched.is_empty() {
            return Ok(vec![exempt(change, "no data-processing area is touched".to_string())]);
        }
        let mut findings: Vec<Finding> =
            touched.iter().filter(|area| !self.covers(area)).map(uncovered).collect();
        let (needed, others): (Vec<_>, Vec<_>) =
            self.suites.iter().partition(|(_, suite)| touched.iter().any(|area| suite.covers(&area.area)));
        for (name, suite) in needed {
            findings.extend(suite.judge(name, case, change));
        }
        if !others.is_empty() {
            let names: Vec<&str> = others.iter().map(|(name, _)| name.as_str()).collect();
            let reason = format!("no area of these suites is touched: {}", names.join(", "));
            findings.push(exempt(change, reason));
        }
        findings.extend(self.strays(&case.facts.reports));
        Ok(findings)
    }
}

fn exempt(change: &Change, reason: String) -> Finding {
    finding(NAME, Verdict::Exempt, SubjectKind::Change, change.head.short(), reason)
}

fn uncovered(area: &TouchedArea) -> Finding {
    let reason = "it is touched, and the policy names no regression suite for it";
    finding(NAME, Verdict::Broken, SubjectKind::Area, area.area.as_str(), reason).remedy(format!(
        "Add `{}` to the `areas` of a suite in [controls.{NAME}.suites], in a change of its own.",
        area.area
    ))
}

impl RegressionTests {
    fn covers(&self, area: &TouchedArea) -> bool {
        self.suites.values().any(|suite| suite.covers(&area.area))
    }

    /// Reports that no suite takes: a misspelt name would otherwise go unnoticed.
    fn strays(&self, reports: &Fact<Vec<Report>>) -> Option<Finding> {
        let taken = |report: &Report| self.suites.iter().any(|(name, suite)| suite.takes(name, report));
        let strays: Vec<&Report> = reports.value()?.iter().filter(|report| !taken(report)).collect();
        let first = &strays.first()?.path;
        let verb = if strays.len() == 1 { "belongs" } else { "belong" };
        let number = count(strays.len() as u64, "report");
        let reason = format!("{number} {verb} to no suite of the policy, so it is not counted");
        let strays = strays.into_iter().map(stray).collect();
        let remedy =
            "Name a suite of the policy with --report SUITE=FILE, or let its `reports` match the file.";
        Some(
            finding(NAME, Verdict::Noted, SubjectKind::File, first.as_str(), reason)
                .remedy(remedy)
                .details(some_of(strays)),
        )
    }
}

/// A report that no suite takes, and what is wrong with it besides.
fn stray(report: &Report) -> String {
    let suite = report.suite.as_ref().map(|suite| format!(": the policy has no suite `{suite}`"));
    let unread = report.run.known().err().map(|gap| format!(": {gap}"));
    format!("{}{}", report.path, suite.or(unread).unwrap_or_default())
}

impl Suite {
    fn covers(&self, area: &str) -> bool {
        self.areas.as_ref().is_none_or(|areas| areas.iter().any(|name| name.get_ref() == area))
    }

    fn globs(&self) -> impl Iterator<Item = &Glob> {
        self.reports.iter().flatten()
    }

    fn said_format(&self, name: &str) -> Option<SaidFormat> {
        let reports = self.globs().map(|glob| glob.as_str().to_string()).collect();
        self.format.map(|format| SaidFormat { suite: name.to_string(), reports, format })
    }

    /// A report that was handed over for a suite belongs to no other; for the rest the patterns decide.
    fn takes(&self, name: &str, report: &Report) -> bool {
        match &report.suite {
            Some(suite) => suite == name,
            None => {
                let path = RepoPath::try_from(report.path.clone());
                let path = path.as_ref().map_or(report.path.as_bytes(), RepoPath::as_bytes);
                self.globs().any(|glob| glob.matches(path))
            }
        }
    }

    fn judge(&self, name: &str, case: &Case<'_>, change: &Change) -> Vec<Finding> {
        let mut findings = match self.reports_of(name, case) {
            Ok(reports) => self.judge_reports(name, &reports),
            Err(gap) => vec![unproven(NAME, SubjectKind::Suite, name, &gap)],
        };
        findings.extend(self.weakened(name, change));
        findings
    }

    /// # Errors
    /// A gap, when reports could not be looked for or were not looked for everywhere.
    fn reports_of<'a>(&self, name: &str, case: &Case<'a>) -> Result<Vec<&'a Report>, Gap> {
        let asked = &case.facts.inquiry;
        let looked = self.globs().all(|glob| asked.reports.contains(glob.as_str()));
        if !looked || !asked.topics.contains(&Topic::Reports) {
            let remedy = "Gather the facts again with the policy that is to judge them.";
            return Err(Gap::not_asked(format!("reports of the suite `{name}`"), remedy));
        }
        Ok(case.facts.reports.known()?.iter().filter(|report| self.takes(name, report)).collect())
    }

    fn judge_reports(&self, name: &str, reports: &[&Report]) -> Vec<Finding> {
        if reports.is_empty() {
            return vec![broken(name, "there is no report of it").remedy(self.how_to_report(name))];
        }
        let evidence = Evidence::of(reports);
        let mut findings = evidence.objections(name);
        findings.extend(self.required(name, &evidence));
        findings.extend(evidence.flaky(name, self.flaky));
        findings.extend(evidence.skipped(name, self.skipped));
        findings.extend(evidence.too_few(name, self.minimum));
        if !findings.iter().any(|finding| matches!(finding.verdict, Verdict::Broken | Verdict::Unproven)) {
            findings.push(evidence.met(name, self.minimum));
        }
        findings.extend(evidence.repeated(name));
        findings
    }

    fn how_to_report(&self, name: &str) -> String {
        let places: Vec<String> = self.globs().map(|glob| format!("`{glob}`")).collect();
        if places.is_empty() {
            return format!("Run the suite and hand its report over with --report {name}=FILE.");
        }
        format!(
            "Run the suite before the gate, so that its report stands at {} (links are not followed), or hand it over with --report {name}=FILE.",
            places.join(" or ")
        )
    }

    fn required(&self, name: &str, evidence: &Evidence<'_>) -> Vec<Finding> {
        self.required.iter().flatten().filter_map(|pattern| evidence.requires(name, pattern)).collect()
    }

    /// Points out that the suite's own sources shrink together with the code that they test.
    fn weakened(&self, name: &str, change: &Change) -> Option<Finding> {
        let globs = self.tests.as_ref()?;
        let files = change.files.iter().filter(|file| is_of(file, globs));
        let found: Vec<(&FileChange, &str)> =
            files.filter_map(|file| weakening(file).map(|how| (file, how))).collect();
        let shown = |(file, how): &(&FileChange, &str)| {
            let names: Vec<String> = file.entries().map(|entry| entry.path.to_string()).collect();
            format!("{}: {how}", names.first().map_or("", String::as_str))
        };
        let place = found.iter().find_map(|(file, _)| file.new.as_ref()).map(|entry| entry.path.clone());
        let number = found.len() as u64;
        (number > 0).then(|| {
            let reason = format!(
                "the change also takes something away from {} of this suite",
                count(number, "source file")
            );
            let mut finding = finding(NAME, Verdict::Noted, SubjectKind::Suite, name, reason)
                .remedy("Look in review at what the tests no longer test.")
                .details(some_of(found.iter().map(shown).collect()));
            finding.place = place.map(|path| Place { path, line: None });
            finding
        })
    }
}

fn is_of(file: &FileChange, globs: &[Glob]) -> bool {
    file.entries().any(|entry| globs.iter().any(|glob| glob.matches_folded(entry.path.as_bytes())))
}

/// How a change to a test's source can weaken it; `None` when lines are only added.
fn weakening(file: &FileChange) -> Option<&'static str> {
    match (file.status, &file.content) {
        (FileStatus::Deleted, _) => Some("deleted"),
        (FileStatus::Renamed, _) => Some("renamed"),
        (FileStatus::TypeChanged, _) => Some("no longer the same kind of file"),
        (FileStatus::Added | FileStatus::Copied | FileStatus::ModeChanged, _) => None,
        (FileStatus::Modified, Fact::Gap(_)) => Some("changed, and could not be read"),
        (FileStatus::Modified, Fact::Known(content)) if content.nature != Nature::Text => {
            Some("changed, and is not text")
        }
        // Where no content pattern asks for it, no line is counted.
        (FileStatus::Modified, Fact::Known(content)) if content.added == 0 && content.removed == 0 => {
            Some("changed, and its lines were not counted")
        }
        (FileStatus::Modified, Fact::Known(content)) => (content.removed > 0).then_some("lines removed"),
    }
}

fn broken(suite: &str, reason: impl Into<String>) -> Finding {
    finding(NAME, Verdict::Broken, SubjectKind::Suite, suite, reason)
}

/// At most [`NAMED`] of them, and how many more there are.
pub(super) fn some_of(mut all: Vec<String>) -> Vec<String> {
    let more = all.len().saturating_sub(NAMED);
    if more > 0 {
        all.truncate(NAMED);
        all.push(format!("and {more} more"));
    }
    all
}

/// "1 test", "2 tests".
pub(super) fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
