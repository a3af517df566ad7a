//! The base is merged into a request after its approval (class 9 of the attack catalogue, and 28, 34 to 38 in this dress).
//! A clean merge of the base adds nothing that anybody could have approved, and the approval stands; whatever is more than
//! that leaves it behind. Each against the program as a job runs it.

use crate::support::project::{OWNERS, ROBIN, policy, project, table};
use crate::support::release::judge_from_start;
use git2::Oid;
use portcullis_model::person::Account;
use portcullis_model::review::{CommitAccounts, ReviewedContent};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::history::{Edit, Person};
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{Draft, How, Lane};
use portcullis_testkit::stage::{KIM, POLICY, Stage, revision};
use portcullis_testkit::world::{Activity, Endpoint, minutes, person};

const REVIEWS: &str = "required-reviews";
const STALE: &str = "not on the judged head";
const SAM: Person<'static> = ("Sam Example", "sam@example.test");
/// What `main` brought since the request began.
const NEWS: Edit<'static> = Edit::Write("docs/guide.md", "How to upload and amend records.\n");
const MORE_NEWS: Edit<'static> = Edit::Write("README.md", "# Record upload and amendment\n");
const LOAD: Edit<'static> = Edit::Write("services/upload/load.sql", "DELETE FROM records;\n");

fn kim() -> Account {
    person("kim-example", 11)
}

fn robin() -> Account {
    person("robin-example", 12)
}

fn honest() -> Stage {
    Stage::honest().unwrap()
}

/// `main` goes on without the request.
fn news(stage: &mut Stage, edits: &[Edit<'_>]) {
    stage.base = stage.history.commit(SAM, &[stage.base], "Elsewhere", edits).unwrap();
}

/// The request gets a commit of these parents, whose tree is the first parent's with these edits. The reviews stay where they
/// are: on what was the head before the first of these.
fn commit(stage: &mut Stage, by: (Person<'_>, Account), parents: &[Oid], edits: &[Edit<'_>]) {
    let id = stage.history.commit(by.0, parents, "Merge branch 'main'", edits).unwrap();
    stage.commits.push(id);
    let before = stage.world.clone();
    stage.honest_world().unwrap();
    stage.world.reviews = before.reviews;
    stage.world.activity = before.activity;
    stage
        .world
        .commits
        .extend(before.commits.into_iter().filter(|(known, _)| *known != revision(id).unwrap()));
    push(stage, id, &by.1);
    wrote(stage, id, &by.1);
}

fn push(stage: &mut Stage, id: Oid, by: &Account) {
    let at = minutes(60 + stage.world.activity.len() as i64);
    let branch = stage.world.request.head_branch.clone().unwrap();
    let after = revision(id).unwrap();
    stage.world.activity.push(Activity { branch, after, actor: Some(by.clone()), at });
}

fn wrote(stage: &mut Stage, id: Oid, by: &Account) {
    let id = revision(id).unwrap();
    let accounts = CommitAccounts { author: Some(by.clone()), committer: Some(by.clone()) };
    stage.world.commits.retain(|(known, _)| *known != id);
    stage.world.commits.push((id, accounts));
}

/// Kim merges `main`, which has moved on, into the request, with these edits to what stood there.
fn update(stage: &mut Stage, edits: &[Edit<'_>]) {
    news(stage, &[NEWS]);
    let parents = [stage.head(), stage.base];
    commit(stage, (KIM, kim()), &parents, edits);
}

#[test]
fn attack_9_an_update_that_is_more_than_a_clean_merge() {
    table(
        honest,
        &[
            ("a clean merge of main", &|stage| update(stage, &[NEWS]), 0, "", ""),
            ("a merge with a line of its own", &|stage| update(stage, &[NEWS, LOAD]), 1, REVIEWS, STALE),
            (
                "a merge that adds a file",
                &|stage| {
                    update(stage, &[NEWS, Edit::Write("services/upload/new.sql", "DROP TABLE records;\n")])
                },
                1,
                REVIEWS,
                STALE,
            ),
            ("a merge that loses what main brought", &|stage| update(stage, &[]), 1, REVIEWS, STALE),
            (
                "a merge that makes a file executable",
                &|stage| update(stage, &[NEWS, Edit::Executable("README.md", "# Record upload\n")]),
                1,
                REVIEWS,
                STALE,
            ),
            (
                "a conflict settled by hand",
                &|stage| {
                    news(
                        stage,
                        &[Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT 1;\n")],
                    );
                    let parents = [stage.head(), stage.base];
                    commit(stage, (KIM, kim()), &parents, &[]);
                },
                1,
                REVIEWS,
                STALE,
            ),
        ],
    );
}

#[test]
fn attack_9_an_update_from_elsewhere() {
    let side = |stage: &mut Stage, on: Oid| stage.history.commit(KIM, &[on], "Aside", &[NEWS]).unwrap();
    table(
        honest,
        &[
            ("main itself", &|stage| update(stage, &[NEWS]), 0, "", ""),
            (
                "another branch",
                &|stage| {
                    let other = side(stage, stage.base);
                    let parents = [stage.head(), other];
                    commit(stage, (KIM, kim()), &parents, &[NEWS]);
                    wrote(stage, other, &kim());
                },
                1,
                REVIEWS,
                STALE,
            ),
            (
                "a commit on top of main",
                &|stage| {
                    news(stage, &[MORE_NEWS]);
                    let beyond = side(stage, stage.base);
                    let parents = [stage.head(), beyond];
                    commit(stage, (KIM, kim()), &parents, &[MORE_NEWS, NEWS]);
                    wrote(stage, beyond, &kim());
                },
                1,
                REVIEWS,
                STALE,
            ),
            (
                "a main that has been moved back since",
                &|stage| {
                    let back = stage.base;
                    update(stage, &[NEWS]);
                    let gone = std::mem::replace(&mut stage.base, back);
                    stage.publish().unwrap();
                    stage.world.branch.tip = revision(back).unwrap();
                    wrote(stage, gone, &kim());
                },
                1,
                REVIEWS,
                STALE,
            ),
            (
                "main first, the request second",
                &|stage| {
                    news(stage, &[NEWS]);
                    let parents = [stage.base, stage.head()];
                    let load = Edit::Write(
                        "services/upload/load.sql",
                        "INSERT INTO records SELECT * FROM staging ORDER BY id;\n",
                    );
                    commit(stage, (KIM, kim()), &parents, &[load]);
                },
                1,
                REVIEWS,
                STALE,
            ),
            (
                "main and another branch at once",
                &|stage| {
                    news(stage, &[NEWS]);
                    let other =
                        stage.history.commit(KIM, &[stage.commits[0]], "Aside", &[MORE_NEWS]).unwrap();
                    let parents = [stage.head(), stage.base, other];
                    commit(stage, (KIM, kim()), &parents, &[NEWS, MORE_NEWS]);
                    wrote(stage, other, &kim());
                },
                1,
                REVIEWS,
                STALE,
            ),
        ],
    );
}

#[test]
fn attack_28_something_between_the_approval_and_the_update() {
    let more = |stage: &mut Stage| {
        let parents = [stage.head()];
        commit(stage, (KIM, kim()), &parents, &[LOAD]);
    };
    table(
        honest,
        &[
            (
                "two updates, one after the other",
                &|stage| {
                    update(stage, &[NEWS]);
                    news(stage, &[MORE_NEWS]);
                    let parents = [stage.head(), stage.base];
                    commit(stage, (KIM, kim()), &parents, &[MORE_NEWS]);
                },
                0,
                "",
                "",
            ),
            (
                "a commit, then an update",
                &|stage| {
                    more(stage);
                    update(stage, &[NEWS]);
                },
                1,
                REVIEWS,
                STALE,
            ),
            (
                "an update, then a commit",
                &|stage| {
                    update(stage, &[NEWS]);
                    more(stage);
                },
                1,
                REVIEWS,
                STALE,
            ),
            (
                "an update, a commit, an update",
                &|stage| {
                    update(stage, &[NEWS]);
                    more(stage);
                    news(stage, &[MORE_NEWS]);
                    let parents = [stage.head(), stage.base];
                    commit(stage, (KIM, kim()), &parents, &[MORE_NEWS]);
                },
                1,
                REVIEWS,
                STALE,
            ),
        ],
    );
}

/// Who presses the button does not matter while nothing but main comes in; who brought anything else does.
#[test]
fn attack_9_an_approver_presses_update_branch() {
    let pressed = |stage: &mut Stage, edits: &[Edit<'_>]| {
        news(stage, &[NEWS]);
        let parents = [stage.head(), stage.base];
        commit(stage, (ROBIN, robin()), &parents, edits);
    };
    table(
        honest,
        &[
            ("robin, who approved, pressed it", &|stage| pressed(stage, &[NEWS]), 0, "", ""),
            (
                "robin pushed it after pushing under kim's name",
                &|stage| {
                    let parents = [stage.base];
                    stage.commits.clear();
                    commit(stage, (KIM, kim()), &parents, &[LOAD]);
                    approve_here(stage);
                    stage.world.activity.last_mut().unwrap().actor = Some(robin());
                    pressed(stage, &[NEWS]);
                },
                1,
                REVIEWS,
                "this person pushed",
            ),
            (
                "robin pushed kim's commit and the update at once",
                &|stage| {
                    pressed(stage, &[NEWS]);
                    stage.world.activity.remove(0);
                },
                1,
                REVIEWS,
                "this person pushed",
            ),
            (
                "robin pushed something else in between, and took it back",
                &|stage| {
                    let decoy = stage.history.commit(ROBIN, &[stage.base], "Decoy", &[LOAD]).unwrap();
                    let approved = stage.head();
                    push(stage, decoy, &robin());
                    push(stage, approved, &robin());
                    update(stage, &[NEWS]);
                },
                1,
                REVIEWS,
                "this person pushed",
            ),
            ("robin settled something by hand", &|stage| pressed(stage, &[NEWS, LOAD]), 1, REVIEWS, STALE),
            (
                "the host does not show who pushed",
                &|stage| {
                    pressed(stage, &[NEWS]);
                    let refused = AnswerFault::Refuse(404, "Not Found".into());
                    stage.world.faults.push((Endpoint::Activity, refused));
                },
                3,
                REVIEWS,
                "who pushed what the head brings could not be seen",
            ),
            (
                "what kim pushed is no longer on record",
                &|stage| {
                    pressed(stage, &[NEWS]);
                    stage.world.activity.clear();
                },
                3,
                REVIEWS,
                "no push of the head is on record",
            ),
        ],
    );
}

/// Both reviews are of the head.
fn approve_here(stage: &mut Stage) {
    let head = stage.world.request.head.clone();
    stage.world.reviews.iter_mut().for_each(|review| review.reviewed = ReviewedContent::Stated(head.clone()));
}

#[test]
fn a_policy_may_ask_for_an_approval_of_the_very_head() {
    let general = "[controls.required-reviews]\napprovals = 1\n";
    let exact = policy(general, &format!("{general}updates = \"exact\"\n"));
    assert!(POLICY.contains(general));
    table(
        || project(&exact, OWNERS),
        &[
            ("no update", &|_| (), 0, "", ""),
            ("a clean merge of main", &|stage| update(stage, &[NEWS]), 1, REVIEWS, STALE),
            (
                "robin pressed the button, and approved what came of it",
                &|stage| {
                    news(stage, &[NEWS]);
                    let parents = [stage.head(), stage.base];
                    commit(stage, (ROBIN, robin()), &parents, &[NEWS]);
                    approve_here(stage);
                },
                1,
                REVIEWS,
                "this person pushed the judged head",
            ),
        ],
    );
}

/// A request that was approved, then updated by somebody with these operations beside, and then landed.
fn deployed(how: How, by: (Person<'_>, Account), beside: &[Op]) -> Lane {
    let mut lane = Lane::begin();
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, vec![Op::Slot(10, 0, "amended\n".into())]);
    draft.approved();
    let mut other = lane.open(lane.tip());
    lane.push(&mut other, SAM, vec![Op::Slot(11, 0, "amended elsewhere\n".into())]);
    other.approved();
    lane.land(vec![other], How::Merge, &[], &[], "another request");
    draft.ops.extend(beside.iter().cloned());
    lane.update(&mut draft, lane.tip(), by.0);
    pressed(&mut draft, by.1);
    lane.land(vec![draft], how, &[], &[], "the request");
    lane
}

fn pressed(draft: &mut Draft, by: Account) {
    let before = draft.world.activity.clone();
    draft.pushed();
    draft.world.activity.iter_mut().for_each(|entry| {
        (entry.actor, entry.at) = (Some(by.clone()), minutes(60));
    });
    draft.world.activity.extend(before);
}

#[test]
fn attack_9_an_update_of_what_is_deployed() {
    let beside = Op::Slot(12, 3, "DELETE FROM records;\n".into());
    for how in [How::Merge, How::Squash] {
        for by in [(KIM, kim()), (ROBIN, robin())] {
            let verdict = judge_from_start(&deployed(how, by.clone(), &[]));
            verdict.expect(0, "", "");
            judge_from_start(&deployed(how, by, std::slice::from_ref(&beside))).expect(1, REVIEWS, STALE);
        }
    }
}
