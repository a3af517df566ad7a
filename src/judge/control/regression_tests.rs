//! `regression-tests`: the suites of a touched area ran, and their reports show that they passed.
//!
//! The settings and the rule are here; which runs count is in `binding.rs`, what became of the
//! tests of the baseline in `baseline.rs`, what a suite's reports come to in `evidence.rs`, and
//! what a change takes away from its sources in `weakened.rs`.

use super::procedure::ControlProcedure;
use super::shared::evidence_binding::{Age, Trust};
use super::shared::named_check::NamedCheck;
use super::shared::text::{InvalidSetting, first_few, plural};
use super::{
    Case, Control, Documentation, Granularity, Kind, NamedSuite, PolicyScope, Reference, Stage, SuiteNeed,
    Waivable, finding, read, unproven, widen_remedy,
};
use binding::CountedRuns;
use evidence::SuiteEvidence;
use pattern::TestPattern;
use portcullis_model::change::Change;
use portcullis_model::decision::{Finding, SubjectKind, TouchedArea, Verdict};
use portcullis_model::evidence::{EvidenceFacts, StatementPlace};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::inquiry::{Inquiry, SaidFormat, TextPurpose, Topic};
use portcullis_model::path::RepoPath;
use portcullis_model::test_run::{Report, ReportFormat};
use portcullis_pattern::glob::Glob;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use settings::{BaselineSetting, ExitStatusSetting, Flaky, Skipped, WrittenSuites};
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use toml::Spanned;

mod baseline;
mod binding;
mod evidence;
mod pattern;
mod procedure;
mod settings;
mod strictness;
mod weakened;

const NAME: &str = "regression-tests";

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    stage: Stage::Both,
    granularity: Granularity::Once,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("regression_tests.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<RegressionTests>,
    #[cfg(test)]
    schema: super::schema::of::<RegressionTests>,
};

/// Its settings.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "WrittenSuites"))]
#[serde(try_from = "WrittenSuites")]
pub struct RegressionTests {
    suites: BTreeMap<String, Suite>,
    /// Where the list of signers is; it is read at the base.
    signers: Option<RepoPath>,
}

/// One suite.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Suite {
    /// The areas whose changes need this suite. Default: all areas.
    #[serde(default, deserialize_with = "not_empty")]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    areas: Option<Vec<Spanned<String>>>,
    /// Glob patterns of the report files. Default: only reports named with `--report SUITE=FILE`,
    /// and statements.
    #[serde(default, deserialize_with = "not_empty")]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    reports: Option<Vec<Glob>>,
    /// The format of the reports. Default: recognised by content.
    #[serde(default)]
    #[cfg_attr(test, schemars(schema_with = "crate::control::schema::report_format"))]
    format: Option<ReportFormat>,
    /// The smallest number of tests that must have passed.
    minimum: NonZeroU64,
    /// Patterns of test names (`*` matches anything); for each, at least one test must have run,
    /// and all passed.
    #[serde(default, deserialize_with = "not_empty")]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    required: Option<Vec<TestPattern>>,
    /// Whether tests may be skipped. Default: `"allow"`.
    #[serde(default)]
    skipped: Skipped,
    /// What a test does that failed and passed when it was repeated. Default: `"block"`.
    #[serde(default)]
    flaky: Flaky,
    /// Which evidence counts. Default: every report that is found or named.
    #[serde(default)]
    trust: Option<Trust>,
    /// The check of the head that vouches for the job, with `trust = "host"`.
    #[serde(default)]
    check: Option<NamedCheck>,
    /// Whether the run is compared with the recorded runs of the branch. Default: it is not.
    #[serde(default)]
    baseline: Option<BaselineSetting>,
    /// Patterns of tests that may be missing or skipped although the baseline has them.
    #[serde(default, deserialize_with = "not_empty")]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    removed: Option<Vec<TestPattern>>,
    /// Names of the configurations or shards that must each hand over a run.
    #[serde(default, deserialize_with = "not_empty")]
    configurations: Option<Vec<String>>,
    /// How old a run may be: `"30m"`, `"24h"`, `"7d"`; at most a year. Default: any age.
    #[serde(default)]
    max_age: Option<Age>,
    /// Whether a run must hold the exit status of its command. Default: it need not.
    #[serde(default)]
    exit_status: Option<ExitStatusSetting>,
    /// Glob patterns of the suite's own sources, so that a weakened test is pointed out.
    #[serde(default, deserialize_with = "not_empty")]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    tests: Option<Vec<Glob>>,
}

fn not_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() {
        return Err(Error::custom("an empty list has no effect; add an entry or leave the key out"));
    }
    Ok(Some(list))
}

impl TryFrom<WrittenSuites> for RegressionTests {
    type Error = InvalidSetting;

    fn try_from(written: WrittenSuites) -> Result<Self, InvalidSetting> {
        match written.mistake() {
            Some(mistake) => Err(mistake.into()),
            None => Ok(RegressionTests { suites: written.suites, signers: written.signers }),
        }
    }
}

impl Control for RegressionTests {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        self.tell()
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Reports);
        if self.suites.values().any(Suite::is_bound) {
            inquiry.topics.insert(Topic::Evidence);
        }
        if self.suites.values().any(|suite| suite.vouching().is_some()) {
            inquiry.topics.insert(Topic::Checks);
        }
        if let Some(path) = &self.signers {
            inquiry.ask_text(path.clone(), TextPurpose::EvidenceSigners);
        }
        inquiry
            .reports
            .extend(self.suites.values().flat_map(Suite::globs).map(|glob| glob.as_str().to_string()));
        let sources = self.suites.values().flat_map(|suite| suite.tests.iter().flatten());
        inquiry.tests.extend(sources.map(|glob| glob.as_str().to_string()));
        inquiry.formats.extend(self.suites.iter().filter_map(|(name, suite)| suite.said_format(name)));
    }

    fn suites(&self) -> Vec<NamedSuite<'_>> {
        let named = self.suites.iter();
        named
            .map(|(name, suite)| NamedSuite { name, configurations: suite.configurations.as_deref() })
            .collect()
    }

    fn suite_needs(&self) -> Vec<SuiteNeed<'_>> {
        self.suites.iter().map(|(name, suite)| suite.need(name)).collect()
    }

    fn wanted_checks(&self) -> Vec<&NamedCheck> {
        self.suites.values().filter_map(Suite::vouching).collect()
    }

    fn references(&self) -> Vec<Reference<'_>> {
        self.suites.values().flat_map(|suite| suite.areas.iter().flatten()).map(Reference::Area).collect()
    }

    fn repository_files(&self) -> Vec<&Glob> {
        self.suites.values().flat_map(|suite| suite.tests.iter().flatten()).collect()
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let touched = case.touched.known()?;
        let change = case.facts.change.known()?;
        if touched.is_empty() {
            return Ok(vec![report_exempt(change, "no data-processing area is touched".to_string())]);
        }
        let mut findings: Vec<Finding> = touched
            .iter()
            .filter(|area| !self.covers(area))
            .map(|area| report_uncovered(case, area))
            .collect();
        let (needed, others): (Vec<_>, Vec<_>) =
            self.suites.iter().partition(|(_, suite)| touched.iter().any(|area| suite.covers(&area.area)));
        for (name, suite) in needed {
            findings.extend(suite.judge(name, case, change));
        }
        if !others.is_empty() {
            let names: Vec<&str> = others.iter().map(|(name, _)| name.as_str()).collect();
            let reason = format!("the change touches no area of these suites: {}", names.join(", "));
            findings.push(report_exempt(change, reason));
        }
        findings.extend(self.strays(&case.facts.reports));
        findings.extend(self.stray_statements(&case.facts.evidence));
        Ok(findings)
    }
}

fn report_exempt(change: &Change, reason: String) -> Finding {
    finding(NAME, Verdict::Exempt, SubjectKind::Change, change.head.short(), reason)
}

fn report_uncovered(case: &Case<'_>, area: &TouchedArea) -> Finding {
    let reason = "the change touches it, and the policy names no regression suite for it";
    let name = &area.area;
    let change = format!(
        "Add `{name}` to the `areas` of a suite in [controls.{NAME}.suites], in a change of its own."
    );
    finding(NAME, Verdict::Broken, SubjectKind::Area, name.as_str(), reason)
        .remedy(widen_remedy(case, NAME, name, change))
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
        let number = plural(strays.len() as u64, "report");
        let reason = format!("{number} {verb} to no suite of the policy, so it is not counted");
        let strays = strays.into_iter().map(describe_stray).collect();
        let remedy =
            "Name a suite of the policy with --report SUITE=FILE, or make its `reports` match the file.";
        Some(
            finding(NAME, Verdict::Noted, SubjectKind::File, first.as_str(), reason)
                .remedy(remedy)
                .details(first_few(strays)),
        )
    }

    /// Statements that were handed over for a suite that the policy does not have.
    fn stray_statements(&self, evidence: &Fact<EvidenceFacts>) -> Vec<Finding> {
        let found = evidence.value().into_iter().flat_map(|evidence| &evidence.statements);
        let handed = found.filter_map(|found| match (&found.place, &found.statement) {
            (StatementPlace::File { path, .. }, Fact::Known(said)) => Some((path, &said.predicate.suite)),
            _ => None,
        });
        let strays = handed.filter(|(_, suite)| !self.suites.contains_key(*suite));
        let stray = |(path, suite): (&String, &String)| {
            let reason = format!("the policy has no suite `{suite}`, so this statement is not counted");
            finding(NAME, Verdict::Noted, SubjectKind::File, path.as_str(), reason)
                .remedy("Record it under the name that the policy gives to the suite")
        };
        strays.map(stray).collect()
    }
}

/// A report that no suite takes, and what is wrong with it besides.
fn describe_stray(report: &Report) -> String {
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

    fn need<'a>(&'a self, name: &'a str) -> SuiteNeed<'a> {
        SuiteNeed {
            name,
            configurations: self.configurations.as_deref(),
            minimum: self.minimum.get(),
            required: self.required.iter().flatten().map(TestPattern::as_str).collect(),
            reports: self.globs().collect(),
        }
    }

    fn said_format(&self, name: &str) -> Option<SaidFormat> {
        let reports = self.globs().map(|glob| glob.as_str().to_string()).collect();
        self.format.map(|format| SaidFormat { suite: name.to_string(), reports, format })
    }

    /// A report that was handed over for a suite belongs to no other; for the rest the patterns
    /// decide.
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
            Ok(reports) => self.judge_evidence(name, case, &reports),
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

    fn judge_evidence(&self, name: &str, case: &Case<'_>, reports: &[&Report]) -> Vec<Finding> {
        let unseen = |gap: &Gap| unproven(NAME, SubjectKind::Suite, name, gap);
        let CountedRuns { runs, findings } = match binding::count_runs(self, name, case, reports) {
            Ok(counted) => counted,
            Err(gap) => return vec![unseen(&gap)],
        };
        let counted: Vec<&Report> = runs.iter().map(|run| &run.report).collect();
        if counted.is_empty() {
            // Beside what could not be read no one can say that there is no report.
            let unseen = findings.iter().any(|finding| finding.verdict == Verdict::Unproven);
            let none = broken_suite(name, "it has no report that counts").remedy(self.how_to_report(name));
            return match (findings.is_empty(), unseen) {
                (true, _) => vec![self.no_report(name)],
                (false, true) => findings,
                (false, false) => [findings, vec![none]].concat(),
            };
        }
        let evidence = SuiteEvidence::of(&counted);
        // What is missing may be in a report that could not be read; that is reported by itself.
        let compared = if evidence.is_whole() {
            baseline::compare(self, name, case, &runs).unwrap_or_else(|gap| vec![unseen(&gap)])
        } else {
            Vec::new()
        };
        self.judge_tests(name, &evidence, [findings, compared].concat())
    }

    fn no_report(&self, name: &str) -> Finding {
        broken_suite(name, "it has no report").remedy(self.how_to_report(name))
    }

    fn judge_tests(
        &self,
        name: &str,
        evidence: &SuiteEvidence<'_>,
        mut findings: Vec<Finding>,
    ) -> Vec<Finding> {
        findings.extend(evidence.objections(name));
        findings.extend(self.required(name, evidence));
        findings.extend(evidence.flaky(name, self.flaky));
        findings.extend(evidence.skipped(name, self.skipped));
        findings.extend(evidence.too_few(name, self.minimum));
        if !findings.iter().any(|finding| matches!(finding.verdict, Verdict::Broken | Verdict::Unproven)) {
            findings.push(evidence.met(name, self.minimum));
        }
        findings.extend(evidence.repeated(name));
        findings
    }

    /// Which runs count, in the words of a remedy.
    fn how_to_count(&self, name: &str) -> String {
        let bound = self.trust == Some(Trust::Signed) || self.exit_status.is_some();
        match bound || self.configurations.is_some() {
            true => {
                format!("Check out what would land, with a clean work tree. {}", self.how_to_report(name))
            }
            false => "Run the suite on a clean checkout of what would land, and hand over what it wrote"
                .to_string(),
        }
    }

    fn how_to_report(&self, name: &str) -> String {
        let configuration = if self.configurations.is_some() { " --configuration NAME" } else { "" };
        if self.trust == Some(Trust::Signed) {
            return format!(
                "Only signed statements count: run the suite with `portcullis evidence record --suite {name}{configuration} --report FILE \
                 --key KEY -o STATEMENT -- COMMAND`, with a key that the policy's `signers` allow, and hand the statement over with \
                 --evidence. Where a server judges, write --note in place of -o STATEMENT, and push `refs/notes/portcullis` before the \
                 change."
            );
        }
        if self.exit_status.is_some() {
            return format!(
                "A report does not say how its command ended. Run the suite with `portcullis evidence record \
                 --suite {name}{configuration} … -- COMMAND`, and hand the statement over with --evidence."
            );
        }
        if self.configurations.is_some() {
            return format!(
                "A report does not name its configuration. Record each with `portcullis evidence record --suite {name} \
                 --configuration NAME --report FILE -o STATEMENT`, and hand the statements over with --evidence."
            );
        }
        let places: Vec<String> = self.globs().map(|glob| format!("`{glob}`")).collect();
        if places.is_empty() {
            return format!("Run the suite and hand its report over with --report {name}=FILE.");
        }
        format!(
            "Run the suite before the gate, so that its report is at {} (symbolic links are not followed), or hand it over with --report {name}=FILE.",
            places.join(" or ")
        )
    }

    fn required(&self, name: &str, evidence: &SuiteEvidence<'_>) -> Vec<Finding> {
        self.required.iter().flatten().filter_map(|pattern| evidence.requires(name, pattern)).collect()
    }
}

fn broken_suite(suite: &str, reason: impl Into<String>) -> Finding {
    finding(NAME, Verdict::Broken, SubjectKind::Suite, suite, reason)
}

#[cfg(test)]
mod tests;
