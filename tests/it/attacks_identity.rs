//! One person under two names, and two under one: the number of an account is the identity, and a name may come to belong to
//! somebody else (class 100 of the attack catalogue). Next to each attack stands its honest twin, which is allowed.

use crate::support::gate::Verdict;
use crate::support::people::{honest, kim, noor, written};
use crate::support::project::{OWNERS, policy, project, review, table};
use clap::Parser;
use portcullis_cli::SubjectArguments;
use portcullis_cli::prepare::prepare_over;
use portcullis_forge::Connection;
use portcullis_model::decision::Outcome;
use portcullis_model::person::{Account, TeamName};
use portcullis_model::review::{Permission, ReviewState};
use portcullis_testkit::history::{Edit, Person};
use portcullis_testkit::stage::{KIM, Stage};
use portcullis_testkit::world::person;
use serde_json::Value;
use std::process::Command;

const REVIEWS: &str = "required-reviews";
const CO_AUTHOR: &str = "this person is a co-author";
const NOBODY: &str = "belongs to no known account";

/// Kim's commit with this at the end of its message.
fn with_trailer(stage: &mut Stage, trailer: &str) {
    written(stage, (KIM, Some(kim())), (KIM, Some(kim())), &format!("Load\n\n{trailer}\n"));
}

fn with_co_author(stage: &mut Stage, address: &str) {
    with_trailer(stage, &format!("Co-authored-by: R <{address}>"));
}

/// Robin is 12 and Alex 13 on this host; both approve.
#[test]
fn attack_100_a_co_author_who_took_another_name_approves() {
    let rows: &[(&str, &str, i32, &str)] = &[
        ("under the former name", "12+robin-before@users.noreply.github.com", 1, CO_AUTHOR),
        ("in capitals", "12+Robin-Before@USERS.NoReply.GitHub.com", 1, CO_AUTHOR),
        ("under the present name", "12+robin-example@users.noreply.github.com", 1, CO_AUTHOR),
        ("under the name of an application", "12+robin[bot]@users.noreply.github.com", 1, CO_AUTHOR),
        ("under somebody else's name", "12+noor-example@users.noreply.github.com", 1, CO_AUTHOR),
        ("the twin: noor under a former name", "15+noor-before@users.noreply.github.com", 0, ""),
        ("the twin: whoever had alex's name before", "77+alex-example@users.noreply.github.com", 0, ""),
        ("the twin: an application", "41898282+github-actions[bot]@users.noreply.github.com", 0, ""),
    ];
    for (what, address, exit, text) in rows {
        table_of(what, &|stage| with_co_author(stage, address), *exit, text);
    }
}

fn table_of(what: &str, alter: &dyn Fn(&mut Stage), exit: i32, text: &str) {
    table(honest, &[(what, alter, exit, REVIEWS, text), ("nothing", &|_| (), 0, "", "")]);
}

#[test]
fn attack_100_a_number_that_is_none_is_nobodys() {
    for local in [
        "0+robin-before",
        "-12+robin-before",
        "+robin-before",
        "012+robin-before",
        "99999999999999999999+robin-before",
        "12.0+robin-before",
        "0xc+robin-before",
        "12+robin+before",
        "robin-before+work",
        "12+",
    ] {
        let address = format!("{local}@users.noreply.github.com");
        table_of(local, &|stage| with_co_author(stage, &address), 3, NOBODY);
    }
    table_of("twin", &|stage| with_co_author(stage, "15+noor-before@users.noreply.github.com"), 0, "");
}

#[test]
fn attack_100_an_address_without_a_number_is_not_silently_somebody_elses() {
    let address = |name: &str| format!("{name}@users.noreply.github.com");
    for (what, name, exit, text) in [
        ("a name that nobody has any more", "robin-before", 3, NOBODY),
        ("the name of an approver", "robin-example", 1, CO_AUTHOR),
        ("the twin: the opener's own", "kim-example", 0, ""),
    ] {
        table_of(what, &|stage| with_co_author(stage, &address(name)), exit, text);
    }
    let map = "[[people]]\nname = \"Noor\"\nlogins = [\"noor-before\"]\n[roles.gate-owners]";
    let mapped = policy("[roles.gate-owners]", map);
    table(
        || project(&mapped, OWNERS),
        &[("the map knows the name", &|stage| with_co_author(stage, &address("noor-before")), 0, "", "")],
    );
}

#[test]
fn attack_100_author_and_committer_under_a_former_name() {
    let before: Person<'static> = ("R", "12+robin-before@users.noreply.github.com");
    let former: Person<'static> = ("N", "15+noor-before@users.noreply.github.com");
    let kims = || (KIM, Some(kim()));
    table(
        honest,
        &[
            (
                "the host attributes it to nobody",
                &|stage| written(stage, (before, None), kims(), "Load"),
                1,
                REVIEWS,
                "this person wrote commit",
            ),
            (
                "the host attributes it to somebody else",
                &|stage| written(stage, (before, Some(noor())), kims(), "Load"),
                1,
                REVIEWS,
                "this person wrote commit",
            ),
            (
                "as committer",
                &|stage| written(stage, kims(), (before, Some(noor())), "Load"),
                1,
                REVIEWS,
                "this person committed",
            ),
            ("the twin", &|stage| written(stage, (former, Some(noor())), kims(), "Load"), 0, "", ""),
        ],
    );
}

#[test]
fn attack_100_the_forms_of_a_trailer() {
    let robin = "R <12+robin-before@users.noreply.github.com>";
    for (trailer, exit, text) in [
        (format!("Co-Authored-By: {robin}"), 1, CO_AUTHOR),
        (format!("co-authored-by:{robin}\n\nand more text"), 1, CO_AUTHOR),
        (format!("> Co-authored-by: {robin}"), 1, CO_AUTHOR),
        (
            format!("Co-authored-by: N <15+noor@users.noreply.github.com>\nCo-authored-by: {robin}"),
            1,
            CO_AUTHOR,
        ),
        (format!("Co-authored-by: N <15+noor@users.noreply.github.com>, {robin}"), 3, NOBODY),
        (format!("Signed-off-by: {robin}"), 0, ""),
        (format!("Reviewed-by: {robin}"), 0, ""),
    ] {
        table_of(&trailer.clone(), &|stage| with_trailer(stage, &trailer), exit, text);
    }
}

#[test]
fn attack_100_the_second_account_of_a_person_under_a_former_name() {
    let map = "[[people]]\nname = \"Robin Example\"\nlogins = [\"robin-example\", \"robin-two\"]\nemails = [\"23+robin-three@users.noreply.github.com\"]\n[roles.gate-owners]";
    let mapped = policy("[roles.gate-owners]", map);
    table(
        || project(&mapped, OWNERS),
        &[
            (
                "the host tells who has that number now",
                &|stage| {
                    with_co_author(stage, "22+robin-before@users.noreply.github.com");
                    review(stage, &person("robin-two", 22), ReviewState::Commented, 45);
                },
                1,
                REVIEWS,
                CO_AUTHOR,
            ),
            (
                "the map has the number",
                &|stage| with_co_author(stage, "23+robin-before@users.noreply.github.com"),
                1,
                REVIEWS,
                CO_AUTHOR,
            ),
            (
                "the host does not tell of it, and the map has the name",
                &|stage| with_co_author(stage, "22+robin-two@users.noreply.github.com"),
                1,
                REVIEWS,
                CO_AUTHOR,
            ),
            (
                "the twin: the name in the map belongs to another number",
                &|stage| {
                    with_co_author(stage, "78+robin-two@users.noreply.github.com");
                    review(stage, &person("robin-two", 22), ReviewState::Commented, 45);
                },
                0,
                "",
                "",
            ),
        ],
    );
}

/// Whoever holds this login and number approves instead of Alex, and is the one who may write under that login.
fn second_approval(stage: &mut Stage, by: Account) {
    stage.world.reviews[1].reviewer = Some(by.clone());
    stage.world.permissions.retain(|(account, _)| account.login != by.login);
    stage.world.permissions.push((by, Permission::Write));
}

fn with_role(definition: &str) -> String {
    let two = "[controls.required-reviews.data-processing]\napprovals = 2\n";
    let roles = format!("{two}roles = [{{ role = \"second\", approvals = 1 }}]\n");
    policy(two, &roles).replace("[roles.gate-owners]", &format!("{definition}\n[roles.gate-owners]"))
}

#[test]
fn attack_100_an_owner_by_an_address_whose_name_somebody_took() {
    let owned = with_role("[roles.second]\ncode-owners = true");
    let by = |address: &str| format!("* @robin-example\n/services/upload/ {address}\n");
    let lacking = "no owner of services/upload/load.sql";
    for (what, address, exit, text) in [
        (
            "the name of alex, the number of somebody else",
            "77+alex-example@users.noreply.github.com",
            1,
            lacking,
        ),
        ("a name without a number", "alex-example@users.noreply.github.com", 3, "without the number"),
        ("an address of another host", "13+alex-example@users.noreply.ghe.example.test", 3, "whose address"),
        ("the twin: the number of alex, a former name", "13+alex-before@users.noreply.github.com", 0, ""),
        ("the twin: name and number of alex", "13+alex-example@users.noreply.github.com", 0, ""),
        ("the twin: by login", "@alex-example", 0, ""),
    ] {
        table(
            || project(&owned, &by(address)),
            &[(what, &|_| (), exit, REVIEWS, text), ("not touched", &|stage| elsewhere(stage), 0, "", "")],
        );
    }
}

/// A change outside of what the address owns.
fn elsewhere(stage: &mut Stage) {
    stage.change(&[Edit::Write("docs/guide.md", "More.\n")]).unwrap();
}

#[test]
fn attack_100_somebody_who_took_a_name_of_the_policy() {
    let named = "[[people]]\nname = \"Alex Example\"\nlogins = [\"alex-example\"]\nemails = [\"13+alex-example@users.noreply.github.com\"]\n[roles.second]\nusers = [\"alex-example\"]";
    let mapped = with_role(named);
    table(
        || project(&mapped, OWNERS),
        &[
            (
                "the name is another account's now",
                &|stage| second_approval(stage, person("alex-example", 99)),
                1,
                REVIEWS,
                "by role `second`",
            ),
            ("the twin", &|_| (), 0, "", ""),
            ("the twin under a new name", &|stage| second_approval(stage, person("alex-new", 13)), 0, "", ""),
        ],
    );
}

#[test]
fn attack_100_members_of_a_team_are_accounts_and_not_names() {
    let team = || TeamName::try_from("example-org/data-protection".to_string()).unwrap();
    let policy = with_role("[roles.second]\nteams = [\"example-org/data-protection\"]");
    let only = |stage: &mut Stage, member: Account| drop(stage.world.teams.insert(team(), vec![member]));
    table(
        || project(&policy, OWNERS),
        &[
            ("the twin: alex is in it", &|stage| only(stage, person("alex-example", 13)), 0, "", ""),
            (
                "the twin: she took another name meanwhile",
                &|stage| only(stage, person("alex-new", 13)),
                0,
                "",
                "",
            ),
            (
                "somebody else is in it, who had the name when it was read",
                &|stage| only(stage, person("alex-example", 99)),
                1,
                REVIEWS,
                "by role `second`",
            ),
        ],
    );
}

#[derive(Parser)]
struct Words {
    #[command(flatten)]
    subject: SubjectArguments,
}

/// The outcome at a GitHub Enterprise Server with its API at this address.
fn at(api: &str, stage: &Stage) -> Outcome {
    let mut world = stage.world.clone();
    world.address = api.to_string();
    let words = ["x", "--host", "github", "--repository", &world.repository, "--request", "7"];
    let subject = Words::parse_from(words).subject;
    let connection = Connection::to(api, Box::new(world));
    prepare_over(portcullis_report::READERS, connection, stage.directory(), &subject)
        .unwrap()
        .decide(&[])
        .outcome
}

#[test]
fn attack_100_an_enterprise_server_has_its_own_addresses() {
    use Outcome::{Allow, Block, Undetermined};
    let kims = || (KIM, Some(kim()));
    let server = "https://ghe.example.test/api/v3";
    for (address, api, expected) in [
        ("12+robin-before@users.noreply.ghe.example.test", server, Block),
        ("12+robin-before@users.noreply.GHE.example.test", "https://api.ghe.example.test/api/v3", Block),
        ("55+robin-elsewhere@users.noreply.github.com", server, Undetermined),
        ("robin-elsewhere@users.noreply.github.com", server, Undetermined),
        ("12+robin-before@users.noreply.ghe.example.test", "https://api.github.com", Undetermined),
        ("12+robin-before@users.noreply.ghe.example.test.evil.example.test", server, Undetermined),
        ("15+noor-before@users.noreply.ghe.example.test", server, Allow),
        ("15+noor-before@users.noreply.github.com", "https://api.github.com", Allow),
    ] {
        let mut stage = honest();
        with_co_author(&mut stage, address);
        assert_eq!(at(api, &stage), expected, "{address} at {api}");
    }
    for (address, api, expected) in [
        ("noreply@github.com", server, Undetermined),
        ("noreply@ghe.example.test", "https://api.github.com", Undetermined),
        ("noreply@ghe.example.test", server, Allow),
        ("noreply@github.com", "https://api.github.com", Allow),
    ] {
        let mut stage = honest();
        written(&mut stage, kims(), (("GitHub", address), None), "Load");
        assert_eq!(at(api, &stage), expected, "{address} at {api}");
    }
}

/// In a job the server says under which name people know it, wherever its API is.
#[test]
fn attack_100_the_job_says_which_server_it_is_of() {
    let judge = |server: &str, address: &str| {
        let mut stage = honest();
        with_co_author(&mut stage, address);
        crate::support::gate::judge_by(&stage, |command| {
            command.env("GITHUB_SERVER_URL", server);
        })
    };
    let (here, cloud) = ("https://ghe.example.test", "https://github.com");
    judge(here, "12+robin-before@users.noreply.ghe.example.test").expect(1, REVIEWS, CO_AUTHOR);
    judge(here, "55+robin-elsewhere@users.noreply.github.com").expect(3, REVIEWS, NOBODY);
    judge(here, "15+noor-before@users.noreply.ghe.example.test").expect(0, "", "");
    judge(cloud, "15+noor-before@users.noreply.github.com").expect(0, "", "");
    assert_eq!(judge("nowhere", "15+noor-before@users.noreply.github.com").exit, 2);
}

/// Facts of the form that was written before the host's domains and the branch's moves were part of it.
#[test]
fn attack_100_facts_of_an_earlier_form_are_read_and_prove_less() {
    let whole: Value =
        serde_json::from_str(include_str!("../../src/wire/facts/kept/change-v3.json")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let policy = include_str!("../../src/wire/facts/kept/change.policy.toml");
    std::fs::write(elsewhere.path().join("policy.toml"), policy).unwrap();
    let judge = |facts: &Value| {
        std::fs::write(elsewhere.path().join("facts.json"), facts.to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(elsewhere.path());
        command.args(["decide", "--facts", "facts.json", "--policy", "policy.toml", "--format", "json"]);
        Verdict::of(&command.output().unwrap())
    };
    assert_eq!(judge(&whole).exit, 0);
    let mut earlier = whole.clone();
    for field in ["domains", "moves"] {
        earlier["host"].as_object_mut().unwrap().remove(field);
    }
    judge(&earlier).expect(3, REVIEWS, "who moved the branch of the request could not be seen");
}
