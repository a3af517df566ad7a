//! A commit of a request becomes an ancestor of the branch without its content: then whoever did that decides what merging the
//! request brings. Kim's request adds a guard and then switches the upload on; both were approved together. Each against the
//! program as a job runs it, before the request lands and before what landed is deployed.

use crate::support::project::{OWNERS, policy, project, table};
use crate::support::release::{judge, judge_from_start};
use git2::Oid;
use portcullis_model::review::{CommitAccounts, ReviewedContent};
use portcullis_testkit::history::Edit;
use portcullis_testkit::lane::state::{Op, apply};
use portcullis_testkit::lane::{Draft, HOST, How, Lane, SAM, account};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, Stage, revision};
use portcullis_testkit::world::minutes;

const REVIEWS: &str = "required-reviews";
const LANDINGS: &str = "reviewed-landings";
const UNSURE: &str = "what an approval of";
const LOAD: &str = "services/upload/load.sql";
const PLAIN: Edit<'static> = Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging;\n");
const GUARDED: Edit<'static> =
    Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging WHERE NOT is_test;\n");
const BETTER: Edit<'static> =
    Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging WHERE is_test = false;\n");
const ON: Edit<'static> = Edit::Write("services/upload/switch.sql", "UPDATE settings SET live = true;\n");
const NEWS: Edit<'static> = Edit::Write("docs/guide.md", "How to upload and amend records.\n");

/// A request of these two commits, approved at the second one.
fn request(stage: &mut Stage, first: Edit<'_>, second: Edit<'_>) -> Oid {
    let one = stage.history.commit(KIM, &[stage.base], "Guard", &[first]).unwrap();
    let two = stage.history.commit(KIM, &[one], "Switch on", &[second]).unwrap();
    stage.commits = vec![one, two];
    stage.honest_world().unwrap();
    one
}

fn offered() -> Stage {
    let mut stage = Stage::honest().unwrap();
    request(&mut stage, GUARDED, ON);
    stage
}

fn guard(stage: &Stage) -> Oid {
    stage.commits[0]
}

/// `main` goes on to a commit of these parents; of the request nothing changes, and its approvals stay.
fn main_gets(stage: &mut Stage, parents: &[Oid], edits: &[Edit<'_>]) {
    stage.base = stage.history.commit(SAM, parents, "Merge", edits).unwrap();
    stage.honest_world().unwrap();
}

/// A request of Sam's that `main` merges: a commit of these parents.
fn main_merges(stage: &mut Stage, parents: &[Oid], edits: &[Edit<'_>], result: &[Edit<'_>]) {
    let head = stage.history.commit(SAM, parents, "Another request", edits).unwrap();
    let parents = [stage.base, head];
    main_gets(stage, &parents, result);
}

fn left_out(stage: &mut Stage) {
    let parents = [stage.base, guard(stage)];
    main_gets(stage, &parents, &[]);
}

/// Kim presses "Update branch": the approvals are of the head before.
fn update(stage: &mut Stage, edits: &[Edit<'_>]) {
    let approved = stage.world.reviews.clone();
    let parents = [stage.head(), stage.base];
    let id = stage.history.commit(KIM, &parents, "Merge branch 'main'", edits).unwrap();
    stage.commits.push(id);
    stage.honest_world().unwrap();
    stage.world.reviews = approved;
}

fn approve_the_head(stage: &mut Stage) {
    let head = stage.world.request.head.clone();
    stage.world.reviews.iter_mut().for_each(|review| review.reviewed = ReviewedContent::Stated(head.clone()));
}

#[test]
fn a_commit_of_the_request_is_merged_and_left_out() {
    table(
        offered,
        &[
            ("main is as it was", &|_| (), 0, "", ""),
            (
                "main merged it with its content",
                &|stage| {
                    let parents = [stage.base, guard(stage)];
                    main_gets(stage, &parents, &[GUARDED]);
                },
                0,
                "",
                "",
            ),
            (
                "main merged it, and changed the same line since",
                &|stage| {
                    let parents = [stage.base, guard(stage)];
                    main_gets(stage, &parents, &[GUARDED]);
                    let parents = [stage.base];
                    main_gets(stage, &parents, &[BETTER]);
                },
                0,
                "",
                "",
            ),
            ("git merge -s ours, pushed", &left_out, 3, REVIEWS, UNSURE),
            (
                "the same, and main went on",
                &|stage| {
                    left_out(stage);
                    let parents = [stage.base];
                    main_gets(stage, &parents, &[NEWS]);
                },
                3,
                REVIEWS,
                UNSURE,
            ),
            (
                "a merge of something else that brings it along",
                &|stage| {
                    let other = stage.history.commit(SAM, &[stage.base], "News", &[NEWS]).unwrap();
                    let parents = [stage.base, other, guard(stage)];
                    main_gets(stage, &parents, &[NEWS]);
                },
                3,
                REVIEWS,
                UNSURE,
            ),
        ],
    );
}

#[test]
fn a_request_that_shows_nothing_of_it_lands_before() {
    table(
        offered,
        &[
            (
                "a request with the same commit and one more",
                &|stage| {
                    let parents = [guard(stage)];
                    main_merges(stage, &parents, &[NEWS], &[GUARDED, NEWS]);
                },
                0,
                "",
                "",
            ),
            (
                "a request with an empty diff",
                &|stage| {
                    let parents = [stage.base, guard(stage)];
                    main_merges(stage, &parents, &[], &[]);
                },
                3,
                REVIEWS,
                UNSURE,
            ),
            (
                "a request with the commit and its revert",
                &|stage| {
                    let parents = [guard(stage)];
                    main_merges(stage, &parents, &[PLAIN], &[]);
                },
                3,
                REVIEWS,
                UNSURE,
            ),
            (
                "a request with both and something else",
                &|stage| {
                    let parents = [guard(stage)];
                    main_merges(stage, &parents, &[PLAIN, NEWS], &[NEWS]);
                },
                3,
                REVIEWS,
                UNSURE,
            ),
            (
                "a request that puts a remark where the guard stood",
                &|stage| {
                    let remark = Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging; -- all\n");
                    let parents = [guard(stage)];
                    main_merges(
                        stage,
                        &parents,
                        std::slice::from_ref(&remark),
                        std::slice::from_ref(&remark),
                    );
                },
                3,
                REVIEWS,
                UNSURE,
            ),
        ],
    );
}

#[test]
fn update_branch_after_a_commit_was_left_out() {
    table(
        offered,
        &[
            (
                "main went on elsewhere",
                &|stage| {
                    let parents = [stage.base];
                    main_gets(stage, &parents, &[NEWS]);
                    update(stage, &[NEWS]);
                },
                0,
                "",
                "",
            ),
            (
                "main took the guard with its content",
                &|stage| {
                    let parents = [stage.base, guard(stage)];
                    main_gets(stage, &parents, &[GUARDED, NEWS]);
                    update(stage, &[NEWS]);
                },
                0,
                "",
                "",
            ),
            (
                "it was left out",
                &|stage| {
                    left_out(stage);
                    update(stage, &[PLAIN]);
                },
                1,
                REVIEWS,
                "not on the judged head",
            ),
            (
                "it was left out, and what came of the update was approved",
                &|stage| {
                    left_out(stage);
                    update(stage, &[PLAIN]);
                    approve_the_head(stage);
                },
                0,
                "",
                "",
            ),
            (
                "it was left out after an update, when there are two merge bases",
                &|stage| {
                    let parents = [stage.base];
                    main_gets(stage, &parents, &[NEWS]);
                    update(stage, &[NEWS]);
                    left_out(stage);
                },
                3,
                REVIEWS,
                UNSURE,
            ),
            (
                "the request was rebased, which brings the guard again, and approved",
                &|stage| {
                    left_out(stage);
                    request(stage, GUARDED, ON);
                },
                0,
                "",
                "",
            ),
        ],
    );
}

/// The guard is a test's assertion that goes: what lands still has it, and fails on it; the head's own tree has not, and passed.
#[test]
fn a_run_on_the_heads_own_tree_shows_nothing_then() {
    let reviews = "[controls.required-reviews]\napprovals = 1\n\n[controls.required-reviews.data-processing]\napprovals = 2\n\n";
    let tests_alone = policy(reviews, "");
    let made = || {
        let mut stage = project(&tests_alone, OWNERS);
        request(&mut stage, lax_of(), Edit::Write(LOAD, "SELECT 1;\n"));
        stage
    };
    table(
        made,
        &[
            ("main is as it was", &|_| (), 0, "", ""),
            (
                "main took the change of the test",
                &|stage| {
                    let parents = [stage.base, guard(stage)];
                    main_gets(stage, &parents, &[lax_of()]);
                },
                0,
                "",
                "",
            ),
            (
                "main went on elsewhere",
                &|stage| {
                    let parents = [stage.base];
                    main_gets(stage, &parents, &[NEWS]);
                },
                0,
                "",
                "",
            ),
            ("it was merged and left out", &left_out, 3, "regression-tests", UNSURE),
        ],
    );
}

fn lax_of() -> Edit<'static> {
    Edit::Write("tests/upload/load_test.sql", "SELECT 1;\n")
}

/// A lane with an approved request: a guard, then two commits that switch on.
fn lane() -> (Lane, Draft) {
    let mut lane = Lane::begin();
    let mut draft = lane.open(lane.tip());
    for op in [guard_op(), Op::Slot(11, 0, "on\n".into()), Op::Slot(11, 3, "really on\n".into())] {
        lane.push(&mut draft, KIM, vec![op]);
    }
    draft.approved();
    (lane, draft)
}

fn guard_op() -> Op {
    Op::Slot(10, 0, "guard\n".into())
}

/// The branch goes on to a merge of its tip and this commit, with these operations.
fn merged(lane: &mut Lane, other: Oid, ops: &[Op]) {
    let after = apply(lane.state(lane.tip()), ops);
    let id = lane.commit(HOST, &[lane.tip(), other], "Merge", after);
    lane.line.push(id);
}

/// A request of Sam's on this commit of Kim's.
fn on_top(lane: &mut Lane, of: Oid, ops: Vec<Op>) -> Draft {
    let mut draft = lane.open(lane.tip());
    draft.head = of;
    let accounts = CommitAccounts { author: Some(account(KIM)), committer: Some(account(KIM)) };
    draft.world.commits.push((revision(of).unwrap(), accounts));
    lane.push(&mut draft, SAM, ops);
    draft
}

/// A request of Sam's whose head merges this commit and leaves it out.
fn leaving_out(lane: &mut Lane, other: Oid) -> Draft {
    let mut draft = on_top(lane, other, Vec::new());
    let state = lane.state(lane.tip()).clone();
    draft.head = lane.commit(SAM, &[lane.tip(), other], "Merge", state);
    let accounts = CommitAccounts { author: Some(account(SAM)), committer: Some(account(SAM)) };
    draft.world.commits.push((revision(draft.head).unwrap(), accounts));
    draft
}

/// The request is approved and lands as a merge, with these operations.
fn lands(lane: &mut Lane, mut draft: Draft, ops: &[Op]) {
    draft.approved();
    merged(lane, draft.head, ops);
    lane.forge.landed.push((revision(lane.tip()).unwrap(), draft.number));
    draft.world.request.open = false;
    draft.world.request.merged = Some(minutes(100));
    lane.forge.worlds.push(draft.world);
}

const WAYS: [How; 5] = [How::Merge, How::Squash, How::Rebase, How::QueueMerge, How::QueueSquash];

/// What lands of the request when the branch holds its first commit.
fn rest(lane: &mut Lane, draft: Draft, how: How) {
    lane.land(vec![draft], how, &[], &[guard_op()], "the request");
}

#[test]
fn what_landed_over_a_commit_that_was_left_out() {
    let undo = Op::Slot(10, 0, "file 10 begins with 0\n".into());
    let other = Op::Slot(12, 0, "elsewhere\n".into());
    for how in WAYS {
        let (mut lane, draft) = lane();
        let before = leaving_out(&mut lane, draft.commits[0].0);
        lands(&mut lane, before, &[]);
        rest(&mut lane, draft, how);
        let verdict = judge_from_start(&lane);
        verdict.expect(3, LANDINGS, UNSURE);
        verdict.expect(3, REVIEWS, UNSURE);
        for ops in [vec![undo.clone()], vec![undo.clone(), other.clone()]] {
            let (mut lane, draft) = self::lane();
            let before = on_top(&mut lane, draft.commits[0].0, ops.clone());
            lands(&mut lane, before, &ops[1..]);
            rest(&mut lane, draft, how);
            judge_from_start(&lane).expect(3, LANDINGS, UNSURE);
        }
    }
}

#[test]
fn what_landed_over_a_commit_that_came_with_its_content() {
    for how in WAYS {
        let (mut lane, draft) = lane();
        let other = Op::Slot(12, 0, "elsewhere\n".into());
        let before = on_top(&mut lane, draft.commits[0].0, vec![other.clone()]);
        lands(&mut lane, before, &[guard_op(), other]);
        let mut edit = lane.open(lane.tip());
        lane.push(&mut edit, SAM, vec![Op::Slot(10, 0, "a better guard\n".into())]);
        edit.approved();
        lane.land(vec![edit], How::Merge, &[], &[], "the guard is edited");
        rest(&mut lane, draft, how);
        judge_from_start(&lane).expect(0, "", "");
    }
}

/// By the time that the request landed, the commit that was left out was deployed already.
#[test]
fn what_landed_over_a_commit_that_was_left_out_before_the_last_deployment() {
    let (mut lane, draft) = lane();
    merged(&mut lane, draft.commits[0].0, &[]);
    let deployed = lane.tip();
    rest(&mut lane, draft, How::Merge);
    let server = Server::start(lane.host());
    let verdict = judge(&lane, &server, lane.tip(), &["--base", &deployed.to_string()]);
    verdict.expect(3, LANDINGS, UNSURE);
    let (mut lane, draft) = self::lane();
    merged(&mut lane, draft.commits[0].0, &[guard_op()]);
    let deployed = lane.tip();
    rest(&mut lane, draft, How::Merge);
    let server = Server::start(lane.host());
    judge(&lane, &server, lane.tip(), &["--base", &deployed.to_string()]).expect(0, "", "");
}

#[test]
fn a_pushed_merge_that_changes_nothing() {
    let pushed = |how: &dyn Fn(&mut Lane, Oid)| {
        let (mut lane, draft) = lane();
        how(&mut lane, draft.commits[0].0);
        judge_from_start(&lane)
    };
    pushed(&|lane, guard| merged(lane, guard, &[])).expect(3, LANDINGS, "who wanted what the landing merges");
    pushed(&|lane, guard| {
        let other = lane.commit(SAM, &[lane.baseline()], "Nothing", lane.state(lane.baseline()).clone());
        let state = lane.state(lane.tip()).clone();
        let id = lane.commit(HOST, &[lane.tip(), other, guard], "Merge", state);
        lane.line.push(id);
    })
    .expect(3, LANDINGS, "who wanted what the landing merges");
    // Nothing at all, a merge that a request shows, and a merge of what is there.
    pushed(&|lane, _| {
        lane.direct(SAM, &[], "an empty commit");
    })
    .expect(0, "", "");
    pushed(&|lane, guard| {
        let draft = leaving_out(lane, guard);
        lands(lane, draft, &[]);
    })
    .expect(0, "", "");
    pushed(&|lane, guard| {
        let mut draft = lane.open(lane.tip());
        lane.push(&mut draft, KIM, vec![guard_op()]);
        draft.approved();
        lane.land(vec![draft], How::Squash, &[], &[], "the guard");
        merged(lane, guard, &[]);
    })
    .expect(0, "", "");
}
