//! The reading plan for a branch.

use super::{Gitea, wire};
use crate::http::gaps::contradiction;
use portcullis_model::change::BranchName;
use portcullis_model::fact::Gap;
use portcullis_model::protection::Branch;

impl Gitea {
    pub(super) fn branch_fact(&self, name: &BranchName) -> Result<Branch, Gap> {
        let seen = self.seen_branch(name)?;
        let tip = self.revision(&format!("branch {name}"), &seen.commit.id)?;
        Ok(Branch { name: name.clone(), tip, protected: seen.protected })
    }

    /// What the host says of a branch; asked once.
    pub(super) fn seen_branch(&self, name: &BranchName) -> Result<wire::Branch, Gap> {
        let known = self.branches.borrow().get(name).cloned();
        let seen = known.unwrap_or_else(|| self.read_branch(name));
        self.branches.borrow_mut().insert(name.clone(), seen.clone());
        seen
    }

    fn read_branch(&self, name: &BranchName) -> Result<wire::Branch, Gap> {
        let what = format!("branch {name}");
        let seen: wire::Branch = self.get(&what, &self.at(&["branches", name.as_str()]), &[])?;
        if seen.name == name.as_str() {
            Ok(seen)
        } else {
            Err(contradiction(&what, format!("the host answered with branch `{}`", seen.name)))
        }
    }
}
