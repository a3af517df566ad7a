//! Who was trained in what, for the controls that ask it: the courses of the policy, and the
//! register of people as it is at the base.
//!
//! A person whom the register has under none of their accounts, addresses or keys is unknown, which
//! is not the same as untrained: the answer is a gap.

use super::text::InvalidSetting;
use crate::control::PolicyScope;
use crate::control::procedure::ControlProcedure;
use crate::control::procedure::words::duration;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::person::{Login, People, Who};
use portcullis_model::training::{
    Register, RegisteredPerson, TrainingRules, TrainingSettings, TrainingStanding, ValidTraining,
    judge_training,
};
use serde::Deserialize;
use std::ops::RangeInclusive;
use toml::Spanned;

/// The training of a policy, with the register that counts in one judgement.
#[derive(Clone, Debug)]
pub struct TrainingInForce {
    /// What the policy says.
    pub settings: TrainingSettings,
    /// The register at the base.
    pub register: RegisterState,
    /// The identity map of the policy alone.
    pub named: People,
    /// For each entry of the register, who it is in the identity map of the judgement.
    pub places: Vec<usize>,
}

/// What was seen of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterState {
    /// Its content.
    Known(Register),
    /// There is no such file at the base.
    Missing,
    /// It could not be seen, or it is not valid.
    Unseen(Gap),
}

/// Who asks for an answer.
#[derive(Clone, Copy, Debug)]
pub struct Trainee<'a> {
    /// The person, by the identity map.
    pub who: &'a Who,
    /// The account, to show.
    pub login: &'a Login,
    /// The fingerprint of the key that the person signed with, where they did.
    pub key: Option<&'a str>,
}

/// Whether a person was trained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonTraining {
    /// In every course; what is to be said of it, one sentence each.
    Trained(Vec<String>),
    /// The register has the person and not the training; why, one sentence.
    Untrained(String),
    /// The register does not have the person, or could not be seen.
    Unknown(Gap),
}

/// What becomes of people whom the register does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum UnknownPeople {
    /// It is not known whether they were trained, so nothing is proved by them.
    #[default]
    Unproven,
    /// They do not count, like people without training.
    Refuse,
}

/// Whether courses count that were waived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WaivedCourses {
    /// They do, and every decision says so.
    #[default]
    Accept,
    /// They do not.
    Refuse,
}

/// How long training still counts after its end: days.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String", extend("pattern" = "^[0-9]+d$")))]
#[serde(try_from = "String")]
pub struct GraceDays(pub SignedDuration);

impl TryFrom<String> for GraceDays {
    type Error = InvalidSetting;

    fn try_from(text: String) -> Result<Self, InvalidSetting> {
        read_days(&text, 1..=90).map(GraceDays).ok_or_else(|| {
            InvalidSetting::from(format!("`{text}` is not a time of grace; write \"14d\", at most 90 days"))
        })
    }
}

/// A number of days within bounds, as `60d`; `None` for anything else.
pub fn read_days(text: &str, bounds: RangeInclusive<u16>) -> Option<SignedDuration> {
    let digits = text.strip_suffix('d').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let days = digits.parse::<u16>().ok().filter(|days| bounds.contains(days))?;
    Some(SignedDuration::from_hours(24 * i64::from(days)))
}

/// How strictly training is read, by the settings of a control.
pub fn training_rules(grace: GraceDays, waived: WaivedCourses) -> TrainingRules {
    TrainingRules { grace: grace.0, refuse_waived: waived == WaivedCourses::Refuse }
}

impl TrainingInForce {
    /// What a policy says, before any register was read.
    pub fn unread(settings: TrainingSettings, named: People) -> Self {
        let gap = Gap::not_asked(
            format!("the register of people, {}", settings.register),
            "Gather the facts again with this policy.",
        );
        TrainingInForce { settings, register: RegisterState::Unseen(gap), named, places: Vec::new() }
    }

    /// Can it be read, as far as it is there?
    ///
    /// # Errors
    /// It cannot.
    pub fn check_readable(&self) -> Result<(), Gap> {
        match &self.register {
            RegisterState::Known(_) | RegisterState::Missing => Ok(()),
            RegisterState::Unseen(gap) => Err(gap.clone()),
        }
    }

    /// The register.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    pub fn known_register(&self) -> Result<&Register, Gap> {
        match &self.register {
            RegisterState::Known(register) => Ok(register),
            RegisterState::Missing => Err(missing_register(&self.settings)),
            RegisterState::Unseen(gap) => Err(gap.clone()),
        }
    }

    /// The entries of the register about a person.
    pub fn entries_of<'r>(&self, register: &'r Register, trainee: &Trainee<'_>) -> Vec<&'r RegisteredPerson> {
        let is_here = |(_, place): &(&RegisteredPerson, &usize)| *trainee.who == Who::Known(**place);
        let entries: Vec<_> =
            register.people.iter().zip(&self.places).filter(is_here).map(|(person, _)| person).collect();
        match trainee.key {
            Some(key) if entries.is_empty() => {
                register.people.iter().filter(|person| person.keys.contains(key)).collect()
            }
            _ => entries,
        }
    }

    /// Whether a person was trained in each of these courses at a moment.
    pub fn judge_person(
        &self,
        trainee: &Trainee<'_>,
        courses: &[&str],
        at: Timestamp,
        rules: TrainingRules,
    ) -> PersonTraining {
        let register = match self.known_register() {
            Ok(register) => register,
            Err(gap) => return PersonTraining::Unknown(gap),
        };
        let (entries, login) = (self.entries_of(register, trainee), trainee.login);
        if entries.is_empty() {
            return PersonTraining::Unknown(unknown_person(&self.settings, login));
        }
        let mut notes = Vec::new();
        for name in courses {
            let Some(course) = self.settings.courses.get(*name) else {
                return PersonTraining::Unknown(unknown_course(name));
            };
            match judge_training(&entries, (name, course), at, rules) {
                TrainingStanding::Untrained(why) => {
                    return PersonTraining::Untrained(format!("{login} {why}"));
                }
                TrainingStanding::Trained(valid) => notes.extend(describe_valid(login, name, &valid)),
            }
        }
        PersonTraining::Trained(notes)
    }
}

/// What has to be said of training that counts.
fn describe_valid(login: &Login, course: &str, valid: &ValidTraining) -> Vec<String> {
    let waived = valid
        .waived
        .as_ref()
        .map(|why| format!("{login} did not complete `{course}`, which was waived: {why}"));
    let end = valid.until.filter(|_| valid.in_grace);
    let grace =
        end.map(|end| format!("the training of {login} in `{course}` ended at {end} and counts by `grace`"));
    waived.into_iter().chain(grace).collect()
}

/// The training of the policy, which the reader of policies holds to be there.
///
/// # Errors
/// The policy has no `[training]`.
pub fn training_of(scope: &PolicyScope) -> Result<&TrainingInForce, Gap> {
    scope.training.as_ref().ok_or_else(|| {
        let remedy = "Add `[training]` with the courses to the policy.";
        Gap::new(
            "the courses and the register of people",
            GapReason::NotAsked,
            "the policy names none",
            remedy,
        )
    })
}

/// The names of courses as settings write them.
pub fn course_names<'s>(courses: impl IntoIterator<Item = &'s Spanned<String>>) -> Vec<&'s str> {
    courses.into_iter().map(|course| course.get_ref().as_str()).collect()
}

/// Names of courses for a sentence.
pub fn list_courses(courses: &[&str]) -> String {
    courses.iter().map(|course| format!("`{course}`")).collect::<Vec<_>>().join(" and ")
}

fn missing_register(settings: &TrainingSettings) -> Gap {
    let path = &settings.register;
    Gap::new(
        "who is trained",
        GapReason::NotVisible,
        format!("there is no {path} at the base"),
        format!("Land {path} with the people and their training first; it counts from the next request on."),
    )
}

fn unknown_person(settings: &TrainingSettings, login: &Login) -> Gap {
    let path = &settings.register;
    Gap::new(
        format!("whether {login} was trained"),
        GapReason::NotVisible,
        format!("no entry of {path} has this account"),
        format!(
            "Add the account to the person's entry in {path}, or have a person approve or deploy who is in it."
        ),
    )
}

fn unknown_course(name: &str) -> Gap {
    let remedy = format!("Add `[training.courses.{name}]` to the policy.");
    Gap::new(
        format!("who is trained in `{name}`"),
        GapReason::Contradiction,
        "the policy has no such course",
        remedy,
    )
}

/// What staff have to know of the register and of training that has ended, in sentences. `what`
/// waits where the training of someone is not known.
pub fn tell_register(told: &mut ControlProcedure, unknown: UnknownPeople, rules: &TrainingRules, what: &str) {
    let text = match unknown {
        UnknownPeople::Unproven => {
            format!(
                "The training of someone who is not in the register is not known, and {what} waits until it is."
            )
        }
        UnknownPeople::Refuse => "Someone who is not in the register counts as not trained.".to_string(),
    };
    told.say(&["unknown"], text);
    if rules.grace.is_positive() {
        let time = duration(rules.grace);
        told.say(&["grace"], format!("Training counts for {time} more after it has ended."));
    }
    if rules.refuse_waived {
        told.say(&["waived"], "A course that was waived for someone does not count.");
    }
}
