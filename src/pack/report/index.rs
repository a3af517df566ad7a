//! The first page.

use super::links::Links;
use super::shell::Page;
use super::text::{Outside, moment};
use super::{
    ReportInput, areas, arrivals, check_yourself, clauses, decisions, exceptions, people, population,
    protection, summary, waivers,
};
use maud::{Markup, html};

/// Its sections: anchor and title.
const CONTENTS: &[(&str, &str)] = &[
    ("summary", "Summary"),
    ("population", "Population"),
    ("exceptions", "Exceptions"),
    ("duties", "Segregation of duties"),
    ("areas", "Data-processing areas"),
    ("protection", "Protection over time"),
    ("arrivals", "Records that arrived"),
    ("waivers", "Waivers and reviews"),
    ("decisions", "Sealed decisions"),
    ("training", "People and training"),
    ("procedure", "Procedure"),
    ("controls", "Controls and clauses"),
    ("limits", "Scope and limits"),
    ("check", "Check it yourself"),
];

/// The page.
pub(super) fn page(input: &ReportInput<'_>, links: &Links) -> String {
    let title = &input.audit.title;
    let name = title.project.as_deref().or(title.repository.as_deref()).unwrap_or("a repository");
    let body = html! {
        (summary::section(input, links))
        (population::section(input, links))
        (exceptions::section(input, links))
        (people::duties(input, links))
        (areas::section(input))
        (protection::section(input, links))
        (arrivals::section(input, links))
        (waivers::section(input, links))
        (decisions::section(input))
        (people::training(input))
        (check_yourself::procedure(input.procedure))
        (clauses::section(input, links))
        (check_yourself::limits(&input.audit.limits, &title.sources))
        (check_yourself::section())
    };
    Page {
        title: format!("Change audit: {}", super::text::show_hidden(name)),
        eyebrow: html! { "Evidence of protection, review and tests" },
        below: below(input),
        depth: 0,
        contents: CONTENTS,
        body,
    }
    .write(input)
}

fn below(input: &ReportInput<'_>) -> Markup {
    let title = &input.audit.title;
    let environments: Vec<&str> =
        input.audit.environments.iter().map(|environment| environment.environment.as_str()).collect();
    html! {
        dl.facts {
            div { dt { "Period" } dd { (summary::period_words(&title.period)) } }
            div { dt { "Repository" } dd { (Outside(title.repository.as_deref().unwrap_or("not named"))) @if title.host != "none" { " on " (title.host) } } }
            @if let Some(accountable) = &title.accountable { div { dt { "Accountable" } dd { (Outside(accountable)) } } }
            div { dt { "Branches" } dd { @for (at, branch) in input.audit.branches.iter().enumerate() { @if at > 0 { ", " } (Outside(&branch.branch)) } } }
            @if !environments.is_empty() { div { dt { "Environments" } dd { (environments.join(", ")) } } }
            div { dt { "As of" } dd { (moment(&title.as_of)) } }
        }
    }
}
