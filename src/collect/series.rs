//! Requests that landed as several commits, on hosts that name a request at the last of them only.
//!
//! Such a host says nothing of the commits before that one, as of a direct push. They are taken
//! into the landing where they are the request's own commits, or copies of them one by one: by the
//! same person, with the same subject. That joins them and proves nothing: what landed is then
//! proved by content, as one step, and what the request does not give is left over.

use super::deployment::{Group, Range};
use portcullis_model::change::{Commit, Revision};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::id::RequestId;
use std::collections::BTreeSet;

impl Range<'_> {
    /// The groups, with each series in one.
    pub(super) fn join_series(&self, groups: Vec<Group>) -> Vec<Group> {
        let mut joined: Vec<Group> = Vec::new();
        for mut group in groups {
            let series = self.series_before(&joined, &group);
            match series {
                Ok(count) => (0..count).for_each(|_| group.take_in(joined.pop())),
                Err(gap) => {
                    let open = joined.iter_mut().rev().take_while(|group| is_unexplained(group));
                    open.for_each(|group| group.requests = Fact::Gap(gap.clone()));
                }
            }
            joined.push(group);
        }
        joined
    }

    /// How many of the groups before one are commits of its request.
    fn series_before(&self, before: &[Group], group: &Group) -> Result<usize, Gap> {
        let open: Vec<&Group> = before.iter().rev().take_while(|group| is_unexplained(group)).collect();
        let (false, Some(host), Some(request)) = (open.is_empty(), self.sources.host, only_request(group))
        else {
            return Ok(0);
        };
        let Some(own) = host.series(request) else { return Ok(0) };
        let chain = self.chain_of(own.known()?)?;
        let landed = group.steps.first().into_iter();
        let landed = landed.chain(open.iter().filter_map(|group| group.steps.first()));
        let mut count = 0;
        for (step, own) in landed.zip(&chain) {
            if !is_copy(&self.sources.repository.commit(step)?, own) {
                break;
            }
            count += 1;
        }
        Ok(usize::saturating_sub(count, 1))
    }

    /// The commits of a request on its first-parent line, newest first; none where it has no one
    /// head.
    fn chain_of(&self, own: &BTreeSet<Revision>) -> Result<Vec<Commit>, Gap> {
        let read: Result<Vec<Commit>, Gap> =
            own.iter().map(|id| self.sources.repository.commit(id)).collect();
        let all = read?;
        let parents: BTreeSet<&Revision> = all.iter().flat_map(|commit| &commit.parents).collect();
        let heads: Vec<&Commit> = all.iter().filter(|commit| !parents.contains(&commit.id)).collect();
        let [head] = heads.as_slice() else { return Ok(Vec::new()) };
        let mut chain = vec![(*head).clone()];
        while let Some(parent) = chain.last().and_then(|commit| commit.parents.first())
            && let Some(next) = all.iter().find(|commit| commit.id == *parent)
        {
            chain.push(next.clone());
        }
        Ok(chain)
    }
}

impl Group {
    /// Takes in the group before this one.
    fn take_in(&mut self, earlier: Option<Group>) {
        let Some(earlier) = earlier else { return };
        self.parent = earlier.parent;
        self.steps.splice(0..0, earlier.steps);
    }
}

/// Does the host know no request that brought these steps?
fn is_unexplained(group: &Group) -> bool {
    group.requests.value().is_some_and(BTreeSet::is_empty)
}

fn only_request(group: &Group) -> Option<&RequestId> {
    let requests = group.requests.value()?;
    requests.first().filter(|_| requests.len() == 1 && group.steps.len() == 1)
}

/// A rebase keeps the author and the subject of a commit.
fn is_copy(landed: &Commit, own: &Commit) -> bool {
    let is_plain = landed.parents.len() == 1 && own.parents.len() == 1;
    landed.id == own.id || (is_plain && landed.author == own.author && landed.subject == own.subject)
}
