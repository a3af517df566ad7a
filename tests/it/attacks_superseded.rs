//! Runs that only look as if another one had superseded them: a failure that somebody started again and cancelled, and a green run that the base's
//! own files gave. Against the program as a job runs it.

use crate::support::gate::{Verdict, judge};
use portcullis_model::check::{Check, Conclusion, Producer, WorkflowRun};
use portcullis_testkit::stage::Stage;
use portcullis_testkit::world::ACTIONS;

use Conclusion::{Cancelled, Success};

/// Number of the check run, how it ended, number of the workflow run, attempt, event.
type Run<'a> = (u64, Conclusion, u64, u64, &'a str);

fn judged(runs: &[Run<'_>]) -> Verdict {
    let mut stage = Stage::honest().unwrap();
    let world = &mut stage.world;
    world.checks.retain(|check| check.name != "regression");
    for (id, conclusion, number, attempt, event) in runs {
        let (head, conclusion) = (world.request.head.clone(), *conclusion);
        let producer = Producer::App { id: ACTIONS.into(), slug: "github-actions".into() };
        world.checks.push(Check { name: "regression".into(), id: (*id).into(), head, producer, conclusion });
        let run =
            WorkflowRun { workflow: 5.into(), number: *number, event: (*event).into(), attempt: *attempt };
        world.workflow_runs.insert((*id).into(), run);
    }
    judge(&stage)
}

#[test]
fn a_failure_that_was_started_again_and_cancelled_is_not_superseded() {
    let rows: [&[Run<'_>]; 5] = [
        &[(62, Cancelled, 8, 2, "pull_request"), (61, Success, 9, 1, "pull_request")],
        &[(62, Cancelled, 8, 3, "pull_request"), (61, Success, 9, 1, "pull_request_review")],
        &[(62, Cancelled, 8, 2, "push"), (61, Success, 9, 1, "pull_request")],
        &[(62, Cancelled, 8, 2, "pull_request"), (61, Success, 9, 2, "pull_request")],
        // A host that does not say which attempt it is.
        &[(60, Cancelled, 8, 0, "pull_request"), (61, Success, 9, 1, "pull_request")],
    ];
    for runs in rows {
        judged(runs).expect(1, "required-checks", "was cancelled");
    }
}

#[test]
fn a_run_of_the_base_supersedes_no_run_of_the_change() {
    for event in ["pull_request", "push", "pull_request_review"] {
        let runs = [(60, Cancelled, 8, 1, event), (61, Success, 9, 1, "pull_request_target")];
        judged(&runs).expect(1, "required-checks", "was cancelled");
    }
}

#[test]
fn a_first_attempt_that_was_superseded_is_forgiven() {
    let rows: [&[Run<'_>]; 3] = [
        &[(60, Cancelled, 8, 1, "pull_request"), (61, Success, 9, 1, "pull_request")],
        // The newer one may have been started again: what comes of it takes the place of its failure.
        &[(60, Cancelled, 8, 1, "pull_request"), (61, Success, 9, 2, "pull_request")],
        &[(60, Cancelled, 8, 1, "pull_request_target"), (61, Success, 9, 1, "pull_request_target")],
    ];
    for runs in rows {
        let verdict = judged(runs);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
    }
}
