//! Evidence files: what was written once is read and conforms, and nothing may be missing or more.

use super::{Validator, json, members_of, places_of, refuses_every_change, with, without};
use crate::evidence_file::v1::{EvidenceFileV1, StatedV1};
use crate::evidence_file::{EvidenceFileError, is_evidence_file, read_evidence_file};
use crate::schema::find;
use serde_json::Value;

/// A file with every word of the form, as it was written when there was version 1 only.
const KEPT: &str = include_str!("../evidence_file/kept/v1.json");

fn schema() -> Validator {
    Validator::new(find("evidence-file").unwrap())
}

fn read(value: &Value) -> Result<EvidenceFileV1, EvidenceFileError> {
    read_evidence_file(value.to_string().as_bytes())
}

#[test]
fn a_file_that_was_written_once_is_read_and_conforms() {
    assert!(schema().accepts(&json(KEPT)) && is_evidence_file(KEPT.as_bytes()));
    let file = read_evidence_file(KEPT.as_bytes()).unwrap();
    assert!(matches!(file.tests, Some(StatedV1::Gap(_))));
    let again = serde_json::to_string(&file).unwrap();
    assert_eq!(read_evidence_file(again.as_bytes()).unwrap(), file);
    assert!(schema().accepts(&json(&again)));
}

/// Only topics may be left out: what is left out is a gap.
fn may_lack(member: &str) -> bool {
    ["/change", "/texts", "/reviews", "/protection", "/tests"].contains(&member)
        || member
            .strip_prefix("/texts/known/")
            .is_some_and(|text| !text.ends_with("/before") && !text.ends_with("/after"))
}

#[test]
fn a_file_that_was_changed_does_not_conform() {
    let document = json(KEPT);
    refuses_every_change(&schema(), &document, may_lack);
    for member in members_of(&document) {
        assert_eq!(read(&without(&document, &member)).is_ok(), may_lack(&member), "without {member}");
    }
    for at in places_of(&document) {
        assert!(read(&with(&document, &at, json!([[]]))).is_err(), "another type at {at:?}");
        let mut more = document.clone();
        let is_open = at == "/texts/known";
        if let Some(object) = more.pointer_mut(&at).and_then(Value::as_object_mut) {
            object.insert("more".to_string(), json!("x"));
            assert!(read(&more).is_err() && (is_open || !schema().accepts(&more)), "more at {at:?}");
        }
    }
}

#[test]
fn what_cannot_be_so_is_named_with_its_place() {
    let document = json(KEPT);
    for (at, value, says) in [
        ("/exporter/name", json!(" "), "$.exporter.name: it is empty"),
        ("/system/version", json!("1\u{1b}[2J"), "$.system.version: it is too long, or holds"),
        ("/repository", json!("x".repeat(5000)), "$.repository: it is too long"),
        ("/change/known/files/0/status", json!("added"), "$.change.known.files[0].status"),
        ("/change/known/files/7/status", json!("mode-changed"), "$.change.known.files[7].status"),
        (
            "/change/known/files/1/before/path",
            json!("docs/load.txt"),
            "files[1].before.path: this path is there twice",
        ),
        ("/change/known/files/0/after/target", json!("x"), "only a link leads anywhere"),
        ("/change/known/files/0/lines/stated/added/0/text", json!("a\nb"), "a line holds a line break"),
        ("/change/known/files/0/lines/stated/added/0/number", json!(0), "or has the number 0"),
        ("/change/known/revisions/0/time", json!("2024-03-06T00:00:00Z"), "is after the export"),
        ("/change/known/revisions/0/id", json!("r1"), "or is the base"),
        (
            "/reviews/known/0/time",
            json!("2024-03-05T09:59:00Z"),
            "$.reviews.known[1].time: 2024-03-05T09:05:00Z is before the entry above it",
        ),
        ("/protection/known/rules/3/count", json!(0), "write 1 or more for `approvals`"),
        ("/protection/known/rules/0/count", json!(1), "else null"),
        ("/protection/known/rules/0/check", json!("x"), "name the check for `check`, else null"),
        ("/protection/known/rules/0/rule", json!("no-deletion"), "this rule is there twice"),
        ("/tests/gap/why", json!(""), "$.tests.gap.why: it is empty"),
    ] {
        let error = read(&with(&document, at, value)).unwrap_err();
        assert!(matches!(error, EvidenceFileError::Faults(_)), "{error}");
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
}

#[test]
fn a_page_of_mistakes_is_enough() {
    let mut document = json(KEPT);
    let review = document["reviews"]["known"][0].clone();
    document["reviews"]["known"] = vec![with(&review, "/revision", json!("")); 1000].into();
    let EvidenceFileError::Faults(faults) = read(&document).unwrap_err() else { unreachable!() };
    assert_eq!(faults.len(), 20);
}
