//! Attacks on signed waivers, and honest twins of them.

use crate::policy::Policy;
use jiff::Timestamp;
use portcullis_attest::key::SigningKey;
use portcullis_attest::signers::AllowedSigners;
use portcullis_attest::sshsig;
use portcullis_model::waiver::{Approved, Grant, Waiver};
use proptest::prelude::*;
use std::sync::LazyLock;

const POLICY: &str = r#"
schema = 1
[project]
name = "Record upload"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "loads records"
paths = ["services/upload/**"]
[[people]]
name = "Kim Example"
logins = ["kim", "kim-admin"]
emails = ["kim@example.test"]
[waivers]
signers = "keys/allowed_signers"
[controls.required-reviews]
approvals = 1
"#;

const WAIVER: &str = r#"schema = 1
[[waivers]]
id = "W-12"
control = "required-reviews"
area = "upload"
requests = [7, 8]
environment = "production"
reason = "the reviewer is away"
ticket = "OPS-881"
requester = "robin"
approver = "kim"
created = "2026-12-18T18:00:00Z"
expires = "2026-12-21T09:00:00Z"
emergency = true
review-due = "2026-12-20"
"#;

fn policy() -> Policy {
    Policy::parse(POLICY).unwrap()
}

fn waiver(text: &str) -> Waiver {
    policy().waivers(text).unwrap_or_else(|problems| panic!("{problems:?}")).remove(0)
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn signers(principals: &str) -> AllowedSigners {
    AllowedSigners::read(format!("{principals} {}", key(1).public_text().unwrap()).as_bytes()).unwrap()
}

fn moment() -> Timestamp {
    "2026-12-19T12:00:00Z".parse().unwrap()
}

fn with_signature(mut waiver: Waiver, signature: String) -> Waiver {
    waiver.grant.signature = Some(signature);
    waiver
}

/// The waiver with a signature of what another text of it says.
fn signed(text: &str, of: &str) -> Waiver {
    let signature = sshsig::sign(waiver(of).statement("Record upload").as_bytes(), &key(1)).unwrap();
    with_signature(waiver(text), signature)
}

fn approval(waiver: &Waiver, principals: &str) -> Result<String, String> {
    policy().approval(waiver, &signers(principals), moment())
}

#[test]
fn the_statement_says_everything_and_is_what_people_sign() {
    assert_eq!(
        waiver(WAIVER).statement("Record upload"),
        "portcullis waiver 1\nproject: \"Record upload\"\nid: \"W-12\"\ncontrol: \"required-reviews\"\narea: \"upload\"\n\
         request: 7\nrequest: 8\nenvironment: \"production\"\nreason: \"the reviewer is away\"\nticket: \"OPS-881\"\n\
         requester: \"robin\"\napprover: \"kim\"\ncreated: 2026-12-18T18:00:00Z\nexpires: 2026-12-21T09:00:00Z\n\
         emergency, review due: 2026-12-20T00:00:00Z\n"
    );
}

#[test]
fn the_approvers_own_key_proves_the_approval_under_each_of_their_names() {
    let honest = signed(WAIVER, WAIVER);
    for principals in ["kim@example.test", "kim", "KIM-admin", "kim,kim@example.test", "Kim@Example.test"] {
        assert_eq!(approval(&honest, principals), Ok(key(1).fingerprint()), "{principals}");
    }
    let spaced = with_signature(waiver(WAIVER), format!("\n{}\n\n", honest.grant.signature.unwrap()));
    assert!(approval(&spaced, "kim").is_ok(), "as a string over several lines has it");
}

#[test]
fn a_review_that_comes_later_does_not_void_the_signature() {
    let reviewed = format!("{WAIVER}reviewed-by = \"alex\"\nreviewed-on = \"2026-12-19\"\n");
    assert!(approval(&signed(&reviewed, WAIVER), "kim").is_ok());
}

#[test]
fn without_a_signature_nothing_is_proved() {
    assert_eq!(approval(&waiver(WAIVER), "kim"), Err("it is not signed".to_string()));
    let nonsense = with_signature(waiver(WAIVER), "yes".into());
    assert!(approval(&nonsense, "kim").unwrap_err().contains("does not verify"));
}

#[test]
fn attack_each_thing_that_is_edited_after_signing() {
    for (line, by) in [
        ("id = \"W-12\"", "id = \"W-13\""),
        ("control = \"required-reviews\"", "control = \"freeze\""),
        ("area = \"upload\"\n", ""),
        ("requests = [7, 8]", "requests = [7, 8, 9]"),
        ("requests = [7, 8]", "requests = [7]"),
        ("environment = \"production\"", "environment = \"staging\""),
        ("the reviewer is away", "the reviewer is away."),
        ("OPS-881", "OPS-882"),
        ("requester = \"robin\"", "requester = \"sam\""),
        ("approver = \"kim\"", "approver = \"kim-admin\""),
        ("2026-12-18T18:00:00Z", "2026-12-18T17:00:00Z"),
        ("2026-12-21T09:00:00Z", "2026-12-22T09:00:00Z"),
        ("review-due = \"2026-12-20\"", "review-due = \"2026-12-21\""),
        ("emergency = true\nreview-due = \"2026-12-20\"\n", ""),
    ] {
        let edited = WAIVER.replace(line, by);
        assert_ne!(edited, WAIVER);
        let error = approval(&signed(&edited, WAIVER), "kim").unwrap_err();
        assert!(error.contains("did not sign these bytes"), "{by}: {error}");
    }
}

#[test]
fn attack_the_signature_of_another_project() {
    let signature = sshsig::sign(waiver(WAIVER).statement("Another upload").as_bytes(), &key(1)).unwrap();
    let copied = with_signature(waiver(WAIVER), signature);
    assert!(approval(&copied, "kim").is_err());
}

#[test]
fn attack_signed_by_somebody_else() {
    let honest = signed(WAIVER, WAIVER);
    for principals in
        ["robin", "robin@example.test", "kim,robin", "*", "kim*", "kim,!robin", "12+kim@example.test"]
    {
        let error = approval(&honest, principals).unwrap_err();
        assert!(error.starts_with("its signature is not that of kim, but of "), "{principals}: {error}");
    }
    let stranger = sshsig::sign(waiver(WAIVER).statement("Record upload").as_bytes(), &key(9)).unwrap();
    let stranger = with_signature(waiver(WAIVER), stranger);
    assert!(approval(&stranger, "kim").unwrap_err().contains("not one of the allowed signers"));
}

#[test]
fn attack_75_a_key_that_is_over() {
    let honest = signed(WAIVER, WAIVER);
    assert!(approval(&honest, "kim valid-before=\"20261220Z\"").is_ok());
    for options in ["valid-before=\"20261219Z\"", "valid-after=\"20261220Z\"", "namespaces=\"git\""] {
        assert!(
            approval(&honest, &format!("kim {options}")).unwrap_err().contains("line 1 allow"),
            "{options}"
        );
    }
}

#[test]
fn signers_that_are_not_there_or_cannot_be_read_let_nothing_count() {
    let policy = policy();
    assert!(policy.signers_of_waivers(Some("")).unwrap().is_ok());
    assert!(policy.signers_of_waivers(None).unwrap().unwrap_err().contains("keys/allowed_signers"));
    let broken = policy.signers_of_waivers(Some("kim\n\nkim ssh-ed25519 x\n")).unwrap().unwrap_err();
    assert!(broken.contains("line 1:") && broken.contains("line 3:"), "{broken}");
    let trusting =
        Policy::parse(&POLICY.replace("[waivers]\nsigners = \"keys/allowed_signers\"\n", "")).unwrap();
    assert!(trusting.signers_of_waivers(None).is_none());
}

#[test]
fn a_place_outside_the_repository_is_a_mistake() {
    for path in ["", "/etc/keys", "../keys", "keys/", "a//b", ".git/keys"] {
        let text = POLICY.replace("keys/allowed_signers", path);
        assert!(Policy::parse(&text).unwrap_err()[0].message.contains("is not the path of a file"), "{path}");
    }
    let both = POLICY.replace("[waivers]", "[waivers]\nlongest = \"7d\"");
    assert!(Policy::parse(&both).is_ok());
}

proptest! {
    #[test]
    fn no_two_texts_have_one_statement(one in r#"(?s)[a-c": \n\\\u{202e}]{1,12}"#, other in r#"(?s)[a-c": \n\\\u{202e}]{1,12}"#) {
        static READ: LazyLock<Waiver> = LazyLock::new(|| waiver(WAIVER));
        let statement = |reason: &str, ticket: &str| {
            let grant = Grant { reason: reason.into(), ticket: ticket.into(), ..READ.grant.clone() };
            Waiver { grant, ..READ.clone() }.statement("Record upload")
        };
        let said = statement(&one, &other);
        prop_assert_eq!(said == statement(&other, &one), one == other);
        prop_assert_eq!(said.lines().count(), READ.statement("Record upload").lines().count());
        let hidden = said.contains('\u{202e}');
        prop_assert!(!hidden);
    }
}

/// An address of github.com names an account there, and nobody on another host: a list of signers
/// that was copied from GitHub gives no one a vote elsewhere.
#[test]
fn a_no_reply_address_of_github_com_is_just_an_address_elsewhere() {
    use portcullis_model::host::{HostConventions, HostProfile};
    let github = HostConventions::github();
    let other = HostConventions { name: "Elsewhere".into(), ..(*github).clone() };
    let at = |conventions: &std::sync::Arc<HostConventions>, domain: &str| {
        let policy = Policy::parse_for(POLICY, &HostProfile::of(conventions, &[domain.to_string()])).unwrap();
        let waiver = signed(WAIVER, WAIVER);
        let named = "12+kim@users.noreply.github.com";
        policy.approval(&waiver, &signers(named), moment()).is_ok()
    };
    assert!(at(&github, "github.com"));
    assert!(!at(&github, "ghe.example.test"));
    assert!(!at(&other.clone().into(), "gitlab.example.test"));
}

/// `[bot]` at the end of a login means an application on GitHub alone.
#[test]
fn a_login_is_a_machine_by_the_conventions_of_its_host() {
    use portcullis_model::host::{AccountConventions, HostConventions, HostProfile};
    let text = WAIVER.replace("approver = \"kim\"", "approver = \"release[bot]\"");
    let github = HostConventions::github();
    let accounts = AccountConventions { application_suffix: None, ..github.accounts.clone() };
    let other = HostConventions { name: "Elsewhere".into(), accounts, ..(*github).clone() };
    let is_read = |host: &HostProfile| Policy::parse_for(POLICY, host).unwrap().waivers(&text).is_ok();
    assert!(!is_read(&HostProfile::github_com()));
    assert!(is_read(&HostProfile::of(&other.into(), &[])));
}
