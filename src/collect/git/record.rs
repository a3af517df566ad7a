//! Deployment records as they lie in a repository. The rules for them are in [`crate::record`].
//!
//! A fresh clone holds none of them: `git clone` and CI checkouts fetch branches and tags. So "there is no record here" never
//! means "nothing was deployed".

use super::object::{Objects, malformed, object_name, oid, revision};
use super::{Repository, tree};
use crate::collect::recorded::contradictions;
use crate::model::change::Revision;
use crate::model::deployment::Deployment;
use crate::model::environment::Environment;
use crate::model::fact::{Fact, Gap, GapReason};
use crate::model::path::RepoPath;
use crate::record::{
    Chain, Compare, Judge, PREFIX, RECORD, RecordEntry, StoredEntry, StoredFile, Verifier, reference,
};
use git2::{ErrorCode, ObjectType, Oid, ReferenceType};
use std::collections::BTreeMap;

/// What brings records into a clone.
pub const FETCH: &str = "git fetch origin '+refs/portcullis/*:refs/portcullis/*'";

/// How closely records are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closeness {
    /// As a chain, with each decision taken again.
    Chain,
    /// And against what the repository shows: this takes as long as it took to look at each landing before it was recorded.
    Repository,
}

/// Which records are looked at, and on whose behalf.
pub struct Among {
    /// No more than this, from the first on.
    pub most: usize,
    /// Environments whose records rest on these.
    pub above: Vec<Environment>,
}

/// What is needed to look at the records of other environments that a first record rests on.
pub struct Resting<'a> {
    /// Takes their decisions again.
    pub judge: &'a Judge<'a>,
    /// The environments whose records are looked at already.
    pub above: Vec<Environment>,
}

impl Repository {
    /// Every record of an environment, checked; `None` when this repository holds none. The judge takes each decision again.
    pub fn deployments(
        &self,
        environment: &Environment,
        judge: &Judge<'_>,
        closeness: Closeness,
    ) -> Fact<Option<Chain>> {
        self.records(environment, judge, closeness, &Among { most: usize::MAX, above: Vec::new() })
    }

    /// The records of an environment that others rest on, compared with the repository.
    pub fn records(
        &self,
        environment: &Environment,
        judge: &Judge<'_>,
        closeness: Closeness,
        among: &Among,
    ) -> Fact<Option<Chain>> {
        let read = || {
            let objects = self.trusted_objects()?;
            let Some(tip) = tip(&self.git, environment)? else { return Ok(None) };
            let mut verifier = Verifier::new(environment.clone(), judge).at(jiff::Timestamp::now());
            let above = [among.above.as_slice(), std::slice::from_ref(environment)].concat();
            let resting = Resting { judge, above };
            let compare = |policy: &str, facts: &Deployment| contradictions(self, policy, facts, &resting);
            let compare = (closeness == Closeness::Repository).then_some(&compare as &Compare<'_>);
            for id in history(&objects, tip)?.into_iter().rev().take(among.most) {
                verifier.push(&stored(&objects, id)?, compare);
            }
            Ok(Some(verifier.finish()))
        };
        read().into()
    }

    /// What the records of an environment say, oldest first, believed as they stand.
    ///
    /// # Errors
    /// An object is missing, or one of them cannot be read.
    pub fn entries(&self, environment: &Environment) -> Result<Vec<RecordEntry>, Gap> {
        let objects = self.trusted_objects()?;
        let Some(tip) = tip(&self.git, environment)? else { return Ok(Vec::new()) };
        let read = |id: Oid| {
            let stored = stored(&objects, id)?;
            let entry = serde_json::from_slice(stored.file(RECORD).unwrap_or_default());
            entry.map_err(|error| malformed(id, ObjectType::Commit, &error.to_string()))
        };
        history(&objects, tip)?.into_iter().rev().map(read).collect()
    }

    /// One record with all its files, by its commit.
    ///
    /// # Errors
    /// An object is missing, or is not what a record consists of.
    pub fn deployment(&self, commit: &Revision) -> Result<StoredEntry, Gap> {
        stored(&self.trusted_objects()?, oid(commit.as_str())?)
    }

    /// Every environment that has records here, sorted.
    ///
    /// # Errors
    /// The refs cannot be read, or one among those of the records has no environment's name.
    pub fn environments(&self) -> Result<Vec<Environment>, Gap> {
        self.names()?.iter().map(|name| environment(name)).collect()
    }

    /// The same without refs that have no environment's name.
    ///
    /// # Errors
    /// The refs cannot be read.
    pub fn environments_by_name(&self) -> Result<Vec<Environment>, Gap> {
        Ok(self.names()?.iter().filter_map(|name| environment(name).ok()).collect())
    }

    /// The refs among those of the records, sorted.
    fn names(&self) -> Result<Vec<String>, Gap> {
        let unreadable = |error: git2::Error| unreadable(PREFIX, &error);
        let mut found = Vec::new();
        for reference in self.git.references_glob(&format!("{PREFIX}*")).map_err(unreadable)? {
            let reference = reference.map_err(unreadable)?;
            found.push(String::from_utf8_lossy(reference.name_bytes()).into_owned());
        }
        found.sort();
        Ok(found)
    }
}

fn environment(name: &str) -> Result<Environment, Gap> {
    name.strip_prefix(PREFIX).unwrap_or(name).parse().map_err(|error: String| {
        let remedy = format!("Remove the ref with `git update-ref -d`: below `{PREFIX}` lie records only");
        Gap::new(format!("the ref `{name}`"), GapReason::Untrusted, error, remedy)
    })
}

/// The newest record of an environment, at this moment.
pub(super) fn tip(git: &git2::Repository, environment: &Environment) -> Result<Option<Oid>, Gap> {
    let name = reference(environment);
    let reference = match git.find_reference(&name) {
        Ok(reference) => reference,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&name, &error)),
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

fn unreadable(name: &str, error: &git2::Error) -> Gap {
    let remedy =
        "Check that the refs of the repository can be read, and restore them from a clone that has them";
    Gap::new(format!("the ref `{name}`"), GapReason::Malformed, error.message(), remedy)
}

/// The commits of a chain, newest first. Where one has several parents the way leads over the first, and the
/// check of that record will say so.
fn history(objects: &Objects<'_>, tip: Oid) -> Result<Vec<Oid>, Gap> {
    let mut found = Vec::new();
    let mut at = Some(tip);
    while let Some(id) = at {
        found.push(id);
        at = objects.header(id)?.parents.first().copied();
    }
    Ok(found)
}

fn stored(objects: &Objects<'_>, id: Oid) -> Result<StoredEntry, Gap> {
    let commit = objects.read(id, ObjectType::Commit)?.data().to_vec();
    let header = objects.header(id)?;
    Ok(StoredEntry {
        id: revision(id)?,
        commit,
        tree: object_name(header.tree)?,
        parents: header.parents.iter().map(|parent| revision(*parent)).collect::<Result<_, _>>()?,
        files: files(objects, header.tree)?,
    })
}

fn files(objects: &Objects<'_>, id: Oid) -> Result<BTreeMap<RepoPath, StoredFile>, Gap> {
    let object = objects.read(id, ObjectType::Tree)?;
    let mut files = BTreeMap::new();
    for entry in tree::parse(id, object.data())? {
        let path = RepoPath::new(entry.name);
        let bytes = match entry.mode.is_file() {
            true => tree::blob(objects, entry.id()?, &path)?,
            false => Vec::new(),
        };
        if files.insert(path, StoredFile { mode: entry.mode.0, bytes }).is_some() {
            return Err(malformed(id, ObjectType::Tree, "it holds a name twice"));
        }
    }
    Ok(files)
}
