//! Signed reviews on a repository without a host, with the program that people sign with.

use crate::support::reviewed::{KIM, POLICY, Project, SIGNERS, has_keygen, text_of};
use portcullis_model::digest::Digest;
use portcullis_testkit::history::Edit;

#[test]
fn a_change_that_another_person_approved_may_land() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let (code, said) = project.judge();
    assert_eq!(code, 1, "{said}");
    project.approve("robin", &["--message", "looks right"]);
    let (code, said) = project.judge();
    assert_eq!(code, 0, "{said}");
    assert_judged(&project, 0, "review robin#1 by robin counts: it is signed with SHA256:");
    let listed = text_of(&project.portcullis(&["reviews", "list", "--onto", "main"]));
    assert!(listed.contains("robin#1 approve") && listed.contains("looks right"), "{listed}");
    let verified = project.portcullis(&["reviews", "verify", "--onto", "main", "topic"]);
    assert_eq!(verified.status.code(), Some(0), "{}", text_of(&verified));
}

/// Judges, and checks the exit code and what is said.
#[track_caller]
fn assert_judged(project: &Project, code: i32, says: &str) {
    let (found, said) = project.judge_as(&["--base", "main", "--head", "topic", "--verbose"]);
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        found == code && flat.contains(says),
        "exit {found} instead of {code}, or without `{says}`: {said}"
    );
}

const TWO: &str = "approvals = 2";

fn two_needed() -> Project {
    let policy = POLICY.replace("approvals = 1", TWO);
    Project::with(&policy, &[("robin", ""), ("alex", ""), ("kim", "")])
}

#[test]
fn two_people_with_two_keys_are_two_approvals() {
    if !has_keygen() {
        return;
    }
    let project = two_needed();
    project.approve("robin", &[]);
    assert_judged(&project, 1, "1 of 2");
    project.approve("alex", &[]);
    assert_judged(&project, 0, "approved independently by");
}

#[test]
fn attack_a_statement_is_copied_into_the_chain_of_another() {
    if !has_keygen() {
        return;
    }
    let project = two_needed();
    project.approve("robin", &[]);
    project.append("alex", &project.newest("robin"));
    assert_judged(&project, 3, "statement 1 is of robin and lies in another reviewer's chain");
}

#[test]
fn attack_a_statement_is_put_below_a_name_that_no_one_has() {
    if !has_keygen() {
        return;
    }
    let project = two_needed();
    project.approve("robin", &[]);
    project.append("robin-again", &project.newest("robin"));
    assert_judged(&project, 1, "1 of 2");
}

#[test]
fn attack_a_statement_of_another_project() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let mut statement = project.statement("robin");
    statement.project = "Another project".into();
    project.append("robin", &project.sign("robin", statement));
    assert_judged(&project, 1, "it is for the project `Another project`");
    let mut honest = project.statement("robin");
    honest.previous = project.newest_digest("robin");
    project.append("robin", &project.sign("robin", honest));
    assert_judged(&project, 0, "robin#2 by robin counts");
}

#[test]
fn attack_a_statement_for_another_branch() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let mut statement = project.statement("robin");
    statement.target = "refs/heads/release".into();
    project.append("robin", &project.sign("robin", statement));
    assert_judged(&project, 1, "it is for refs/heads/release");
    let (code, said) = project.judge_as(&["--base", "release", "--head", "topic"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn attack_the_change_goes_on_after_the_approval() {
    if !has_keygen() {
        return;
    }
    let mut project = Project::new();
    project.approve("robin", &[]);
    project.push("DELETE FROM records;\n");
    assert_judged(&project, 1, "not on the judged head");
    project.approve("robin", &[]);
    assert_judged(&project, 0, "robin#2 by robin counts");
}

#[test]
fn attack_the_tree_in_a_statement_is_another() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let mut subject = project.subject(project.head);
    subject.tree = project.subject(project.base).tree;
    project.append("robin", &project.sign_on("robin", subject, project.statement("robin")));
    assert_judged(&project, 1, "it names the tree");
}

#[test]
fn attack_a_key_that_is_listed_for_git_alone() {
    if !has_keygen() {
        return;
    }
    let project =
        Project::with(POLICY, &[("robin", "namespaces=\"git\""), ("alex", "namespaces=\"git,portcullis\"")]);
    assert_eq!(project.try_approve("robin", &[]).status.code(), Some(6));
    project.append("robin", &project.sign("robin", project.statement("robin")));
    assert_judged(&project, 1, "no key of theirs is among the allowed signers");
    project.approve("alex", &[]);
    assert_judged(&project, 0, "approved independently by alex");
}

#[test]
fn attack_a_signature_that_was_made_for_git() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let payload = project.payload(project.statement("robin"));
    project.append("robin", &project.seal_raw("robin", "git", payload.as_bytes()));
    assert_judged(&project, 3, "it was signed for `git` and not for `portcullis`");
    let twin = Project::new();
    let payload = twin.payload(twin.statement("robin"));
    twin.append("robin", &twin.seal_raw("robin", "portcullis", payload.as_bytes()));
    assert_judged(&twin, 0, "approved independently by robin");
}

#[test]
fn attack_a_retired_key_signs_with_an_old_date() {
    if !has_keygen() {
        return;
    }
    let project = Project::with(POLICY, &[("robin", "valid-before=\"20200101Z\""), ("alex", "")]);
    project.append("robin", &project.sign("robin", project.statement("robin")));
    assert_judged(&project, 1, "or none is valid now");
}

#[test]
fn attack_a_retired_key_of_someone_who_has_a_new_one() {
    if !has_keygen() {
        return;
    }
    let project = Project::with(POLICY, &[("robin=old", "valid-before=\"20200101Z\""), ("robin", "")]);
    project.append("robin", &project.sign("old", project.statement("robin")));
    assert_judged(&project, 3, "statement 1 does not verify");
    // What is older than the statement that counts may be of a retired key.
    project.approve("robin", &[]);
    assert_judged(&project, 0, "robin#2 by robin counts");
}

#[test]
fn attack_a_key_that_is_not_valid_yet() {
    if !has_keygen() {
        return;
    }
    let project = Project::with(
        POLICY,
        &[("robin", "valid-after=\"29990101Z\""), ("alex", "valid-after=\"20200101Z\"")],
    );
    project.append("robin", &project.sign("robin", project.statement("robin")));
    assert_judged(&project, 1, "or none is valid now");
    project.approve("alex", &[]);
    assert_judged(&project, 0, "approved independently by alex");
}

#[test]
fn attack_the_key_left_the_list_since() {
    if !has_keygen() {
        return;
    }
    let mut project = Project::new();
    project.approve("robin", &[]);
    project.relist(&[("alex", ""), ("robin", "")]);
    assert_judged(&project, 0, "approved independently by robin");
    project.relist(&[("alex", "")]);
    assert_judged(&project, 1, "no key of theirs is among the allowed signers at the base");
}

#[test]
fn attack_the_change_itself_lists_the_key() {
    if !has_keygen() {
        return;
    }
    let mut project = Project::new();
    let key = std::fs::read_to_string(project.key("mallory").with_extension("pub")).unwrap();
    let signers = format!("mallory {key}");
    let edit = Edit::Write(SIGNERS, &signers);
    project.head = project.history.commit(KIM, &[project.head], "A key", &[edit]).unwrap();
    project.history.branch("topic", project.head).unwrap();
    project.append("mallory", &project.sign("mallory", project.statement("mallory")));
    assert_judged(&project, 1, "the signed reviews of mallory do not count");
    assert_judged(&project, 1, "unproven gate-integrity: file .portcullis/allowed_signers");
}

#[test]
fn attack_the_statement_before_is_not_the_one_that_is_named() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let mut statement = project.statement("robin");
    statement.previous = Some(Digest::of(b"something else"));
    project.append("robin", &project.sign("robin", statement));
    assert_judged(&project, 3, "statement 1 does not follow the one before it");
}

#[test]
fn attack_a_rejection_is_cut_out_of_a_chain() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    project.approve("robin", &[]);
    let first = project.tip("robin");
    project.approve("robin", &["--reject"]);
    project.approve("robin", &["--comment", "--message", "see above"]);
    assert_judged(&project, 1, "robin requested changes");
    let last = project.newest("robin");
    project.set_tip("robin", first);
    project.append("robin", &last);
    assert_judged(&project, 3, "statement 2 does not follow the one before it");
}

#[test]
fn attack_the_statements_of_a_chain_are_put_in_another_order() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    project.approve("robin", &[]);
    let approval = project.newest("robin");
    project.approve("robin", &["--reject"]);
    let rejection = project.newest("robin");
    let twin = Project::new();
    twin.append("robin", &rejection);
    twin.append("robin", &approval);
    project.history.repository().find_reference("refs/portcullis/reviews/robin").unwrap().delete().unwrap();
    project.append("robin", &rejection);
    project.append("robin", &approval);
    assert_judged(&project, 3, "statement 1 does not follow the one before it");
}

#[test]
fn attack_a_member_of_the_statement_is_there_twice() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let payload = project.payload(project.statement("robin"));
    let twice = payload.replace("\"verdict\":", "\"verdict\":\"reject\",\"verdict\":");
    project.append("robin", &project.seal_raw("robin", "portcullis", twice.as_bytes()));
    assert_judged(&project, 3, "statement 1 is not a review");
}

#[test]
fn attack_a_member_of_the_statement_is_not_known() {
    if !has_keygen() {
        return;
    }
    for place in ["\"verdict\":", "\"predicateType\":", "\"gitTree\":"] {
        let project = Project::new();
        let payload = project.payload(project.statement("robin"));
        let more = payload.replacen(place, &format!("\"unless\":\"tests fail\",{place}"), 1);
        project.append("robin", &project.seal_raw("robin", "portcullis", more.as_bytes()));
        assert_judged(&project, 3, "statement 1 is not a review");
    }
}

#[test]
fn attack_an_approval_is_shown_again_after_it_was_withdrawn() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    project.approve("robin", &[]);
    let approval = project.newest("robin");
    project.approve("robin", &["--withdraw"]);
    assert_judged(&project, 1, "robin#1 by robin does not count");
    project.append("robin", &approval);
    assert_judged(&project, 3, "statement 3 does not follow the one before it");
}

#[test]
fn an_approval_after_a_withdrawal_counts() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    project.approve("robin", &[]);
    project.approve("robin", &["--withdraw"]);
    project.approve("robin", &[]);
    assert_judged(&project, 0, "robin#3 by robin counts");
    let key = project.key("robin");
    let all = ["approve", "--withdraw", "--onto", "main", "--yes", "--key", key.to_str().unwrap()];
    assert_eq!(project.portcullis(&all).status.code(), Some(0));
    assert_judged(&project, 1, "robin#3 by robin does not count");
}

#[test]
fn attack_a_rejection_after_an_approval() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    project.approve("robin", &[]);
    project.approve("alex", &["--reject"]);
    assert_judged(&project, 1, "alex requested changes (review alex#1)");
    project.approve("alex", &[]);
    assert_judged(&project, 0, "approved independently by");
}

#[test]
fn attack_a_rejected_commit_is_built_on() {
    if !has_keygen() {
        return;
    }
    let mut project = Project::new();
    project.approve("alex", &["--reject"]);
    project.push("INSERT INTO records SELECT 2;\n");
    project.approve("robin", &[]);
    assert_judged(&project, 1, "alex requested changes (review alex#1)");
    project.approve("alex", &[]);
    assert_judged(&project, 0, "approved independently by");
}

#[test]
fn attack_the_author_approves() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    project.approve("kim", &[]);
    assert_judged(&project, 1, "this person wrote commit");
}

#[test]
fn attack_a_second_account_of_the_author_approves() {
    if !has_keygen() {
        return;
    }
    let project = Project::with(POLICY, &[("kim-admin@example.test=old", ""), ("robin", "")]);
    project.approve("old", &[]);
    assert_judged(&project, 1, "this person wrote commit");
    project.approve("robin", &[]);
    assert_judged(&project, 0, "approved independently by robin");
}

#[test]
fn attack_the_author_is_no_one_but_a_principal() {
    if !has_keygen() {
        return;
    }
    let (before, after) = POLICY.split_once("[[people]]").unwrap();
    let policy = format!("{before}[reviews]{}", after.split_once("[reviews]").unwrap().1);
    let project = Project::with(&policy, &[("kim,KIM@example.test=kim", ""), ("robin", "")]);
    project.approve("kim", &["--reviewer", "kim"]);
    assert_judged(&project, 1, "this person wrote commit");
    project.approve("robin", &[]);
    assert_judged(&project, 0, "approved independently by robin");
}

#[test]
fn attack_one_key_under_two_names() {
    if !has_keygen() {
        return;
    }
    let policy = POLICY.replace("approvals = 1", TWO);
    let project = Project::with(&policy, &[("robin", ""), ("rob=robin", ""), ("alex", "")]);
    project.approve("robin", &["--reviewer", "robin"]);
    project.approve("robin", &["--reviewer", "rob"]);
    assert_judged(&project, 1, "the same person is counted once");
    project.approve("alex", &[]);
    assert_judged(&project, 0, "approved independently by");
}

#[test]
fn attack_a_key_whose_owner_is_a_pattern() {
    if !has_keygen() {
        return;
    }
    let project = Project::with(POLICY, &[("*@example.test=mallory", ""), ("alex", "")]);
    let statement = project.statement("robin@example.test");
    project.append("robin@example.test", &project.sign("mallory", statement));
    assert_judged(&project, 1, "the signed reviews of robin@example.test do not count");
}

#[test]
fn attack_two_statements_in_one_commit() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let envelope = project.sign("robin", project.statement("robin"));
    project.append_files("robin", &[("statement.json", &envelope), ("statement-2.json", &envelope)]);
    assert_judged(&project, 3, "its tree has 2 entries");
}

#[test]
fn attack_a_signature_of_another_kind() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let key = std::fs::read_to_string(project.key("robin")).unwrap();
    let key = portcullis_attest::key::SigningKey::from_openssh(&key).unwrap();
    let payload = project.payload(project.statement("robin"));
    let kind = portcullis_attest::statement::PAYLOAD_TYPE;
    let envelope = portcullis_attest::dsse::seal(kind, payload.as_bytes(), &key).unwrap();
    project.append("robin", &envelope);
    assert_judged(&project, 3, "statement 1 does not verify");
}

#[test]
fn attack_a_chain_without_an_end() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let git = project.history.repository();
    let tree = git.find_tree(git.treebuilder(None).unwrap().write().unwrap()).unwrap();
    let who = git2::Signature::new("x", "x@example.test", &git2::Time::new(0, 0)).unwrap();
    let mut parent: Option<git2::Commit<'_>> = None;
    for _ in 0..20_001 {
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        let id = git.commit(None, &who, &who, "x", &tree, &parents).unwrap();
        parent = Some(git.find_commit(id).unwrap());
    }
    project.set_tip("robin", parent.unwrap().id());
    assert_judged(&project, 3, "there are more than 20000 statements");
}

#[test]
fn attack_the_commit_had_landed_when_it_was_approved() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let mut statement = project.statement("robin");
    statement.base = project.subject(project.head);
    project.append("robin", &project.sign("robin", statement));
    assert_judged(&project, 1, "the branch held the commit already");
    let key = project.key("robin");
    let late = ["approve", "main", "--onto", "main", "--yes", "--key", key.to_str().unwrap()];
    assert_eq!(project.portcullis(&late).status.code(), Some(5));
}

#[test]
fn attack_a_role_that_the_policy_does_not_give() {
    if !has_keygen() {
        return;
    }
    let roles =
        "\n[roles.data-protection]\nusers = [\"alex\"]\n\n[roles.owner]\nusers = [\"robin\", \"alex\"]\n";
    let policy = format!("{POLICY}roles = [{{ role = \"data-protection\", approvals = 1 }}]\n{roles}");
    let project = Project::with(&policy, &[("robin", ""), ("alex", "")]);
    project.approve("robin", &["--as", "data-protection"]);
    assert_judged(&project, 1, "data-protection");
    // Alex has the role, and speaks in another.
    project.approve("alex", &["--as", "owner"]);
    assert_judged(&project, 1, "data-protection");
    project.approve("alex", &["--as", "owner", "--as", "data-protection"]);
    assert_judged(&project, 0, "approved independently by");
}

#[test]
fn an_approval_outlives_a_clean_merge_of_the_branch() {
    if !has_keygen() {
        return;
    }
    let mut project = Project::new();
    project.approve("robin", &[]);
    let edit = Edit::Write("README.md", "Records\n");
    project.base = project
        .history
        .commit(("Alex", "alex@example.test"), &[project.base], "Read me", std::slice::from_ref(&edit))
        .unwrap();
    project.history.branch("main", project.base).unwrap();
    project.head = project.history.commit(KIM, &[project.head, project.base], "Merge", &[edit]).unwrap();
    project.history.branch("topic", project.head).unwrap();
    assert_judged(&project, 0, "only clean merges of the base were added since");
}

#[test]
fn facts_are_decided_again_with_the_same_result() {
    if !has_keygen() {
        return;
    }
    for (reject, code) in [(false, 0), (true, 1)] {
        let project = Project::new();
        project.approve("robin", &[]);
        if reject {
            project.approve("alex", &["--reject"]);
        }
        let ends = ["--host", "none", "--base", "main", "--head", "topic"];
        let facts = project.portcullis(&[&["facts"][..], &ends].concat());
        assert_eq!(facts.status.code(), Some(0), "{}", text_of(&facts));
        let file = project.path().join("facts.json");
        std::fs::write(&file, &facts.stdout).unwrap();
        std::fs::write(project.path().join("portcullis.toml"), POLICY).unwrap();
        let decided = project.portcullis(&["decide", "--facts", "facts.json", "--policy", "portcullis.toml"]);
        assert_eq!(decided.status.code(), Some(code), "{}", text_of(&decided));
        let text = String::from_utf8(facts.stdout).unwrap();
        assert!(text.contains("\"chain\":") && text.contains("\"tip\":"), "{text}");
    }
}

/// What the gate says of a deployment of the branch, from where it began.
fn deployment(project: &Project, baseline: git2::Oid) -> (i32, String) {
    let base = baseline.to_string();
    let arguments = ["check", "--environment", "production", "--branch", "main", "--host", "none"];
    let output = project.portcullis(&[&arguments[..], &["--base", &base, "--head", "main"]].concat());
    (output.status.code().unwrap_or(-1), text_of(&output))
}

#[test]
fn what_landed_with_signed_reviews_may_be_deployed() {
    if !has_keygen() {
        return;
    }
    for how in ["fast-forward", "merge", "squash"] {
        for approved in [true, false] {
            let mut project = Project::new();
            project.push("INSERT INTO records SELECT 3;\n");
            if approved {
                project.approve("robin", &[]);
            }
            let baseline = project.base;
            let edit = Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT 3;\n");
            let landed = match how {
                "fast-forward" => project.head,
                "merge" => project.history.commit(KIM, &[baseline, project.head], "Merge", &[edit]).unwrap(),
                _ => project.history.commit(KIM, &[baseline], "Squash", &[edit]).unwrap(),
            };
            project.history.branch("main", landed).unwrap();
            let (code, said) = deployment(&project, baseline);
            assert_eq!(code, i32::from(!approved), "{how}, approved: {approved}: {said}");
            if approved && how == "merge" {
                assert_explained_without_a_host(&project, landed);
            }
        }
    }
}

/// What no one was asked is not told as an answer, and what is signed in the repository is.
fn assert_explained_without_a_host(project: &Project, landed: git2::Oid) {
    let output = project.portcullis(&["explain", &landed.to_string(), "--branch", "main"]);
    let told = text_of(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(0), "{told}");
    for made_up in ["a deleted account", "the host says that it has not", "none that approves"] {
        assert!(!told.contains(made_up), "{made_up}: {told}");
    }
    assert!(told.contains("robin approved"), "{told}");
}

#[test]
fn attack_more_lands_than_was_approved() {
    if !has_keygen() {
        return;
    }
    let mut project = Project::new();
    project.approve("robin", &[]);
    let baseline = project.base;
    let edit = Edit::Write("services/upload/load.sql", "DELETE FROM records;\n");
    let landed = project.history.commit(KIM, &[baseline, project.head], "Merge", &[edit]).unwrap();
    project.history.branch("main", landed).unwrap();
    let (code, said) = deployment(&project, baseline);
    assert_eq!(code, 1, "{said}");
}

#[test]
fn attack_a_chain_is_set_back_after_a_deployment_saw_it() {
    if !has_keygen() {
        return;
    }
    let mut project = Project::new();
    project.approve("robin", &[]);
    let before = project.tip("robin");
    project.approve("robin", &["--comment", "--message", "deploy it"]);
    let baseline = project.base;
    project.history.branch("main", project.head).unwrap();
    let first =
        ["check", "--environment", "production", "--branch", "main", "--host", "none", "--head", "main"];
    let base = baseline.to_string();
    let recorded = project.portcullis(&[&first[..], &["--base", &base, "--record"]].concat());
    assert_eq!(recorded.status.code(), Some(0), "{}", text_of(&recorded));
    assert!(text_of(&recorded).contains("warning: this record is of no host"), "{}", text_of(&recorded));
    let verified = project.portcullis(&["record", "verify"]);
    let told = text_of(&verified);
    assert!(verified.status.code() == Some(3) && told.contains("the record is of no host"), "{told}");
    assert!(!told.contains("--request N"), "nobody can ask the host of the past: {told}");
    // The next change lands with an approval of its own.
    project.base = project.head;
    project.push("INSERT INTO records SELECT 4;\n");
    project.approve("alex", &[]);
    project.history.branch("main", project.head).unwrap();
    // Without a host it stays open what is deployed; what is asked here is what the chain shows.
    let is_older = || {
        let said = text_of(&project.portcullis(&first));
        said.split_whitespace().collect::<Vec<_>>().join(" ").contains("an earlier deployment saw its tip")
    };
    assert!(!is_older());
    let whole = project.tip("robin");
    project.set_tip("robin", before);
    assert!(is_older());
    project.history.repository().find_reference("refs/portcullis/reviews/robin").unwrap().delete().unwrap();
    assert!(is_older());
    project.set_tip("robin", whole);
    assert!(!is_older());
}

#[test]
fn a_person_who_cannot_sign_yet_is_told_what_to_do() {
    if !has_keygen() {
        return;
    }
    let project = Project::with(POLICY, &[("robin", "")]);
    let says = |arguments: &[&str], help: &str| {
        let output = project.portcullis(arguments);
        assert_ne!(output.status.code(), Some(0), "{arguments:?}");
        assert!(
            text_of(&output).split_whitespace().collect::<Vec<_>>().join(" ").contains(help),
            "{}",
            text_of(&output)
        );
    };
    let robin = project.key("robin");
    let alex = project.key("alex");
    let (robin, alex) = (robin.to_str().unwrap(), alex.to_str().unwrap());
    says(&["approve", "topic", "--onto", "main", "--yes"], "git has no `user.signingKey`");
    says(
        &["approve", "topic", "--onto", "main", "--yes", "--key", alex],
        "land the key in .portcullis/allowed_signers on main first",
    );
    says(&["approve", "topic", "--onto", "main", "--key", robin], "read what is shown, and add --yes");
    says(
        &["approve", "main", "--onto", "main", "--yes", "--key", robin],
        "fetch the branch, and name the head of the change",
    );
    let base = project.base.to_string();
    says(
        &["check", "--host", "none", "--base", &base, "--head", "topic"],
        "Name the branch, and not a commit",
    );
    says(
        &["reviews", "verify", "topic", "--onto", &base],
        "none is named help: name it, and not a commit: `--onto main`",
    );
    let verified = project.portcullis(&["reviews", "verify", "topic", "--onto", "main"]);
    assert_eq!(verified.status.code(), Some(0), "{}", text_of(&verified));
    assert!(text_of(&verified).contains("there are no signed reviews here"), "{}", text_of(&verified));
    says(
        &["approve", "topic", "--onto", "main", "--yes", "--key", robin, "--reviewer", "alex"],
        "review as that: `--reviewer robin`, or leave --reviewer out",
    );
    // With git's own setting, as a public key that the private one lies beside.
    let config = format!("[user]\n\tsigningKey = {robin}.pub\n");
    std::fs::write(project.path().join(".gitconfig"), config).unwrap();
    let signed = project.portcullis(&["approve", "topic", "--onto", "main", "--yes"]);
    assert_eq!(signed.status.code(), Some(0), "{}", text_of(&signed));
    let shown = text_of(&signed);
    let mut files: Vec<&str> = shown.lines().filter(|line| line.starts_with("  ")).collect();
    let count = files.len();
    files.dedup();
    assert!(count > 0 && files.len() == count, "each file once: {shown}");
    assert_judged(&project, 0, "approved independently by robin");
}

#[test]
fn who_had_a_part_in_a_change_is_told_that_their_approval_does_not_count() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let told = format!("you are named in {}", &project.head.to_string()[..10]);
    assert!(text_of(&project.try_approve("kim", &[])).contains(&told));
    assert_judged(&project, 1, "kim");
    assert!(!text_of(&project.try_approve("kim", &["--reject"])).contains("you are named"));
    assert!(!text_of(&project.try_approve("robin", &[])).contains("you are named"));
}

#[test]
fn a_chain_is_pushed_where_that_is_asked_for() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let server = tempfile::tempdir().unwrap();
    let bare = git2::Repository::init_bare(server.path()).unwrap();
    project.approve("robin", &["--push", server.path().to_str().unwrap()]);
    let there = bare.refname_to_id("refs/portcullis/reviews/robin").unwrap();
    assert_eq!(there, project.tip("robin"));
}
