//! Waivers, rollbacks, and the reviews that emergencies owe.

use super::ReportInput;
use super::links::Links;
use super::parts::{self, Table, cell, nothing};
use super::text::{Outside, day};
use super::words::{self, badge};
use maud::{Markup, html};
use portcullis_wire::audit::v1::{EmergencyV1, UsedWaiverV1, WaiverKindV1};

/// The section.
pub(super) fn section(input: &ReportInput<'_>, links: &Links) -> Markup {
    let waivers = &input.audit.waivers;
    html! {
        section #waivers aria-labelledby="waivers-h" {
            h2 #waivers-h { "Waivers and reviews afterwards" }
            @if waivers.is_empty() { (nothing("No waiver or rollback was granted for the period or used in it.")) } @else {
                (Table {
                    filter: Some("waivers"),
                    compact: false,
                    caption: "Waivers and rollbacks".to_string(),
                    columns: &["Waiver", "What it covers", "Why", "Asked and granted", "In force", "Used by", "Review afterwards"],
                    rows: html! { @for waiver in waivers { (row(waiver, links)) } },
                }.write())
            }
        }
    }
}

fn row(waiver: &UsedWaiverV1, links: &Links) -> Markup {
    html! {
        tr id={ "waiver-" (waiver.id) } {
            th scope="row" { (Outside(&waiver.id)) @if waiver.kind == WaiverKindV1::Rollback { " " span.quiet { "(rollback)" } } }
            (cell("Covers", &html! { (Outside(&waiver.covers)) }))
            (cell("Why", &html! { "“" (Outside(&waiver.reason)) "”" @if !waiver.ticket.is_empty() { br; span.quiet { (Outside(&waiver.ticket)) } } }))
            (cell("People", &html! {
                "asked by " (Outside(&waiver.requester)) ", granted by " strong { (Outside(&waiver.approver)) }
                @if waiver.signed { ", signed" } @else { ", not signed" }
            }))
            (cell("In force", &html! { span title={ (waiver.created) " to " (waiver.expires) } { (day(&waiver.created)) " to " (day(&waiver.expires)) } }))
            (cell("Used by", &html! { @if waiver.used_by.is_empty() { span.quiet { "nothing in the period" } } @else { (parts::items(&waiver.used_by, 5, links, 0)) } }))
            (cell("Review", &html! { @match &waiver.emergency { Some(emergency) => { (review(emergency)) }, None => { span.quiet { "none owed" } } } }))
        }
    }
}

fn review(emergency: &EmergencyV1) -> Markup {
    let (tone, word) = words::emergency(emergency.standing);
    html! {
        (badge(tone, word))
        @if let Some(reviewer) = &emergency.reviewer { " by " (Outside(reviewer)) }
        @if let Some(reviewed) = &emergency.reviewed { " on " (day(reviewed)) }
        ", due " (day(&emergency.due))
    }
}
