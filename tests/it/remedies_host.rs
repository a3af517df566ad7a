//! Remedies about the job, the host's settings, tokens and checks, followed literally: what they name is done, and nothing else.

use crate::support::followed::allowed;
use crate::support::gate::{Verdict, command, judge, judge_at, judge_by};
use crate::support::job::{Event, deploying, request};
use crate::support::project::{OWNERS, demanding, demanding_policy, policy, project, review};
use git2::Oid;
use portcullis_model::check::Conclusion;
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Rule};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::history::Edit;
use portcullis_testkit::lane::Lane;
use portcullis_testkit::server::{Act, Server};
use portcullis_testkit::stage::{KIM, POLICY, Stage};
use portcullis_testkit::world::{ACTIONS, Classic, Endpoint, Ruleset, person};
use serde_json::json;

/// The remedies of what a control finds.
fn remedies(verdict: &Verdict, control: &str) -> Vec<String> {
    let found = [verdict.findings(control, "broken"), verdict.findings(control, "unproven")].concat();
    found.iter().map(|one| one["remedy"].as_str().unwrap_or_default().to_string()).collect()
}

/// It stops the change, and says to do this. Sentences begin with a capital letter, wherever their words stand in the code.
fn says(verdict: &Verdict, control: &str, text: &str) {
    assert_ne!(verdict.exit, 0, "{}", verdict.text);
    let all = remedies(verdict, control);
    let text = text.to_ascii_lowercase();
    assert!(
        all.iter().any(|one| one.to_ascii_lowercase().contains(&text)),
        "no remedy of {control} says `{text}`: {all:#?}\n{}",
        verdict.text
    );
}

// The job and its arguments.

#[test]
fn arguments_that_a_job_leaves_out() {
    let mut stage = Stage::honest().unwrap();
    let event = Event::of_request(&mut stage, "pull_request");
    let base = stage.base.to_string();
    for (given, remedy) in [
        (["--head", base.as_str()], "Leave out --head"),
        (["--request", "9"], "Leave out --request"),
        (["--repository", "example-org/elsewhere"], "Leave out --repository"),
    ] {
        let verdict = event.judge(&stage, &given);
        says(&verdict, "gate-integrity", remedy);
    }
    allowed(&event.judge(&stage, &[]));
}

#[test]
fn a_job_that_is_of_no_request_names_it_or_runs_on_another_event() {
    let mut stage = Stage::honest().unwrap();
    let payload = json!({
        "ref": "refs/heads/batches", "after": stage.head().to_string(),
        "repository": { "full_name": stage.world.repository, "id": 77, "default_branch": "main" },
    });
    let push = Event::of("push", stage.head(), "refs/heads/batches", payload);
    let verdict = push.judge(&stage, &[]);
    says(&verdict, "gate-integrity", "add `--request N`");
    allowed(&push.judge(&stage, &["--request", "7"]));
    // A job of another commit: nothing but another event helps, and each of those that are named does.
    let beside =
        stage.history.commit(KIM, &[stage.base], "Beside", &[Edit::Write("docs/x.md", "x\n")]).unwrap();
    let mut other = push;
    other.sha = beside.to_string();
    other.payload["after"] = json!(beside.to_string());
    says(
        &other.judge(&stage, &["--request", "7"]),
        "gate-integrity",
        "run the gate on `pull_request`, `pull_request_review` or",
    );
    let mut nobody_knows = other.clone();
    nobody_knows.name = "something_new";
    says(&nobody_knows.judge(&stage, &[]), "gate-integrity", "Run the gate on `pull_request`");
    for name in ["pull_request", "pull_request_review"] {
        allowed(&Event::of_request(&mut stage, name).judge(&stage, &[]));
    }
    allowed(&Event::of_request_target(&stage).judge(&stage, &[]));
}

#[test]
fn an_honest_job_whose_claims_were_changed_is_run_again() {
    let mut stage = Stage::honest().unwrap();
    let event = Event::of_request(&mut stage, "pull_request");
    let mut changed = event.clone();
    changed.payload["pull_request"]["number"] = json!(9);
    let verdict = changed.judge(&stage, &[]);
    says(
        &verdict,
        "gate-integrity",
        "Find out which step of the job changed its event file or its variables",
    );
    says(&verdict, "gate-integrity", "run it again");
    allowed(&event.judge(&stage, &[]));
    // An event that is of no request, and no name of it.
    let without = judge_by(&stage, |job| {
        let file = stage.directory().join("empty.json");
        std::fs::write(&file, "{}").unwrap();
        job.env("GITHUB_EVENT_PATH", file);
    });
    assert_eq!(without.exit, 2, "{}", without.text);
    assert!(without.text.contains("run the gate on `pull_request`"), "{}", without.text);
    assert!(without.text.contains("--host github --repository OWNER/NAME --request N"), "{}", without.text);
    let outside = judge_by(&stage, |job| {
        job.env_remove("GITHUB_EVENT_PATH").env_remove("GITHUB_ACTIONS");
        job.args(["--host", "github", "--repository", "example-org/data-upload", "--request", "7"]);
    });
    allowed(&outside);
}

fn landed(policy: &str) -> Lane {
    let mut lane = Lane::with(policy);
    crate::support::forger::work(&mut lane, "one");
    crate::support::forger::work(&mut lane, "two");
    lane
}

#[test]
fn a_deployment_of_another_commit_is_judged_where_the_remedy_says() {
    let lane = landed(POLICY);
    let (tip, earlier) = (lane.tip().to_string(), lane.line[lane.line.len() - 2]);
    let to = ["--environment", "production"];
    let named = [&to[..], &["--head", &tip]].concat();
    let pushed = |sha: Oid| json!({ "ref": "refs/heads/main", "after": sha.to_string() });
    let verdict = deploying(&lane, "push", earlier, &pushed(earlier), &named);
    says(&verdict, "gate-integrity", "Deploy in a job of the commit that is deployed (`push`, `deployment`)");
    says(&verdict, "gate-integrity", "(`workflow_dispatch`, `schedule`), and name the commit with --head");
    allowed(&deploying(&lane, "push", lane.tip(), &pushed(lane.tip()), &to));
    allowed(&deploying(&lane, "deployment", lane.tip(), &json!({ "deployment": { "sha": tip } }), &to));
    for name in ["workflow_dispatch", "schedule"] {
        allowed(&deploying(&lane, name, earlier, &json!({}), &named));
    }
}

#[test]
fn the_environment_and_the_deployer_are_those_of_the_event() {
    let policy = format!(
        "{POLICY}\n[roles.managers]\nusers = [\"kim-example\"]\n[controls.deployers]\nrole = \"managers\"\n"
    );
    let lane = landed(&policy);
    let tip = lane.tip().to_string();
    let payload = json!({ "deployment": { "sha": tip, "environment": "staging" } });
    let verdict = deploying(&lane, "deployment", lane.tip(), &payload, &["--environment", "production"]);
    says(&verdict, "gate-integrity", "Name the environment of the event with --environment.");
    allowed(&deploying(&lane, "deployment", lane.tip(), &payload, &["--environment", "staging"]));
    let said = ["--environment", "staging", "--deployer", "sam-example"];
    let verdict = deploying(&lane, "deployment", lane.tip(), &payload, &said);
    says(&verdict, "deployers", "Leave out --deployer in a job.");
}

// What the host enforces.

/// GitHub's names of the settings of a ruleset, as its page shows them, and the rule behind each.
fn setting(name: &str, number: u64, check: &str, app: u64) -> Rule {
    match name {
        "Require a pull request before merging" => Rule::ChangeRequest,
        "Required approvals" => Rule::Approvals(number),
        "Dismiss stale pull request approvals when new commits are pushed" => Rule::DismissStale,
        "Require review from Code Owners" => Rule::CodeOwners,
        "Require approval of the most recent reviewable push" => Rule::LastPushApproval,
        "Require conversation resolution before merging" => Rule::ConversationResolution,
        "Require status checks to pass" => Rule::Check { name: check.to_string(), app: Some(app.into()) },
        "Require branches to be up to date before merging" => Rule::UpToDate,
        "Block force pushes" => Rule::NoForcePush,
        "Restrict deletions" => Rule::NoDeletion,
        "Require signed commits" => Rule::SignedCommits,
        "Require linear history" => Rule::LinearHistory,
        other => panic!("GitHub has no setting `{other}`"),
    }
}

/// Does what a remedy about settings says: the rule that it switches on.
fn switched_on(remedy: &str) -> Rule {
    assert!(remedy.contains("in an active ruleset that covers main (Settings > Rules)"), "{remedy}");
    let name = remedy.split('"').nth(1).unwrap();
    let word_after =
        |before: &str| remedy.split(before).nth(1).and_then(|rest| rest.split([' ', ',']).next());
    let number = word_after("\" to ").and_then(|word| word.parse().ok()).unwrap_or(0);
    let app = word_after("choose app ").and_then(|word| word.parse().ok()).unwrap_or(0);
    setting(name, number, remedy.split('`').nth(1).unwrap_or_default(), app)
}

#[test]
fn each_rule_that_is_missing_is_switched_on_where_the_remedy_says() {
    let all = demanding().world.rulesets[0].rules.clone();
    for rule in &all {
        let mut stage = demanding();
        stage.world.rulesets[0].rules.retain(|one| one != rule);
        let verdict = judge(&stage);
        assert_eq!(verdict.exit, 1, "{rule:?}: {}", verdict.text);
        for remedy in remedies(&verdict, "protected-branch") {
            stage.world.rulesets[0].rules.push(switched_on(&remedy));
        }
        assert_eq!(judge(&stage).exit, 0, "{rule:?}: {}", judge(&stage).text);
    }
}

#[test]
fn a_branch_that_nothing_protects_gets_its_rules_one_by_one() {
    let mut stage = demanding();
    stage.world.rulesets.clear();
    stage.world.branch.protected = false;
    let verdict = judge(&stage);
    says(&verdict, "protected-branch", "set up the rules first; the other findings on this branch say which");
    let settings =
        remedies(&verdict, "protected-branch").into_iter().filter(|one| one.contains("(Settings > Rules)"));
    let rules = settings.map(|remedy| switched_on(&remedy)).collect();
    stage.world.branch.protected = true;
    stage.world.rulesets = vec![Ruleset { rules, ..Ruleset::strict() }];
    allowed(&judge(&stage));
    // The same by the checks and approvals that are too weak.
    let weaker = |rule: &mut Rule| match rule {
        Rule::Approvals(count) => *count = 1,
        Rule::Check { app, .. } => *app = None,
        _ => {}
    };
    stage.world.rulesets[0].rules.iter_mut().for_each(weaker);
    for remedy in remedies(&judge(&stage), "protected-branch") {
        stage.world.rulesets[0].rules.push(switched_on(&remedy));
    }
    allowed(&judge(&stage));
}

fn team(id: u64) -> Bypass {
    Bypass { kind: ActorKind::Team, id: Some(id.into()), name: None, mode: BypassMode::Always }
}

#[test]
fn who_may_go_round_the_rules_is_taken_off_or_named_in_the_policy() {
    let mut stage = demanding();
    stage.world.rulesets[0].bypass = Some(vec![team(7)]);
    says(
        &judge(&stage),
        "protected-branch",
        "remove them from the bypass lists of the sources named; or name them under `bypass`",
    );
    stage.world.rulesets[0].bypass = Some(Vec::new());
    allowed(&judge(&stage));
    // By the policy, with a reason.
    let named = demanding_policy().replace(
        "linear-history = true\n",
        "linear-history = true\nbypass = [{ kind = \"team\", id = 7, reason = \"release engineers on call\" }]\n",
    );
    let mut stage = project(&named, OWNERS);
    stage.world.rulesets[0].bypass = Some(vec![team(7)]);
    allowed(&judge(&stage));
    // Administrators: on a list, and in classic protection.
    let mut stage = demanding();
    let administrators = Bypass {
        kind: ActorKind::OrganizationAdmin,
        id: Some(1.into()),
        name: None,
        mode: BypassMode::Always,
    };
    stage.world.rulesets[0].bypass = Some(vec![administrators]);
    says(
        &judge(&stage),
        "protected-branch",
        "remove them from the bypass lists, and in classic branch protection enable",
    );
    stage.world.rulesets[0].bypass = Some(Vec::new());
    allowed(&judge(&stage));
    let mut stage = crate::support::project::classic();
    stage.world.classic = Some(Classic { enforce_admins: false, ..Classic::strict() });
    says(&judge(&stage), "protected-branch", "\"Do not allow bypassing the above settings\"");
    stage.world.classic = Some(Classic::strict());
    allowed(&judge(&stage));
}

#[test]
fn two_lists_that_may_share_somebody() {
    let mut stage = demanding();
    stage.world.rulesets[0].bypass = Some(vec![team(7)]);
    stage.world.rulesets.push(Ruleset { id: 18, bypass: Some(vec![team(8)]), ..Ruleset::strict() });
    let verdict = judge(&stage);
    says(&verdict, "protected-branch", "empty the bypass list of one source, or list only individual users");
    stage.world.rulesets[1].bypass = Some(Vec::new());
    allowed(&judge(&stage));
    let user =
        |id: u64| Bypass { kind: ActorKind::User, id: Some(id.into()), name: None, mode: BypassMode::Always };
    stage.world.rulesets[0].bypass = Some(vec![user(40)]);
    stage.world.rulesets[1].bypass = Some(vec![user(41)]);
    allowed(&judge(&stage));
}

// Tokens, and answers that are not whole.

#[test]
fn a_token_with_the_rights_that_are_named_shows_what_was_hidden() {
    let mut stage = demanding();
    stage.world.rulesets[0].bypass = None;
    says(&judge(&stage), "protected-branch", "Give a token with administration rights (write)");
    // To such a token the host shows the list.
    stage.world.rulesets[0].bypass = Some(Vec::new());
    allowed(&judge(&stage));
    let stage = crate::support::project::classic();
    let hidden =
        json!({ "data": null, "errors": [{ "type": "FORBIDDEN", "message": "Resource not accessible" }] });
    let altered = stage.world.clone().with_fault(Endpoint::GraphQl, AnswerFault::Text(hidden.to_string()));
    says(
        &judge_at(&stage, &Server::start(altered)),
        "protected-branch",
        "Give a token with administration rights (read).",
    );
    allowed(&judge(&stage));
    // One that is refused, and one that is not.
    let refused =
        stage.world.clone().with_fault(Endpoint::Reviews, AnswerFault::Refuse(401, "Bad credentials".into()));
    says(
        &judge_at(&stage, &Server::start(refused)),
        "required-reviews",
        "Give a token that the host accepts",
    );
    let (world, mut job) = (stage.world.clone(), Vec::new());
    for (token, accepted) in [("an-old-token", false), ("a-token-of-the-job", true)] {
        let mut world = world.clone();
        world.token = Some("a-token-of-the-job".into());
        let server = Server::start(world);
        let mut check = command(&stage, &server, &["check", "--format", "json"]);
        job.push((Verdict::of(&check.env("GITHUB_TOKEN", token).output().unwrap()).exit == 0, accepted));
    }
    assert!(job.iter().all(|(is, should)| is == should), "{job:?}");
}

#[test]
fn what_is_asked_again_later_is_answered() {
    let stage = demanding();
    let headers = [("x-ratelimit-remaining", "0"), ("retry-after", "9000")];
    for (act, remedy) in [
        (
            Act::message(403, "API rate limit exceeded", &headers),
            "Run again later, or with a token that has a higher limit.",
        ),
        (Act::message(500, "Server Error", &[]), "Run again when the host can be reached."),
        (Act::message(418, "teapot", &[]), "Check the address of the API and the version of the host."),
        (
            Act::Answer { status: 200, headers: Vec::new(), body: "<html>".into() },
            "Check the address of the API and the version",
        ),
    ] {
        let server = Server::start(stage.world.clone()).trick("/reviews", 9, act);
        says(&judge_at(&stage, &server), "required-reviews", remedy);
        allowed(&judge(&stage));
    }
    let limited =
        json!({ "data": null, "errors": [{ "type": "RATE_LIMITED", "message": "API rate limit exceeded" }] });
    let stage = crate::support::project::classic();
    let altered = stage.world.clone().with_fault(Endpoint::GraphQl, AnswerFault::Text(limited.to_string()));
    says(&judge_at(&stage, &Server::start(altered)), "protected-branch", "Run again later.");
    allowed(&judge(&stage));
}

#[test]
fn the_address_of_the_api_is_checked_and_corrected() {
    let stage = demanding();
    let nobody = judge_by(&stage, |job| {
        job.env("GITHUB_API_URL", "http://127.0.0.1:1");
    });
    says(&nobody, "gate-integrity", "Run again when the host can be reached.");
    let server = Server::start(stage.world.clone()).trick(
        "/pulls",
        99,
        Act::Redirect { status: 302, to: "http://host.test".into() },
    );
    says(&judge_at(&stage, &server), "gate-integrity", "Check the address of the API.");
    allowed(&judge(&stage));
}

// The request, its pushes and its checks.

#[test]
fn a_head_whose_repository_is_gone_is_pushed_to_one_that_exists() {
    let mut stage = demanding();
    let there = stage.world.request.head_repository.take();
    says(
        &judge(&stage),
        "required-reviews",
        "Push the branch to a repository that still exists, and open a new request.",
    );
    stage.world.request.head_repository = there;
    allowed(&judge(&stage));
    // No push of it is shown: to a token that may read the activity, one is.
    let shown = std::mem::take(&mut stage.world.activity);
    says(
        &judge(&stage),
        "required-reviews",
        "Give a token that may read the activity of the repository that the head is in.",
    );
    stage.world.activity = shown;
    allowed(&judge(&stage));
}

#[test]
fn checks_that_are_missing_running_or_red_are_run_again() {
    let check = |alter: &dyn Fn(&mut Stage), remedy: &str| {
        let mut stage = demanding();
        let honest = stage.world.checks.clone();
        alter(&mut stage);
        says(&judge(&stage), "required-checks", remedy);
        stage.world.checks = honest;
        allowed(&judge(&stage));
    };
    let ends = |conclusion: Conclusion| {
        move |stage: &mut Stage| {
            let of = stage.world.checks.iter_mut().filter(|check| check.name == "regression");
            of.for_each(|check| check.conclusion = conclusion);
        }
    };
    check(
        &|stage| stage.world.checks.retain(|check| check.name != "regression"),
        "let the check run on the head of the change, then judge again",
    );
    check(&ends(Conclusion::Running), "wait for the check to end, then judge again");
    check(&ends(Conclusion::ActionRequired), "take the action that the check waits for, then judge again");
    check(&ends(Conclusion::Failure), "find out why the check did not succeed, and run it again");
    check(
        &|stage| {
            let mut red = stage.world.checks[1].clone();
            (red.id, red.conclusion) = (43.into(), Conclusion::Failure);
            stage.world.checks.push(red);
        },
        "find out why this run did not succeed and run it again, even though another run of the check succeeded",
    );
}

#[test]
fn reviews_that_are_missing_or_ask_for_changes() {
    use portcullis_model::review::ReviewState;
    let robin = person("robin-example", 12);
    // More people.
    let mut stage = demanding();
    let approvals = stage.world.reviews.clone();
    stage.world.reviews.truncate(1);
    says(
        &judge(&stage),
        "required-reviews",
        "1 more person with write access who took no part in the change",
    );
    stage.world.reviews = approvals;
    allowed(&judge(&stage));
    // Whoever asked for changes approves.
    review(&mut stage, &robin, ReviewState::ChangesRequested, 60);
    says(
        &judge(&stage),
        "required-reviews",
        "Ask the reviewers who requested changes to approve, or dismiss their reviews with a reason.",
    );
    let mut approved = stage.world.clone();
    std::mem::swap(&mut approved, &mut stage.world);
    review(&mut stage, &robin, ReviewState::Approved, 70);
    allowed(&judge(&stage));
    // Or the review is dismissed, and somebody approves.
    stage.world = approved;
    stage.world.reviews.last_mut().unwrap().state = ReviewState::Dismissed;
    review(&mut stage, &robin, ReviewState::Approved, 80);
    allowed(&judge(&stage));
}

#[test]
fn an_area_that_no_rule_of_reviews_speaks_of_gets_one() {
    let silent = policy("[controls.required-reviews]\napprovals = 1\n", "[controls.required-reviews]\n")
        .replace("[controls.required-reviews.data-processing]\napprovals = 2\n", "");
    let silent =
        silent.replace("[controls.required-reviews]\n", "[controls.required-reviews]\napprovals = 0\n");
    let verdict = judge(&project(&silent, OWNERS));
    if verdict.exit == 4 {
        // Such a policy is not valid in the first place.
        return;
    }
    says(&verdict, "required-reviews", "`[controls.required-reviews.data-processing]`");
    let said = silent + "\n[controls.required-reviews.data-processing]\napprovals = 2\n";
    allowed(&judge(&project(&said, OWNERS)));
}

/// The event file of a request, for a host that knows another number for it: nothing here is followed, it only holds the helpers together.
#[test]
fn the_helpers_of_these_tests_tell_the_truth() {
    let stage = demanding();
    assert_eq!(request(&stage)["number"], 7);
    assert_eq!(
        switched_on(
            "switch on \"Block force pushes\", in an active ruleset that covers main (Settings > Rules)"
        ),
        Rule::NoForcePush
    );
    assert_eq!(
        switched_on(
            "switch on \"Require status checks to pass\" with `x` and choose app 15368 as its source, in an active ruleset that covers main (Settings > Rules)"
        ),
        Rule::Check { name: "x".into(), app: Some(ACTIONS.into()) }
    );
}

#[test]
fn lists_and_answers_that_are_whole_the_next_time() {
    let mut stage = demanding();
    stage.world.page_size = 1;
    let cut = stage.world.clone().with_fault(Endpoint::Reviews, AnswerFault::SkipPage(2));
    says(
        &judge_at(&stage, &Server::start(cut)),
        "required-reviews",
        "Run again; if it stays, look at the list by hand.",
    );
    allowed(&judge(&stage));
    // Of two answers about one branch one is older.
    let stage = demanding();
    let other =
        stage.world.clone().with_fault(Endpoint::Branch, AnswerFault::Set("/protected".into(), json!(false)));
    let verdict = judge_at(&stage, &Server::start(other));
    says(
        &verdict,
        "protected-branch",
        "judge again; if the answers still contradict each other, report it to the host",
    );
    allowed(&judge(&stage));
}

#[test]
fn somebody_who_is_there_opens_the_request_or_approves_it() {
    let mut stage = demanding();
    let author = stage.world.request.author.take();
    says(
        &judge(&stage),
        "required-reviews",
        "Have someone with an existing account open a new request or push the head again.",
    );
    stage.world.request.author = author;
    allowed(&judge(&stage));
}

#[test]
fn what_only_a_host_knows_is_seen_once_it_is_named() {
    let stage = Stage::honest().unwrap();
    let (base, head) = (stage.base.to_string(), stage.head().to_string());
    let alone = judge_by(&stage, |job| {
        job.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_EVENT_PATH");
        job.args(["--host", "none", "--base", &base, "--head", &head]);
    });
    says(
        &alone,
        "required-reviews",
        "name the host and the request: `--host github --repository OWNER/NAME --request N`",
    );
    let asked = judge_by(&stage, |job| {
        job.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_EVENT_PATH");
        job.args(["--host", "github", "--repository", "example-org/data-upload", "--request", "7"]);
    });
    allowed(&asked);
}
