//! Deployment records as they lie in a repository. The rules for them are in [`portcullis_record`].
//!
//! A fresh clone holds none of them: `git clone` and CI checkouts fetch branches and tags. So
//! "there is no record here" never means "nothing was deployed".

use crate::record_signatures::check_record_signature;
use crate::recorded::contradictions;
use portcullis_git::Repository;
use portcullis_git::stored_commit::{StoredBlob, StoredCommit};
use portcullis_model::change::Revision;
use portcullis_model::deployment::Deployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::path::RepoPath;
use portcullis_record::{
    Chain, Compare, Judge, PREFIX, RECORD, RecordEntry, RecordLink, StoredEntry, StoredFile, Verifier,
    reference,
};

/// What brings records into a clone.
pub const FETCH: &str = "git fetch origin 'refs/portcullis/*:refs/portcullis/*'";

/// How closely records are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closeness {
    /// As a chain, with each decision taken again.
    Chain,
    /// And against what the repository shows: this takes as long as it took to look at each landing
    /// before it was recorded.
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

/// The deployment records of a repository.
pub trait DeploymentRecords {
    /// Every record of an environment, checked; `None` when this repository holds none. The judge
    /// takes each decision again.
    fn deployments(
        &self,
        environment: &Environment,
        judge: &Judge<'_>,
        closeness: Closeness,
    ) -> Fact<Option<Chain>> {
        self.records(environment, judge, closeness, &Among { most: usize::MAX, above: Vec::new() })
    }

    /// The records of an environment that others rest on, compared with the repository.
    fn records(
        &self,
        environment: &Environment,
        judge: &Judge<'_>,
        closeness: Closeness,
        among: &Among,
    ) -> Fact<Option<Chain>>;

    /// What the records of an environment say, oldest first, believed as they are.
    ///
    /// # Errors
    /// An object is missing, or one of them cannot be read.
    fn entries(&self, environment: &Environment) -> Result<Vec<RecordEntry>, Gap>;

    /// One record with all its files, by its commit.
    ///
    /// # Errors
    /// An object is missing, or is not what a record consists of.
    fn deployment(&self, commit: &Revision) -> Result<StoredEntry, Gap>;

    /// Every environment that has records here, sorted.
    ///
    /// # Errors
    /// The refs cannot be read, or one among those of the records has no environment's name.
    fn environments(&self) -> Result<Vec<Environment>, Gap>;

    /// Every environment that has records here, without refs that have no environment's name,
    /// sorted.
    ///
    /// # Errors
    /// The refs cannot be read.
    fn environments_by_name(&self) -> Result<Vec<Environment>, Gap>;
}

impl DeploymentRecords for Repository {
    fn records(
        &self,
        environment: &Environment,
        judge: &Judge<'_>,
        closeness: Closeness,
        among: &Among,
    ) -> Fact<Option<Chain>> {
        let read = || {
            let Some(tip) = self.ref_tip(&reference(environment))? else { return Ok(None) };
            let signatures = |stored: &StoredEntry, link: &RecordLink, facts: Option<&Deployment>| {
                check_record_signature(self, stored, link, facts)
            };
            let verifier = Verifier::new(environment.clone(), judge).at(jiff::Timestamp::now());
            let mut verifier = verifier.with_signatures(&signatures);
            let above = [among.above.as_slice(), std::slice::from_ref(environment)].concat();
            let resting = Resting { judge, above };
            let compare = |policy: &str, facts: &Deployment| contradictions(self, policy, facts, &resting);
            let compare = (closeness == Closeness::Repository).then_some(&compare as &Compare<'_>);
            self.each_stored(&tip, among.most, |stored| {
                verifier.push(&entry_of(stored), compare);
                Ok(())
            })?;
            Ok(Some(verifier.finish()))
        };
        read().into()
    }

    fn entries(&self, environment: &Environment) -> Result<Vec<RecordEntry>, Gap> {
        let Some(tip) = self.ref_tip(&reference(environment))? else { return Ok(Vec::new()) };
        let mut entries = Vec::new();
        self.each_stored(&tip, usize::MAX, |stored| {
            let malformed = |error: serde_json::Error| stored.malformed(&error.to_string());
            let entry = entry_of(stored.clone());
            entries.push(serde_json::from_slice(entry.file(RECORD).unwrap_or_default()).map_err(malformed)?);
            Ok(())
        })?;
        Ok(entries)
    }

    fn deployment(&self, commit: &Revision) -> Result<StoredEntry, Gap> {
        self.stored_commit(commit).map(entry_of)
    }

    fn environments(&self) -> Result<Vec<Environment>, Gap> {
        self.refs_below(PREFIX)?.iter().map(|name| parse_environment(name)).collect()
    }

    fn environments_by_name(&self) -> Result<Vec<Environment>, Gap> {
        Ok(self.refs_below(PREFIX)?.iter().filter_map(|name| parse_environment(name).ok()).collect())
    }
}

/// A commit with its files, as the rules for records take it.
pub(super) fn entry_of(stored: StoredCommit) -> StoredEntry {
    let file =
        |(path, file): (RepoPath, StoredBlob)| (path, StoredFile { mode: file.mode, bytes: file.bytes });
    StoredEntry {
        id: stored.id,
        commit: stored.bytes,
        tree: stored.tree,
        parents: stored.parents,
        files: stored.files.into_iter().map(file).collect(),
    }
}

fn parse_environment(name: &str) -> Result<Environment, Gap> {
    name.strip_prefix(PREFIX).unwrap_or(name).parse().map_err(|error: String| {
        let remedy = format!("Remove the ref with `git update-ref -d`: below `{PREFIX}` lie records only");
        Gap::new(format!("the ref `{name}`"), GapReason::Untrusted, error, remedy)
    })
}
