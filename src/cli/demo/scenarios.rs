//! The changes that the demo judges: one honest, one harmless, and the ways round a gate that look
//! most harmless.

use anyhow::Result;
use portcullis_judge::control::{
    gate_integrity, protected_branch, regression_tests, required_checks, required_reviews,
};
use portcullis_model::check::Producer;
use portcullis_model::decision::Outcome;
use portcullis_model::person::Account;
use portcullis_model::review::{Permission, Review, ReviewSource, ReviewState, ReviewedContent};
use portcullis_testkit::history::Edit;
use portcullis_testkit::scene::{Fault, Part, Scene};
use portcullis_testkit::stage::KIM;
use portcullis_testkit::world::{minutes, person};

/// A change and what the gate must say of it.
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What happened, in one sentence.
    pub story: &'static str,
    /// What the gate must say.
    pub outcome: Outcome,
    /// The control that must say so; empty for an allowed change.
    pub control: &'static str,
    /// The kinds of hosts that have nothing of the kind.
    pub not_on: &'static [&'static str],
    /// Changes the honest scene.
    pub arrange: fn(&mut Scene) -> Result<()>,
}

/// All of them, in the order of telling.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "honest-change",
        story: "Kim changes how records are loaded; Robin and Alex approve that commit; the suite ran.",
        outcome: Outcome::Allow,
        control: "",
        not_on: &[],
        arrange: |_| Ok(()),
    },
    Scenario {
        name: "harmless-change",
        story: "Kim corrects the guide; Robin approves. No data-processing code, so no suite is asked for.",
        outcome: Outcome::Allow,
        control: "",
        not_on: &[],
        arrange: harmless,
    },
    Scenario {
        name: "self-approval",
        story: "Kim's second approval comes from Kim's own second account.",
        outcome: Outcome::Block,
        control: required_reviews::KIND.name,
        not_on: &[],
        arrange: self_approval,
    },
    Scenario {
        name: "stale-approval",
        story: "After both approvals, Kim pushes one more commit.",
        outcome: Outcome::Block,
        control: required_reviews::KIND.name,
        not_on: &[],
        arrange: |scene| {
            let kim = kim(scene);
            scene.stage.push(KIM, &kim, &[Edit::Write("services/upload/load.sql", "DELETE FROM records;\n")])
        },
    },
    Scenario {
        name: "missing-tests",
        story: "The regression suite did not run, so there is no report.",
        outcome: Outcome::Block,
        control: regression_tests::KIND.name,
        not_on: &[],
        arrange: |scene| Ok(std::fs::remove_file(scene.stage.report_file())?),
    },
    Scenario {
        name: "empty-report",
        story: "The suite's report is there and says that it passed, but no test is in it.",
        outcome: Outcome::Block,
        control: regression_tests::KIND.name,
        not_on: &[],
        arrange: |scene| {
            scene.stage.report(
                r#"<testsuites tests="3" failures="0"><testsuite name="upload-regression"/></testsuites>"#,
            )
        },
    },
    Scenario {
        name: "unprotected-branch",
        story: "Nothing protects the deployment branch: anyone with write access can push to it.",
        outcome: Outcome::Block,
        control: protected_branch::KIND.name,
        not_on: &[],
        arrange: |scene| {
            scene.protection.rules.clear();
            Ok(())
        },
    },
    Scenario {
        name: "bypass-actor",
        story: "The branch is protected, but one account may always bypass the protection.",
        outcome: Outcome::Block,
        control: protected_branch::KIND.name,
        not_on: &["bare"],
        arrange: bypass_actor,
    },
    Scenario {
        name: "hidden-bypass-list",
        story: "The host does not show this token who may bypass the protection.",
        outcome: Outcome::Undetermined,
        control: protected_branch::KIND.name,
        not_on: &["bare"],
        arrange: |scene| {
            scene.protection.bypass = None;
            Ok(())
        },
    },
    Scenario {
        name: "moved-code",
        story: "Kim writes to the records from a file outside the named paths, and one person approves.",
        outcome: Outcome::Block,
        control: required_reviews::KIND.name,
        not_on: &[],
        arrange: moved_code,
    },
    Scenario {
        name: "weakened-policy",
        story: "The change itself lowers what the policy requires; Robin approves, the gate's owner does not.",
        outcome: Outcome::Block,
        control: gate_integrity::KIND.name,
        not_on: &[],
        arrange: weakened_policy,
    },
    Scenario {
        name: "borrowed-check",
        story: "A check of the right name is green, but somebody else wrote it.",
        outcome: Outcome::Block,
        control: required_checks::KIND.name,
        not_on: &["bare"],
        arrange: borrowed_check,
    },
    Scenario {
        name: "withheld-reviews",
        story: "The host answers the request for the reviews with an error.",
        outcome: Outcome::Undetermined,
        control: required_reviews::KIND.name,
        not_on: &[],
        arrange: |scene| {
            scene.hide(Part::Reviews, Fault::Refused(403));
            Ok(())
        },
    },
];

fn kim(scene: &Scene) -> Account {
    scene.stage.world.request.author.clone().unwrap_or_else(|| person("kim-example", 11))
}

fn harmless(scene: &mut Scene) -> Result<()> {
    scene.stage.change(&[Edit::Write("docs/guide.md", "How to upload records, step by step.\n")])?;
    scene.stage.world.reviews.truncate(1);
    Ok(std::fs::remove_file(scene.stage.report_file())?)
}

fn self_approval(scene: &mut Scene) -> Result<()> {
    let second = person("kim-example-admin", 14);
    let own = Review {
        id: 33.into(),
        position: 33,
        reviewer: Some(second.clone()),
        state: ReviewState::Approved,
        reviewed: scene
            .stage
            .world
            .reviews
            .first()
            .map_or(ReviewedContent::Unknown, |review| review.reviewed.clone()),
        submitted: Some(minutes(55)),
        source: ReviewSource::Host,
    };
    scene.stage.world.reviews.truncate(1);
    scene.stage.world.reviews.push(own);
    scene.stage.world.permissions.push((second, Permission::Admin));
    Ok(())
}

fn bypass_actor(scene: &mut Scene) -> Result<()> {
    scene.protection.let_bypass(&kim(scene));
    Ok(())
}

fn moved_code(scene: &mut Scene) -> Result<()> {
    let text = "UPDATE records SET name = 'TEST' WHERE nominal_id > 0;\n";
    scene.stage.change(&[Edit::Write("tools/cleanup.sql", text)])?;
    scene.stage.world.reviews.truncate(1);
    Ok(())
}

fn weakened_policy(scene: &mut Scene) -> Result<()> {
    let weaker = scene.policy.replace("minimum = 3", "minimum = 1").replace("approvals = 2", "approvals = 1");
    scene.stage.change(&[Edit::Write("portcullis.toml", &weaker)])?;
    scene.stage.world.reviews.truncate(1);
    Ok(())
}

fn borrowed_check(scene: &mut Scene) -> Result<()> {
    for check in &mut scene.stage.world.checks {
        check.producer = Producer::App { id: 4711.into(), slug: "made-up-app".into() };
    }
    Ok(())
}
