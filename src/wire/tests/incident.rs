//! Entries of the register of incidents that were written once, one of each kind.

use super::{Validator, json, refuses_every_change, without};
use crate::facts::{read_facts, write_facts};
use crate::incident::v1::{IncidentEntryV1, read_incident_entry, write_incident_entry};
use crate::schema::find;
use portcullis_model::gathered::GatheredFacts;
use serde_json::Value;

const KEPT: [&str; 5] = [
    include_str!("../incident/kept/v1-begun.json"),
    include_str!("../incident/kept/v1-opened.json"),
    include_str!("../incident/kept/v1-notified.json"),
    include_str!("../incident/kept/v1-noted.json"),
    include_str!("../incident/kept/v1-closed.json"),
];

#[test]
fn entries_that_were_written_once_conform_and_are_read_and_written_to_the_byte() {
    let schema = Validator::new(find("incident").unwrap());
    for text in KEPT {
        assert!(schema.accepts(&json(text)), "{text}");
        let entry = read_incident_entry(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(write_incident_entry(entry).unwrap()).unwrap(), text);
    }
}

#[test]
fn an_entry_that_was_changed_does_not_conform() {
    let schema = Validator::new(find("incident").unwrap());
    for text in &KEPT[1..3] {
        // The members of `classes` are names of classes.
        refuses_every_change(&schema, &json(text), |member| member.contains("/classes/"));
    }
    for text in KEPT {
        let more = text.replacen("\"tool\"", "\"signature\": 1, \"tool\"", 1);
        assert!(serde_json::from_str::<IncidentEntryV1>(&more).is_err());
        let twice = text.replacen("\"number\"", "\"number\": 1, \"number\"", 1);
        assert!(serde_json::from_str::<IncidentEntryV1>(&twice).is_err());
    }
    for (from, to) in [
        ("2026-03-02-1a2b3c", "2026-03-02-1A2B3C"),
        ("early-warning", "warning"),
        ("sha256:ba78", "sha1:ba78"),
        ("\"production\"", "\"Production\""),
        ("no-incident", "nothing"),
    ] {
        let text = KEPT.iter().find(|text| text.contains(from)).unwrap();
        assert!(read_incident_entry(text.replace(from, to).as_bytes()).is_err(), "{to}");
    }
}

/// Facts of a deployment as they were before they held incidents.
const FACTS: &str = include_str!("../facts/kept/deployment-v4.json");

#[test]
fn facts_hold_incidents_where_the_policy_asks_for_them_and_a_gap_where_they_are_missing() {
    let schema = Validator::new(find("facts").unwrap());
    let before = json(FACTS);
    let read = |document: &Value| match read_facts(document.to_string().as_bytes()) {
        Ok(GatheredFacts::Deployment(facts)) => Some(facts),
        _ => None,
    };
    let earlier = read(&before).unwrap();
    assert!(earlier.incidents.value().is_none());
    assert_eq!(json(&write_facts(*earlier).unwrap()).get("incidents"), None);
    let mut document = before.clone();
    document["incidents"] = json(
        r#"{ "known": { "tip": "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", "entries": 3, "incidents": [{
            "id": "2026-03-02-1a2b3c", "dataset": "nominals", "recorded_at": "2026-03-02T10:30:00Z",
            "aware_at": "2026-03-02T10:00:00Z", "detected_at": null, "parties": ["forces"],
            "notices": [{ "number": 3, "party": "forces", "kind": "phased", "sent_at": "2026-03-02T12:00:00Z",
                "recorded_at": "2026-03-02T12:30:00Z",
                "digest": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }],
            "closed": { "outcome": "resolved", "time": "2026-03-09T12:30:00Z" } }] } }"#,
    );
    // What no one asked for is no answer.
    assert!(read(&document).is_none());
    let topics = document.pointer_mut("/whole/inquiry/topics").unwrap();
    topics.as_array_mut().unwrap().push("incidents".into());
    assert!(schema.accepts(&document));
    let facts = read(&document).unwrap();
    assert_eq!(facts.incidents.value().unwrap().incidents.len(), 1);
    let written = json(&write_facts(*facts).unwrap());
    assert_eq!(written["incidents"], document["incidents"]);
    // Half of it is not enough.
    for member in ["tip", "entries", "incidents"] {
        assert!(read(&without(&document, &format!("/incidents/known/{member}"))).is_none(), "{member}");
    }
    for member in ["id", "aware_at", "detected_at", "parties", "notices", "closed"] {
        assert!(
            read(&without(&document, &format!("/incidents/known/incidents/0/{member}"))).is_none(),
            "{member}"
        );
    }
}
