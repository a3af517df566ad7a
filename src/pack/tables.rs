//! The population as tables, for spreadsheets and programs.

use crate::csv::{Csv, Field};
use portcullis_wire::audit::v1::{AuditV1, AuditedDeploymentV1, AuditedLandingV1, UsedWaiverV1};
use portcullis_wire::decision::v1::{OutcomeV1, RequestV1};
use serde_json::{Value, json};

/// The landings, one in each row.
pub fn landings_csv(audit: &AuditV1) -> String {
    let mut csv = Csv::new(&[
        "item",
        "branch",
        "landed",
        "parent",
        "time",
        "time_source",
        "subject",
        "tickets",
        "requests",
        "authors",
        "approvers_that_count",
        "outcome",
        "waivers",
        "areas",
        "deployments",
    ]);
    audit.landings.iter().for_each(|landing| csv.row(&landing_row(landing)));
    csv.text()
}

fn landing_row(landing: &AuditedLandingV1) -> Vec<Field> {
    let counted = landing.approvals.iter().filter(|approval| approval.counts == Some(true));
    let requests = landing.requests.as_ref().map(|requests| {
        requests.iter().filter_map(|request| request.request.as_ref()).map(request_text).collect::<Vec<_>>()
    });
    let deployments =
        landing.deployments.iter().map(|to| format!("{}#{}", to.environment, to.number)).collect::<Vec<_>>();
    vec![
        Field::text(&landing.id),
        Field::text(&landing.branch),
        Field::text(landing.landed.as_str()),
        Field::text(landing.parent.as_str()),
        Field::text(landing.time.at.as_deref().unwrap_or("unknown")),
        Field::text(&word(&landing.time.source)),
        Field::text(&landing.subject),
        Field::list(&landing.tickets),
        requests.map_or_else(|| Field::text("unknown"), |requests| Field::list(&requests)),
        Field::list(&landing.authors),
        Field::list(&counted.filter_map(|approval| approval.approver.clone()).collect::<Vec<_>>()),
        Field::text(outcome(landing.then.outcome)),
        Field::list(&landing.waivers),
        landing.areas.as_ref().map_or_else(
            || Field::text("unknown"),
            |areas| Field::list(&areas.iter().map(|area| area.area.clone()).collect::<Vec<_>>()),
        ),
        Field::list(&deployments),
    ]
}

/// The deployments, one in each row.
pub fn deployments_csv(audit: &AuditV1) -> String {
    let mut csv = Csv::new(&[
        "item",
        "environment",
        "number",
        "record",
        "digest",
        "time",
        "baseline",
        "candidate",
        "rollback",
        "recorder",
        "deployer",
        "deployer_known",
        "landings",
        "standing",
    ]);
    audit.deployments.iter().for_each(|deployment| csv.row(&deployment_row(deployment)));
    csv.text()
}

fn deployment_row(deployment: &AuditedDeploymentV1) -> Vec<Field> {
    vec![
        Field::text(&deployment.id),
        Field::text(deployment.environment.as_str()),
        Field::text(&deployment.number.to_string()),
        Field::text(deployment.record.as_str()),
        Field::text(deployment.digest.as_str()),
        Field::text(deployment.time.at.as_deref().unwrap_or("unknown")),
        Field::text(deployment.baseline.as_str()),
        Field::text(deployment.candidate.as_str()),
        Field::text(&deployment.rollback.to_string()),
        Field::text(&deployment.recorder),
        Field::text(deployment.deployer.as_deref().unwrap_or("unknown")),
        Field::text(&deployment.deployer_known.to_string()),
        Field::list(&deployment.landings),
        Field::text(&word(&deployment.standing)),
    ]
}

/// The waivers and rollbacks, one in each row.
pub fn waivers_csv(audit: &AuditV1) -> String {
    let mut csv = Csv::new(&[
        "id",
        "kind",
        "covers",
        "reason",
        "ticket",
        "requester",
        "approver",
        "created",
        "expires",
        "signed",
        "used_by",
        "review_due",
        "reviewer",
        "reviewed",
        "review",
    ]);
    audit.waivers.iter().for_each(|waiver| csv.row(&waiver_row(waiver)));
    csv.text()
}

fn waiver_row(waiver: &UsedWaiverV1) -> Vec<Field> {
    let review = waiver.emergency.as_ref();
    let of_review = |text: Option<&str>| Field::text(text.unwrap_or_default());
    vec![
        Field::text(&waiver.id),
        Field::text(&word(&waiver.kind)),
        Field::text(&waiver.covers),
        Field::text(&waiver.reason),
        Field::text(&waiver.ticket),
        Field::text(&waiver.requester),
        Field::text(&waiver.approver),
        Field::text(&waiver.created),
        Field::text(&waiver.expires),
        Field::text(&waiver.signed.to_string()),
        Field::list(&waiver.used_by),
        of_review(review.map(|review| review.due.as_str())),
        of_review(review.and_then(|review| review.reviewer.as_deref())),
        of_review(review.and_then(|review| review.reviewed.as_deref())),
        of_review(review.map(|review| word(&review.standing)).as_deref()),
    ]
}

/// The population as JSON: what it takes to find each item in the repository.
pub fn population_json(audit: &AuditV1) -> String {
    let landings: Vec<Value> = audit.landings.iter().map(|landing| {
        json!({ "id": landing.id, "branch": landing.branch, "parent": landing.parent, "landed": landing.landed, "time": landing.time })
    }).collect();
    let deployments: Vec<Value> = audit.deployments.iter().map(|deployment| {
        json!({ "id": deployment.id, "record": deployment.record, "digest": deployment.digest, "candidate": deployment.candidate, "time": deployment.time })
    }).collect();
    let whole = json!({ "branches": audit.branches, "environments": audit.environments, "landings": landings, "deployments": deployments });
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}

fn outcome(outcome: OutcomeV1) -> &'static str {
    match outcome {
        OutcomeV1::Allow => "allow",
        OutcomeV1::Undetermined => "undetermined",
        OutcomeV1::Block => "block",
    }
}

fn request_text(request: &RequestV1) -> String {
    match request {
        RequestV1::Number(number) => number.to_string(),
        RequestV1::Name(name) => name.clone(),
    }
}

/// The word of a form, as its JSON has it.
pub(crate) fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
