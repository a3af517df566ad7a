//! Reviews that other systems keep in the repository: Gerrit's votes, and the approvals that
//! gittuf's app saw. They count only for people whom the policy names.

use crate::support::reviewed::{POLICY, Project, has_keygen, text_of};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const PEOPLE: &str = r#"[[people]]
name = "Robin Example"
logins = ["robin"]
emails = ["robin@example.test", "1002@gerrit.example.test"]

[[people]]
name = "Kim Example"
logins = ["kim"]
emails = ["kim@example.test", "1001@gerrit.example.test"]
"#;

/// The policy of a project whose reviews are in another system.
fn policy(system: &str) -> String {
    let people = &POLICY[POLICY.find("[[people]]").unwrap()..POLICY.find("[reviews]").unwrap()];
    let reviews = format!("imports = [\"{system}\"]\nimported-reviewers = [\"Robin Example\"]");
    POLICY
        .replace(people, &format!("{PEOPLE}\n"))
        .replace("signers = \".portcullis/allowed_signers\"", &reviews)
        .replace("approvals = 1", "approvals = 1\ntrees = \"proved\"")
}

/// The outcome, and what the gate says without its line breaks.
fn judge(project: &Project) -> (i32, String) {
    let (code, said) = project.judge_as(&["--base", "main", "--head", "topic", "--verbose"]);
    (code, said.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[track_caller]
fn assert_judged(project: &Project, code: i32, says: &str) {
    let (found, said) = judge(project);
    assert!(found == code && said.contains(says), "exit {found} instead of {code}, or no `{says}`: {said}");
}

/// Adds operations to the notes of change 7, each by the account of this number.
fn add_notes(project: &Project, operations: &[(u32, &str)]) {
    let git = project.history.repository();
    let reference = "refs/changes/07/7/meta";
    let tree = git.find_tree(git.treebuilder(None).unwrap().write().unwrap()).unwrap();
    for (account, footers) in operations {
        let (name, email) = (format!("Gerrit User {account}"), format!("{account}@gerrit.example.test"));
        let who = git2::Signature::new(&name, &email, &git2::Time::new(1_700_000_000, 0)).unwrap();
        let parent = git.find_reference(reference).ok().map(|found| found.peel_to_commit().unwrap());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        let message = format!("Update patch set\n\n{footers}\n");
        git.commit(Some(reference), &who, &who, &message, &tree, &parents).unwrap();
    }
}

fn push_patch_set(project: &Project, number: u32) {
    let name = format!("refs/changes/07/7/{number}");
    project.history.repository().reference(&name, project.head, true, "test").unwrap();
    let branch = if number == 1 { "\nBranch: refs/heads/main\nStatus: new" } else { "" };
    add_notes(project, &[(1001, &format!("Patch-set: {number}\nCommit: {}{branch}", project.head))]);
}

/// A change on Gerrit, opened by Kim.
fn on_gerrit() -> Project {
    let project = Project::with(&policy("gerrit"), &[]);
    push_patch_set(&project, 1);
    project
}

#[test]
fn a_change_that_a_named_person_voted_for_on_gerrit_may_land() {
    let project = on_gerrit();
    assert_judged(&project, 1, "0 of 1");
    add_notes(&project, &[(1002, "Patch-set: 1\nLabel: Code-Review=+2")]);
    assert_judged(&project, 0, "it is imported from gerrit, with the notes of change 7 at");
    let listed = text_of(&project.portcullis(&["reviews", "list", "--from", "gerrit"]));
    assert!(listed.contains("1002@gerrit.example.test votes Code-Review+2 on"), "{listed}");
    assert!(listed.contains("1 change, 1 vote; none is signed"), "{listed}");
}

#[test]
fn attack_someone_whom_the_policy_does_not_name_votes() {
    let project = on_gerrit();
    add_notes(&project, &[(1003, "Patch-set: 1\nLabel: Code-Review=+2")]);
    assert_judged(&project, 1, "`[reviews] imported-reviewers` in the policy does not name the reviewer");
}

#[test]
fn attack_the_author_votes_on_gerrit() {
    let project = on_gerrit();
    add_notes(&project, &[(1001, "Patch-set: 1\nLabel: Code-Review=+2")]);
    assert_judged(&project, 1, "0 of 1");
}

#[test]
fn attack_a_patch_set_comes_after_the_vote() {
    let mut project = on_gerrit();
    add_notes(&project, &[(1002, "Patch-set: 1\nLabel: Code-Review=+2")]);
    project.push("INSERT INTO records SELECT 2;\n");
    push_patch_set(&project, 2);
    assert_judged(&project, 1, "not on the judged head");
    add_notes(&project, &[(1002, "Patch-set: 2\nLabel: Code-Review=+2")]);
    assert_judged(&project, 0, "imported from gerrit");
}

#[test]
fn a_vote_against_blocks() {
    let project = on_gerrit();
    add_notes(&project, &[(1002, "Patch-set: 1\nLabel: Code-Review=-2")]);
    assert_judged(&project, 1, "requested changes");
}

#[test]
fn notes_that_were_not_fetched_are_not_seen() {
    let project = Project::with(&policy("gerrit"), &[]);
    assert_judged(&project, 3, "git fetch origin 'refs/changes/*:refs/changes/*'");
    let git = project.history.repository();
    git.reference("refs/changes/07/7/1", project.head, true, "test").unwrap();
    assert_judged(&project, 3, "refs/changes/07/7/meta");
}

#[test]
fn attack_a_commit_is_judged_whose_change_was_not_fetched() {
    let mut project = on_gerrit();
    project.push("INSERT INTO records SELECT 2;\n");
    assert_judged(&project, 3, "no change that was fetched has");
    push_patch_set(&project, 2);
    assert_judged(&project, 1, "0 of 1");
}

/// An envelope as gittuf stores it: the payload's type members have names of Go's.
fn envelope(project: &Project, key: &str, payload: &Value, kind: &str) -> Vec<u8> {
    let payload = payload.to_string();
    let message = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
    let signature = project.signature(key, "git", message.as_bytes());
    let signed = json!({
        "payloadType": kind,
        "payload": STANDARD.encode(payload),
        "signatures": [{ "keyid": key, "sig": STANDARD.encode(signature) }],
    });
    signed.to_string().into_bytes()
}

/// Writes one file below a ref of gittuf.
fn put(project: &Project, reference: &str, directory: &str, name: &str, bytes: &[u8]) {
    let git = project.history.repository();
    let mut inner = git.treebuilder(None).unwrap();
    inner.insert(name, git.blob(bytes).unwrap(), 0o100_644).unwrap();
    let mut outer = git.treebuilder(None).unwrap();
    outer.insert(directory, inner.write().unwrap(), 0o040_000).unwrap();
    let tree = git.find_tree(outer.write().unwrap()).unwrap();
    let who = git2::Signature::new("x", "x@example.test", &git2::Time::new(0, 0)).unwrap();
    let commit = git.commit(None, &who, &who, "x", &tree, &[]).unwrap();
    git.reference(reference, commit, true, "test").unwrap();
}

/// A repository with gittuf, whose policy trusts the key of `old` as that of its app.
fn with_gittuf() -> Project {
    let project = Project::with(&policy("gittuf"), &[]);
    let public = std::fs::read_to_string(project.key("old").with_extension("pub")).unwrap();
    let public = public.split(' ').nth(1).unwrap();
    let root = json!({
        "type": "root",
        "principals": { "app": { "keyid": "app", "scheme": "ssh-ed25519", "keyval": { "public": public } } },
        "githubApps": { "github-app": { "trusted": true, "principalIDs": ["app"], "threshold": 1 } },
    });
    let root = envelope(&project, "old", &root, "application/vnd.gittuf+json");
    put(&project, "refs/gittuf/policy", "metadata", "root.json", &root);
    project
}

/// What the app saw: Robin approved this tree for a branch.
fn approval(project: &Project, branch: &str) -> Value {
    json!({
        "type": "https://in-toto.io/Statement/v1",
        "predicate_type": "https://gittuf.dev/github-pull-request-approval/v0.1",
        "predicate": {
            "approvers": ["robin+77"],
            "dismissedApprovers": null,
            "fromRevisionID": project.base.to_string(),
            "targetRef": format!("refs/heads/{branch}"),
            "targetTreeID": project.subject(project.head).tree.as_str(),
        },
    })
}

fn attest(project: &Project, key: &str, statement: &Value) {
    let signed = envelope(project, key, statement, "application/vnd.gittuf+json");
    put(project, "refs/gittuf/attestations", "code-review-approvals", "one", &signed);
}

#[test]
fn an_approval_that_gittufs_app_saw_counts_for_a_named_person() {
    if !has_keygen() {
        return;
    }
    let project = with_gittuf();
    assert_judged(&project, 1, "0 of 1");
    attest(&project, "old", &approval(&project, "main"));
    assert_judged(&project, 0, "it is imported from gittuf, with the key SHA256:");
}

#[test]
fn attack_an_approval_of_gittuf_that_the_app_did_not_sign() {
    if !has_keygen() {
        return;
    }
    let project = with_gittuf();
    attest(&project, "mallory", &approval(&project, "main"));
    assert_judged(&project, 1, "0 of 1");
}

#[test]
fn attack_an_approval_of_gittuf_for_something_else() {
    if !has_keygen() {
        return;
    }
    let mut project = with_gittuf();
    attest(&project, "old", &approval(&project, "release"));
    assert_judged(&project, 1, "0 of 1");
    let mut dismissed = approval(&project, "main");
    dismissed["predicate"]["dismissedApprovers"] = json!(["robin+77"]);
    attest(&project, "old", &dismissed);
    assert_judged(&project, 1, "0 of 1");
    let mut other = approval(&project, "main");
    other["predicate"]["approvers"] = json!(["mallory+78"]);
    attest(&project, "old", &other);
    assert_judged(&project, 1, "does not name the reviewer");
    attest(&project, "old", &approval(&project, "main"));
    project.push("INSERT INTO records SELECT 2;\n");
    assert_judged(&project, 1, "0 of 1");
}

#[test]
fn a_policy_names_people_that_it_has() {
    let refused = |text: &str| {
        let project = Project::with(text, &[]);
        let (code, said) = judge(&project);
        assert_eq!(code, 4, "{said}");
        said
    };
    let unknown = policy("gerrit")
        .replace("imported-reviewers = [\"Robin Example\"]", "imported-reviewers = [\"Robyn\"]");
    assert!(refused(&unknown).contains("`[[people]]` names no `Robyn`"));
    let idle = policy("gerrit").replace("imports = [\"gerrit\"]", "signers = \"signers\"");
    assert!(refused(&idle).contains("no reviews are imported"));
}
