//! Entries of the register of incidents that were written once, one of each kind.

use super::{Validator, json, refuses_every_change};
use crate::incident::v1::{IncidentEntryV1, read_incident_entry, write_incident_entry};
use crate::schema::find;

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
