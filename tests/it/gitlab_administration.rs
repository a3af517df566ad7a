//! Who can change what protects a branch on GitLab, where the token does not see who may push to it:
//! each part is withheld, shortened and contradicted; next to each is its honest twin.

use crate::support::gate::Verdict;
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::gitlab::scene::show_scene;
use portcullis_testkit::gitlab::{GitLabEndpoint, GitLabWorld};
use portcullis_testkit::history::Edit;
use portcullis_testkit::scene::{Scene, find_host};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::Stage;
use portcullis_testkit::world::person;
use serde_json::{Value, json};
use std::process::Command;

const BRANCH: &str = "protected-branch";

/// What can be asked of the branch without seeing its rules.
fn policy(more: &str) -> String {
    let honest = find_host("gitlab").unwrap().policy();
    let asked = "approvals = 1\ndismiss-stale = true\nforce-push = \"blocked\"\n";
    assert!(honest.contains(asked));
    let text = honest.replacen(asked, "", 1);
    text.replacen("deletion = \"blocked\"\n", &format!("deletion = \"blocked\"\n{more}\n"), 1)
}

const ACCEPTED: &str =
    "hidden-bypass = { administrators = [\"dana-example\"], reason = \"the token of the gate only reads\" }";

/// The honest project, whose rules of branches are hidden from the token.
fn hidden(more: &str) -> (Stage, GitLabWorld) {
    let policy = policy(more);
    let host = find_host("gitlab").unwrap();
    let mut scene = Scene::honest(host).unwrap();
    let mut files = host.gate_files();
    files.extend([
        Edit::Write("portcullis.toml", &policy),
        Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT * FROM staging;\n"),
    ]);
    scene.stage = Stage::with(&files).unwrap();
    let mut world = show_scene(&scene);
    world.level = 30;
    world.world.branch.protected = true;
    let refused = AnswerFault::Refuse(403, "403 Forbidden".to_string());
    world.faults.push((GitLabEndpoint::ProtectedBranches, refused));
    (scene.stage, world)
}

fn judge(stage: &Stage, world: GitLabWorld) -> Verdict {
    let server = Server::start_below("/api/v4", world);
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(stage.directory());
    command.env("CI_API_V4_URL", server.address()).env("GITLAB_TOKEN", "glpat-gate");
    command.args(["check", "--host", "gitlab", "--repository", "example-org/data-upload"]);
    Verdict::of(&command.args(["--request", "7", "--format", "json"]).output().unwrap())
}

fn expect(alter: impl FnOnce(&mut GitLabWorld), exit: i32, text: &str) {
    let (stage, mut world) = hidden(ACCEPTED);
    alter(&mut world);
    judge(&stage, world).expect(exit, BRANCH, text);
}

#[test]
fn hidden_rules_are_unproven_until_the_policy_takes_the_maintainers_for_them() {
    let (stage, world) = hidden("");
    judge(&stage, world).expect(3, BRANCH, "could not be seen: the host answered 403");
    let (stage, world) = hidden(ACCEPTED);
    let verdict = judge(&stage, world);
    verdict.expect(0, "", "");
    let met = verdict.findings(BRANCH, "met").iter().map(ToString::to_string).collect::<String>();
    assert!(met.contains("only dana-example can change the rules"), "{met}");
}

#[test]
fn everyone_else_who_can_change_the_rules_breaks_it() {
    let member = |level| (person("sam-example", 18), level, None);
    expect(|world| world.maintainers.push(member(40)), 1, "sam-example administers");
    expect(|world| world.maintainers.push(member(50)), 1, "sam-example owns");
    expect(|world| world.maintainers.push(member(30)), 0, "");
    expect(|world| world.deploy_keys.push((72, "deployer".into(), true)), 1, "deploy key `deployer` (72)");
    expect(|world| world.deploy_keys.push((72, "deployer".into(), false)), 0, "");
    let role = |rights: Value| {
        let mut role =
            json!({ "id": 5, "name": "releaser", "base_access_level": 30, "admin_protected_branch": false });
        role.as_object_mut().unwrap().extend(rights.as_object().unwrap().clone());
        (person("sam-example", 18), 30, Some(role))
    };
    for right in ["admin_protected_branch", "manage_merge_request_settings", "admin_group_member"] {
        let with_right = role(json!({ right: true }));
        expect(|world| world.maintainers.push(with_right), 1, "role `releaser` (5)");
    }
    expect(|world| world.maintainers.push(role(json!({ "read_code": true }))), 0, "");
}

#[test]
fn what_gitlab_withholds_of_it_leaves_it_unproven() {
    for endpoint in [GitLabEndpoint::Members, GitLabEndpoint::DeployKeys, GitLabEndpoint::Group] {
        for status in [401, 403, 404] {
            let refused = AnswerFault::Refuse(status, "403 Forbidden".to_string());
            expect(|world| world.faults.push((endpoint, refused)), 3, "");
        }
    }
    expect(|world| world.maintainers.clear(), 3, "the host names no owner");
    expect(|world| world.group_shares.push(json!({ "group_id": 4 })), 3, "groups are invited");
    let role = json!({ "id": 5, "name": "releaser" });
    let sam = (person("sam-example", 18), 30, Some(role));
    expect(|world| world.maintainers.push(sam), 3, "without its rights");
    expect(|_| (), 0, "the twin");
}

/// Where everyone who may write may push, no one has to be on a hidden list.
#[test]
fn a_branch_that_developers_may_push_to_is_not_taken_for_a_closed_one() {
    for value in [json!(true), Value::Null] {
        let open = AnswerFault::Set("/developers_can_push".to_string(), value);
        expect(|world| world.faults.push((GitLabEndpoint::Branch, open)), 3, "no visible rule");
    }
}
