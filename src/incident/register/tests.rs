//! Registers, honest and tampered with, as plain values.

use super::*;
use crate::tests::{moment, opened, register, store, tree, verify};
use portcullis_model::incident::{ClosingOutcome, IncidentClosing, IncidentNote, NoticeKind, RecordedNotice};

fn note(text: &str) -> IncidentEvent {
    let note = IncidentNote { incident: opened().id, text: text.to_string(), aware_at: None };
    IncidentEvent::Noted(Box::new(note))
}

fn opening() -> IncidentEvent {
    IncidentEvent::Opened(Box::new(opened()))
}

fn closing() -> IncidentEvent {
    IncidentEvent::Closed(IncidentClosing {
        incident: opened().id,
        outcome: ClosingOutcome::Resolved,
        reason: "all records were sent again".to_string(),
    })
}

fn told() -> IncidentEvent {
    IncidentEvent::Notified(Box::new(RecordedNotice {
        incident: opened().id,
        party: "forces".to_string(),
        kind: NoticeKind::EarlyWarning,
        sender: "Robin Example".to_string(),
        recipient: "duty-desk@forces.test".to_string(),
        sent_at: moment("2026-03-02T12:00:00Z"),
        file: "letter.txt".to_string(),
        size: 3,
        digest: Digest::of(b"abc"),
        reference: None,
    }))
}

fn honest() -> Vec<StoredIncident> {
    register(vec![IncidentEvent::Begun, opening(), note("one"), told(), closing()])
}

fn faults(entries: &[StoredIncident]) -> Vec<(u64, IncidentFault)> {
    verify(entries).problems.into_iter().map(|problem| (problem.place, problem.fault)).collect()
}

/// Writes another entry in its place and makes its commit again, as who may write the ref can.
fn rewritten(stored: &StoredIncident, edit: impl FnOnce(&mut IncidentEntry)) -> StoredIncident {
    let mut entry = read_stored(stored).unwrap().entry;
    edit(&mut entry);
    let bytes = write_incident_entry(entry.clone()).unwrap();
    let commit = incident_commit(&tree(), stored.parents.first(), &entry, &Digest::of(&bytes));
    let files = Some(BTreeMap::from([(INCIDENT_FILE.to_string(), bytes)]));
    StoredIncident { commit, files, ..stored.clone() }
}

#[test]
fn an_honest_register_verifies_and_holds_every_entry() {
    let register = verify(&honest());
    assert_eq!((register.problems.len(), register.links.len()), (0, 5));
    assert_eq!(register.links[0].entry.previous, None);
    assert!(register.links.windows(2).all(|pair| pair[1].entry.previous.as_ref() == Some(&pair[0].digest)));
    assert_eq!(verify(&[]), IncidentRegister::default());
}

#[test]
fn an_entry_that_was_changed_is_named_at_the_one_after_it() {
    let mut entries = honest();
    entries[2] = rewritten(&entries[2], |entry| entry.event = note("another text"));
    assert_eq!(faults(&entries), [(4, IncidentFault::Previous)]);
    let mut entries = honest();
    let bytes = entries[2].files.as_mut().unwrap().get_mut(INCIDENT_FILE).unwrap();
    *bytes = String::from_utf8(bytes.clone()).unwrap().replace("one", "two").into_bytes();
    assert_eq!(faults(&entries), [(3, IncidentFault::Commit), (4, IncidentFault::Previous)]);
}

#[test]
fn an_entry_that_was_dropped_is_named() {
    for place in 0..4 {
        let mut entries = honest();
        entries.remove(place);
        let found = faults(&entries);
        assert!(found.contains(&(place as u64 + 1, IncidentFault::Parents)), "{place}: {found:?}");
        assert!(found.contains(&(place as u64 + 1, IncidentFault::Previous)), "{place}: {found:?}");
    }
}

#[test]
fn entries_that_changed_places_are_named() {
    for place in 0..4 {
        let mut entries = honest();
        entries.swap(place, place + 1);
        let found = faults(&entries);
        assert!(
            found
                .iter()
                .any(|(at, fault)| *at == place as u64 + 1 && matches!(fault, IncidentFault::Number(_))),
            "{found:?}"
        );
    }
}

#[test]
fn an_entry_that_was_put_in_or_repeated_is_named() {
    let mut entries = honest();
    let again = entries[2].clone();
    entries.insert(3, again);
    assert!(faults(&entries).contains(&(4, IncidentFault::Number(3))));
}

#[test]
fn a_register_that_was_cut_short_verifies_and_has_another_tip() {
    let whole = honest();
    let cut = verify(&whole[..3]);
    assert_eq!(cut.problems, []);
    assert!(!cut.commits.contains(&whole[4].id));
}

#[test]
fn what_is_no_plain_entry_is_named() {
    let entry = honest().remove(0);
    let with =
        |files: Option<BTreeMap<String, Vec<u8>>>| faults(&[StoredIncident { files, ..entry.clone() }]);
    assert_eq!(with(None), [(1, IncidentFault::Files)]);
    assert_eq!(with(Some(BTreeMap::new())), [(1, IncidentFault::Files)]);
    let mut more = entry.files.clone().unwrap();
    more.insert("letter.txt".to_string(), b"x".to_vec());
    assert_eq!(with(Some(more)), [(1, IncidentFault::Files)]);
    let file = |text: String| Some(BTreeMap::from([(INCIDENT_FILE.to_string(), text.into_bytes())]));
    let text = String::from_utf8(entry.files.clone().unwrap()[INCIDENT_FILE].clone()).unwrap();
    assert_eq!(with(file(text.replace("  ", "   "))), [(1, IncidentFault::NotCanonical)]);
    assert_eq!(with(file(text.replace("\"schema\": 1", "\"schema\": 2"))), [(1, IncidentFault::Schema(2))]);
    let more = text.replace("\"tool\"", "\"more\": 1, \"tool\"");
    assert!(matches!(with(file(more))[..], [(1, IncidentFault::Unreadable(_))]));
    assert_eq!(with(file(" ".repeat(LARGEST_ENTRY + 1))), [(1, IncidentFault::Large)]);
}

#[test]
fn an_entry_of_the_future_or_of_a_time_before_the_last_is_named() {
    let mut entries = honest();
    let last = entries.pop().unwrap();
    let at = |time: &str| {
        let mut all = entries.clone();
        all.push(rewritten(&last, |entry| entry.time = moment(time)));
        faults(&all)
    };
    assert_eq!(at("2026-03-02T13:29:59Z"), [(5, IncidentFault::Time)]);
    assert_eq!(at("2026-03-02T13:30:00.5Z"), [(5, IncidentFault::Time)]);
    assert_eq!(at("2027-01-01T01:00:01Z"), [(5, IncidentFault::Future)]);
    assert_eq!(at("2027-01-01T01:00:00Z"), []);
}

#[test]
fn awareness_cannot_begin_after_the_entry_that_says_so() {
    let mut late = opened();
    late.aware_at = moment("2026-03-05T10:00:00Z");
    late.id = identify_incident(&late, "2026-03-02").unwrap();
    let event = IncidentEvent::Opened(Box::new(late));
    let refused = prepare_incident(event.clone(), "robin", moment("2026-03-02T10:30:00Z"), None);
    assert_eq!(refused, Err(IncidentFault::AwareAfter));
    let entries = register(vec![opening()]);
    assert_eq!(
        faults(&[rewritten(&entries[0], |entry| entry.event = event)]),
        [(1, IncidentFault::AwareAfter)]
    );
}

#[test]
fn an_identifier_follows_from_what_is_said_and_is_given_once() {
    let entries = register(vec![opening()]);
    let other = rewritten(&entries[0], |entry| {
        if let IncidentEvent::Opened(opened) = &mut entry.event {
            opened.classes.clear();
        }
    });
    assert_eq!(faults(&[other]), [(1, IncidentFault::Id)]);
    let register = verify(&entries);
    let again = prepare_incident(opening(), "robin", moment("2026-03-02T12:30:00Z"), Some(&register));
    assert_eq!(again, Err(IncidentFault::OpenedAgain(opened().id)));
}

#[test]
fn nothing_is_said_of_an_incident_that_no_one_opened_and_none_is_closed_twice() {
    let now = moment("2026-03-02T12:30:00Z");
    for event in [note("x"), told(), closing()] {
        let refused = prepare_incident(event, "robin", now, None);
        assert_eq!(refused, Err(IncidentFault::NoSuchIncident(opened().id)));
    }
    let register = verify(&register(vec![opening(), closing()]));
    let again = prepare_incident(closing(), "robin", now, Some(&register));
    assert_eq!(again, Err(IncidentFault::ClosedAgain(opened().id)));
    // What is learnt afterwards can still be written down.
    assert!(prepare_incident(note("later"), "robin", now, Some(&register)).is_ok());
    assert_eq!(
        prepare_incident(IncidentEvent::Begun, "robin", now, Some(&register)),
        Err(IncidentFault::BegunAgain)
    );
}

#[test]
fn a_clock_that_is_a_little_behind_the_last_entry_loses_nothing() {
    let entries = register(vec![opening()]);
    let register = verify(&entries);
    let behind =
        prepare_incident(note("x"), "robin", moment("2026-03-02T10:29:00Z"), Some(&register)).unwrap();
    assert_eq!(behind.entry.time, moment("2026-03-02T10:30:00Z"));
    assert_eq!(verify(&[entries[0].clone(), store(&behind, 2)]).problems, []);
    let far = prepare_incident(note("x"), "robin", moment("2026-03-02T09:29:59Z"), Some(&register));
    assert_eq!(far, Err(IncidentFault::Time));
}

#[test]
fn a_signature_is_a_file_beside_the_entry() {
    let register = register(vec![opening()]);
    let pending =
        prepare_incident(note("x"), "robin", moment("2026-03-02T12:00:00Z"), Some(&verify(&register)));
    let signed = pending.unwrap().with_signature(b"{}".to_vec());
    let checked = verify(&[register[0].clone(), store(&signed, 2)]);
    assert_eq!(checked.problems, []);
    assert_eq!(checked.links[1].signature.as_deref(), Some(&b"{}"[..]));
}
