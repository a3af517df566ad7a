//! The reading plan for the request that brought a commit to a branch.

use super::lists::List;
use super::translate::branch_name;
use super::{Gitea, wire};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::Gap;
use portcullis_model::id::RequestId;
use std::collections::BTreeSet;

impl Gitea {
    /// The host names the one request that was merged as this commit. A 404 says that there is none
    /// only where the host shows this token the commit itself.
    pub(super) fn requests_that_brought(
        &self,
        commit: &Revision,
        branch: &BranchName,
    ) -> Result<BTreeSet<RequestId>, Gap> {
        let what = format!("the requests that brought {}", commit.short());
        let reply = self.look(&what, &self.at(&["commits", commit.as_str(), "pull"]))?;
        if reply.response.status == 404 {
            let briefly = [("stat", "false"), ("verification", "false"), ("files", "false")];
            let seen: wire::CommitItem =
                self.get(&what, &self.at(&["git", "commits", commit.as_str()]), &briefly)?;
            return match seen.sha == commit.as_str() {
                true => Ok(BTreeSet::new()),
                false => Err(reply.refusal(&what)),
            };
        }
        let pull: wire::PullRequest = reply.read(&what).map_err(super::style::name_scope)?;
        let is_here = pull.merged && branch_name(&pull.base.branch) == *branch;
        Ok(is_here.then(|| pull.number.into()).into_iter().collect())
    }

    /// The commits that the host lists for a request.
    pub(super) fn commits_of(&self, request: &RequestId) -> Result<BTreeSet<Revision>, Gap> {
        let number = request.to_string();
        let what = format!("the commits of request {number}");
        let query = vec![("verification", "false"), ("files", "false")];
        let list = List { query, ..List::new(&what, self.at(&["pulls", &number, "commits"])) };
        let seen: Vec<wire::CommitItem> = self.list(&list)?;
        seen.into_iter().map(|commit| self.revision(&what, &commit.sha)).collect()
    }
}
