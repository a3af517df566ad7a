//! Ways to an approval that nobody independent gave to this change, and ways to soften the policy or the owners that it
//! is held against, each against the program as a job runs it (classes 21-33, 46, 47 and 50-52 of the attack catalogue).
//! Next to each stands its honest twin, which is allowed.

use crate::support::gate::{command, judge, judge_altered};
use crate::support::people::{LOAD, alex, honest, kim, noor, robin, written};
use crate::support::project::{
    OWNERS, ROBIN, approve_anew, demanding, head, policy, project, refused, review, table,
};
use portcullis_model::person::{Account, AccountKind};
use portcullis_model::review::{CommitAccounts, Permission, ReviewState, ReviewedContent};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::history::{Edit, Person};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, POLICY, Stage, revision};
use portcullis_testkit::world::{Endpoint, Event, minutes, person};
use serde_json::json;

const REVIEWS: &str = "required-reviews";
const GATE: &str = "gate-integrity";

fn of_kind(account: Account, kind: AccountKind) -> Account {
    Account { kind, ..account }
}

fn by_kim(stage: &mut Stage, message: &str) {
    written(stage, (KIM, Some(kim())), (KIM, Some(kim())), message);
}

/// The second approval comes from this account instead of Alex's.
fn second_approval(stage: &mut Stage, by: Account) {
    stage.world.reviews[1].reviewer = Some(by.clone());
    stage.world.permissions.push((by, Permission::Write));
}

#[test]
fn attack_21_somebody_approves_their_own_work() {
    let web: Person<'static> = ("GitHub", "noreply@github.com");
    let no_reply: Person<'static> = ("R", "12+robin-example@users.noreply.github.com");
    table(
        honest,
        &[
            ("kim wrote and committed it, robin and alex approve", &|stage| by_kim(stage, "Load"), 0, "", ""),
            (
                "kim opened it and approves",
                &|stage| second_approval(stage, kim()),
                1,
                REVIEWS,
                "this person opened the request",
            ),
            (
                "robin wrote it",
                &|stage| written(stage, (ROBIN, Some(robin())), (KIM, Some(kim())), "Load"),
                1,
                REVIEWS,
                "this person wrote commit",
            ),
            (
                "robin committed it",
                &|stage| written(stage, (KIM, Some(kim())), (ROBIN, Some(robin())), "Load"),
                1,
                REVIEWS,
                "this person committed",
            ),
            (
                "robin wrote it under an address that the host gives to nobody, but that names the account",
                &|stage| written(stage, (no_reply, None), (KIM, Some(kim())), "Load"),
                1,
                REVIEWS,
                "this person wrote commit",
            ),
            (
                "somebody unknown wrote it: it may be either approver",
                &|stage| written(stage, (("X", "x@example.test"), None), (KIM, Some(kim())), "Load"),
                3,
                REVIEWS,
                "belongs to no known account",
            ),
            (
                "robin is a co-author",
                &|stage| {
                    by_kim(stage, "Load\n\nCo-authored-by: R <12+robin-example@users.noreply.github.com>\n")
                },
                1,
                REVIEWS,
                "is a co-author",
            ),
            (
                "a co-author whom nobody knows",
                &|stage| by_kim(stage, "Load\n\nCo-authored-by: R <r@example.test>\n"),
                3,
                REVIEWS,
                "r@example.test",
            ),
            (
                "kim names herself as co-author",
                &|stage| by_kim(stage, "Load\n\nCo-authored-by: Kim <KIM@example.test>\n"),
                0,
                "",
                "",
            ),
            (
                "the host's web editor committed it",
                &|stage| written(stage, (KIM, Some(kim())), (web, Some(person("web-flow", 19))), "Load"),
                0,
                "",
                "",
            ),
            (
                "robin pushed the head",
                &|stage| stage.world.activity[0].actor = Some(robin()),
                1,
                REVIEWS,
                "this person pushed the judged head",
            ),
        ],
    );
}

#[test]
fn attack_21_own_work_on_any_parent() {
    let merge = |stage: &mut Stage, author: Person<'_>, account: Account| {
        let side = stage
            .history
            .commit(author, &[stage.base], "Aside", &[Edit::Write("docs/guide.md", "Aside.\n")])
            .unwrap();
        let merge = stage.history.commit(KIM, &[stage.head(), side], "Merge", &[]).unwrap();
        stage.commits.extend([side, merge]);
        stage.honest_world().unwrap();
        stage.world.commits[1].1 = CommitAccounts { author: Some(account.clone()), committer: Some(account) };
    };
    table(
        honest,
        &[
            ("kim merged her own branch", &|stage| merge(stage, KIM, kim()), 0, "", ""),
            (
                "kim merged robin's branch",
                &|stage| merge(stage, ROBIN, robin()),
                1,
                REVIEWS,
                "this person wrote commit",
            ),
        ],
    );
}

#[test]
fn attack_21_the_last_pusher_may_be_ignored_only_by_the_policy() {
    let lax = policy(
        "[controls.required-reviews]\napprovals = 1\n",
        "[controls.required-reviews]\napprovals = 1\nlast-pusher = \"ignore\"\n",
    );
    table(
        || project(&lax, OWNERS),
        &[
            ("robin pushed the head", &|stage| stage.world.activity[0].actor = Some(robin()), 0, "", ""),
            (
                "robin wrote it",
                &|stage| written(stage, (ROBIN, Some(robin())), (KIM, Some(kim())), "Load"),
                1,
                REVIEWS,
                "this person wrote",
            ),
        ],
    );
}

/// What no gate can see: a second account that the identity map does not name.
#[test]
fn attack_22_two_accounts_of_one_person() {
    let map = "[[people]]\nname = \"Robin Example\"\nlogins = [\"robin-example\", \"robin-two\"]\nemails = [\"robin@example.test\"]\n[roles.gate-owners]";
    let mapped = policy("[roles.gate-owners]", map);
    table(
        || project(&mapped, OWNERS),
        &[
            ("robin and alex", &|_| (), 0, "", ""),
            (
                "robin twice",
                &|stage| second_approval(stage, person("robin-two", 22)),
                1,
                REVIEWS,
                "counted once",
            ),
            (
                "robin twice, in capitals",
                &|stage| second_approval(stage, person("ROBIN-TWO", 22)),
                1,
                REVIEWS,
                "counted once",
            ),
            (
                "robin's second account wrote it",
                &|stage| {
                    let two = person("robin-two", 22);
                    written(stage, (("R", "r2@example.test"), Some(two)), (KIM, Some(kim())), "Load");
                },
                1,
                REVIEWS,
                "this person wrote commit",
            ),
            (
                "robin's address is in the commit, the host names nobody",
                &|stage| written(stage, (ROBIN, None), (KIM, Some(kim())), "Load"),
                1,
                REVIEWS,
                "this person wrote commit",
            ),
            (
                "kim's second account approves",
                &|stage| second_approval(stage, person("kim-example-admin", 14)),
                1,
                REVIEWS,
                "this person opened the request",
            ),
            (
                "robin asks for changes under the other account",
                &|stage| {
                    let two = person("robin-two", 22);
                    stage.world.permissions.push((two.clone(), Permission::Write));
                    review(stage, &two, ReviewState::ChangesRequested, 55);
                },
                1,
                REVIEWS,
                "later requested changes",
            ),
        ],
    );
}

#[test]
fn attack_23_a_machine_approves() {
    use AccountKind::{Bot, Human, Mannequin, Other};
    let machine =
        "[[people]]\nname = \"Robot\"\nlogins = [\"robot-example\"]\nmachine = true\n[roles.gate-owners]";
    let mapped = policy("[roles.gate-owners]", machine);
    let robot = || person("robot-example", 23);
    table(
        || project(&mapped, OWNERS),
        &[
            ("a person", &|stage| second_approval(stage, noor()), 0, "", ""),
            (
                "a bot",
                &|stage| second_approval(stage, of_kind(person("approver", 23), Bot)),
                1,
                REVIEWS,
                "it is by a bot",
            ),
            (
                "an app's account",
                &|stage| second_approval(stage, of_kind(person("github-actions[bot]", 41898282), Bot)),
                1,
                REVIEWS,
                "it is by a bot",
            ),
            (
                "a bot by its name, whatever it says it is",
                &|stage| second_approval(stage, of_kind(person("approver[bot]", 23), Human)),
                1,
                REVIEWS,
                "it is by a bot",
            ),
            (
                "an unclaimed placeholder",
                &|stage| second_approval(stage, of_kind(noor(), Mannequin)),
                1,
                REVIEWS,
                "placeholder",
            ),
            (
                "an organisation",
                &|stage| second_approval(stage, of_kind(noor(), Other)),
                1,
                REVIEWS,
                "not by a person's account",
            ),
            (
                "a kind of account that nobody knows",
                &|stage| {
                    stage
                        .world
                        .faults
                        .push((Endpoint::Reviews, AnswerFault::Set("/1/user/type".into(), json!("Robot"))));
                },
                1,
                REVIEWS,
                "not by a person's account",
            ),
            (
                "an account that the policy calls a machine",
                &|stage| second_approval(stage, robot()),
                1,
                REVIEWS,
                "is a machine",
            ),
        ],
    );
}

#[test]
fn attack_24_a_bot_writes_and_one_person_approves() {
    let bot = || of_kind(person("helper[bot]", 24), AccountKind::Bot);
    let address: Person<'static> = ("helper[bot]", "24+helper[bot]@users.noreply.github.com");
    let by_bot = |stage: &mut Stage| {
        written(stage, (address, Some(bot())), (address, Some(bot())), "Load");
        stage.world.request.author = Some(bot());
        stage.world.activity[0].actor = Some(bot());
    };
    table(
        honest,
        &[
            ("two people approve", &|stage| by_bot(stage), 0, "", ""),
            (
                "one person approves",
                &|stage| {
                    by_bot(stage);
                    stage.world.reviews.truncate(1)
                },
                1,
                REVIEWS,
                "1 of 2 required independent approvals",
            ),
            (
                "a person and the bot approve",
                &|stage| {
                    by_bot(stage);
                    second_approval(stage, bot())
                },
                1,
                REVIEWS,
                "it is by a bot",
            ),
            (
                "the bot pushed what kim opened, and kim approves",
                &|stage| {
                    by_bot(stage);
                    stage.world.request.author = Some(kim());
                    second_approval(stage, kim());
                },
                1,
                REVIEWS,
                "this person opened the request",
            ),
            (
                "kim pushed what the bot opened, and kim approves",
                &|stage| {
                    by_bot(stage);
                    stage.world.activity[0].actor = Some(kim());
                    second_approval(stage, kim());
                },
                1,
                REVIEWS,
                "this person pushed",
            ),
        ],
    );
}

/// Rights and membership are those of now; hosts do not tell what they were at the time of the review.
#[test]
fn attack_25_an_approver_without_rights() {
    let may = |stage: &mut Stage, permission| stage.world.permissions[1].1 = permission;
    table(
        honest,
        &[
            ("may administer", &|stage| may(stage, Permission::Admin), 0, "", ""),
            ("may read", &|stage| may(stage, Permission::Read), 1, REVIEWS, "may not write"),
            ("may nothing", &|stage| may(stage, Permission::None), 1, REVIEWS, "may not write"),
            (
                "nobody knows",
                &|stage| drop(stage.world.permissions.remove(1)),
                3,
                REVIEWS,
                "what alex-example may do",
            ),
            (
                "a role of the organisation that reads",
                &|stage| {
                    may(stage, Permission::Read);
                    stage.world.faults.push((
                        Endpoint::Permission,
                        AnswerFault::Set("/role_name".into(), json!("deployer")),
                    ));
                },
                1,
                REVIEWS,
                "may not write",
            ),
        ],
    );
}

#[test]
fn attack_25_an_approver_outside_the_role() {
    let team = |stage: &mut Stage, members: Vec<Account>| {
        stage.world.teams.values_mut().for_each(|team| *team = members.clone())
    };
    table(
        demanding,
        &[
            ("alex is in the team", &|_| (), 0, "", ""),
            ("nobody is in the team", &|stage| team(stage, vec![]), 1, REVIEWS, "role `data-protection`"),
            (
                "others are in the team",
                &|stage| team(stage, vec![noor(), kim()]),
                1,
                REVIEWS,
                "role `data-protection`",
            ),
            (
                "the team is not shown",
                &|stage| stage.world.teams.clear(),
                3,
                REVIEWS,
                "the members of team example-org/data-protection",
            ),
            (
                "an owner is missing",
                &|stage| second_approval_first(stage, noor()),
                1,
                REVIEWS,
                "one person would have to fill two roles",
            ),
            (
                "no owner at all",
                &|stage| {
                    second_approval_first(stage, noor());
                    team(stage, vec![person("sam-example", 16)]);
                    second_approval(stage, person("sam-example", 16));
                },
                1,
                REVIEWS,
                "no owner of services/upload/load.sql approved",
            ),
        ],
    );
}

/// The first approval comes from this account instead of Robin's.
fn second_approval_first(stage: &mut Stage, by: Account) {
    stage.world.reviews[0].reviewer = Some(by.clone());
    stage.world.permissions.push((by, Permission::Write));
}

#[test]
fn attack_26_accounts_that_are_gone_renamed_or_taken_over() {
    table(
        honest,
        &[
            (
                "the same login in capitals",
                &|stage| stage.world.reviews[1].reviewer = Some(person("Alex-Example", 13)),
                3,
                REVIEWS,
                "Alex-Example",
            ),
            (
                "the reviewer is gone",
                &|stage| stage.world.reviews[1].reviewer = None,
                1,
                REVIEWS,
                "its account is deleted",
            ),
            (
                "the reviewer's login was taken by somebody else",
                &|stage| stage.world.reviews[1].reviewer = Some(person("alex-example", 99)),
                3,
                REVIEWS,
                "the host answered for account 13",
            ),
            (
                "kim took another login after the review",
                &|stage| second_approval(stage, person("kim-renamed", 11)),
                1,
                REVIEWS,
                "this person opened the request",
            ),
            (
                "robin wrote it under a login that is no more",
                &|stage| {
                    written(
                        stage,
                        (("R", "r@example.test"), Some(person("robin-before", 12))),
                        (KIM, Some(kim())),
                        "Load",
                    );
                },
                1,
                REVIEWS,
                "this person wrote commit",
            ),
            (
                "the opener is gone",
                &|stage| stage.world.request.author = None,
                3,
                REVIEWS,
                "who opened request 7",
            ),
            (
                "the pusher is gone",
                &|stage| stage.world.activity[0].actor = None,
                3,
                REVIEWS,
                "who pushed the judged head",
            ),
            (
                "the author is gone",
                &|stage| written(stage, (("R", "r@example.test"), None), (KIM, Some(kim())), "Load"),
                3,
                REVIEWS,
                "r@example.test",
            ),
            (
                "the author is gone, and his address names an account that is no more",
                &|stage| {
                    written(
                        stage,
                        (("R", "77+gone@users.noreply.github.com"), None),
                        (KIM, Some(kim())),
                        "Load",
                    );
                },
                3,
                REVIEWS,
                "77+gone",
            ),
            (
                "somebody gone asked for changes",
                &|stage| {
                    review(stage, &noor(), ReviewState::ChangesRequested, 45);
                    stage.world.reviews[2].reviewer = None;
                },
                1,
                REVIEWS,
                "a deleted account requested changes",
            ),
            ("all are there", &|_| (), 0, "", ""),
        ],
    );
}

#[test]
fn attack_27_an_opinion_that_is_not_an_approval() {
    use ReviewState::{Approved, ChangesRequested, Commented, Dismissed, Pending};
    let becomes = |stage: &mut Stage, state| stage.world.reviews[1].state = state;
    let later = |stage: &mut Stage, states: &[ReviewState]| {
        (60..).zip(states).for_each(|(minute, state)| review(stage, &alex(), *state, minute));
    };
    let other = |stage: &mut Stage, permission, state| {
        stage.world.permissions.push((noor(), permission));
        review(stage, &noor(), state, 45);
    };
    table(
        honest,
        &[
            ("it stands", &|_| (), 0, "", ""),
            ("dismissed", &|stage| becomes(stage, Dismissed), 1, REVIEWS, "it was dismissed"),
            (
                "only a comment",
                &|stage| becomes(stage, Commented),
                1,
                REVIEWS,
                "1 of 2 required independent approvals",
            ),
            (
                "not yet sent",
                &|stage| {
                    becomes(stage, Pending);
                    stage.world.reviews[1].submitted = None
                },
                1,
                REVIEWS,
                "1 of 2 required independent approvals",
            ),
            (
                "changes requested",
                &|stage| becomes(stage, ChangesRequested),
                1,
                REVIEWS,
                "alex-example requested changes",
            ),
            (
                "approved, then changes requested",
                &|stage| later(stage, &[ChangesRequested]),
                1,
                REVIEWS,
                "later requested changes",
            ),
            (
                "approved, requested changes, approved",
                &|stage| later(stage, &[ChangesRequested, Approved]),
                0,
                "",
                "",
            ),
            (
                "approved, requested changes, only commented",
                &|stage| later(stage, &[ChangesRequested, Commented]),
                1,
                REVIEWS,
                "later requested changes",
            ),
            (
                "approved, then that was dismissed",
                &|stage| later(stage, &[Dismissed]),
                1,
                REVIEWS,
                "a later opinion of the same person was dismissed",
            ),
            ("approved, dismissed, approved", &|stage| later(stage, &[Dismissed, Approved]), 0, "", ""),
            ("approved, then commented", &|stage| later(stage, &[Commented]), 0, "", ""),
            (
                "at the same moment approved and refused",
                &|stage| {
                    later(stage, &[ChangesRequested]);
                    stage.world.reviews[2].submitted = Some(minutes(50));
                },
                1,
                REVIEWS,
                "requested changes",
            ),
            (
                "a third person who may write objects",
                &|stage| other(stage, Permission::Write, ChangesRequested),
                1,
                REVIEWS,
                "noor-example requested changes",
            ),
            (
                "a third person who may only read objects",
                &|stage| other(stage, Permission::Read, ChangesRequested),
                0,
                "",
                "",
            ),
            (
                "the objection of a third person was dismissed",
                &|stage| other(stage, Permission::Write, Dismissed),
                0,
                "",
                "",
            ),
        ],
    );
}

#[test]
fn attack_28_a_push_after_the_approval() {
    let push = |stage: &mut Stage| stage.push(KIM, &kim(), &[LOAD]).unwrap();
    table(
        honest,
        &[
            (
                "both approve again",
                &|stage| {
                    push(stage);
                    approve_anew(stage, 70)
                },
                0,
                "",
                "",
            ),
            ("nobody approves again", &|stage| push(stage), 1, REVIEWS, "not on the judged head"),
            (
                "one approves again",
                &|stage| {
                    push(stage);
                    review(stage, &alex(), ReviewState::Approved, 70)
                },
                1,
                REVIEWS,
                "1 of 2",
            ),
            (
                "an empty commit on top",
                &|stage| stage.push(KIM, &kim(), &[]).unwrap(),
                1,
                REVIEWS,
                "not on the judged head",
            ),
            (
                "an approver pushes a suggestion of theirs",
                &|stage| {
                    stage.push(ROBIN, &robin(), &[LOAD]).unwrap();
                    approve_anew(stage, 70);
                },
                1,
                REVIEWS,
                "1 of 2",
            ),
        ],
    );
}

#[test]
fn attack_29_away_and_back_to_the_approved_commit() {
    let swapped = |stage: &mut Stage| {
        let other = stage
            .history
            .commit(KIM, &[stage.base], "Decoy", &[Edit::Write("docs/guide.md", "Nice.\n")])
            .unwrap();
        revision(other).unwrap()
    };
    table(
        honest,
        &[
            (
                "approved, away, back",
                &|stage| {
                    let (mut away, mut back) =
                        (stage.world.activity[0].clone(), stage.world.activity[0].clone());
                    (away.after, away.at, back.at) = (swapped(stage), minutes(60), minutes(61));
                    stage.world.activity.extend([away, back]);
                },
                0,
                "",
                "",
            ),
            (
                "approved while a decoy was there",
                &|stage| {
                    let decoy = swapped(stage);
                    stage
                        .world
                        .reviews
                        .iter_mut()
                        .for_each(|review| review.reviewed = ReviewedContent::Stated(decoy.clone()));
                },
                1,
                REVIEWS,
                "not on the judged head",
            ),
            (
                "approved, then one approved the decoy as well",
                &|stage| {
                    let decoy = swapped(stage);
                    review(stage, &alex(), ReviewState::Approved, 60);
                    stage.world.reviews[2].reviewed = ReviewedContent::Stated(decoy);
                },
                1,
                REVIEWS,
                "later approved another commit",
            ),
            (
                "robin pushed it back, and approved",
                &|stage| {
                    let mut back = stage.world.activity[0].clone();
                    (back.actor, back.at) = (Some(robin()), minutes(60));
                    stage.world.activity.push(back);
                },
                1,
                REVIEWS,
                "this person pushed the judged head",
            ),
        ],
    );
}

#[test]
fn attack_30_an_approval_of_no_certain_commit() {
    let of = |stage: &mut Stage, commit: Option<portcullis_model::change::Revision>| {
        stage.world.reviews[1].reviewed = commit.into()
    };
    table(
        honest,
        &[
            (
                "of the head",
                &|stage| {
                    let head = Some(head(stage));
                    of(stage, head)
                },
                0,
                "",
                "",
            ),
            (
                "of a commit that the host no longer knows",
                &|stage| of(stage, None),
                1,
                REVIEWS,
                "no longer knows the commit",
            ),
            (
                "of the base",
                &|stage| {
                    let base = revision(stage.base).ok();
                    of(stage, base)
                },
                1,
                REVIEWS,
                "not on the judged head",
            ),
            (
                "the request has a newer head than the job",
                &|stage| {
                    let newer = stage.history.commit(KIM, &[stage.head()], "More", &[LOAD]).unwrap();
                    stage.world.request.head = revision(newer).unwrap();
                },
                3,
                REVIEWS,
                "at the judged head",
            ),
            (
                "the newer head has the approvals",
                &|stage| {
                    let newer =
                        revision(stage.history.commit(KIM, &[stage.head()], "More", &[LOAD]).unwrap())
                            .unwrap();
                    stage.world.request.head = newer.clone();
                    stage
                        .world
                        .reviews
                        .iter_mut()
                        .for_each(|review| review.reviewed = ReviewedContent::Stated(newer.clone()));
                },
                3,
                REVIEWS,
                "at the judged head",
            ),
        ],
    );
}

#[test]
fn attack_31_an_approval_of_another_request() {
    table(
        honest,
        &[
            ("its own", &|_| (), 0, "", ""),
            (
                "the approvals are of request 6, with the same commit",
                &|stage| stage.world.reviews.clear(),
                1,
                REVIEWS,
                "0 of 2",
            ),
            (
                "the host answers with another request",
                &|stage| {
                    stage
                        .world
                        .faults
                        .push((Endpoint::Request, AnswerFault::Set("/number".into(), json!(6))));
                },
                3,
                GATE,
                "the host answered with request 6",
            ),
            (
                "a review that says it is of another request",
                &|stage| {
                    let other = "https://api.example.test/repos/example-org/data-upload/pulls/6";
                    stage.world.faults.push((
                        Endpoint::Reviews,
                        AnswerFault::Set("/1/pull_request_url".into(), json!(other)),
                    ));
                },
                3,
                REVIEWS,
                "is of another request",
            ),
        ],
    );
}

#[test]
fn attack_31_an_approval_against_another_base() {
    let turned = |stage: &mut Stage, kind: &str, at| {
        stage.world.events.push(Event { kind: kind.into(), at: minutes(at) })
    };
    table(
        honest,
        &[
            ("turned before the approvals", &|stage| turned(stage, "base_ref_changed", 30), 0, "", ""),
            (
                "turned between the approvals",
                &|stage| turned(stage, "base_ref_changed", 45),
                1,
                REVIEWS,
                "base branch of the request was changed",
            ),
            (
                "turned after the approvals",
                &|stage| turned(stage, "base_ref_changed", 55),
                1,
                REVIEWS,
                "base branch of the request was changed",
            ),
            (
                "turned at the same moment",
                &|stage| turned(stage, "base_ref_changed", 50),
                1,
                REVIEWS,
                "base branch of the request was changed",
            ),
            (
                "turned by the host",
                &|stage| turned(stage, "automatic_base_change_succeeded", 55),
                1,
                REVIEWS,
                "base branch of the request was changed",
            ),
            (
                "turned, and approved again",
                &|stage| {
                    turned(stage, "base_ref_changed", 55);
                    approve_anew(stage, 60)
                },
                0,
                "",
                "",
            ),
        ],
    );
}

/// What remains for the deployment gate: an old tree that lands again over time, past what was judged here.
#[test]
fn attack_32_an_approved_tree_under_another_commit() {
    let again = |stage: &mut Stage| {
        let old = head(stage);
        let same = stage.history.commit(
            KIM,
            &[stage.base],
            "The same files",
            &[Edit::Write(
                "services/upload/load.sql",
                "INSERT INTO records SELECT * FROM staging ORDER BY id;\n",
            )],
        );
        stage.commits = vec![same.unwrap()];
        stage.honest_world().unwrap();
        assert_ne!(old, head(stage));
        stage
            .world
            .reviews
            .iter_mut()
            .for_each(|review| review.reviewed = ReviewedContent::Stated(old.clone()));
    };
    let back = |stage: &mut Stage| {
        stage.push(KIM, &kim(), &[LOAD]).unwrap();
        let undone = Edit::Write(
            "services/upload/load.sql",
            "INSERT INTO records SELECT * FROM staging ORDER BY id;\n",
        );
        stage.push(KIM, &kim(), &[undone]).unwrap();
    };
    table(
        honest,
        &[
            (
                "the same tree, approved anew",
                &|stage| {
                    again(stage);
                    approve_anew(stage, 60)
                },
                0,
                "",
                "",
            ),
            ("the same tree, other commit", &|stage| again(stage), 1, REVIEWS, "not on the judged head"),
            (
                "there and back to the approved tree",
                &|stage| back(stage),
                1,
                REVIEWS,
                "not on the judged head",
            ),
        ],
    );
}

#[test]
fn attack_33_an_approval_with_rights_elsewhere() {
    let fork =
        |stage: &mut Stage| stage.world.request.head_repository = Some("kim-example/data-upload".into());
    table(
        honest,
        &[
            ("a request from a fork", &|stage| fork(stage), 0, "", ""),
            (
                "an approver who may write to the fork only",
                &|stage| {
                    fork(stage);
                    stage.world.permissions[1].1 = Permission::Read;
                },
                1,
                REVIEWS,
                "may not write",
            ),
            (
                "the fork is gone",
                &|stage| stage.world.request.head_repository = None,
                3,
                REVIEWS,
                "the repository of the head is gone",
            ),
            (
                "the fork's pushes are not shown",
                &|stage| {
                    fork(stage);
                    stage
                        .world
                        .faults
                        .push((Endpoint::Activity, AnswerFault::Refuse(404, "Not Found".into())));
                },
                3,
                REVIEWS,
                "who pushed the head",
            ),
            (
                "a push to a branch of the same name elsewhere",
                &|stage| {
                    stage.world.faults.push((
                        Endpoint::Activity,
                        AnswerFault::Set("/0/ref".into(), json!("refs/heads/batches2")),
                    ));
                },
                3,
                REVIEWS,
                "no push of the head",
            ),
        ],
    );
}

#[test]
fn attack_46_an_owner_approves_files_of_others() {
    let owners = "* @robin-example\n/services/upload/ @alex-example\n/db/ @noor-example\n";
    let roles =
        "[controls.required-reviews]\napprovals = 1\nroles = [{ role = \"owners\", approvals = 1 }]\n";
    let owned = policy("[controls.required-reviews]\napprovals = 1\n", roles)
        .replace("[roles.gate-owners]", "[roles.owners]\ncode-owners = true\n[roles.gate-owners]");
    let make = || {
        let mut stage = project(&owned, owners);
        stage
            .change(&[LOAD, Edit::Write("db/migrations/1.sql", "ALTER TABLE records ADD note TEXT;\n")])
            .unwrap();
        stage.world.permissions.push((noor(), Permission::Write));
        stage
    };
    table(
        make,
        &[
            ("an owner of each", &|stage| review(stage, &noor(), ReviewState::Approved, 55), 0, "", ""),
            ("nobody for one of them", &|_| (), 1, REVIEWS, "no owner of db/migrations/1.sql approved"),
            (
                "the owner of one of them is the author",
                &|stage| {
                    review(stage, &noor(), ReviewState::Approved, 55);
                    stage.world.request.author = Some(noor());
                },
                1,
                REVIEWS,
                "no owner of db/migrations/1.sql approved",
            ),
            (
                "the owner approved an earlier commit",
                &|stage| {
                    review(stage, &noor(), ReviewState::Approved, 55);
                    stage.world.reviews[2].reviewed = revision(stage.base).ok().into();
                },
                1,
                REVIEWS,
                "no owner of db/migrations/1.sql approved",
            ),
            (
                "the owner of the old name, but not of the new one",
                &|stage| {
                    let text = "INSERT INTO records SELECT * FROM staging;\n";
                    stage
                        .change(&[Edit::Remove("services/upload/load.sql"), Edit::Write("db/load.sql", text)])
                        .unwrap();
                    stage.world.permissions.push((noor(), Permission::Write));
                },
                1,
                REVIEWS,
                "no owner of db/load.sql approved",
            ),
            (
                "the owners of both names",
                &|stage| {
                    let text = "INSERT INTO records SELECT * FROM staging;\n";
                    stage
                        .change(&[Edit::Remove("services/upload/load.sql"), Edit::Write("db/load.sql", text)])
                        .unwrap();
                    stage.world.permissions.push((noor(), Permission::Write));
                    review(stage, &noor(), ReviewState::Approved, 55);
                },
                0,
                "",
                "",
            ),
        ],
    );
}

#[test]
fn attack_47_the_policy_is_edited_by_the_change() {
    let edited =
        |stage: &mut Stage, text: &str| stage.change(&[Edit::Write("portcullis.toml", text), LOAD]).unwrap();
    let weaker = POLICY.replace("approvals = 2", "approvals = 1").replace("minimum = 3", "minimum = 1");
    let stricter = POLICY.replace("approvals = 2", "approvals = 3");
    let silent =
        POLICY.replace("paths = [\"services/upload/**\", \"db/migrations/**\"]", "paths = [\"nowhere/**\"]");
    let only =
        |stage: &mut Stage, index: usize| stage.world.reviews = vec![stage.world.reviews[index].clone()];
    table(
        honest,
        &[
            ("weaker, all approve", &|stage| edited(stage, &weaker), 0, "", ""),
            (
                "weaker, without the gate's owner",
                &|stage| {
                    edited(stage, &weaker);
                    second_approval(stage, noor())
                },
                1,
                GATE,
                "the change touches the policy",
            ),
            (
                "weaker, by the gate's owner alone",
                &|stage| {
                    edited(stage, &weaker);
                    only(stage, 1)
                },
                1,
                REVIEWS,
                "1 of 2 required independent approvals",
            ),
            (
                "the area is moved away",
                &|stage| {
                    edited(stage, &silent);
                    only(stage, 1)
                },
                1,
                REVIEWS,
                "1 of 2 required independent approvals",
            ),
            (
                "stricter counts at once",
                &|stage| edited(stage, &stricter),
                1,
                REVIEWS,
                "2 of 3 required independent approvals",
            ),
            (
                "removed",
                &|stage| stage.change(&[Edit::Remove("portcullis.toml"), LOAD]).unwrap(),
                1,
                GATE,
                "removes the policy",
            ),
            (
                "moved",
                &|stage| {
                    stage
                        .change(&[
                            Edit::Remove("portcullis.toml"),
                            Edit::Write("gate/portcullis.toml", POLICY),
                        ])
                        .unwrap()
                },
                1,
                GATE,
                "removes the policy",
            ),
            ("emptied", &|stage| edited(stage, ""), 1, GATE, "would leave a policy with"),
            (
                "made a link",
                &|stage| {
                    stage
                        .change(&[
                            Edit::Link("portcullis.toml", "lax.toml"),
                            Edit::Write("lax.toml", &weaker),
                        ])
                        .unwrap()
                },
                1,
                GATE,
                "policy",
            ),
            (
                "made a submodule",
                &|stage| {
                    stage.change(&[Edit::Remove("portcullis.toml")]).unwrap();
                    let made = stage.history.commit(
                        KIM,
                        &[stage.head()],
                        "More",
                        &[Edit::Submodule("portcullis.toml", stage.base)],
                    );
                    stage.commits.push(made.unwrap());
                    stage.honest_world().unwrap();
                },
                1,
                GATE,
                "policy",
            ),
            (
                "a second one in capitals",
                &|stage| {
                    stage.change(&[Edit::Write("Portcullis.toml", &weaker)]).unwrap();
                    second_approval(stage, noor());
                },
                1,
                GATE,
                "the change touches the policy",
            ),
            (
                "the workflow is edited without the gate's owner",
                &|stage| {
                    stage.change(&[Edit::Write(".github/workflows/gate.yml", "on: push\n")]).unwrap();
                    second_approval(stage, noor());
                },
                1,
                GATE,
                "the workflows",
            ),
        ],
    );
}

#[test]
fn attack_50_the_owners_are_edited_by_the_change() {
    let mine = "* @robin-example\n/services/upload/ @robin-example @noor-example\n";
    let edited = |stage: &mut Stage, path: &str| {
        stage.change(&[Edit::Write(path, mine), LOAD]).unwrap();
    };
    table(
        demanding,
        &[
            ("with the gate's owner", &|stage| edited(stage, ".github/CODEOWNERS"), 0, "", ""),
            (
                "an owner by this very change does not count",
                &|stage| {
                    edited(stage, ".github/CODEOWNERS");
                    second_approval_first(stage, noor());
                },
                1,
                REVIEWS,
                "no owner of .github/CODEOWNERS approved",
            ),
            (
                "without the gate's owner",
                &|stage| {
                    edited(stage, ".github/CODEOWNERS");
                    second_approval(stage, noor())
                },
                1,
                GATE,
                "the owners of files (CODEOWNERS)",
            ),
            (
                "in a place that comes first in no list yet",
                &|stage| {
                    edited(stage, "docs/CODEOWNERS");
                    second_approval(stage, noor())
                },
                1,
                GATE,
                "the owners of files (CODEOWNERS)",
            ),
            (
                "removed",
                &|stage| {
                    stage.change(&[Edit::Remove(".github/CODEOWNERS"), LOAD]).unwrap();
                    second_approval(stage, noor());
                },
                1,
                GATE,
                "the owners of files (CODEOWNERS)",
            ),
        ],
    );
}

#[test]
fn attack_50_owners_that_are_nobody() {
    let policy = crate::support::project::demanding_policy();
    for (owners, exit, text) in [
        (OWNERS, 0, ""),
        (
            "* @robin-example\n/services/upload/ @nobody-example\n",
            1,
            "no owner of services/upload/load.sql approved",
        ),
        ("* @robin-example\n/services/upload/\n", 1, "takes it away"),
        ("/docs/ @robin-example\n", 1, "no line of CODEOWNERS matches it"),
        (
            "* @robin-example\n/services/upload/ @example-org/no-such-team\n",
            3,
            "the members of team example-org/no-such-team",
        ),
        ("* @robin-example\n/services/upload/ robin@example.test\n", 3, "whose address"),
        ("* @robin-example\n/services/upload/ @robin@example\n", 1, "GitHub skips"),
        ("* @robin-example\n/services/[upload]/ @kim-example\n* @robin-example\n", 0, ""),
        ("* @robin-example\n!/services/upload/ @kim-example\n", 1, "GitHub skips"),
        ("", 1, "no line of CODEOWNERS matches it"),
        ("/services/upload/ @kim-example\n", 1, "no owner of services/upload/load.sql approved"),
    ] {
        eprintln!("-- {owners}");
        judge(&project(&policy, owners)).expect(exit, REVIEWS, text);
    }
}

#[test]
fn attack_51_a_policy_that_asks_for_nothing() {
    assert_eq!(judge(&honest()).exit, 0);
    for (passage, by) in [
        ("approvals = 2", "approvals = 0"),
        ("approvals = 2", "approvals = -1"),
        ("approvals = 2", "approvals = \"2\""),
        ("approvals = 2", "approvals = 2.0"),
        ("approvals = 2", "approvals = false"),
        ("approvals = 2", "roles = []"),
        ("approvals = 2", ""),
        ("minimum = 3", "minimum = 0"),
        ("reports = [\"target/upload-regression.xml\"]", "reports = []"),
        ("areas = [\"upload\"]", "areas = []"),
        ("checks = [{ name = \"regression\", app = \"github-actions\" }]", "checks = []"),
        ("change-request = true", "change-request = false"),
        ("force-push = \"blocked\"", "force-push = \"allowed\""),
        ("deployment = [\"main\"]", "deployment = []"),
        ("users = [\"alex-example\"]", "users = []"),
        ("role = \"gate-owners\"\napprovals = 1", "role = \"gate-owners\"\napprovals = 0"),
        ("paths = [\"services/upload/**\", \"db/migrations/**\"]", "paths = []"),
    ] {
        eprintln!("-- {by}");
        let text = policy(passage, by);
        let verdict = judge(&project(&text, OWNERS));
        refused(&verdict, 4, "portcullis.toml");
        // The same, slipped in by the change: it is judged by the old policy, and the new one is not let in.
        judge_altered(|stage| stage.change(&[Edit::Write("portcullis.toml", &text)]).unwrap()).expect(
            1,
            GATE,
            "would leave a policy with",
        );
    }
}

/// No key and no date is looked at by the merge gate, so none can run out; what it can be given is a policy of another
/// day. What remains for the deployment gate: as of when a policy held.
#[test]
fn attack_52_a_policy_of_another_day() {
    for (passage, by) in [
        ("schema = 1", "schema = 0"),
        ("schema = 1", "schema = 2"),
        ("schema = 1\n", ""),
        ("schema = 1\n", "schema = 1\nexpires = \"2020-01-01\"\n"),
        ("[project]\n", "[project]\nvalid-until = 2020-01-01\n"),
    ] {
        refused(&judge(&project(&policy(passage, by), OWNERS)), 4, "portcullis.toml");
    }
    // The branch became stricter after the change had begun: what counts is the policy of now.
    let since = |text: String| {
        move |stage: &mut Stage| {
            let edits = [Edit::Write("portcullis.toml", &text)];
            stage.base = stage.history.commit(KIM, &[stage.base], "Policy", &edits).unwrap();
            stage.world.branch.tip = revision(stage.base).unwrap();
            stage.publish().unwrap();
        }
    };
    let (lax, strict) = (policy("approvals = 2", "approvals = 1"), policy("approvals = 2", "approvals = 3"));
    table(
        honest,
        &[
            (
                "the policy of now asks for one",
                &|stage| {
                    since(lax.clone())(stage);
                    stage.world.reviews.remove(0);
                },
                0,
                "",
                "",
            ),
            (
                "the policy of now asks for three",
                &|stage| since(strict.clone())(stage),
                1,
                REVIEWS,
                "2 of 3 required independent approvals",
            ),
        ],
    );
}

/// A false alarm once: a branch that is older than the policy was told that it removes it.
#[test]
fn attack_52_a_branch_that_is_older_than_the_policy() {
    let adopt = |stage: &mut Stage| {
        let edits = [Edit::Write("portcullis.toml", POLICY)];
        stage.base = stage.history.commit(KIM, &[stage.base], "Policy", &edits).unwrap();
        stage.world.branch.tip = revision(stage.base).unwrap();
        stage.publish().unwrap();
    };
    let young = || {
        let load = "INSERT INTO records SELECT * FROM staging;\n";
        Stage::with(&[Edit::Write("services/upload/load.sql", load), Edit::Write("README.md", "# Upload\n")])
            .unwrap()
    };
    table(
        young,
        &[
            ("the policy was adopted since", &|stage| adopt(stage), 0, "", ""),
            (
                "and one approval is missing",
                &|stage| {
                    adopt(stage);
                    stage.world.reviews.truncate(1)
                },
                1,
                REVIEWS,
                "1 of 2",
            ),
            (
                "the change brings a policy of its own",
                &|stage| {
                    stage.change(&[Edit::Write("portcullis.toml", "schema = 1\n"), LOAD]).unwrap();
                    adopt(stage);
                },
                1,
                GATE,
                "would leave a policy with",
            ),
        ],
    );
}

#[test]
fn attack_52_a_policy_given_by_hand_replaces_nothing_silently() {
    let stage = honest();
    let server = Server::start(stage.world.clone());
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("given.toml");
    let given = file.to_str().unwrap();
    for (text, exit) in
        [(POLICY.to_string(), 0), (policy("approvals = 2", "approvals = 3"), 1), (String::new(), 4)]
    {
        std::fs::write(&file, text).unwrap();
        let output =
            command(&stage, &server, &["check", "--policy", given, "--format", "json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(exit), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
