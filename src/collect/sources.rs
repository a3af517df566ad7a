//! Whom to ask: the repository, its host, and the files that were named.

use crate::crew::Crew;
use crate::reports::ReportFiles;
use portcullis_forge::{ChangeRequestHost, Forge};
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::Fact;
use portcullis_model::protection::Branch;
use portcullis_model::review::ChangeRequest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Whom to ask, for a change and for a deployment alike.
pub struct Sources<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The host of the repository; `None` when none takes part.
    pub host: Option<&'a dyn Forge>,
    /// Who asks the host side by side, where it is asked over the network.
    pub crew: Option<&'a Crew<'a>>,
    /// Where reports are, and with what they are read.
    pub files: ReportFiles<'a>,
    /// Files of statements named on the command line.
    pub evidence: &'a [PathBuf],
    /// The moment of judgement.
    pub observed: jiff::Timestamp,
    /// What else is known of refs of signed reviews.
    pub review_refs: &'a ReviewRefs,
}

impl<'a> Sources<'a> {
    /// Whom to ask about what landed long ago: reports and statements in the work tree say nothing
    /// of it.
    pub fn of_the_past(
        repository: &'a Repository,
        host: Option<&'a dyn Forge>,
        crew: Option<&'a Crew<'a>>,
        directory: &'a Path,
        observed: jiff::Timestamp,
    ) -> Self {
        let files = ReportFiles::unread(directory);
        Sources { repository, host, crew, files, evidence: &[], observed, review_refs: &NO_REVIEW_REFS }
    }
}

/// What is known of refs of signed reviews beside what the repository holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewRefs {
    /// Refs by their full names as a push would leave them, in a hook that runs before the push is
    /// accepted; `None`: the push deletes the ref.
    pub moved: BTreeMap<String, Option<Revision>>,
    /// The newest tips that a deployment record saw, by the reviewer. An older one hides something.
    pub remembered: BTreeMap<String, Revision>,
    /// The newest tips that the push log of a server without a host has, by the reviewer. They
    /// count where the reviewer may sign.
    pub logged: BTreeMap<String, Revision>,
}

/// Nothing is known beside what the repository holds.
pub static NO_REVIEW_REFS: ReviewRefs =
    ReviewRefs { moved: BTreeMap::new(), remembered: BTreeMap::new(), logged: BTreeMap::new() };

/// The two commits that a decision names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The commit that the change or the range begins at.
    pub base: Revision,
    /// The commit that it ends at.
    pub head: Revision,
    /// The branch that would receive it, or did; `None` where that is not known.
    pub target: Option<BranchName>,
}

/// A host with its first two answers, which tell what to judge.
pub struct HostSession<'a> {
    /// The host of the repository.
    pub forge: &'a dyn Forge,
    /// The request on it; `None` where none is asked about.
    pub on_request: Option<&'a dyn ChangeRequestHost>,
    /// The answer about the request.
    pub request: Fact<ChangeRequest>,
    /// The answer about the branch.
    pub branch: Fact<Branch>,
}

impl<'a> HostSession<'a> {
    /// Asks about a request, and about the branch that it is to.
    pub fn begin(forge: &'a dyn Forge, on_request: &'a dyn ChangeRequestHost) -> Self {
        let request = on_request.change_request();
        let branch = match &request {
            Fact::Known(request) => forge.branch(&request.base_branch),
            Fact::Gap(gap) => Fact::Gap(gap.clone()),
        };
        HostSession { forge, on_request: Some(on_request), request, branch }
    }
}
