//! The policy in force on a server: which branches it guards, and whose keys count.
//!
//! It is the policy at the tip of the default branch, and for a branch that has one of its own also
//! that. A branch is a deployment branch if either says so: no branch can take itself out. The
//! default branch is guarded in any case: it says what is in force, and whose keys are whose.

use crate::HostName;
use crate::hosts::profile_of;
use crate::policy_file::POLICY;
use portcullis_attest::signers::AllowedSigners;
use portcullis_collect::bare::PolicyView;
use portcullis_collect::gather::text_at;
use portcullis_collect::policy_texts::valid_policy_at;
use portcullis_forge::bare::KIND;
use portcullis_git::Repository;
use portcullis_judge::policy::Policy;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::host::HostProfile;
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::path::RepoPath;

/// What a policy of a server without a host is read for.
pub fn bare_profile() -> HostProfile {
    profile_of(Some(HostName::Kind(&KIND)))
}

/// A policy at a commit.
pub struct PolicyAt {
    /// The policy; `None` where the commit has none, or one that is not valid.
    pub policy: Option<Policy>,
    /// Is there a text?
    pub is_there: bool,
}

impl PolicyAt {
    /// Reads it.
    ///
    /// # Errors
    /// An object cannot be read.
    pub fn read(repository: &Repository, commit: &Revision) -> Result<PolicyAt, Gap> {
        let text = text_at(repository, commit, &RepoPath::from(POLICY))?;
        let policy = text.as_ref();
        let policy = policy.and_then(|text| valid_policy_at(repository, commit, text, &bare_profile()));
        Ok(PolicyAt { policy, is_there: text.is_some() })
    }

    /// Is this one of the deployment branches of a policy that can be read?
    fn names(&self, branch: &BranchName, is_folding: bool) -> bool {
        let Some(policy) = &self.policy else { return false };
        let name = branch.as_str().as_bytes();
        policy.scope.deployment.iter().any(|glob| match is_folding {
            true => glob.matches_folded(name),
            false => glob.matches(name),
        })
    }
}

/// The policy of the default branch.
pub struct InForce {
    /// The default branch: what `HEAD` names.
    pub branch: BranchName,
    /// Its tip; `None` where it has no commit yet.
    pub tip: Option<Revision>,
    /// The policy there; `None` where there is no commit.
    pub policy: Option<PolicyAt>,
    /// Does the file system take two names that differ in capitals for one?
    is_folding: bool,
}

impl InForce {
    /// Reads it from the refs as they are before the push.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(repository: &Repository) -> Result<InForce, Gap> {
        let head = repository.symbolic_target("HEAD")?.ok_or_else(no_default_branch)?;
        let branch = BranchName::new(&head);
        let tip = repository.ref_tip(&head)?;
        let policy = tip.as_ref().map(|tip| PolicyAt::read(repository, tip)).transpose()?;
        // Where the setting cannot be read, names count as on a file system that folds them.
        let is_folding = repository.switch("core.ignorecase").map_or(true, |set| set.unwrap_or(false));
        Ok(InForce { branch, tip, policy, is_folding })
    }

    /// Is there a policy to judge by?
    pub fn is_set(&self) -> bool {
        self.policy.as_ref().is_some_and(|policy| policy.is_there)
    }

    /// Is it a deployment branch by this policy? What a branch says of itself does not count.
    pub fn names(&self, branch: &BranchName) -> bool {
        self.policy.as_ref().is_some_and(|policy| policy.names(branch, self.is_folding))
    }

    /// Would another policy name it?
    pub fn would_name(&self, other: &PolicyAt, branch: &BranchName) -> bool {
        other.names(branch, self.is_folding)
    }

    /// Does the policy, where it can be read, name the default branch?
    pub fn is_guarding_itself(&self) -> bool {
        let is_read = self.policy.as_ref().is_some_and(|at| at.policy.is_some());
        !is_read || self.names(&self.branch)
    }

    /// Is it a deployment branch, by this policy or by the one at its own tip, or the default
    /// branch?
    ///
    /// A policy in force that is not valid may name any branch. One of the branch's own names none:
    /// none that is not valid lands on a deployment branch.
    ///
    /// # Errors
    /// The commit of the branch cannot be read.
    pub fn guards(
        &self,
        repository: &Repository,
        branch: &BranchName,
        old: Option<&Revision>,
    ) -> Result<bool, Gap> {
        let is_unknown = self.policy.as_ref().is_some_and(|at| at.is_there && at.policy.is_none());
        if is_unknown || *branch == self.branch || self.names(branch) {
            return Ok(true);
        }
        let Some(old) = old else { return Ok(false) };
        Ok(PolicyAt::read(repository, old)?.names(branch, self.is_folding))
    }

    /// The refs of the deployment branches that are there.
    ///
    /// # Errors
    /// The refs or a commit cannot be read.
    pub fn deployment_refs(&self, repository: &Repository) -> Result<Vec<String>, Gap> {
        let mut found = Vec::new();
        for name in repository.refs_below("refs/heads/")? {
            let tip = repository.ref_tip(&name)?;
            if self.guards(repository, &BranchName::new(&name), tip.as_ref())? {
                found.push(name);
            }
        }
        Ok(found)
    }

    /// What it says of people and rules.
    pub fn view(&self, repository: &Repository) -> PolicyView {
        match &self.tip {
            Some(tip) => view_at(repository, tip),
            None => PolicyView { signers: Fact::Known(AllowedSigners::default()), project: None },
        }
    }
}

fn no_default_branch() -> Gap {
    let remedy = "Name the default branch on the server: `git symbolic-ref HEAD refs/heads/main`.";
    Gap::new("the default branch of the server", GapReason::Malformed, "`HEAD` names no branch", remedy)
}

/// What the policy at a commit says of people and rules.
pub fn view_at(repository: &Repository, commit: &Revision) -> PolicyView {
    let policy = PolicyAt::read(repository, commit).ok().and_then(|at| at.policy);
    let signers = match policy.as_ref().and_then(signers_path) {
        Some(path) => read_signers(repository, commit, &path).into(),
        None => Fact::Known(AllowedSigners::default()),
    };
    PolicyView { signers, project: policy.map(|policy| policy.project) }
}

/// How many approvals the policy at a commit demands of every change; none where it has no policy.
///
/// # Errors
/// The policy cannot be read, or is not valid.
pub fn approvals_at(repository: &Repository, commit: &Revision) -> Result<u64, Gap> {
    match PolicyAt::read(repository, commit)? {
        PolicyAt { policy: Some(policy), .. } => Ok(policy.approvals()),
        PolicyAt { is_there: false, .. } => Ok(0),
        PolicyAt { is_there: true, .. } => {
            let what = format!("how many approvals {POLICY} at {} demands", commit.short());
            let remedy = "Correct the policy on the branch; `portcullis policy check` names each mistake.";
            Err(Gap::new(what, GapReason::Malformed, "the policy is not valid", remedy))
        }
    }
}

/// Where the keys of people are: those of reviewers.
fn signers_path(policy: &Policy) -> Option<RepoPath> {
    policy.inquiry(None).path_of(TextPurpose::ReviewSigners).cloned()
}

fn read_signers(repository: &Repository, commit: &Revision, path: &RepoPath) -> Result<AllowedSigners, Gap> {
    let Some(bytes) = repository.file_at(commit, path)? else { return Ok(AllowedSigners::default()) };
    AllowedSigners::read(&bytes).map_err(|problems| {
        let detail = problems.first().map_or_else(String::new, ToString::to_string);
        let remedy = "Correct the line on the branch; `portcullis policy check` names each one.";
        Gap::new(
            format!("the allowed signers {path} at {}", commit.short()),
            GapReason::Malformed,
            detail,
            remedy,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_testkit::history::{Edit, History};

    const POLICY_TEXT: &str = r#"
schema = 1
[project]
name = "Record upload"
[branches]
deployment = ["main", "release/*"]
[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = ["services/**"]
[roles.gate-owners]
teams = ["Data protection"]
[controls.required-reviews]
approvals = 1
[controls.gate-integrity]
role = "gate-owners"
approvals = 1
"#;

    /// What is guarded with this policy and these settings.
    fn guards(settings: &[(&str, &str)], branch: &str) -> bool {
        let directory = tempfile::tempdir().unwrap();
        let mut history = History::begin(directory.path()).unwrap();
        let kim = ("Kim Example", "kim@example.test");
        let tip = history.commit(kim, &[], "Begin", &[Edit::Write(POLICY, POLICY_TEXT)]).unwrap();
        history.branch("main", tip).unwrap();
        let mut config = history.repository().config().unwrap();
        settings.iter().for_each(|(name, value)| config.set_str(name, value).unwrap());
        let repository = Repository::open_git_directory(&directory.path().join(".git")).unwrap();
        let in_force = InForce::read(&repository).unwrap();
        in_force.guards(&repository, &BranchName::new(branch), None).unwrap()
    }

    /// Read as for GitHub it would be invalid, and every branch guarded.
    #[test]
    fn a_team_of_a_server_has_any_name() {
        assert!(guards(&[], "release/1"));
        assert!(!guards(&[], "topic"));
    }

    #[test]
    fn names_fold_where_the_setting_says_so_or_cannot_be_read() {
        for (value, folds) in [("true", true), ("perhaps", true), ("false", false)] {
            assert_eq!(guards(&[("core.ignorecase", value)], "Release/1"), folds, "{value}");
        }
        assert!(!guards(&[], "Release/1"), "an unset one is off");
    }
}
