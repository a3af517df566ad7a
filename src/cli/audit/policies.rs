//! The policies of a period: the one at each commit, read once.

use crate::policy_file::POLICY;
use portcullis_audit::landing::PolicyThen;
use portcullis_collect::policy_texts::houses_at;
use portcullis_git::Repository;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::host::HostProfile;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::path::RepoPath;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A policy as it is at a commit.
pub struct PolicyOfCommit {
    /// The SHA-256 of its text; `None` where there is none.
    pub digest: Option<Digest>,
    /// The policy, or why nothing can be judged by it.
    pub policy: Result<Policy, Gap>,
    /// Was it handed over?
    pub given: bool,
}

impl PolicyOfCommit {
    /// As landings are judged by it.
    pub fn then(&self) -> PolicyThen<'_> {
        match &self.policy {
            Ok(policy) => PolicyThen::Known(policy),
            Err(gap) => PolicyThen::Unreadable(gap.clone()),
        }
    }

    /// What it wants to know.
    pub fn inquiry(&self) -> Inquiry {
        let path = (!self.given).then(|| RepoPath::from(POLICY));
        self.policy.as_ref().map_or_else(|_| Inquiry::default(), |policy| policy.inquiry(path))
    }
}

/// The policies at the commits of a repository.
pub struct PolicyBook<'r> {
    repository: &'r Repository,
    profile: HostProfile,
    given: Option<Rc<PolicyOfCommit>>,
    read: BTreeMap<Option<Digest>, Rc<PolicyOfCommit>>,
}

impl<'r> PolicyBook<'r> {
    /// Policies are read for a host; one that is given takes the place of all.
    pub fn new(repository: &'r Repository, profile: HostProfile, given: Option<Policy>) -> Self {
        let given = given.map(|policy| {
            Rc::new(PolicyOfCommit { digest: Some(policy.digest.clone()), policy: Ok(policy), given: true })
        });
        PolicyBook { repository, profile, given, read: BTreeMap::new() }
    }

    /// The policy at a commit.
    pub fn at(&mut self, commit: &Revision) -> Rc<PolicyOfCommit> {
        if let Some(given) = &self.given {
            return Rc::clone(given);
        }
        match self.repository.file_at(commit, &RepoPath::from(POLICY)) {
            Ok(bytes) => self.read(commit, bytes.as_deref()),
            Err(gap) => Rc::new(PolicyOfCommit { digest: None, policy: Err(gap), given: false }),
        }
    }

    /// One text is one policy, but where the house policy that it extends is not there.
    fn read(&mut self, commit: &Revision, bytes: Option<&[u8]>) -> Rc<PolicyOfCommit> {
        let digest = bytes.map(Digest::of);
        if let Some(known) = self.read.get(&digest).filter(|known| known.policy.is_ok()) {
            return Rc::clone(known);
        }
        let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        let houses = houses_at(self.repository, commit, text);
        let read = Rc::new(read_policy(digest.clone(), bytes, houses, &self.profile));
        self.read.insert(digest, Rc::clone(&read));
        read
    }
}

fn read_policy(
    digest: Option<Digest>,
    bytes: Option<&[u8]>,
    houses: Result<HouseTexts, Gap>,
    profile: &HostProfile,
) -> PolicyOfCommit {
    let what = "the policy that was in force";
    let remedy = "Judge these landings by a policy that you name, with --policy FILE (a copy outside of the repository), and say so.";
    let gap = |reason, detail: String| Err(Gap::new(what, reason, detail, remedy));
    let policy = match bytes.map(std::str::from_utf8) {
        None => gap(GapReason::MissingObject, format!("there was no {POLICY} on the branch")),
        Some(Err(error)) => gap(GapReason::Malformed, format!("it is not UTF-8: {error}")),
        Some(Ok(text)) => houses.and_then(|houses| {
            Policy::parse_extending(text, profile, &houses).or_else(|problems| {
                let first = problems.first().map_or_else(String::new, |problem| problem.message.clone());
                let count = portcullis_render::plural(problems.len() as u64, "mistake");
                gap(GapReason::Malformed, format!("it has {count}, the first: {first}"))
            })
        }),
    };
    PolicyOfCommit { digest, policy, given: false }
}
