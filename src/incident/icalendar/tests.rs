//! What is written is iCalendar: lines, folding, escaping, times.

use super::*;
use crate::tests::moment;
use proptest::prelude::*;

fn event(summary: &str) -> CalendarEvent {
    CalendarEvent {
        about: "notice/2026-03-02-1a2b3c/forces/early-warning/1".to_string(),
        summary: summary.to_string(),
        description: "Send it; then record it.\nSee \\docs".to_string(),
        at: moment("2026-03-03T10:00:00Z"),
        changed: moment("2026-03-02T10:30:00Z"),
        sequence: 2,
        cancelled: false,
    }
}

#[test]
fn a_date_is_an_event_in_utc_with_every_line_in_its_form() {
    let text = write_calendar("nominals", &[event("early warning to forces")]);
    let expected = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//portcullis//due//EN\r\nCALSCALE:GREGORIAN\r\n\
        X-WR-CALNAME:nominals\r\nBEGIN:VEVENT\r\nUID:UID@portcullis\r\nDTSTAMP:20260302T103000Z\r\n\
        LAST-MODIFIED:20260302T103000Z\r\nSEQUENCE:2\r\nDTSTART:20260303T100000Z\r\n\
        SUMMARY:early warning to forces\r\nDESCRIPTION:Send it\\; then record it.\\nSee \\\\docs\r\n\
        STATUS:CONFIRMED\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let uid = uid_of(&event("").about);
    assert_eq!(text, expected.replace("UID@portcullis", &uid));
    assert_eq!(uid.len(), "@portcullis".len() + 32);
    let other = CalendarEvent { summary: "another text".to_string(), ..event("") };
    assert_eq!(uid_of(&other.about), uid);
    let cancelled = CalendarEvent { cancelled: true, ..event("x") };
    assert!(write_calendar("x", &[cancelled]).contains("STATUS:CANCELLED"));
}

#[test]
fn a_calendar_without_dates_still_holds_a_component() {
    let text = write_calendar("nominals", &[]);
    assert_eq!(text.matches("BEGIN:VTIMEZONE\r\nTZID:Etc/UTC\r\n").count(), 1, "{text}");
    assert!(!text.contains("VEVENT"));
    assert!(!write_calendar("nominals", &[event("x")]).contains("VTIMEZONE"));
}

/// What a reader makes of it: lines joined again, and a text without its escapes.
fn unfold(text: &str) -> String {
    text.replace("\r\n ", "")
}

fn unescape(text: &str) -> String {
    let (mut plain, mut characters) = (String::new(), text.chars());
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => panic!("half an escape: {text}"),
            },
            ';' | ',' => panic!("not escaped: {text}"),
            other => plain.push(other),
        }
    }
    plain
}

proptest! {
    #[test]
    fn any_text_comes_back_and_no_line_is_longer_than_75_octets(summary in ".{0,300}", other in "[ -~äß€😀\\n\\r;,\\\\]{0,300}") {
        for text in [summary, other] {
            let written = write_calendar("x", &[event(&text)]);
            for line in written.split("\r\n") {
                prop_assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{:?}", line);
            }
            let whole = unfold(&written);
            let line = whole.split("\r\n").find_map(|line| line.strip_prefix("SUMMARY:")).unwrap();
            let normal = text.replace("\r\n", "\n").replace(['\r', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
            let normal: String = normal.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect();
            prop_assert_eq!(unescape(line), normal);
            prop_assert_eq!(whole.matches("BEGIN:").count(), 2);
        }
    }
}
