//! The page of one landing: the chain from the lines to the approvers, the tests and the
//! deployment.

use super::ReportInput;
use super::links::Links;
use super::parts::{self, Table, cell, nothing};
use super::shell::Page;
use super::text::{Outside, count, short_hash, show_hidden};
use super::words::{self, Tone, badge};
use crate::item_path::ItemPath;
use maud::{Markup, html};
use portcullis_wire::audit::v1::{
    AuditedApprovalV1, AuditedDeploymentV1, AuditedLandingV1, AuditedRequestV1, ResidualPartV1,
};
use portcullis_wire::decision::v1::{FindingV1, VerdictV1};

/// How many files of an area are listed.
const MOST_FILES: usize = 50;

/// The page.
pub(super) fn page(
    input: &ReportInput<'_>,
    links: &Links,
    landing: &AuditedLandingV1,
    path: &ItemPath,
) -> String {
    let (tone, word) = words::landing_tone(landing);
    let up = "../".repeat(path.depth());
    let month = super::links::month_page(super::links::month(landing));
    let body = html! {
        section aria-labelledby="chain-h" {
            p { a href={ (up) (month) "#landing-" (landing.landed) } { "Back to the landings of the month" } " · " a href={ (up) (super::INDEX) } { "The audit" } }
            h2 #chain-h { "From the lines to the deployment" }
            ol.chain {
                (step(1, "lines", "What changed", &lines(landing)))
                (step(2, "request", "Why: the request", &requests(landing)))
                (step(3, "approvals", "Who approved", &approvals(landing)))
                (step(4, "tests", "Checks", &checks(landing)))
                (step(5, "landing", "How it landed", &landed(landing)))
                (step(6, "deployments", "Where it was deployed", &deployments(input, links, landing)))
            }
        }
        section aria-labelledby="then-h" {
            h2 #then-h { "By the policy in force then " (badge(tone, word)) }
            (findings(&landing.then.findings))
        }
        (today(landing))
    };
    let below = html! {
        dl.facts {
            div { dt { "Cite as" } dd { code { (show_hidden(&landing.id)) } } }
            div { dt { "When" } dd { (parts::time(&landing.time)) } }
            div { dt { "Outcome" } dd { (badge(tone, word)) } }
            div { dt { "Source" } dd { (Outside(&landing.source)) } }
        }
    };
    let eyebrow = html! { "Landing " (landing.number) " on " (Outside(&landing.branch)) };
    Page { title: show_hidden(&landing.subject), eyebrow, below, depth: path.depth(), contents: &[], body }
        .write(input)
}

fn step(number: u32, anchor: &str, title: &str, content: &Markup) -> Markup {
    html! { li.step id=(anchor) { span.mark aria-hidden="true" { (number) } h3 { (title) } (content) } }
}

fn lines(landing: &AuditedLandingV1) -> Markup {
    html! {
        p { (count(landing.commits, "commit", "commits")) " by " (parts::names(&landing.authors)) ", from " (short_hash(landing.parent.as_str())) " to " (short_hash(landing.landed.as_str())) "." }
        @match &landing.areas {
            None => { p { (badge(Tone::Unproven, "not shown")) " Which data-processing areas it touches could not be seen." } },
            Some(areas) if areas.is_empty() => { (nothing("It touches no data-processing area.")) },
            Some(_) => {},
        }
        @for area in landing.areas.iter().flatten() {
            p { "Area " a href={ "../index.html#area-" (area.area) } { (Outside(&area.area)) } ": " (Outside(&area.purpose)) }
            ul {
                @for touch in area.touches.iter().take(MOST_FILES) {
                    li { code { (Outside(touch.path.as_str())) @if let Some(line) = touch.line { ":" (line) } } ", by " (Outside(&touch.rule)) " " span.quiet { "(policy line " (touch.policy_line) ")" } }
                }
                @if area.touches.len() > MOST_FILES { li.quiet { "and " (area.touches.len() - MOST_FILES) " more files" } }
            }
        }
    }
}

fn requests(landing: &AuditedLandingV1) -> Markup {
    html! {
        @match &landing.requests {
            None => { p { (badge(Tone::Unproven, "not shown")) " Which request brought it could not be seen." } },
            Some(requests) if requests.is_empty() => { p { (badge(Tone::Broken, "direct push")) " No request brought it." } },
            Some(requests) => { @for request in requests { (request_part(request)) } },
        }
        @if !landing.tickets.is_empty() { p { "Tickets: " (parts::names(&landing.tickets)) } }
    }
}

fn request_part(request: &AuditedRequestV1) -> Markup {
    html! {
        p {
            @if let Some(number) = &request.request { strong { (words::request(number)) } " " }
            @if let Some(title) = &request.title { (Outside(title)) }
            @if let Some(author) = &request.author { ", opened by " (Outside(author)) }
            @if let Some(head) = &request.head { ", head " (short_hash(head.as_str())) }
            @if let Some(unseen) = &request.unseen { " " (badge(Tone::Unproven, "not shown")) " " (Outside(unseen)) }
        }
    }
}

fn approvals(landing: &AuditedLandingV1) -> Markup {
    if let Some(unseen) = &landing.approvals_unseen {
        return html! { p { (badge(Tone::Unproven, "not shown")) " " (Outside(unseen)) } };
    }
    if landing.approvals.is_empty() {
        return nothing("No approval is known.");
    }
    Table {
        filter: None,
        compact: false,
        caption: "Approvals, and whether they count by the policy in force".to_string(),
        columns: &["Approver", "Counts", "When", "Before it landed", "On commit", "Roles"],
        rows: html! { @for approval in &landing.approvals { (approval_row(approval)) } },
    }
    .write()
}

fn approval_row(approval: &AuditedApprovalV1) -> Markup {
    let (tone, word) = match approval.counts {
        Some(true) => (Tone::Met, "counts"),
        Some(false) => (Tone::Broken, "does not count"),
        None => (Tone::Unproven, "not shown"),
    };
    html! {
        tr id={ "review-" (approval.review) } {
            th scope="row" { @match &approval.approver { Some(who) => { (Outside(who)) }, None => { span.quiet { "account is gone" } } } }
            (cell("Counts", &html! { (badge(tone, word)) @if let Some(why) = &approval.why_not { " " (Outside(why)) } }))
            (cell("When", &parts::time(&approval.time)))
            (cell("Before it landed", &html! { @match approval.before_landing { Some(true) => "yes", Some(false) => "no", None => { span.quiet { "not known" } } } }))
            (cell("On commit", &html! { @match &approval.commit { Some(commit) => { (short_hash(commit.as_str())) }, None => { span.quiet { "not known" } } } }))
            (cell("Roles", &html! { @if approval.roles.is_empty() { span.quiet { "none seen" } } @else { (parts::names(&approval.roles)) } }))
        }
    }
}

fn checks(landing: &AuditedLandingV1) -> Markup {
    html! {
        @if landing.checks.is_empty() { (nothing("The host showed no check of the head.")) } @else {
            ul { @for check in &landing.checks { li { code { (Outside(&check.name)) } ": " (Outside(&check.conclusion)) } } }
        }
    }
}

fn landed(landing: &AuditedLandingV1) -> Markup {
    let (tone, sentence) = words::explained(landing.explanation.by);
    html! {
        p { (badge(tone, if tone == Tone::Met { "explained" } else { "not explained" })) " " (sentence)
            @if let Some(unseen) = &landing.explanation.unseen { " " (Outside(unseen)) } }
        @if !landing.explanation.residual.is_empty() {
            p { (count(landing.explanation.residual_parts, "part has", "parts have")) " no approval:" }
            ul { @for part in &landing.explanation.residual { li { (residual(part)) } } }
        }
    }
}

fn residual(part: &ResidualPartV1) -> Markup {
    html! {
        code { (Outside(part.path.as_str())) @if let Some(line) = part.line { ":" (line) } } ", "
        @if part.lines == 0 { "the whole file" } @else { (count(part.lines, "line", "lines")) }
        @if part.added { " added" } @else { " dropped" }
    }
}

fn deployments(input: &ReportInput<'_>, links: &Links, landing: &AuditedLandingV1) -> Markup {
    if landing.deployments.is_empty() {
        return nothing("No record of a deployment holds it.");
    }
    html! {
        ul {
            @for to in &landing.deployments {
                @let id = format!("{}#{}", to.environment, to.number);
                @let deployment = input.audit.deployments.iter().find(|deployment| deployment.id == id);
                li { (links.item(&id, 1)) @if let Some(deployment) = deployment { (deployed(deployment)) } }
            }
        }
    }
}

fn deployed(deployment: &AuditedDeploymentV1) -> Markup {
    html! {
        ", " (parts::time(&deployment.time))
        @if let Some(who) = &deployment.deployer { ", deployed by " (Outside(who)) }
        ", record " (short_hash(deployment.digest.as_str()))
    }
}

fn findings(findings: &[FindingV1]) -> Markup {
    let (met, other): (Vec<_>, Vec<_>) =
        findings.iter().partition(|finding| matches!(finding.verdict, VerdictV1::Met | VerdictV1::Exempt));
    html! {
        @if findings.is_empty() { (nothing("No control of the policy asks for anything here.")) }
        @for finding in other { (parts::finding(finding)) }
        @if !met.is_empty() {
            h3 { "Met" }
            ul { @for finding in met { li { code { (finding.control) } ", " (words::subject_kind(finding.subject.kind)) " " (Outside(&finding.subject.name)) ": " (Outside(&finding.reason)) } } }
        }
    }
}

fn today(landing: &AuditedLandingV1) -> Markup {
    let Some(today) = landing.today.as_ref().filter(|today| !today.findings.is_empty()) else {
        return Markup::default();
    };
    html! {
        section aria-labelledby="today-h" {
            h2 #today-h { "By the policy of today, in addition" }
            (findings(&today.findings))
        }
    }
}
