//! From an evidence file of another version control system to facts.
//!
//! | fact | from |
//! | --- | --- |
//! | change | topic `change`; content patterns are put to its lines |
//! | texts that steer the gate | topic `texts`: all that the policy asks for |
//! | request, pushes, accounts | topic `change`; the account that brought a revision pushed it |
//! | reviews | topic `reviews`; who may approve, the policy says |
//! | protection | topic `protection` |
//! | test reports | those handed over that topic `tests` binds to the head by digest |
//! | checks, teams, signed reviews, statements, coverage | none: each is a gap |
//!
//! Nothing is taken from git, also where the working directory is a repository.

use crate::reports::ReportFiles;
use names::Names;
use portcullis_model::assertion::{Assertion, NamedProgram};
use portcullis_model::digest::Digest;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::Facts;
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::path::RepoPath;
use portcullis_wire::evidence_file::v1::{EvidenceFileV1, StatedProgramV1, StatedTextV1, StatedV1};
use portcullis_wire::form::Form;

mod bound_reports;
mod change;
mod host;
mod lacking;
mod names;
mod texts;

pub use lacking::{Lack, find_lacks};

/// An evidence file, and what else is handed over.
pub struct AssertedSources<'a> {
    /// The file, read.
    pub file: &'a EvidenceFileV1,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Where reports are looked for.
    pub reports: ReportFiles<'a>,
    /// The moment of judgement.
    pub observed: jiff::Timestamp,
}

/// Every fact that the inquiry asks for, as far as the file states it.
pub fn gather_asserted(inquiry: Inquiry, sources: &AssertedSources<'_>) -> Facts {
    let file = sources.file;
    let names = Names::of(file);
    let change = Fact::from(change::read_change(file, &names, &inquiry));
    let gate = Fact::from(texts::read_texts(file, &inquiry));
    let host = host::read_host(file, &names, &inquiry, assertion(file, &names, &sources.digest));
    let reports = match inquiry.topics.contains(&Topic::Reports) || !sources.reports.named.is_empty() {
        true => bound_reports::read_reports(sources, &inquiry).into(),
        false => Fact::Gap(Gap::not_asked("the test reports", "use a policy that asks for them")),
    };
    Facts {
        observed: Fact::Known(sources.observed),
        change,
        gate,
        host,
        reports,
        line_coverage: Fact::Gap(never_stated(file, "which changed lines the tests executed")),
        evidence: Fact::Gap(never_stated(file, "statements of test runs on a tree")),
        signed: Facts::no_signed_reviews(),
        inquiry,
    }
}

fn assertion(file: &EvidenceFileV1, names: &Names<'_>, digest: &Digest) -> Assertion {
    let named = |program: &StatedProgramV1| NamedProgram {
        name: program.name.clone(),
        version: program.version.clone(),
    };
    Assertion {
        exporter: named(&file.exporter),
        system: named(&file.system),
        // What is no moment does not come this far.
        exported: file.exported.model().unwrap_or_default(),
        digest: digest.clone(),
        revisions: names.all(),
    }
}

/// A topic that the file states, or the gap.
fn known<'a, T>(file: &EvidenceFileV1, what: &str, stated: &'a Option<StatedV1<T>>) -> Result<&'a T, Gap> {
    match stated {
        Some(StatedV1::Known(known)) => Ok(known),
        Some(StatedV1::Gap(gap)) => {
            let detail = format!("the exporter {} says: {}", file.exporter.name, gap.why);
            Err(Gap::new(what, GapReason::NotVisible, detail, gap.remedy.clone()))
        }
        None => Err(not_stated(file, what)),
    }
}

/// The gap of what this file does not state, and another one could.
fn not_stated(file: &EvidenceFileV1, what: &str) -> Gap {
    let detail = format!("the evidence file of {} does not state it", file.exporter.name);
    Gap::new(what, GapReason::NotAsked, detail, "Have the exporter state it, and export again.")
}

/// The gap of what no evidence file states.
fn never_stated(file: &EvidenceFileV1, what: &str) -> Gap {
    let detail = format!("no evidence file states it, and {} is not git", file.system.name);
    Gap::new(
        what,
        GapReason::Unsupported,
        detail,
        "Use a policy for this repository that does not ask for it.",
    )
}

/// What statements of the file contradict.
fn contradiction(what: &str, detail: impl Into<String>) -> Gap {
    let remedy = "Find out why the exporter states both, and export again.";
    Gap::new(what, GapReason::Contradiction, detail, remedy)
}

/// Does the change that the file states touch this path?
fn touches(file: &EvidenceFileV1, path: &RepoPath) -> bool {
    let Some(StatedV1::Known(change)) = &file.change else { return false };
    let entries = change.files.iter().flat_map(|file| file.before.iter().chain(&file.after));
    let mut paths = entries.map(|entry| RepoPath::from(entry.path.as_str()));
    paths.any(|touched| touched.fold().is_same_file(&path.fold()))
}

/// The text of a file at the base; `None` where there is none, or none is stated.
pub fn text_before<'a>(file: &'a EvidenceFileV1, path: &str) -> Option<&'a str> {
    find_text(file, path)?.before.as_deref()
}

/// The text of a file as the change would leave it; `None` where there is none, or none is stated.
pub fn text_after<'a>(file: &'a EvidenceFileV1, path: &str) -> Option<&'a str> {
    find_text(file, path)?.after.as_deref()
}

fn find_text<'a>(file: &'a EvidenceFileV1, path: &str) -> Option<&'a StatedTextV1> {
    let Some(StatedV1::Known(texts)) = &file.texts else { return None };
    texts.entries().find(|(name, _)| name == path).map(|(_, text)| text)
}
