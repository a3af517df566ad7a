//! Batches: what a merge queue or a merge train builds of several requests, to test them together
//! before they land.
//!
//! A batch is a row of commits over the tip of a branch. Each [`BatchEntry`] is one request, and
//! ends at a commit of that row's first-parent line. Which commits belong to an entry, and that
//! they hold nothing but its request, is proved by content like a
//! [landing](crate::landing::Landing); a queue's word is only where the proof begins.

use crate::change::{BranchName, Revision};
use crate::deployment::LandingFacts;
use crate::fact::Fact;
use crate::facts::Facts;
use crate::id::RequestId;
use crate::landing::Span;

/// The requests of a batch, as the queue of its host lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The commit that the batch is built on.
    pub base: Revision,
    /// The last commit of the batch, which is the one that is tested.
    pub head: Revision,
    /// The requests, in the order in which they would land; the last one ends at the head.
    pub entries: Vec<BatchEntry>,
}

/// One request of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchEntry {
    /// The request.
    pub request: RequestId,
    /// The head of the request that the queue took; `None` where the queue does not say.
    pub head: Option<Revision>,
    /// The tip of the batch once the request is in it.
    pub commit: Revision,
}

/// What was seen of one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchFacts {
    /// The branch that would receive the batch.
    pub branch: BranchName,
    /// The commit that would land.
    pub head: Revision,
    /// What the queue says.
    pub queue: Fact<Batch>,
    /// How the head lies to the tip of the branch, with every step between them.
    pub span: Fact<Span>,
    /// Those steps, by the requests that they bring, oldest first. The requests are not landed
    /// yet; each is there with the facts of a merge gate.
    pub landings: Fact<Vec<LandingFacts>>,
    /// The branch, its protection, the batch as one change, and the evidence for its head. Its
    /// [`Facts::observed`] is the moment of judgement.
    pub whole: Facts,
}

impl BatchFacts {
    /// The facts of the whole batch, and of each request in it.
    pub fn all_facts(&self) -> impl Iterator<Item = &Facts> {
        let landings = self.landings.value().into_iter().flatten();
        let requests = landings.filter_map(|landing| landing.requests.value()).flatten();
        std::iter::once(&self.whole).chain(requests)
    }

    /// The entry of the queue that ends at a commit.
    pub fn entry_at(&self, commit: &Revision) -> Option<&BatchEntry> {
        self.queue.value()?.entries.iter().find(|entry| entry.commit == *commit)
    }
}
