//! What a policy says where no host keeps requests and reviews: people sign their reviews, and git
//! keeps them.

use crate::listing::name_of;

/// Where the keys of the people who may sign are listed.
pub const SIGNERS: &str = ".portcullis/allowed_signers";

/// How changes are judged by reviews that git keeps.
#[derive(Debug)]
pub struct GitReviews {
    /// The name that `--host` takes.
    pub host: &'static str,
    /// `[controls.protected-branch]`, with what is above it.
    pub(crate) protection: &'static str,
    /// The first lines of `[controls.required-reviews]`: whom it counts, and what it does where it
    /// is not known who pushed.
    pub(crate) required_reviews: &'static str,
    /// What keys may sign.
    pub(crate) namespaces: &'static str,
    /// What the owners of the gate have to know besides.
    pub(crate) owners: &'static str,
    /// How runs of suites are trusted, and what `[controls.regression-tests]` needs for that.
    pub(crate) trust: SuiteTrust,
    /// What is left to do once the keys are listed, in sentences.
    pub left: &'static [&'static str],
}

/// How runs of suites are trusted.
#[derive(Clone, Copy, Debug)]
pub struct SuiteTrust {
    /// What is before the suites.
    pub(crate) before: &'static str,
    /// The setting of each suite, with its reason.
    pub(crate) setting: &'static str,
}

/// Reports lie beside the gate, or come as a statement of the test job.
pub(crate) const LOCAL: SuiteTrust = SuiteTrust {
    before: "",
    setting: "\
# The run tested what would land: a statement from the test job, or a report in this job's clean checkout.
trust = \"local\"
",
};

/// All ways, sorted by name.
pub static TABLE: &[&GitReviews] = &[&HOOK, &CLONE];

/// The way of a host with this name.
pub fn find(host: &str) -> Option<&'static GitReviews> {
    TABLE.iter().find(|reviews| reviews.host == host).copied()
}

/// A server's hook judges what is pushed.
static HOOK: GitReviews = GitReviews {
    host: "bare",
    // git signs pushes in a namespace of its own.
    namespaces: "portcullis,git",
    protection: "
# What the server must enforce on the branch that receives the change: its hook does.
[controls.protected-branch]
# Changes land only through the gate.
change-request = true
# At least one approval is required.
approvals = 1
# New commits dismiss earlier approvals.
dismiss-stale = true
# Force pushes are blocked.
force-push = \"blocked\"
# The branch cannot be deleted.
deletion = \"blocked\"
# Anyone with write access to the disk of the server can bypass its hook. Say who that is.
bypass = [{ kind = \"server-access\", reason = \"The administrators of the server\" }]
",
    required_reviews: "\
# One person approves exactly the commits that land; neither an author nor the last pusher counts.
approvals = 1
",
    owners: "",
    trust: SuiteTrust {
        before: "
# The hook has no work tree in which reports could lie: runs come as signed notes (`portcullis evidence record --note --key KEY`).
[controls.regression-tests]
# The keys of those who may sign a run.
signers = \".portcullis/allowed_signers\"
",
        setting: "\
# The run tested what would land: a statement that a key of the list signed.
trust = \"signed\"
",
    },
    left: &[
        "On the server: `portcullis hook install --repository PATH`, then `portcullis hook check --repository PATH`.",
        "Make a change on a branch, and push it to the deployment branch: the hook says what is missing.",
    ],
};

/// Someone judges a change in a clone, before it is pushed.
static CLONE: GitReviews = GitReviews {
    host: "none",
    namespaces: "portcullis",
    protection: "
# No host was named, so no one enforces anything on the branch itself, and `protected-branch` is left out. A server that people
# push to can enforce this policy with a hook: `portcullis init --host bare`.
",
    required_reviews: "\
# One person approves exactly the commits that land, and no one whom they name as author, committer or co-author. Commits can name
# anyone, and only a server knows who pushed them.
approvals = 1
last-pusher = \"ignore\"
",
    owners: "\
# Without a server it is not known who pushed, so a change of the gate itself stays undetermined: look at it together, and land it.
",
    trust: LOCAL,
    left: &[
        "Make a change on a branch, run its tests with `portcullis evidence record`, and judge it: `portcullis check --host none --base BRANCH --head TOPIC`.",
        "Let someone else approve it: `portcullis approve TOPIC --onto BRANCH`.",
    ],
};

impl GitReviews {
    /// The list of signers to begin with: how a line is written.
    pub fn write_signers(&self) -> String {
        format!(
            "\
# {}: who may sign reviews, one line for each key (ssh-keygen(1), \"ALLOWED SIGNERS\").
# The first word names the person: a name for the roles of the policy, and each address that they commit with.
#
# kim,kim@example.test namespaces=\"{}\" ssh-ed25519 AAAA...
",
            name_of(SIGNERS),
            self.namespaces
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_finds_each_way() {
        assert!(TABLE.is_sorted_by_key(|reviews| reviews.host));
        TABLE.iter().for_each(|reviews| assert_eq!(find(reviews.host).unwrap().host, reviews.host));
        assert!(find("github").is_none());
    }
}
