//! Commits below refs that no branch reaches: each is read with the files of its tree. What they
//! mean is decided elsewhere.

use crate::Repository;
use crate::commit::{MalformedCommit, author_and_message};
use crate::object::{Objects, malformed_object, object_name, parse_oid, revision_of};
use crate::tree;
use git2::{ErrorCode, ObjectType, Oid, ReferenceType};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::path::RepoPath;
use portcullis_model::person::Mailbox;
use std::collections::BTreeMap;

/// A commit with the files of its tree.
#[derive(Clone)]
pub struct StoredCommit {
    /// The name of the commit.
    pub id: Revision,
    /// The commit as git stores it.
    pub bytes: Vec<u8>,
    /// The tree that the commit names.
    pub tree: ObjectName,
    /// The parents that the commit names.
    pub parents: Vec<Revision>,
    /// The entries of the tree.
    pub files: BTreeMap<RepoPath, StoredBlob>,
}

/// An entry of the tree of a stored commit.
#[derive(Clone)]
pub struct StoredBlob {
    /// Its mode.
    pub mode: u32,
    /// The bytes of a file; empty for anything else.
    pub bytes: Vec<u8>,
}

/// A commit whose tree is one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleFile {
    /// The parents that the commit names.
    pub parents: Vec<Revision>,
    /// The bytes of the file.
    pub bytes: Vec<u8>,
}

impl Repository {
    /// The commit that a ref points to now; `None` when there is no such ref.
    ///
    /// # Errors
    /// The ref cannot be read, or is symbolic.
    pub fn ref_tip(&self, name: &str) -> Result<Option<Revision>, Gap> {
        self.trusted_objects()?;
        read_ref(&self.git, name)?.map(revision_of).transpose()
    }

    /// The refs whose names begin with this, sorted.
    ///
    /// # Errors
    /// The refs cannot be read.
    pub fn refs_below(&self, prefix: &str) -> Result<Vec<String>, Gap> {
        let unreadable = |error: git2::Error| unreadable_ref(prefix, &error);
        let mut found = Vec::new();
        for reference in self.git.references_glob(&format!("{prefix}*")).map_err(unreadable)? {
            let reference = reference.map_err(unreadable)?;
            found.push(String::from_utf8_lossy(reference.name_bytes()).into_owned());
        }
        found.sort();
        Ok(found)
    }

    /// Reads the commits that lead to a tip over first parents, oldest first, and no more than
    /// `most` of them.
    ///
    /// # Errors
    /// An object is missing or is not of this form, or `each` fails.
    pub fn each_stored(
        &self,
        tip: &Revision,
        most: usize,
        mut each: impl FnMut(StoredCommit) -> Result<(), Gap>,
    ) -> Result<(), Gap> {
        let objects = self.trusted_objects()?;
        let line = first_parents(&objects, parse_oid(tip.as_str())?)?;
        line.into_iter().rev().take(most).try_for_each(|id| each(read_stored(&objects, id)?))
    }

    /// Reads the commits that lead to a tip over first parents, newest first, until `each` has seen
    /// enough (`false`).
    ///
    /// # Errors
    /// An object is missing or is not of this form, or `each` fails.
    pub fn each_stored_back(
        &self,
        tip: &Revision,
        mut each: impl FnMut(StoredCommit) -> Result<bool, Gap>,
    ) -> Result<(), Gap> {
        let objects = self.trusted_objects()?;
        let mut at = Some(parse_oid(tip.as_str())?);
        while let Some(id) = at {
            at = objects.header(id)?.parents.first().copied();
            if !each(read_stored(&objects, id)?)? {
                break;
            }
        }
        Ok(())
    }

    /// The commits that lead to a tip over first parents, oldest first; `None` where there are more
    /// than `most`.
    ///
    /// # Errors
    /// An object is missing or is not a commit.
    pub fn line_to(&self, tip: &Revision, most: usize) -> Result<Option<Vec<Revision>>, Gap> {
        let objects = self.trusted_objects()?;
        let (mut found, mut at) = (Vec::new(), Some(parse_oid(tip.as_str())?));
        while let Some(id) = at {
            if found.len() == most {
                return Ok(None);
            }
            found.push(revision_of(id)?);
            at = objects.header(id)?.parents.first().copied();
        }
        found.reverse();
        Ok(Some(found))
    }

    /// The parents of a commit, and the one file of its tree, which has this name and no more than
    /// `most` bytes; or what the commit is instead.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn single_file(
        &self,
        commit: &Revision,
        name: &str,
        most: usize,
    ) -> Result<Result<SingleFile, String>, Gap> {
        let objects = self.trusted_objects()?;
        let header = objects.header(parse_oid(commit.as_str())?)?;
        let tree = objects.read(header.tree, ObjectType::Tree)?;
        let entries = tree::parse(header.tree, tree.data())?;
        let [entry] = entries.as_slice() else {
            return Ok(Err(format!("its tree has {} entries instead of `{name}` alone", entries.len())));
        };
        if entry.name != name.as_bytes() || entry.mode.0 != 0o100_644 {
            return Ok(Err(format!("its tree does not consist of a plain file `{name}`")));
        }
        let Some(blob) = objects.blob_up_to(entry.id()?, most)? else {
            return Ok(Err(format!("its file is larger than {most} bytes")));
        };
        let parents = header.parents.iter().map(|parent| revision_of(*parent)).collect::<Result<_, _>>()?;
        Ok(Ok(SingleFile { parents, bytes: blob.data().to_vec() }))
    }

    /// The author of a commit, by their own account, and its whole message.
    ///
    /// # Errors
    /// The object is missing or is not of this form.
    pub fn author_and_message(&self, commit: &Revision) -> Result<(Mailbox, String), Gap> {
        let id = parse_oid(commit.as_str())?;
        let objects = self.trusted_objects()?;
        let object = objects.read(id, ObjectType::Commit)?;
        author_and_message(object.data())
            .map_err(|MalformedCommit(fault)| malformed_object(id, ObjectType::Commit, fault))
    }

    /// One commit with the files of its tree.
    ///
    /// # Errors
    /// An object is missing or is not of this form.
    pub fn stored_commit(&self, commit: &Revision) -> Result<StoredCommit, Gap> {
        read_stored(&self.trusted_objects()?, parse_oid(commit.as_str())?)
    }
}

impl StoredCommit {
    /// The gap of a commit whose files are not what they should be.
    pub fn malformed(&self, fault: &str) -> Gap {
        match parse_oid(self.id.as_str()) {
            Ok(id) => malformed_object(id, ObjectType::Commit, fault),
            Err(gap) => gap,
        }
    }
}

/// The commit that a ref points to.
pub(super) fn read_ref(git: &git2::Repository, name: &str) -> Result<Option<Oid>, Gap> {
    let reference = match git.find_reference(name) {
        Ok(reference) => reference,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(unreadable_ref(name, &error)),
    };
    match (reference.kind(), reference.target()) {
        (Some(ReferenceType::Direct), Some(target)) => Ok(Some(target)),
        _ => {
            let detail = "it is a symbolic ref, which leads to the records of something else";
            let remedy = "Find out who changed it, and restore the ref from a clone that has it";
            Err(Gap::new(format!("the ref `{name}`"), GapReason::Untrusted, detail, remedy))
        }
    }
}

fn unreadable_ref(name: &str, error: &git2::Error) -> Gap {
    let remedy =
        "Check that the refs of the repository can be read, and restore them from a clone that has them";
    Gap::new(format!("the ref `{name}`"), GapReason::Malformed, error.message(), remedy)
}

/// The commits that lead to a tip, newest first. Other parents than the first are not followed.
fn first_parents(objects: &Objects<'_>, tip: Oid) -> Result<Vec<Oid>, Gap> {
    let mut found = Vec::new();
    let mut at = Some(tip);
    while let Some(id) = at {
        found.push(id);
        at = objects.header(id)?.parents.first().copied();
    }
    Ok(found)
}

fn read_stored(objects: &Objects<'_>, id: Oid) -> Result<StoredCommit, Gap> {
    let bytes = objects.read(id, ObjectType::Commit)?.data().to_vec();
    let header = objects.header(id)?;
    Ok(StoredCommit {
        id: revision_of(id)?,
        bytes,
        tree: object_name(header.tree)?,
        parents: header.parents.iter().map(|parent| revision_of(*parent)).collect::<Result<_, _>>()?,
        files: read_files(objects, header.tree)?,
    })
}

fn read_files(objects: &Objects<'_>, id: Oid) -> Result<BTreeMap<RepoPath, StoredBlob>, Gap> {
    let object = objects.read(id, ObjectType::Tree)?;
    let mut files = BTreeMap::new();
    for entry in tree::parse(id, object.data())? {
        let path = RepoPath::new(entry.name);
        let bytes = match entry.mode.is_file() {
            true => tree::blob(objects, entry.id()?, &path)?,
            false => Vec::new(),
        };
        if files.insert(path, StoredBlob { mode: entry.mode.0, bytes }).is_some() {
            return Err(malformed_object(id, ObjectType::Tree, "it holds a name twice"));
        }
    }
    Ok(files)
}
