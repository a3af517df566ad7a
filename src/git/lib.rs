//! Facts from a git repository, read from raw objects.
//!
//! libgit2 opens the repository, finds refs and reads objects, whose hash is checked here. The room
//! knows the model and nothing else of the program: no HTTP, no reports, no records, no policy.
//! Everything that the judgement rests on is worked out here from the raw bytes of those objects,
//! because the objects alone are what a name such as `1f3b…` vouches for: not `info/grafts`, not
//! `refs/replace`, not a commit-graph file, not attributes, not anybody's configuration.
//!
//! | file | holds |
//! | --- | --- |
//! | `discover` | which repository a directory belongs to |
//! | `trust` | what is switched off before a repository is opened, and what makes us refuse one |
//! | `rev_parse` | names to commits |
//! | `server` | what a server asks of its own repository |
//! | `object`, `hash` | reading one object, checking it against its name, and the gap when that fails |
//! | `overlay` | objects made in memory, in front of those of the repository |
//! | `overview` | what `init` looks at: remotes, branches, authors, many small files |
//! | `pack` | our own way to the objects in packs, before libgit2 is asked |
//! | `commit`, `tree` | the raw formats |
//! | `commit_facts` | a commit as a fact |
//! | `oid_map`, `cache` | a table with object names as keys; what was read last |
//! | `graph` | merge bases, and the commits of a change |
//! | `walk_budget` | how far walks over trees go |
//! | `tree_diff`, `rename`, `similarity` | which paths differ, and which of them were renamed |
//! | `content`, `line_diff`, `line_numbers`, `pattern`, `literals` | which lines changed, and what they match |
//! | `readable`, `pointer`, `media`, `declared_encoding` | how far patterns can see into a file |
//! | `spelling` | lines in the readings in which languages take escapes, compatibility letters and unseen characters for others |
//! | `governs`, `attributes`, `modules` | which files a changed `.gitattributes`, `.gitmodules` or the like decides about |
//! | `test_source` | what is taken away from the sources of tests, as far as it can be told from their look |
//! | `changed_lines` | which lines of the new texts changed, as coverage reports count them |
//! | `inert` | lines of which their text alone shows that nothing executes them |
//! | `lexical` | whether a line begins inside a string, a comment or a statement |
//! | `awoken_lines` | lines that stay, and do something else because of lines that are gone |
//! | `parallel` | threads, each with a reader of its own |
//! | `change` | all of it put together |
//! | `stored_commit` | commits below refs that no branch reaches, with their files |
//! | `notes` | notes of test evidence |
//! | `commit_writer`, `note_writer` | the only code that ever writes to a repository |
//! | `work_tree` | is what lies in the work tree what was checked out? |
//! | `policy_check` | what a policy is held against before it judges |
//! | `landing` | the steps of a branch, and what explains them |
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this room is where a repository is read"
)]

use anyhow::{Context, anyhow};
use discover::discover_repository;
use git2::ErrorCode;
use object::{ObjectPlaces, Objects};
use parallel::Readers;
use portcullis_model::change::{BranchName, Change, Commit, FileChange, ObjectName, Revision};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::inquiry::Inquiry;
use portcullis_model::landing::BranchPush;
use portcullis_model::line_coverage::ChangedLines;
use portcullis_model::lines::Lines;
use portcullis_model::path::RepoPath;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use trust::CloneKind;

mod attributes;
mod awoken_lines;
mod cache;
mod change;
mod changed_lines;
mod commit;
mod commit_facts;
pub mod commit_writer;
mod content;
mod dated_line;
mod declared_encoding;
mod discover;
mod former_tips;
mod governs;
mod graph;
mod hash;
mod inert;
mod landing;
mod lexical;
mod line_diff;
mod line_numbers;
mod literals;
mod media;
mod modules;
pub mod note_writer;
pub mod notes;
mod object;
mod oid_map;
mod overlay;
pub mod overview;
mod pack;
mod parallel;
mod pattern;
mod pointer;
mod policy_check;
mod readable;
mod rename;
mod rev_parse;
mod server;
mod similarity;
mod spelling;
pub mod stored_commit;
mod test_source;
mod tree;
mod tree_diff;
mod trust;
mod walk_budget;
mod work_tree;

pub use content::of_lines as content_of_lines;
pub use dated_line::DatedCommit;
pub use landing::BranchPosition;
pub use line_diff::count_lines;
pub use policy_check::BranchNames;
pub use spelling::spellings;
pub use trust::neutralise;

/// An open repository, with everything neutralised that could change what its objects say.
pub struct Repository {
    git: git2::Repository,
    checkout: Option<PathBuf>,
    outer: Option<PathBuf>,
    clone: CloneKind,
    /// Where its objects lie.
    places: ObjectPlaces,
    distrust: Option<Gap>,
}

impl Repository {
    /// Opens the repository whose work tree `path` is in, upward from there; a bare one only where
    /// no work tree is around it. `GIT_DIR` and its like are not looked at; neither the work tree
    /// nor the index is touched, and nothing is ever written.
    ///
    /// # Errors
    /// There is none, it has a format that we cannot read, or it lies over another's files.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        neutralise().context("libgit2 cannot be set up")?;
        Ok(Repository::of(discover_repository(path)?))
    }

    /// The same repository, which finds objects in one more directory too. A hook of a server finds
    /// the objects of a push in a quarantine directory (git-receive-pack(1), "Quarantine
    /// Environment") and names it here: `GIT_OBJECT_DIRECTORY`, `GIT_QUARANTINE_PATH` and their
    /// like are never read.
    ///
    /// # Errors
    /// There is no such directory, or it cannot be read.
    pub fn with_object_directory(mut self, directory: &Path) -> anyhow::Result<Self> {
        let added = self.places.add(&self.git, directory);
        added.with_context(|| format!("the object directory `{}` cannot be read", directory.display()))?;
        Ok(self)
    }

    /// The commit that a name stands for, now: a full object name, a full ref name, `HEAD`, or a
    /// branch, remote branch or tag; each may be followed by `~N` and `^N` (gitrevisions(7)), over
    /// true parents.
    ///
    /// # Errors
    /// It stands for nothing, or for more than one thing.
    pub fn resolve(&self, name: &str) -> anyhow::Result<Revision> {
        rev_parse::resolve(&self.git, &self.objects().map_err(|gap| anyhow!("{gap}"))?, name)
    }

    /// The same, where the beginning of an object name will do (seven digits or more), if it is
    /// that of one object only and no ref is named so: for people, and not for jobs.
    ///
    /// # Errors
    /// It stands for nothing, or for more than one thing.
    pub fn resolve_short(&self, name: &str) -> anyhow::Result<Revision> {
        rev_parse::resolve_short(&self.git, &self.objects().map_err(|gap| anyhow!("{gap}"))?, name)
    }

    /// The branch that a name means: a branch here, or one of a remote, without the remote's name.
    /// `None` for anything else, such as an object name or a tag.
    pub fn branch_named(&self, name: &str) -> Option<BranchName> {
        let is_ref = |full: &str| self.git.find_reference(full).is_ok();
        if name.starts_with("refs/heads/") {
            return is_ref(name).then(|| BranchName::new(name));
        }
        if is_ref(&format!("refs/heads/{name}")) {
            return Some(BranchName::new(name));
        }
        let short = name.strip_prefix("refs/remotes/").unwrap_or(name);
        let (_, branch) = short.split_once('/')?;
        is_ref(&format!("refs/remotes/{short}")).then(|| BranchName::new(branch))
    }

    /// A commit, as its object says.
    ///
    /// # Errors
    /// It is missing or cannot be trusted.
    pub fn commit(&self, commit: &Revision) -> Result<Commit, Gap> {
        commit_facts::read_commit(&self.trusted_objects()?, object::parse_oid(commit.as_str())?)
    }

    /// Is this commit here?
    pub fn has_commit(&self, revision: &Revision) -> bool {
        let read = || -> Result<(), Gap> {
            let objects = self.objects()?;
            objects.commit(object::parse_oid(revision.as_str())?).map(|_| ())
        };
        read().is_ok()
    }

    /// Is nothing of this name here? Of a commit that is here and damaged that is not so.
    pub fn lacks_commit(&self, revision: &Revision) -> bool {
        let read = || self.objects()?.header_if_here(object::parse_oid(revision.as_str())?);
        matches!(read(), Ok(None))
    }

    /// Does this clone end somewhere in its history?
    pub fn is_shallow(&self) -> bool {
        matches!(self.clone, CloneKind::Shallow)
    }

    /// What `head` would bring to `base`. Nothing, when `base` already holds `head`.
    pub fn change(&self, base: &Revision, head: &Revision, inquiry: &Inquiry) -> Fact<Change> {
        let read = || {
            let (objects, readers) = (self.trusted_objects()?, Readers::of(self, 1)?);
            change::read(&objects, &readers, base, head, inquiry)
        };
        read().into()
    }

    /// The commits of the base branch of which the host has to say whether they were its tip; none
    /// where it does not matter.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn tips_asked(&self, change: &Change) -> Result<Vec<Revision>, Gap> {
        former_tips::asked(&self.trusted_objects()?, change)
    }

    /// What the pushes to the base branch, newest first, say of what merging a change brings, and
    /// of the updates in it.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn after_pushes(&self, change: &mut Change, pushes: &[BranchPush]) -> Result<(), Gap> {
        former_tips::after_pushes(&self.trusted_objects()?, change, pushes)
    }

    /// The commits that `tip` reaches and none of the others does.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn brought(&self, without: &[&Revision], tip: &Revision) -> Result<BTreeSet<Revision>, Gap> {
        let objects = self.trusted_objects()?;
        let mut graph = graph::Graph::new(&objects);
        let tip = object::parse_oid(tip.as_str())?;
        let mut brought: Option<BTreeSet<git2::Oid>> = None;
        for one in without {
            let range = graph.relate(object::parse_oid(one.as_str())?, tip)?.range;
            let range: BTreeSet<git2::Oid> = range.into_iter().collect();
            brought = Some(brought.map_or(range.clone(), |brought| &brought & &range));
        }
        brought.into_iter().flatten().map(object::revision_of).collect()
    }

    /// What one commit changes against its first parent; the first commit of a history, against
    /// nothing.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn commit_files(&self, commit: &Revision, inquiry: &Inquiry) -> Result<Vec<FileChange>, Gap> {
        change::of_commit(&self.trusted_objects()?, commit, inquiry)
    }

    /// Which lines of the new texts a change brings, for each path that is there after it.
    ///
    /// # Errors
    /// The objects cannot be trusted. That a single text cannot be read is a gap of its own.
    pub fn changed_lines(&self, change: &Change) -> Result<BTreeMap<RepoPath, Fact<ChangedLines>>, Gap> {
        Ok(changed_lines::read(&self.trusted_objects()?, change))
    }

    /// The lines of a file at a commit that nothing executes, as far as its text shows that; none
    /// where there is no such file.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn inert_lines(&self, at: &Revision, path: &RepoPath) -> Result<Lines, Gap> {
        Ok(self.file_at(at, path)?.map_or_else(Lines::default, |text| inert::lines(path, &text)))
    }

    /// What adding a path as it is at a commit would change; `None` when nothing stands there.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn file_as_added(
        &self,
        at: &Revision,
        path: &RepoPath,
        inquiry: &Inquiry,
    ) -> Result<Option<FileChange>, Gap> {
        change::of_path(&self.trusted_objects()?, at, path, inquiry)
    }

    /// The bytes of a file at a commit; `None` when there is no such file (a link or directory is
    /// none).
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn file_at(&self, at: &Revision, path: &RepoPath) -> Result<Option<Vec<u8>>, Gap> {
        let objects = self.trusted_objects()?;
        let tree = objects.tree_of(object::parse_oid(at.as_str())?)?;
        tree::file_in(&objects, tree, path)
    }

    /// Does a checkout of this commit bring a file to this path: the file itself, a link, or a
    /// submodule that it is in?
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn brings(&self, at: &Revision, path: &RepoPath) -> Result<bool, Gap> {
        let objects = self.trusted_objects()?;
        let tree = objects.tree_of(object::parse_oid(at.as_str())?)?;
        tree::brings(&objects, tree, path)
    }

    /// The root of the work tree that was opened, whatever `core.worktree` says; `None` when the
    /// repository has none.
    pub fn work_tree(&self) -> Option<&Path> {
        self.checkout.as_deref()
    }

    /// The root of the work tree of another repository that this one lies in: a submodule's, or of
    /// a clone inside another.
    pub fn outer_work_tree(&self) -> Option<&Path> {
        self.outer.as_deref()
    }

    /// Is a place git's own, or in another work tree of this repository: anywhere but in our work
    /// tree, which [`Repository::work_tree`] names? Links must be resolved.
    pub fn is_own_place(&self, place: &Path) -> bool {
        let common = self.git.commondir();
        let main = common.file_name().is_some_and(|name| name == ".git").then(|| common.parent()).flatten();
        let names = self.git.worktrees();
        let others = names.iter().flatten().flatten();
        let others = others.filter_map(|name| Some(self.git.find_worktree(name?).ok()?.path().to_path_buf()));
        let others: Vec<PathBuf> = others.collect();
        let own =
            [self.git.path(), common].into_iter().chain(main).chain(others.iter().map(PathBuf::as_path));
        own.filter_map(|own| own.canonicalize().ok()).any(|own| place.starts_with(own))
    }

    /// Every path at a commit, sorted.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn paths_at(&self, at: &Revision) -> Result<Vec<RepoPath>, Gap> {
        let objects = self.trusted_objects()?;
        let tree = objects.tree_of(object::parse_oid(at.as_str())?)?;
        let mut paths: Vec<_> = tree_diff::diff_trees(&objects, None, Some(tree))?
            .into_iter()
            .map(|change| RepoPath::new(change.path))
            .collect();
        paths.sort();
        Ok(paths)
    }

    /// Every file at a commit with its blob; links and submodules are no files.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn files_at(&self, at: &Revision) -> Result<BTreeMap<RepoPath, ObjectName>, Gap> {
        let objects = self.trusted_objects()?;
        let tree = objects.tree_of(object::parse_oid(at.as_str())?)?;
        let all = tree_diff::diff_trees(&objects, None, Some(tree))?.into_iter();
        let files =
            all.filter_map(|change| Some((change.path, change.new.filter(|(mode, _)| mode.is_file())?.1)));
        files.map(|(path, id)| Ok((RepoPath::new(path), object::object_name(id)?))).collect()
    }

    fn objects(&self) -> Result<Objects<'_>, Gap> {
        Objects::in_places(&self.git, &self.places)
    }

    fn trusted_objects(&self) -> Result<Objects<'_>, Gap> {
        self.distrust.clone().map_or_else(|| self.objects(), Err)
    }
}

/// What went wrong on opening, and what to do about it.
fn explain_open(path: &Path, error: &git2::Error) -> anyhow::Error {
    let place = path.display();
    let said = error.message();
    if error.code() == ErrorCode::NotFound {
        return anyhow!(
            "there is no git repository at `{place}` or above it: check it out, or name its directory with `-C DIR`"
        );
    }
    if said.contains("extension") || said.contains("object format") || said.contains("repository version") {
        return anyhow!(
            "the repository at `{place}` has a format that cannot be read here ({said}): \
             use a clone with the object format sha1 and the ref format files"
        );
    }
    if said.contains("graft") {
        return anyhow!("the repository at `{place}` has a file `info/grafts` ({said}): remove it");
    }
    anyhow!("the repository at `{place}` cannot be opened: {said}")
}

#[cfg(test)]
mod tests;
