//! The requests that brought the steps of a branch, asked side by side.

use crate::crew::CrewMember;
use crate::sources::Sources;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::Fact;
use portcullis_model::id::RequestId;
use portcullis_model::landing::Step;
use std::collections::{BTreeMap, BTreeSet};

/// The requests that brought steps, as far as they were asked.
pub(super) type AskedRequests = BTreeMap<Revision, Fact<BTreeSet<RequestId>>>;

/// The requests that brought each step, where a crew asks the host.
pub(super) fn ask_requests(
    sources: &Sources<'_>,
    branch: &BranchName,
    steps: &[Step],
    progress: &dyn Fn(usize),
) -> AskedRequests {
    let Some(crew) = sources.crew else { return AskedRequests::new() };
    let ask = |member: &CrewMember, step: &Step| member.host.landed(&step.commit.id, branch);
    let found = steps.iter().zip(crew.map(steps, ask, progress));
    found.filter_map(|(step, requests)| Some((step.commit.id.clone(), requests?))).collect()
}
