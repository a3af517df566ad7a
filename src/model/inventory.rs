//! The inventory of data-processing code: named areas, and which changed file belongs to which.
//!
//! | what changes | how it counts |
//! | --- | --- |
//! | any file | under its old and its new path; a deletion, a rename, a copy or a mode change is a change |
//! | a symbolic link | under its own path and under the path it leads to; either also counts where it is a directory that a path of an area spells out (`db` for `db/migrations/**`), because what lies behind a link has no entries of its own |
//! | a submodule, a pointer to bytes that lie elsewhere (Git LFS, git-annex), a file too large to search | under its path, a submodule also inside every area that has a path which may lie below it; and, since content patterns cannot see what it brings, inside every area that has content patterns, unless that area says `opaque = "outside"` |
//! | a binary file: an archive, a package, byte code, an executable, a database, a PDF, text of an encoding that hides its letters | the same; and by content patterns over all of its bytes |
//! | an image or a font ([`Nature::Media`]) | under its path, and by content patterns over all of its bytes; inside every area that says `opaque = "inside-with-media"` |
//! | text | under its path, and by content patterns over the changed lines, in any spelling that a language takes for the same |
//! | a file that decides what a checkout or an archive holds of others ([`crate::governs`]: `.gitattributes`, `.gitmodules` and the like) | under its path, and inside every area of which its changed lines govern something, by path or by content |
//! | anything marked `linguist-generated`, `-diff`, `binary` or the like in attributes | as if it were not marked |
//!
//! Paths widen without regard to case and Unicode form, exclusions narrow to the byte (see
//! [`portcullis_pattern::glob`]). A file that is excluded by path is outside the area whatever its
//! content says.

use crate::change::{Content, Entry, EntryKind, FileChange, Match, Nature, Side};
use crate::decision::{Touch, TouchedArea};
use crate::fact::{Gap, GapReason};
use crate::governs::{Governing, Reach};
use crate::inquiry::Inquiry;
use crate::path::RepoPath;
use portcullis_pattern::glob::{Below, Glob};
use serde::Deserialize;

/// All areas of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The areas, as the policy orders them.
    pub areas: Vec<Area>,
}

impl Inventory {
    /// The areas that the files touch, each with its reasons, one for each path.
    ///
    /// # Errors
    /// The gap, when a file could not be placed, or when the content patterns were not all asked
    /// for.
    pub fn touched<'f>(
        &self,
        files: impl Iterator<Item = &'f FileChange> + Clone,
        inquiry: &Inquiry,
    ) -> Result<Vec<TouchedArea>, Gap> {
        let mut areas = Vec::new();
        for area in &self.areas {
            area.asked(inquiry)?;
            let mut touches = Vec::new();
            for file in files.clone() {
                touches.extend(area.touch(file)?);
            }
            touches.sort();
            touches.dedup_by(|a, b| a.path == b.path);
            if !touches.is_empty() {
                areas.push(TouchedArea { area: area.name.clone(), purpose: area.purpose.clone(), touches });
            }
        }
        Ok(areas)
    }
}

/// A named part of the code that processes data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Paths that belong to it.
    pub paths: Vec<Ruled<Glob>>,
    /// Regular expressions: a changed line that matches makes its file belong to it.
    pub content: Vec<Ruled<String>>,
    /// Paths that do not belong to it after all.
    pub exclude: Vec<Ruled<Glob>>,
    /// Does a change that patterns cannot see into belong to it? Only asked when there are content
    /// patterns.
    pub opaque: Opaque,
    /// The line of the policy where it begins.
    pub line: u64,
}

/// Where a change belongs that content patterns cannot see into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opaque {
    /// To the area, unless it is an image or a font.
    #[default]
    Inside,
    /// To the area, images and fonts too.
    InsideWithMedia,
    /// Not to the area.
    Outside,
}

impl Opaque {
    fn takes(self, nature: Nature) -> bool {
        match nature {
            Nature::Text => false,
            Nature::Media => self == Opaque::InsideWithMedia,
            Nature::Binary | Nature::Opaque => self != Opaque::Outside,
        }
    }
}

/// A rule and the line of the policy that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruled<T> {
    /// The rule.
    pub rule: T,
    /// The line, counted from 1.
    pub line: u64,
}

impl Area {
    /// Were all content patterns of this area put to the files?
    fn asked(&self, inquiry: &Inquiry) -> Result<(), Gap> {
        match self.content.iter().find(|rule| !inquiry.patterns.contains(&rule.rule)) {
            None => Ok(()),
            Some(rule) => Err(Gap::new(
                format!("which files match the content pattern `{}`", rule.rule),
                GapReason::NotAsked,
                "the facts were gathered for a policy without it",
                "gather the facts again with this policy",
            )),
        }
    }

    /// Why the change belongs to this area; `None` when it does not.
    ///
    /// # Errors
    /// The gap, when no path says so and the content, which might, could not be read.
    pub fn touch(&self, file: &FileChange) -> Result<Option<Touch>, Gap> {
        if let Some(touch) = names_of_file(file).find_map(|name| self.touch_by_path(name)) {
            return Ok(Some(touch));
        }
        if let Some(touch) = file.entries().find_map(|entry| self.touch_from_above(entry)) {
            return Ok(Some(touch));
        }
        if let Some(touch) = file.governing().find_map(|governing| self.touch_by_governing(&governing)) {
            return Ok(Some(touch));
        }
        let Some(path) = self.searchable_path(file) else { return Ok(None) };
        Ok(self.touch_by_content(file.content.known()?, path))
    }

    /// Why a path belongs to this area by itself.
    pub fn touch_by_path(&self, path: &RepoPath) -> Option<Touch> {
        if self.excludes(path) {
            return None;
        }
        let folded = path.fold();
        let rule = self.paths.iter().find(|rule| rule.rule.matches_path(&folded))?;
        Some(Touch {
            path: path.clone(),
            rule: format!("path `{}`", rule.rule),
            policy_line: rule.line,
            line: None,
        })
    }

    /// A link at or to a directory that the paths of this area lead through, or a submodule that
    /// may hold some of them: what is behind it has no entries of its own.
    fn touch_from_above(&self, entry: &Entry) -> Option<Touch> {
        let concerns: fn(Below) -> bool = match entry.kind {
            EntryKind::Symlink(_) => |below| below == Below::Named,
            EntryKind::Submodule => |below| below != Below::Nothing,
            EntryKind::File | EntryKind::Executable => return None,
        };
        let rule_of =
            |path: &RepoPath| self.paths.iter().find(|rule| concerns(rule.rule.below(path.as_bytes())));
        let (path, rule) = names_of(entry)
            .filter(|path| !self.excludes(path))
            .find_map(|path| rule_of(path).map(|rule| (path, rule)))?;
        Some(Touch {
            path: path.clone(),
            rule: format!("path `{}`, which may lie below it", rule.rule),
            policy_line: rule.line,
            line: None,
        })
    }

    /// A file that decides what a checkout or an archive holds of files of this area.
    fn touch_by_governing(&self, governing: &Governing<'_>) -> Option<Touch> {
        if self.excludes(governing.path) {
            return None;
        }
        let exclude: Vec<&Glob> = self.exclude.iter().map(|rule| &rule.rule).collect();
        let touch = |rule: String, policy_line: u64| {
            Some(Touch { path: governing.path.clone(), rule, policy_line, line: None })
        };
        for rule in &self.paths {
            if let Some(what) = governing.meets(&rule.rule, &exclude, Reach::Anything) {
                return touch(format!("path `{}`, since it governs {what}", rule.rule), rule.line);
            }
        }
        for rule in &self.content {
            if let Some(path) = governing.matching(&rule.rule, &exclude) {
                return touch(format!("content `{}` in {path}, which it governs", rule.rule), rule.line);
            }
        }
        let unseen = governing.is_unseen() || governing.has_submodules() && self.paths.is_empty();
        let line = self.content.first().filter(|_| unseen && self.opaque.takes(Nature::Opaque))?.line;
        touch("content that patterns cannot see, which it governs".to_string(), line)
    }

    /// Does the change belong to this area only for what it governs there? Such a file has no lines
    /// that anything executes.
    pub fn only_governs(&self, file: &FileChange) -> bool {
        file.governing().next().is_some()
            && names_of_file(file).all(|name| self.touch_by_path(name).is_none())
    }

    /// The exclusion that keeps a path out of the area, whatever its content says.
    pub fn excluded_by(&self, path: &RepoPath) -> Option<&Ruled<Glob>> {
        self.exclude.iter().find(|rule| rule.rule.matches(path.as_bytes()))
    }

    fn excludes(&self, path: &RepoPath) -> bool {
        self.excluded_by(path).is_some()
    }

    /// The path under which content patterns speak of the change: none, if there are no patterns or
    /// every name is excluded.
    fn searchable_path<'f>(&self, file: &'f FileChange) -> Option<&'f RepoPath> {
        if self.content.is_empty() {
            return None;
        }
        file.new.iter().chain(&file.old).map(|entry| &entry.path).find(|path| !self.excludes(path))
    }

    fn touch_by_content(&self, content: &Content, path: &RepoPath) -> Option<Touch> {
        let matched = self.content.iter().find_map(|rule| {
            content.matches.iter().find(|found| found.pattern == rule.rule).map(|found| (rule, found))
        });
        match matched {
            Some((rule, found)) => Some(content_touch(path, rule, found)),
            None if self.opaque.takes(content.nature) => Some(Touch {
                path: path.clone(),
                rule: "content that patterns cannot see".to_string(),
                policy_line: self.content.first().map_or(self.line, |rule| rule.line),
                line: None,
            }),
            None => None,
        }
    }
}

fn content_touch(path: &RepoPath, rule: &Ruled<String>, found: &Match) -> Touch {
    let place = match (found.side, found.line) {
        (Side::Added, Some(_)) => "in an added line",
        (Side::Removed, Some(_)) => "in a removed line",
        (Side::Added, None) => "in the new bytes",
        (Side::Removed, None) => "in the old bytes",
    };
    Touch {
        path: path.clone(),
        rule: format!("content `{}` {place}", rule.rule),
        policy_line: rule.line,
        line: found.line.filter(|_| found.side == Side::Added),
    }
}

/// Every path under which a file counts, the old ones first. What it keeps comes once.
fn names_of_file(file: &FileChange) -> impl Iterator<Item = &RepoPath> {
    let is_new = |name: &&RepoPath| file.old.iter().flat_map(names_of).all(|old| old != *name);
    file.old.iter().flat_map(names_of).chain(file.new.iter().flat_map(names_of).filter(is_new))
}

/// Every path under which an entry counts: its own, and where a link leads.
fn names_of(entry: &Entry) -> impl Iterator<Item = &RepoPath> {
    let target = match &entry.kind {
        EntryKind::Symlink(target) => target.as_ref(),
        _ => None,
    };
    std::iter::once(&entry.path).chain(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{FileStatus, ObjectName};
    use crate::fact::{Fact, GapReason};

    fn ruled<T>(rule: T) -> Ruled<T> {
        Ruled { rule, line: 3 }
    }

    fn area() -> Area {
        Area {
            name: "upload".into(),
            purpose: "loads records".into(),
            paths: vec![ruled(Glob::new("services/upload/**").unwrap())],
            content: vec![ruled("nominal_id".to_string())],
            exclude: vec![ruled(Glob::new("services/upload/docs/**").unwrap())],
            opaque: Opaque::Inside,
            line: 1,
        }
    }

    fn entry(path: &str, kind: EntryKind) -> Option<Entry> {
        let id = ObjectName::try_from("a".repeat(40)).unwrap();
        Some(Entry { path: path.into(), kind, id })
    }

    fn content(nature: Nature, matches: Vec<Match>) -> Fact<Content> {
        Fact::Known(Content { nature, matches, added: 1, removed: 0 })
    }

    fn change(old: Option<Entry>, new: Option<Entry>, content: Fact<Content>) -> FileChange {
        FileChange { status: FileStatus::Modified, old, new, content, governs: None }
    }

    fn hit() -> Match {
        Match { pattern: "nominal_id".into(), side: Side::Added, line: Some(12) }
    }

    #[test]
    fn old_name_new_name_and_link_target_count() {
        let plain = || content(Nature::Text, vec![]);
        let inside = [
            change(entry("services/upload/a", EntryKind::File), entry("x/a", EntryKind::File), plain()),
            change(entry("x/a", EntryKind::File), entry("services/upload/a", EntryKind::File), plain()),
            change(entry("services/upload/a", EntryKind::File), None, plain()),
            change(None, entry("services/upload", EntryKind::Submodule), plain()),
            change(None, entry("Services/UPLOAD/a", EntryKind::File), plain()),
            change(None, entry("x", EntryKind::Symlink(Some("services/upload/a".into()))), plain()),
        ];
        for file in inside {
            assert!(area().touch(&file).unwrap().is_some(), "{file:?}");
        }
        let outside = change(None, entry("services/uploader/a", EntryKind::File), plain());
        assert_eq!(area().touch(&outside), Ok(None));
    }

    #[test]
    fn a_link_or_submodule_above_an_area_counts() {
        let plain = || content(Nature::Text, vec![]);
        let link = |to: &str| EntryKind::Symlink(Some(to.into()));
        for (path, kind) in
            [("services", link("x")), ("x", link("services")), ("Services", EntryKind::Submodule)]
        {
            let file = change(None, entry(path, kind), plain());
            let touch = area().touch(&file).unwrap().unwrap();
            assert_eq!(touch.rule, "path `services/upload/**`, which may lie below it");
        }
        let floating = Area { paths: vec![ruled(Glob::new("**/*.sql").unwrap())], ..area() };
        let touches = |kind| floating.touch(&change(None, entry("x", kind), plain())).unwrap().is_some();
        assert!(touches(EntryKind::Submodule));
        assert!(!touches(link("docs")));
        let elsewhere = change(None, entry("x", EntryKind::Submodule), plain());
        assert_eq!(area().touch(&elsewhere), Ok(None));
        assert_eq!(area().touch(&change(None, entry("services", EntryKind::File), plain())), Ok(None));
    }

    #[test]
    fn content_decides_where_no_path_does() {
        let file = change(None, entry("x/a", EntryKind::File), content(Nature::Text, vec![hit()]));
        let touch = area().touch(&file).unwrap().unwrap();
        assert_eq!((touch.line, touch.rule.as_str()), (Some(12), "content `nominal_id` in an added line"));
    }

    #[test]
    fn what_patterns_cannot_see_is_inside_and_what_could_not_be_read_is_a_gap() {
        let opaque = change(None, entry("x/a", EntryKind::File), content(Nature::Opaque, vec![]));
        assert!(area().touch(&opaque).unwrap().is_some());
        assert_eq!(Area { opaque: Opaque::Outside, ..area() }.touch(&opaque), Ok(None));
        // Earlier facts call every file with a NUL binary, images too.
        let binary = change(None, entry("x/a", EntryKind::File), content(Nature::Binary, vec![]));
        assert!(area().touch(&binary).unwrap().is_some());
        let image = change(None, entry("x/a", EntryKind::File), content(Nature::Media, vec![]));
        assert_eq!(area().touch(&image), Ok(None));
        assert!(Area { opaque: Opaque::InsideWithMedia, ..area() }.touch(&image).unwrap().is_some());
        let gap = Gap::new("the blob", GapReason::MissingObject, "gone", "fetch");
        let unread = change(None, entry("x/a", EntryKind::File), Fact::Gap(gap.clone()));
        assert_eq!(area().touch(&unread), Err(gap));
    }

    #[test]
    fn an_exclusion_holds_to_the_byte_and_only_for_the_name_it_names() {
        let excluded = entry("services/upload/docs/a", EntryKind::File);
        let hit = || content(Nature::Text, vec![hit()]);
        assert_eq!(area().touch(&change(None, excluded.clone(), hit())), Ok(None));
        let other_case = entry("services/upload/DOCS/a", EntryKind::File);
        assert!(area().touch(&change(None, other_case, hit())).unwrap().is_some());
        let moved = change(entry("x/a", EntryKind::File), excluded, hit());
        assert!(area().touch(&moved).unwrap().is_some());
    }
}
