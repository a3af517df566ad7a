//! Dates as iCalendar (RFC 5545).
//!
//! Each date is a VEVENT that begins at its time, in UTC. Its UID follows from what it is about, so
//! that a calendar which reads the file again finds the event that it has, and moves or cancels it.

use jiff::Timestamp;
use jiff::tz::Offset;
use portcullis_model::digest::Digest;

/// The longest line, in octets, without its line break (RFC 5545, 3.1).
const LONGEST_LINE: usize = 75;

/// A calendar has to hold a component (RFC 5545, 3.6): where there is no date, the zone of all.
const ZONE: [&str; 8] = [
    "BEGIN:VTIMEZONE",
    "TZID:Etc/UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
];

/// A date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarEvent {
    /// What it is about: the same text, the same event.
    pub about: String,
    /// One line.
    pub summary: String,
    /// What to do.
    pub description: String,
    /// When.
    pub at: Timestamp,
    /// When this was last changed: the time of the newest thing that it follows from.
    pub changed: Timestamp,
    /// How often it was changed: a higher number replaces a lower one.
    pub sequence: u64,
    /// Is it no longer needed?
    pub cancelled: bool,
}

/// Writes a calendar with these dates.
pub fn write_calendar(name: &str, events: &[CalendarEvent]) -> String {
    let mut lines: Vec<String> = vec![
        "BEGIN:VCALENDAR".to_string(),
        "VERSION:2.0".to_string(),
        "PRODID:-//portcullis//due//EN".to_string(),
        "CALSCALE:GREGORIAN".to_string(),
        format!("X-WR-CALNAME:{}", escape_text(name)),
    ];
    if events.is_empty() {
        lines.extend(ZONE.map(ToString::to_string));
    }
    events.iter().for_each(|event| lines.extend(write_event(event)));
    lines.push("END:VCALENDAR".to_string());
    lines.iter().map(|line| fold_line(line)).collect()
}

fn write_event(event: &CalendarEvent) -> Vec<String> {
    vec![
        "BEGIN:VEVENT".to_string(),
        format!("UID:{}", uid_of(&event.about)),
        format!("DTSTAMP:{}", write_time(event.changed)),
        format!("LAST-MODIFIED:{}", write_time(event.changed)),
        format!("SEQUENCE:{}", event.sequence.min(i32::MAX as u64)),
        format!("DTSTART:{}", write_time(event.at)),
        format!("SUMMARY:{}", escape_text(&event.summary)),
        format!("DESCRIPTION:{}", escape_text(&event.description)),
        format!("STATUS:{}", if event.cancelled { "CANCELLED" } else { "CONFIRMED" }),
        "TRANSP:TRANSPARENT".to_string(),
        "END:VEVENT".to_string(),
    ]
}

/// The identifier of the event about this.
pub fn uid_of(about: &str) -> String {
    let digest = Digest::of(about.as_bytes());
    format!("{}@portcullis", digest.hex().get(..32).unwrap_or_default())
}

fn write_time(moment: Timestamp) -> String {
    let time = Offset::UTC.to_datetime(moment);
    // RFC 5545 has four digits for a year, and no other years.
    let year = time.year().clamp(0, 9999);
    format!(
        "{year:04}{:02}{:02}T{:02}{:02}{:02}Z",
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// A TEXT value (3.3.11): control characters but for line breaks have no place in one.
fn escape_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' if before == Some('\r') => {}
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => escaped.push_str("\\n"),
            '\t' => escaped.push('\t'),
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
        before = Some(character);
    }
    escaped
}

/// A content line, folded: no more than 75 octets each, no character cut in two.
fn fold_line(line: &str) -> String {
    let (mut folded, mut length) = (String::with_capacity(line.len() + 2), 0);
    for character in line.chars() {
        let more = character.len_utf8();
        if length + more > LONGEST_LINE {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(character);
        length += more;
    }
    folded.push_str("\r\n");
    folded
}

#[cfg(test)]
mod tests;
