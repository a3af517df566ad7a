//! Projects for attacks: an honest stage under other policies and owners, and short words for bending it.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "test support: a failure here is a failed test, and says in which row"
)]

use super::gate::{Verdict, judge};
use portcullis_model::change::Revision;
use portcullis_model::person::Account;
use portcullis_model::review::{Review, ReviewSource, ReviewState};
use portcullis_testkit::history::{Edit, Person};
use portcullis_testkit::stage::{POLICY, Stage};
use portcullis_testkit::world::{Classic, minutes};

/// CODEOWNERS of the honest project.
pub const OWNERS: &str = "* @robin-example\n/services/upload/ @robin-example @alex-example\n";
/// Robin, as a commit names them.
pub const ROBIN: Person<'static> = ("Robin Example", "robin@example.test");

/// One row of a table: what happens, how the stage is altered, and what the gate must say. Exit 0 is an honest twin.
pub type Row<'a> = (&'a str, &'a dyn Fn(&mut Stage), i32, &'a str, &'a str);

/// An honest project with this policy and these owners.
pub fn project(policy: &str, owners: &str) -> Stage {
    Stage::with(&[
        Edit::Write("portcullis.toml", policy),
        Edit::Write(".github/CODEOWNERS", owners),
        Edit::Write(".github/workflows/gate.yml", "on: pull_request\n"),
        Edit::Write("README.md", "# Record upload\n"),
        Edit::Write("docs/guide.md", "How to upload records.\n"),
        Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT * FROM staging;\n"),
        Edit::Write("tests/upload/load_test.sql", "SELECT count(*) FROM records;\n"),
    ])
    .unwrap()
}

/// The demonstration's policy with one passage replaced, which must be there.
pub fn policy(passage: &str, by: &str) -> String {
    assert!(POLICY.contains(passage), "the policy does not say `{passage}`");
    POLICY.replace(passage, by)
}

/// A policy that wants everything of the branch, a team, the code owners and a commit status.
pub fn demanding_policy() -> String {
    let branch = "change-request = true\napprovals = 2\ndismiss-stale = true\ncode-owners = true\n\
        last-push-approval = true\nconversation-resolution = true\n\
        checks = [{ name = \"build\", app = 15368 }, { name = \"regression\", app = 15368 }]\n\
        up-to-date = true\nforce-push = \"blocked\"\ndeletion = \"blocked\"\nsigned-commits = true\n\
        linear-history = true\n";
    let asked = "change-request = true\napprovals = 1\ndismiss-stale = true\nforce-push = \"blocked\"\ndeletion = \"blocked\"\n";
    let roles =
        "roles = [{ role = \"data-protection\", approvals = 1 }, { role = \"owners\", approvals = 1 }]\n";
    let defined = "[roles.data-protection]\nteams = [\"example-org/data-protection\"]\n[roles.owners]\ncode-owners = true\n";
    let two = "[controls.required-reviews.data-processing]\napprovals = 2\n";
    policy(asked, branch)
        .replace(two, &format!("{two}{roles}"))
        .replace("[roles.gate-owners]", &format!("{defined}[roles.gate-owners]"))
}

/// The honest project under the demanding policy.
pub fn demanding() -> Stage {
    project(&demanding_policy(), OWNERS)
}

/// The same with classic protection in place of rulesets, and commits that the host tells of one by one.
pub fn classic() -> Stage {
    let mut stage = project(
        &demanding_policy(),
        "* @robin-example\n/services/upload/ @robin-example @example-org/data-protection\n",
    );
    stage.world.rulesets.clear();
    stage.world.classic = Some(Classic::strict());
    stage.world.listed_commits = 0;
    stage
}

/// Judges each row on a stage of its own.
pub fn table(make: impl Fn() -> Stage, rows: &[Row<'_>]) {
    assert!(rows.iter().any(|row| row.2 == 0), "a table needs an honest twin");
    for (what, alter, exit, control, text) in rows {
        // Shown only when the test fails.
        eprintln!("-- {what}");
        let mut stage = make();
        alter(&mut stage);
        judge(&stage).expect(*exit, control, text);
    }
}

/// The gate ended without a decision, with this exit code, and said this.
pub fn refused(verdict: &Verdict, exit: i32, text: &str) {
    assert_eq!(verdict.exit, exit, "{}", verdict.text);
    assert!(verdict.text.contains(text), "it does not say `{text}`: {}", verdict.text);
}

/// The head that the request has.
pub fn head(stage: &Stage) -> Revision {
    stage.world.request.head.clone()
}

/// Adds a review of the head.
pub fn review(stage: &mut Stage, by: &Account, state: ReviewState, minute: i64) {
    let id = 100 + stage.world.reviews.len() as u64;
    let commit = Some(head(stage));
    stage.world.reviews.push(Review {
        id: id.into(),
        position: id,
        reviewer: Some(by.clone()),
        state,
        reviewed: commit.into(),
        submitted: Some(minutes(minute)),
        source: ReviewSource::Host,
    });
}

/// Robin and Alex approve the head again.
pub fn approve_anew(stage: &mut Stage, minute: i64) {
    let reviewers: Vec<Account> =
        stage.world.reviews.iter().filter_map(|review| review.reviewer.clone()).collect();
    reviewers.iter().for_each(|by| review(stage, by, ReviewState::Approved, minute));
}
