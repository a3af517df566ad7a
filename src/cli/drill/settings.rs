//! Which settings would change that a fault is never found. Nothing here is guessed: the story is
//! played again with the setting changed.

use super::play::{Detection, DrillSubject};
use crate::exit::Result;
use crate::story::world::StoryFault;
use jiff::SignedDuration;
use portcullis_model::reconciliation::{Dataset, DatasetField, DeadlineShare, FieldRule, RecordClass};

/// What is tried in place of a longer time.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// All records, in millionths.
const ALL: u32 = 1_000_000;

/// A change of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DrillSetting {
    ExpectedEvery,
    Deadline,
    DeletionDeadline,
    Fields,
    Budget(RecordClass),
}

impl DrillSetting {
    /// As the policy writes it.
    fn write(self) -> String {
        match self {
            Self::ExpectedEvery => "expected-every = \"24h\"".to_string(),
            Self::Deadline => "deadline = \"24h\"".to_string(),
            Self::DeletionDeadline => "deletion-deadline = \"24h\"".to_string(),
            Self::Fields => "fields = [...]".to_string(),
            Self::Budget(class) => format!("budgets.{} = 0", class.as_str()),
        }
    }

    fn apply(self, dataset: &mut Dataset) {
        let all_in_a_day = vec![DeadlineShare { share: ALL, within: DAY }];
        match self {
            Self::ExpectedEvery => dataset.expected_every = Some(DAY),
            Self::Deadline => dataset.deadlines = all_in_a_day,
            Self::DeletionDeadline => dataset.deletion_deadlines = all_in_a_day,
            Self::Fields => dataset.fields.push(text_field("content")),
            Self::Budget(class) => drop(dataset.budgets.remove(&class)),
        }
    }
}

/// What finds a fault that is never found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingAdvice {
    /// The settings, as the policy writes them; all of them are needed.
    pub settings: Vec<String>,
    /// The run that finds the fault then.
    pub then: Detection,
}

/// The fewest settings with which a fault is found; `None` where those that were tried do not
/// suffice.
///
/// # Errors
/// The temporary directory cannot be written.
pub fn find_settings(subject: &DrillSubject<'_>, fault: StoryFault) -> Result<Option<SettingAdvice>> {
    let mut settings = list_settings(subject, fault);
    let with = |settings: &[DrillSetting]| {
        let mut changed = subject.clone();
        settings.iter().for_each(|setting| setting.apply(&mut changed.dataset));
        changed
    };
    if settings.is_empty() || !with(&settings).is_found(fault)? {
        return Ok(None);
    }
    for setting in settings.clone() {
        let fewer: Vec<DrillSetting> = settings.iter().copied().filter(|other| *other != setting).collect();
        if with(&fewer).is_found(fault)? {
            settings = fewer;
        }
    }
    let then = with(&settings).find_first(fault)?;
    Ok(then.map(|then| SettingAdvice {
        settings: settings.into_iter().map(DrillSetting::write).collect(),
        then,
    }))
}

/// What may be changed, the least likely to be needed first.
fn list_settings(subject: &DrillSubject<'_>, fault: StoryFault) -> Vec<DrillSetting> {
    let dataset = &subject.dataset;
    let is_long = |shares: &[DeadlineShare]| shares.last().is_some_and(|last| last.within > DAY);
    let mut settings: Vec<DrillSetting> = dataset
        .budgets
        .iter()
        .filter(|(_, most)| **most > 0)
        .map(|(class, _)| DrillSetting::Budget(*class))
        .collect();
    if fault == StoryFault::FailedDeletions && is_long(&dataset.deletion_deadlines) {
        settings.push(DrillSetting::DeletionDeadline);
    }
    if fault != StoryFault::FailedDeletions && is_long(&dataset.deadlines) {
        settings.push(DrillSetting::Deadline);
    }
    if fault == StoryFault::FailedAmendments && dataset.fields.is_empty() {
        settings.push(DrillSetting::Fields);
    }
    if subject.every().is_none_or(|every| every > DAY) {
        settings.push(DrillSetting::ExpectedEvery);
    }
    settings
}

/// A dataset as a policy has it that says no more than needed.
#[must_use]
pub fn plain_dataset() -> Dataset {
    let all_in_a_day = vec![DeadlineShare { share: ALL, within: DAY }];
    Dataset {
        key: vec![text_field("id")],
        fields: vec![text_field("content")],
        deadlines: all_in_a_day.clone(),
        deletion_deadlines: all_in_a_day,
        expected_every: Some(DAY),
        ..Dataset::blank("name")
    }
}

fn text_field(name: &str) -> DatasetField {
    let rule = FieldRule::Text { trim_end: false, empty_is_null: false };
    DatasetField { name: name.to_string(), source: name.to_string(), target: name.to_string(), rule }
}
