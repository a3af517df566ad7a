//! `portcullis remedy`: what it prints is applied to a made-up host on loopback, and makes the control
//! met, for every requirement; and it holds nothing more.

use portcullis_model::protection::{ActorKind, Bypass, BypassMode};
use portcullis_testkit::server::{Server, Site};
use portcullis_testkit::stage::Stage;
use portcullis_testkit::world::World;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const HEAD: &str = "schema = 1\n[project]\nname = \"Records\"\n[branches]\ndeployment = [\"main\"]\n\
    [[data-processing]]\nname = \"load\"\npurpose = \"Loads records\"\npaths = [\"load/**\"]\n[controls.protected-branch]\n";

/// What a policy can require of every host.
pub(crate) const EVERYWHERE: [&str; 8] = [
    "change-request = true",
    "approvals = 2",
    "dismiss-stale = true",
    "code-owners = true",
    "force-push = \"blocked\"",
    "deletion = \"blocked\"",
    "signed-commits = true",
    "linear-history = true",
];

pub(crate) struct Remedied {
    pub(crate) exit: i32,
    pub(crate) out: String,
    pub(crate) text: String,
}

pub(crate) fn remedy(directory: &Path, host: &str, address: &str, more: &[&str]) -> Remedied {
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

pub(crate) fn require(stage: &Stage, settings: &str) {
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

pub(crate) fn is_met<S: Site + 'static>(stage: &Stage, host: &str, site: S) -> Remedied {
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

#[test]
fn a_hidden_list_of_bypasses_is_not_called_unmet() {
    let stage = Stage::honest().unwrap();
    require(&stage, "change-request = true\nforce-push = \"blocked\"");
    let mut world = stage.world.clone();
    world.rulesets[0].bypass = None;
    let unseen = is_met(&stage, "github", world.clone());
    assert_eq!(unseen.exit, 3, "{}{}", unseen.out, unseen.text);
    assert!(unseen.out.starts_with("main: it was not seen"), "{}", unseen.out);
    // What is printed settles it whatever is hidden.
    let more = ["--print", "portcullis-ruleset.json"];
    let printed = remedy(stage.directory(), "github", &Server::start(world.clone()).address(), &more);
    world.imported.push(serde_json::from_str(&printed.out).unwrap());
    let met = is_met(&stage, "github", world);
    assert_eq!(met.exit, 0, "{}{}", met.out, met.text);
}

#[test]
fn up_to_date_without_a_check_is_said_and_counted() {
    let stage = Stage::honest().unwrap();
    let says = |exit: i32, parts: &[&str]| {
        let told = is_met(&stage, "github", open_github(&stage));
        assert_eq!(told.exit, exit, "{}{}", told.out, told.text);
        let text = told.out.split_whitespace().collect::<Vec<_>>().join(" ");
        parts.iter().for_each(|part| assert!(text.contains(part), "{part}: {text}"));
    };
    require(&stage, "up-to-date = true");
    says(3, &["up-to-date is not in it", "name the check under `checks`", "stay unmet: 1 of 1"]);
    require(&stage, "up-to-date = true\nforce-push = \"blocked\"");
    says(1, &["up-to-date is not in it", "stay unmet: 1 of 2", "non_fast_forward"]);
    // The remedy, followed: with a check that is named it is met.
    require(&stage, "up-to-date = true\nchecks = [{ name = \"build\", app = 15368 }]");
    let mut world = open_github(&stage);
    import(&mut world, &stage);
    assert_eq!(is_met(&stage, "github", world).exit, 0);
}

#[test]
fn a_text_is_only_printed_where_the_remedy_has_one() {
    let stage = Stage::honest().unwrap();
    require(&stage, "up-to-date = true");
    let address = Server::start(open_github(&stage));
    let more = ["--print", "portcullis-ruleset.json"];
    let told = remedy(stage.directory(), "github", &address.address(), &more);
    assert_eq!(told.exit, 2, "{}", told.out);
    assert!(told.text.contains("this remedy has no file"), "{}", told.text);
}

#[test]
fn a_server_without_a_host_needs_no_name() {
    let stage = Stage::honest().unwrap();
    require(&stage, "change-request = true");
    let bare = tempfile::tempdir().unwrap();
    let clone = Command::new("git")
        .args(["clone", "--quiet", "--bare"])
        .args([stage.directory(), bare.path()])
        .output()
        .unwrap();
    assert!(clone.status.success(), "{}", String::from_utf8_lossy(&clone.stderr));
    std::fs::copy(stage.directory().join("required.toml"), bare.path().join("required.toml")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).current_dir(bare.path());
    command.args(["remedy", "--host", "bare", "--policy", "required.toml", "--branch", "main"]);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("portcullis hook install"), "{text}");
}
