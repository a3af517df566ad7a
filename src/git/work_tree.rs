//! Is what lies in the work tree what the checked-out commit says?
//!
//! The index is not asked: it can be told to look away (`assume-unchanged`, `skip-worktree`), and
//! its times can be forged. Every file of the tree is hashed as it lies on the disk, and every
//! other file has to be ignored. No filter or hook takes part. What git itself writes differently
//! is told apart by content: see [`written`], and the content that an LFS pointer names by its
//! SHA-256. Where `core.symlinks` is off, a link is a file that holds where it leads. Whether a
//! file may be executed is not compared. Where a difference has a cause that is no change (a
//! filter, a sparse checkout), it is named with it.
//!
//! What is ignored is not seen, as with `git status`, but only the ignore files of the work tree
//! count: what `info/exclude` and `core.excludesFile` of this clone say is in no commit. And an
//! ignore file that is no part of the tree does not count in a directory that is, because it could
//! hide what lies beside it.

use crate::Repository;
use crate::object::{Objects, object_name, parse_oid, revision_of};
use crate::rev_parse;
use crate::tree::{self, Mode};
use crate::trust::CloneKind;
use git2::{ObjectType, Oid, RepositoryOpenFlags};
use ignores::Ignores;
use portcullis_model::change::Revision;
use portcullis_model::evidence::{Checkout, RunSubject, WorkTree};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::path::RepoPath;
use sha2::{Digest as _, Sha256};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

mod ignores;
mod settled;
mod written;

/// How many differences are named.
const NAMED: usize = 20;

/// Above this size a file that differs is not compared with what git writes otherwise, in bytes.
const TEXT_LIMIT: u64 = 64 << 20;

/// Later than any report: the year 2500, in seconds.
const FAR: Duration = Duration::from_secs(530 * 366 * 24 * 3600);

/// The attribute that names the encoding of a file in the work tree.
const ENCODING: &str = "working-tree-encoding";

/// Files that decide of others in their directory, and so are never overlooked beside files of the
/// commit.
const GOVERNING: [&[u8]; 2] = [b".gitignore", b".gitattributes"];

/// Why git does not show a file.
const OF_CLONE: &str =
    " (ignored only by this clone, in `info/exclude` or `core.excludesFile`; put the rule into `.gitignore`)";

/// No LFS pointer is longer, in bytes (the specification of LFS pointers says "under 1024").
const POINTER_LIMIT: usize = 1024;

impl Repository {
    /// What is checked out, and how far the work tree is that. `written` are files that the run
    /// itself wrote.
    pub fn checkout(&self, written: &BTreeSet<RepoPath>) -> Fact<Checkout> {
        let read = || {
            let objects = self.trusted_objects()?;
            let root = self.own_work_tree()?;
            let head = rev_parse::resolve(&self.git, &objects, "HEAD")
                .map_err(|error| unseen_work_tree(error.to_string()))?;
            let subject = self.subject(&head)?;
            let tree = objects.tree_of(parse_oid(head.as_str())?)?;
            let mut walk = WorkTreeWalk::new(&self.git, &objects, root, written);
            walk.whole(tree)?;
            let settled = self.settled(walk.newest);
            Ok(Checkout { subject, work_tree: work_tree(walk.found), settled })
        };
        read().into()
    }

    /// A commit with its tree.
    ///
    /// # Errors
    /// It is not here.
    pub fn subject(&self, commit: &Revision) -> Result<RunSubject, Gap> {
        let id = parse_oid(commit.as_str())?;
        let tree = object_name(self.trusted_objects()?.tree_of(id)?)?;
        Ok(RunSubject { commit: revision_of(id)?, tree })
    }

    /// When a commit was made, by its own account; `None` when it does not say.
    ///
    /// # Errors
    /// It is not here.
    pub fn committed(&self, commit: &Revision) -> Result<Option<jiff::Timestamp>, Gap> {
        let date = self.trusted_objects()?.header(parse_oid(commit.as_str())?)?.date;
        Ok(jiff::Timestamp::from_second(date).ok().filter(|_| date != 0))
    }

    /// The work tree, if the configuration has not moved it: ignore files would be read elsewhere.
    fn own_work_tree(&self) -> Result<&Path, Gap> {
        let root =
            self.work_tree().ok_or_else(|| unseen_work_tree("there is no work tree here".to_string()))?;
        let configured = self.git.workdir().and_then(|place| place.canonicalize().ok());
        match configured.as_deref() == Some(root) {
            true => Ok(root),
            false => Err(Gap::new(
                "the work tree",
                GapReason::Untrusted,
                "the configuration of the repository moves it to another place",
                "Remove `core.worktree` from the configuration of the repository",
            )),
        }
    }
}

fn unseen_work_tree(detail: String) -> Gap {
    let remedy = "Run it in a checkout of the commit that is judged";
    Gap::new("what is checked out", GapReason::Unsupported, detail, remedy)
}

fn work_tree(mut found: Vec<String>) -> WorkTree {
    found.sort();
    let more = found.len().saturating_sub(NAMED) as u64;
    found.truncate(NAMED);
    WorkTree { differences: found, more }
}

struct WorkTreeWalk<'w> {
    git: &'w git2::Repository,
    objects: &'w Objects<'w>,
    root: &'w Path,
    written: &'w BTreeSet<RepoPath>,
    /// Asked in place of the repository where that has ignore rules of its own.
    ignores: OnceCell<Result<Option<Ignores>, Gap>>,
    /// Asked for attributes in place of the repository, which may have some of its own.
    attributes: OnceCell<Option<Ignores>>,
    found: Vec<String>,
    /// What is not there.
    missing: Vec<Vec<u8>>,
    /// When the last of the tree's files was written, and its path.
    newest: Option<(SystemTime, RepoPath)>,
}

/// What a tree says of one name.
type TrackedEntry = (Mode, Oid);

impl<'w> WorkTreeWalk<'w> {
    fn new(
        git: &'w git2::Repository,
        objects: &'w Objects<'w>,
        root: &'w Path,
        written: &'w BTreeSet<RepoPath>,
    ) -> Self {
        WorkTreeWalk {
            git,
            objects,
            root,
            written,
            ignores: OnceCell::new(),
            attributes: OnceCell::new(),
            found: Vec::new(),
            missing: Vec::new(),
            newest: None,
        }
    }

    /// The work tree of a commit with this tree.
    fn whole(&mut self, tree: Oid) -> Result<(), Gap> {
        self.directory(&[], Some(tree))?;
        self.found.extend(missing_files(&self.missing, is_sparse(self.git)));
        Ok(())
    }

    /// A directory, and the tree that it should be; without one, nothing in it is part of the
    /// commit.
    fn directory(&mut self, path: &[u8], tree: Option<Oid>) -> Result<(), Gap> {
        let mut expected = match tree {
            Some(tree) => self.entries(tree)?,
            None => BTreeMap::new(),
        };
        for (name, metadata) in self.listed(path)? {
            let below = join_path(path, &name);
            match expected.remove(&name) {
                Some(entry) => self.entry(&below, entry, &metadata)?,
                None if path.is_empty() && name == b".git" => {}
                None => self.extra(&below, &name, &metadata, tree.is_some())?,
            }
        }
        self.missing.extend(expected.keys().map(|name| join_path(path, name)));
        Ok(())
    }

    fn entries(&self, id: Oid) -> Result<BTreeMap<Vec<u8>, TrackedEntry>, Gap> {
        let object = self.objects.read(id, ObjectType::Tree)?;
        let entries = tree::parse(id, object.data())?;
        entries.iter().map(|entry| Ok((entry.name.to_vec(), (entry.mode, entry.id()?)))).collect()
    }

    fn listed(&self, path: &[u8]) -> Result<Vec<(Vec<u8>, Metadata)>, Gap> {
        let place = self.place(path);
        let list = || -> io::Result<Vec<_>> {
            let named = fs::read_dir(&place)?.map(|entry| {
                let entry = entry?;
                Ok((entry.file_name().as_encoded_bytes().to_vec(), fs::symlink_metadata(entry.path())?))
            });
            named.collect()
        };
        list().map_err(|error| unreadable_file(path, &error))
    }

    fn place(&self, path: &[u8]) -> PathBuf {
        self.root.join(native_path(path))
    }

    /// A name that the tree has too.
    fn entry(&mut self, path: &[u8], (mode, id): TrackedEntry, metadata: &Metadata) -> Result<(), Gap> {
        let kind = metadata.file_type();
        let (same, cause) = match mode.0 {
            _ if mode.is_tree() && kind.is_dir() => return self.directory(path, Some(id)),
            _ if mode.is_file() && kind.is_file() => self.is_same(path, id, metadata.len())?,
            0o120_000 if kind.is_symlink() => (self.leads_there(path, id)?, None),
            0o120_000 if kind.is_file() => self.names_target(path, id)?,
            0o160_000 if kind.is_dir() => return self.submodule(path, id),
            _ => (false, None),
        };
        if !same {
            let cause = cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
            self.found.push(describe_difference("changed", path) + &cause);
        }
        self.saw(settled::last_change(metadata), || RepoPath::new(path));
        Ok(())
    }

    /// When a file of the tree was written. Without a time it was written in the future, so that
    /// nothing can come after it.
    fn saw(&mut self, written: Option<SystemTime>, path: impl FnOnce() -> RepoPath) {
        let at = written.unwrap_or(SystemTime::UNIX_EPOCH + FAR);
        if self.newest.as_ref().is_none_or(|(newest, _)| *newest < at) {
            self.newest = Some((at, path()));
        }
    }

    /// A name that the tree does not have.
    fn extra(&mut self, path: &[u8], name: &[u8], metadata: &Metadata, in_tree: bool) -> Result<(), Gap> {
        let may_be_ignored = !(in_tree && GOVERNING.contains(&name));
        if self.written.contains(&RepoPath::new(path)) || may_be_ignored && self.is_ignored(path, metadata)? {
            return Ok(());
        }
        let of_clone = may_be_ignored && self.is_ignored_by(self.git, path, metadata)?;
        if !of_clone && metadata.is_dir() && !self.place(&join_path(path, b".git")).exists() {
            return self.directory(path, None);
        }
        let cause = if of_clone { OF_CLONE } else { "" };
        self.found.push(describe_difference("not part of the commit", path) + cause);
        Ok(())
    }

    fn is_ignored(&self, path: &[u8], metadata: &Metadata) -> Result<bool, Gap> {
        match self.ignores.get_or_init(|| Ignores::of(self.git, self.root)) {
            Ok(ignores) => {
                let git = ignores.as_ref().map_or(self.git, |ignores| &ignores.git);
                self.is_ignored_by(git, path, metadata)
            }
            Err(gap) => Err(gap.clone()),
        }
    }

    fn is_ignored_by(&self, git: &git2::Repository, path: &[u8], metadata: &Metadata) -> Result<bool, Gap> {
        let end: &[u8] = if metadata.is_dir() { b"/" } else { b"" };
        git.is_path_ignored(native_path(&[path, end].concat())).map_err(|error| {
            let remedy = "Look at the ignore files of the repository";
            let what = format!("whether {} is ignored", RepoPath::new(path));
            Gap::new(what, GapReason::Malformed, error.message(), remedy)
        })
    }

    /// Is a file what the commit says? And if not, what may be the cause beside a change?
    fn is_same(&self, path: &[u8], id: Oid, size: u64) -> Result<(bool, Option<String>), Gap> {
        let place = self.place(path);
        if self.hash_of(path)? == id {
            return Ok((true, None));
        }
        let length = self.objects.blob_size(id)?;
        if size.max(length as u64) > TEXT_LIMIT {
            let named = if length < POINTER_LIMIT { self.pointer(id)? } else { None };
            let same = named.map(|named| Ok(sha256_of(&place)? == named)).transpose();
            return Ok((
                same.map_err(|error| unreadable_file(path, &error))?.unwrap_or(false),
                self.cause(path),
            ));
        }
        let blob = self.objects.read(id, ObjectType::Blob)?;
        if let Some(named) = pointer_target(blob.data()).filter(|_| length < POINTER_LIMIT) {
            return Ok((sha256_of(&place).map_err(|error| unreadable_file(path, &error))? == named, None));
        }
        let bytes = fs::read(&place).map_err(|error| unreadable_file(path, &error))?;
        let encoding = || self.attribute(path, ENCODING);
        let same = written::is_written(&bytes, blob.data(), &id.to_string(), encoding);
        Ok((same, if same { None } else { self.cause(path) }))
    }

    fn hash_of(&self, path: &[u8]) -> Result<Oid, Gap> {
        let failed =
            |error: git2::Error| unreadable_file(path, &io::Error::other(error.message().to_string()));
        Oid::hash_file(ObjectType::Blob, self.place(path)).map_err(failed)
    }

    fn pointer(&self, id: Oid) -> Result<Option<String>, Gap> {
        Ok(pointer_target(self.objects.read(id, ObjectType::Blob)?.data()))
    }

    /// An attribute as the files of the work tree give it, and nothing of this clone.
    fn attribute(&self, path: &[u8], name: &str) -> Option<String> {
        let over = self.attributes.get_or_init(|| Ignores::over(self.root).ok());
        written::attribute_of(&over.as_ref()?.git, path, name)
    }

    /// What may have written a file otherwise than the commit has it.
    fn cause(&self, path: &[u8]) -> Option<String> {
        let said = |name: &str| written::attribute_of(self.git, path, name);
        let filter = said("filter").filter(|filter| filter != "lfs").map(|filter| {
            format!("its attribute `filter={filter}` lets a filter write it, and what that writes cannot be compared with the commit")
        });
        let encoding = || {
            let encoding = said(ENCODING)?;
            Some(format!(
                "its attribute `{ENCODING}={encoding}` writes it in an encoding that cannot be compared with the commit"
            ))
        };
        filter.or_else(encoding)
    }

    /// A file in place of a link, which git writes where the file system has no links.
    fn names_target(&self, path: &[u8], id: Oid) -> Result<(bool, Option<String>), Gap> {
        let without_links = self.git.config().and_then(|config| config.get_bool("core.symlinks"));
        if self.hash_of(path)? != id {
            return Ok((false, None));
        }
        let cause = "a file in place of a link; git writes one only where `core.symlinks` is false";
        Ok((without_links == Ok(false), Some(cause.to_string())))
    }

    fn leads_there(&self, path: &[u8], id: Oid) -> Result<bool, Gap> {
        let target = fs::read_link(self.place(path)).map_err(|error| unreadable_file(path, &error))?;
        let blob = self.objects.read(id, ObjectType::Blob)?;
        Ok(target.as_os_str().as_encoded_bytes() == blob.data())
    }

    /// A submodule that was not checked out is an empty directory, and no difference.
    fn submodule(&mut self, path: &[u8], id: Oid) -> Result<(), Gap> {
        if self.listed(path)?.is_empty() {
            return Ok(());
        }
        let place = self.place(path);
        let git = git2::Repository::open_ext(&place, RepositoryOpenFlags::NO_SEARCH, &[] as &[&Path]);
        let at = git.as_ref().ok().and_then(|git| git.refname_to_id("HEAD").ok());
        let (Ok(git), true) = (git, at == Some(id)) else {
            self.found.push(describe_difference("changed", path));
            return Ok(());
        };
        let objects = Objects::of(&git, CloneKind::of(&git))?;
        let nothing = BTreeSet::new();
        let mut inner = WorkTreeWalk::new(&git, &objects, &place, &nothing);
        inner.whole(objects.tree_of(id)?)?;
        if let Some((at, file)) = inner.newest {
            self.saw(Some(at), || RepoPath::new(join_path(path, file.as_bytes())));
        }
        let within = inner.found.into_iter().map(|found| format!("{found} (in {})", RepoPath::new(path)));
        self.found.extend(within);
        Ok(())
    }
}

/// What is missing: each path; of a sparse checkout the first, because all of them have the one
/// cause.
fn missing_files(paths: &[Vec<u8>], sparse: bool) -> Vec<String> {
    match paths {
        [first, rest @ ..] if sparse => {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            vec![format!(
                "{}{more} (this is a sparse checkout, which leaves out files of the commit; `git sparse-checkout disable` brings them)",
                describe_difference("missing", first)
            )]
        }
        _ => paths.iter().map(|path| describe_difference("missing", path)).collect(),
    }
}

fn is_sparse(git: &git2::Repository) -> bool {
    git.config().and_then(|config| config.get_bool("core.sparsecheckout")).unwrap_or(false)
}

fn describe_difference(how: &str, path: &[u8]) -> String {
    format!("{how}: {}", RepoPath::new(path))
}

fn unreadable_file(path: &[u8], error: &io::Error) -> Gap {
    let what = format!("the file {}", RepoPath::new(path));
    Gap::new(what, GapReason::Unreachable, error.to_string(), "Let the gate read the work tree")
}

fn join_path(path: &[u8], name: &[u8]) -> Vec<u8> {
    let separator: &[u8] = if path.is_empty() { b"" } else { b"/" };
    [path, separator, name].concat()
}

/// The SHA-256 that an LFS pointer names (git-lfs, "Specification": `version`, `oid`, `size`, each
/// a line).
fn pointer_target(blob: &[u8]) -> Option<String> {
    let text =
        std::str::from_utf8(blob).ok()?.strip_prefix("version https://git-lfs.github.com/spec/v1\n")?;
    let named = text.lines().find_map(|line| line.strip_prefix("oid sha256:"));
    named.map(str::to_string)
}

fn sha256_of(place: &Path) -> io::Result<String> {
    let mut file = File::open(place)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            length => hash.update(&buffer[..length]),
        }
    }
}

#[cfg(unix)]
fn native_path(path: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(path))
}

#[cfg(not(unix))]
fn native_path(path: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(path).into_owned())
}

#[cfg(test)]
mod tests;
