//! Reviews that emergencies owe: waivers that were granted before anyone could look closely.

use super::{changes_at, last_before};
use crate::due::source::{DueSource, DueView};
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_judge::policy::describe_problems;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::waiver::{PATH, Waiver};

/// The source.
pub struct ExpectedReviews;

impl DueSource for ExpectedReviews {
    fn name(&self) -> &'static str {
        "emergencies"
    }

    fn look(&self, view: &DueView<'_>) -> SourceAnswer {
        match view.read(PATH) {
            Ok(None) => SourceAnswer::idle(self.name(), "there are no waivers beside the policy"),
            Ok(Some(text)) => SourceAnswer::of(self.name(), expect_reviews(view, &text)),
            Err(gap) => SourceAnswer::of(self.name(), Err(gap)),
        }
    }
}

fn expect_reviews(view: &DueView<'_>, text: &str) -> Result<Vec<ExpectedDeed>, Gap> {
    let waivers = view.policy.waivers(text).map_err(|problems| {
        let shown = describe_problems(text, &problems);
        Gap::new(format!("the waivers in {PATH}"), GapReason::Malformed, shown, "Correct them.")
    })?;
    Ok(waivers.iter().filter_map(expect_review).collect())
}

fn expect_review(waiver: &Waiver) -> Option<ExpectedDeed> {
    let emergency = waiver.emergency.as_ref().filter(|emergency| emergency.review.is_none())?;
    Some(ExpectedDeed {
        source: ExpectedReviews.name(),
        subject: format!("waiver {}", waiver.grant.id),
        what: "the review after the emergency".to_string(),
        due: last_before(emergency.due),
        about: format!("emergency/{}", waiver.grant.id),
        since: Some(waiver.grant.created),
        changes: changes_at(waiver.grant.created),
        remedy: format!(
            "Have someone who neither asked for it nor granted it look at what it let through, and name them in {PATH}."
        ),
    })
}
