//! `records`: what was deployed was recorded. A repository that deploys nothing has nothing to
//! record, so that no record breaks nothing.

use super::{Column, ColumnCase, finding, unseen};
use portcullis_model::fact::Fact;
use portcullis_model::fleet::{FleetFinding, FleetVerdict, SurveyedRecord};

pub(super) static COLUMN: Column =
    Column { name: "records", about: "the newest deployment record of each environment", judge };

fn judge(case: &ColumnCase<'_>) -> Vec<FleetFinding> {
    let Fact::Known(survey) = case.survey else { return Vec::new() };
    match &survey.records {
        Fact::Known(records) => records.iter().map(describe).collect(),
        Fact::Gap(gap) => vec![unseen("deployment records", gap)],
    }
}

fn describe(record: &SurveyedRecord) -> FleetFinding {
    let reason = format!("the newest record was written at {}", record.time);
    finding(FleetVerdict::Met, &record.name, reason)
}
