//! The situations: what happened, how the honest scene is changed, and what the gate must say.

use crate::support::people::{LOAD, alex, kim, noor, robin, written};
use crate::support::project::{ROBIN, approve_anew, review};
use portcullis_model::check::{Conclusion, Producer};
use portcullis_model::person::{Account, AccountKind};
use portcullis_model::protection::Rule;
use portcullis_model::review::{CommitAccounts, Permission, ReviewState};
use portcullis_testkit::history::Edit;
use portcullis_testkit::scene::{Fault, Part, Scene};
use portcullis_testkit::stage::{KIM, Stage, revision};
use portcullis_testkit::world::{Activity, Event, minutes, person};

/// One situation.
pub struct Situation {
    /// Its name.
    pub name: &'static str,
    /// What happened, for the documentation.
    pub story: &'static str,
    /// The exit code: 0 allowed, 1 blocked, 3 undetermined.
    pub exit: i32,
    /// The control that must say so.
    pub control: &'static str,
    /// Changes the honest scene.
    pub arrange: fn(&mut Scene),
}

const REVIEWS: &str = "required-reviews";
const BRANCH: &str = "protected-branch";
const CHECKS: &str = "required-checks";
const TESTS: &str = "regression-tests";
const GATE: &str = "gate-integrity";

const fn honest(name: &'static str, story: &'static str, arrange: fn(&mut Scene)) -> Situation {
    Situation { name, story, exit: 0, control: "", arrange }
}

const fn blocked(
    name: &'static str,
    story: &'static str,
    control: &'static str,
    arrange: fn(&mut Scene),
) -> Situation {
    Situation { name, story, exit: 1, control, arrange }
}

const fn unclear(
    name: &'static str,
    story: &'static str,
    control: &'static str,
    arrange: fn(&mut Scene),
) -> Situation {
    Situation { name, story, exit: 3, control, arrange }
}

/// Every situation.
pub const SITUATIONS: &[Situation] = &[
    honest("honest", "Kim changes the code, Robin and Alex approve the head, the suite ran", |_| ()),
    honest("harmless", "Kim corrects the guide and Robin approves", |scene| {
        scene
            .stage
            .change(&[Edit::Write("docs/guide.md", "How to upload records, step by step.\n")])
            .unwrap();
        scene.stage.world.reviews.truncate(1);
        std::fs::remove_file(scene.stage.report_file()).unwrap();
    }),
    honest("clean-update", "After the approvals Kim merges the base into the request", |scene| {
        update(&mut scene.stage, &[NEWS]);
    }),
    honest("approved-again", "Kim pushes once more, and both approve again", |scene| {
        push_late(scene, &kim());
        approve_anew(&mut scene.stage, 70);
    }),
    honest("objection-resolved", "Alex requested changes at first, and approved later", |scene| {
        let first = scene.stage.world.reviews.len();
        review(&mut scene.stage, &alex(), ReviewState::ChangesRequested, 30);
        scene.stage.world.reviews.swap(0, first);
        scene.stage.world.reviews.swap(1, first);
        number_reviews(scene);
    }),
    honest("comment", "Noor comments without an opinion", |scene| {
        review(&mut scene.stage, &noor(), ReviewState::Commented, 60);
    }),
    honest("third-approval", "Noor approves as well", |scene| {
        review(&mut scene.stage, &noor(), ReviewState::Approved, 60);
        scene.permit(&noor(), Permission::Write);
    }),
    honest("administrator-approves", "Alex, who approved, administers the repository", |scene| {
        scene.permit(&alex(), Permission::Admin);
    }),
    honest("retargeted-before", "The request was turned to this branch before it was approved", |scene| {
        retarget(scene, 30);
    }),
    honest("other-check-failed", "A check that the policy does not name has failed", |scene| {
        conclude(scene, "build", Conclusion::Failure);
    }),
    honest("stricter-branch", "The branch requires more than the policy", |scene| {
        scene.protection.rules.push(Rule::Approvals(2));
        scene.stage.world.checks.truncate(2);
    }),
    blocked("one-approval", "Only Robin approves a change of data-processing code", REVIEWS, |scene| {
        scene.stage.world.reviews.truncate(1);
    }),
    blocked("no-approval", "The change has no reviews", REVIEWS, |scene| {
        scene.stage.world.reviews.clear();
    }),
    blocked("self-approval", "Kim, who opened the request, gives the second approval", REVIEWS, |scene| {
        second_approval(scene, kim());
    }),
    blocked("second-account", "The second approval comes from Kim's second account", REVIEWS, |scene| {
        second_approval(scene, person("kim-example-admin", 14));
    }),
    blocked("author-approves", "Robin, who wrote the commit, approves", REVIEWS, |scene| {
        written(&mut scene.stage, (ROBIN, Some(robin())), (KIM, Some(kim())), "Load");
    }),
    blocked("committer-approves", "Robin, who committed the change, approves", REVIEWS, |scene| {
        written(&mut scene.stage, (KIM, Some(kim())), (ROBIN, Some(robin())), "Load");
    }),
    blocked("co-author-approves", "Robin, who approves, is a co-author of the commit", REVIEWS, |scene| {
        let message = "Load\n\nCo-authored-by: Robin Example <robin@example.test>\n";
        written(&mut scene.stage, (KIM, Some(kim())), (KIM, Some(kim())), message);
        let commit = scene.stage.world.request.head.clone();
        scene.stage.world.co_authors = vec![(commit, vec![("robin@example.test".into(), Some(robin()))])];
    }),
    unclear("unknown-author", "The author's address belongs to no known account", REVIEWS, |scene| {
        written(&mut scene.stage, (("X", "x@example.test"), None), (KIM, Some(kim())), "Load");
    }),
    blocked("stale-approval", "After both approvals Kim pushes one more commit", REVIEWS, |scene| {
        push_late(scene, &kim());
    }),
    blocked("pusher-approves", "Alex pushed the head, and approves it", REVIEWS, |scene| {
        for push in &mut scene.stage.world.activity {
            push.actor = Some(alex());
        }
    }),
    blocked("withdrawn-approval", "Alex's approval was withdrawn", REVIEWS, |scene| {
        scene.stage.world.reviews[1].state = ReviewState::Dismissed;
    }),
    blocked("objection", "Alex approves, then requests changes", REVIEWS, |scene| {
        review(&mut scene.stage, &alex(), ReviewState::ChangesRequested, 60);
    }),
    blocked("objection-of-third", "Two people approve and a third one requests changes", REVIEWS, |scene| {
        review(&mut scene.stage, &noor(), ReviewState::ChangesRequested, 60);
        scene.permit(&noor(), Permission::Write);
    }),
    blocked(
        "retargeted-after",
        "The request was turned to this branch after it was approved",
        REVIEWS,
        |scene| {
            retarget(scene, 55);
        },
    ),
    blocked("bot-approval", "The second approval comes from a bot", REVIEWS, |scene| {
        second_approval(scene, Account { kind: AccountKind::Bot, ..person("helper[bot]", 21) });
    }),
    blocked("ghost-approval", "The account of the second approval no longer exists", REVIEWS, |scene| {
        scene.stage.world.reviews[1].reviewer = None;
    }),
    blocked(
        "reader-approves",
        "The second approval comes from a person who may only read",
        REVIEWS,
        |scene| {
            second_approval(scene, noor());
            scene.permit(&noor(), Permission::Read);
        },
    ),
    blocked(
        "stranger-approves",
        "The second approval comes from a person without any right",
        REVIEWS,
        |scene| {
            second_approval(scene, noor());
            scene.permit(&noor(), Permission::None);
        },
    ),
    blocked(
        "evil-update",
        "The merge of the base into the request adds a line of its own",
        REVIEWS,
        |scene| {
            update(&mut scene.stage, &[NEWS, LOAD]);
        },
    ),
    blocked(
        "moved-code",
        "One person approves a script outside the named paths that writes records",
        REVIEWS,
        |scene| {
            let text = "UPDATE records SET name = 'TEST' WHERE nominal_id > 0;\n";
            scene.stage.change(&[Edit::Write("tools/cleanup.sql", text)]).unwrap();
            scene.stage.world.reviews.truncate(1);
        },
    ),
    blocked("unprotected-branch", "Nothing protects the branch", BRANCH, |scene| {
        scene.protection.rules.clear()
    }),
    blocked("direct-push", "The branch takes changes without a change request", BRANCH, |scene| {
        scene.protection.drop_rule("change-request");
        scene.protection.drop_rule("approvals");
        scene.protection.drop_rule("dismiss-stale");
    }),
    blocked("force-push", "The branch may be pushed to with force", BRANCH, |scene| {
        scene.protection.drop_rule("no-force-push");
    }),
    blocked("deletion", "The branch may be deleted", BRANCH, |scene| {
        scene.protection.drop_rule("no-deletion")
    }),
    blocked("no-host-approvals", "The branch requires no approval", BRANCH, |scene| {
        scene.protection.drop_rule("approvals");
    }),
    blocked("approvals-survive", "A push does not withdraw approvals", BRANCH, |scene| {
        scene.protection.drop_rule("dismiss-stale");
    }),
    blocked("bypass", "Kim may bypass the protection", BRANCH, |scene| scene.protection.let_bypass(&kim())),
    unclear("hidden-bypass", "The token does not see who may bypass the protection", BRANCH, |scene| {
        scene.protection.bypass = None;
    }),
    blocked("missing-check", "The required check did not run", CHECKS, |scene| {
        scene.stage.world.checks.retain(|check| check.name != "regression");
    }),
    blocked("failed-check", "The required check has failed", CHECKS, |scene| {
        conclude(scene, "regression", Conclusion::Failure);
    }),
    blocked("running-check", "The required check has not ended", CHECKS, |scene| {
        conclude(scene, "regression", Conclusion::Running);
    }),
    blocked("skipped-check", "The required check was skipped", CHECKS, |scene| {
        conclude(scene, "regression", Conclusion::Skipped);
    }),
    blocked("borrowed-check", "Somebody else wrote a check of the required name", CHECKS, |scene| {
        for check in &mut scene.stage.world.checks {
            check.producer = Producer::Account(Some(kim()));
        }
    }),
    blocked("missing-report", "The suite did not run", TESTS, |scene| {
        std::fs::remove_file(scene.stage.report_file()).unwrap();
    }),
    blocked("empty-report", "The report of the suite holds no test", TESTS, |scene| {
        scene.stage.report("<testsuites tests='0' failures='0'/>").unwrap();
    }),
    blocked("red-report", "A test of the suite failed", TESTS, |scene| {
        let red = portcullis_testkit::stage::GREEN.replace(
            "name=\"loads_new_records\" time=\"0.1\"/>",
            "name=\"loads_new_records\" time=\"0.1\"><failure message=\"lost\"/></testcase>",
        );
        scene.stage.report(&red).unwrap();
    }),
    blocked(
        "weakened-policy",
        "The change lowers what the policy requires, and its owner does not approve",
        GATE,
        |scene| {
            let weaker = scene.policy.replace("minimum = 3", "minimum = 1");
            scene.stage.change(&[Edit::Write("portcullis.toml", &weaker)]).unwrap();
            scene.stage.world.reviews.truncate(1);
        },
    ),
    unclear("request-refused", "The host refuses to show the request", GATE, |scene| {
        scene.hide(Part::Request, Fault::Refused(403));
    }),
    unclear("branch-refused", "The host refuses to show the branch", GATE, |scene| {
        scene.hide(Part::Branch, Fault::Refused(404));
    }),
    unclear("reviews-missing", "The host answers the question for reviews with 404", REVIEWS, |scene| {
        scene.hide(Part::Reviews, Fault::Refused(404));
    }),
    unclear(
        "reviews-garbled",
        "The host answers the question for reviews with a sign-in page",
        REVIEWS,
        |scene| {
            scene.hide(Part::Reviews, Fault::Garbled);
        },
    ),
    unclear("reviews-cut", "The list of reviews ends before its last page", REVIEWS, |scene| {
        scene.hide(Part::Reviews, Fault::Cut);
    }),
    unclear(
        "history-refused",
        "The host refuses to show whether the base branch was changed",
        REVIEWS,
        |scene| {
            scene.hide(Part::RequestHistory, Fault::Refused(403));
        },
    ),
    unclear("pushes-refused", "The host refuses to show who pushed the head", REVIEWS, |scene| {
        scene.hide(Part::Pushes, Fault::Refused(403));
    }),
    unclear("permissions-refused", "The host refuses to show what the reviewers may do", REVIEWS, |scene| {
        scene.hide(Part::Permissions, Fault::Refused(403));
    }),
    unclear("protection-refused", "The host refuses to show what protects the branch", BRANCH, |scene| {
        scene.hide(Part::Protection, Fault::Refused(403));
    }),
    unclear("checks-refused", "The host refuses to show the checks", CHECKS, |scene| {
        scene.hide(Part::Checks, Fault::Refused(403));
    }),
];

/// What `main` brought since the request began.
const NEWS: Edit<'static> = Edit::Write("docs/guide.md", "How to upload and amend records.\n");

fn second_approval(scene: &mut Scene, by: Account) {
    scene.stage.world.reviews[1].reviewer = Some(by.clone());
    scene.permit(&by, Permission::Write);
}

fn push_late(scene: &mut Scene, by: &Account) {
    scene.stage.push(KIM, by, &[LOAD]).unwrap();
}

fn retarget(scene: &mut Scene, minute: i64) {
    scene.stage.world.events.push(Event { kind: "base_ref_changed".to_string(), at: minutes(minute) });
}

fn conclude(scene: &mut Scene, name: &str, conclusion: Conclusion) {
    for check in scene.stage.world.checks.iter_mut().filter(|check| check.name == name) {
        check.conclusion = conclusion;
    }
}

/// Numbers the reviews in their order.
fn number_reviews(scene: &mut Scene) {
    for (at, review) in (1..).zip(&mut scene.stage.world.reviews) {
        (review.id, review.position) = ((30 + at).into(), at);
    }
}

/// `main` moves on, and Kim merges it into the request, with these edits.
fn update(stage: &mut Stage, edits: &[Edit<'_>]) {
    stage.base = stage
        .history
        .commit(("Sam Example", "sam@example.test"), &[stage.base], "Elsewhere", &[NEWS])
        .unwrap();
    let merge = stage.history.commit(KIM, &[stage.head(), stage.base], "Merge branch 'main'", edits).unwrap();
    stage.commits.push(merge);
    let before = stage.world.clone();
    stage.honest_world().unwrap();
    let (id, accounts) =
        (revision(merge).unwrap(), CommitAccounts { author: Some(kim()), committer: Some(kim()) });
    stage.world.commits.retain(|(known, _)| *known != id);
    stage.world.commits.push((id.clone(), accounts));
    (stage.world.reviews, stage.world.activity) = (before.reviews, before.activity);
    let branch = stage.world.request.head_branch.clone().unwrap();
    stage.world.activity.push(Activity { branch, after: id, actor: Some(kim()), at: minutes(60) });
}
