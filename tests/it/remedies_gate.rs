//! Remedies about what is deployed, people and roles, CODEOWNERS, branches and the command line, followed literally.

use crate::support::checkout::Checkout;
use crate::support::followed::{allowed, remedies, says};
use crate::support::forger::{deployed, host, judged_with, work};
use crate::support::gate::{Verdict, judge, judge_by};
use crate::support::project::{OWNERS, demanding, policy, project, review};
use git2::Oid;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::review::{Permission, ReviewState};
use portcullis_testkit::history::Edit;
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, POLICY, Stage};
use portcullis_testkit::world::person;

// What is deployed.

fn days(count: i64) -> Timestamp {
    let moment = Timestamp::now() + SignedDuration::from_hours(24 * count);
    Timestamp::from_second(moment.as_second()).unwrap()
}

/// Lands an approved rollback in the waivers.
fn rollback(lane: &mut Lane, from: Oid, to: Oid) {
    let text = format!(
        "schema = 1\n\n[[rollbacks]]\nid = \"R-1\"\nenvironment = \"production\"\nfrom = \"{from}\"\nto = \"{to}\"\nreason = \"x\"\n\
         ticket = \"OPS-1\"\nrequester = \"kim-example\"\napprover = \"alex-example\"\ncreated = \"{}\"\nexpires = \"{}\"\n",
        days(-1),
        days(1)
    );
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, vec![Op::Put(700, File::new("portcullis-waivers.toml", Body::Text(text)))]);
    draft.approved();
    lane.land(vec![draft], How::Squash, &[], &[], "Leave");
}

/// The commit behind a word of a remedy.
fn named(verdict: &Verdict, before: &str) -> String {
    let all = remedies(verdict);
    let rest = all.split(before).nth(1).unwrap_or_else(|| panic!("no `{before}`: {all}\n{}", verdict.text));
    rest.chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[test]
fn what_is_deployed_is_named_where_host_and_record_differ() {
    let mut lane = deployed();
    let first = lane.tip();
    let second = work(&mut lane, "the second");
    allowed(&judged_with(&lane, &[first], second, &["--record"]));
    let third = work(&mut lane, "the third");
    let verdict = judged_with(&lane, &[first], third, &[]);
    says(
        &verdict,
        "find out which; if it was never deployed, deploy it again or judge from what is deployed: --base",
    );
    let base = named(&verdict, "judge from what is deployed: --base ");
    assert_eq!(base, first.to_string());
    allowed(&judged_with(&lane, &[first], third, &["--base", &base]));
    // Or it is deployed again.
    allowed(&judged_with(&lane, &[first, second], third, &[]));
    // Something else is the command line says that.
    let start = lane.baseline().to_string();
    let verdict = judged_with(&lane, &[first, second], third, &["--base", &start]);
    says(&verdict, "leave out --base");
    allowed(&judged_with(&lane, &[first, second], third, &[]));
}

#[test]
fn what_was_deployed_round_the_gate_is_settled_by_a_rollback() {
    let mut lane = deployed();
    let first = lane.tip();
    let round = work(&mut lane, "nobody recorded it");
    let candidate = work(&mut lane, "the next");
    let verdict = judged_with(&lane, &[round], candidate, &[]);
    says(&verdict, "find out who deployed it without the gate; then have a rollback from");
    let (from, to) =
        (named(&verdict, "a rollback from "), named(&verdict, &format!("a rollback from {round} to ")));
    assert_eq!((from, to), (round.to_string(), first.to_string()));
    rollback(&mut lane, round, first);
    allowed(&judged_with(&lane, &[round], lane.tip(), &[]));
    let _ = candidate;
}

#[test]
fn where_the_command_line_and_the_host_differ_the_right_one_is_named() {
    let mut lane = Lane::begin();
    let first = work(&mut lane, "the first");
    let second = work(&mut lane, "the second");
    let start = lane.baseline().to_string();
    let verdict = judged_with(&lane, &[first], second, &["--base", &start]);
    says(&verdict, "find out which is right, and name that one with --base");
    allowed(&judged_with(&lane, &[first], second, &["--base", &first.to_string()]));
    // The host is wrong: its deployment becomes inactive.
    let mut forge = host(&lane, &[first]);
    says(&verdict, "set the status of deployment 5 to inactive there");
    let last = forge.worlds[0].deployments[0].states.last().unwrap().1;
    forge.worlds[0].deployments[0].states.push(("inactive".into(), last));
    let server = Server::start(forge);
    allowed(&crate::support::release::judge(&lane, &server, second, &["--base", &start]));
}

#[test]
fn an_environment_that_the_policy_does_not_list_is_added_or_another_is_named() {
    let listed = |names: &str| format!("{POLICY}\n[deployment]\nenvironments = [{names}]\n");
    let deploy = |names: &str, environment: &str| {
        let mut lane = Lane::with(&listed(names));
        work(&mut lane, "the first");
        let base = lane.baseline().to_string();
        crate::support::release::judge_to(
            environment,
            &lane,
            &Server::start(lane.host()),
            lane.tip(),
            &["--base", &base],
        )
    };
    says(
        &deploy("\"production\"", "staging"),
        "name one of them, or add the environment there in a change of the policy",
    );
    allowed(&deploy("\"production\"", "production"));
    allowed(&deploy("\"production\", \"staging\"", "staging"));
}

#[test]
fn a_first_deployment_beside_records_begins_where_they_say() {
    let mut lane = deployed();
    let first = lane.tip();
    let second = work(&mut lane, "the second");
    let third = work(&mut lane, "the third");
    let staging = |base: Oid| {
        crate::support::release::judge_to(
            "staging",
            &lane,
            &Server::start(host(&lane, &[])),
            third,
            &["--base", &base.to_string()],
        )
    };
    let verdict = staging(second);
    says(
        &verdict,
        "begin with --base at a commit that a record allowed for production, or at an older commit of the branch",
    );
    allowed(&staging(first));
    // Or it is judged for such an environment first.
    let head = named(&verdict, "--head ");
    assert_eq!(head, second.to_string());
    allowed(&judged_with(&lane, &[first], second, &["--record"]));
    allowed(&staging(second));
}

#[test]
fn what_never_was_on_the_branch_gives_way_to_what_was() {
    let mut lane = deployed();
    let first = lane.tip();
    let tip = work(&mut lane, "the second");
    let beside = lane.commit(KIM, &[first], "Beside", lane.state(first).clone());
    let verdict = judged_with(&lane, &[first], beside, &[]);
    says(&verdict, "deploy a commit that landed on the branch");
    allowed(&judged_with(&lane, &[first], tip, &[]));
    // Back to what was before.
    let verdict = judged_with(&lane, &[first], lane.baseline(), &[]);
    says(
        &verdict,
        "check which commit is deployed and which one was meant; revert through a request, or have a rollback approved in",
    );
    allowed(&judged_with(&lane, &[first], tip, &[]));
}

// People and roles.

#[test]
fn the_people_of_a_role_approve() {
    let mut stage = demanding();
    let approvals = stage.world.reviews.clone();
    stage.world.reviews.retain(|one| one.reviewer.as_ref().unwrap().login.as_str() != "alex-example");
    let sam = person("sam-example", 15);
    stage.world.permissions.push((sam.clone(), Permission::Write));
    review(&mut stage, &sam, ReviewState::Approved, 60);
    says(
        &judge(&stage),
        "Ask 1 more person of role `data-protection` who took no part in the change to approve its head.",
    );
    stage.world.reviews = approvals;
    allowed(&judge(&stage));
}

/// Reviews of two roles, which these people hold.
fn two_roles(one: &str, other: &str) -> Stage {
    let roles = format!(
        "[controls.required-reviews.data-processing]\napprovals = 2\nroles = [{{ role = \"one\", approvals = 1 }}, {{ role = \"other\", approvals = 1 }}]\n\
         [roles.one]\nusers = [{one}]\n[roles.other]\nusers = [{other}]\n"
    );
    let policy = policy("[controls.required-reviews.data-processing]\napprovals = 2\n", &roles);
    let mut stage = project(&policy, OWNERS);
    stage.world.permissions.push((person("sam-example", 15), Permission::Write));
    stage
}

#[test]
fn different_people_approve_for_each_role() {
    let mut stage = two_roles("\"alex-example\"", "\"alex-example\", \"sam-example\"");
    says(&judge(&stage), "Ask different people to approve for each role.");
    review(&mut stage, &person("sam-example", 15), ReviewState::Approved, 60);
    allowed(&judge(&stage));
}

#[test]
fn an_address_that_nobody_knows_is_put_on_the_map_or_made_up_for() {
    let message = "Load records\n\nCo-authored-by: X <who@elsewhere.test>";
    let with = |policy: &str| {
        let mut stage = project(policy, OWNERS);
        let base = stage.base;
        let id = stage
            .history
            .commit(KIM, &[base], message, &[Edit::Write("services/upload/load.sql", "SELECT 1;\n")])
            .unwrap();
        stage.commits = vec![id];
        stage.honest_world().unwrap();
        stage.publish().unwrap();
        stage.report(portcullis_testkit::stage::GREEN).unwrap();
        stage.world.permissions.push((person("sam-example", 15), Permission::Write));
        stage
    };
    let mut stage = with(POLICY);
    says(&judge(&stage), "Add the address to `[[people]]` in the policy, or have more people approve.");
    review(&mut stage, &person("sam-example", 15), ReviewState::Approved, 60);
    allowed(&judge(&stage));
    let known = POLICY.replace(
        "emails = [\"kim@example.test\"]",
        "emails = [\"kim@example.test\", \"who@elsewhere.test\"]",
    );
    allowed(&judge(&with(&known)));
}

// CODEOWNERS, the policy, branches.

/// Reviews by the owners of the touched files.
fn by_owners(owners: &str) -> Stage {
    let roles = "[controls.required-reviews.data-processing]\napprovals = 2\nroles = [{ role = \"owners\", approvals = 1 }]\n[roles.owners]\ncode-owners = true\n";
    project(&policy("[controls.required-reviews.data-processing]\napprovals = 2\n", roles), owners)
}

#[test]
fn owners_are_given_to_files_and_approve() {
    let both = |owners: &str| {
        let mut stage = by_owners(owners);
        stage
            .change(&[
                Edit::Write("docs/guide.md", "How to load records.\n"),
                Edit::Write("services/upload/load.sql", "SELECT 1;\n"),
            ])
            .unwrap();
        stage
    };
    let remedy = "Ask an owner of each named file to approve, and give each file an owner in CODEOWNERS on the base branch.";
    says(&judge(&both("/docs/ @robin-example\n")), remedy);
    allowed(&judge(&both("/docs/ @robin-example\n/services/ @alex-example\n")));
    // Somebody else's approval does not help, that of the owner does.
    let mut other = by_owners("* @sam-example\n");
    says(
        &judge(&other),
        "Ask 1 more person of role `owners` who took no part in the change to approve its head.",
    );
    let sam = person("sam-example", 15);
    other.world.permissions.push((sam.clone(), Permission::Write));
    review(&mut other, &sam, ReviewState::Approved, 60);
    allowed(&judge(&other));
}

#[test]
fn a_line_of_codeowners_that_cannot_be_read_is_corrected() {
    let broken = by_owners("* @robin-example\n/services/[ab]/ @robin-example\n/services/upload/ robin\n");
    let verdict = judge(&broken);
    let all = remedies(&verdict);
    assert!(
        all.contains("of CODEOWNERS on the base branch")
            || all.contains("Correct these lines on the base branch."),
        "{all}\n{}",
        verdict.text
    );
    allowed(&judge(&by_owners("* @robin-example\n/services/upload/ @robin-example\n")));
    // An owner by an address that the host attributes to nobody.
    let by_address = by_owners("* who@elsewhere.test\n");
    says(&judge(&by_address), "Add the address to `[[people]]` in the policy, or name the owner by login.");
    allowed(&judge(&by_owners("* @robin-example\n")));
}

#[test]
fn the_policy_is_kept_and_its_branch_protected() {
    let mut stage = Stage::honest().unwrap();
    stage.change(&[Edit::Remove("portcullis.toml")]).unwrap();
    says(&judge(&stage), "Keep portcullis.toml; to move it, first tell the gate where it will be.");
    let unprotected = policy(
        "[controls.protected-branch]\nchange-request = true\napprovals = 1\ndismiss-stale = true\nforce-push = \"blocked\"\ndeletion = \"blocked\"\n",
        "",
    );
    let mut stage = project(&unprotected, OWNERS);
    stage.world.rulesets.clear();
    stage.world.branch.protected = false;
    says(&judge(&stage), "Protect main on the host.");
    stage.world.branch.protected = true;
    stage.world.rulesets = vec![portcullis_testkit::world::Ruleset::strict()];
    allowed(&judge(&stage));
}

#[test]
fn a_branch_that_is_not_deployed_is_listed() {
    use portcullis_model::change::BranchName;
    let onto = |policy: &str| {
        let mut stage = project(policy, OWNERS);
        stage.world.request.base_branch = BranchName::new("side");
        stage.world.branch.name = BranchName::new("side");
        stage
    };
    says(
        &judge(&onto(POLICY)),
        "run the gate only for deployment branches, or list this one under `[branches]`",
    );
    let listed = POLICY.replace("deployment = [\"main\"]", "deployment = [\"main\", \"side\"]");
    allowed(&judge(&onto(&listed)));
}

// The command line.

#[test]
fn arguments_that_are_missing_are_named() {
    let suite = "[controls.regression-tests.suites.upload]\nminimum = 1\n";
    let checkout = Checkout::with(suite, &[("services/upload/load.sql", "SELECT 1;\n")]);
    checkout.change("services/upload/load.sql", "SELECT 2;\n");
    let run = |arguments: &[&str]| {
        let output = checkout.portcullis(arguments);
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code(), said.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    for (wrong, says, right) in [
        (
            &["check"][..],
            "name what to judge: --host github --repository OWNER/NAME --request N, or --host none --base BRANCH for what git alone can tell",
            &["check", "--host", "none", "--base", "main"][..],
        ),
        (
            &["check", "--host", "none", "--head", "change"],
            "name the tip of the branch that would receive the change: --base REV",
            &["check", "--host", "none", "--head", "change", "--base", "main"],
        ),
        (
            &["check", "--host", "github", "--repository", "o/r"],
            "name both: --repository OWNER/NAME and --request N",
            &["check", "--host", "github", "--repository", "o/r", "--request", "7"],
        ),
        (
            &["check", "--environment", "production"],
            "name the host: --host github --repository OWNER/NAME, or --host none for what git alone can tell",
            &["check", "--environment", "production", "--host", "none", "--base", "main"],
        ),
        (
            &["check", "--environment", "production", "--host", "none"],
            "name it this once with --base REV",
            &["check", "--environment", "production", "--host", "none", "--base", "main"],
        ),
        (
            &["check", "--host", "none", "--base", "main", "--report", "tap:"],
            "--report needs a file: --report FILE or --report SUITE=FILE",
            &["check", "--host", "none", "--base", "main", "--report", "README.md"],
        ),
        (
            &["explain", "HEAD", "--host", "github"],
            "name the repository on the host: --repository OWNER/NAME",
            &["explain", "HEAD", "--host", "github", "--repository", "o/r"],
        ),
    ] {
        if says.is_empty() {
            continue;
        }
        let (code, said) = run(wrong);
        assert_eq!(code, Some(2), "{wrong:?}: {said}");
        assert!(said.contains(says), "{wrong:?} does not say `{says}`: {said}");
        let (code, said) = run(right);
        assert!(
            !said.contains(says) && code.is_some_and(|code| code != 2 || right.contains(&"--report")),
            "{right:?} ({code:?}): {said}"
        );
    }
}

#[test]
fn of_several_branches_the_one_that_is_deployed_from_is_named() {
    let lane = |policy: &str| {
        let mut lane = Lane::with(policy);
        work(&mut lane, "the first");
        lane
    };
    let lane = lane(&POLICY.replace("deployment = [\"main\"]", "deployment = [\"main\", \"release/*\"]"));
    let base = lane.baseline().to_string();
    let judge = |more: &[&str]| {
        crate::support::release::judge(
            &lane,
            &Server::start(lane.host()),
            lane.tip(),
            &[&["--base", base.as_str()], more].concat(),
        )
    };
    let verdict = judge(&[]);
    assert_eq!(verdict.exit, 2, "{}", verdict.text);
    assert!(
        verdict.text.contains("name the branch that is deployed from: --branch NAME"),
        "{}",
        verdict.text
    );
    allowed(&judge(&["--branch", "main"]));
}

#[test]
fn a_head_that_brings_nothing_gives_way_to_one_that_does() {
    let checkout = Checkout::with(
        "[controls.regression-tests.suites.upload]\nminimum = 1\nreports = [\"out/*.xml\"]\n",
        &[("services/upload/load.sql", "SELECT 1;\n")],
    );
    checkout.change("services/upload/load.sql", "SELECT 2;\n");
    checkout.write("out/junit.xml", "<testsuite name='s'><testcase classname='c' name='a'/></testsuite>");
    let judge =
        |head: &str| {
            Verdict::of(&checkout.portcullis(&[
                "check", "--host", "none", "--base", "main", "--head", head, "--format", "json",
            ]))
        };
    says(&judge("main"), "check which base and head were meant");
    allowed(&judge("change"));
    // The branch was made anew, and the change begins on it as it is.
    checkout.git(&["checkout", "-q", "--orphan", "anew"]);
    checkout.git(&["commit", "-qm", "Anew"]);
    says(&judge("anew"), "find out who recreated the branch, and start the change again from its tip");
    checkout.git(&["checkout", "-q", "change"]);
    allowed(&judge("change"));
}

#[test]
fn settings_of_the_machine_are_pointed_out_and_their_owner_takes_them_away() {
    let stage = Stage::honest().unwrap();
    let with = judge_by(&stage, |job| {
        job.env("NO_PROXY", "*").env("HTTPS_PROXY", "http://proxy.test:3128");
    });
    assert!(
        remedies(&with).contains("Make sure that the owner of the machine set them, not a step of the job."),
        "{}",
        with.text
    );
    let without = judge(&stage);
    allowed(&without);
    assert!(!remedies(&without).contains("owner of the machine"), "{}", without.text);
}

/// A path of so many directories.
fn deep(levels: usize) -> String {
    format!("services/upload/{}load.sql", "d/".repeat(levels))
}

#[test]
fn directories_that_are_nested_too_deep_become_fewer() {
    let mut stage = Stage::honest().unwrap();
    stage.change(&[Edit::Write(&deep(300), "SELECT 1;\n")]).unwrap();
    let verdict = judge(&stage);
    says(&verdict, "Put the files there into fewer directories");
    assert!(!remedies(&verdict).contains("Split the change"), "{}", verdict.text);
    stage.change(&[Edit::Write(&deep(100), "SELECT 1;\n")]).unwrap();
    allowed(&judge(&stage));
}

#[test]
fn a_policy_that_the_change_leaves_with_mistakes_is_mended() {
    let mut stage = Stage::honest().unwrap();
    let with = |policy: &str| [("portcullis.toml", policy.to_string())];
    for (path, text) in with(&POLICY.replace("approvals = 2", "approvals = \"2\"")) {
        stage.change(&[Edit::Write(path, &text)]).unwrap();
    }
    says(&judge(&stage), "run `portcullis policy check` on it and correct what it lists");
    for (path, text) in with(&POLICY.replace("approvals = 2", "approvals = 3")) {
        stage.change(&[Edit::Write(path, &text)]).unwrap();
    }
    stage.world.permissions.push((person("sam-example", 15), Permission::Write));
    review(&mut stage, &person("sam-example", 15), ReviewState::Approved, 60);
    allowed(&judge(&stage));
}

#[test]
fn a_change_of_nothing_gives_way_to_a_head_with_commits() {
    let mut stage = Stage::honest().unwrap();
    let (honest, base) = (stage.world.clone(), stage.base);
    let base = portcullis_testkit::stage::revision(base).unwrap();
    stage.world.request.head = base.clone();
    stage.world.checks.iter_mut().for_each(|check| check.head = base.clone());
    let verdict = judge_by(&stage, |job| {
        let event = stage.directory().join("event.json");
        let text = std::fs::read_to_string(&event).unwrap();
        std::fs::write(&event, text.replace(&stage.head().to_string(), base.as_str())).unwrap();
        job.env("GITHUB_EVENT_PATH", event);
    });
    says(&verdict, "Name a head with commits that the base does not have.");
    stage.world = honest;
    allowed(&judge(&stage));
}
