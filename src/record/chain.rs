//! Checking records, one after the other, oldest first.

use super::entry::commit_bytes;
use super::entry_faults::faults_of_entry;
use super::fault::{ChainProblem, Fault};
use super::rejudge::{Compare, Judge, Rejudged, Rejudging};
use super::stored::{
    PLAIN, RecordLink, RecordSignature, RecordStanding, SignatureCheck, StoredEntry, StoredFile, read_entry,
};
use super::{DECISION, FACTS, POLICY, RECORD, SIGNATURE};
use jiff::{SignedDuration, Timestamp};
use portcullis_model::change::Revision;
use portcullis_model::deployment::Deployment;
use portcullis_model::environment::Environment;
use portcullis_model::path::RepoPath;

/// How far the clocks of two machines may lie apart.
pub(super) const CLOCKS: SignedDuration = SignedDuration::from_hours(1);

/// The records of one environment, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The environment.
    pub environment: Environment,
    /// The commit of each record, oldest first; never empty.
    pub commits: Vec<Revision>,
    /// The records that could be read, oldest first. Believe them only when there are no problems.
    pub links: Vec<RecordLink>,
    /// What is wrong.
    pub problems: Vec<ChainProblem>,
}

impl Chain {
    /// The newest record, which says what was let through last.
    ///
    /// # Errors
    /// What is wrong, if anything in the whole chain is.
    pub fn last(&self) -> Result<&RecordLink, &[ChainProblem]> {
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

/// Verifies the records of an environment, oldest first. That a decision cannot be taken again is
/// no problem of the chain: see [`RecordLink::standing`].
///
/// # Errors
/// Everything that is wrong. An empty list is not a chain of records, but nothing is wrong with it.
pub fn verify_chain(
    environment: &Environment,
    entries: &[StoredEntry],
    judge: &Judge<'_>,
) -> Result<(), Vec<ChainProblem>> {
    let mut verifier = Verifier::new(environment.clone(), judge);
    entries.iter().for_each(|entry| verifier.push(entry, None));
    let problems = verifier.finish().problems;
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Verifies records one by one, so that their files need not be in memory at once.
pub struct Verifier<'a> {
    chain: Chain,
    judge: &'a Judge<'a>,
    /// The present moment, where it is known.
    clock: Option<Timestamp>,
    /// Says what signatures are worth.
    signatures: Option<&'a SignatureCheck<'a>>,
    /// The record before, if it could be read.
    previous: Option<RecordLink>,
}

impl<'a> Verifier<'a> {
    /// Begins with the first record of an environment.
    pub fn new(environment: Environment, judge: &'a Judge<'a>) -> Self {
        let chain = Chain { environment, commits: Vec::new(), links: Vec::new(), problems: Vec::new() };
        Verifier { chain, judge, clock: None, signatures: None, previous: None }
    }

    /// Also holds the times of records against this one.
    #[must_use]
    pub fn at(mut self, clock: Timestamp) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Also asks this of the signature of each record. Without it, signatures are not looked at.
    #[must_use]
    pub fn with_signatures(mut self, check: &'a SignatureCheck<'a>) -> Self {
        self.signatures = Some(check);
        self
    }

    /// Takes the next record; `compare` is asked what the repository shows otherwise.
    pub fn push(&mut self, stored: &StoredEntry, compare: Option<&Compare<'_>>) {
        let before = self.chain.commits.last().cloned();
        self.chain.commits.push(stored.id.clone());
        let place = self.chain.commits.len() as u64;
        let mut faults = faults_of_files(stored);
        faults.extend(fault_of_parents(stored, before.as_ref()));
        let link = match read_entry(stored) {
            Ok(mut link) => {
                faults.extend(self.faults_of(stored, &link, place, before.as_ref()));
                let taken = self.take_again(stored, &link, compare);
                faults.extend(taken.faults);
                link.standing = taken.standing;
                faults.extend(self.check_signature(stored, &mut link, taken.facts.as_ref()));
                Some(link)
            }
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        let problem = |fault| ChainProblem { place, commit: stored.id.clone(), fault };
        self.chain.problems.extend(faults.into_iter().map(problem));
        self.chain.links.extend(link.clone());
        self.previous = link;
    }

    /// All records were seen.
    pub fn finish(self) -> Chain {
        self.chain
    }

    fn check_signature(
        &self,
        stored: &StoredEntry,
        link: &mut RecordLink,
        facts: Option<&Deployment>,
    ) -> Option<Fault> {
        link.signature = self.signatures.map(|check| check(stored, link, facts)).unwrap_or_default();
        match &link.signature {
            RecordSignature::Missing => Some(Fault::Unsigned),
            RecordSignature::Invalid(why) => Some(Fault::Signature(why.clone())),
            RecordSignature::Unseen(gap) if link.standing.is_taken() => {
                link.standing = RecordStanding::Unseen(gap.clone());
                None
            }
            _ => None,
        }
    }

    fn take_again(&self, stored: &StoredEntry, link: &RecordLink, compare: Option<&Compare<'_>>) -> Rejudged {
        let Chain { links: earlier, commits, .. } = &self.chain;
        // This one is among the commits, and not yet among the links.
        let complete = commits.len() == earlier.len() + 1;
        let again = Rejudging {
            entry: &link.entry,
            earlier,
            complete,
            signatures: self.signatures.is_some(),
            judge: self.judge,
        };
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
        link: &RecordLink,
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
        // After a record that could not be read nothing is known of the one that this one follows;
        // that one is a problem already.
        let unknown_before = before.is_some() && self.previous.is_none();
        let previous = self.previous.as_ref();
        faults.extend(faults_of_entry(entry, |name| stored.file(name), previous).into_iter().filter(
            |fault| !(unknown_before && matches!(fault, Fault::Previous | Fault::RecordedBaseline { .. })),
        ));
        let earlier = |link: &RecordLink| link.entry.candidate == entry.candidate;
        if entry.baseline.origin == super::RecordedOrigin::Rollback && !self.chain.links.iter().any(earlier) {
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
    let known = [RECORD, DECISION, FACTS, POLICY, SIGNATURE].map(RepoPath::from);
    let fault = |(path, file): (&RepoPath, &StoredFile)| match file.mode {
        _ if !known.contains(path) => Some(Fault::Extra(path.clone())),
        PLAIN => None,
        mode => Some(Fault::NotAFile(path.clone(), mode)),
    };
    stored.files.iter().filter_map(fault).collect()
}
