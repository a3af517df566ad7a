//! Approvals of the published procedure: by the control that asks for one.

use super::{changes_at, last_before};
use crate::due::source::{DueSource, DueView};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_judge::control::procedure::published::PublishedPage;
use portcullis_model::fact::{Gap, GapReason};

/// The source.
pub struct ExpectedApproval;

impl DueSource for ExpectedApproval {
    fn name(&self) -> &'static str {
        "procedure"
    }

    fn look(&self, view: &DueView<'_>) -> SourceAnswer {
        let controls = view.policy.controls.values();
        let asked =
            controls.filter_map(|control| Some((control.published_page()?, control.procedure_review()?)));
        match asked.into_iter().next() {
            None => {
                SourceAnswer::idle(self.name(), "the policy asks for no approval of a published procedure")
            }
            Some((path, every)) => SourceAnswer::of(self.name(), expect_approval(view, path, every)),
        }
    }
}

fn expect_approval(view: &DueView<'_>, path: &str, every: SignedDuration) -> Result<Vec<ExpectedDeed>, Gap> {
    let gap = |reason, detail: String| {
        let remedy =
            format!("Run `portcullis policy procedure --update {path}`, and have the page approved.");
        Err(Gap::new(format!("the published procedure {path}"), reason, detail, remedy))
    };
    let Some(text) = view.read(path)? else {
        return gap(GapReason::MissingObject, "there is no such file".to_string());
    };
    let page = match PublishedPage::read(&text) {
        Ok(page) => page,
        Err(error) => return gap(GapReason::Malformed, error.to_string()),
    };
    let digest = view.policy.procedure().digest();
    // One of a later day than today was not given: the gate does not count it either.
    let today = TimeZone::UTC.to_datetime(view.at).date();
    let approved = page.approvals.iter().filter(|approval| approval.digest == digest);
    let Some(newest) = approved.map(|approval| approval.date).filter(|date| *date <= today).max() else {
        let detail = format!("no approval in it is of the policy as it is now, and of {today} or before");
        return gap(GapReason::Contradiction, detail);
    };
    // An approval counts to the end of its last day in UTC.
    let end = newest.checked_add(every).and_then(|day| day.tomorrow());
    let end: Option<Timestamp> =
        end.and_then(|day| TimeZone::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight()))).ok();
    let begin = TimeZone::UTC.to_timestamp(newest.to_datetime(jiff::civil::Time::midnight())).ok();
    let deed = |end: Timestamp| ExpectedDeed {
        source: ExpectedApproval.name(),
        subject: path.to_string(),
        what: "an approval of the published procedure".to_string(),
        due: last_before(end),
        about: format!("procedure/{path}"),
        since: begin,
        changes: begin.map_or(0, changes_at),
        remedy: format!(
            "Have the person who answers for it read it, and run `portcullis policy procedure --update {path} --approved-by LOGIN`."
        ),
    };
    Ok(end.map(deed).into_iter().collect())
}
