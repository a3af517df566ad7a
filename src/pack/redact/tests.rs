//! What is taken out of a pack, and what stays.

use super::*;
use serde_json::json;

#[test]
fn addresses_become_tokens_that_are_the_same_everywhere() {
    let facts = json!({ "author": { "name": "Kim Example", "email": "kim@example.test" }, "other": ["Kim@Example.test, <sam@example.test>"],
        "co_authors": { "sam@example.test": 1 }, "odd": { "name": "Root", "email": "root@localhost" } });
    let mut finder = AddressFinder::default();
    finder.look_at(&facts);
    finder.look_at_text("emails = [\"alex@example.test\"]");
    let redactor = finder.finish();
    assert_eq!(
        redactor.value(&facts),
        json!({ "author": { "name": "address-0002", "email": "address-0002@redacted.invalid" },
            "other": ["address-0002@redacted.invalid, <address-0004@redacted.invalid>"],
            "co_authors": { "address-0004@redacted.invalid": 1 },
            "odd": { "name": "address-0003", "email": "address-0003@redacted.invalid" } })
    );
}

#[test]
fn names_of_the_policy_become_logins() {
    let mut finder = AddressFinder::default();
    finder.learn_name("Kim", "kim-2");
    finder.learn_name("Kim Example", "kim-example");
    let redactor = finder.finish();
    assert_eq!(
        redactor.text("Kim Example and Kim, not Kimberley or Kim-1"),
        "kim-example and kim-2, not Kimberley or Kim-1"
    );
}

#[test]
fn accounts_become_pseudonyms_that_are_the_same_everywhere() {
    let key = PseudonymKey::read(b"0123456789abcdef0123456789abcdef").unwrap();
    let facts = json!({ "reviewer": { "id": "12", "kind": "human", "login": "robin-example" }, "note": "robin-example, not robin-example-2",
        "bot": { "id": "9", "kind": "app", "login": "build" }, "mail": "12+robin-example@users.noreply.github.com",
        "permissions": { "robin-example": "write" } });
    let mut finder = AddressFinder::default();
    finder.look_at(&facts);
    finder.learn_accounts(&facts);
    let (person, number) = (key.of_login("robin-example"), key.of_number("12"));
    assert_eq!(
        finder.finish_with(&key).value(&facts),
        json!({
        "reviewer": { "id": number, "kind": "human", "login": person }, "note": format!("{person}, not robin-example-2"),
        "bot": { "id": "9", "kind": "app", "login": "build" }, "mail": format!("{number}+{person}@users.noreply.github.com"),
        "permissions": { (&person): "write" } })
    );
}

#[test]
fn a_person_who_may_bypass_a_rule_becomes_a_pseudonym() {
    let key = PseudonymKey::read(b"0123456789abcdef0123456789abcdef").unwrap();
    let facts = json!({ "bypass": [{ "kind": "user", "id": "12", "name": "sam-example", "mode": "always" },
        { "kind": "team", "id": "3", "name": "release", "mode": "always" }], "what": "user sam-example may bypass main" });
    let mut finder = AddressFinder::default();
    finder.learn_accounts(&facts);
    let (person, number) = (key.of_login("sam-example"), key.of_number("12"));
    assert_eq!(
        finder.finish_with(&key).value(&facts),
        json!({ "bypass": [{ "kind": "user", "id": number, "name": person, "mode": "always" },
            { "kind": "team", "id": "3", "name": "release", "mode": "always" }], "what": format!("user {person} may bypass main") })
    );
}

#[test]
fn a_login_that_is_a_word_of_a_form_changes_no_form() {
    let key = PseudonymKey::read(b"0123456789abcdef0123456789abcdef").unwrap();
    let facts = json!({ "reviewer": { "kind": "human", "login": "record" }, "source": "record", "recorder": "unknown",
        "known": { "duties": ["signed", "record"] }, "text": "approved by record" });
    let mut finder = AddressFinder::default();
    finder.learn_accounts(&facts);
    let person = key.of_login("record");
    assert_eq!(
        finder.finish_with(&key).value(&facts),
        json!({ "reviewer": { "kind": "human", "login": person }, "source": "record", "recorder": "unknown",
            "known": { "duties": ["signed", "record"] }, "text": format!("approved by {person}") })
    );
}

#[test]
fn what_is_no_address_stays() {
    let mut finder = AddressFinder::default();
    let text = "main@0a1b2c, @example-org/team, pkg:npm/x@1.2.3, mailbox:12, noreply@github.com, a @ b.test";
    finder.look_at_text(text);
    let redactor = finder.finish();
    assert!(redactor.is_empty(), "{redactor:?}");
    assert_eq!(redactor.text(text), text);
}

#[test]
fn digits_of_the_digest_of_an_address_are_in_no_pack() {
    let authors = json!(["mailbox:0a1b2c3d4e5f6071", "mailbox:ffffffffffffffff", "mailbox:0a1b"]);
    let mut finder = AddressFinder::default();
    finder.look_at(&authors);
    let key = PseudonymKey::read(b"0123456789abcdef0123456789abcdef").unwrap();
    let shown = finder.clone().finish().value(&authors);
    assert_eq!(shown, json!(["mailbox-0001", "mailbox-0002", "mailbox:0a1b"]));
    let shown = finder.finish_with(&key).value(&authors);
    assert_eq!(shown[0], key.of_login("mailbox:0a1b2c3d4e5f6071"));
}

#[test]
fn the_name_beside_an_address_of_a_host_is_in_no_pack() {
    let commit = json!({ "author": { "name": "Kim Example", "email": "11+Kim-E@users.noreply.github.com" },
        "committer": { "name": "GitHub", "email": "noreply@github.com" } });
    let mut finder = AddressFinder::default();
    finder.look_at(&commit);
    let redactor = finder.clone().finish();
    assert!(!redactor.is_empty());
    assert_eq!(
        redactor.value(&commit),
        json!({ "author": { "name": "Kim-E", "email": "11+Kim-E@users.noreply.github.com" },
            "committer": { "name": "GitHub", "email": "noreply@github.com" } })
    );
    let key = PseudonymKey::read(b"0123456789abcdef0123456789abcdef").unwrap();
    let person = key.of_login("kim-e");
    assert_eq!(
        finder.finish_with(&key).value(&commit)["author"],
        json!({ "name": person, "email": format!("11+{person}@users.noreply.github.com") })
    );
}

#[test]
fn a_login_is_hidden_in_every_spelling() {
    let key = PseudonymKey::read(b"0123456789abcdef0123456789abcdef").unwrap();
    let mut finder = AddressFinder::default();
    finder.learn_login("Robin-Example");
    let shown = finder.finish_with(&key).text("@robin-example, ROBIN-EXAMPLE and robin-example-2");
    let person = key.of_login("robin-example");
    assert_eq!(shown, format!("@{person}, {person} and robin-example-2"));
}
