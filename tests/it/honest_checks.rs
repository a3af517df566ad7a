//! A check that ran more than once: a run that its workflow's concurrency group stopped, because the workflow was started again on the same commit,
//! is no failure. A failure stays one, whatever another run says. Each against the program as a job runs it, before a request lands
//! and before what landed is deployed.

use crate::support::gate::{Verdict, judge_at};
use crate::support::project::table;
use crate::support::release::judge_from_start;
use portcullis_model::check::{Check, Conclusion, Producer, WorkflowRun};
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::{Act, Server};
use portcullis_testkit::stage::{KIM, Stage};
use portcullis_testkit::world::{ACTIONS, World};

const CHECKS: &str = "required-checks";
const CI: u64 = 500;

use Conclusion::{Cancelled, Failure, Running, Skipped, Success, TimedOut};

fn honest() -> Stage {
    Stage::honest().unwrap()
}

/// One run of the check `regression`: its number, how it ended, and the run of a workflow that it belongs to.
type Run<'a> = (u64, Conclusion, Option<(u64, u64, &'a str)>);

/// The host has these runs of the check and no others.
fn ran(world: &mut World, runs: &[Run<'_>]) {
    let head = world.request.head.clone();
    world.checks.retain(|check| check.name != "regression");
    for (id, conclusion, of) in runs {
        let producer = Producer::App { id: ACTIONS.into(), slug: "github-actions".into() };
        let (name, conclusion) = ("regression".into(), *conclusion);
        world.checks.push(Check { name, id: (*id).into(), head: head.clone(), producer, conclusion });
        if let Some((workflow, number, event)) = *of {
            world.workflow_runs.insert(
                (*id).into(),
                WorkflowRun { workflow: workflow.into(), number, event: event.into(), attempt: 1 },
            );
        }
    }
}

#[test]
fn a_cancelled_run_that_was_superseded_is_no_failure() {
    table(
        honest,
        &[
            (
                "started again by the same event",
                &|stage| {
                    let cancelled = (60, Cancelled, Some((CI, 8, "pull_request")));
                    ran(&mut stage.world, &[cancelled, (61, Success, Some((CI, 9, "pull_request")))]);
                },
                0,
                "",
                "",
            ),
            (
                "started again by a review",
                &|stage| {
                    let cancelled = (60, Cancelled, Some((CI, 8, "pull_request")));
                    ran(&mut stage.world, &[cancelled, (61, Success, Some((CI, 9, "pull_request_review")))]);
                },
                0,
                "",
                "",
            ),
            (
                "the job of the older run was made later",
                &|stage| {
                    let cancelled = (63, Cancelled, Some((CI, 8, "push")));
                    ran(&mut stage.world, &[cancelled, (61, Success, Some((CI, 9, "pull_request")))]);
                },
                0,
                "",
                "",
            ),
            (
                "three times, of which the last was left to end",
                &|stage| {
                    let of = |number| Some((CI, number, "pull_request"));
                    let runs = [(60, Cancelled, of(7)), (61, Cancelled, of(8)), (62, Success, of(9))];
                    ran(&mut stage.world, &runs);
                },
                0,
                "",
                "",
            ),
            (
                "started by hand, and again by hand",
                &|stage| {
                    let of = |number| Some((CI, number, "workflow_dispatch"));
                    ran(&mut stage.world, &[(60, Cancelled, of(8)), (61, Success, of(9))]);
                },
                0,
                "",
                "",
            ),
        ],
    );
}

#[test]
fn what_the_host_does_not_call_superseded_stays() {
    let of = |number| Some((CI, number, "pull_request"));
    let rows: [(&str, &[Run<'_>], &str); 11] = [
        ("nothing ran after it", &[(60, Cancelled, of(8))], "was cancelled"),
        ("the newer one was cancelled", &[(60, Success, of(8)), (61, Cancelled, of(9))], "was cancelled"),
        (
            "another workflow of the same name",
            &[(60, Cancelled, of(8)), (61, Success, Some((501, 9, "pull_request")))],
            "was cancelled",
        ),
        (
            "a run that somebody started by hand, with inputs of their choice",
            &[(60, Cancelled, of(8)), (61, Success, Some((CI, 9, "workflow_dispatch")))],
            "was cancelled",
        ),
        ("no workflow at all", &[(60, Cancelled, None), (61, Success, None)], "was cancelled"),
        (
            "only the green one has a workflow",
            &[(60, Cancelled, None), (61, Success, of(9))],
            "was cancelled",
        ),
        ("a failure of the same trigger", &[(60, Failure, of(8)), (61, Success, of(9))], "failed"),
        (
            "a failure of another trigger",
            &[(60, Failure, Some((CI, 8, "push"))), (61, Success, of(9))],
            "failed",
        ),
        ("one that ran out of time", &[(60, TimedOut, of(8)), (61, Success, of(9))], "timed out"),
        ("one that was skipped", &[(60, Skipped, of(8)), (61, Success, of(9))], "was skipped"),
        (
            "one that is not finished beside",
            &[(60, Cancelled, of(7)), (61, Success, of(8)), (62, Running, of(9))],
            "has not finished",
        ),
    ];
    for (what, runs, says) in rows {
        let twin = [(60, Cancelled, of(8)), (61, Success, of(9))];
        table(
            honest,
            &[
                (what, &|stage| ran(&mut stage.world, runs), 1, CHECKS, says),
                ("superseded", &|stage| ran(&mut stage.world, &twin), 0, "", ""),
            ],
        );
    }
}

/// The runs of workflows need a permission of their own. Without it nobody knows whether the run was superseded.
#[test]
fn what_became_of_the_run_cannot_be_seen() {
    let mut stage = honest();
    let of = |number| Some((CI, number, "pull_request"));
    ran(&mut stage.world, &[(60, Cancelled, of(8)), (61, Success, of(9))]);
    let refused = || Act::message(403, "Resource not accessible by integration", &[]);
    let server = Server::start(stage.world.clone()).trick("/actions/runs", 9, refused());
    let verdict: Verdict = judge_at(&stage, &server);
    verdict.expect(3, CHECKS, "the workflow runs of");
    // Nobody is asked where it makes no difference.
    ran(&mut stage.world, &[(61, Success, of(9))]);
    let server = Server::start(stage.world.clone()).trick("/actions/runs", 9, refused());
    assert_eq!(judge_at(&stage, &server).exit, 0);
    assert_eq!(server.count("/actions/runs"), 0);
}

fn landed(runs: &[Run<'_>]) -> Verdict {
    let mut lane = Lane::begin();
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, vec![Op::Slot(10, 1, "another line\n".into())]);
    draft.approved();
    ran(&mut draft.world, runs);
    lane.land(vec![draft], How::Merge, &[], &[], "Land it");
    judge_from_start(&lane)
}

#[test]
fn the_same_before_a_deployment() {
    let of = |number| Some((CI, number, "pull_request"));
    let verdict = landed(&[(60, Cancelled, of(8)), (61, Success, of(9))]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    landed(&[(60, Failure, of(8)), (61, Success, of(9))]).expect(1, CHECKS, "failed");
    landed(&[(60, Success, of(8)), (61, Cancelled, of(9))]).expect(1, CHECKS, "was cancelled");
    landed(&[(60, Cancelled, of(8)), (61, Success, Some((501, 9, "pull_request")))]).expect(
        1,
        CHECKS,
        "was cancelled",
    );
}
