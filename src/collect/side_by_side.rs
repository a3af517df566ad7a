//! The landings of a range by several threads, in the order and with the facts of one.

use super::deployment::{Group, Range};
use crate::crew::CrewMember;
use crate::reports::ReportFiles;
use crate::sources::{ReviewRefs, Sources};
use jiff::Timestamp;
use portcullis_model::change::BranchName;
use portcullis_model::deployment::LandingFacts;
use portcullis_model::fact::Fact;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::protection::Branch;
use std::cell::OnceCell;
use std::path::PathBuf;

impl Range<'_> {
    /// The facts of landings, but for the proof of their content.
    pub(super) fn gather_groups(&self, groups: Vec<Group>, progress: &dyn Fn(usize)) -> Vec<LandingFacts> {
        let done = self.side_by_side(&groups, |range, group| range.landing(group.clone()), progress);
        let mut gathered = Vec::with_capacity(groups.len());
        for (number, (group, done)) in groups.into_iter().zip(done).enumerate() {
            gathered.extend(done.unwrap_or_else(|| {
                progress(number);
                self.landing(group)
            }));
        }
        gathered
    }

    /// Does some work for each item, where a crew asks the host; `None` for what is left to this
    /// thread.
    pub(super) fn side_by_side<I: Sync, T: Send>(
        &self,
        items: &[I],
        work: impl Fn(&Range<'_>, &I) -> T + Sync,
        progress: &dyn Fn(usize),
    ) -> Vec<Option<T>> {
        let none = || items.iter().map(|_| None).collect();
        let Some(crew) = self.sources.crew.filter(|_| items.len() > 1) else { return none() };
        let parts = self.parts();
        crew.map(items, |member, item| parts.with(member, |range| work(range, item)), progress)
    }

    /// Does one work beside another, where a crew asks the host, and else after it.
    pub(super) fn beside<T: Send, R>(
        &self,
        work: impl Fn(&Range<'_>) -> T + Sync,
        own: impl FnOnce() -> R,
    ) -> (T, R) {
        let Some(crew) = self.sources.crew else {
            let own = own();
            return (work(self), own);
        };
        let parts = self.parts();
        let (done, own) = crew.beside(|member| parts.with(member, &work), own);
        (done.unwrap_or_else(|| work(self)), own)
    }

    fn parts(&self) -> SharedRange<'_> {
        let Range { inquiry, sources, branch, name, .. } = *self;
        let Sources { files, evidence, observed, review_refs, .. } = *sources;
        SharedRange { inquiry, branch, name, files, evidence, observed, review_refs }
    }
}

/// What the threads of a range have in common: all but the repository and the host.
struct SharedRange<'a> {
    inquiry: &'a Inquiry,
    branch: &'a Fact<Branch>,
    name: &'a BranchName,
    files: ReportFiles<'a>,
    evidence: &'a [PathBuf],
    observed: Timestamp,
    review_refs: &'a ReviewRefs,
}

impl SharedRange<'_> {
    /// The range with the repository and the host of a thread.
    fn with<T>(&self, member: &CrewMember, work: impl FnOnce(&Range<'_>) -> T) -> T {
        let SharedRange { inquiry, branch, name, files, evidence, observed, review_refs } = *self;
        let (repository, host) = (&member.repository, Some(&*member.host));
        let sources = Sources { repository, host, crew: None, files, evidence, observed, review_refs };
        work(&Range { inquiry, sources: &sources, branch, name, signed: OnceCell::new() })
    }
}
