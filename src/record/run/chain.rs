//! Checking runs, one after the other, oldest first.

use super::fault::{RunChainFault, RunProblem};
use super::{LARGEST_RUN, RUN_FILE, run_commit, run_reference};
use crate::SIGNATURE;
use crate::chain::CLOCKS;
use crate::stored::StoredEntry;
use jiff::Timestamp;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::reconciliation::{ReconciliationRun, RunOutcome};
use portcullis_wire::run::v1::{VERSION, read_run, write_run};

/// A run of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLink {
    /// Its commit.
    pub commit: Revision,
    /// The SHA-256 of its `run.json`.
    pub digest: Digest,
    /// What it says.
    pub run: ReconciliationRun,
    /// Its signature, not yet verified.
    pub signature: Option<Vec<u8>>,
}

/// The runs of one dataset, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunChain {
    /// The ref.
    pub reference: String,
    /// The commit of each run, oldest first; never empty.
    pub commits: Vec<Revision>,
    /// The runs that could be read, oldest first. Believe them only when there are no problems.
    pub links: Vec<RunLink>,
    /// What is wrong.
    pub problems: Vec<RunProblem>,
}

impl RunChain {
    /// The commit of the newest run.
    #[must_use]
    pub fn tip(&self) -> Option<&Revision> {
        self.commits.last()
    }

    /// The newest run.
    #[must_use]
    pub fn newest(&self) -> Option<&RunLink> {
        self.links.last()
    }
}

/// Verifies runs one by one.
pub struct RunVerifier {
    chain: RunChain,
    clock: Timestamp,
    /// The run before, with the place that it has, if it could be read.
    previous: Option<RunLink>,
}

impl RunVerifier {
    /// Begins with the first run of a ref; `clock` is the present.
    #[must_use]
    pub fn new(reference: String, clock: Timestamp) -> Self {
        let chain = RunChain { reference, commits: Vec::new(), links: Vec::new(), problems: Vec::new() };
        RunVerifier { chain, clock, previous: None }
    }

    /// Takes the next run.
    pub fn push(&mut self, stored: &StoredEntry) {
        let before = self.chain.commits.last().cloned();
        self.chain.commits.push(stored.id.clone());
        let place = self.chain.commits.len() as u64;
        let mut faults = Vec::new();
        if !stored.parents.iter().eq(before.iter()) {
            faults.push(RunChainFault::Parents);
        }
        let link = match read_stored_run(stored) {
            Ok(link) => {
                faults.extend(self.faults_of(stored, &link, place, before.as_ref()));
                faults.extend(find_faults(&link.run));
                Some(link)
            }
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        let problem = |fault| RunProblem { place, commit: stored.id.clone(), fault };
        self.chain.problems.extend(faults.into_iter().map(problem));
        self.chain.links.extend(link.clone());
        self.previous = link;
    }

    /// All runs were seen.
    #[must_use]
    pub fn finish(self) -> RunChain {
        self.chain
    }

    fn faults_of(
        &self,
        stored: &StoredEntry,
        link: &RunLink,
        place: u64,
        before: Option<&Revision>,
    ) -> Vec<RunChainFault> {
        let run = &link.run;
        let mut faults = Vec::new();
        if run_reference(&run.dataset) != self.chain.reference {
            faults.push(RunChainFault::Dataset(run.dataset.clone()));
        }
        if run.number != place {
            faults.push(RunChainFault::Number(run.number));
        }
        // Of a run that could not be read nothing is known, and it is a problem already.
        let is_known = before.is_none() || self.previous.is_some();
        let previous = self.previous.as_ref();
        if is_known && run.previous.as_ref() != previous.map(|link| &link.digest) {
            faults.push(RunChainFault::Previous);
        }
        let is_back = previous.is_some_and(|link| run.time < link.run.time);
        if is_back || run.time.subsec_nanosecond() != 0 {
            faults.push(RunChainFault::Time);
        }
        if run.time > self.clock.saturating_add(CLOCKS).unwrap_or(self.clock) {
            faults.push(RunChainFault::Future);
        }
        if run_commit(&stored.tree, before, run, &link.digest) != stored.commit {
            faults.push(RunChainFault::Commit);
        }
        faults
    }
}

/// What a run says of itself that cannot be.
pub(super) fn find_faults(run: &ReconciliationRun) -> Vec<RunChainFault> {
    let mut faults = Vec::new();
    let manifests = &run.manifests;
    let latest = run.time.saturating_add(CLOCKS).unwrap_or(run.time);
    let named = [
        ("source", Some(&manifests.source)),
        ("target", Some(&manifests.target)),
        ("reject log", manifests.rejects.as_ref()),
        ("list of receipts", manifests.receipts.as_ref()),
    ];
    let later = named.into_iter().filter(|(_, manifest)| manifest.is_some_and(|one| one.as_of > latest));
    faults.extend(later.map(|(name, _)| RunChainFault::ReadLater(name)));
    if (run.outcome == RunOutcome::Broken) == run.faults.is_empty() {
        faults.push(RunChainFault::Outcome(run.outcome.as_str()));
    }
    if run.breaks.iter().any(|one| one.opened > run.number || one.since > run.time) {
        faults.push(RunChainFault::Break);
    }
    faults
}

fn read_stored_run(stored: &StoredEntry) -> Result<RunLink, RunChainFault> {
    let signature = stored.file(SIGNATURE);
    let count = 1 + usize::from(signature.is_some());
    let bytes = stored.file(RUN_FILE).filter(|_| stored.files.len() == count).ok_or(RunChainFault::Files)?;
    if bytes.len() > LARGEST_RUN {
        return Err(RunChainFault::Large);
    }
    let run = read_run(bytes).map_err(|why| RunChainFault::Unreadable(why.to_string()))?;
    if run.schema != VERSION {
        return Err(RunChainFault::Schema(run.schema));
    }
    match write_run(run.clone()) {
        Ok(canonical) if canonical == bytes => Ok(RunLink {
            commit: stored.id.clone(),
            digest: Digest::of(bytes),
            run,
            signature: signature.map(<[u8]>::to_vec),
        }),
        _ => Err(RunChainFault::NotCanonical),
    }
}
