//! Snapshots of the protection of a branch: what a host said of it at one moment.

use crate::administration::Administration;
use crate::change::{BranchName, Revision};
use crate::digest::Digest;
use crate::fact::{Fact, Gap};
use crate::protection::Protection;
use jiff::Timestamp;

/// One snapshot. It is stored in a chain, one for each branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The version of its form.
    pub schema: u32,
    /// The branch. The name of the ref follows from it.
    pub branch: BranchName,
    /// 1 for the first snapshot of a branch, and one more for each after it.
    pub number: u64,
    /// The SHA-256 of the `snapshot.json` before this one; `None` in the first.
    pub previous: Option<Digest>,
    /// The kind of host, `github`.
    pub host: String,
    /// The repository, as its host names it.
    pub repository: String,
    /// When the host was asked, by the clock of the machine that asked; in whole seconds.
    pub time: Timestamp,
    /// Where the branch pointed then.
    pub tip: Fact<Revision>,
    /// What was seen.
    pub look: StoredLook,
    /// The program that asked, with its version.
    pub tool: String,
}

/// What a snapshot holds of what was seen: only what differs is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredLook {
    /// The look itself.
    New(Box<ProtectionLook>),
    /// What was seen is what an earlier snapshot holds.
    Same {
        /// The number of the newest snapshot that holds a look itself.
        number: u64,
        /// The SHA-256 of that look.
        digest: Digest,
    },
}

/// What was seen of the protection of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectionLook {
    /// Does the host say that anything protects the branch?
    pub protected: Fact<bool>,
    /// What protects it.
    pub protection: Fact<Protection>,
    /// Who can change that. It is asked where the host hides who may bypass a requirement.
    pub administration: Option<Administration>,
}

impl ProtectionLook {
    /// Everything that could not be seen.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        match &self.protection {
            Fact::Gap(gap) => gaps.push(gap.clone()),
            Fact::Known(protection) => {
                gaps.extend(protection.unseen.iter().cloned());
                gaps.extend(protection.requirements.iter().filter_map(|one| one.bypass.known().err()));
            }
        }
        if let Some(seen) = &self.administration {
            let Administration { administrators, owners, apps, deploy_keys, roles } = seen;
            gaps.extend([administrators, owners].into_iter().filter_map(|one| one.known().err()));
            gaps.extend([apps, deploy_keys, roles].into_iter().filter_map(|one| one.known().err()));
        }
        gaps.extend(self.protected.known().err());
        gaps.sort();
        gaps.dedup();
        gaps
    }
}
