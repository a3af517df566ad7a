//! The policies of a rehearsal. They need not be committed: nothing is decided by them.

use super::RehearseArguments;
use crate::audit::unseen_failure;
use crate::deploying::branch_named;
use crate::exit::{Failure, Result};
use crate::policy_file::{POLICY, parse_policy_at, read_policy};
use portcullis_collect::gather::text_at;
use portcullis_git::Repository;
use portcullis_judge::policy::Policy;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::host::HostProfile;
use portcullis_model::path::RepoPath;
use portcullis_wire::rehearsal::v1::RehearsedPolicyV1;
use std::path::Path;

/// A policy, and what it is called.
pub struct NamedPolicy {
    /// The policy.
    pub policy: Policy,
    /// The file.
    pub file: String,
}

impl NamedPolicy {
    /// The policy that is rehearsed: the one that is named, else the one that lies here, else the
    /// one of the newest commit.
    ///
    /// # Errors
    /// There is none, or it is not valid.
    pub fn rehearsed(
        repository: &Repository,
        directory: &Path,
        arguments: &RehearseArguments,
        profile: &HostProfile,
    ) -> Result<Self> {
        let here = repository.work_tree().unwrap_or(directory).join(POLICY);
        match &arguments.policy {
            Some(file) => NamedPolicy::read(directory, file, profile),
            None if here.exists() => {
                Ok(NamedPolicy { policy: read_policy(&here, profile)?, file: POLICY.to_string() })
            }
            None => NamedPolicy::committed(repository, arguments.branch.as_deref(), profile),
        }
    }

    /// The policy in a file.
    ///
    /// # Errors
    /// It cannot be read, or is not valid.
    pub fn read(directory: &Path, file: &Path, profile: &HostProfile) -> Result<Self> {
        let policy = read_policy(&directory.join(file), profile)?;
        Ok(NamedPolicy { policy, file: file.display().to_string() })
    }

    fn committed(repository: &Repository, branch: Option<&str>, profile: &HostProfile) -> Result<Self> {
        let name = branch.unwrap_or("HEAD");
        let commit = repository.resolve(name)?;
        let text =
            text_at(repository, &commit, &RepoPath::from(POLICY)).map_err(|gap| unseen_failure(&gap))?;
        let missing = || {
            Failure::policy(format!("there is no {POLICY} here or at {name}"))
                .hint("`portcullis init` proposes one; it need not be committed to be rehearsed")
        };
        let file = format!("{POLICY} at {}", commit.short());
        let text = text.ok_or_else(missing)?;
        Ok(NamedPolicy { policy: parse_policy_at((repository, &commit), &file, &text, profile)?, file })
    }

    /// As the form tells of it.
    ///
    /// # Errors
    /// The branch cannot be read.
    pub fn describe(&self, repository: &Repository, tip: &Revision) -> Result<RehearsedPolicyV1> {
        let text = text_at(repository, tip, &RepoPath::from(POLICY)).map_err(|gap| unseen_failure(&gap))?;
        Ok(RehearsedPolicyV1 {
            file: self.file.clone(),
            digest: (&self.policy.digest).into(),
            in_force: text.as_ref() == Some(&self.policy.text),
        })
    }

    /// The branch that is looked at: the one that is named, else the only one of the policy, else
    /// the one that is checked out.
    ///
    /// # Errors
    /// It is not named, or it is none that the policy judges.
    pub fn branch(&self, repository: &Repository, named: Option<&str>) -> Result<BranchName> {
        let name = match named {
            Some(name) => BranchName::new(name),
            None => branch_named(None, &self.policy)
                .or_else(|| self.checked_out(repository))
                .ok_or_else(|| self.unnamed_branch())?,
        };
        if self.judges(&name) {
            return Ok(name);
        }
        Err(Failure::usage(format!(
            "{name} is no deployment branch of {}: it would judge none of its landings",
            self.file
        )))
    }

    fn judges(&self, branch: &BranchName) -> bool {
        self.policy.scope.deployment.iter().any(|glob| glob.matches(branch.as_str().as_bytes()))
    }

    fn checked_out(&self, repository: &Repository) -> Option<BranchName> {
        let (_, head) = repository.default_branches();
        head.map(|name| BranchName::new(&name)).filter(|branch| self.judges(branch))
    }

    fn unnamed_branch(&self) -> Failure {
        let patterns: Vec<&str> = self.policy.scope.deployment.iter().map(|glob| glob.as_str()).collect();
        Failure::usage("name the branch whose landings are looked at: --branch NAME").hint(format!(
            "the deployment branches of the policy are {}, and none of them is checked out",
            patterns.join(", ")
        ))
    }
}
