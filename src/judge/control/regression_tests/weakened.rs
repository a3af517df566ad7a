//! A suite's own sources that shrink together with the code that they test: pointed out, never
//! judged.
//!
//! Where the language of a file is known, the collector looked into it and tells what each test
//! lost; that is a *heuristic* and called so. Elsewhere only the file is named, when lines of it
//! are gone.

use super::{NAME, Suite};
use crate::control::finding;
use crate::control::shared::text::{NAMED, first_few, plural};
use portcullis_model::change::{Change, FileChange, FileStatus, Nature};
use portcullis_model::decision::{Finding, Place, SubjectKind, Verdict};
use portcullis_model::fact::Fact;
use portcullis_model::path::RepoPath;
use portcullis_model::test_source::{TestSources, Weakening};
use portcullis_pattern::glob::Glob;

const REMEDY: &str = "Check in review what the tests no longer test.";

impl Suite {
    /// What the change takes away from the suite's own sources.
    pub(super) fn weakened(&self, name: &str, change: &Change) -> Vec<Finding> {
        let Some(globs) = &self.tests else { return Vec::new() };
        let nothing = TestSources::default();
        let sources = change.test_sources.value().unwrap_or(&nothing);
        let mut findings: Vec<Finding> = note_shrunk(name, change, globs, sources).into_iter().collect();
        findings.extend(note_losses(name, globs, sources));
        findings
    }
}

/// Points out the files that lost something as a whole.
fn note_shrunk(name: &str, change: &Change, globs: &[Glob], sources: &TestSources) -> Option<Finding> {
    let files = change.files.iter().filter(|file| is_of(file, globs));
    let found: Vec<(&FileChange, &str)> =
        files.filter_map(|file| how_weakened(file, globs, sources).map(|how| (file, how))).collect();
    let shown = |(file, how): &(&FileChange, &str)| {
        let names: Vec<String> = file.entries().map(|entry| entry.path.to_string()).collect();
        format!("{}: {how}", names.first().map_or("", String::as_str))
    };
    let place = found.iter().find_map(|(file, _)| file.new.as_ref()).map(|entry| entry.path.clone());
    let number = found.len() as u64;
    (number > 0).then(|| {
        let reason =
            format!("the change also removes something from {} of this suite", plural(number, "source file"));
        let mut finding = finding(NAME, Verdict::Noted, SubjectKind::Suite, name, reason)
            .remedy(REMEDY)
            .details(first_few(found.iter().map(shown).collect()));
        finding.place = place.map(|path| Place { path, line: None });
        finding
    })
}

fn is_of(file: &FileChange, globs: &[Glob]) -> bool {
    file.entries().any(|entry| takes_path(globs, &entry.path))
}

fn takes_path(globs: &[Glob], path: &RepoPath) -> bool {
    globs.iter().any(|glob| glob.matches_folded(path.as_bytes()))
}

/// How a change to a test's source can weaken it; `None` when lines are only added, or when its
/// tests were looked at.
fn how_weakened(file: &FileChange, globs: &[Glob], sources: &TestSources) -> Option<&'static str> {
    let looked_into = file.entries().all(|entry| sources.read.contains(&entry.path));
    let stays = file.new.as_ref().is_some_and(|entry| takes_path(globs, &entry.path));
    match (file.status, &file.content) {
        (FileStatus::Deleted, _) => Some("deleted"),
        (FileStatus::Renamed | FileStatus::Modified, _) if looked_into && stays => None,
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

/// One finding for each loss, at its line; the last of them supports those that are too many.
fn note_losses(name: &str, globs: &[Glob], sources: &TestSources) -> Vec<Finding> {
    let losses: Vec<&Weakening> =
        sources.weakened.iter().filter(|loss| takes_path(globs, &loss.path)).collect();
    let mut findings: Vec<Finding> = losses.iter().take(NAMED).map(|loss| note_loss(name, loss)).collect();
    if let (Some(last), Some(rest)) = (findings.last_mut(), losses.get(NAMED..)) {
        last.details.extend(first_few(rest.iter().map(|loss| in_a_line(loss)).collect()));
    }
    findings
}

fn note_loss(name: &str, loss: &Weakening) -> Finding {
    let reason = format!("heuristic: {} is weaker than before: {}", name_test(loss), loss.loss);
    let mut finding = finding(NAME, Verdict::Noted, SubjectKind::Suite, name, reason).remedy(REMEDY);
    finding.place = Some(Place { path: loss.path.clone(), line: loss.line });
    finding
}

fn name_test(loss: &Weakening) -> String {
    loss.test.as_ref().map_or_else(|| "code outside tests".to_string(), |test| format!("`{test}`"))
}

fn in_a_line(loss: &Weakening) -> String {
    let line = loss.line.map(|line| format!(":{line}")).unwrap_or_default();
    format!("{}{line}: {}: {}", loss.path, name_test(loss), loss.loss)
}
