//! Which addresses the reading plans begin with: they go out side by side where the way to the host
//! has several lanes. An address here is one that a plan asks in any case, unless the host refuses
//! what comes before it.

use crate::Question;
use crate::github::pushes::head_reference;
use crate::github::{GitHub, GitHubRequest, in_repository};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::inquiry::Topic;
use std::collections::BTreeSet;

/// The beginning of a list is not known as a question: a gap says so when it is asked.
type Address = Result<String, Gap>;

const WHAT: &str = "what is asked next";

impl GitHub {
    /// What the plans of the branch and of the head begin with.
    pub(super) fn foresee_topics(&self, topics: &BTreeSet<Topic>, question: &Question<'_>) {
        let mut addresses = Vec::new();
        if topics.contains(&Topic::Checks) {
            addresses.extend(self.check_addresses(question.head));
        }
        if let (true, Fact::Known(branch)) = (topics.contains(&Topic::Protection), &question.branch) {
            addresses.extend(self.protection_addresses(&branch.name, branch.protected));
        }
        self.client.foresee(addresses.into_iter().flatten().collect());
    }

    /// Which requests brought these commits.
    pub(super) fn foresee_requests_of(&self, commits: &[Revision]) {
        let addresses =
            commits.iter().map(|id| self.list_address(&self.at(&["commits", id.as_str(), "pulls"])));
        self.client.foresee(addresses.flatten().collect());
    }

    pub(super) fn branch_address(&self, name: &BranchName) -> Address {
        self.client.url(WHAT, &self.at(&["branches", name.as_str()]), &[])
    }

    /// What the plan of the administration begins with: the same for a repository of a person and
    /// of an organisation.
    pub(super) fn foresee_administration(&self) {
        let administrators = [("affiliation", "all"), ("permission", "admin")];
        let addresses = [
            self.client.first_page(WHAT, &self.at(&["collaborators"]), &administrators),
            self.client.first_page(WHAT, &self.at(&["keys"]), &[]),
            self.client.url(WHAT, &self.at(&[]), &[]),
        ];
        self.client.foresee(addresses.into_iter().flatten().collect());
    }

    /// What it goes on with, where that is an organisation.
    pub(super) fn foresee_organization(&self) {
        let lists = ["installations", "custom-repository-roles"];
        let mut addresses = lists.map(|list| self.list_address(&self.of_organization(&[list]))).to_vec();
        let owners = self.of_organization(&["members"]);
        addresses.push(self.client.first_page(WHAT, &owners, &[("role", "admin")]));
        self.client.foresee(addresses.into_iter().flatten().collect());
    }

    fn check_addresses(&self, head: &Revision) -> [Address; 2] {
        let of_commit = |rest| self.at(&["commits", head.as_str(), rest]);
        [
            self.client.first_page(WHAT, &of_commit("check-runs"), &[("filter", "latest")]),
            self.list_address(&of_commit("statuses")),
        ]
    }

    fn protection_addresses(&self, branch: &BranchName, is_protected: bool) -> Vec<Address> {
        let name = branch.as_str();
        let mut addresses = vec![self.list_address(&self.at(&["rules", "branches", name]))];
        if is_protected {
            addresses.push(self.client.url(WHAT, &self.at(&["branches", name, "protection"]), &[]));
        }
        addresses
    }

    fn list_address(&self, segments: &[&str]) -> Address {
        self.client.first_page(WHAT, segments, &[])
    }
}

impl GitHubRequest<'_> {
    /// What the plans of the request begin with.
    pub(super) fn foresee_topics(&self, topics: &BTreeSet<Topic>, question: Option<&Question<'_>>) {
        let mut addresses = Vec::new();
        if question.is_none() {
            let number = self.id.to_string();
            addresses.push(self.host.client.url(WHAT, &self.host.at(&["pulls", &number]), &[]));
        }
        if topics.contains(&Topic::Reviews) {
            addresses.extend(self.review_addresses());
        }
        if let (true, Some(question)) = (topics.contains(&Topic::Pushes), question) {
            addresses.extend(self.push_address(question));
        }
        self.host.client.foresee(addresses.into_iter().flatten().collect());
    }

    fn review_addresses(&self) -> [Address; 3] {
        let number = self.id.to_string();
        [["pulls", &number, "reviews"], ["issues", &number, "events"], ["pulls", &number, "commits"]]
            .map(|rest| self.host.list_address(&self.host.at(&rest)))
    }

    fn push_address(&self, question: &Question<'_>) -> Option<Address> {
        let (from, reference) = head_reference(question.request.value()?).ok()?;
        let query = [("ref", reference.as_str())];
        Some(self.host.client.first_page(WHAT, &in_repository(&from, &["activity"]), &query))
    }
}
