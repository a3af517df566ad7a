//! What a letter says, and what it never says.

use super::*;
use crate::casefile::read_casefiles;
use crate::tests::{moment, opened, register, rules, verify};
use portcullis_model::incident::IncidentNote;

fn file(edit: impl FnOnce(&mut portcullis_model::incident::OpenedIncident)) -> IncidentFile {
    let mut opened = opened();
    edit(&mut opened);
    opened.id = crate::register::identify_incident(&opened, "2026-03-02").unwrap();
    let note =
        IncidentNote { incident: opened.id.clone(), text: "The queue\nis repaired.".into(), aware_at: None };
    let events = vec![IncidentEvent::Opened(Box::new(opened)), IncidentEvent::Noted(Box::new(note))];
    read_casefiles(&verify(&register(events)).links).remove(0)
}

fn letter(file: &IncidentFile, party: &str, kind: NoticeKind) -> String {
    let rules = rules();
    unwrapped(&draft_letter(file, rules.party(party).unwrap(), kind, &rules, moment("2026-03-02T12:00:00Z")))
}

/// The letter with each item in one line again.
fn unwrapped(letter: &str) -> String {
    let mut text = String::new();
    for line in letter.lines() {
        if line.starts_with("  ") {
            text.truncate(text.trim_end().len());
            text.push(' ');
        }
        text.push_str(line.trim_start());
        text.push('\n');
    }
    text
}

#[test]
fn a_letter_fits_an_email_and_no_gap_is_broken() {
    let rules = rules();
    let long = "word ".repeat(60);
    for kind in NoticeKind::ALL {
        for party in &rules.parties {
            let file = file(|opened| opened.known = vec![long.clone(), "x".repeat(200)]);
            let text = draft_letter(&file, party, kind, &rules, moment("2026-03-09T12:00:00Z"));
            let long_lines = text.lines().filter(|line| line.chars().count() > LINE).count();
            assert_eq!(long_lines, 1, "{text}");
            assert_eq!(text.matches("[TO").count(), text.matches(TO_COMPLETE).count(), "{text}");
            assert!(!text.contains('\u{a0}') && !text.lines().any(|line| line.ends_with(' ')), "{text}");
        }
    }
}

#[test]
fn an_early_warning_says_what_since_when_which_records_and_what_to_do() {
    let text = letter(&file(|_| {}), "forces", NoticeKind::EarlyWarning);
    for says in [
        "To:        The forces",
        "Early warning: records of `nominals` may be unreliable",
        "A check at 27 February 2026, 09:30 GMT found no more wrong records than we allow, and a check at 28 February 2026, 03:00 GMT",
        "missing, 12 records: sent, and not there.",
        "undeleted, 1 record: to be deleted, and still there.",
        "Do not take the absence of a record as a sign that there is none.",
        "Do not act on these records, and do not pass them on.",
        "- Files of the night are refused.",
        "- Whether earlier files are concerned.",
        "2 March 2026, 11:30 GMT: The queue is repaired.",
        "You will hear from us again by 9 March 2026, 12:00 GMT",
        "What caused it.",
        TO_COMPLETE,
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
}

#[test]
fn no_letter_decides_anything_legal() {
    for kind in NoticeKind::ALL {
        for party in ["forces", "commissioner"] {
            let text = letter(&file(|_| {}), party, kind).to_lowercase();
            for word in [
                "unlawful",
                "illegal",
                " liable",
                "notifiable",
                "article",
                "section ",
                "dpa",
                "gdpr",
                "apolog",
                "fault",
                "negligen",
            ] {
                assert!(!text.contains(word), "{word}: {text}");
            }
            assert!(text.replace('\n', " ").contains("does not say whether the matter"), "{text}");
        }
    }
}

#[test]
fn every_class_of_difference_has_its_words() {
    use portcullis_model::reconciliation::RecordClass;
    for class in RecordClass::ALL.into_iter().filter(|class| class.needs_budget()) {
        assert!(MEANINGS.iter().any(|(name, ..)| *name == class.as_str()), "{}", class.as_str());
    }
}

#[test]
fn a_text_from_outside_cannot_add_a_line_to_a_letter() {
    let text = letter(
        &file(|opened| opened.known = vec!["x\n\nTo: someone else".to_string()]),
        "forces",
        NoticeKind::Phased,
    );
    assert!(text.contains("- x To: someone else\n"), "{text}");
    let steering = "\u{1b}[2J\u{202e}gnp\u{7}";
    let text =
        letter(&file(|opened| opened.known = vec![steering.to_string()]), "forces", NoticeKind::Phased);
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text}");
}

#[test]
fn a_letter_that_comes_late_says_so_and_leaves_the_reason_to_a_person() {
    let rules = rules();
    let at = |now: &str| {
        let file = file(|_| {});
        let party = rules.party("forces").unwrap();
        unwrapped(&draft_letter(&file, party, NoticeKind::EarlyWarning, &rules, moment(now)))
    };
    assert!(!at("2026-03-03T10:00:00Z").contains("comes later"));
    let late = at("2026-03-03T10:00:01Z");
    assert!(
        late.contains("It was due by 3 March 2026, 10:00 GMT, and comes later. [TO COMPLETE: why]"),
        "{late}"
    );
}

#[test]
fn an_authority_is_told_in_which_details_something_is_missing() {
    let text = letter(&file(|_| {}), "commissioner", NoticeKind::EarlyWarning);
    for asks in ["about how many", "data protection officer", "likely consequences", "what was done"] {
        assert!(text.contains(&format!("{TO_COMPLETE} ")) && text.contains(asks), "{asks}: {text}");
    }
}

#[test]
fn what_is_not_known_is_not_claimed() {
    let unknown = file(|opened| {
        opened.first_bad = None;
        opened.last_good = None;
        opened.classes.clear();
    });
    let text = letter(&unknown, "forces", NoticeKind::EarlyWarning);
    assert!(text.contains("Since when is not known.") && text.contains("ask us first"), "{text}");
    assert!(!letter(&unknown, "commissioner", NoticeKind::EarlyWarning).contains("What we ask you to do"));
    assert!(!letter(&unknown, "forces", NoticeKind::Final).contains("What comes next"));
}

/// The letter to the forces at a moment, in one line, after the notices that were sent until then.
fn letter_at(kind: NoticeKind, now: &str, notices: Vec<portcullis_model::incident::NoticeMark>) -> String {
    let (rules, mut file) = (rules(), file(|_| {}));
    file.history.notices = notices;
    let text = draft_letter(&file, rules.party("forces").unwrap(), kind, &rules, moment(now));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// In the scene the final letter is due on 1 May, 10:00 in UTC, which is 11:00 in London.
#[test]
fn attack_a_date_that_has_passed_is_announced_as_one_to_come() {
    let planned = "Our final letter is planned for 1 May 2026, 11:00 BST at the latest.";
    let late = "Our final letter was due by 1 May 2026, 11:00 BST, and is late. [TO COMPLETE: why, and when it comes]";
    for kind in [NoticeKind::EarlyWarning, NoticeKind::Phased] {
        let text = letter_at(kind, "2026-05-01T10:00:00Z", vec![]);
        assert!(text.contains(planned) && !text.contains("is late"), "{text}");
        let text = letter_at(kind, "2026-05-01T10:00:01Z", vec![]);
        assert!(text.contains(late) && !text.contains("planned"), "{text}");
    }
    // When the final letter was sent, none is announced.
    let sent = crate::tests::notice(3, "forces", NoticeKind::Final, "2026-03-04T10:00:00Z");
    let text = letter_at(NoticeKind::Phased, "2026-05-02T10:00:00Z", vec![sent]);
    assert!(!text.contains("final letter"), "{text}");
}

#[test]
fn attack_a_letter_claims_an_earlier_one_that_no_one_sent() {
    let now = "2026-03-04T12:00:00Z";
    let early = crate::tests::notice(3, "forces", NoticeKind::EarlyWarning, "2026-03-02T12:00:00Z");
    let forged = portcullis_model::incident::NoticeMark {
        recorded_at: moment("2026-03-10T12:00:00Z"),
        ..early.clone()
    };
    let other = crate::tests::notice(3, "commissioner", NoticeKind::EarlyWarning, "2026-03-02T12:00:00Z");
    for kind in [NoticeKind::Phased, NoticeKind::Final] {
        for none in [vec![], vec![forged.clone()], vec![other.clone()]] {
            let text = letter_at(kind, now, none);
            assert!(text.contains("our first letter") && !text.contains("what we said before"), "{text}");
            // It also answers the early warning that did not come.
            let missed =
                "Our early warning was due by 3 March 2026, 10:00 GMT, and did not come. [TO COMPLETE: why]";
            assert!(text.contains(missed), "{text}");
        }
        let text = letter_at(kind, now, vec![early.clone()]);
        assert!(text.contains("replaces what we said before") && !text.contains("did not come"), "{text}");
    }
}
