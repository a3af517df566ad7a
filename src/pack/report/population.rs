//! The population: landings of each branch and deployments to each environment, and what shows that
//! none is missing.

use super::ReportInput;
use super::links::{self, Links, month, month_page};
use super::parts::{self, Table, cell, nothing, number};
use super::shell::Page;
use super::text::{Outside, count, grouped, moment, moment_or, short_hash, show_hidden};
use super::words::{self, badge};
use crate::item_path::ItemPath;
use maud::{Markup, html};
use portcullis_wire::audit::v1::{
    AuditV1, AuditedDeploymentV1, AuditedLandingV1, AuditedSignatureV1, BranchPopulationV1,
    EnvironmentPopulationV1,
};
use std::collections::BTreeMap;

/// The section.
pub(super) fn section(input: &ReportInput<'_>, links: &Links) -> Markup {
    let audit = input.audit;
    html! {
        section #population aria-labelledby="population-h" {
            h2 #population-h { "Population" }
            p { (Outside(&audit.title.period.rule)) " The whole list is also in " code { "population/landings.csv" } " and " code { "population/deployments.csv" } "." }
            @for branch in &audit.branches { (branch_part(branch)) }
            @if !audit.landings.is_empty() { (months(audit)) }
            @for environment in &audit.environments { (environment_part(environment, audit, links)) }
        }
    }
}

fn branch_part(branch: &BranchPopulationV1) -> Markup {
    html! {
        h3 { "Branch " (Outside(&branch.branch)) }
        p {
            (count(branch.landings, "landing", "landings")) " with " (count(branch.commits, "commit", "commits")) ", in "
            (count(branch.steps, "step", "steps")) " of the first-parent line. The tip was " (short_hash(branch.tip.as_str())) ", from " (Outside(&branch.tip_source)) "."
        }
        @match &branch.proof {
            Some(proof) => {
                p {
                    @if proof.each_in_one_landing { (badge(words::Tone::Met, "complete")) " Each commit of " } @else { (badge(words::Tone::Broken, "not complete")) " Not each commit of " }
                    code { (Outside(&proof.range)) } " belongs to exactly one landing. Count again in a clone:"
                }
                pre tabindex="0" {
                    (show_hidden(&proof.first_parents_by)) "   # " (proof.first_parents.as_str().trim_start_matches("sha256:")) "\n"
                    (show_hidden(&proof.all_commits_by)) "   # " (proof.all_commits.as_str().trim_start_matches("sha256:"))
                }
            },
            None => { p { (badge(words::Tone::Unproven, "not shown")) " That no landing is missing could not be shown." } },
        }
        (excluded(branch))
    }
}

fn excluded(branch: &BranchPopulationV1) -> Markup {
    html! {
        @if !branch.excluded.is_empty() || !branch.anomalies.is_empty() || !branch.lost.is_empty() {
            ul {
                @for excluded in &branch.excluded { li { (count(excluded.steps, "step is", "steps are")) " outside: " (Outside(&excluded.why)) } }
                @for odd in &branch.anomalies {
                    li { (short_hash(odd.commit.as_str())) ": " (Outside(&odd.why)) @if odd.in_period { "; counted in the period" } @else { "; not counted in the period" } }
                }
                @for lost in &branch.lost { li { (short_hash(lost.as_str())) " is no longer on the branch: it was rewound or made anew." } }
            }
        }
    }
}

fn months(audit: &AuditV1) -> Markup {
    html! {
        h3 { "Landings" }
        ul.inline {
            @for (month, landings) in by_month(audit) {
                li { a href=(month_page(month)) { (month) } ": " (count(landings.len() as u64, "landing", "landings")) }
            }
        }
    }
}

fn by_month(audit: &AuditV1) -> BTreeMap<&str, Vec<&AuditedLandingV1>> {
    let mut months: BTreeMap<&str, Vec<&AuditedLandingV1>> = BTreeMap::new();
    for landing in &audit.landings {
        months.entry(month(landing)).or_default().push(landing);
    }
    months
}

/// A page and what writes it.
pub(super) type PageWriter<'a> = (ItemPath, Box<dyn FnOnce() -> String + 'a>);

/// A page for the landings of each month.
pub(super) fn pages<'a>(input: &'a ReportInput<'a>, links: &'a Links) -> Vec<PageWriter<'a>> {
    let page = |(month, landings): (&'a str, Vec<&'a AuditedLandingV1>)| {
        let path = ItemPath::new(&month_page(month)).ok()?;
        let write: Box<dyn FnOnce() -> String> = Box::new(move || month_text(input, links, month, &landings));
        Some((path, write))
    };
    by_month(input.audit).into_iter().filter_map(page).collect()
}

fn month_text(input: &ReportInput<'_>, links: &Links, month: &str, landings: &[&AuditedLandingV1]) -> String {
    let body = html! {
        section aria-label="Landings" {
            p { a href="../index.html#population" { "Back to the audit" } }
            (Table {
                filter: Some("landings"),
                compact: false,
                caption: format!("{} of {month}", count(landings.len() as u64, "landing", "landings")),
                columns: &["Landing", "When", "What for", "Authors", "Approvals#", "Outcome", "Deployed"],
                rows: html! { @for landing in landings { (landing_row(landing, links)) } },
            }.write())
        }
    };
    let eyebrow = html! { "Change audit of " (Outside(input.audit.title.repository.as_deref().unwrap_or("a repository"))) };
    let title = format!("Landings of {month}");
    Page { title, eyebrow, below: Markup::default(), depth: 1, contents: &[], body }.write(input)
}

fn landing_row(landing: &AuditedLandingV1, links: &Links) -> Markup {
    let (tone, word) = words::landing_tone(landing);
    let counted = landing.approvals.iter().filter(|approval| approval.counts == Some(true)).count();
    html! {
        tr id={ "landing-" (landing.landed) } {
            th scope="row" { (links.item(&landing.id, 1)) }
            (cell("When", &moment_or(landing.time.at.as_deref(), "not known")))
            (cell("What for", &html! { (Outside(&landing.subject)) }))
            (cell("Authors", &parts::names(&landing.authors)))
            (number("Approvals that count", counted as u64))
            (cell("Outcome", &badge(tone, word)))
            (cell("Deployed", &html! {
                @if landing.deployments.is_empty() { span.quiet { "no" } }
                @for (at, to) in landing.deployments.iter().enumerate() { @if at > 0 { ", " } (links.item(&format!("{}#{}", to.environment, to.number), 1)) }
            }))
        }
    }
}

fn environment_part(environment: &EnvironmentPopulationV1, audit: &AuditV1, links: &Links) -> Markup {
    let name = environment.environment.as_str();
    let deployments: Vec<&AuditedDeploymentV1> = audit
        .deployments
        .iter()
        .filter(|deployment| deployment.environment == environment.environment)
        .collect();
    html! {
        h3 { "Deployments to " (name) }
        p {
            (count(deployments.len() as u64, "deployment", "deployments")) " in the period; the chain of records holds "
            (count(environment.records, "record", "records")) " in all."
        }
        (chain_notes(environment))
        @if deployments.is_empty() { (nothing("No record of the period allows a deployment.")) } @else {
            (Table {
                filter: Some(name),
                compact: false,
                caption: format!("Deployments to {name}"),
                columns: &["Record", "When", "Commit", "Deployed by", "Landings#", "Its decision", "Kind"],
                rows: html! { @for deployment in &deployments { (deployment_row(deployment, links)) } },
            }.write())
        }
        (unknown_to_records(environment))
    }
}

fn chain_notes(environment: &EnvironmentPopulationV1) -> Markup {
    html! {
        @if !environment.holes.is_empty() || !environment.problems.is_empty() || !environment.unchecked.is_empty() {
            ul {
                @for hole in &environment.holes { li { (badge(words::Tone::Broken, "missing")) " record " (hole) } }
                @for problem in &environment.problems { li { (badge(words::Tone::Broken, "wrong")) " " (Outside(problem)) } }
                @for unchecked in &environment.unchecked { li { (badge(words::Tone::Unproven, "not checked")) " " (Outside(unchecked)) } }
            }
        }
    }
}

fn deployment_row(deployment: &AuditedDeploymentV1, links: &Links) -> Markup {
    let (tone, word) = words::record(deployment.standing);
    html! {
        tr id=(links::deployment_anchor(&deployment.id)) {
            th scope="row" { code { (deployment.id) } }
            (cell("When", &moment_or(deployment.time.at.as_deref(), "not known")))
            (cell("Commit", &short_hash(deployment.candidate.as_str())))
            (cell("Deployed by", &html! {
                @match &deployment.deployer {
                    Some(who) => { (Outside(who)) @if !deployment.deployer_known { " " span.quiet { "as they said themselves" } } },
                    None => { span.quiet { "not known" } },
                }
            }))
            (cell("Landings", &html! { (parts::items(&deployment.landings, 4, links, 0)) @if deployment.other_landings > 0 { " and " (grouped(deployment.other_landings)) " from before" } }))
            (cell("Its decision", &html! { (badge(tone, word)) @if let Some(why) = &deployment.why { " " (Outside(why)) } @if let Some(signature) = &deployment.signature { br; (signature_of(signature)) } }))
            (cell("Kind", &html! { @if deployment.rollback { "rollback" } @else { "deployment" } }))
        }
    }
}

/// Who signed the record in the repository; a pack holds no signature.
fn signature_of(signature: &AuditedSignatureV1) -> Markup {
    let (tone, word) = words::signature(signature.standing);
    html! {
        (badge(tone, word))
        @if !signature.signers.is_empty() { " by " (Outside(&signature.signers.join(", "))) }
        @if signature.key.is_some() { " " span.quiet { "in the repository; the pack holds no signature" } }
    }
}

/// Deployments that the host lists and no record allows.
fn unknown_to_records(environment: &EnvironmentPopulationV1) -> Markup {
    let Some(listed) = &environment.on_host else { return Markup::default() };
    let unknown: Vec<_> = listed.iter().filter(|deployment| deployment.record.is_none()).collect();
    html! {
        @if unknown.is_empty() { p { "Every deployment that the host lists (" (listed.len()) ") has a record." } } @else {
            p { (badge(words::Tone::Broken, "no record")) " The host lists deployments that no record allows:" }
            ul { @for deployment in unknown {
                li { (Outside(&deployment.id)) ", commit " (short_hash(deployment.commit.as_str())) ", " @if let Some(at) = &deployment.time.at { (moment(at)) } @else { "time not known" } }
            } }
        }
    }
}
