//! What a change takes away from the sources of tests: heuristics for the eyes of reviewers.
//!
//! | file | holds |
//! | --- | --- |
//! | `mask` | blanking out comments and strings |
//! | `language` | how tests look in each language: the table |
//! | `outline` | the tests of one text: name, place, assertions, marks |
//! | `compare` | the tests before and after, paired, and what was lost |

use self::compare::{TestSourceChange, compare_sources};
use self::outline::outline_text;
use crate::object::Objects;
use crate::rename::{ChangedPair, ChangedSide};
use crate::tree::SIZE_LIMIT;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::path::RepoPath;
use portcullis_model::test_source::TestSources;
use portcullis_pattern::glob::Glob;
use std::collections::BTreeSet;

mod compare;
mod language;
mod mask;
mod outline;

/// More files than this are not read: a change that touches so many is no change of tests.
const MOST_FILES: usize = 10_000;

/// Reads the test sources among these files. `globs` say which files are.
///
/// # Errors
/// A gap: an object that is not there, or a pattern that is none.
pub fn read<'p>(
    objects: &Objects<'_>,
    globs: &BTreeSet<String>,
    pairs: impl Iterator<Item = &'p ChangedPair>,
) -> Result<TestSources, Gap> {
    let globs: Vec<Glob> = globs.iter().map(|text| parse_glob(text)).collect::<Result<_, _>>()?;
    let is_wanted = |side: &ChangedSide| globs.iter().any(|glob| glob.matches_folded(&side.path));
    let wanted = |pair: &&ChangedPair| sides_of(pair).any(is_wanted);
    let mut sources = Vec::new();
    for pair in pairs.filter(wanted).take(MOST_FILES) {
        sources.extend(read_source(objects, pair, &is_wanted)?);
    }
    let understood = sources.iter().filter(|source| source.is_understood());
    let read = understood.flat_map(TestSourceChange::names).collect();
    Ok(TestSources { read, weakened: compare_sources(&sources) })
}

fn parse_glob(text: &str) -> Result<Glob, Gap> {
    Glob::new(text).map_err(|problem| {
        let what = "what is taken away from test sources";
        Gap::new(what, GapReason::Malformed, problem.to_string(), "Gather the facts again with this policy.")
    })
}

fn sides_of(pair: &ChangedPair) -> impl Iterator<Item = &ChangedSide> {
    pair.old.iter().chain(&pair.new)
}

/// `None` where the text of a side cannot be told: another language, not UTF-8, too long, no file.
fn read_source(
    objects: &Objects<'_>,
    pair: &ChangedPair,
    is_wanted: &dyn Fn(&ChangedSide) -> bool,
) -> Result<Option<TestSourceChange>, Gap> {
    // A file that is moved to where nobody looks for tests has left the suite.
    let new = pair.new.as_ref().filter(|side| is_wanted(side));
    let read = |side: Option<&ChangedSide>| side.map(|side| tests_of(objects, side)).transpose();
    let (old, new) = match (read(pair.old.as_ref())?, read(new)?) {
        (Some(None), _) | (_, Some(None)) => return Ok(None),
        (old, new) => (old.flatten(), new.flatten()),
    };
    let name = |side: &Option<ChangedSide>| side.as_ref().map(|side| RepoPath::new(side.path.clone()));
    Ok(Some(TestSourceChange { old_path: name(&pair.old), new_path: name(&pair.new), old, new }))
}

fn tests_of(objects: &Objects<'_>, side: &ChangedSide) -> Result<Option<outline::Outline>, Gap> {
    let Some(language) = language::of(&side.path).filter(|_| is_file(side)) else { return Ok(None) };
    let Some(blob) = objects.blob_up_to(side.item.1, SIZE_LIMIT)? else { return Ok(None) };
    Ok(std::str::from_utf8(blob.data()).ok().map(|text| outline_text(text, language)))
}

fn is_file(side: &ChangedSide) -> bool {
    side.item.0.0 & 0o170_000 == 0o100_000
}

#[cfg(test)]
mod tests;
