//! The inventory of data-processing areas with their owners.

use super::ReportInput;
use super::parts::{self, Table, cell, nothing, number};
use super::text::Outside;
use maud::{Markup, html};
use portcullis_wire::audit::v1::AuditedAreaV1;

/// The section.
pub(super) fn section(input: &ReportInput<'_>) -> Markup {
    let areas = &input.audit.areas;
    html! {
        section #areas aria-labelledby="areas-h" {
            h2 #areas-h { "Data-processing areas" }
            @if areas.is_empty() { (nothing("The policies of the period name no data-processing area.")) } @else {
                (Table {
                    filter: Some("areas"),
                    compact: false,
                    caption: "Areas, their owners, and the landings that touched them".to_string(),
                    columns: &["Area", "What its code is for", "Owners", "Rules", "Landings#", "Not met#"],
                    rows: html! { @for area in areas { (row(area)) } },
                }.write())
            }
        }
    }
}

fn row(area: &AuditedAreaV1) -> Markup {
    html! {
        tr id={ "area-" (area.area) } {
            th scope="row" {
                (Outside(&area.area))
                @match area.today { Some(false) => { " " span.quiet { "(no longer in the policy)" } }, Some(true) | None => {} }
            }
            (cell("For", &html! { (Outside(&area.purpose)) }))
            (cell("Owners", &html! { @if area.owners.is_empty() { span.quiet { "none named" } } @else { (parts::names(&area.owners)) } }))
            (cell("Rules", &html! { ul.plain { @for rule in &area.rules { li { code { (Outside(rule)) } } } } }))
            (number("Landings", area.landings)) (number("Not met", area.blocked))
        }
    }
}
