//! One touched area: its changed files, what the reports say of them, and the share that follows.

use super::counted::{CountedCoverage, CoverageAccount, find_disagreements};
use super::names::{directory_meaning, path_meaning};
use super::settings::{Percent, ReportSource, WithoutLines};
use super::{ChangedLineCoverage, NAME, broken_report};
use crate::control::shared::text::{first_few, plural};
use crate::control::{Case, finding, unproven, widen_remedy};
use portcullis_model::change::{FileChange, FileStatus};
use portcullis_model::decision::{Finding, Place, SubjectKind, Verdict};
use portcullis_model::fact::Gap;
use portcullis_model::inventory::Area;
use portcullis_model::line_coverage::{
    ChangedLines, CoverageReport, CoverageSource, Covered, FileLines, LineCoverage,
};
use portcullis_model::lines::Lines;
use portcullis_model::path::RepoPath;
use std::collections::BTreeMap;

/// How many runs of lines a finding names for a file.
const RUNS: usize = 20;

/// The judgement of one area.
pub struct AreaJudgement<'a> {
    case: &'a Case<'a>,
    counted: &'a CountedCoverage<'a>,
    area: &'a Area,
    minimum: Percent,
    without: Option<&'a WithoutLines>,
    sources: Vec<(&'a String, &'a ReportSource)>,
    /// Its files that are there after the change, each with what changed it.
    files: BTreeMap<&'a RepoPath, Vec<&'a FileChange>>,
}

/// What the changed lines of one file come to.
struct CoverageShare {
    executable: u64,
    uncovered: Lines,
}

impl<'a> AreaJudgement<'a> {
    /// # Errors
    /// A file could not be placed.
    pub fn new(
        settings: &'a ChangedLineCoverage,
        case: &'a Case<'a>,
        counted: &'a CountedCoverage<'a>,
        area: &'a Area,
    ) -> Result<Self, Gap> {
        let own = settings.areas.iter().find(|(name, _)| *name.get_ref() == area.name).map(|(_, own)| own);
        let mut files: BTreeMap<&RepoPath, Vec<&FileChange>> = BTreeMap::new();
        for file in &case.facts.change.known()?.files {
            if area.only_governs(file) {
                continue;
            }
            if let (Some(new), Some(_)) = (&file.new, area.touch(file)?) {
                files.entry(&new.path).or_default().push(file);
            }
        }
        Ok(AreaJudgement {
            case,
            counted,
            area,
            minimum: own.and_then(|own| own.minimum).unwrap_or(settings.minimum),
            without: own.and_then(|own| own.without_lines.as_ref()),
            sources: settings.reports.iter().filter(|(_, source)| source.covers(&area.name)).collect(),
            files,
        })
    }

    /// Everything there is to say of it.
    pub fn findings(&self) -> Vec<Finding> {
        let (without, with): (Vec<&RepoPath>, Vec<&RepoPath>) =
            self.files.keys().copied().partition(|path| self.is_without_lines(path));
        let mut findings: Vec<Finding> = self.left_to_suite(&without).into_iter().collect();
        if with.is_empty() {
            if without.is_empty() {
                findings.push(self.say(Verdict::Exempt, "no file that the change leaves in it has lines"));
            }
            return findings;
        }
        match self.judge(&with) {
            Ok(more) => findings.extend(more),
            Err(gap) => findings.push(unproven(NAME, SubjectKind::Area, self.area.name.as_str(), &gap)),
        }
        findings
    }

    fn say(&self, verdict: Verdict, reason: impl Into<String>) -> Finding {
        finding(NAME, verdict, SubjectKind::Area, self.area.name.as_str(), reason)
    }

    fn is_without_lines(&self, path: &RepoPath) -> bool {
        self.without.is_some_and(|without| without.paths.iter().any(|glob| glob.matches(path.as_bytes())))
    }

    fn left_to_suite(&self, files: &[&RepoPath]) -> Option<Finding> {
        let suite = self.without?.suite.get_ref();
        let number = plural(files.len() as u64, "file");
        (!files.is_empty()).then(|| {
            let reason = format!("{number} without measurable lines: the suite `{suite}` has to run instead");
            self.say(Verdict::Exempt, reason)
                .details(first_few(files.iter().map(ToString::to_string).collect()))
        })
    }

    fn judge(&self, files: &[&'a RepoPath]) -> Result<Vec<Finding>, Gap> {
        if self.sources.is_empty() {
            let reason = "the change touches it, and the policy names no coverage report for it";
            let remedy =
                format!("Add `{}` to the `areas` of a report in [controls.{NAME}.reports]", self.area.name);
            let remedy = widen_remedy(self.case, NAME, &self.area.name, remedy);
            return Ok(vec![self.say(Verdict::Broken, reason).remedy(remedy)]);
        }
        let facts = self.asked()?;
        let (mut findings, reports) = self.reports(facts);
        let seen: Vec<&Covered> = reports.iter().filter_map(|heard| heard.covered).collect();
        // What is missing may be in a report that could not be read.
        let unread = reports.is_empty() && self.counted.is_in_part();
        let whole = seen.len() == reports.len() && findings.is_empty() && !unread;
        let mut shares = BTreeMap::new();
        for path in files {
            match self.share(path, facts, &seen) {
                Ok(share) => drop(shares.insert(*path, share)),
                Err(finding) if whole || finding.verdict == Verdict::Unproven => findings.push(*finding),
                Err(_) => {}
            }
        }
        let sound = findings.is_empty() && self.counted.is_sound();
        findings.extend(self.verdict(&shares, sound, whole, &reports));
        Ok(findings)
    }

    /// # Errors
    /// Reports or changed lines could not be looked for, or were not looked for everywhere.
    fn asked(&self) -> Result<&'a LineCoverage, Gap> {
        let asked = &self.case.facts.inquiry.line_coverage;
        if self.questions().all(|(_, question)| asked.contains(&question)) {
            return self.case.facts.line_coverage.known();
        }
        let remedy = "Gather the facts again with the policy that is to judge them.";
        Err(Gap::not_asked(format!("the coverage reports of `{}`", self.area.name), remedy))
    }

    fn questions(&self) -> impl Iterator<Item = (&'a String, CoverageSource)> + '_ {
        self.sources.iter().flat_map(|(name, source)| source.questions().map(|question| (*name, question)))
    }

    /// The reports that are about this area, and what contradicts them.
    fn reports(&self, facts: &'a LineCoverage) -> (Vec<Finding>, Vec<CoverageAccount<'a>>) {
        let (mut findings, mut reports) = (Vec::new(), Vec::new());
        for (name, question) in self.questions() {
            let here = self.counted.here(&question, &facts.reports);
            let heard = self.counted.heard(&question, &here);
            // Beside what could not be read no one can say that there is none.
            let lies_here = facts.reports.iter().any(|report| report.source == question);
            if heard.is_empty() && !self.counted.is_in_part() {
                findings.push(report_absent(name, &question, lies_here));
            }
            findings.extend(here.iter().flat_map(|report| object_to_report(report)));
            let recorded = heard.iter().skip(here.len());
            findings.extend(recorded.filter_map(|heard| contradicts_itself(&heard.name, heard.covered?)));
            findings.extend(find_disagreements(&heard));
            reports.extend(heard);
        }
        (findings, reports)
    }

    /// # Errors
    /// A finding, when nothing can be said of the file's lines.
    fn share(
        &self,
        path: &RepoPath,
        facts: &LineCoverage,
        seen: &[&Covered],
    ) -> Result<CoverageShare, Box<Finding>> {
        let unseen = |gap: &Gap| {
            Box::new(unproven(NAME, SubjectKind::File, path.to_string(), gap).at(place_at(path, None)))
        };
        let nowhere = || Gap::not_asked(format!("which lines of {path} changed"), "Gather the facts again.");
        let changed = facts.changed.get(path).ok_or_else(|| unseen(&nowhere()))?;
        let changed = changed.known().map_err(|gap| unseen(&gap))?;
        if let Some(finding) = report_untrue(path, seen) {
            return Err(Box::new(finding));
        }
        let mut lines: Option<FileLines> = None;
        for more in seen.iter().filter_map(|covered| covered.files.get(path)) {
            lines.get_or_insert_default().add(more);
        }
        if lines.is_none() && self.is_nothing_to_execute(path, changed, facts) {
            return Ok(CoverageShare { executable: 0, uncovered: Lines::default() });
        }
        let lines = lines.ok_or_else(|| Box::new(report_unnamed(path, seen)))?;
        let executable = self.lines_of(path, changed).and(&lines.executable);
        Ok(CoverageShare { executable: executable.count(), uncovered: executable.without(&lines.hit) })
    }

    /// Of a file that no report names: did nothing change in it that could be executed? Its mode,
    /// its place, lines that are gone, blank lines, types. A file that was moved to a name of
    /// another kind may be read as code since, or found by a tool that runs it, so that all of its
    /// lines count; and so may one that can be executed since, where a directory's files are.
    fn is_nothing_to_execute(&self, path: &RepoPath, changed: &ChangedLines, facts: &LineCoverage) -> bool {
        let files = self.files.get(path).map_or(&[][..], Vec::as_slice);
        let new = path.to_string();
        let is_of_another_kind = |file: &&FileChange| {
            let Some(old) = &file.old else { return false };
            let is_run = old.path == *path && file.new.as_ref().is_some_and(|new| new.kind != old.kind);
            let (old, is_run) = (old.path.to_string(), is_run && !directory_meaning(&new).is_empty());
            is_run || name_ending(&old) != name_ending(&new) || path_meaning(&old) != path_meaning(&new)
        };
        let lines = match files.iter().any(is_of_another_kind) {
            true => Lines::all(changed.total),
            false => self.lines_of(path, changed),
        };
        let inert = facts.inert.get(path).cloned().unwrap_or_default();
        lines.without(&inert).is_empty()
    }

    /// What comes into the area from outside is new to it in all its lines.
    fn lines_of(&self, path: &RepoPath, changed: &ChangedLines) -> Lines {
        let moved_in = |file: &&FileChange| {
            let inside = |old: &RepoPath| self.area.touch_by_path(old).is_some();
            file.status == FileStatus::Renamed && !file.old.as_ref().is_some_and(|old| inside(&old.path))
        };
        let files = self.files.get(path).map_or(&[][..], Vec::as_slice);
        if files.iter().any(moved_in) { Lines::all(changed.total) } else { changed.lines.clone() }
    }

    fn verdict(
        &self,
        shares: &BTreeMap<&RepoPath, CoverageShare>,
        sound: bool,
        whole: bool,
        reports: &[CoverageAccount<'_>],
    ) -> Vec<Finding> {
        let executable: u64 = shares.values().map(|share| share.executable).sum();
        let uncovered: u64 = shares.values().map(|share| share.uncovered.count()).sum();
        let covered = executable.saturating_sub(uncovered);
        let enough = covered.saturating_mul(100) >= self.minimum.0.saturating_mul(executable);
        let number = reports.iter().filter(|heard| !heard.is_repeated(reports)).count();
        let names: Vec<String> = reports.iter().map(|heard| heard.name.clone()).collect();
        let reason = format!(
            "{covered} of {} covered ({} %) by {}; {} % required",
            plural(executable, "changed executable line"),
            covered.saturating_mul(100).checked_div(executable).unwrap_or_default(),
            plural(number as u64, "report"),
            self.minimum.0
        );
        let of_area = match (executable, enough) {
            (0, _) => sound.then(|| self.nothing_executable(shares)),
            (_, true) => sound.then(|| self.say(Verdict::Met, reason).details(first_few(names))),
            (_, false) => whole.then(|| {
                let remedy = "Test the lines that are listed for each file, and run the suite again";
                self.say(Verdict::Broken, reason).remedy(remedy).details(first_few(names))
            }),
        };
        let verdict = if enough || !whole { Verdict::Noted } else { Verdict::Broken };
        let of_files = shares.iter().filter(|(_, share)| !share.uncovered.is_empty());
        of_area
            .into_iter()
            .chain(of_files.map(|(path, share)| report_unexecuted(path, share, verdict)))
            .collect()
    }

    fn nothing_executable(&self, shares: &BTreeMap<&RepoPath, CoverageShare>) -> Finding {
        let reason = "no changed line of it can be executed, according to its reports or because no executable code changed";
        let files = shares.keys().map(ToString::to_string).collect();
        self.say(Verdict::Exempt, reason).details(first_few(files))
    }
}

fn place_at(path: &RepoPath, line: Option<u32>) -> Place {
    Place { path: path.clone(), line: line.map(u64::from) }
}

fn report_absent(name: &str, question: &CoverageSource, lies_here: bool) -> Finding {
    if lies_here {
        let reason = format!("no coverage report of `{name}` counts");
        return broken_report(&question.files, reason)
            .remedy("Hand over a statement that recorded it, of a run that counts; the finding on what does not count says why");
    }
    broken_report(&question.files, format!("there is no coverage report of `{name}` here"))
        .remedy("Have the suite write it before the gate runs (symbolic links are not followed), or hand over a statement that recorded it")
}

/// What contradicts a report, whatever it says of which file.
fn object_to_report(report: &CoverageReport) -> Vec<Finding> {
    let mut findings = Vec::new();
    if report.tracked {
        let reason = "git tracks this coverage report, so it is not evidence of a run";
        findings.push(
            broken_report(&report.path, reason)
                .remedy("Remove it from the repository and have the pipeline write it"),
        );
    }
    match report.content.known() {
        Err(gap) => findings.push(unproven(NAME, SubjectKind::File, report.path.as_str(), &gap)),
        Ok(covered) => findings.extend(contradicts_itself(&report.path, covered)),
    }
    findings
}

fn contradicts_itself(name: &str, covered: &Covered) -> Option<Finding> {
    (!covered.contradictions.is_empty()).then(|| {
        broken_report(name, "the coverage report is inconsistent")
            .remedy("Find out what was left out or changed, and run the suite again")
            .details(first_few(covered.contradictions.clone()))
    })
}

/// A report that is about another version of the file, or perhaps about another file.
fn report_untrue(path: &RepoPath, seen: &[&Covered]) -> Option<Finding> {
    let of_file = |reason: String| {
        finding(NAME, Verdict::Broken, SubjectKind::File, path.to_string(), reason).at(place_at(path, None))
    };
    let stale = seen.iter().find_map(|covered| covered.stale.get(path)).map(|how| {
        of_file(format!("a coverage report is of another version of this file: {how}"))
            .remedy("Measure the judged commit itself (not its merge into the base), and run the gate on that checkout")
    });
    stale.or_else(|| {
        let names = seen.iter().find_map(|covered| covered.ambiguous.get(path))?;
        let reason = "it is ambiguous which entry of a coverage report is about this file".to_string();
        let remedy = "Have each module write its own report, and map it with `strip` and `add`";
        Some(of_file(reason).remedy(remedy).details(first_few(names.clone())))
    })
}

fn report_unnamed(path: &RepoPath, seen: &[&Covered]) -> Finding {
    let mut hints: Vec<String> = seen.iter().flat_map(|covered| &covered.unmatched).cloned().collect();
    hints.retain(|name| name.ends_with(last_component(&path.to_string())));
    hints.sort();
    hints.dedup();
    let remedy = if hints.is_empty() {
        "Measure it in the tests, or name it in `without-lines` with the suite that guards it"
    } else {
        "Use `strip` and `add` to map the names in the report to paths; an equal ending proves nothing"
    };
    finding(
        NAME,
        Verdict::Broken,
        SubjectKind::File,
        path.to_string(),
        "the file changed, and no coverage report names it",
    )
    .remedy(remedy)
    .details(first_few(hints.into_iter().map(|name| format!("named in a report: {name}")).collect()))
    .at(place_at(path, None))
}

/// What a file's name says of its kind; all of a name without an ending.
fn name_ending(path: &str) -> &str {
    let name = last_component(path);
    name.rsplit_once('.').map_or(name, |(_, ending)| ending)
}

fn last_component(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn report_unexecuted(path: &RepoPath, share: &CoverageShare, verdict: Verdict) -> Finding {
    let runs = share.uncovered.runs();
    let named = Lines::of(runs.iter().copied().take(RUNS));
    let more = if runs.len() > RUNS { " and more" } else { "" };
    let number = share.uncovered.count();
    let reason = format!(
        "no test executed {number} of its {}: {named}{more}",
        plural(share.executable, "changed executable line")
    );
    finding(NAME, verdict, SubjectKind::File, path.to_string(), reason)
        .remedy("Test what these lines do")
        .at(place_at(path, share.uncovered.first()))
}
