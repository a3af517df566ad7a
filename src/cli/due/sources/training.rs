//! Training that ends: by the register of people.

use super::{changes_at, last_before};
use crate::due::source::{DueSource, DueView};
use jiff::Timestamp;
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_judge::policy::{describe_problems, read_register};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::training::{Course, RegisteredPerson, TrainingEntry, TrainingSettings};

/// The source.
pub struct ExpectedTraining;

impl DueSource for ExpectedTraining {
    fn name(&self) -> &'static str {
        "training"
    }

    fn look(&self, view: &DueView<'_>) -> SourceAnswer {
        match &view.policy.scope.training {
            None => SourceAnswer::idle(self.name(), "the policy has no `[training]`"),
            Some(training) => look_at_training(self.name(), view, &training.settings),
        }
    }
}

fn look_at_training(name: &'static str, view: &DueView<'_>, settings: &TrainingSettings) -> SourceAnswer {
    let people = match people_here(view, settings) {
        Ok(people) => people,
        Err(gap) => return SourceAnswer::of(name, Err(gap)),
    };
    let each = |person| settings.courses.iter().map(move |course| (person, course));
    let (mut deeds, mut notes) = (Vec::new(), Vec::new());
    for (person, course) in people.iter().flat_map(each) {
        match counted_completion(person, course, view.at) {
            Some(last) => deeds.extend(expect_course(person, course, last)),
            None => notes.push(format!("{} has not completed {}: nothing ends", person.name, course.1.title)),
        }
    }
    let mut answer = SourceAnswer::of(name, Ok(deeds));
    answer.notes.extend(notes);
    answer
}

/// Those in the register who have not left.
fn people_here(view: &DueView<'_>, settings: &TrainingSettings) -> Result<Vec<RegisteredPerson>, Gap> {
    let path = settings.register.to_string();
    let what = format!("the register of people, {path}");
    let missing = || Gap::new(what.clone(), GapReason::MissingObject, "there is no such file", "Write it.");
    let text = view.read(&path)?.ok_or_else(missing)?;
    let register = read_register(&text).map_err(|problems| {
        Gap::new(what.clone(), GapReason::Malformed, describe_problems(&text, &problems), "Correct it.")
    })?;
    let is_here = |person: &RegisteredPerson| person.left.is_none_or(|left| view.at < left);
    Ok(register.people.into_iter().filter(is_here).collect())
}

/// Of several completions the one that lasts longest counts, as for the gate.
fn counted_completion<'p>(
    person: &'p RegisteredPerson,
    (name, course): (&String, &Course),
    at: Timestamp,
) -> Option<&'p TrainingEntry> {
    let of_course = person.training.iter().filter(|entry| entry.course == *name && entry.completed <= at);
    of_course.max_by_key(|entry| entry.end(course).unwrap_or(Timestamp::MAX))
}

fn expect_course(
    person: &RegisteredPerson,
    (name, course): (&String, &Course),
    last: &TrainingEntry,
) -> Option<ExpectedDeed> {
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
