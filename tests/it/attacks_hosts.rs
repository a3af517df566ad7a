//! Attacks on the gate where the host is not GitHub, seen from outside: the real binary, a host on
//! this machine.

use crate::support::gate::Verdict;
use portcullis_testkit::gitlab::GitLabWorld;
use portcullis_testkit::gitlab::scene::show_scene;
use portcullis_testkit::history::Edit;
use portcullis_testkit::scene::{Scene, find_host};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::KIM;
use serde_json::{Value, json};
use std::process::Command;

/// `check` on GitLab by a person, who names all of it.
fn check_gitlab(scene: &Scene, world: GitLabWorld) -> Verdict {
    let server = Server::start(world);
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(scene.stage.directory());
    command.args(["check", "--format", "json", "--host", "gitlab", "--request", "7"]);
    command.args(["--repository", &scene.stage.world.repository]);
    command.env("CI_API_V4_URL", server.address()).env("GITLAB_TOKEN", "glpat-secret");
    Verdict::of(&command.output().unwrap())
}

/// A change of this file alone, which Kim makes and Robin approves; Alex owns the gate.
fn change_of(path: &'static str) -> Scene {
    let mut scene = Scene::honest(find_host("gitlab").unwrap()).unwrap();
    let files = [
        Edit::Write(
            "build/gate.yml",
            "include:\n  - local: /build/tests.yml\ngate: {script: portcullis check}\n",
        ),
        Edit::Write("build/tests.yml", "test: {script: make test}\n"),
        Edit::Write("build/guide.yml", "title: How to build\n"),
    ];
    scene.stage.base = scene.stage.history.commit(KIM, &[scene.stage.base], "Build", &files).unwrap();
    scene.stage.change(&[Edit::Write(path, "gate: {script: 'true'}\n")]).unwrap();
    scene.stage.world.reviews.truncate(1);
    scene
}

#[test]
fn the_file_that_the_settings_name_for_pipelines_is_of_the_gate() {
    let judge = |path: &'static str, setting: Value| {
        let scene = change_of(path);
        check_gitlab(&scene, show_scene(&scene).set("ci_config_path", setting))
    };
    let own = format!("build/gate.yml@{}", "example-org/data-upload");
    for (path, setting) in [
        ("build/gate.yml", json!("build/gate.yml")),
        ("build/gate.yml", json!(own)),
        ("build/tests.yml", json!("build/gate.yml")),
    ] {
        let verdict = judge(path, setting.clone());
        verdict.expect(1, "gate-integrity", "the workflows that run the gate");
    }
    let hidden = judge("build/gate.yml", Value::Null);
    let unseen = hidden.findings("gate-integrity", "unproven");
    assert!(unseen.iter().any(|it| it.to_string().contains("ci_config_path")), "{}", hidden.text);
    for (path, setting) in [
        ("build/guide.yml", json!("build/gate.yml")),
        ("build/gate.yml", json!("")),
        ("build/gate.yml", json!("build/gate.yml@example-org/gate")),
    ] {
        let verdict = judge(path, setting.clone());
        assert_eq!(verdict.exit, 0, "{path} {setting}: {}", verdict.text);
    }
}

/// GitLab attributes no commit, and gives everyone such an address.
#[test]
fn a_private_commit_address_is_its_accounts() {
    let judge = |address: &str| {
        let mut scene = Scene::honest(find_host("gitlab").unwrap()).unwrap();
        let stage = &mut scene.stage;
        let edit = Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT 1;\n");
        let head = stage.history.commit(("Kim", address), &[stage.base], "Load", &[edit]).unwrap();
        stage.commits = vec![head];
        stage.honest_world().unwrap();
        check_gitlab(&scene, show_scene(&scene))
    };
    let own = judge("11-kim-example@users.noreply.gitlab.com");
    assert_eq!(own.exit, 0, "{}", own.text);
    let renamed = judge("11-kim@users.noreply.gitlab.com");
    assert_eq!(renamed.exit, 0, "the number decides: {}", renamed.text);
    for address in ["12-robin-example@users.noreply.gitlab.com", "12-kim-example@users.noreply.gitlab.com"] {
        judge(address).expect(1, "required-reviews", "robin-example");
    }
    for address in ["999-kim-example@users.noreply.gitlab.com", "kim-example@users.noreply.gitlab.com"] {
        judge(address).expect(3, "required-reviews", address);
    }
}
