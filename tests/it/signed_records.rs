//! Signed deployment records. No host is asked here, so `record verify` ends with 3 at best: the tip of
//! the branch cannot be compared.

use crate::support::reviewed::{KIM, POLICY, Project, has_keygen, text_of};
use portcullis_testkit::history::Edit;

const RECORDERS: &str = ".portcullis/recorders";
const REF: &str = "refs/portcullis/deployments/production";

/// A project whose records have to be signed by one of these, with an approved change on `main`.
fn project(recorders: &[(&str, &str)]) -> Project {
    let policy = format!("{POLICY}\n[records]\nsigners = \"{RECORDERS}\"\n");
    ready(&policy, recorders)
}

fn ready(policy: &str, recorders: &[(&str, &str)]) -> Project {
    let mut project = Project::with(policy, &[("robin", ""), ("alex", ""), ("kim", "")]);
    let list = list_of(&project, recorders);
    project.base =
        project.history.commit(KIM, &[project.base], "Recorders", &[Edit::Write(RECORDERS, &list)]).unwrap();
    project.history.branch("main", project.base).unwrap();
    let edit = Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT 1;\n");
    project.head = project.history.commit(KIM, &[project.base], "Load one", &[edit]).unwrap();
    project.history.branch("topic", project.head).unwrap();
    project.approve("robin", &[]);
    project.history.branch("main", project.head).unwrap();
    project
}

fn list_of(project: &Project, recorders: &[(&str, &str)]) -> String {
    let line = |(name, options): &(&str, &str)| {
        let public = std::fs::read_to_string(project.key(name).with_extension("pub")).unwrap();
        format!("{name} {options} {public}")
    };
    recorders.iter().map(line).collect()
}

/// Records the deployment of `main`; the exit code, and what was said.
fn record(project: &Project, more: &[&str]) -> (i32, String) {
    let base = project.base.to_string();
    let begin =
        ["check", "--host", "none", "--environment", "production", "--branch", "main", "--head", "main"];
    let all = [&begin[..], &["--base", &base, "--deployer", "alex", "--record"], more].concat();
    let output = project.portcullis(&all);
    (output.status.code().unwrap_or(-1), text_of(&output))
}

fn record_with(project: &Project, key: &str) -> (i32, String) {
    record(project, &["--record-key", project.key(key).to_str().unwrap()])
}

#[track_caller]
fn assert_verified(project: &Project, more: &[&str], code: i32, says: &str) {
    let output = project.portcullis(&[&["record", "verify", "production"][..], more].concat());
    let said = text_of(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        output.status.code() == Some(code) && said.contains(says),
        "exit {:?}: {said}",
        output.status.code()
    );
}

/// Puts another file beside the newest record, or takes it away, and keeps the commit as it would
/// be then.
fn alter_signature(project: &Project, envelope: Option<&[u8]>) {
    let git = project.history.repository();
    let commit = git.find_reference(REF).unwrap().peel_to_commit().unwrap();
    let mut tree = git.treebuilder(Some(&commit.tree().unwrap())).unwrap();
    match envelope {
        Some(bytes) => drop(tree.insert("signature.json", git.blob(bytes).unwrap(), 0o100_644).unwrap()),
        None => tree.remove("signature.json").unwrap(),
    }
    let tree = git.find_tree(tree.write().unwrap()).unwrap();
    let parents: Vec<git2::Commit<'_>> = commit.parents().collect();
    let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
    let again = git
        .commit(None, &commit.author(), &commit.committer(), commit.message().unwrap(), &tree, &parents)
        .unwrap();
    git.reference(REF, again, true, "test").unwrap();
}

fn signature(project: &Project) -> Vec<u8> {
    let git = project.history.repository();
    let tree = git.find_reference(REF).unwrap().peel_to_tree().unwrap();
    let blob = tree.get_name("signature.json").unwrap().to_object(git).unwrap();
    blob.as_blob().unwrap().content().to_vec()
}

#[test]
fn a_record_that_one_of_the_recorders_signed_verifies() {
    if !has_keygen() {
        return;
    }
    let project = project(&[("alex", "")]);
    let (code, said) = record_with(&project, "alex");
    assert_eq!(code, 0, "{said}");
    assert_verified(&project, &[], 3, "; signed by alex with SHA256:");
    assert_verified(&project, &[], 3, "someone who may sign records vouches for it");
    assert_verified(&project, &[], 3, "Whether newer records were removed was not checked.");
    let shown = text_of(&project.portcullis(&["record", "show", "production"]));
    assert!(shown.contains("signature:  signed by alex with SHA256:"), "{shown}");
}

#[test]
fn the_key_that_git_signs_with_signs_where_the_policy_asks_for_it() {
    if !has_keygen() {
        return;
    }
    let project = project(&[("alex", "")]);
    let (code, said) = record(&project, &[]);
    assert!(code == 5 && said.contains("user.signingKey"), "{code}: {said}");
    let key = project.key("alex");
    project.history.repository().config().unwrap().set_str("user.signingKey", key.to_str().unwrap()).unwrap();
    let (code, said) = record(&project, &[]);
    assert_eq!(code, 0, "{said}");
    assert_verified(&project, &[], 3, "signed by alex");
}

#[test]
fn attack_a_record_is_signed_by_someone_who_may_not() {
    if !has_keygen() {
        return;
    }
    let project = project(&[("alex", "")]);
    let (code, said) = record_with(&project, "mallory");
    assert!(code == 4 && said.contains("is not in .portcullis/recorders"), "{code}: {said}");
    assert!(project.history.repository().find_reference(REF).is_err(), "nothing was recorded");
}

#[test]
fn attack_the_signature_is_taken_away() {
    if !has_keygen() {
        return;
    }
    let project = project(&[("alex", "")]);
    assert_eq!(record_with(&project, "alex").0, 0);
    alter_signature(&project, None);
    assert_verified(&project, &[], 6, "it is not signed, and the policy asks for signed records");
    let (code, said) = record_with(&project, "alex");
    assert!(code == 6, "nothing is judged on top of it: {code}: {said}");
}

#[test]
fn attack_a_signature_of_something_else_is_put_in_its_place() {
    if !has_keygen() {
        return;
    }
    let (one, other) = (project(&[("alex", "")]), project(&[("alex", "")]));
    assert_eq!((record_with(&one, "alex").0, record_with(&other, "alex").0), (0, 0));
    let own = signature(&one);
    alter_signature(&one, Some(&signature(&other)));
    assert_verified(&one, &[], 6, "its signature proves nothing: it is of another record");
    let text = String::from_utf8(own).unwrap();
    let edits = [
        text.replace("\"payload\"", "\"note\":1,\"payload\""),
        text.replacen("\"sig\":\"", "\"sig\":\"AAAA", 1),
    ];
    for edited in edits {
        alter_signature(&one, Some(edited.as_bytes()));
        assert_verified(&one, &[], 6, "its signature proves nothing");
    }
    alter_signature(&one, Some(text.as_bytes()));
    assert_verified(&one, &[], 3, "signed by alex");
}

#[test]
fn attack_a_key_whose_time_is_over() {
    if !has_keygen() {
        return;
    }
    let project = project(&[("alex", "valid-before=\"20200101Z\"")]);
    let (code, said) = record_with(&project, "alex");
    assert!(code == 6 && said.contains("would not count"), "{code}: {said}");
}

#[test]
fn a_record_is_signed_where_a_key_is_named_although_no_policy_asks() {
    if !has_keygen() {
        return;
    }
    let project = ready(POLICY, &[("alex", "")]);
    assert_eq!(record_with(&project, "alex").0, 0);
    assert_verified(&project, &[], 3, "; signed with SHA256:");
    assert_verified(&project, &[], 3, "its policy does not say who may sign records");
    let unsigned = ready(POLICY, &[("alex", "")]);
    assert_eq!(record(&unsigned, &[]).0, 0);
    assert_verified(&unsigned, &[], 3, "; not signed");
}

#[test]
fn a_list_of_recorders_that_is_not_there_is_told_of() {
    if !has_keygen() {
        return;
    }
    let policy = format!("{POLICY}\n[records]\nsigners = \"nowhere\"\n");
    let (code, said) = record_with(&ready(&policy, &[("alex", "")]), "alex");
    assert!(code == 4 && said.contains("Land the list of signers on the branch"), "{code}: {said}");
}

/// The pack of everything, with people as logins or as pseudonyms; where it is.
fn packed(project: &Project, pseudonyms: bool) -> (tempfile::TempDir, std::path::PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let (folder, key) = (place.path().join("pack"), place.path().join("key"));
    std::fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    let begin = ["audit", "--since", "2000-01-01", "--until", "2099-12-31", "--branch", "main", "--pack"];
    let mut all = begin.to_vec();
    all.push(folder.to_str().unwrap());
    if pseudonyms {
        all.extend(["--pseudonymise", key.to_str().unwrap()]);
    }
    let said = text_of(&project.portcullis(&all));
    assert!(folder.join("manifest.json").exists(), "{said}");
    (place, folder)
}

#[test]
fn a_pack_says_who_signed_a_record_and_that_its_signature_is_in_the_repository() {
    if !has_keygen() {
        return;
    }
    let project = project(&[("alex", "")]);
    let (code, said) = record_with(&project, "alex");
    assert_eq!(code, 0, "{said}");
    for pseudonyms in [false, true] {
        let (_place, folder) = packed(&project, pseudonyms);
        assert!(!folder.join("records/production/000001/signature.json").exists());
        let audit: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.join("audit.json")).unwrap()).unwrap();
        let signature = &audit["deployments"][0]["signature"];
        assert_eq!(signature["standing"], "signed", "{signature}");
        assert_eq!(signature["signers"] == serde_json::json!(["alex"]), !pseudonyms, "{signature}");
        let page = std::fs::read_to_string(folder.join("index.html")).unwrap();
        assert!(page.contains("the pack holds no signature"));
        let clone = project.path().to_str().unwrap();
        let output = project.portcullis(&["pack", "verify", folder.to_str().unwrap(), "--repo", clone]);
        let said = text_of(&output);
        assert!(output.status.code().is_some_and(|code| [0, 3].contains(&code)), "{said}");
        assert!(said.contains("1 signed record (production#1 the first)"), "{said}");
    }
}
