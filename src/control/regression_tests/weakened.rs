//! A suite's own sources that shrink together with the code that they test: pointed out, never judged.

use super::{NAME, Suite, count, some_of};
use crate::control::finding;
use crate::model::change::{Change, FileChange, FileStatus, Nature};
use crate::model::decision::{Finding, Place, SubjectKind, Verdict};
use crate::model::fact::Fact;
use crate::model::glob::Glob;

impl Suite {
    /// Points out that the suite's own sources shrink together with the code that they test.
    pub(super) fn weakened(&self, name: &str, change: &Change) -> Option<Finding> {
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
