//! `records`: what was deployed was recorded. A repository that deploys nothing has nothing to
//! record, so that no record breaks nothing.

use super::{Column, ColumnCase, advise, finding, unseen};
use jiff::{SignedDuration, Timestamp};
use portcullis_model::fact::Fact;
use portcullis_model::fleet::{FleetFinding, FleetVerdict, SurveyedRecord};

pub(super) static COLUMN: Column =
    Column { name: "records", about: "the newest deployment record of each environment", judge };

fn judge(case: &ColumnCase<'_>) -> Vec<FleetFinding> {
    let Fact::Known(survey) = case.survey else { return Vec::new() };
    match &survey.records {
        Fact::Known(records) => records.iter().map(|record| describe(record, case.now)).collect(),
        Fact::Gap(gap) => vec![unseen("deployment records", gap)],
    }
}

/// So much may clocks differ.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// The survey reads the ref, and not the record: that it verifies, `record verify` shows in a
/// clone.
fn describe(record: &SurveyedRecord, now: Timestamp) -> FleetFinding {
    let reason = format!("the newest record was written at {}", record.time);
    if record.time.duration_since(now) > SKEW {
        let remedy = "Fetch the records, and see `portcullis record verify`.";
        return advise(FleetVerdict::Unproven, &record.name, format!("{reason}, which is to come"), remedy);
    }
    finding(FleetVerdict::Met, &record.name, reason)
}
