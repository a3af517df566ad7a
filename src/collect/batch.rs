//! Gathers the facts of a batch: the row of commits that a merge queue built over the tip of a
//! branch, which request each of them brings, and each request as a merge gate sees it.

use crate::deployment::{Group, Range, no_host};
use crate::sources::{Ends, Sources};
use portcullis_forge::BatchQuestion;
use portcullis_model::batch::{Batch, BatchFacts};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::deployment::LandingFacts;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::id::RequestId;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::landing::{Span, Step};
use portcullis_model::protection::Branch;
use std::cell::OnceCell;

/// The batch that is judged.
#[derive(Clone, Debug)]
pub struct BatchTarget {
    /// The branch that would receive it.
    pub name: BranchName,
    /// That branch, as its host has it.
    pub branch: Fact<Branch>,
    /// The tip of the branch, and the last commit of the batch.
    pub ends: Ends,
    /// The last request of the batch, where the job names it.
    pub request: Option<RequestId>,
}

/// Gathers every fact that the inquiry asks for.
pub fn gather_batch(
    inquiry: &Inquiry,
    target: BatchTarget,
    sources: &Sources<'_>,
    progress: &dyn Fn(usize, usize),
) -> BatchFacts {
    let BatchTarget { name, branch, ends: Ends { base, head, .. }, request } = target;
    let question = BatchQuestion { branch: &name, base: &base, head: &head, request: request.as_ref() };
    let queue = match sources.host {
        Some(host) => host.batch(&question),
        None => Fact::Gap(no_host(&question.what())),
    };
    let span = sources.repository.span(&base, &head);
    let range = Range { inquiry, sources, branch: &branch, name: &name, signed: OnceCell::new() };
    let landings = match (&queue, &span) {
        (Fact::Known(queue), Fact::Known(Span::Steps(steps))) => {
            Fact::Known(gather_entries(&range, &base, queue, steps, progress))
        }
        (Fact::Known(_), Fact::Known(_)) => Fact::Known(Vec::new()),
        (Fact::Gap(gap), _) | (_, Fact::Gap(gap)) => Fact::Gap(gap.clone()),
    };
    let whole = range.whole(&base, &head);
    BatchFacts { branch: name, head, queue, span, landings, whole }
}

fn gather_entries(
    range: &Range<'_>,
    base: &Revision,
    queue: &Batch,
    steps: &[Step],
    progress: &dyn Fn(usize, usize),
) -> Vec<LandingFacts> {
    let groups = groups_of(base, queue, steps);
    let total = groups.len() + 1;
    let mut gathered = range.gather_groups(groups, &|done| progress(done, total));
    range.prove(&mut gathered, &|_| ());
    progress(total, total);
    gathered
}

/// An entry brings the commits since the entry before it. Those behind the last entry, if there are
/// any, are no request's.
fn groups_of(base: &Revision, queue: &Batch, steps: &[Step]) -> Vec<Group> {
    let mut groups = Vec::new();
    let (mut parent, mut open) = (base.clone(), Vec::new());
    for step in steps {
        let id = &step.commit.id;
        open.push(id.clone());
        if let Some(entry) = queue.entries.iter().find(|entry| entry.commit == *id) {
            let requests = Fact::Known([entry.request.clone()].into());
            groups.push(Group { parent, steps: std::mem::take(&mut open), requests });
            parent = id.clone();
        }
    }
    if let Some(last) = open.last() {
        let requests = Fact::Gap(no_entry(last));
        groups.push(Group { parent, steps: open, requests });
    }
    groups
}

fn no_entry(commit: &Revision) -> Gap {
    Gap::new(
        format!("which request brings {}", commit.short()),
        GapReason::Contradiction,
        "the queue lists none that ends there",
        "Take the requests of the batch out of the queue, and add them again.",
    )
}
