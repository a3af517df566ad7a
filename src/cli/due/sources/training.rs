//! Training that ends: by the register of people.

use super::{changes_at, last_before};
use crate::cli::due::source::{DueSource, DueView};
use jiff::Timestamp;
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_judge::policy::{describe_problems, read_register};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::training::{Course, RegisteredPerson, TrainingSettings};

/// The source.
pub struct ExpectedTraining;

impl DueSource for ExpectedTraining {
    fn name(&self) -> &'static str {
        "training"
    }

    fn look(&self, view: &DueView<'_>) -> SourceAnswer {
        match &view.policy.scope.training {
            None => SourceAnswer::idle(self.name(), "the policy has no `[training]`"),
            Some(training) => SourceAnswer::of(self.name(), expect_training(view, &training.settings)),
        }
    }
}

fn expect_training(view: &DueView<'_>, settings: &TrainingSettings) -> Result<Vec<ExpectedDeed>, Gap> {
    let path = settings.register.to_string();
    let what = format!("the register of people, {path}");
    let missing = || Gap::new(what.clone(), GapReason::MissingObject, "there is no such file", "Write it.");
    let text = view.read(&path)?.ok_or_else(missing)?;
    let register = read_register(&text).map_err(|problems| {
        Gap::new(what.clone(), GapReason::Malformed, describe_problems(&text, &problems), "Correct it.")
    })?;
    let here = register.people.iter().filter(|person| person.left.is_none_or(|left| view.at < left));
    let of_person =
        |person| settings.courses.iter().filter_map(move |course| expect_course(person, course, view.at));
    Ok(here.flat_map(of_person).collect())
}

/// Of several completions the one that lasts longest counts, as for the gate.
fn expect_course(
    person: &RegisteredPerson,
    (name, course): (&String, &Course),
    at: Timestamp,
) -> Option<ExpectedDeed> {
    let of_course = person.training.iter().filter(|entry| entry.course == *name && entry.completed <= at);
    let last = of_course.max_by_key(|entry| entry.end(course).unwrap_or(Timestamp::MAX))?;
    Some(ExpectedDeed {
        source: ExpectedTraining.name(),
        subject: person.name.clone(),
        what: format!("training in {}", course.title),
        due: last_before(last.end(course)?),
        about: format!("training/{}/{name}", person.name),
        since: Some(last.completed),
        changes: changes_at(last.completed),
        remedy: format!("Train {} again, and add the completion to the register.", person.name),
    })
}
