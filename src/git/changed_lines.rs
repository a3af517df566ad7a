//! Which lines of the new texts a change brings, as a coverage report counts them.
//!
//! A line that stays as it was counts too where it does something else since (see [`woken`]): what
//! was text within marks that are gone, or what a guard stood before.
//!
//! A line of git ends in a line feed, and so it does for most tools that measure coverage. Some
//! also end one at a lone carriage return or at a Unicode line separator: then the numbers of their
//! lines are others than ours, and a change could move its lines under the numbers of tested ones.
//! A text that holds such a character is a gap, and so is UTF-16.

use crate::awoken_lines;
use crate::line_diff::{count_lines, diff_lines};
use crate::object::{Objects, parse_oid};
use crate::tree;
use portcullis_model::change::{Change, Entry, EntryKind, FileChange, FileStatus};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::line_coverage::ChangedLines;
use portcullis_model::lines::Lines;
use portcullis_model::path::RepoPath;
use std::collections::BTreeMap;

/// Reads them, for each path that is there after the change.
pub fn read(objects: &Objects<'_>, change: &Change) -> BTreeMap<RepoPath, Fact<ChangedLines>> {
    let mut all: BTreeMap<RepoPath, Fact<ChangedLines>> = BTreeMap::new();
    for file in &change.files {
        let Some(new) = &file.new else { continue };
        let lines = changed_lines_of(objects, file, new);
        let known = match (all.remove(&new.path), lines) {
            (Some(Fact::Known(before)), Ok(after)) => Fact::Known(join_changes(before, &after)),
            (Some(Fact::Gap(gap)), _) | (_, Err(gap)) => Fact::Gap(gap),
            (None, Ok(lines)) => Fact::Known(lines),
        };
        all.insert(new.path.clone(), known);
    }
    all
}

fn join_changes(before: ChangedLines, after: &ChangedLines) -> ChangedLines {
    ChangedLines { lines: before.lines.or(&after.lines), total: before.total.max(after.total) }
}

fn changed_lines_of(objects: &Objects<'_>, file: &FileChange, new: &Entry) -> Result<ChangedLines, Gap> {
    if file.status == FileStatus::ModeChanged {
        // Not one byte of it is new, whatever it holds.
        let total = read_text(objects, new).map_or(0, |text| line_number(count_lines(&text)));
        return Ok(ChangedLines { lines: Lines::default(), total });
    }
    let text = read_text(objects, new)?;
    check_countable(&text, &new.path)?;
    let total = line_number(count_lines(&text));
    let lines = match text_before(file) {
        None => Lines::all(total),
        Some(old) if old.id == new.id => Lines::default(),
        Some(old) => {
            let before = self::read_text(objects, old)?;
            let diff = diff_lines(&before, &text);
            let hunks = diff.new.iter();
            let changed = Lines::of(
                hunks.map(|hunk| (line_number(hunk.line), line_number(hunk.line + hunk.lines - 1))),
            );
            changed.or(&awoken_lines::lines(&new.path.to_string(), &before, &text, &diff))
        }
    };
    Ok(ChangedLines { lines, total })
}

/// What the new text came from. A copy is new where it is, and so is a text where there was none.
fn text_before(file: &FileChange) -> Option<&Entry> {
    let old = file.old.as_ref().filter(|_| file.status != FileStatus::Copied)?;
    is_text(old).then_some(old)
}

fn is_text(entry: &Entry) -> bool {
    matches!(entry.kind, EntryKind::File | EntryKind::Executable)
}

fn read_text(objects: &Objects<'_>, entry: &Entry) -> Result<Vec<u8>, Gap> {
    if !is_text(entry) {
        let (detail, remedy) = ("it is no file with lines", "Name it among the files without lines");
        return Err(Gap::new(question_of(&entry.path), GapReason::Unsupported, detail, remedy));
    }
    tree::blob(objects, parse_oid(entry.id.as_str())?, &entry.path)
}

/// A file that is handed out has fewer bytes than there are numbers.
fn line_number(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

/// Does every reader of this text find the same lines in it?
fn check_countable(text: &[u8], path: &RepoPath) -> Result<(), Gap> {
    let lone_return =
        text.iter().zip(text.iter().skip(1).chain([&0])).any(|(a, b)| *a == b'\r' && *b != b'\n');
    let separator = || text.windows(3).any(|three| matches!(three, [0xe2, 0x80, 0xa8 | 0xa9]));
    let next_line = || text.windows(2).any(|two| matches!(two, [0xc2, 0x85]));
    let detail = if text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]) {
        "it is UTF-16, whose lines are not counted"
    } else if lone_return || separator() || next_line() {
        "it holds a lone carriage return or a Unicode line separator, at which some tools end a line and others do not"
    } else {
        return Ok(());
    };
    Err(Gap::new(
        question_of(path),
        GapReason::Unsupported,
        detail,
        "End lines with a line feed, and write it as UTF-8",
    ))
}

fn question_of(path: &RepoPath) -> String {
    format!("which lines of {path} changed")
}
