//! `portcullis evidence list`: statements of other programs are shown with what vouches for them, and prove nothing to the
//! gate. The statements have the form of the public examples of SLSA's and in-toto's repositories, with made-up names.

use crate::support::checkout::Checkout;
use portcullis_attest::dsse::seal;
use portcullis_attest::key::SigningKey;
use portcullis_attest::statement::PAYLOAD_TYPE;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

const SUITE: &str = r#"[controls.regression-tests.suites.upload]
reports = ["out/junit.xml"]
minimum = 1
"#;

fn project() -> Checkout {
    let project = Checkout::with(SUITE, &[("services/upload/load.py", "a = 1\n")]);
    project.change("services/upload/load.py", "a = 2\n");
    project
}

fn key() -> (SigningKey, String) {
    let pair = ssh_key::private::Ed25519Keypair::from_seed(&[9; 32]);
    let key = ssh_key::PrivateKey::from(pair);
    let public = key.public_key().to_openssh().unwrap();
    let text = key.to_openssh(ssh_key::LineEnding::LF).unwrap();
    (SigningKey::from_openssh(&text).unwrap(), format!("verifier@example.test {public}\n"))
}

fn head(project: &Checkout) -> (String, String) {
    let name = |what: &str| project.git(&["rev-parse", what]).trim().to_string();
    (name("HEAD"), name("HEAD^{tree}"))
}

fn statement(commit: &str, kind: &str, predicate: Value) -> String {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{
            "uri": format!("https://git.example.test/crim/uploader/commit/{commit}"),
            "digest": { "gitCommit": commit },
            "annotations": { "source_refs": ["refs/heads/main"] }
        }],
        "predicateType": kind,
        "predicate": predicate,
    })
    .to_string()
}

fn summary(commit: &str) -> String {
    let predicate = json!({
        "verifier": { "id": "https://git.example.test/source-actions" },
        "timeVerified": "2026-11-01T10:00:00Z",
        "resourceUri": "git+https://git.example.test/crim/uploader",
        "policy": { "uri": "https://git.example.test/policy.json" },
        "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_SOURCE_LEVEL_3", "ORG_SOURCE_TESTED"]
    });
    statement(commit, "https://slsa.dev/verification_summary/v1", predicate)
}

/// The other statements that are known by their types, and one that is not.
fn others(commit: &str) -> Vec<String> {
    let provenance = json!({
        "activity_type": "pr_merge",
        "actor": "robin-example",
        "branch": "refs/heads/main",
        "prev_commit": "b".repeat(40),
        "repo_uri": "https://git.example.test/crim/uploader",
        "controls": [{ "name": "CONTINUITY_ENFORCED", "since": "2026-01-26T02:23:18Z" }]
    });
    let scai = json!({
        "attributes": [{ "attribute": "REVIEWED_BY_TWO" }],
        "producer": { "uri": "https://scai.example.test" }
    });
    let tests = json!({ "result": "PASSED", "configuration": [], "passedTests": ["a"] });
    let built = json!({
        "buildDefinition": { "buildType": "https://build.example.test/v1" },
        "runDetails": { "builder": { "id": "https://builder.example.test" } }
    });
    vec![
        statement(
            commit,
            "https://github.com/slsa-framework/slsa-source-poc/source-provenance/v1-draft",
            provenance,
        ),
        statement(commit, "https://in-toto.io/attestation/scai/v0.3", scai),
        statement(commit, "https://in-toto.io/attestation/test-result/v0.1", tests),
        statement(commit, "https://slsa.dev/provenance/v1", built),
        statement(commit, "urn:example:something-else", json!({ "result": "PASSED" })),
    ]
}

fn portcullis(directory: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    let Output { status, stdout, stderr } =
        command.env_clear().current_dir(directory).args(arguments).output().unwrap();
    (status.code(), format!("{}{}", String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap()))
}

fn list(project: &Checkout, text: &str, more: &[&str]) -> (Option<i32>, String) {
    let file = project.outside.path().join("statements.jsonl");
    std::fs::write(&file, text).unwrap();
    portcullis(project.path(), &[&["evidence", "list", file.to_str().unwrap()], more].concat())
}

#[test]
fn each_statement_is_shown_in_its_own_words_with_its_trust() {
    let project = project();
    let (commit, _) = head(&project);
    let all = [vec![summary(&commit)], others(&commit)].concat().join("\n") + "\n";
    let (code, text) = list(&project, &all, &[]);
    assert_eq!(code, Some(0), "{text}");
    for expected in [
        "a verification summary of SLSA: https://slsa.dev/verification_summary/v1",
        "levels: SLSA_SOURCE_LEVEL_3, ORG_SOURCE_TESTED",
        "issuer: https://git.example.test/source-actions (by its own account)",
        "controls: CONTINUITY_ENFORCED",
        "attributes: REVIEWED_BY_TWO",
        "issuer: https://builder.example.test (by its own account)",
        "a statement of a type that is not known here: urn:example:something-else",
        "No control takes these in place of a report or a review",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert_eq!(text.matches("signed by: no one; anyone may have written it").count(), 6, "{text}");
    assert_eq!(text.matches(&format!("bound to the commit {}", &commit[..10])).count(), 6, "{text}");
}

#[test]
fn a_signed_statement_names_who_signed_it_and_an_unverified_one_does_not() {
    let project = project();
    let (commit, _) = head(&project);
    let (key, signers) = key();
    let sealed = String::from_utf8(seal(PAYLOAD_TYPE, summary(&commit).as_bytes(), &key).unwrap()).unwrap();
    let file = project.outside.path().join("signers");
    std::fs::write(&file, signers).unwrap();
    let with_signers = ["--signers", file.to_str().unwrap()];
    let (code, text) = list(&project, &sealed, &with_signers);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("signed by: verifier@example.test") && !text.contains("by its own account"),
        "{text}"
    );
    let (_, unverified) = list(&project, &sealed, &[]);
    assert!(
        unverified.contains("signed by: not verified: name the keys that may sign with --signers"),
        "{unverified}"
    );
    assert!(unverified.contains("(by its own account)"), "{unverified}");
}

#[test]
fn attack_a_changed_payload_is_not_verified() {
    let project = project();
    let (commit, _) = head(&project);
    let (key, signers) = key();
    let sealed = seal(PAYLOAD_TYPE, summary(&"d".repeat(40)).as_bytes(), &key).unwrap();
    let other = seal(PAYLOAD_TYPE, summary(&commit).as_bytes(), &key).unwrap();
    let (mut sealed, other): (Value, Value) =
        (serde_json::from_slice(&sealed).unwrap(), serde_json::from_slice(&other).unwrap());
    sealed["payload"] = other["payload"].clone();
    let file = project.outside.path().join("signers");
    std::fs::write(&file, signers).unwrap();
    let (_, text) = list(&project, &sealed.to_string(), &["--signers", file.to_str().unwrap()]);
    assert!(text.contains("not verified") && !text.contains("signed by: verifier"), "{text}");
}

#[test]
fn attack_a_bundle_with_a_certificate_is_no_signature_that_we_verified() {
    let project = project();
    let (commit, _) = head(&project);
    let (key, _) = key();
    let sealed: Value =
        serde_json::from_slice(&seal(PAYLOAD_TYPE, summary(&commit).as_bytes(), &key).unwrap()).unwrap();
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": { "certificate": { "rawBytes": "AAAA" } },
        "dsseEnvelope": sealed,
    });
    let (code, text) = list(&project, &serde_json::to_string_pretty(&bundle).unwrap(), &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("which this program does not verify"), "{text}");
}

#[test]
fn attack_a_statement_about_another_commit_is_not_bound() {
    let project = project();
    let (_, tree) = head(&project);
    let other = "d".repeat(40);
    let (_, text) = list(&project, &summary(&other), &[]);
    assert!(text.contains("not bound to") && text.contains(&other), "{text}");
    // The name and the address say the commit; the digest says nothing.
    let (commit, _) = head(&project);
    let named = summary(&commit).replace("\"gitCommit\":\"", "\"sha1\":\"");
    let (_, text) = list(&project, &named, &[]);
    assert!(text.contains("it names no commit"), "{text}");
    // The commit with another tree is not that commit.
    let contradiction =
        summary(&commit).replace("\"gitCommit\":", &format!("\"gitTree\":\"{other}\",\"gitCommit\":"));
    let (_, text) = list(&project, &contradiction, &[]);
    assert!(text.contains("not bound to"), "{tree}: {text}");
}

#[test]
fn attack_a_statement_steers_no_terminal_and_no_ci_system() {
    let project = project();
    let (commit, _) = head(&project);
    let hostile =
        summary(&commit).replace("ORG_SOURCE_TESTED", "\\u001b[2J\\n::error::x ##[add-path]/tmp \\u202e");
    let (code, text) = list(&project, &hostile, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.chars().all(|c| !c.is_control() || c == '\n'), "{text:?}");
    assert!(!text.contains("##[") && !text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
}

/// Whatever it says and whoever signed it: no control takes it in place of the suite.
#[test]
fn attack_no_statement_of_another_program_satisfies_a_control() {
    let project = project();
    let (commit, _) = head(&project);
    let (key, _) = key();
    let sealed =
        |text: &String| String::from_utf8(seal(PAYLOAD_TYPE, text.as_bytes(), &key).unwrap()).unwrap();
    let bare: Vec<String> = [vec![summary(&commit)], others(&commit)].concat();
    let signed: Vec<String> = bare.iter().map(sealed).collect();
    let judge = |more: &[&str]| {
        let arguments = ["check", "--host", "none", "--base", "main", "--head", "change", "--format", "json"];
        let (code, text) = portcullis(project.path(), &[&arguments, more].concat());
        (code, serde_json::from_str::<Value>(&text).unwrap_or_else(|_| panic!("{text}")))
    };
    let met = |decision: &Value| {
        let findings = decision["findings"].as_array().unwrap().iter();
        findings.filter(|it| it["control"] == "regression-tests" && it["verdict"] == "met").count()
    };
    let (without, decision) = judge(&[]);
    assert_ne!(without, Some(0));
    assert_eq!(met(&decision), 0);
    for line in bare.iter().chain(&signed) {
        let file = project.outside.path().join("evidence.json");
        std::fs::write(&file, format!("{line}\n")).unwrap();
        let (with, decision) = judge(&["--evidence", file.to_str().unwrap()]);
        assert_ne!(with, Some(0), "{line}");
        assert_eq!(met(&decision), 0, "{line}");
    }
}

#[test]
fn what_is_no_statement_is_refused_by_its_line() {
    let project = project();
    let (commit, _) = head(&project);
    for (text, says) in [
        (String::new(), "holds no statement"),
        (format!("{}\nno json\n", summary(&commit)), "statements.jsonl:2"),
        ("{}".to_string(), "statements.jsonl:1"),
    ] {
        let (code, said) = list(&project, &text, &[]);
        assert_eq!(code, Some(5), "{said}");
        assert!(said.contains(says), "{said}");
    }
}
