//! Honest people whom the gate took for somebody else: an approver who only pressed "Update branch", a co-author under an address that the host
//! knows, and a request that holds what others have landed. Beside each the attacks in its neighbourhood, which stay stopped. Each
//! against the program as a job runs it.

use crate::support::gate::judge_at;
use crate::support::people::{LOAD, alex, honest, kim, noor, robin};
use crate::support::project::{OWNERS, ROBIN, policy, project, table};
use git2::Oid;
use portcullis_model::person::Account;
use portcullis_model::review::CommitAccounts;
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::history::{Edit, Person};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, Stage, revision};
use portcullis_testkit::world::{Activity, Endpoint, minutes, person};
use serde_json::json;

const REVIEWS: &str = "required-reviews";
const SAM: Person<'static> = ("Sam Example", "sam@example.test");
const NEWS: Edit<'static> = Edit::Write("docs/guide.md", "How to upload and amend records.\n");
const MORE_NEWS: Edit<'static> = Edit::Write("README.md", "# Record upload and amendment\n");
const ON: Edit<'static> = Edit::Write("services/upload/more.sql", "SELECT 1;\n");
const PART: &str = "this person";

fn news(stage: &mut Stage, edits: &[Edit<'_>]) {
    stage.base = stage.history.commit(SAM, &[stage.base], "Elsewhere", edits).unwrap();
}

/// The request gets a commit of these parents, pushed by whoever wrote it, and Robin and Alex approve it.
fn grows(stage: &mut Stage, by: (Person<'_>, Account), parents: &[Oid], edits: &[Edit<'_>]) {
    let id = stage.history.commit(by.0, parents, "One more", edits).unwrap();
    stage.commits.push(id);
    let before = stage.world.clone();
    stage.honest_world().unwrap();
    (stage.world.activity, stage.world.commits) = (before.activity, before.commits);
    wrote(stage, id, &by.1);
    let at = minutes(60 + stage.world.activity.len() as i64);
    let (branch, after) = (stage.world.request.head_branch.clone().unwrap(), revision(id).unwrap());
    stage.world.activity.push(Activity { branch, after, actor: Some(by.1), at });
}

fn wrote(stage: &mut Stage, id: Oid, by: &Account) {
    let accounts = CommitAccounts { author: Some(by.clone()), committer: Some(by.clone()) };
    stage.world.commits.push((revision(id).unwrap(), accounts));
}

/// Somebody merges `main`, which has got `brought`, into the request, with these edits to what stood there.
fn pressed(stage: &mut Stage, by: (Person<'_>, Account), brought: Edit<'_>, edits: &[Edit<'_>]) {
    news(stage, &[brought]);
    let parents = [stage.head(), stage.base];
    grows(stage, by, &parents, edits);
}

fn goes_on(stage: &mut Stage) {
    let parents = [stage.head()];
    grows(stage, (KIM, kim()), &parents, &[ON]);
}

#[test]
fn an_approver_pressed_update_branch_and_the_author_went_on() {
    table(
        honest,
        &[
            (
                "robin pressed it once",
                &|stage| {
                    pressed(stage, (ROBIN, robin()), NEWS, &[NEWS]);
                    goes_on(stage);
                },
                0,
                "",
                "",
            ),
            (
                "robin pressed it twice in a row",
                &|stage| {
                    pressed(stage, (ROBIN, robin()), NEWS, &[NEWS]);
                    pressed(stage, (ROBIN, robin()), MORE_NEWS, &[MORE_NEWS]);
                    goes_on(stage);
                },
                0,
                "",
                "",
            ),
            (
                "robin pressed it, kim went on, alex pressed it",
                &|stage| {
                    pressed(stage, (ROBIN, robin()), NEWS, &[NEWS]);
                    goes_on(stage);
                    pressed(stage, (("Alex", "alex@example.test"), alex()), MORE_NEWS, &[MORE_NEWS]);
                },
                0,
                "",
                "",
            ),
            (
                "both pressed it, with a commit of kim's after each",
                &|stage| {
                    pressed(stage, (ROBIN, robin()), NEWS, &[NEWS]);
                    goes_on(stage);
                    pressed(stage, (("Alex", "alex@example.test"), alex()), MORE_NEWS, &[MORE_NEWS]);
                    let parents = [stage.head()];
                    let more = Edit::Write("services/upload/last.sql", "SELECT 2;\n");
                    grows(stage, (KIM, kim()), &parents, &[more]);
                },
                0,
                "",
                "",
            ),
        ],
    );
}

#[test]
fn an_approver_who_brought_more_than_an_update_stays_excluded() {
    let went_on = |stage: &mut Stage, edits: &[Edit<'_>]| {
        pressed(stage, (ROBIN, robin()), NEWS, edits);
        goes_on(stage);
    };
    table(
        honest,
        &[
            ("a clean merge", &|stage| went_on(stage, &[NEWS]), 0, "", ""),
            ("a merge with a line of its own", &|stage| went_on(stage, &[NEWS, LOAD]), 1, REVIEWS, PART),
            ("a merge that loses what main brought", &|stage| went_on(stage, &[]), 1, REVIEWS, PART),
            (
                "a merge of another branch",
                &|stage| {
                    let other = stage.history.commit(SAM, &[stage.base], "Aside", &[NEWS]).unwrap();
                    wrote(stage, other, &person("sam-example", 16));
                    let parents = [stage.head(), other];
                    grows(stage, (ROBIN, robin()), &parents, &[NEWS]);
                    goes_on(stage);
                },
                1,
                REVIEWS,
                PART,
            ),
            (
                "main first, the request second",
                &|stage| {
                    news(stage, &[NEWS]);
                    let parents = [stage.base, stage.head()];
                    let own = Edit::Write(
                        "services/upload/load.sql",
                        "INSERT INTO records SELECT * FROM staging ORDER BY id;\n",
                    );
                    grows(stage, (ROBIN, robin()), &parents, &[own]);
                    goes_on(stage);
                },
                1,
                REVIEWS,
                PART,
            ),
            (
                "an update, and a commit of robin's on it",
                &|stage| {
                    pressed(stage, (ROBIN, robin()), NEWS, &[NEWS]);
                    let parents = [stage.head()];
                    grows(stage, (ROBIN, robin()), &parents, &[LOAD]);
                    goes_on(stage);
                },
                1,
                REVIEWS,
                PART,
            ),
            (
                "robin pushed kim's commit together with the update",
                &|stage| {
                    pressed(stage, (ROBIN, robin()), NEWS, &[NEWS]);
                    stage.world.activity.remove(0);
                    goes_on(stage);
                },
                1,
                REVIEWS,
                "this person pushed",
            ),
            (
                "robin went on in kim's name",
                &|stage| {
                    pressed(stage, (ROBIN, robin()), NEWS, &[NEWS]);
                    goes_on(stage);
                    stage.world.activity.last_mut().unwrap().actor = Some(robin());
                },
                1,
                REVIEWS,
                "this person pushed",
            ),
            (
                "the approvals are from before kim went on",
                &|stage| {
                    pressed(stage, (ROBIN, robin()), NEWS, &[NEWS]);
                    let approved = stage.world.reviews.clone();
                    goes_on(stage);
                    stage.world.reviews = approved;
                },
                1,
                REVIEWS,
                "not on the judged head",
            ),
        ],
    );
}

/// Where only an approval of the very head counts, whoever merged had a part, as before.
#[test]
fn a_policy_that_asks_for_the_very_head_leaves_no_update_out() {
    let general = "[controls.required-reviews]\napprovals = 1\n";
    let exact = policy(general, &format!("{general}updates = \"exact\"\n"));
    table(
        || project(&exact, OWNERS),
        &[
            ("kim alone", &goes_on, 0, "", ""),
            (
                "robin pressed it",
                &|stage| {
                    pressed(stage, (ROBIN, robin()), NEWS, &[NEWS]);
                    goes_on(stage);
                },
                1,
                REVIEWS,
                PART,
            ),
        ],
    );
}

const ADDRESS: &str = "noor@home.example.test";
const NOBODY: &str = "belongs to no known account";

/// Kim's commit with these co-authors, whom the host attributes like this.
fn co_authored(stage: &mut Stage, addresses: &[&str], told: &[(&str, Option<Account>)]) {
    let trailers: String =
        addresses.iter().map(|address| format!("Co-authored-by: N <{address}>\n")).collect();
    let message = format!("Load\n\n{trailers}");
    stage.commits = vec![stage.history.commit(KIM, &[stage.base], &message, &[LOAD]).unwrap()];
    stage.honest_world().unwrap();
    let told = told.iter().map(|(address, account)| ((*address).to_string(), account.clone()));
    stage.world.co_authors = vec![(revision(stage.head()).unwrap(), told.collect())];
}

#[test]
fn a_co_author_is_whom_the_host_attributes_the_address_to() {
    table(
        honest,
        &[
            (
                "somebody who approves nothing",
                &|stage| co_authored(stage, &[ADDRESS], &[(ADDRESS, Some(noor()))]),
                0,
                "",
                "",
            ),
            (
                "in capitals",
                &|stage| co_authored(stage, &["Noor@Home.Example.Test"], &[(ADDRESS, Some(noor()))]),
                0,
                "",
                "",
            ),
            (
                "kim herself, from another machine",
                &|stage| {
                    co_authored(stage, &["kim@home.example.test"], &[("kim@home.example.test", Some(kim()))])
                },
                0,
                "",
                "",
            ),
            (
                "two of them",
                &|stage| {
                    let told =
                        [(ADDRESS, Some(noor())), ("sam@home.example.test", Some(person("sam-example", 16)))];
                    co_authored(stage, &[ADDRESS, "sam@home.example.test"], &told);
                },
                0,
                "",
                "",
            ),
        ],
    );
}

#[test]
fn an_address_that_the_host_does_not_vouch_for_stays_nobodys() {
    let own = |stage: &mut Stage| co_authored(stage, &[ADDRESS], &[(ADDRESS, Some(noor()))]);
    table(
        honest,
        &[
            ("noor", &own, 0, "", ""),
            (
                "an approver",
                &|stage| co_authored(stage, &[ADDRESS], &[(ADDRESS, Some(robin()))]),
                1,
                REVIEWS,
                "this person is a co-author",
            ),
            ("nobody", &|stage| co_authored(stage, &[ADDRESS], &[(ADDRESS, None)]), 3, REVIEWS, NOBODY),
            (
                "the host tells of another address",
                &|stage| co_authored(stage, &[ADDRESS], &[("noor@example.test", Some(noor()))]),
                3,
                REVIEWS,
                NOBODY,
            ),
            (
                "one of two is nobody's",
                &|stage| co_authored(stage, &[ADDRESS, "x@example.test"], &[(ADDRESS, Some(noor()))]),
                3,
                REVIEWS,
                NOBODY,
            ),
            (
                "the host tells two things of one address",
                &|stage| co_authored(stage, &[ADDRESS], &[(ADDRESS, Some(noor())), (ADDRESS, Some(robin()))]),
                3,
                REVIEWS,
                NOBODY,
            ),
            (
                "the host does not answer that question",
                &|stage| {
                    own(stage);
                    stage
                        .world
                        .faults
                        .push((Endpoint::GraphQl, AnswerFault::Refuse(403, "Forbidden".into())));
                },
                3,
                REVIEWS,
                NOBODY,
            ),
            (
                "the answer is an error",
                &|stage| {
                    own(stage);
                    let error = json!({ "data": null, "errors": [{ "type": "FORBIDDEN", "message": "no" }] });
                    stage.world.faults.push((Endpoint::GraphQl, AnswerFault::Text(error.to_string())));
                },
                3,
                REVIEWS,
                NOBODY,
            ),
            (
                "the answer is of another commit",
                &|stage| {
                    own(stage);
                    let place = format!("/data/repository/c{}/oid", stage.head());
                    stage
                        .world
                        .faults
                        .push((Endpoint::GraphQl, AnswerFault::Set(place, json!("2".repeat(40)))));
                },
                3,
                REVIEWS,
                NOBODY,
            ),
        ],
    );
}

/// The question costs a request, so it is only put where an address says nothing by itself.
#[test]
fn nobody_is_asked_about_addresses_that_are_known() {
    for (addresses, asked) in [
        (&[][..], 0),
        (&["15+noor-before@users.noreply.github.com"], 0),
        (&["kim@example.test"], 0),
        (&[ADDRESS], 1),
    ] {
        let mut stage = honest();
        co_authored(&mut stage, addresses, &[(ADDRESS, Some(noor()))]);
        let server = Server::start(stage.world.clone());
        let verdict = judge_at(&stage, &server);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        assert_eq!(server.count("graphql"), asked, "{addresses:?}");
    }
}

const GUIDE: Edit<'static> = Edit::Write("docs/guide.md", "How to upload, amend and delete records.\n");

/// Kim merged the heads of six requests of the area into hers, and changes something. They have landed since. Only Robin approved, which
/// is enough outside of the area.
fn holds_landed_heads(stage: &mut Stage, edits: &[Edit<'_>], since: &[Edit<'_>]) {
    let (begin, mut main, mut mine) = (stage.base, stage.base, stage.base);
    stage.commits.clear();
    for number in 0..6 {
        let path = format!("services/upload/batch_{number}.sql");
        let own = [Edit::Write(&path, "INSERT INTO records SELECT 1;\n")];
        let head = stage.history.commit(SAM, &[begin], "A request", &own).unwrap();
        main = stage.history.commit(SAM, &[main, head], "Merge", &own).unwrap();
        mine = stage.history.commit(KIM, &[mine, head], "Merge", &own).unwrap();
        stage.commits.push(mine);
    }
    stage.base =
        if since.is_empty() { main } else { stage.history.commit(SAM, &[main], "Since", since).unwrap() };
    stage.commits.push(stage.history.commit(KIM, &[mine], "Mine", edits).unwrap());
    stage.honest_world().unwrap();
    stage.world.reviews.retain(|review| review.reviewer == Some(robin()));
}

const LANDED: &str = "services/upload/batch_0.sql";
const OTHER: &str = "DELETE FROM records;\n";

#[test]
fn a_request_that_merged_landed_heads_brings_only_what_is_its_own() {
    for (edits, since) in [
        (&[GUIDE][..], &[][..]),
        (&[GUIDE], &[Edit::Write(LANDED, "INSERT INTO records SELECT 2;\n")]),
        (&[GUIDE], &[Edit::Remove(LANDED)]),
        (&[GUIDE, Edit::Write("docs/more.md", "More.\n")], &[Edit::Write("README.md", "# Records\n")]),
    ] {
        let mut stage = honest();
        holds_landed_heads(&mut stage, edits, since);
        let verdict = judge_at(&stage, &Server::start(stage.world.clone()));
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        assert!(verdict.touched().is_empty(), "{}", verdict.text);
    }
}

#[test]
fn what_it_changes_of_landed_heads_is_its_own() {
    const SHORT: &str = "1 of 2 required independent approvals";
    let rows: [(&str, &[Edit<'_>], &[Edit<'_>]); 6] = [
        ("a line of one", &[Edit::Write(LANDED, OTHER)], &[]),
        ("one taken away, as before it landed", &[Edit::Remove(LANDED)], &[]),
        ("one made executable", &[Edit::Executable(LANDED, "INSERT INTO records SELECT 1;\n")], &[]),
        ("a file of the area beside", &[GUIDE, ON], &[]),
        (
            "a line that main has changed since, too",
            &[Edit::Write(LANDED, OTHER)],
            &[Edit::Write(LANDED, "SELECT 3;\n")],
        ),
        (
            "one of them under another name",
            &[Edit::Remove(LANDED), Edit::Write("services/upload/z.sql", "INSERT INTO records SELECT 1;\n")],
            &[],
        ),
    ];
    for (what, edits, since) in rows {
        table(
            honest,
            &[
                (what, &|stage| holds_landed_heads(stage, edits, since), 1, REVIEWS, SHORT),
                ("the guide", &|stage| holds_landed_heads(stage, &[GUIDE], &[]), 0, "", ""),
            ],
        );
    }
}
