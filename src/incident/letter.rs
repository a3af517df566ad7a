//! The draft of a notice: what happened, since when, which records are unreliable, and what the
//! reader should do. It decides nothing legal, and it leaves gaps for people to fill.

use crate::calendar::{end_of_term, write_local};
use crate::casefile::IncidentFile;
use crate::clock::{DutyAnswer, DutyState, NoticeDuty, find_duties, find_told};
use crate::exposure::describe_exposure;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use portcullis_model::incident::{IncidentEvent, NoticeKind, RunReference};
use portcullis_model::notification::{NotificationRules, NotifiedParty, PartyRole};
use portcullis_model::plural::plural;
use std::fmt::Write as _;

/// How each gap begins that a person has to fill. A file that still holds one is no notice.
pub const TO_COMPLETE: &str = "[TO COMPLETE:";

/// How long the lines of a letter are, in characters.
const LINE: usize = 76;

/// What each class of difference means to someone who uses the records: what is so, and what to do.
const MEANINGS: &[(&str, &str, &str)] = &[
    ("missing", "sent, and not there", "Do not take the absence of a record as a sign that there is none."),
    (
        "acknowledged-absent",
        "reported as loaded, and not there",
        "Do not take the absence of a record as a sign that there is none.",
    ),
    (
        "rejected",
        "refused by the receiving system",
        "Do not take the absence of a record as a sign that there is none.",
    ),
    (
        "rejected-unlogged",
        "refused by the receiving system without a trace",
        "Do not take the absence of a record as a sign that there is none.",
    ),
    ("unacknowledged", "without a receipt", "Ask us before you rely on one of these records alone."),
    (
        "stale",
        "there in an older version than the one that was sent",
        "Ask us for the present version before you act on one of these records.",
    ),
    ("late", "arrived late", "What you looked up before they arrived may have been incomplete."),
    ("undeleted", "to be deleted, and still there", "Do not act on these records, and do not pass them on."),
    ("resurrected", "deleted, and there again", "Do not act on these records, and do not pass them on."),
    ("extra", "there, and never sent", "Do not act on a record that we cannot confirm to you."),
    (
        "test-data",
        "test data, which describes no real person or event",
        "Do not act on these records, and do not pass them on.",
    ),
    (
        "duplicate",
        "there more than once",
        "Do not count these records, and ask us which one is right before you act on it.",
    ),
    (
        "source-duplicate",
        "sent in versions that contradict each other",
        "Ask us which version is right before you act on one of these records.",
    ),
    ("unkeyed", "not comparable with what was sent", "Ask us before you rely on one of these records alone."),
    (
        "incomparable",
        "not comparable with what was sent",
        "Ask us before you rely on one of these records alone.",
    ),
];

/// Writes the draft of a notice to a party, as it would be sent at this moment.
pub fn draft_letter(
    file: &IncidentFile,
    party: &NotifiedParty,
    kind: NoticeKind,
    rules: &NotificationRules,
    now: Timestamp,
) -> String {
    let mut letter = String::new();
    write_head(&mut letter, file, party, kind);
    write_beginning(&mut letter, file, party, kind, rules);
    write_delay(&mut letter, file, (party, kind), rules, now);
    write_facts(&mut letter, file, &rules.calendar.zone);
    write_advice(&mut letter, file, party);
    write_outlook(&mut letter, file, party, kind, rules, now);
    letter.push_str(
        "\nThis letter says what is known of the records. It does not say whether the matter is a personal data breach, or \
         what any law requires of you or of us.\n",
    );
    wrap_letter(&letter)
}

/// The letter in lines that fit an e-mail. The words that mark a gap stay together, so that a gap
/// is found again.
fn wrap_letter(letter: &str) -> String {
    let marked = TO_COMPLETE.replace(' ', "\u{a0}");
    let mut wrapped = String::new();
    for line in letter.replace(TO_COMPLETE, &marked).lines() {
        let hang = if line.starts_with("- ") { "  " } else { "" };
        let mut width = 0;
        for word in line.split(' ') {
            let length = word.chars().count();
            if width > 0 && width + 1 + length > LINE {
                wrapped.push('\n');
                wrapped.push_str(hang);
                width = hang.len();
            } else if width > 0 || word.is_empty() {
                wrapped.push(' ');
                width += 1;
            }
            wrapped.push_str(word);
            width += length;
        }
        wrapped.push('\n');
    }
    wrapped.replace(&marked, TO_COMPLETE).lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn write_head(letter: &mut String, file: &IncidentFile, party: &NotifiedParty, kind: NoticeKind) {
    let subject = match kind {
        NoticeKind::EarlyWarning => "Early warning",
        NoticeKind::Phased => "Further information",
        NoticeKind::Final => "Final information",
    };
    let title = one_line(&party.title);
    let _ = write!(
        letter,
        "To:        {title} {TO_COMPLETE} name and address]\n\
         From:      {TO_COMPLETE} name, office, telephone, e-mail]\n\
         Date:      {TO_COMPLETE} when it is sent]\n\
         Reference: incident {id}\n\
         Subject:   {subject}: records of `{dataset}` may be unreliable\n\n",
        id = file.history.id,
        dataset = one_line(&file.history.dataset),
    );
}

/// The first sentences. They claim no earlier letter that the register does not hold.
fn write_beginning(
    letter: &mut String,
    file: &IncidentFile,
    party: &NotifiedParty,
    kind: NoticeKind,
    rules: &NotificationRules,
) {
    let before = match find_told(&file.history, party, rules).is_empty() {
        true => "It is our first letter about it.",
        false => "What is said here replaces what we said before.",
    };
    let begin = match kind {
        NoticeKind::EarlyWarning => {
            "We write early, before we know everything. We found that records which we send are not as they should be."
                .to_string()
        }
        NoticeKind::Phased => format!("We write to say what we know by now. {before}"),
        NoticeKind::Final => format!("This letter closes the matter from our side. {before}"),
    };
    let _ = writeln!(letter, "{begin}");
}

/// A letter that comes late says so, and leaves the reason to a person. A later kind of notice also
/// answers what was owed of the earlier kinds.
fn write_delay(
    letter: &mut String,
    file: &IncidentFile,
    (party, kind): (&NotifiedParty, NoticeKind),
    rules: &NotificationRules,
    now: Timestamp,
) {
    let is_late = |duty: &&NoticeDuty| duty.party == party.name && duty.state(now) == DutyState::Overdue;
    for duty in find_duties(&file.history, rules).iter().filter(is_late) {
        let Some(due) = duty.until().map(|due| write_local(due, &rules.calendar.zone)) else { continue };
        let words = match duty.kind {
            same if same == kind => format!("It was due by {due}, and comes later."),
            earlier if earlier < kind => {
                format!("Our {} was due by {due}, and did not come.", earlier.words())
            }
            _ => continue,
        };
        let _ = writeln!(letter, "\n{words} {TO_COMPLETE} why]");
    }
}

fn write_facts(letter: &mut String, file: &IncidentFile, zone: &TimeZone) {
    letter.push_str("\nWhat we know\n");
    let opened = &file.opened;
    item(letter, &format!("We have known of it since {}.", write_local(file.history.aware_at, zone)));
    item(letter, &describe_since(opened.first_bad.as_ref(), opened.last_good.as_ref(), zone));
    for (class, count) in opened.classes.iter().filter(|(_, count)| **count > 0) {
        let records = plural(*count, "record");
        match MEANINGS.iter().find(|(name, ..)| name == class) {
            Some((_, meaning, _)) => item(letter, &format!("{class}, {records}: {meaning}.")),
            None => item(letter, &format!("{class}, {records}.")),
        }
    }
    if let Some(exposure) = &opened.exposure {
        item(letter, &format!("On our side, {}.", describe_exposure(exposure, zone)));
    }
    opened.known.iter().for_each(|known| item(letter, known));
    for link in &file.entries {
        if let IncidentEvent::Noted(note) = &link.entry.event {
            item(letter, &format!("{}: {}", write_local(link.entry.time, zone), note.text));
        }
    }
    letter.push_str("\nWhat we do not know yet\n");
    opened.unknown.iter().for_each(|unknown| item(letter, unknown));
    if opened.first_bad.is_none() {
        item(letter, "Since when records are wrong.");
    }
    if opened.exposure.is_none() {
        item(letter, "What caused it.");
    }
    item(letter, &format!("{TO_COMPLETE} what else is not known, or remove this line]"));
}

fn describe_since(
    first_bad: Option<&RunReference>,
    last_good: Option<&RunReference>,
    zone: &TimeZone,
) -> String {
    let local = |run: &RunReference| write_local(run.time, zone);
    match (first_bad, last_good) {
        (Some(bad), Some(good)) => format!(
            "A check at {} found no more wrong records than we allow, and a check at {} found more. Records became \
             wrong in between; some may have been wrong before.",
            local(good),
            local(bad)
        ),
        (Some(bad), None) => {
            format!(
                "Records have been wrong since {} at the latest. They may have been wrong before.",
                local(bad)
            )
        }
        (None, Some(good)) => {
            format!("A check at {} found no more wrong records than we allow.", local(good))
        }
        (None, None) => "Since when is not known.".to_string(),
    }
}

fn write_advice(letter: &mut String, file: &IncidentFile, party: &NotifiedParty) {
    if party.role == PartyRole::Commissioner {
        write_details(letter);
        return;
    }
    letter.push_str("\nWhat we ask you to do\n");
    let mut advice: Vec<&str> = Vec::new();
    for (class, _) in file.opened.classes.iter().filter(|(_, count)| **count > 0) {
        let known = MEANINGS.iter().find(|(name, ..)| name == class).map(|(_, _, advice)| *advice);
        advice.extend(known.filter(|known| !advice.contains(known)));
    }
    if advice.is_empty() {
        advice.push("Do not act on a record of this dataset alone; ask us first.");
    }
    advice.iter().for_each(|advice| item(letter, advice));
    item(
        letter,
        "Look at what you decided on these records since the time above, and tell us where it mattered.",
    );
    item(letter, "Tell those to whom you passed these records on.");
    item(letter, &format!("{TO_COMPLETE} whom to ask, by telephone and e-mail]"));
}

/// What a supervisory authority asks for, as far as it is known.
fn write_details(letter: &mut String) {
    letter.push_str("\nDetails\n");
    for gap in [
        "what kinds of people are concerned, and about how many",
        "what kinds of records are concerned, and about how many",
        "name and contact of the data protection officer or another contact",
        "likely consequences",
        "what was done or is proposed, also against the consequences",
    ] {
        item(letter, &format!("{TO_COMPLETE} {gap}, or that it is not known yet]"));
    }
}

fn write_outlook(
    letter: &mut String,
    file: &IncidentFile,
    party: &NotifiedParty,
    kind: NoticeKind,
    rules: &NotificationRules,
    now: Timestamp,
) {
    if kind == NoticeKind::Final {
        return;
    }
    let zone = &rules.calendar.zone;
    letter.push_str("\nWhat comes next\n");
    let next = party.phased.and_then(|every| end_of_term(&rules.calendar, now, every));
    if let Some(next) = next {
        item(
            letter,
            &format!(
                "You will hear from us again by {}, also if there is nothing new.",
                write_local(next, zone)
            ),
        );
    }
    let last = find_duties(&file.history, rules)
        .into_iter()
        .find(|duty| duty.party == party.name && duty.kind == NoticeKind::Final);
    if let Some(last) = last {
        plan_last(letter, &last, zone, now);
    }
    item(letter, &format!("{TO_COMPLETE} what is being done, and by when]"));
}

/// When the final letter comes, if there is still one to come. One whose time is over is not
/// announced for that time.
fn plan_last(letter: &mut String, last: &NoticeDuty, zone: &TimeZone, now: Timestamp) {
    let Some(due) = last.until().filter(|_| last.answer == DutyAnswer::Awaited) else { return };
    let due = write_local(due, zone);
    match last.state(now) {
        DutyState::Overdue => item(
            letter,
            &format!("Our final letter was due by {due}, and is late. {TO_COMPLETE} why, and when it comes]"),
        ),
        _ => item(letter, &format!("Our final letter is planned for {due} at the latest.")),
    }
}

fn item(letter: &mut String, text: &str) {
    let _ = writeln!(letter, "- {}", one_line(text));
}

/// Text from outside stays in its line, steers no terminal and turns no other text around.
fn one_line(text: &str) -> String {
    let is_steering = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().map(|c| if is_steering(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests;
