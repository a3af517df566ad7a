//! What a changed `.gitattributes`, `.gitignore`, `.gitmodules` or `.lfsconfig` governs
//! ([`portcullis_model::governs`]).
//!
//! Files are looked for at the head only: one that is there no more is itself part of the change.

use crate::attributes::{AttributeRule, parse_rule};
use crate::content;
use crate::line_diff::{Hunk, LineDiff, diff_lines, whole_text};
use crate::modules;
use crate::object::Objects;
use crate::pattern::Patterns;
use crate::pointer::is_pointer;
use crate::rename::{ChangedPair, ChangedSide, PairLink};
use crate::tree_diff::diff_trees;
use git2::Oid;
use portcullis_model::fact::Gap;
use portcullis_model::governs::{GovernedMatch, Governor, Governs, split_path};
use portcullis_model::path::RepoPath;
use portcullis_pattern::glob::Glob;

/// A longer file is not read, in bytes.
const SIZE_LIMIT: usize = 1024 * 1024;
/// A line is put to a file no more often than this.
const LOOK_LIMIT: usize = 5_000_000;
/// More files are not listed.
const FILE_LIMIT: usize = 10_000;
/// Patterns are not put to more bytes than this, of all governed files together.
const SEARCH_LIMIT: usize = 64 * 1024 * 1024;
/// No more than this is read of a file to see whether it is a pointer, in bytes.
const POINTER_LIMIT: usize = 64 * 1024;

/// What a change governs; `None` when it is of no such file.
pub fn read(
    objects: &Objects<'_>,
    patterns: Option<&Patterns>,
    tree: Oid,
    pair: &ChangedPair,
) -> Option<Governs> {
    let [old, new] =
        [&pair.old, &pair.new].map(|side| side.as_ref().filter(|side| governor_of(side).is_some()));
    old.or(new)?;
    // A copy takes nothing away from what it was copied from.
    let old = old.filter(|_| pair.link != PairLink::Copied);
    let reading = GovernanceReader { objects, patterns, tree };
    // What cannot be read may govern anything.
    Some(reading.governs(pair, old, new).unwrap_or_else(|_| governs_all()))
}

fn governs_all() -> Governs {
    Governs { all: true, ..Governs::default() }
}

fn governor_of(side: &ChangedSide) -> Option<Governor> {
    Governor::of(&RepoPath::new(side.path.clone()))
}

struct GovernanceReader<'a, 'r> {
    objects: &'a Objects<'r>,
    patterns: Option<&'a Patterns>,
    tree: Oid,
}

/// A file at the head.
type HeadFile = (Vec<u8>, Oid);

impl GovernanceReader<'_, '_> {
    fn governs(
        &self,
        pair: &ChangedPair,
        old: Option<&ChangedSide>,
        new: Option<&ChangedSide>,
    ) -> Result<Governs, Gap> {
        let is_file = |side: Option<&ChangedSide>| side.is_none_or(|side| side.item.0.is_file());
        // git takes no settings from a link, unless it reads them from where no files are.
        if !is_file(old) || !is_file(new) {
            return Ok(governs_all());
        }
        let (Some(before), Some(after)) = (self.text(old)?, self.text(new)?) else {
            return Ok(governs_all());
        };
        let in_place = pair.link == PairLink::Same;
        match (old.or(new).and_then(governor_of), in_place || old.is_none() || new.is_none()) {
            (None, _) => Ok(Governs::default()),
            (Some(Governor::Attributes | Governor::Ignore), _) => {
                let changed = if in_place {
                    diff_lines(&before, &after)
                } else {
                    LineDiff { old: whole_text(&before), new: whole_text(&after) }
                };
                let sides = [(old, &before[..], changed.old), (new, &after[..], changed.new)];
                self.lines(sides.into_iter().filter_map(|(side, text, hunks)| Some((side?, text, hunks))))
            }
            (Some(Governor::Modules), true) => Ok(governed_submodules(&before, &after)),
            (Some(Governor::Lfs), true) => self.pointers(),
            (Some(Governor::Modules | Governor::Lfs), false) => Ok(governs_all()),
        }
    }

    /// The text of a side; `None` when it is too long.
    fn text(&self, side: Option<&ChangedSide>) -> Result<Option<Vec<u8>>, Gap> {
        let Some(side) = side else { return Ok(Some(Vec::new())) };
        Ok(self.objects.blob_up_to(side.item.1, SIZE_LIMIT)?.map(|blob| blob.data().to_vec()))
    }

    fn lines<'t>(
        &self,
        sides: impl Iterator<Item = (&'t ChangedSide, &'t [u8], Vec<Hunk>)>,
    ) -> Result<Governs, Gap> {
        let mut rules: Vec<AttributeRule> = Vec::new();
        for (side, text, hunks) in sides {
            let path = RepoPath::new(side.path.clone());
            let (Some(kind), (directory, _)) = (governor_of(side), split_path(&path)) else { continue };
            let lines = hunks.iter().flat_map(|hunk| text[hunk.bytes.clone()].split(|b| *b == b'\n'));
            rules.extend(lines.filter_map(|line| parse_rule(kind, directory, line)));
        }
        let files = if rules.is_empty() { Vec::new() } else { self.files()? };
        let too_many = rules.len().saturating_mul(files.len()) > LOOK_LIMIT;
        if too_many || rules.iter().any(|rule| rule.glob.is_none()) {
            return Ok(governs_all());
        }
        self.governed(&rules, files)
    }

    fn governed(&self, rules: &[AttributeRule], mut files: Vec<HeadFile>) -> Result<Governs, Gap> {
        let means = |wanted: &dyn Fn(&AttributeRule) -> bool, path: &[u8]| {
            let mut globs = rules.iter().filter(|rule| wanted(rule)).filter_map(|rule| rule.glob.as_ref());
            globs.any(|glob| glob.matches_folded(path))
        };
        files.retain(|(path, _)| means(&|_| true, path));
        let strong = files.iter().filter(|(path, _)| means(&|rule| rule.strong, path));
        let (matches, searched) = self.search(strong)?;
        let mut patterns: Vec<Glob> = Vec::new();
        for glob in rules.iter().filter_map(|rule| rule.glob.as_ref()) {
            if !patterns.contains(glob) {
                patterns.push(glob.clone());
            }
        }
        let governs = Governs { patterns, matches, ..list_files(files) };
        Ok(Governs { cut: governs.cut || !searched, ..governs })
    }

    /// Files at the head.
    fn files(&self) -> Result<Vec<HeadFile>, Gap> {
        let all = diff_trees(self.objects, None, Some(self.tree))?.into_iter();
        Ok(all.filter_map(|one| Some((one.path, one.new.filter(|item| item.0.is_file())?.1))).collect())
    }

    /// Which content patterns these files match, and whether all were searched.
    fn search<'f>(
        &self,
        files: impl Iterator<Item = &'f HeadFile>,
    ) -> Result<(Vec<GovernedMatch>, bool), Gap> {
        let (mut matches, mut left) = (Vec::new(), SEARCH_LIMIT);
        let Some(patterns) = self.patterns else { return Ok((matches, true)) };
        for (path, id) in files {
            let Some(blob) = self.objects.blob_up_to(*id, left)? else { return Ok((matches, false)) };
            left -= blob.data().len();
            let found = content::of_text(blob.data(), patterns)?.matches.into_iter();
            let path = RepoPath::new(path.clone());
            matches.extend(found.map(|found| GovernedMatch { pattern: found.pattern, path: path.clone() }));
            if matches.len() > FILE_LIMIT {
                return Ok((matches, false));
            }
        }
        Ok((matches, true))
    }

    /// Where the bytes behind pointers come from.
    fn pointers(&self) -> Result<Governs, Gap> {
        let mut pointers = Vec::new();
        for (path, id) in self.files()? {
            let blob = self.objects.blob_up_to(id, POINTER_LIMIT)?;
            if blob.is_some_and(|blob| is_pointer(blob.data())) {
                pointers.push((path, id));
            }
        }
        Ok(Some(list_files(pointers)).filter(|governs| !governs.cut).unwrap_or_else(governs_all))
    }
}

fn list_files(files: Vec<HeadFile>) -> Governs {
    let cut = files.len() > FILE_LIMIT;
    let mut files: Vec<RepoPath> =
        files.into_iter().take(FILE_LIMIT).map(|(path, _)| RepoPath::new(path)).collect();
    files.sort();
    Governs { files, cut, ..Governs::default() }
}

fn governed_submodules(before: &[u8], after: &[u8]) -> Governs {
    match modules::changed(before, after) {
        None => governs_all(),
        Some(paths) => {
            let submodules = paths.iter().map(|path| RepoPath::from(path.as_str())).collect();
            Governs { submodules, ..Governs::default() }
        }
    }
}
