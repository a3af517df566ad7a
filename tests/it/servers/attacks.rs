//! Ways round the hook, each with its honest twin. They need no server: the hook runs in a push over the path.

use super::GitServer;
use super::local::Local;
use super::people::{PROGRAM, Person};
use super::scenario::{FILE, POLICY};
use super::{plain_git, run, said};
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const ZERO: &str = "0000000000000000000000000000000000000000";

#[test]
fn a_deployment_branch_is_neither_deleted_nor_rewound_nor_made_anew() {
    let (local, base) = Local::gated_by_hook_alone();
    let kim = &local.kim;
    let other = kim.commit_on(&local, &base, "beside");
    kim.push(&local, &["origin", ":refs/heads/main"]).expect_refused("may not be deleted");
    let root = kim.git(&local, &["commit-tree", "-m", "root", "HEAD^{tree}"]);
    kim.push(&local, &["-f", "origin", &format!("{root}:refs/heads/main")])
        .expect_refused("commits of the branch would be gone");
    let made = kim.push(&local, &["origin", &format!("{other}:refs/heads/release/1")]);
    made.expect_refused("would be a new deployment branch");
    // The twins: a topic branch is free, and a release begins at the tip of another deployment branch.
    kim.push(&local, &["origin", &format!("{other}:refs/heads/topic")]).expect_taken();
    kim.push(&local, &["-f", "origin", &format!("{root}:refs/heads/topic")]).expect_taken();
    kim.push(&local, &["origin", &format!("{base}:refs/heads/release/1")]).expect_taken();
    kim.push(&local, &["origin", ":refs/heads/topic"]).expect_taken();
}

/// Kim's own policy calls her topic branch a deployment branch, and a release would begin there.
#[test]
fn a_release_does_not_begin_at_a_branch_that_guards_itself() {
    let (local, base) = Local::gated();
    let kim = &local.kim;
    kim.update(&local, &base);
    let own = POLICY.replace("\"main\", \"release/*\"", "\"topic\"");
    let evil = kim.commit(&local, "Evil", &[("portcullis.toml", &own), (FILE, "DROP TABLE records;\n")]);
    kim.push(&local, &["origin", &format!("{evil}:refs/heads/topic")]).expect_taken();
    let release = |from: &str| kim.push(&local, &["origin", &format!("{from}:refs/heads/release/1")]);
    release(&evil).expect_refused("would be a new deployment branch");
    let broken = kim.commit(&local, "Broken", &[("portcullis.toml", "schema = ")]);
    kim.push(&local, &["origin", &format!("{broken}:refs/heads/other")]).expect_taken();
    release(&broken).expect_refused("would be a new deployment branch");
    release(&base).expect_taken();
}

/// On a file system without capitals they would be the branch, the log, a replacement.
#[test]
fn a_name_in_other_capitals_is_no_way_round() {
    let (local, base) = Local::gated();
    let other = local.kim.commit_on(&local, &base, "beside");
    let push = |name: &str| local.kim.push(&local, &["origin", &format!("{other}:{name}")]);
    for name in ["refs/HEADS/main", "refs/Portcullis/pushes", "refs/REPLACE/x", "refs/notes/Portcullis"] {
        push(name).expect_refused("in other capitals");
    }
    push("refs/heads/HEADS/main").expect_taken();
    push("refs/notes/Commits").expect_taken();
}

/// Nothing of that can be on a deployment branch, so no one is locked out of a topic branch.
#[test]
fn a_topic_branch_whose_policy_is_broken_can_be_mended() {
    let (local, base) = Local::gated_by_hook_alone();
    let kim = &local.kim;
    kim.update(&local, &base);
    let topic = |from: &str| kim.push(&local, &["origin", &format!("{from}:refs/heads/topic")]);
    topic(&kim.commit(&local, "Half done", &[("portcullis.toml", "schema = ")])).expect_taken();
    topic(&kim.commit(&local, "Mended", &[("portcullis.toml", POLICY)])).expect_taken();
    topic("").expect_taken();
}

/// Anyone who can change the policy in force and its signers decides which branches are guarded.
#[test]
fn the_default_branch_is_guarded_whatever_its_policy_says() {
    let (local, base) = Local::new(&POLICY.replace("\"main\", ", ""));
    let refused = local.hook("install");
    assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
    assert!(said(&refused).contains("is no deployment branch"), "{}", said(&refused));
    let kim = &local.kim;
    kim.push(&local, &["origin", &format!("{base}:refs/heads/release/1")]).expect_taken();
    let server = local.repository();
    run(plain_git(&server).args(["symbolic-ref", "HEAD", "refs/heads/release/1"]));
    assert!(local.hook("install").status.success(), "the twin");
    run(plain_git(&server).args(["symbolic-ref", "HEAD", "refs/heads/main"]));
    let other = kim.commit_on(&local, &base, "beside");
    kim.push(&local, &["origin", &format!("{other}:refs/heads/main")])
        .expect_refused("is the default branch of the server");
    kim.push(&local, &["origin", &format!("{other}:refs/heads/topic")]).expect_taken();
}

#[test]
fn a_symbolic_ref_is_no_way_round_the_branch_that_it_leads_to() {
    let (local, base) = Local::gated_by_hook_alone();
    run(plain_git(&local.repository()).args(["symbolic-ref", "refs/heads/alias", "refs/heads/main"]));
    let other = local.kim.commit_on(&local, &base, "beside");
    let pushed = local.kim.push(&local, &["origin", &format!("{other}:refs/heads/alias")]);
    pushed.expect_refused("refs/heads/alias is refused");
    run(plain_git(&local.repository()).args(["symbolic-ref", "refs/heads/other", "refs/heads/topic"]));
    local.kim.push(&local, &["origin", &format!("{other}:refs/heads/topic")]).expect_taken();
    local.kim.push(&local, &["-f", "origin", &format!("{base}:refs/heads/other")]).expect_taken();
}

#[test]
fn a_branch_does_not_take_itself_out_of_the_policy() {
    // The branch `release/1` has a policy of its own that names no release.
    let (local, base) = Local::new(&POLICY.replace("\"main\", \"release/*\"", "\"main\""));
    let kim = &local.kim;
    kim.push(&local, &["origin", &format!("{base}:refs/heads/release/1")]).expect_taken();
    let guarding = kim.commit(&local, "Guard releases", &[("portcullis.toml", POLICY)]);
    kim.push(&local, &["origin", &format!("{guarding}:refs/heads/main")]).expect_taken();
    assert!(local.hook("install").status.success());
    let other = kim.commit_on(&local, &base, "beside");
    let pushed = kim.push(&local, &["origin", &format!("{other}:refs/heads/release/1")]);
    pushed.expect_refused("refs/heads/release/1 is refused");
    kim.push(&local, &["origin", &format!("{other}:refs/heads/later/1")]).expect_taken();
}

#[test]
fn names_of_ours_and_replacements_are_not_for_everybody() {
    let (local, base) = Local::gated_by_hook_alone();
    let kim = &local.kim;
    for (reference, words) in [
        (format!("refs/replace/{base}"), "another object"),
        ("refs/portcullis/pushes".to_string(), "written by the hook of the server alone"),
        ("refs/portcullis/server".to_string(), "written by the hook of the server alone"),
        ("refs/portcullis/policy".to_string(), "means nothing"),
        ("refs/portcullis/reviews/kim".to_string(), "instead of `statement.json` alone"),
    ] {
        kim.push(&local, &["-f", "origin", &format!("{base}:{reference}")]).expect_refused(words);
    }
    kim.push(&local, &["origin", &format!("{base}:refs/notes/portcullis")]).expect_taken();
    let other = kim.git(&local, &["commit-tree", "-m", "root", "HEAD^{tree}"]);
    kim.push(&local, &["-f", "origin", &format!("{other}:refs/notes/portcullis")])
        .expect_refused("may only grow");
    kim.push(&local, &["-f", "origin", &format!("{other}:refs/notes/commits")]).expect_taken();
    kim.push(&local, &["origin", &format!("{other}:refs/portcullis-of-others/x")]).expect_taken();
}

#[test]
fn with_one_bad_ref_nothing_of_the_push_is_taken() {
    let (local, base) = Local::gated();
    let other = local.kim.commit_on(&local, &base, "beside");
    let refs = [format!("{other}:refs/heads/topic"), format!("{other}:refs/heads/main")];
    local.kim.push(&local, &["origin", &refs[0], &refs[1]]).expect_refused("refs/heads/main is refused");
    let there =
        plain_git(&local.repository()).args(["rev-parse", "-q", "--verify", "refs/heads/topic"]).output();
    assert!(!there.unwrap().status.success());
    local.kim.push(&local, &["origin", &refs[0]]).expect_taken();
}

#[test]
fn a_push_of_many_objects_comes_in_a_pack_and_is_judged_too() {
    let (local, base) = Local::gated();
    let kim = &local.kim;
    kim.update(&local, &base);
    let files: Vec<(String, String)> = (0..150)
        .map(|number| (format!("services/upload/{number}.sql"), format!("SELECT {number};\n")))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let many = kim.commit(&local, "Many", &files);
    let refused = kim.push(&local, &["origin", &format!("{many}:refs/heads/main")]);
    refused.expect_refused("touches upload (150 files)");
    let few = kim.commit_on_with(&local, &base, "Few", (FILE, "SELECT 2;\n"));
    kim.push(&local, &["origin", &format!("{few}:refs/heads/main")])
        .expect_refused("touches upload (1 file)");
}

/// The program as a hook, without git.
fn hook(local: &Local, lines: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.current_dir(local.repository()).args(["hook", "pre-receive"]).env_clear().env("GIT_DIR", ".");
    command.envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _closed = child.stdin.take().unwrap().write_all(lines.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn what_git_does_not_say_like_this_is_refused() {
    let (local, base) = Local::gated();
    let good = format!("{ZERO} {base} refs/heads/topic\n");
    assert_eq!(hook(&local, &good, &[]).status.code(), Some(0), "the twin");
    assert_eq!(hook(&local, "", &[]).status.code(), Some(0), "an empty push moves nothing");
    for bad in
        ["nonsense\n".to_string(), format!("{base} {base}\n"), format!("{ZERO} {ZERO} refs/heads/main\n")]
    {
        assert_eq!(hook(&local, &bad, &[]).status.code(), Some(2), "{bad}");
    }
    assert_eq!(hook(&local, &good, &[("GIT_NAMESPACE", "elsewhere")]).status.code(), Some(5));
    let gone = [("GIT_QUARANTINE_PATH", "/nowhere/at/all")];
    assert_eq!(hook(&local, &good, &gone).status.code(), Some(5));
}

/// Kim pushes in Robin's name, under a name that only the server knows, and approves it.
#[test]
fn a_pusher_whom_no_list_names_may_be_any_approver() {
    let (local, _) = Local::new(POLICY);
    let (kim, robin) = (&local.kim, Person::new("robin"));
    let signers = [kim.signer(""), robin.signer("")].concat();
    let base = kim.commit(&local, "Two people", &[(".portcullis/allowed_signers", &signers)]);
    kim.push(&local, &["origin", "HEAD:refs/heads/main"]).expect_taken();
    assert!(local.hook("install").status.success());
    let land = |user: &'static str| {
        kim.git(&local, &["config", "user.email", &robin.address()]);
        let commit = kim.commit_on_with(&local, &base, user, (FILE, "SELECT 2;\n"));
        local.user.set(Some(user));
        kim.push(&local, &["origin", &format!("{commit}:refs/heads/{user}")]).expect_taken();
        local.user.set(Some("kim"));
        kim.approve(&local, &commit);
        local.user.set(Some(user));
        kim.push(&local, &["origin", &format!("{commit}:refs/heads/main")])
    };
    land("kim-laptop").expect_refused("may be any approver's");
    land("robin").expect_taken();
}

/// An entry of the log that no one can read would end every landing.
#[test]
fn a_push_of_more_than_the_log_can_hold_is_refused() {
    let (local, base) = Local::gated();
    let refs = |count: usize| -> String {
        (0..count).map(|number| format!("{ZERO} {base} refs/heads/{number:0>180}\n")).collect()
    };
    let refused = hook(&local, &refs(60_000), &[]);
    assert_eq!(refused.status.code(), Some(5), "{}", said(&refused));
    assert!(said(&refused).contains("push fewer refs at once"), "{}", said(&refused));
    assert_eq!(hook(&local, &refs(100), &[]).status.code(), Some(0), "the twin");
}

#[test]
fn the_quarantine_counts_in_the_hook_and_nowhere_else() {
    let (local, base) = Local::gated();
    let kim = &local.kim;
    let other = kim.commit_on_with(&local, &base, "beside", (FILE, "SELECT 3;\n"));
    let objects = kim.clone_directory().join(".git/objects");
    let objects = objects.to_str().unwrap();
    let line = format!("{base} {other} refs/heads/main\n");
    let with = [("GIT_QUARANTINE_PATH", objects), ("GIT_OBJECT_DIRECTORY", objects)];
    let judged = hook(&local, &line, &with);
    assert!(said(&judged).contains("touches upload"), "{}", said(&judged));
    let without = hook(&local, &line, &[]);
    assert!(said(&without).contains("it is not in this repository"), "{}", said(&without));
    let elsewhere = Command::new(PROGRAM)
        .current_dir(local.repository())
        .args(["check", "--host", "none", "--base", &base, "--head", &other])
        .envs(with)
        .output()
        .unwrap();
    assert_eq!(elsewhere.status.code(), Some(5), "{}", said(&elsewhere));
}

#[test]
fn nothing_of_the_environment_is_shown() {
    let (local, base) = Local::gated();
    let other = local.kim.commit_on(&local, &base, "beside");
    let secret = "Basic a2ltOm9wZW5zZXNhbWU=";
    let variables = [
        ("HTTP_AUTHORIZATION", secret),
        ("REMOTE_USER", "kim"),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("GIT_PUSH_OPTION_COUNT", "1"),
        ("GIT_PUSH_OPTION_0", "portcullis.request=LOAD-7"),
    ];
    for line in [format!("{base} {other} refs/heads/main\n"), "nonsense\n".to_string()] {
        let text = said(&hook(&local, &line, &variables));
        assert!(!text.contains("Basic") && !text.contains("a2lt"), "{text}");
    }
}
