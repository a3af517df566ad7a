//! The situations on a server without a host: judged in a clone and on the server, and pushed through its hook.

use super::situations::{SITUATIONS, Situation};
use super::{conform, expected_exit, judge_repositories, judge_scene, withhold};
use crate::support::gate::Verdict;
use crate::support::people::{alex, noor};
use crate::support::project::review;
use anyhow::Result;
use portcullis_model::protection::Rule;
use portcullis_model::review::{Permission, ReviewState};
use portcullis_testkit::bare::BareShow;
use portcullis_testkit::history::Edit;
use portcullis_testkit::scene::{FakeHost, Part, Scene, Shown};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_portcullis");

#[test]
fn bare_conforms() {
    conform(&BareShow);
}

#[test]
fn what_bare_withholds_never_helps() {
    withhold(&BareShow);
}

/// The same server under another policy.
struct Under(&'static str);

impl Under {
    /// The policy with a passage replaced, which must be there.
    fn policy(passage: &str, by: &str) -> Under {
        let policy = BareShow.policy();
        assert!(policy.contains(passage), "the policy does not say `{passage}`");
        Under(policy.replace(passage, by).leak())
    }
}

impl FakeHost for Under {
    fn kind(&self) -> &'static str {
        BareShow.kind()
    }

    fn policy(&self) -> &'static str {
        self.0
    }

    fn gate_files(&self) -> Vec<Edit<'static>> {
        BareShow.gate_files()
    }

    fn show(&self, scene: &Scene) -> Result<Shown> {
        BareShow.show(scene)
    }

    fn request(&self, scene: &Scene) -> String {
        BareShow.request(scene)
    }

    fn lacks(&self) -> &'static [Part] {
        BareShow.lacks()
    }
}

#[track_caller]
fn assert_blocked_by(verdicts: &[Verdict], control: &str) {
    assert_eq!(verdicts.len(), 2, "in a clone and on the server");
    for verdict in verdicts {
        assert_eq!(verdict.exit, 1, "{}", verdict.text);
        assert!(!verdict.findings(control, "broken").is_empty(), "{}", verdict.text);
    }
}

#[test]
fn a_policy_that_requires_a_check_is_never_satisfied() {
    let host = Under::policy(
        "[controls.gate-integrity]",
        "[controls.required-checks]\nchecks = [{ name = \"regression\", app = \"github-actions\" }]\n\n\
         [controls.gate-integrity]",
    );
    assert_blocked_by(&judge_scene(&host, &Scene::honest(&host).unwrap()), "required-checks");
}

#[test]
fn a_policy_has_to_accept_that_somebody_has_access_to_the_server() {
    let line = BareShow.policy().lines().find(|line| line.contains("server-access")).unwrap();
    let host = Under::policy(line, "");
    assert_blocked_by(&judge_scene(&host, &Scene::honest(&host).unwrap()), "protected-branch");
}

#[test]
fn a_bot_counts_only_as_a_machine_that_the_policy_names() {
    let bot = SITUATIONS.iter().find(|situation| situation.name == "bot-approval").unwrap();
    let unnamed = Under::policy("logins = [\"helper-bot\"]", "logins = [\"other-bot\"]");
    for (host, exit) in [(&BareShow as &dyn FakeHost, 1), (&unnamed, 0)] {
        let mut scene = Scene::honest(host).unwrap();
        (bot.arrange)(&mut scene);
        let exits: Vec<i32> = judge_scene(host, &scene).iter().map(|verdict| verdict.exit).collect();
        assert_eq!(exits, [exit, exit]);
    }
}

/// The repository on the server that a scene is shown on.
fn server_of(host: &dyn FakeHost, scene: &Scene) -> TempDir {
    match host.show(scene).unwrap() {
        Shown::Clone(server) => server,
        Shown::Site(_) => panic!("it has a host"),
    }
}

fn run_hook(server: &Path, what: &str) -> Output {
    Command::new(PROGRAM).args(["hook", what, "--repository"]).arg(server).output().unwrap()
}

#[test]
fn the_made_up_server_is_what_the_program_itself_would_install() {
    let honest = Scene::honest(&BareShow).unwrap();
    let checked = run_hook(server_of(&BareShow, &honest).path(), "check");
    assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stdout));
    for rule in [Rule::ChangeRequest, Rule::NoDeletion, Rule::NoForcePush] {
        let mut scene = Scene::honest(&BareShow).unwrap();
        scene.protection.drop_rule(rule.name());
        let checked = run_hook(server_of(&BareShow, &scene).path(), "check");
        assert_eq!(checked.status.code(), Some(1), "{rule:?}: {}", String::from_utf8_lossy(&checked.stdout));
    }
}

/// Kim's change, to which Noor objects and on which Alex has changed their mind, in a clone of which the reviews are
/// changed after they were fetched.
fn judge_clone(hide: fn(&git2::Repository)) -> Verdict {
    let mut scene = Scene::honest(&BareShow).unwrap();
    scene.permit(&noor(), Permission::Write);
    review(&mut scene.stage, &noor(), ReviewState::ChangesRequested, 60);
    review(&mut scene.stage, &noor(), ReviewState::Approved, 65);
    review(&mut scene.stage, &alex(), ReviewState::Commented, 70);
    let server = server_of(&BareShow, &scene);
    hide(scene.stage.history.repository());
    judge_repositories(&BareShow.request(&scene), &scene, server.path()).remove(0)
}

const ALEX: &str = "refs/portcullis/reviews/alex-example";
const NOOR: &str = "refs/portcullis/reviews/noor-example";

#[test]
fn the_reviews_as_they_were_fetched_are_whole() {
    assert_eq!(judge_clone(|_| ()).exit, 0);
}

#[track_caller]
fn assert_missed(verdict: &Verdict, who: &str) {
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    let said = format!("{:?}", verdict.findings("required-reviews", "unproven"));
    assert!(
        said.contains("the push log of the server has a push of its tip") && said.contains(who),
        "{said}"
    );
}

#[test]
fn attack_the_chain_of_somebody_who_may_object_is_not_fetched() {
    assert_missed(&judge_clone(|git| git.find_reference(NOOR).unwrap().delete().unwrap()), NOOR);
}

#[test]
fn attack_a_chain_is_shown_in_an_older_state() {
    let verdict = judge_clone(|git| {
        let tip = git.find_reference(ALEX).unwrap().peel_to_commit().unwrap();
        git.reference(ALEX, tip.parent_id(0).unwrap(), true, "test").unwrap();
    });
    assert_missed(&verdict, ALEX);
}

#[test]
fn attack_an_older_state_of_everything_but_the_log() {
    let verdict = judge_clone(|git| {
        for name in [ALEX, NOOR, "refs/portcullis/reviews/robin-example"] {
            git.find_reference(name).unwrap().delete().unwrap();
        }
    });
    assert_missed(&verdict, NOOR);
}

/// What is pushed to the main branch: the head, or a merge of it where the branch is not on its first line.
fn landing_of(scene: &Scene) -> git2::Oid {
    let git = scene.stage.history.repository();
    let main = git.refname_to_id("refs/heads/main").unwrap();
    let head = scene.stage.head();
    let mut line = std::iter::successors(git.find_commit(head).ok(), |commit| commit.parent(0).ok());
    if line.any(|commit| commit.id() == main) {
        return head;
    }
    let (main, head) = (git.find_commit(main).unwrap(), git.find_commit(head).unwrap());
    let tree = git.merge_commits(&main, &head, None).unwrap().write_tree_to(git).unwrap();
    let tree = git.find_tree(tree).unwrap();
    let kim = git2::Signature::new("Kim Example", "kim@example.test", &git2::Time::new(1_800_100_000, 0));
    let kim = kim.unwrap();
    git.commit(None, &kim, &kim, "Merge\n", &tree, &[&main, &head]).unwrap()
}

/// Kim pushes the change to the main branch, through the hook that the program installs.
fn push_change(host: &dyn FakeHost, situation: &Situation) -> Output {
    let mut scene = Scene::honest(host).unwrap();
    (situation.arrange)(&mut scene);
    let server = server_of(host, &scene);
    let installed = run_hook(server.path(), "install");
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut git = Command::new("git");
    git.env_clear().env("PATH", path).env("HOME", scene.stage.directory()).env("GIT_CONFIG_NOSYSTEM", "1");
    git.env("GL_REPO", "upload").env("GL_USER", "kim-example").current_dir(scene.stage.directory());
    git.args(["-c", "protocol.version=2", "push", "-q"]).arg(server.path());
    git.arg(format!("{}:refs/heads/main", landing_of(&scene))).output().unwrap()
}

/// What a push meets: reviews, and the gate's own files. The hook sees no report of a run, and it is there.
fn is_of_a_push(situation: &Situation) -> bool {
    let is_arranged_otherwise =
        ["weakened-policy", "request-refused", "branch-refused"].contains(&situation.name);
    let is_withheld =
        ["-refused", "-missing", "-garbled", "-cut"].iter().any(|end| situation.name.ends_with(end));
    ["", "required-reviews"].contains(&situation.control) && !is_arranged_otherwise && !is_withheld
}

#[test]
fn the_hook_takes_and_refuses_the_same() {
    let policy = BareShow.policy();
    let (tests, rest) = (policy.find("[controls.regression-tests").unwrap(), "[controls.gate-integrity]");
    let tests = &policy[tests..policy.find(rest).unwrap()];
    let host = Under::policy(tests, "");
    let pushed: Vec<&Situation> = SITUATIONS.iter().filter(|situation| is_of_a_push(situation)).collect();
    assert!(pushed.len() > 25, "{}", pushed.len());
    for situation in pushed {
        let output = push_change(&host, situation);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let expected = expected_exit(host.kind(), situation) == 0;
        assert_eq!(output.status.success(), expected, "{}: {said}", situation.name);
        assert!(expected || said.contains(situation.control), "{}: {said}", situation.name);
    }
}
