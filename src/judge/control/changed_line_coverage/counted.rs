//! Which coverage counts: that of the reports that lie here, and that which statements of runs
//! hold.
//!
//! It is bound as tests are (see [`evidence_binding`]). A report that lies here and one that was
//! recorded add up, as two reports do; but a statement that does not say what its own report says,
//! and two tellings of one run that differ, are findings.

use super::settings::ChangedLineCoverage;
use super::{NAME, broken_report};
use crate::control::shared::evidence_binding::{
    self, LocalReport, TimeFindings, TimeQuestion, Trust, is_answer, is_handed_over,
};
use crate::control::shared::text::{first_few, plural};
use crate::control::{Case, finding, unproven};
use portcullis_model::change::{Change, ObjectName};
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::digest::Digest;
use portcullis_model::evidence::coverage::{Doubt, RecordedCoverage, RecordedFile};
use portcullis_model::evidence::{EvidenceFacts, Found, Statement};
use portcullis_model::fact::Gap;
use portcullis_model::line_coverage::{CoverageReport, CoverageSource, Covered};
use portcullis_model::own_times::OwnTimes;
use portcullis_model::path::RepoPath;
use portcullis_model::test_run::TestOutcome;
use std::collections::BTreeMap;

/// The command that runs a suite and records it; its statement is handed over with `--evidence`.
const RECORD: &str =
    "`portcullis evidence record --suite SUITE --report FILE --coverage FILE -o STATEMENT -- COMMAND`";

/// What counts, and what contradicts the evidence as a whole.
pub struct CountedCoverage<'a> {
    /// Do the reports that lie here count?
    here: bool,
    recorded: Vec<CountedRecord<'a>>,
    /// What is to be said once, whatever the area.
    pub findings: Vec<Finding>,
}

/// One report in a statement that counts.
struct CountedRecord<'a> {
    found: &'a Found,
    statement: &'a Statement,
    report: &'a RecordedCoverage,
    covered: Covered,
}

/// One report that counts for a question, wherever it was told.
pub struct CoverageAccount<'a> {
    /// Where it came from, in words.
    pub name: String,
    /// What it says; `None` when no one could read it.
    pub covered: Option<&'a Covered>,
    path: &'a str,
    digest: Option<&'a Digest>,
    /// Suite and configuration of the run that it was recorded of; `None` for a report that lies
    /// here.
    run: Option<(&'a str, Option<&'a str>)>,
}

impl<'a> CountedCoverage<'a> {
    /// Sorts reports and statements. Who asks for no more than reports, and got no more, takes them
    /// as they are.
    ///
    /// # Errors
    /// A gap: what the evidence would be bound to could not be seen.
    pub fn of(settings: &ChangedLineCoverage, case: &Case<'a>, change: &'a Change) -> Result<Self, Gap> {
        let mut counted = CountedCoverage { here: true, recorded: Vec::new(), findings: Vec::new() };
        if settings.is_bound() || evidence_binding::handed(&case.facts.evidence).next().is_some() {
            let facts = case.facts.evidence.known()?;
            CoverageSorter {
                settings,
                case,
                change,
                facts,
                left_out: Vec::new(),
                about_signatures: Vec::new(),
            }
            .sort(&mut counted);
        }
        Ok(counted)
    }

    /// Does nothing of it stop the change?
    pub fn is_sound(&self) -> bool {
        !self.findings.iter().any(|one| matches!(one.verdict, Verdict::Broken | Verdict::Unproven))
    }

    /// May a report are in something that could not be read?
    pub fn is_in_part(&self) -> bool {
        self.findings.iter().any(|one| one.verdict == Verdict::Unproven)
    }

    /// Every report that answers a question: first those that lie here, with their facts.
    pub fn here<'f>(
        &self,
        question: &CoverageSource,
        reports: &'f [CoverageReport],
    ) -> Vec<&'f CoverageReport> {
        reports.iter().filter(|report| self.here && report.source == *question).collect()
    }

    /// The reports that answer a question, told here or recorded, each once.
    pub fn heard<'c>(
        &'c self,
        question: &CoverageSource,
        here: &[&'c CoverageReport],
    ) -> Vec<CoverageAccount<'c>> {
        let mut all: Vec<CoverageAccount<'c>> =
            here.iter().map(|report| CoverageAccount::here(report)).collect();
        all.extend(self.recorded.iter().filter(|one| one.answers(question)).map(CoverageAccount::recorded));
        all
    }
}

impl CountedRecord<'_> {
    /// Was it recorded from a file that the question looks for?
    fn answers(&self, question: &CoverageSource) -> bool {
        let path = RepoPath::try_from(self.report.path.clone());
        let path = path.as_ref().map_or(self.report.path.as_bytes(), RepoPath::as_bytes);
        let named = portcullis_pattern::glob::Glob::new(&question.files).is_ok_and(|glob| glob.matches(path));
        named && question.format.is_none_or(|format| format == self.report.format)
    }
}

impl<'a> CoverageAccount<'a> {
    fn here(report: &'a CoverageReport) -> Self {
        CoverageAccount {
            name: report.path.clone(),
            covered: report.content.value(),
            path: &report.path,
            digest: report.digest.as_ref(),
            run: None,
        }
    }

    /// Is it the record of a report that lies here too?
    pub fn is_repeated(&self, all: &[CoverageAccount<'_>]) -> bool {
        self.run.is_some() && all.iter().any(|other| other.run.is_none() && other.digest == self.digest)
    }

    fn recorded(one: &'a CountedRecord<'a>) -> Self {
        let run = &one.statement.predicate;
        let configuration = run.configuration.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let name =
            format!("{}, recorded of {}{configuration} in {}", one.report.path, run.suite, one.found.place);
        CoverageAccount {
            name,
            covered: Some(&one.covered),
            path: &one.report.path,
            digest: Some(&one.report.digest),
            run: Some((&run.suite, run.configuration.as_deref())),
        }
    }
}

/// Statements and reports on their way to what counts.
struct CoverageSorter<'s, 'a> {
    settings: &'s ChangedLineCoverage,
    case: &'s Case<'a>,
    change: &'a Change,
    facts: &'a EvidenceFacts,
    /// Why something does not count, each one sentence.
    left_out: Vec<String>,
    /// What to do about signatures that do not hold, or that no one can look at.
    about_signatures: Vec<String>,
}

impl<'a> CoverageSorter<'_, 'a> {
    fn sort(mut self, counted: &mut CountedCoverage<'a>) {
        self.reports_here(counted);
        for found in &self.facts.statements {
            match found.statement.known() {
                Ok(statement) => self.statement(found, statement, counted),
                Err(gap) => self.unread(found, &gap, counted),
            }
        }
        self.times(counted);
        self.vouched(counted);
        self.finish(counted);
    }

    fn say(&self, verdict: Verdict, reason: impl Into<String>) -> Finding {
        finding(NAME, verdict, SubjectKind::Change, self.change.head.short(), reason)
    }

    fn unseen(&self, gap: &Gap) -> Finding {
        unproven(NAME, SubjectKind::Change, self.change.head.short(), gap)
    }

    fn trust(&self) -> Option<Trust> {
        self.settings.trust.as_ref().map(|trust| *trust.get_ref())
    }

    fn lying_here(&self) -> &'a [CoverageReport] {
        self.case.facts.line_coverage.value().map_or(&[], |coverage| &coverage.reports)
    }

    fn reports_here(&mut self, counted: &mut CountedCoverage<'a>) {
        if self.lying_here().is_empty() {
            return;
        }
        match evidence_binding::objection_here(self.facts, self.trust()) {
            Ok(None) => return,
            Ok(Some(why)) => self.left_out.push(why),
            Err(gap) => counted.findings.push(self.unseen(&gap)),
        }
        counted.here = false;
    }

    fn statement(&mut self, found: &'a Found, statement: &'a Statement, counted: &mut CountedCoverage<'a>) {
        if statement.predicate.coverage.is_empty() {
            return;
        }
        let trees = &self.facts.trees;
        let why = evidence_binding::why_not(trees, self.trust(), found, statement)
            .or_else(|| without_a_pass(statement));
        match why {
            None => {
                let blobs = blobs_by_path(self.change);
                counted.recorded.extend(statement.predicate.coverage.iter().map(|report| CountedRecord {
                    found,
                    statement,
                    report,
                    covered: covered_by_record(report, &blobs),
                }));
            }
            Some(why) if is_handed_over(found) && !evidence_binding::is_baseline(trees, statement) => {
                self.left_out.push(format!("{}: {why}", found.place));
            }
            Some(_) => {}
        }
    }

    /// Of a statement that cannot be read no one knows whether it holds lines that were not
    /// executed.
    fn unread(&mut self, found: &Found, gap: &Gap, counted: &mut CountedCoverage<'a>) {
        let may_count = is_handed_over(found) || self.trust() == Some(Trust::Signed);
        match (is_answer(gap), may_count) {
            (true, _) if is_handed_over(found) => {
                self.left_out.push(gap.to_string());
                self.about_signatures.push(gap.remedy.clone());
            }
            (false, true) => counted.findings.push(self.unseen(gap)),
            _ => {}
        }
    }

    /// As of a suite: first the work tree is what is judged, then its lines are measured, and not
    /// too long ago.
    fn times(&self, counted: &mut CountedCoverage<'a>) {
        let observed = &self.case.facts.observed;
        let asked =
            TimeQuestion { facts: self.facts, trust: self.trust(), age: self.settings.max_age, observed };
        let mut told = TimeFindings::default();
        // A report that a statement here was read from is as old as the statement says.
        let is_recorded = |report: &&CoverageReport| {
            counted.recorded.iter().any(|one| Some(&one.report.digest) == report.digest.as_ref())
        };
        let here = self.lying_here().iter().filter(|_| counted.here);
        for report in here.filter(|report| !is_recorded(report)) {
            let times = report.content.value().map(|covered| &covered.times);
            told.local_report(&asked, &report.path, LocalReport { written: report.written, times });
        }
        for one in &counted.recorded {
            let name = format!("{} in {}", one.report.path, one.found.place);
            told.recorded(&asked, &name, &one.statement.predicate);
        }
        counted.findings.extend(told.other_clock(&asked).map(|said| self.say(Verdict::Noted, said)));
        counted.findings.extend(self.said_of_times(told));
    }

    fn said_of_times(&self, told: TimeFindings) -> Vec<Finding> {
        let mut findings: Vec<Finding> = told.gaps.iter().map(|gap| self.unseen(gap)).collect();
        if !told.wrong.is_empty() {
            let number = plural(told.wrong.len() as u64, "coverage report");
            findings.push(
                self.say(Verdict::Broken, format!("{number} cannot come from a fresh run of this change"))
                    .remedy(format!("Measure the judged commit again, or let {RECORD} run the suite; make sure that nothing restores old reports"))
                    .details(first_few(told.wrong)),
            );
        }
        if !told.by_files.is_empty() {
            let number = plural(told.by_files.len() as u64, "coverage report");
            let reason = format!("{number}: only file times show that the judged commit was measured");
            findings.push(
                self.say(Verdict::Noted, reason)
                    .remedy(format!("Let {RECORD} run the suite"))
                    .details(first_few(told.by_files)),
            );
        }
        findings
    }

    fn vouched(&self, counted: &mut CountedCoverage<'a>) {
        let Some(wanted) = &self.settings.check else { return };
        match evidence_binding::unvouched(NAME, wanted, self.case) {
            Err(gap) => counted.findings.push(self.unseen(&gap)),
            Ok(None) => {}
            Ok(Some(judged)) => {
                let reason = format!(
                    "the check `{}` does not vouch for the coverage: {}",
                    judged.subject.name, judged.reason
                );
                let remedy = judged.remedy.unwrap_or_default();
                let broken = self.say(Verdict::Broken, reason).remedy(remedy).details(judged.details);
                counted.findings.push(broken);
            }
        }
    }

    fn finish(mut self, counted: &mut CountedCoverage<'a>) {
        if self.left_out.is_empty() {
            return;
        }
        self.left_out.sort();
        let nothing = counted.recorded.is_empty() && (!counted.here || self.lying_here().is_empty());
        let verdict = if nothing { Verdict::Broken } else { Verdict::Noted };
        let number = self.left_out.len() as u64;
        let (noun, verb) = if number == 1 { ("piece", "does") } else { ("pieces", "do") };
        let reason = format!("{number} {noun} of coverage evidence {verb} not count");
        let how = "Measure a clean checkout of what would land, and hand over what was recorded there";
        let signatures = std::mem::take(&mut self.about_signatures);
        let remedy = evidence_binding::about(signatures, self.left_out.len(), how.to_string());
        counted.findings.push(self.say(verdict, reason).remedy(remedy).details(first_few(self.left_out)));
    }
}

/// Lines are covered by tests, and nothing shows that this run had any, or that it came to its end.
fn without_a_pass(statement: &Statement) -> Option<String> {
    if let Some(status) = statement.predicate.exit_status.filter(|status| !status.is_success()) {
        return Some(format!("its run failed: the command ended with {status}"));
    }
    let passed = statement.predicate.tests.iter().any(|test| test.outcome == TestOutcome::Passed);
    (!passed).then(|| "no test of its run passed, so no test executed these lines".to_string())
}

/// The blobs of the files that the change leaves there.
fn blobs_by_path(change: &Change) -> BTreeMap<&RepoPath, &ObjectName> {
    change.files.iter().filter_map(|file| file.new.as_ref()).map(|new| (&new.path, &new.id)).collect()
}

/// What a recorded report says of the changed files, as one that lies here would say it.
fn covered_by_record(report: &RecordedCoverage, blobs: &BTreeMap<&RepoPath, &ObjectName>) -> Covered {
    let mut covered = Covered {
        format: report.format,
        files: BTreeMap::new(),
        ambiguous: BTreeMap::new(),
        stale: BTreeMap::new(),
        unmatched: Vec::new(),
        contradictions: Vec::new(),
        times: OwnTimes::default(),
    };
    for file in &report.files {
        let Some(blob) = blobs.get(&file.path) else { continue };
        covered.files.insert(file.path.clone(), file.lines());
        match &file.doubt {
            Some(Doubt::SeveralEntries) => drop(covered.ambiguous.insert(file.path.clone(), Vec::new())),
            Some(Doubt::OtherVersion(how)) => drop(covered.stale.insert(file.path.clone(), how.clone())),
            None if **blob != file.blob => {
                drop(covered.stale.insert(file.path.clone(), describe_other_blob(file, blob)))
            }
            None => {}
        }
    }
    if report.contradictions > 0 {
        let number = plural(report.contradictions, "contradiction");
        covered.contradictions.push(format!("{number} when it was recorded"));
    }
    covered
}

fn describe_other_blob(file: &RecordedFile, judged: &ObjectName) -> String {
    format!("it was recorded for blob {}, but the file is blob {}", file.blob.short(), judged.short())
}

/// Where two tellings that must agree do not.
pub fn find_disagreements(heard: &[CoverageAccount<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, one) in heard.iter().enumerate() {
        for other in &heard[at + 1..] {
            let Some(reason) = must_agree(one, other, heard) else { continue };
            let lines = different_lines(one, other);
            if !lines.is_empty() {
                let remedy =
                    "Measure the judged commit once more, record that run, and hand over nothing else";
                let names = [one, other].map(|heard| heard.name.clone());
                let details = names.into_iter().chain(lines).collect();
                findings.push(broken_report(one.path, reason).remedy(remedy).details(first_few(details)));
            }
        }
    }
    findings
}

fn must_agree(
    one: &CoverageAccount<'_>,
    other: &CoverageAccount<'_>,
    all: &[CoverageAccount<'_>],
) -> Option<&'static str> {
    let recorded_of = |report: &CoverageAccount<'_>| {
        all.iter().any(|heard| heard.run.is_some() && heard.digest == report.digest)
    };
    match (one.run, other.run) {
        _ if one.digest.is_some() && one.digest == other.digest => {
            Some("a statement and its own report disagree about the executed lines")
        }
        _ if one.path != other.path => None,
        // A report that was recorded as one shard may lie beside the statements of the others.
        (None, Some(_)) if !recorded_of(one) => Some(
            "a coverage report and what was recorded from one at its path disagree about the executed lines",
        ),
        (Some(run), Some(again)) if run == again => {
            Some("two runs of one suite disagree about the executed lines")
        }
        _ => None,
    }
}

/// The lines on which they differ, by file. A file whose entry is in doubt is reported elsewhere.
fn different_lines(one: &CoverageAccount<'_>, other: &CoverageAccount<'_>) -> Vec<String> {
    let (Some(one), Some(other)) = (one.covered, other.covered) else { return Vec::new() };
    let doubtful = |path| {
        [one, other].iter().any(|all| all.stale.contains_key(path) || all.ambiguous.contains_key(path))
    };
    let both = one.files.iter().filter_map(|(path, lines)| Some((path, lines, other.files.get(path)?)));
    let differing = both.filter(|(path, ..)| !doubtful(path)).map(|(path, one, other)| {
        let hit = one.hit.without(&other.hit).or(&other.hit.without(&one.hit));
        let executable =
            one.executable.without(&other.executable).or(&other.executable.without(&one.executable));
        (path, hit.or(&executable))
    });
    differing.filter(|(_, lines)| !lines.is_empty()).map(|(path, lines)| format!("{path}: {lines}")).collect()
}
