//! The incidents of the period, with the notices that are and were owed.

use super::super::links::{Links, incident_anchor};
use super::super::parts::{Table, cell, nothing};
use super::super::text::{Outside, count, grouped, moment, moment_or, short_hash};
use super::super::words::{Tone, badge};
use super::words;
use maud::{Markup, html};
use portcullis_wire::audit::v1::{AuditedIncidentV1, AuditedNoticeV1, AuditedRegisterV1};
use portcullis_wire::incident::v1::ClosingOutcomeV1;
use portcullis_wire::incident_status::v1::DutyStateV1;

/// The part of the section.
pub(super) fn part(register: Option<&AuditedRegisterV1>, links: &Links) -> Markup {
    let Some(register) = register else {
        return nothing(
            "The policy names no one who has to be told of incidents, and this repository holds no register.",
        );
    };
    if let Some((tone, word, why)) = unreadable(register) {
        return html! { div.note { p { (badge(tone, word)) " " (Outside(&why)) } } };
    }
    html! {
        @if register.incidents.is_empty() { (nothing("The register holds no incident of the period.")) }
        @for incident in &register.incidents { (incident_part(incident, links)) }
    }
}

/// Why nothing is known of incidents: never the same as that there were none.
fn unreadable(register: &AuditedRegisterV1) -> Option<(Tone, &'static str, String)> {
    if let Some(first) = register.problems.first() {
        return Some((Tone::Broken, "does not verify", format!("No entry is believed: {first}.")));
    }
    if let Some(why) = &register.unseen {
        return Some((Tone::Unproven, "not seen", why.clone()));
    }
    let absent = "The register of incidents is not in the repository that was audited, and a clone does not bring it by itself. That says nothing of incidents.";
    register.chain.is_none().then(|| (Tone::Unproven, "not seen", absent.to_string()))
}

fn incident_part(incident: &AuditedIncidentV1, links: &Links) -> Markup {
    let id = incident.id.as_str();
    html! {
        h4 id=(incident_anchor(id)) { "Incident " code { (id) } ", dataset " code { (Outside(&incident.dataset)) } " " (end_badge(incident)) }
        dl.facts {
            dt { "Known from" } dd { (moment(&incident.aware_at)) @if let Some(run) = &incident.detected_by { ", found by run " (Outside(run)) } }
            dt { "First bad load" } dd { (or_unknown(incident.first_bad.as_deref())) ", after the last good run " (or_unknown(incident.last_good.as_deref())) }
            dt { "Records" } dd { (classes(incident)) }
            dt { "Deployed before it" } dd { (words::exposure(incident.exposure.as_ref(), incident.last_good.is_some(), links)) }
            dt { "Register" } dd { (count(incident.entries.len() as u64, "entry", "entries")) @if let (Some(first), Some(last)) = (incident.entries.first(), incident.entries.last()) { ", numbers " (first) " to " (last) } }
        }
        (notices(incident))
        @for one in &incident.set_aside {
            p { (badge(Tone::Unproven, "stops no clock")) " Entry " (one.entry) ", " (one.kind.words()) " to " (Outside(&one.party)) ": " (Outside(&one.why)) "." }
        }
    }
}

fn end_badge(incident: &AuditedIncidentV1) -> Markup {
    match &incident.outcome {
        None => badge(Tone::Broken, "open"),
        Some(ClosingOutcomeV1::Resolved) => badge(Tone::Met, "resolved"),
        Some(ClosingOutcomeV1::NoIncident) => badge(Tone::Met, "was no incident"),
    }
}

fn or_unknown(text: Option<&str>) -> Markup {
    html! { @match text { Some(text) => { (Outside(text)) }, None => { span.quiet { "not known" } } } }
}

fn classes(incident: &AuditedIncidentV1) -> Markup {
    html! {
        @if incident.classes.is_empty() { span.quiet { "not counted" } }
        @for (at, one) in incident.classes.iter().enumerate() { @if at > 0 { ", " } (one.class) " " (grouped(one.count)) }
    }
}

fn notices(incident: &AuditedIncidentV1) -> Markup {
    let Some(notices) = &incident.notices else {
        return nothing(
            "The policy of today names no one who has to be told, so it is not known what was owed.",
        );
    };
    Table {
        filter: None,
        compact: false,
        caption: format!("Notices of incident {}", incident.id),
        columns: &["To", "Notice", "Due by", "Sent", "How it is", "What was sent"],
        rows: html! { @for notice in notices { (notice_row(notice)) } },
    }
    .write()
}

fn notice_row(notice: &AuditedNoticeV1) -> Markup {
    let (tone, word) = state(notice.state);
    html! {
        tr {
            th scope="row" { (Outside(&notice.title)) }
            (cell("Notice", &html! { (notice.kind.words()) @if notice.turn > 1 { " " (notice.turn) } }))
            (cell("Due by", &html! {
                (moment_or(notice.due.as_deref(), "not seen")) @if let Some(why) = &notice.why { " " (Outside(why)) }
            }))
            (cell("Sent", &html! {
                (moment_or(notice.sent_at.as_deref(), "not sent"))
                @if let (Some(at), Some(entry)) = (&notice.recorded_at, notice.entry) { br; span.quiet { "entry " (entry) " of " (moment(at)) } }
            }))
            (cell("How it is", &badge(tone, word)))
            (cell("What was sent", &html! { @if let Some(digest) = &notice.digest { (short_hash(digest.as_str())) } }))
        }
    }
}

fn state(of: DutyStateV1) -> (Tone, &'static str) {
    match of {
        DutyStateV1::Overdue => (Tone::Broken, "overdue"),
        DutyStateV1::Unseen => (Tone::Unproven, "time not seen"),
        DutyStateV1::Waiting => (Tone::Unproven, "not due yet"),
        DutyStateV1::Late => (Tone::Broken, "sent late"),
        DutyStateV1::Missed => (Tone::Broken, "never sent"),
        DutyStateV1::Met => (Tone::Met, "sent in time"),
        DutyStateV1::Ended => (Tone::Met, "not needed any more"),
    }
}
