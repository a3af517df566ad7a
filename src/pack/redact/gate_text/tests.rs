//! Texts of the gate without what tells who a person is.

use crate::redact::{AddressFinder, Redactor};
use serde_json::{Value, json};

/// A text of the gate as facts hold it, beside the name of a host.
fn facts(purpose: &str, text: &str) -> Value {
    json!({ "domains": ["github.example.test"], "text": { "purposes": [purpose], "before": text, "after": null } })
}

/// What a pack holds of the text.
fn packed(purpose: &str, text: &str) -> (Redactor, String) {
    let facts = facts(purpose, text);
    let mut finder = AddressFinder::default();
    finder.look_at(&facts);
    let redactor = finder.finish();
    let packed = redactor.value(&facts)["text"]["before"].as_str().unwrap_or_default().to_string();
    (redactor, packed)
}

const REGISTER: &str = r#"schema = 1 # kept by Dr. Comment

[[people]]
name = "Robin Registered"
logins = ["robin"]
accounts = { "github.example.test" = ["robin-2"], "other.example.test" = ["r.elsewhere"] }
emails = ["robin@localhost"]
keys = ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAz"]
left = 2027-01-02

[[people.training]]
course = "secure-review"
provider = "Academy"
completed = "2026-01-02"
waived = "A reason of their own"
"#;

#[test]
fn a_register_has_accounts_tokens_courses_and_dates() {
    let (redactor, text) = packed("control", REGISTER);
    for gone in ["Comment", "Registered", "localhost", "elsewhere", "AAAz", "Academy", "their own"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    let kept = [
        "name = \"robin\"",
        "robin-2",
        "address-0001@redacted.invalid",
        "SHA256:key0001A",
        "2027-01-02",
        "completed = \"2026-01-02\"",
        "waived = ",
    ];
    for kept in kept {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    let finding =
        "robin did not complete `secure-review`, which was waived: A reason of their own; robin@localhost";
    assert_eq!(
        redactor.text(finding),
        "robin did not complete `secure-review`, which was waived: left out of the pack; address-0001@redacted.invalid"
    );
}

#[test]
fn a_register_with_a_mistake_keeps_one_and_shows_nothing_of_it() {
    let mistakes = [
        "schema = 1\n[[people]]\nname = \"Robin Registered\"\nlogins = [\"robin\"]\nmark = \"very good\"\n",
        "schema = 1\n[[people]\nname = \"Robin Registered\"\n",
        "schema = 1\npeople = \"Robin Registered\"\n",
        "schema = 1\npeople = [\"Robin Registered\"]\n",
        "schema = 1\n[[people]]\nlogins = [\"robin\"]\nleft = \"when Robin Registered was ill\"\n",
        "schema = 1\n[[people]]\nlogins = [\"robin\"]\ntraining = [\"Robin Registered was good\"]\n",
    ];
    for register in mistakes {
        let (_, text) = packed("control", register);
        assert!(!text.contains("Registered") && !text.contains("good"), "{text}");
        let plain = |text: &str| text.parse::<toml::Table>().ok();
        let people = plain(&text).and_then(|table| table.get("people")?.as_array().cloned());
        let odd = people.is_none_or(|people| people.iter().any(|person| person.to_string().contains('0')));
        assert!(odd, "the mistake is gone: {text}");
    }
}

#[test]
fn lists_of_signers_keep_names_options_and_keys_alone() {
    let list = "# Robin Registered\nrobin,robin@localhost namespaces=\"portcullis\" ssh-ed25519 AAAAC3Nz robin@laptop of Robin\n";
    let (_, text) = packed("waiver-signers", list);
    assert_eq!(
        text,
        "#\nrobin,address-0001@redacted.invalid namespaces=\"portcullis\" ssh-ed25519 AAAAC3Nz\n"
    );
}

#[test]
fn owners_keep_their_lines_without_addresses_and_comments() {
    let (_, text) =
        packed("code-owners", "# ask Robin Registered\r\n* @robin robin@example.test\n\n/x @org/team");
    assert_eq!(text, "#\r\n* @robin address-0001@redacted.invalid\n\n/x @org/team");
}

#[test]
fn what_a_control_reads_that_is_no_register_stays() {
    let text = "schema = 1\n[[acknowledgements]]\nwho = \"robin\"\n";
    assert_eq!(packed("control", text).1, text);
    assert_eq!(packed("policy", text).1, text);
}
