//! `portcullis record` on real repositories, honest and tampered with.

use crate::support::recorder::{
    chain, commit, deploy, deployed, environment, init, insist, production, said, try_chain,
};
use git2::{ObjectType, Oid};
use std::path::Path;
use tempfile::TempDir;

const REF: &str = "refs/portcullis/deployments/production";

struct Project {
    directory: TempDir,
    git: git2::Repository,
}

/// What this file does with a project.
trait Keeping: Sized {
    /// Three records.
    fn new() -> Self;
    fn path(&self) -> &Path;
    fn say(&self, arguments: &str) -> (i32, String);
    /// The command ends with 6 and says so.
    fn unverified(&self, arguments: &str, text: &str);
    fn tip(&self) -> Oid;
    fn set(&self, name: &str, to: Oid);
    fn write(&self, kind: ObjectType, bytes: &[u8]) -> Oid;
    fn raw(&self, id: Oid) -> Vec<u8>;
    /// The newest record again, with something else in its tree.
    fn retree(&self, alter: impl FnOnce(&mut git2::TreeBuilder<'_>));
    /// The newest record again, with other words in its commit.
    fn recommit(&self, alter: impl FnOnce(String) -> String);
    fn candidate(&self) -> Oid;
}

impl Keeping for Project {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let git = init(directory.path());
        deployed(directory.path(), 3);
        Project { directory, git }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn say(&self, arguments: &str) -> (i32, String) {
        said(self.path(), &arguments.split(' ').collect::<Vec<_>>())
    }

    fn unverified(&self, arguments: &str, text: &str) {
        let (exit, said) = self.say(arguments);
        assert!(exit == 6 && said.contains(text), "{arguments}: {exit} {said}");
    }

    fn tip(&self) -> Oid {
        self.git.refname_to_id(REF).unwrap()
    }

    fn set(&self, name: &str, to: Oid) {
        self.git.reference(name, to, true, "").unwrap();
    }

    fn write(&self, kind: ObjectType, bytes: &[u8]) -> Oid {
        self.git.odb().unwrap().write(kind, bytes).unwrap()
    }

    fn raw(&self, id: Oid) -> Vec<u8> {
        self.git.odb().unwrap().read(id).unwrap().data().to_vec()
    }

    fn retree(&self, alter: impl FnOnce(&mut git2::TreeBuilder<'_>)) {
        let tip = self.git.find_commit(self.tip()).unwrap();
        let mut builder = self.git.treebuilder(Some(&tip.tree().unwrap())).unwrap();
        alter(&mut builder);
        let tree = builder.write().unwrap();
        let text = String::from_utf8(self.raw(tip.id())).unwrap();
        let text = text.replace(&tip.tree_id().to_string(), &tree.to_string());
        self.set(REF, self.write(ObjectType::Commit, text.as_bytes()));
    }

    fn recommit(&self, alter: impl FnOnce(String) -> String) {
        let text = alter(String::from_utf8(self.raw(self.tip())).unwrap());
        self.set(REF, self.write(ObjectType::Commit, text.as_bytes()));
    }

    fn candidate(&self) -> Oid {
        let signature =
            git2::Signature::new("Robin Example", "robin@example.test", &git2::Time::new(1, 0)).unwrap();
        let tree = self.git.find_tree(self.write(ObjectType::Tree, b"")).unwrap();
        self.git.commit(None, &signature, &signature, "change", &tree, &[]).unwrap()
    }
}

/// Two records that the program wrote when its facts were of version 3, with a field for each text of the gate.
#[test]
fn records_of_an_earlier_version_are_read_verified_and_shown() {
    let directory = TempDir::new().unwrap();
    let git = init(directory.path());
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/records/facts-v3.bundle");
    let fetch = ["fetch", "--quiet", "--update-head-ok", bundle, "refs/*:refs/*"];
    let fetched = std::process::Command::new("git").current_dir(directory.path()).args(fetch).status();
    assert!(fetched.unwrap().success());
    let project = Project { directory, git };
    assert_eq!(project.tip().to_string(), "ec38042dc76bb33ce239b8a51cbb57f0f4561217");
    let (exit, text) = project.say("verify production --at-least 2");
    assert!(exit == 0 && text.contains("production: 2 records verify"), "{exit} {text}");
    let (exit, text) = project.say("list");
    assert!(exit == 0 && text.contains("b75d47532b"), "{exit} {text}");
    let (exit, text) = project.say("show production 1");
    assert!(exit == 0 && text.contains("asserted"), "{exit} {text}");
    let (exit, text) = project.say("show production --file facts.json");
    assert!(exit == 0 && text.contains("\"waivers_before\""), "{exit} {text}");
}

#[test]
fn an_honest_record_is_listed_shown_and_verified() {
    let project = Project::new();
    deploy(project.path(), &environment("staging"), &commit("s"), "kim-example").unwrap();
    let (exit, text) = project.say("list");
    assert!(
        exit == 0 && text.contains("production: 3 records") && text.contains("staging: 1 record\n"),
        "{text}"
    );
    assert!(text.contains("(asserted)  by kim-example"), "{text}");
    let (exit, only) = project.say("list --environment staging");
    assert!(exit == 0 && !only.contains("production"), "{only}");
    let (exit, text) = project.say("show production 2");
    assert!(exit == 0 && text.contains("record 2 of production"), "{text}");
    assert!(
        text.contains(commit("candidate 2").as_str()) && text.contains(commit("candidate 1").as_str()),
        "{text}"
    );
    assert!(project.say("show production").1.contains("record 3 of production"));
    assert_eq!(project.say("show production 4").0, 2);
    assert_eq!(project.say("show production 0").0, 2);
    let (exit, text) = project.say("verify production");
    assert!(text.contains("; not signed") && text.matches("was reproduced").count() == 3, "{text}");
    assert!(
        exit == 0 && text.contains("3 records verify") && text.contains(&project.tip().to_string()),
        "{text}"
    );
}

#[test]
fn an_auditor_gets_the_bytes_that_were_sealed() {
    let project = Project::new();
    let (exit, policy) = project.say("show production 2 --file policy.toml");
    assert_eq!((exit, policy.as_str()), (0, crate::support::recorder::POLICY));
    let (_, decision) = project.say("show production 2 --file decision.json");
    let digest = portcullis_model::digest::Digest::of(decision.as_bytes());
    assert!(project.say("show production 2 --file record.json").1.contains(digest.as_str()));
    let (exit, facts) = project.say("show production 2 --file facts.json");
    assert!(exit == 0 && facts.contains("\"environment\": \"production\""), "{facts}");
    assert_eq!(project.say("show production 2 --file reports.json").0, 2);
}

#[test]
fn the_same_deployments_give_the_same_commits() {
    assert_eq!(Project::new().tip(), Project::new().tip());
}

#[test]
fn git_finds_nothing_wrong_with_a_record() {
    let project = Project::new();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new("git").args(arguments).current_dir(project.path()).output();
        let output = output.unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    let (sound, text) = run(&["fsck", "--strict", "--full"]);
    assert!(sound && !text.contains("error"), "{text}");
    let (_, log) = run(&["log", "--format=%an|%ae|%s|%cI", REF]);
    assert!(log.starts_with("portcullis||Deployment 3 to production|2026-01-02T03:04:05"), "{log}");
    let (packed, text) = run(&["pack-refs", "--all", "--prune"]);
    assert!(packed && !project.git.path().join(REF).exists(), "{text}");
    insist(project.path(), &commit("after packing"), "kim");
    assert_eq!(chain(project.path()).unwrap().commits.len(), 4);
}

#[test]
fn what_is_deployed_must_be_what_was_let_through() {
    let project = Project::new();
    let next = commit("next");
    project.unverified(&format!("verify production --deployed {next}"), "has");
    insist(project.path(), &next, "robin");
    assert_eq!(project.say(&format!("verify production --deployed {next}")).0, 0);
    assert_eq!(project.say("verify production --deployed nothing").0, 5);
    insist(project.path(), &commit("newer"), "robin");
    project.unverified(&format!("verify production --deployed {next}"), "the newest record let through");
}

#[test]
fn a_chain_that_was_cut_or_replaced_is_seen_by_what_is_remembered() {
    let project = Project::new();
    let tip = project.tip();
    let remembered = format!("verify production --expect-tip {tip} --at-least 3");
    assert_eq!(project.say(&remembered).0, 0);
    insist(project.path(), &commit("next"), "robin");
    let (exit, text) = project.say(&remembered);
    let newer = format!("{} is newer than the record that was handed over", project.tip());
    assert!(exit == 0 && text.contains(&newer), "{text}");
    project.set(REF, project.git.find_commit(tip).unwrap().parent_id(0).unwrap());
    assert_eq!(project.say("verify production").0, 0, "a shorter chain is a chain");
    project.unverified(&remembered, "does not hold record");
    project.unverified("verify production --at-least 3", "at least 3");
    insist(project.path(), &commit("fork"), "alex");
    insist(project.path(), &commit("fork again"), "alex");
    assert_eq!(project.say("verify production --at-least 3").0, 0);
    project.unverified(&format!("verify production --expect-tip {tip}"), "forked");
    project.git.find_reference(REF).unwrap().delete().unwrap();
    project.unverified(&remembered, "there is no deployment record");
    let (exit, text) = project.say("verify production");
    assert!(exit == 5 && text.contains("the first one is made by a deployment"), "{text}");
    assert!(!text.contains("git fetch"), "there is nowhere to fetch from: {text}");
    project.git.remote("origin", "https://git.example.test/upload").unwrap();
    let (exit, text) = project.say("verify production");
    assert!(
        exit == 5 && text.contains("git fetch") && text.contains("only where the remote has none"),
        "{text}"
    );
    assert_eq!(project.say("verify production --expect-tip abc").0, 2);
}

#[test]
fn tampered_records_do_not_verify_and_nothing_is_recorded_on_top_of_them() {
    let blob = |project: &Project, bytes: &[u8]| project.write(ObjectType::Blob, bytes);
    type AnswerFault = fn(&Project, &dyn Fn(&Project, &[u8]) -> Oid);
    let faults: &[(&str, AnswerFault)] = &[
        ("decision.json is not what was sealed", |project, blob| {
            let id = blob(project, b"{}");
            project.retree(|tree| drop(tree.insert("decision.json", id, 0o100_644).unwrap()));
        }),
        ("does not belong there", |project, blob| {
            let id = blob(project, b"x");
            project.retree(|tree| drop(tree.insert("note.txt", id, 0o100_644).unwrap()));
        }),
        ("has the mode 120000", |project, blob| {
            let id = blob(project, b"../elsewhere");
            project.retree(|tree| drop(tree.insert("policy.toml", id, 0o120_000).unwrap()));
        }),
        ("does not belong there", |project, _| {
            let tree = project.write(ObjectType::Tree, b"");
            project.retree(|builder| drop(builder.insert("more", tree, 0o040_000).unwrap()));
        }),
        ("facts.json is missing", |project, _| {
            project.retree(|tree| tree.remove("facts.json").unwrap());
        }),
        ("policy.toml is missing", |project, _| {
            project.retree(|tree| tree.remove("policy.toml").unwrap());
        }),
        ("record.json is missing", |project, _| {
            project.retree(|tree| tree.remove("record.json").unwrap());
        }),
        ("record.json cannot be read", |project, blob| {
            let id = blob(project, b"[]");
            project.retree(|tree| drop(tree.insert("record.json", id, 0o100_644).unwrap()));
        }),
        ("wrong parents", |project, _| {
            let more = format!("parent {}\nauthor", project.candidate());
            project.recommit(|text| text.replacen("author", &more, 1));
        }),
        ("wrong parents", |project, _| {
            let first = format!("parent {}\nparent", project.candidate());
            project.recommit(|text| text.replacen("parent", &first, 1));
        }),
        ("its commit is not the one", |project, _| {
            project.recommit(|text| text.replacen("author portcullis", "author Robin", 1));
        }),
        ("its commit is not the one", |project, _| project.recommit(|text| text + "\nand more\n")),
        ("it has the number 3", |project, _| {
            let start = project.tip();
            let parent = project.git.find_commit(start).unwrap().parent_id(0).unwrap();
            project.recommit(|text| text.replacen(&format!("parent {parent}\n"), "", 1));
        }),
        ("symbolic", |project, _| {
            project.git.find_reference(REF).unwrap().delete().unwrap();
            project.git.reference_symbolic(REF, "refs/portcullis/deployments/other", true, "").unwrap();
        }),
        ("could not be seen", |project, blob| project.set(REF, blob(project, b"no commit"))),
    ];
    for (text, alter) in faults {
        let project = Project::new();
        alter(&project, &blob);
        project.unverified("verify production", text);
        assert_eq!(project.say("list --environment production").0, 6, "{text}");
        let before = std::fs::read(project.git.path().join(REF)).unwrap();
        if let portcullis_model::fact::Fact::Known(Some(chain)) = try_chain(project.path()) {
            assert!(chain.last().is_err(), "{text}");
            let recording = on_top(&project);
            assert_eq!(recording, 6, "{text}");
        }
        assert_eq!(std::fs::read(project.git.path().join(REF)).unwrap(), before, "{text}");
    }
}

/// Tries to record on whatever is there; the exit code that this ends in.
fn on_top(project: &Project) -> u8 {
    use portcullis_cli::record::{DeploymentRecording, record_decision};
    use portcullis_record::{RecordedBaseline, RecordedOrigin};
    let tip = portcullis_model::change::Revision::try_from(project.tip().to_string()).unwrap();
    let baseline = RecordedBaseline { commit: commit("before"), origin: RecordedOrigin::Asserted };
    let facts =
        crate::support::recorder::facts(project.path(), &production(), None, &commit("next"), &baseline);
    let recording = DeploymentRecording {
        environment: &production(),
        tip: Some(&tip),
        candidate: &commit("next"),
        decision: &crate::support::recorder::decided(&facts),
        baseline,
        facts: &facts,
        policy: crate::support::recorder::POLICY,
        omit_facts: false,
        recorder: "kim",
        time: "2026-01-02T03:04:05Z".parse().unwrap(),
        key: None,
    };
    let failure: portcullis_cli::exit::Failure =
        record_decision(project.path(), &recording).unwrap_err().into();
    failure.exit as u8
}

/// Without a name every environment is verified, and one that does not verify decides.
#[test]
fn all_environments_are_verified_where_none_is_named() {
    let project = Project::new();
    let (exit, text) = project.say("verify");
    assert!(exit == 0 && text.contains("production: 3 records verify"), "{exit} {text}");
    project.set("refs/portcullis/deployments/staging", project.tip());
    let (exit, text) = project.say("verify");
    assert!(exit == 6 && text.contains("production: 3 records verify"), "{exit} {text}");
    assert_eq!(project.say("verify production").0, 0, "the twin");
    for option in ["--at-least 1", "--deployed HEAD"] {
        assert_eq!(project.say(&format!("verify {option}")).0, 2, "{option} is of one environment");
    }
    let empty = Project::new();
    empty.git.find_reference(REF).unwrap().delete().unwrap();
    assert_eq!(empty.say("verify").0, 5);
}

#[test]
fn the_ref_of_another_environment_does_not_verify_here() {
    let project = Project::new();
    project.set("refs/portcullis/deployments/staging", project.tip());
    project.unverified("verify staging", "it is of the environment production");
    project.unverified("list", "it is of the environment production");
}

#[test]
fn refs_that_are_no_environment_are_not_passed_over() {
    for name in ["refs/portcullis/deployments/Upper", "refs/portcullis/deployments/a/b"] {
        let project = Project::new();
        project.set(name, project.tip());
        project.unverified("list", "is no name of an environment");
        assert_eq!(project.say("verify production").0, 0);
    }
}

#[test]
fn what_is_not_here_is_not_taken_for_nothing() {
    let project = Project::new();
    let fresh = TempDir::new().unwrap();
    git2::Repository::clone(&project.path().display().to_string(), fresh.path()).unwrap();
    let (exit, text) = said(fresh.path(), &["verify", "production"]);
    assert!(exit == 5 && text.contains("git fetch origin 'refs/portcullis/*:refs/portcullis/*'"), "{text}");
    assert_eq!(said(fresh.path(), &["list"]).0, 5);
    assert_eq!(said(TempDir::new().unwrap().path(), &["list"]).0, 5);
    let lost = project.git.find_commit(project.tip()).unwrap().parent_id(0).unwrap().to_string();
    std::fs::remove_file(project.git.path().join("objects").join(&lost[..2]).join(&lost[2..])).unwrap();
    let (exit, text) = project.say("verify production");
    assert!(exit == 5 && text.contains(&lost), "{exit} {text}");
    assert_eq!(project.say("verify Production").0, 2);
}

#[test]
fn an_object_that_was_exchanged_on_the_disk_is_seen() {
    let project = Project::new();
    let place = |id: Oid| {
        let id = id.to_string();
        project.git.path().join("objects").join(&id[..2]).join(&id[2..])
    };
    let tree = project.git.find_commit(project.tip()).unwrap().tree().unwrap();
    let record = tree.get_name("record.json").unwrap().id();
    let text = String::from_utf8(project.raw(record)).unwrap();
    let other = project.write(ObjectType::Blob, text.replace("robin-example", "alexx-example").as_bytes());
    std::fs::remove_file(place(record)).unwrap();
    std::fs::copy(place(other), place(record)).unwrap();
    let (exit, text) = project.say("verify production");
    assert!(exit == 5 && text.contains("damaged"), "{exit} {text}");
}

#[test]
fn what_somebody_wrote_into_a_record_does_not_steer_the_terminal() {
    let directory = TempDir::new().unwrap();
    init(directory.path());
    insist(directory.path(), &commit("c"), "robin\n::error::\u{1b}[2J\u{202e}");
    for command in [&["list"][..], &["show", "production"]] {
        let (exit, text) = said(directory.path(), command);
        assert!(exit == 0 && !text.contains(['\u{1b}', '\u{202e}']) && !text.contains("\n::error"), "{text}");
    }
}

/// The newest record as the earlier form was, without facts, on top of the records before it.
fn earlier_form(project: &Project) {
    use portcullis_model::digest::Digest;
    use portcullis_record::{RecordEntry, commit_bytes};
    let tip = project.git.find_commit(project.tip()).unwrap();
    let record = tip.tree().unwrap().get_name("record.json").unwrap().id();
    let mut entry: RecordEntry = serde_json::from_slice(&project.raw(record)).unwrap();
    (entry.schema, entry.facts) = (portcullis_record::EARLIER, None);
    let bytes = entry.bytes().unwrap();
    let mut builder = project.git.treebuilder(Some(&tip.tree().unwrap())).unwrap();
    builder.remove("facts.json").unwrap();
    builder.insert("record.json", project.write(ObjectType::Blob, &bytes), 0o100_644).unwrap();
    let tree = builder.write().unwrap().to_string().try_into().unwrap();
    let parent = tip.parent_id(0).ok().map(|id| id.to_string().try_into().unwrap());
    let commit = commit_bytes(&tree, parent.as_ref(), &entry, &Digest::of(&bytes));
    project.set(REF, project.write(ObjectType::Commit, &commit));
}

#[test]
fn a_record_of_the_earlier_form_is_shown_and_never_verified() {
    let directory = TempDir::new().unwrap();
    let git = init(directory.path());
    deployed(directory.path(), 1);
    let project = Project { directory, git };
    earlier_form(&project);
    let (exit, text) = project.say("list");
    assert!(exit == 0 && text.contains("(cannot be reproduced)"), "{text}");
    let (exit, text) = project.say("show production");
    assert!(exit == 0 && text.contains("cannot be reproduced"), "{text}");
    let (exit, text) = project.say("verify production");
    assert!(
        exit == 3 && text.contains("keeps no facts") && !text.contains("records verify"),
        "{exit} {text}"
    );
    // Of three, the one that keeps no facts after others that do is no record.
    let project = Project::new();
    earlier_form(&project);
    project.unverified("verify production", "it keeps no facts, and a record before it does");
}

#[test]
fn what_the_clone_does_not_hold_is_not_taken_for_seen() {
    let project = Project::new();
    insist(project.path(), &commit("a commit that nobody has"), "robin");
    let (exit, text) = project.say("verify production");
    assert!(exit == 3 && text.contains("not compared with the repository"), "{exit} {text}");
    assert!(text.contains("1 of 4 records cannot be verified"), "{text}");
}

#[test]
fn every_break_is_named() {
    let project = Project::new();
    project.recommit(|text| text.replacen("author portcullis", "author Robin", 1));
    let id = project.write(ObjectType::Blob, b"{}");
    project.retree(|tree| drop(tree.insert("decision.json", id, 0o100_644).unwrap()));
    for part in
        ["its commit is not the one", "decision.json is not what was sealed", "decision.json cannot be read"]
    {
        project.unverified("verify production", part);
    }
}

#[test]
fn where_grafts_lie_nothing_is_read_and_nothing_recorded() {
    let project = Project::new();
    std::fs::create_dir_all(project.git.path().join("info")).unwrap();
    std::fs::write(project.git.path().join("info/grafts"), format!("{}\n", project.tip())).unwrap();
    project.unverified("verify production", "grafts");
    assert_eq!(on_top(&project), 6);
}
