//! Checking records, one after the other, oldest first.

use super::again::{Again, Compare, Judge, Standing, Taken};
use super::entry::Entry;
use super::fault::{Fault, Problem};
use super::seal::commit_bytes;
use super::{DECISION, EARLIER, FACTS, POLICY, RECORD, SCHEMA};
use crate::model::change::{ObjectName, Revision};
use crate::model::decision::Outcome;
use crate::model::digest::Digest;
use crate::model::environment::Environment;
use crate::model::path::RepoPath;
use crate::wire::decision::repeated::Repeated;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A record as it was found in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// The name of its commit.
    pub id: Revision,
    /// The commit as git stores it. That it has this name is for the reader to see to.
    pub commit: Vec<u8>,
    /// The tree that the commit names.
    pub tree: ObjectName,
    /// The parents that the commit names.
    pub parents: Vec<Revision>,
    /// What the tree holds.
    pub files: BTreeMap<RepoPath, StoredFile>,
}

/// An entry of the tree of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Its mode.
    pub mode: u32,
    /// Its bytes; empty for what is no file.
    pub bytes: Vec<u8>,
}

/// The mode of every file of a record.
const PLAIN: u32 = 0o100_644;

impl StoredEntry {
    /// The bytes of a file.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        let file = self.files.get(&RepoPath::from(name)).filter(|file| file.mode == PLAIN);
        file.map(|file| file.bytes.as_slice())
    }
}

/// How far the clocks of two machines may lie apart.
const CLOCKS: SignedDuration = SignedDuration::from_hours(1);

/// A record that can be read: the one that the next stands upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its commit.
    pub commit: Revision,
    /// What it says.
    pub entry: Entry,
    /// The SHA-256 of its `record.json`.
    pub digest: Digest,
    /// How far it proves its decision.
    pub standing: Standing,
}

/// The records of one environment, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The environment.
    pub environment: Environment,
    /// The commit of each record, oldest first; never empty.
    pub commits: Vec<Revision>,
    /// The records that could be read, oldest first. Believe them only when there are no problems.
    pub links: Vec<Link>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl Chain {
    /// The newest record, which says what was let through last.
    ///
    /// # Errors
    /// What is wrong, if anything in the whole chain is.
    pub fn last(&self) -> Result<&Link, &[Problem]> {
        match self.links.last() {
            Some(last) if self.problems.is_empty() => Ok(last),
            _ => Err(&self.problems),
        }
    }

    /// The commit of the newest record.
    pub fn tip(&self) -> Option<&Revision> {
        self.commits.last()
    }

    /// Is this the commit of one of its records?
    pub fn holds(&self, commit: &Revision) -> bool {
        self.commits.contains(commit)
    }
}

/// Verifies the records of an environment, oldest first. That a decision cannot be taken again is no problem of the chain:
/// see [`Link::standing`].
///
/// # Errors
/// Everything that is wrong. An empty list is not a chain of records, but nothing is wrong with it.
pub fn verify_chain(
    environment: &Environment,
    entries: &[StoredEntry],
    judge: &Judge<'_>,
) -> Result<(), Vec<Problem>> {
    let mut verifier = Verifier::new(environment.clone(), judge);
    entries.iter().for_each(|entry| verifier.push(entry, None));
    let problems = verifier.finish().problems;
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Verifies records one by one, so that nobody needs to hold all their files at a time.
pub struct Verifier<'a> {
    chain: Chain,
    judge: &'a Judge<'a>,
    /// The present moment, where somebody knows it.
    clock: Option<Timestamp>,
    /// The record before, if it could be read.
    previous: Option<Link>,
}

impl<'a> Verifier<'a> {
    /// Begins with the first record of an environment.
    pub fn new(environment: Environment, judge: &'a Judge<'a>) -> Self {
        let chain = Chain { environment, commits: Vec::new(), links: Vec::new(), problems: Vec::new() };
        Verifier { chain, judge, clock: None, previous: None }
    }

    /// Also holds the times of records against this one.
    #[must_use]
    pub fn at(mut self, clock: Timestamp) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Takes the next record; `compare` is asked what the repository shows otherwise.
    pub fn push(&mut self, stored: &StoredEntry, compare: Option<&Compare<'_>>) {
        let before = self.chain.commits.last().cloned();
        self.chain.commits.push(stored.id.clone());
        let place = self.chain.commits.len() as u64;
        let mut faults = faults_of_files(stored);
        faults.extend(fault_of_parents(stored, before.as_ref()));
        let link = match read(stored) {
            Ok(mut link) => {
                faults.extend(self.faults_of(stored, &link, place, before.as_ref()));
                let taken = self.take_again(stored, &link, compare);
                faults.extend(taken.faults);
                link.standing = taken.standing;
                Some(link)
            }
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        let problem = |fault| Problem { place, commit: stored.id.clone(), fault };
        self.chain.problems.extend(faults.into_iter().map(problem));
        self.chain.links.extend(link.clone());
        self.previous = link;
    }

    /// All records were seen.
    pub fn finish(self) -> Chain {
        self.chain
    }

    fn take_again(&self, stored: &StoredEntry, link: &Link, compare: Option<&Compare<'_>>) -> Taken {
        let Chain { links: earlier, commits, .. } = &self.chain;
        // This one is among the commits, and not yet among the links.
        let complete = commits.len() == earlier.len() + 1;
        let again = Again { entry: &link.entry, earlier, complete, judge: self.judge };
        let mut taken = again.take(|name| stored.file(name));
        let policy = stored.file(POLICY).map(String::from_utf8_lossy);
        if let (Some(compare), Some(facts), Some(policy)) = (compare, &taken.facts, policy) {
            again.hold_against(compare(&policy, facts), &mut taken);
        }
        taken
    }

    fn faults_of(
        &self,
        stored: &StoredEntry,
        link: &Link,
        place: u64,
        before: Option<&Revision>,
    ) -> Vec<Fault> {
        let entry = &link.entry;
        let mut faults = Vec::new();
        if entry.environment != self.chain.environment {
            faults.push(Fault::Environment(entry.environment.clone()));
        }
        if entry.number != place {
            faults.push(Fault::Number(entry.number));
        }
        // After a record that could not be read nothing is known of what this one stands upon; that one is a problem already.
        let unknown_before = before.is_some() && self.previous.is_none();
        let previous = self.previous.as_ref();
        faults.extend(
            faults_of_entry(entry, |name| stored.file(name), previous).into_iter().filter(|fault| {
                !(unknown_before && matches!(fault, Fault::Previous | Fault::Baseline { .. }))
            }),
        );
        let earlier = |link: &Link| link.entry.candidate == entry.candidate;
        if entry.baseline.origin == super::BaselineOrigin::Rollback && !self.chain.links.iter().any(earlier) {
            faults.push(Fault::NeverLetThrough);
        }
        if self.clock.is_some_and(|clock| entry.time > clock.saturating_add(CLOCKS).unwrap_or(clock)) {
            faults.push(Fault::Future);
        }
        if commit_bytes(&stored.tree, before, entry, &link.digest) != stored.commit {
            faults.push(Fault::Commit);
        }
        faults
    }
}

fn fault_of_parents(stored: &StoredEntry, before: Option<&Revision>) -> Option<Fault> {
    let expected: Vec<&Revision> = before.into_iter().collect();
    let same = stored.parents.iter().eq(expected);
    (!same).then(|| Fault::Parents(stored.parents.clone()))
}

fn faults_of_files(stored: &StoredEntry) -> Vec<Fault> {
    let known = [RECORD, DECISION, FACTS, POLICY].map(RepoPath::from);
    let fault = |(path, file): (&RepoPath, &StoredFile)| match file.mode {
        _ if !known.contains(path) => Some(Fault::Extra(path.clone())),
        PLAIN => None,
        mode => Some(Fault::NotAFile(path.clone(), mode)),
    };
    stored.files.iter().filter_map(fault).collect()
}

fn read(stored: &StoredEntry) -> Result<Link, Fault> {
    let bytes = stored.file(RECORD).ok_or(Fault::Missing(RECORD))?;
    if let Ok(Versioned { schema }) = serde_json::from_slice(bytes)
        && ![EARLIER, SCHEMA].contains(&schema)
    {
        return Err(Fault::Schema(schema));
    }
    let entry: Entry = serde_json::from_slice(bytes).map_err(|error| Fault::Unreadable(error.to_string()))?;
    match entry.bytes() {
        Ok(canonical) if canonical == bytes => {
            let standing = Standing::Broken;
            Ok(Link { commit: stored.id.clone(), entry, digest: Digest::of(bytes), standing })
        }
        _ => Err(Fault::NotCanonical),
    }
}

#[derive(Deserialize)]
struct Versioned {
    schema: u32,
}

/// What is wrong with an entry, given the files beside it and the record before it.
pub(super) fn faults_of_entry<'f>(
    entry: &Entry,
    file: impl Fn(&str) -> Option<&'f [u8]>,
    previous: Option<&Link>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    if entry.previous.as_ref() != previous.map(|link| &link.digest) {
        faults.push(Fault::Previous);
    }
    faults.extend(previous.and_then(|link| fault_of_order(entry, &link.entry)));
    faults.extend(fault_of_repository(entry, previous.map(|link| &link.entry)));
    faults.extend(fault_of_baseline(entry, previous.map(|link| &link.entry.candidate)));
    if entry.outcome != Outcome::Allow {
        faults.push(Fault::NotAllowed(entry.outcome));
    }
    if entry.time.as_second() < 0 || entry.time.subsec_nanosecond() != 0 {
        faults.push(Fault::Time);
    }
    faults.extend(faults_of_contents(entry, &file));
    faults.extend(file(DECISION).map(|bytes| faults_of_decision(entry, bytes)).unwrap_or_default());
    faults
}

fn fault_of_order(entry: &Entry, previous: &Entry) -> Option<Fault> {
    (entry.schema != EARLIER && entry.time < previous.time).then_some(Fault::Backwards)
}

/// A copy of a repository has the same commits, and other reviewers.
fn fault_of_repository(entry: &Entry, previous: Option<&Entry>) -> Option<Fault> {
    let name = |entry: &Entry| entry.repository.as_deref().unwrap_or("nowhere").to_ascii_lowercase();
    let previous = previous.filter(|_| entry.schema != EARLIER)?;
    (name(entry) != name(previous))
        .then(|| Fault::OtherRepository(entry.repository.clone().unwrap_or_else(|| "nowhere".to_string())))
}

fn fault_of_baseline(entry: &Entry, deployed: Option<&Revision>) -> Option<Fault> {
    let found = &entry.baseline.commit;
    if *found == entry.candidate {
        return Some(Fault::Idle);
    }
    let first_by_host = deployed.is_none() && entry.baseline.origin == super::BaselineOrigin::Host;
    let holds = !entry.baseline.origin.follows() || first_by_host || deployed == Some(found);
    (!holds).then(|| Fault::Baseline { found: found.clone(), expected: deployed.cloned() })
}

/// What must be there is there, with its digest, and what need not be there is not.
fn faults_of_contents<'f>(entry: &Entry, file: &impl Fn(&str) -> Option<&'f [u8]>) -> Vec<Fault> {
    let expected: BTreeMap<_, _> = entry.files().collect();
    let needed =
        |name| entry.schema != EARLIER && [FACTS, POLICY].contains(&name) && !expected.contains_key(name);
    let fault = |name: &'static str| match (expected.get(name), file(name)) {
        _ if needed(name) => Some(Fault::Missing(name)),
        (Some(_), None) => Some(Fault::Missing(name)),
        (Some(digest), Some(bytes)) => (Digest::of(bytes) != **digest).then_some(Fault::Digest(name)),
        (None, Some(_)) => Some(Fault::Extra(name.into())),
        (None, None) => None,
    };
    [DECISION, FACTS, POLICY].into_iter().filter_map(fault).collect()
}

/// A decision speaks of one commit in one repository, and is good for no other.
fn faults_of_decision(entry: &Entry, bytes: &[u8]) -> Vec<Fault> {
    let Repeated { outcome, repository, base, head, policy } = match Repeated::read(bytes) {
        Ok(decision) => decision,
        Err(error) => return vec![Fault::DecisionUnreadable(error.to_string())],
    };
    let agree = [
        ("candidate", head.as_ref() == Some(&entry.candidate)),
        ("baseline", base.is_none_or(|base| base == entry.baseline.commit)),
        ("repository", repository == entry.repository),
        ("policy", policy.as_ref() == entry.policy.as_ref().map(|policy| &policy.digest)),
    ];
    let differing = agree.into_iter().filter(|(_, same)| !same).map(|(what, _)| Fault::Disagree(what));
    let forbidden = (outcome != Outcome::Allow).then_some(Fault::NotAllowed(outcome));
    forbidden.into_iter().chain(differing).collect()
}
