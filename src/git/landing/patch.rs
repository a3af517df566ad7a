//! A residual with the text of its lines: the same lines that the residual names, with a few around
//! them.

use crate::landing::attempts::ResidualTrees;
use crate::landing::residual::read_lines;
use crate::line_diff::{Hunk, diff_lines};
use crate::object::ReadObjects;
use crate::tree_diff::{Item, TreeChange, diff_trees};
use portcullis_model::fact::Gap;
use portcullis_model::patch::{Body, Fate, FilePatch, Patch, PatchLine, Run};
use portcullis_model::path::RepoPath;
use std::collections::BTreeSet;
use std::ops::Range;

/// So many unchanged lines are shown before and after changed ones.
const CONTEXT: usize = 3;

/// What lies between the recomputed tree and the landed one.
pub fn patch<'o>(objects: impl ReadObjects<'o>, left: &ResidualTrees) -> Result<Patch, Gap> {
    let changes = diff_trees(objects, left.recomputed, Some(left.landed))?;
    let seen: BTreeSet<&[u8]> = changes.iter().map(|change| change.path.as_slice()).collect();
    let conflict = |path: &Vec<u8>| FilePatch {
        path: RepoPath::new(path.clone()),
        old: None,
        new: None,
        body: Body::Conflict,
    };
    let unseen = left.conflicts.iter().filter(|path| !seen.contains(path.as_slice()));
    let mut files: Vec<FilePatch> = unseen.map(conflict).collect();
    for change in &changes {
        files.push(of_file(objects, change)?);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Patch { files })
}

fn of_file<'o>(objects: impl ReadObjects<'o>, change: &TreeChange) -> Result<FilePatch, Gap> {
    let (old, new) = (read_lines(objects, change.old)?, read_lines(objects, change.new)?);
    let body = match (&old, &new) {
        (Some(old), Some(new)) => Body::Lines(runs_between(old.data(), new.data())),
        _ => Body::Whole,
    };
    let mode = |item: Option<Item>| item.map(|(mode, _)| mode.0);
    Ok(FilePatch {
        path: RepoPath::new(&change.path[..]),
        old: mode(change.old),
        new: mode(change.new),
        body,
    })
}

/// Lines of the old text that became lines of the new one, counted from 0.
struct PatchEdit {
    old: Range<usize>,
    new: Range<usize>,
}

fn runs_between(old: &[u8], new: &[u8]) -> Vec<Run> {
    let found = diff_lines(old, new);
    let edits = pair_hunks(&found.old, &found.new);
    let texts = PatchTexts { old: split_lines(old), new: split_lines(new) };
    let mut runs = Vec::new();
    let mut rest = edits.as_slice();
    while !rest.is_empty() {
        let far = |pair: &[PatchEdit]| pair[1].old.start - pair[0].old.end > 2 * CONTEXT;
        let length = rest.windows(2).position(far).map_or(rest.len(), |at| at + 1);
        let (near, others) = rest.split_at(length);
        runs.extend(texts.run(near));
        rest = others;
    }
    runs
}

/// Both lists of changed lines as one: what lies between two changes is the same on both sides.
fn pair_hunks(old: &[Hunk], new: &[Hunk]) -> Vec<PatchEdit> {
    let range = |hunk: &Hunk| hunk.line as usize - 1..(hunk.line - 1 + hunk.lines) as usize;
    let mut olds = old.iter().map(range).peekable();
    let mut news = new.iter().map(range).peekable();
    let (mut edits, mut a, mut b) = (Vec::new(), 0, 0);
    loop {
        let ahead = [olds.peek().map(|next| next.start - a), news.peek().map(|next| next.start - b)];
        let Some(equal) = ahead.into_iter().flatten().min() else { return edits };
        (a, b) = (a + equal, b + equal);
        let old = olds.next_if(|next| next.start == a).unwrap_or(a..a);
        let new = news.next_if(|next| next.start == b).unwrap_or(b..b);
        (a, b) = (old.end, new.end);
        edits.push(PatchEdit { old, new });
    }
}

fn split_lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|b| *b == b'\n').collect()
}

struct PatchTexts<'t> {
    old: Vec<&'t [u8]>,
    new: Vec<&'t [u8]>,
}

impl PatchTexts<'_> {
    /// Edits that are close together, with what is around them.
    fn run(&self, edits: &[PatchEdit]) -> Option<Run> {
        let (first, last) = (edits.first()?, edits.last()?);
        let before = first.old.start.min(CONTEXT);
        let start = first.old.start - before;
        let end = (last.old.end + CONTEXT).min(self.old.len());
        let (mut lines, mut at) = (Vec::new(), start);
        for edit in edits {
            lines.extend(shown_lines(&self.old, at..edit.old.start, Fate::Kept));
            lines.extend(shown_lines(&self.old, edit.old.clone(), Fate::Dropped));
            lines.extend(shown_lines(&self.new, edit.new.clone(), Fate::Added));
            at = edit.old.end;
        }
        lines.extend(shown_lines(&self.old, at..end, Fate::Kept));
        let number = |start: usize, missing| {
            let stands = lines.iter().any(|line| line.fate != missing);
            start as u64 + u64::from(stands)
        };
        let (old_line, new_line) =
            (number(start, Fate::Added), number(first.new.start - before, Fate::Dropped));
        Some(Run { old_line, new_line, lines })
    }
}

fn shown_lines<'t>(
    lines: &'t [&[u8]],
    range: Range<usize>,
    fate: Fate,
) -> impl Iterator<Item = PatchLine> + use<'t> {
    lines.get(range).unwrap_or_default().iter().map(move |line| {
        let bytes = line.strip_suffix(b"\n");
        PatchLine { fate, bytes: bytes.unwrap_or(line).to_vec(), ended: bytes.is_some() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(runs: &[Run]) -> String {
        let line = |line: &PatchLine| {
            let sign = match line.fate {
                Fate::Kept => ' ',
                Fate::Dropped => '-',
                Fate::Added => '+',
            };
            format!("{sign}{}{}", String::from_utf8_lossy(&line.bytes), if line.ended { "\n" } else { "$\n" })
        };
        let run = |run: &Run| {
            let lines: String = run.lines.iter().map(line).collect();
            let (old, new) = (run.count(Fate::Added), run.count(Fate::Dropped));
            format!("@@ -{},{old} +{},{new} @@\n{lines}", run.old_line, run.new_line)
        };
        runs.iter().map(run).collect()
    }

    #[test]
    fn runs_are_those_of_a_unified_diff() {
        let old: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let new = old.replace("\n4\n", "\nfour\nand more\n").replace("\n19\n20\n", "\n20");
        assert_eq!(
            shown(&runs_between(old.as_bytes(), new.as_bytes())),
            "@@ -1,7 +1,8 @@\n 1\n 2\n 3\n-4\n+four\n+and more\n 5\n 6\n 7\n\
             @@ -16,5 +17,4 @@\n 16\n 17\n 18\n-19\n-20\n+20$\n"
        );
        assert_eq!(shown(&runs_between(b"", b"a\n")), "@@ -0,0 +1,1 @@\n+a\n");
        assert_eq!(shown(&runs_between(b"a\n", b"")), "@@ -1,1 +0,0 @@\n-a\n");
    }

    fn side(runs: &[Run], missing: Fate) -> Vec<(u64, Vec<u8>)> {
        let of = |run: &Run| {
            let first = if missing == Fate::Added { run.old_line } else { run.new_line };
            let lines: Vec<Vec<u8>> =
                run.lines.iter().filter(|line| line.fate != missing).map(|line| line.bytes.clone()).collect();
            lines.into_iter().zip(first..).map(|(bytes, number)| (number, bytes)).collect::<Vec<_>>()
        };
        runs.iter().flat_map(of).collect()
    }

    proptest! {
        /// Every line of a run stands in its text at the place that the run says.
        #[test]
        fn lines_stand_where_their_run_says(
            old in proptest::collection::vec("[abc]{0,2}\n", 0..60),
            new in proptest::collection::vec("[abc]{0,2}\n", 0..60),
        ) {
            let (old, new) = (old.concat(), new.concat());
            let runs = runs_between(old.as_bytes(), new.as_bytes());
            for (text, missing) in [(&old, Fate::Added), (&new, Fate::Dropped)] {
                let lines: Vec<&str> = text.lines().collect();
                for (number, bytes) in side(&runs, missing) {
                    prop_assert_eq!(lines[number as usize - 1].as_bytes(), &bytes[..]);
                }
            }
        }
    }
}
