//! `timely-notices`: nothing is deployed while someone who should have been told of an incident was
//! not.

use super::procedure::ControlProcedure;
use super::{Case, Control, Documentation, Granularity, Kind, PolicyScope, Stage, Waivable, finding, read};
use jiff::Timestamp;
use portcullis_incident::clock::{DutyState, DutyTerm, NoticeDuty, find_duties};
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::deployment::Deployment;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::notification::{NotificationRules, OverdueEffect};
use portcullis_model::plural::plural;
use serde::Deserialize;

mod procedure;
mod strictness;

const NAME: &str = "timely-notices";

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    stage: Stage::Deployment,
    granularity: Granularity::Once,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("timely_notices.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<TimelyNotices>,
    #[cfg(test)]
    schema: super::schema::of::<TimelyNotices>,
};

/// It has no settings of its own: `[notification]` says who has to be told, and what an overdue
/// notice does.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimelyNotices {}

impl Control for TimelyNotices {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, scope: &PolicyScope) -> ControlProcedure {
        procedure::tell(scope.notification.as_ref())
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Incidents);
    }

    fn needs_parties(&self) -> bool {
        true
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let Some(deployment) = case.deployment else { return Ok(Vec::new()) };
        let rules = case.scope.notification.as_ref().ok_or_else(report_no_parties)?;
        let judged = judge_notices(deployment, rules, *case.facts.observed.known()?);
        match rules.overdue {
            OverdueEffect::Block => judged.map(|finding| vec![finding]),
            OverdueEffect::Warn => Ok(soften(deployment, judged)),
        }
    }
}

fn report_no_parties() -> Gap {
    Gap::not_asked("who has to be told of incidents", "Write `[notification]` into the policy.")
}

fn judge_notices(
    deployment: &Deployment,
    rules: &NotificationRules,
    moment: Timestamp,
) -> Result<Finding, Gap> {
    let seen = deployment.incidents.known()?;
    let duties: Vec<NoticeDuty> =
        seen.incidents.iter().flat_map(|history| find_duties(history, rules)).collect();
    let of_state = |state: DutyState| duties.iter().filter(move |duty| duty.state(moment) == state);
    let overdue: Vec<&NoticeDuty> = of_state(DutyState::Overdue).collect();
    if !overdue.is_empty() {
        return Ok(report_overdue(deployment, &overdue));
    }
    if let Some(unseen) = of_state(DutyState::Unseen).next() {
        return Err(report_unseen(unseen));
    }
    let incidents = plural(seen.incidents.len() as u64, "incident");
    let reason = format!("no notice is overdue at {moment}; the register holds {incidents}");
    Ok(environment_finding(deployment, Verdict::Met, reason))
}

fn report_overdue(deployment: &Deployment, overdue: &[&NoticeDuty]) -> Finding {
    let detail = |duty: &&NoticeDuty| {
        let due = duty.until().map(|due| format!(", due {due}")).unwrap_or_default();
        format!("incident {}: the {} to {}{due}", duty.incident, duty.kind.words(), duty.party)
    };
    let reason = format!("{} overdue", plural(overdue.len() as u64, "notice"));
    environment_finding(deployment, Verdict::Broken, reason)
        .remedy(
            "Send each notice and record it with `portcullis incident notify`, or ask for a waiver if what is deployed repairs \
             the records.",
        )
        .details(overdue.iter().map(detail).collect())
}

fn report_unseen(duty: &NoticeDuty) -> Gap {
    let why = match &duty.due {
        DutyTerm::Unseen(why) => why.clone(),
        DutyTerm::Until(due) => format!("it is due {due}"),
    };
    Gap::new(
        format!("until when {} has to be told of incident {}", duty.party, duty.incident),
        GapReason::Contradiction,
        why,
        "Put the party back into the policy, or close the incident.",
    )
}

/// What would block or leave the outcome open becomes a note.
fn soften(deployment: &Deployment, judged: Result<Finding, Gap>) -> Vec<Finding> {
    let note = match judged {
        Ok(found) if found.verdict == Verdict::Broken => Finding { verdict: Verdict::Noted, ..found },
        Ok(found) => return vec![found],
        Err(gap) => environment_finding(deployment, Verdict::Noted, gap.to_string()).remedy(gap.remedy),
    };
    let reason = "the policy warns of notices and does not block: `[notification] overdue = \"warn\"`";
    vec![note, environment_finding(deployment, Verdict::Exempt, reason.to_string())]
}

fn environment_finding(deployment: &Deployment, verdict: Verdict, reason: String) -> Finding {
    finding(NAME, verdict, SubjectKind::Environment, deployment.environment.as_str(), reason)
}

#[cfg(test)]
mod tests;
