//! Incidents for people. Who shows these texts makes them harmless, as a whole.

use portcullis_incident::IncidentFile;
use portcullis_model::incident::{ClosingOutcome, IncidentEvent, IncidentExposure, NoticeKind, RunReference};
use portcullis_model::plural::plural;
use portcullis_wire::incident::v1::NoticeKindV1;
use portcullis_wire::incident_status::v1::{
    DutyStateV1, IncidentStateV1, IncidentStatusV1, JudgedNoticeV1, NoticeDutyV1,
};

use super::escape;
use super::prose::hang_text;
use super::summary::word_of;

/// Where the values of an incident begin.
const COLUMN: usize = 18;

/// One incident in a line of a list.
pub fn describe_in_line(file: &IncidentFile, width: usize) -> String {
    let history = &file.history;
    let state = match history.closed.as_ref().map(|closed| closed.outcome) {
        None if file.opened.draft => "open (draft)",
        None => "open",
        Some(ClosingOutcome::Resolved) => "resolved",
        Some(ClosingOutcome::NoIncident) => "no incident",
    };
    let notices = plural(history.notices.len() as u64, "notice");
    let dataset = escape::line(&history.dataset);
    let words = format!("{state}: {dataset}, known since {}; {notices}", history.aware_at);
    hang_text(&format!("  {}  ", history.id), 4, &words, width)
}

/// Everything about one incident.
pub fn describe_whole(file: &IncidentFile, width: usize) -> String {
    let (history, opened) = (&file.history, &file.opened);
    let mut text = describe_in_line(file, width).trim_start().to_string();
    let mut row = |name: &str, value: &str| {
        text += &hang_text(&format!("  {name:<16}"), COLUMN, &escape::line(value), width);
    };
    row("recorded:", &history.recorded_at.to_string());
    row("detected by:", &describe_run(opened.detected_by.as_ref(), "a person"));
    row("first bad load:", &describe_run(opened.first_bad.as_ref(), "not known"));
    row("last good run:", &describe_run(opened.last_good.as_ref(), "not known"));
    let classes: Vec<String> =
        opened.classes.iter().map(|(class, count)| format!("{class} {count}")).collect();
    row("records:", if classes.is_empty() { "not counted".to_string() } else { classes.join(", ") }.as_str());
    match &opened.exposure {
        None => row("deployments:", "not known"),
        Some(exposure) => exposure_rows(exposure, &mut row),
    }
    file.contradictions().iter().for_each(|fault| row("contradiction:", &fault.to_string()));
    opened.known.iter().for_each(|known| row("known:", known));
    opened.unknown.iter().for_each(|unknown| row("not known:", unknown));
    for link in &file.entries {
        let entry = &link.entry;
        let what = describe_event(&entry.event);
        row(&format!("entry {}:", entry.number), &format!("{}, by {}: {what}", entry.time, entry.recorder));
    }
    text
}

fn describe_run(run: Option<&RunReference>, none: &str) -> String {
    run.map_or_else(|| none.to_string(), |run| format!("{}, {}", run.run, run.time))
}

fn exposure_rows(exposure: &IncidentExposure, row: &mut dyn FnMut(&str, &str)) {
    if exposure.between.is_empty() {
        row("deployments:", "none between the last good run and the first bad load");
    }
    for (name, all) in [("before:", &exposure.before), ("in between:", &exposure.between)] {
        for one in all {
            let text =
                format!("{} to {}, {}, {}", one.number, one.environment, one.candidate.short(), one.time);
            row(name, &text);
        }
    }
}

fn describe_event(event: &IncidentEvent) -> String {
    match event {
        IncidentEvent::Begun => "the register begins".to_string(),
        IncidentEvent::Opened(_) => "opened".to_string(),
        IncidentEvent::Noted(note) => match note.aware_at {
            Some(aware) => format!("known since {aware}: {}", note.text),
            None => note.text.clone(),
        },
        IncidentEvent::Notified(notice) => format!(
            "{} to {}, sent {} by {} to {}: {} ({} bytes, {}){}",
            notice.kind.words(),
            notice.party,
            notice.sent_at,
            notice.sender,
            notice.recipient,
            notice.file,
            notice.size,
            notice.digest,
            notice.reference.as_ref().map(|reference| format!(", {reference}")).unwrap_or_default()
        ),
        IncidentEvent::Closed(closing) => match closing.outcome {
            ClosingOutcome::Resolved => format!("closed as resolved: {}", closing.reason),
            ClosingOutcome::NoIncident => format!("closed as no incident: {}", closing.reason),
        },
    }
}

/// The clocks of all incidents, in lines of this width.
pub fn describe_status(status: &IncidentStatusV1, width: usize) -> String {
    let overdue = match status.overdue {
        0 => "nothing is overdue".to_string(),
        count => format!("{} overdue", plural(count, "notice")),
    };
    let unseen = match status.unseen {
        0 => String::new(),
        count => format!(", {} could not be seen", plural(count, "term")),
    };
    let head = format!("{} at {}: {overdue}{unseen}", escape::line(&status.project), word_of(&status.at));
    let mut text = hang_text("", 2, &head, width);
    if status.incidents.is_empty() {
        text.push_str("  no incident in the register\n");
    }
    status.incidents.iter().for_each(|incident| text += &describe_clocks(incident, width));
    let register = format!("register: {} so far, newest {}", count_entries(status.entries), status.newest);
    text + &hang_text("", 2, &register, width)
}

/// `1 entry`, `2 entries`.
pub fn count_entries(count: u64) -> String {
    if count == 1 { "1 entry".to_string() } else { format!("{count} entries") }
}

fn describe_clocks(incident: &IncidentStateV1, width: usize) -> String {
    let draft = if incident.draft { ", opened by a run" } else { "" };
    let closed = match (&incident.closed_at, &incident.outcome) {
        (Some(time), Some(outcome)) => format!("; closed {} as {}", word_of(time), word_of(outcome)),
        _ => String::new(),
    };
    let (dataset, aware) = (escape::line(&incident.dataset), word_of(&incident.aware_at));
    let item = |lead: &str, hang: usize, words: &str| hang_text(lead, hang, words, width);
    let head = format!("{dataset}, known since {aware}{draft}{closed}");
    let mut text = item(&format!("  {}: ", incident.id.as_str()), 4, &head);
    let order = |duty: &&NoticeDutyV1| match duty.state {
        DutyStateV1::Overdue => 0,
        DutyStateV1::Unseen => 1,
        DutyStateV1::Waiting => 2,
        DutyStateV1::Late | DutyStateV1::Missed => 3,
        DutyStateV1::Met | DutyStateV1::Ended => 4,
    };
    let mut duties: Vec<&NoticeDutyV1> = incident.duties.iter().collect();
    duties.sort_by_key(order);
    for duty in duties {
        let lead = format!("    {:<8}  ", word_of(&duty.state).to_uppercase());
        text += &item(&lead, lead.len(), &describe_duty(duty));
    }
    for notice in incident.notices.iter().filter(|notice| notice.fault.is_some()) {
        text += &item("    ", 6, &describe_fault(notice));
    }
    for contradiction in &incident.contradictions {
        text += &item("    ", 6, &format!("contradiction: {}", escape::line(contradiction)));
    }
    text
}

fn describe_fault(notice: &JudgedNoticeV1) -> String {
    format!(
        "the notice of entry {} to {}, sent {}, recorded {}, stops no clock: {}",
        notice.entry,
        escape::line(&notice.party),
        word_of(&notice.sent_at),
        word_of(&notice.recorded_at),
        notice.fault.as_deref().unwrap_or_default()
    )
}

fn describe_duty(duty: &NoticeDutyV1) -> String {
    let turn = if duty.turn > 1 { format!(" {}", duty.turn) } else { String::new() };
    let due = match (&duty.due, &duty.why) {
        (Some(due), _) => format!("due {}", word_of(due)),
        (None, why) => escape::line(why.as_deref().unwrap_or_default()),
    };
    let entry = duty.entry.map(|entry| format!(", sent (entry {entry})")).unwrap_or_default();
    let kind = match duty.kind {
        NoticeKindV1::EarlyWarning => NoticeKind::EarlyWarning,
        NoticeKindV1::Phased => NoticeKind::Phased,
        NoticeKindV1::Final => NoticeKind::Final,
    };
    format!("{}{turn} to {}: {due}{entry}", kind.words(), escape::line(&duty.party))
}
