//! `waivers`: the file of waivers is valid, and no review after an emergency is overdue.

use super::{Column, ColumnCase, advise, finding, unseen};
use jiff::Timestamp;
use portcullis_judge::policy::Policy;
use portcullis_model::fact::Fact;
use portcullis_model::fleet::{FleetFinding, FleetVerdict};
use portcullis_model::waiver::{PATH, Standing, Waiver};

pub(super) static COLUMN: Column =
    Column { name: "waivers", about: "waivers are valid, and none owes a review", judge };

fn judge(case: &ColumnCase<'_>) -> Vec<FleetFinding> {
    // Without a policy no waiver counts.
    let (Fact::Known(survey), Some(policy)) = (case.survey, case.policy.valid()) else { return Vec::new() };
    match survey.texts.get(PATH) {
        Some(Fact::Known(Some(text))) => judge_text(policy, text, case.now),
        Some(Fact::Known(None)) => vec![finding(FleetVerdict::Met, PATH, "there are no waivers")],
        Some(Fact::Gap(gap)) => vec![unseen(PATH, gap)],
        None => vec![finding(FleetVerdict::Unproven, PATH, "it was not asked for")],
    }
}

fn judge_text(policy: &Policy, text: &str, now: Timestamp) -> Vec<FleetFinding> {
    let waivers = match policy.waivers(text) {
        Ok(waivers) => waivers,
        Err(problems) => {
            let first = problems.first().map_or("", |problem| problem.message.as_str());
            let remedy = "Run `portcullis policy check` in the repository, and correct what it names.";
            return vec![advise(FleetVerdict::Broken, PATH, format!("it is not valid: {first}"), remedy)];
        }
    };
    let found: Vec<FleetFinding> = waivers.iter().filter_map(|waiver| judge_waiver(waiver, now)).collect();
    if found.is_empty() { vec![finding(FleetVerdict::Met, PATH, "no waiver is in force")] } else { found }
}

fn judge_waiver(waiver: &Waiver, now: Timestamp) -> Option<FleetFinding> {
    let id = &waiver.grant.id;
    let covers = format!("it covers findings of {} until {}", waiver.scope.control, waiver.grant.expires);
    match waiver.standing(now) {
        Standing::InForce => Some(finding(FleetVerdict::Met, id, covers)),
        Standing::Overdue => Some(advise(
            FleetVerdict::Broken,
            id,
            "it was granted in an emergency, and the review that it owes is overdue",
            format!("Review what it let through, and write the review into {PATH}."),
        )),
        Standing::NotYet | Standing::Expired => None,
    }
}
