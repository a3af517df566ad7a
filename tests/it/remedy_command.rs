//! `portcullis remedy`: what it prints is applied to a made-up host on loopback, and makes the control
//! met, for every requirement; and it holds nothing more.

use portcullis_model::protection::{ActorKind, Bypass, BypassMode};
use portcullis_testkit::gitlab::{GitLabWorld, ProtectedRule, Pusher};
use portcullis_testkit::server::{Server, Site};
use portcullis_testkit::stage::Stage;
use portcullis_testkit::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const HEAD: &str = "schema = 1\n[project]\nname = \"Records\"\n[branches]\ndeployment = [\"main\"]\n\
    [[data-processing]]\nname = \"load\"\npurpose = \"Loads records\"\npaths = [\"load/**\"]\n[controls.protected-branch]\n";

/// What a policy can require of every host.
const EVERYWHERE: [&str; 8] = [
    "change-request = true",
    "approvals = 2",
    "dismiss-stale = true",
    "code-owners = true",
    "force-push = \"blocked\"",
    "deletion = \"blocked\"",
    "signed-commits = true",
    "linear-history = true",
];

struct Remedied {
    exit: i32,
    out: String,
    text: String,
}

fn remedy(directory: &Path, host: &str, address: &str, more: &[&str]) -> Remedied {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(directory);
    command.env("GITHUB_API_URL", address).env("GITHUB_TOKEN", "a-token-of-the-job");
    command.env("CI_API_V4_URL", address).env("GITLAB_TOKEN", "a-token-of-the-job");
    command.args(["remedy", "--host", host, "--repository", "example-org/data-upload"]);
    command.args(["--policy", "required.toml", "--branch", "main"]).args(more);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Remedied { exit: output.status.code().unwrap(), out: text(&output.stdout), text: text(&output.stderr) }
}

fn require(stage: &Stage, settings: &str) {
    std::fs::write(stage.directory().join("required.toml"), format!("{HEAD}{settings}\n")).unwrap();
}

/// A host whose branch nothing protects.
fn open_github(stage: &Stage) -> World {
    let mut world = stage.world.clone();
    (world.rulesets, world.branch.protected) = (Vec::new(), false);
    world
}

fn import(world: &mut World, stage: &Stage) -> Value {
    let server = Server::start(world.clone());
    let more = ["--print", "portcullis-ruleset.json"];
    let printed = remedy(stage.directory(), "github", &server.address(), &more);
    assert_eq!(printed.exit, 1, "{}{}", printed.out, printed.text);
    let ruleset: Value = serde_json::from_str(&printed.out).unwrap();
    world.imported.push(ruleset.clone());
    world.branch.protected = true;
    ruleset
}

fn is_met<S: Site + 'static>(stage: &Stage, host: &str, site: S) -> Remedied {
    remedy(stage.directory(), host, &Server::start(site).address(), &[])
}

#[test]
fn each_requirement_is_met_after_its_ruleset_was_imported_to_github() {
    let stage = Stage::honest().unwrap();
    let github = ["last-push-approval = true", "conversation-resolution = true"];
    let check = "checks = [{ name = \"build\", app = 15368 }]";
    let together = [&EVERYWHERE[..], &github, &[check, "up-to-date = true"]].concat().join("\n");
    let single = EVERYWHERE.iter().chain(&github).chain([&check]).map(|one| (*one).to_string());
    for settings in single.chain([together]) {
        require(&stage, &settings);
        let mut world = open_github(&stage);
        import(&mut world, &stage);
        let met = is_met(&stage, "github", world);
        assert_eq!(met.exit, 0, "{settings}: {}{}", met.out, met.text);
    }
}

#[test]
fn a_ruleset_holds_what_is_missing_and_nothing_more() {
    let stage = Stage::honest().unwrap();
    require(&stage, &EVERYWHERE.join("\n"));
    let mut world = stage.world.clone();
    world.rulesets[0].rules.retain(|rule| rule.name() != "no-deletion");
    let ruleset = import(&mut world, &stage);
    assert_eq!(ruleset["rules"], json!([{ "type": "deletion" }]), "{ruleset:#}");
    assert_eq!(ruleset["bypass_actors"], json!([]));
    assert_eq!(is_met(&stage, "github", world).exit, 0);
    // The twin: where nothing is missing, nothing is printed.
    let whole = is_met(&stage, "github", stage.world.clone());
    assert_eq!(whole.exit, 0, "{}{}", whole.out, whole.text);
    assert!(!whole.out.contains("rulesets"), "{}", whole.out);
}

#[test]
fn a_rule_that_someone_may_bypass_is_imposed_once_more() {
    let stage = Stage::honest().unwrap();
    require(&stage, "change-request = true\nforce-push = \"blocked\"");
    let mut world = stage.world.clone();
    let team = Bypass { kind: ActorKind::Team, id: Some(5.into()), name: None, mode: BypassMode::Always };
    world.rulesets[0].bypass = Some(vec![team]);
    let ruleset = import(&mut world, &stage);
    let kinds: Vec<&str> =
        ruleset["rules"].as_array().unwrap().iter().map(|rule| rule["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["non_fast_forward", "pull_request"]);
    let met = is_met(&stage, "github", world);
    assert_eq!(met.exit, 0, "{}{}", met.out, met.text);
}

#[test]
fn attack_what_the_host_does_not_show_is_not_met_by_a_remedy() {
    let stage = Stage::honest().unwrap();
    require(&stage, "change-request = true");
    let mut world = open_github(&stage);
    world.branch.protected = true;
    let refused =
        portcullis_testkit::server::Act::message(403, "Resource not accessible by integration", &[]);
    let server = Server::start(world).trick("/rules/branches", usize::MAX, refused);
    let unseen = remedy(stage.directory(), "github", &server.address(), &[]);
    assert_ne!(unseen.exit, 0, "{}{}", unseen.out, unseen.text);
}

/// Does what a call of `glab api` does.
fn apply_call(host: &mut GitLabWorld, line: &str) {
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches('\'')).collect();
    let place = words[4].strip_prefix("projects/example-org%2Fdata-upload").unwrap();
    let fields: BTreeMap<&str, &str> = words.iter().filter_map(|word| word.split_once('=')).collect();
    let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
    match (words[3], place) {
        ("POST", "/protected_branches") => {
            host.protected.push(ProtectedRule {
                name: fields["name"].to_string(),
                push: vec![Pusher::Level(fields["push_access_level"].parse().unwrap())],
                force: fields["allow_force_push"] == "true",
                owners: fields.get("code_owner_approval_required") == Some(&"true"),
                inherited: false,
            });
            host.world.branch.protected = true;
        }
        ("DELETE", "/protected_branches/main") => host.protected.retain(|rule| rule.name != "main"),
        ("PUT", "") => {
            host.project.extend(fields.iter().map(|(key, text)| ((*key).to_string(), value(text))))
        }
        ("POST", "/approvals") => {
            let licensed = host.licensed.as_mut().unwrap();
            fields.iter().for_each(|(key, text)| licensed.settings[*key] = value(text));
        }
        ("POST", "/approval_rules") => {
            let rule = (fields["name"].to_string(), fields["approvals_required"].parse().unwrap());
            host.licensed.as_mut().unwrap().rules.push(rule);
        }
        ("POST", "/push_rule") => {
            host.licensed.as_mut().unwrap().push_rule = json!({ "id": 1, "reject_unsigned_commits": true });
        }
        other => panic!("no such call: {other:?}"),
    }
}

/// A GitLab with the loosest settings.
fn open_gitlab(stage: &Stage, rule: Option<ProtectedRule>) -> GitLabWorld {
    let mut host = GitLabWorld::honest(stage.world.clone());
    host.world.branch.protected = rule.is_some();
    host.protected = rule.into_iter().collect();
    let licensed = host.licensed.as_mut().unwrap();
    licensed.rules.clear();
    for (key, value) in [
        ("reset_approvals_on_push", false),
        ("disable_overriding_approvers_per_merge_request", false),
        ("merge_requests_author_approval", true),
        ("merge_requests_disable_committers_approval", false),
    ] {
        licensed.settings[key] = json!(value);
    }
    host.set("only_allow_merge_if_all_discussions_are_resolved", json!(false))
        .set("only_allow_merge_if_pipeline_succeeds", json!(false))
        .set("merge_method", json!("merge"))
}

#[test]
fn each_requirement_is_met_after_its_calls_to_gitlab() {
    let stage = Stage::honest().unwrap();
    let gitlab = [
        "last-push-approval = true",
        "conversation-resolution = true",
        "pipeline = true",
        "up-to-date = true",
    ];
    let loose = || ProtectedRule {
        push: vec![Pusher::Level(40)],
        force: true,
        owners: false,
        ..ProtectedRule::strict("main")
    };
    for settings in EVERYWHERE.iter().chain(&gitlab) {
        require(&stage, settings);
        for rule in [None, Some(loose())] {
            let mut host = open_gitlab(&stage, rule.clone());
            if rule.is_none() {
                // Where anyone may push, nothing that a request needs holds.
                host.protected = vec![ProtectedRule { force: false, ..ProtectedRule::strict("other") }];
            }
            let before = remedy(stage.directory(), "gitlab", &Server::start(host.clone()).address(), &[]);
            if before.exit == 0 {
                continue;
            }
            assert_eq!(before.exit, 1, "{settings}: {}{}", before.out, before.text);
            let calls = before.out.lines().map(str::trim).filter(|line| line.starts_with("glab api"));
            calls.for_each(|line| apply_call(&mut host, line));
            let met = is_met(&stage, "gitlab", host);
            assert_eq!(met.exit, 0, "{settings}, {rule:?}: {}\n{}{}", before.out, met.out, met.text);
        }
    }
}
