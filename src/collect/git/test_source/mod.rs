//! What a change takes away from the sources of tests: heuristics for the eyes of reviewers.
//!
//! | file | holds |
//! | --- | --- |
//! | `mask` | blanking out comments and strings |
//! | `language` | how tests look in each language: the table |
//! | `outline` | the tests of one text: name, place, assertions, marks |
//! | `compare` | the tests before and after, paired, and what was lost |

use self::compare::{Source, compare};
use self::outline::outline;
use super::object::Objects;
use super::rename::{Pair, Side};
use super::tree::SIZE_LIMIT;
use crate::model::fact::{Gap, GapReason};
use crate::model::glob::Glob;
use crate::model::path::RepoPath;
use crate::model::test_source::TestSources;
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
    pairs: impl Iterator<Item = &'p Pair>,
) -> Result<TestSources, Gap> {
    let globs: Vec<Glob> = globs.iter().map(|text| glob(text)).collect::<Result<_, _>>()?;
    let is_wanted = |side: &Side| globs.iter().any(|glob| glob.matches_folded(&side.path));
    let wanted = |pair: &&Pair| sides(pair).any(is_wanted);
    let mut sources = Vec::new();
    for pair in pairs.filter(wanted).take(MOST_FILES) {
        sources.extend(source(objects, pair, &is_wanted)?);
    }
    let understood = sources.iter().filter(|source| source.is_understood());
    let read = understood.flat_map(Source::names).collect();
    Ok(TestSources { read, weakened: compare(&sources) })
}

fn glob(text: &str) -> Result<Glob, Gap> {
    Glob::new(text).map_err(|problem| {
        let what = "what is taken away from test sources";
        Gap::new(what, GapReason::Malformed, problem.to_string(), "Gather the facts again with this policy.")
    })
}

fn sides(pair: &Pair) -> impl Iterator<Item = &Side> {
    pair.old.iter().chain(&pair.new)
}

/// `None` where the text of a side cannot be told: another language, not UTF-8, too long, no file.
fn source(
    objects: &Objects<'_>,
    pair: &Pair,
    is_wanted: &dyn Fn(&Side) -> bool,
) -> Result<Option<Source>, Gap> {
    // A file that is moved to where nobody looks for tests has left the suite.
    let new = pair.new.as_ref().filter(|side| is_wanted(side));
    let read = |side: Option<&Side>| side.map(|side| tests_of(objects, side)).transpose();
    let (old, new) = match (read(pair.old.as_ref())?, read(new)?) {
        (Some(None), _) | (_, Some(None)) => return Ok(None),
        (old, new) => (old.flatten(), new.flatten()),
    };
    let name = |side: &Option<Side>| side.as_ref().map(|side| RepoPath::new(side.path.clone()));
    Ok(Some(Source { old_path: name(&pair.old), new_path: name(&pair.new), old, new }))
}

fn tests_of(objects: &Objects<'_>, side: &Side) -> Result<Option<outline::Outline>, Gap> {
    let Some(language) = language::of(&side.path).filter(|_| is_file(side)) else { return Ok(None) };
    let Some(blob) = objects.blob_up_to(side.item.1, SIZE_LIMIT)? else { return Ok(None) };
    Ok(std::str::from_utf8(blob.data()).ok().map(|text| outline(text, language)))
}

fn is_file(side: &Side) -> bool {
    side.item.0.0 & 0o170_000 == 0o100_000
}

#[cfg(test)]
mod tests;
