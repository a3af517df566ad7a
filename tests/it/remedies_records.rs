//! Remedies about records, rollbacks and what is deployed, followed literally.

use crate::support::followed::{allowed, git, remedies, says, text};
use crate::support::forger::{REF, decided, deployed, host, judged_with, land, said, work};
use crate::support::job::deploying;
use crate::support::release::{judge, judge_to, subcommand};
use git2::Oid;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::person::{Account, AccountKind, Login};
use portcullis_model::review::CommitAccounts;
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{How, Lane, POLICY};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, revision};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn runs(directory: &Path, arguments: &[&str]) -> String {
    let output = git(directory, arguments);
    assert!(output.status.success(), "git {arguments:?}: {}", text(&output));
    text(&output).trim().to_string()
}

#[test]
fn a_job_in_which_nothing_is_checked_out_names_the_commit_or_checks_it_out() {
    let mut lane = Lane::begin();
    let tip = work(&mut lane, "one");
    let pushed = json!({ "ref": "refs/heads/main", "after": tip.to_string() });
    let to = ["--environment", "production"];
    let place = lane.directory();
    runs(place, &["branch", "-f", "kept", &tip.to_string()]);
    runs(place, &["symbolic-ref", "HEAD", "refs/heads/not-born"]);
    says(
        &deploying(&lane, "push", tip, &pushed, &to),
        "Check out what would be deployed, or name it with --head.",
    );
    let name = tip.to_string();
    let named = [&to[..], &["--head", &name]].concat();
    allowed(&deploying(&lane, "push", tip, &pushed, &named));
    runs(place, &["symbolic-ref", "HEAD", "refs/heads/kept"]);
    allowed(&deploying(&lane, "push", tip, &pushed, &to));
}

#[test]
fn a_ref_of_the_records_that_git_cannot_read_is_restored_from_a_clone_that_has_it() {
    let lane = deployed();
    let place = lane.directory();
    let outside = tempfile::tempdir().unwrap();
    let other = outside.path().to_str().unwrap();
    runs(outside.path(), &["init", "-q", "--bare"]);
    runs(place, &["push", "-q", other, &format!("{REF}:{REF}")]);
    let file = lane.history.repository().path().join(REF);
    assert!(file.is_file(), "the ref is no file of its own");
    fs::write(&file, "no name of an object\n").unwrap();
    let verdict = judge(&lane, &Server::start(lane.host()), lane.tip(), &[]);
    says(
        &verdict,
        "Check that the refs of the repository can be read, and restore them from a clone that has them",
    );
    fs::remove_file(&file).unwrap();
    runs(place, &["fetch", "-q", other, &format!("{REF}:{REF}")]);
    let verdict = judge(&lane, &Server::start(lane.host()), lane.tip(), &[]);
    assert!(!remedies(&verdict).contains("refs of the repository"), "{}", verdict.text);
    assert_eq!(said(&lane, &["verify", "production"]).0, 0);
}

#[test]
fn records_of_another_environment_that_do_not_verify_are_found_by_the_command_that_is_named() {
    let mut lane = deployed();
    let next = work(&mut lane, "the second");
    let base = lane.baseline().to_string();
    let staging =
        |lane: &Lane| judge_to("staging", lane, &Server::start(lane.host()), next, &["--base", &base]);
    allowed(&staging(&lane));
    let place = lane.directory();
    let good = runs(place, &["rev-parse", REF]);
    let tree = runs(place, &["rev-parse", &format!("{REF}^{{tree}}")]);
    let forged = runs(place, &["commit-tree", "-m", "Record 2", "-p", &good, &tree]);
    runs(place, &["update-ref", REF, &forged]);
    says(&staging(&lane), "See `portcullis record verify production`.");
    let (exit, told) = said(&lane, &["verify", "production"]);
    assert!(exit == 6 && told.contains(&forged[..10]), "{told}");
    runs(place, &["update-ref", REF, &good]);
    allowed(&staging(&lane));
}

fn moment(days: i64) -> Timestamp {
    let at = Timestamp::now() + SignedDuration::from_hours(24 * days);
    Timestamp::from_second(at.as_second()).unwrap()
}

fn waiver(scope: &str) -> Op {
    let (created, expires) = (moment(-1), moment(1));
    let text = format!(
        "schema = 1\n\n[[waivers]]\nid = \"W-1\"\ncontrol = \"regression-tests\"\n{scope}\nreason = \"looked at since\"\n\
         ticket = \"OPS-1\"\nrequester = \"kim-example\"\napprover = \"alex-example\"\ncreated = \"{created}\"\n\
         expires = \"{expires}\"\n"
    );
    Op::Put(700, File::new("portcullis-waivers.toml", Body::Text(text)))
}

#[test]
fn waivers_are_written_in_words_of_the_policy_at_the_deployed_commit() {
    let mut lane = deployed();
    let area = "[[data-processing]]\nname = \"exports\"\npurpose = \"Other records\"\npaths = [\"exports/**\"]\n\n[branches]";
    let wider = POLICY.replace("[branches]", area);
    assert_ne!(wider, POLICY);
    land(&mut lane, vec![Op::Put(701, File::new("portcullis.toml", Body::Text(wider)))], true);
    land(&mut lane, vec![waiver("area = \"exports\"")], true);
    let noted = |lane: &Lane| {
        let verdict = judge(lane, &Server::start(lane.host()), lane.tip(), &[]);
        remedies(&verdict).contains("Write them so that the policy at the deployed commit can read them")
    };
    assert!(noted(&lane), "{}", judge(&lane, &Server::start(lane.host()), lane.tip(), &[]).text);
    land(&mut lane, vec![waiver("area = \"upload\"")], true);
    assert!(!noted(&lane));
}

#[test]
fn where_nobody_can_tell_whether_a_deployment_failed_what_is_deployed_is_seen_first() {
    let mut lane = deployed();
    let first = lane.tip();
    let second = work(&mut lane, "the second");
    allowed(&judged_with(&lane, &[first], second, &["--record"]));
    let server = Server::start(host(&lane, &[first]));
    let output = subcommand("facts", &lane, &server.address(), second).output().unwrap();
    let mut facts: Value = serde_json::from_slice(&output.stdout).unwrap();
    let decide = |facts: &Value| -> Value { serde_json::from_slice(&decided(facts, POLICY)).unwrap() };
    assert_eq!(
        decide(&facts)["outcome"],
        "allow",
        "the deployment of the second failed, and it is judged again"
    );
    // Somebody whose host could not be seen gathered these.
    let unseen = json!({ "gap": { "what": "the deployments", "reason": "unreachable", "detail": "does not judge it", "remedy": "Ask again." } });
    assert!(facts["by_host"].is_object(), "{facts}");
    facts["by_host"] = unseen;
    let verdict = decide(&facts);
    let said = verdict["findings"].to_string();
    assert_ne!(verdict["outcome"], "allow");
    assert!(said.contains("Find out what is deployed, and judge what is to follow it."), "{said}");
    // The host is asked: the first is deployed, and the second is to follow it.
    allowed(&judged_with(&lane, &[first], second, &[]));
}

#[test]
fn a_rollback_over_a_line_that_another_merge_took_names_its_branch() {
    let policy = POLICY.replace("deployment = [\"main\"]", "deployment = [\"main\", \"release/*\"]");
    assert_ne!(policy, POLICY);
    let mut lane = Lane::with(&policy);
    let older = work(&mut lane, "the older");
    let start = lane.baseline();
    allowed(&judged_with(&lane, &[], older, &["--base", &start.to_string(), "--branch", "main", "--record"]));
    let newer = work(&mut lane, "the newer");
    allowed(&judged_with(&lane, &[older], newer, &["--branch", "main", "--record"]));
    let side = lane.commit(KIM, &[start], "Feature", lane.state(start).clone());
    let swapped = lane.commit(KIM, &[side, newer], "Merge main", lane.state(newer).clone());
    lane.line.push(swapped);
    let base = newer.to_string();
    let judged = |lane: &Lane, branch: &str, tip: Oid| {
        let mut host = host(lane, &[older, newer]);
        host.worlds.iter_mut().for_each(|world| {
            world.branch.name = portcullis_model::change::BranchName::new(branch);
            world.branch.tip = revision(tip).unwrap();
        });
        judge(lane, &Server::start(host), older, &["--branch", branch])
    };
    let since = "what landed since the deployed commit";
    let verdict = judged(&lane, "main", swapped);
    says(&verdict, "Name the branch that it was deployed from; see `git log --first-parent`");
    assert!(verdict.text.contains(since), "{}", verdict.text);
    // Seen there: the merge, whose first parent is the feature; the line went on in the second.
    let line = runs(lane.directory(), &["log", "--first-parent", "--format=%s", "-2", &swapped.to_string()]);
    assert_eq!(line, "Merge main\nFeature");
    runs(lane.directory(), &["branch", "release/1", &base]);
    let verdict = judged(&lane, "release/1", newer);
    assert!(!verdict.text.contains(since), "{}", verdict.text);
    assert!(
        remedies(&verdict).contains("portcullis-waivers.toml"),
        "a rollback, which nobody approved yet: {}",
        verdict.text
    );
}

#[test]
fn who_approved_what_a_machine_landed_is_named_beside_the_question_who_set_it_to_work() {
    let bot =
        Account { login: Login::new("github-actions[bot]"), id: 41_898_282.into(), kind: AccountKind::Bot };
    let mut lane = Lane::begin();
    let mut draft = lane.open(lane.tip());
    let by = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com");
    lane.push(&mut draft, by, vec![Op::Slot(10, 1, "by a machine\n".into())]);
    draft.approved();
    draft.world.request.author = Some(bot.clone());
    draft.world.activity.iter_mut().for_each(|push| push.actor = Some(bot.clone()));
    let accounts = CommitAccounts { author: Some(bot.clone()), committer: Some(bot) };
    draft.world.commits.iter_mut().for_each(|(_, of)| *of = accounts.clone());
    lane.land(vec![draft], How::Squash, &[], &[], "Land it");
    let base = lane.baseline().to_string();
    let verdict = judge(&lane, &Server::start(lane.host()), lane.tip(), &["--base", &base]);
    allowed(&verdict);
    let asked = "Find out who told the bot to write it, and whether that person approved it.";
    assert!(remedies(&verdict).contains(asked), "{}", verdict.text);
    assert!(
        verdict.text.contains("approved independently by alex-example, robin-example"),
        "{}",
        verdict.text
    );
}
