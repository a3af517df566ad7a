//! What is to be said of a register at one moment: who is trained, and what there is to do.

use super::ReadRegister;
use jiff::{SignedDuration, Timestamp};
use portcullis_judge::control::shared::training::Trainee;
use portcullis_judge::control::{Control, Reference, deployers, trained_deployers, trained_reviewers};
use portcullis_judge::policy::Policy;
use portcullis_model::plural::plural;
use portcullis_model::training::{
    Course, RegisteredPerson, TrainingRules, TrainingSettings, TrainingStanding, judge_training,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Everything about one register.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RegisterStatus {
    /// The version of this form.
    pub schema: u32,
    /// The moment that it is about.
    pub at: String,
    /// The people, in the order of the register.
    pub people: Vec<PersonStatus>,
    /// What there is to do.
    pub remarks: Vec<RegisterRemark>,
    /// Teams in roles: their members are not seen here.
    pub unseen_teams: Vec<String>,
}

/// One person.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PersonStatus {
    /// The name.
    pub name: String,
    /// The line of the entry in the register.
    pub line: u64,
    /// Have they left?
    pub left: bool,
    /// Each course of the policy that the register has for the person.
    pub courses: BTreeMap<String, CourseStatus>,
}

/// What one person has of one course.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CourseStatus {
    /// Is it valid at the moment?
    pub valid: bool,
    /// Its end, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why it is not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Why it was waived, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

/// Something to do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RegisterRemark {
    /// The line of the register, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What kind it is.
    pub kind: RemarkKind,
    /// A sentence.
    pub text: String,
}

/// What kind of thing there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemarkKind {
    /// Training is over.
    Ended,
    /// Training ends soon.
    EndsSoon,
    /// Someone in a role has no valid training.
    Untrained,
    /// Someone in a role is not in the register.
    Unknown,
    /// The register names a course or a role that the policy does not have.
    NotInPolicy,
}

/// The moment, and how far ahead to look.
#[derive(Clone, Copy, Debug)]
pub struct Horizon {
    /// The moment.
    pub at: Timestamp,
    /// How long before its end training is mentioned.
    pub within: SignedDuration,
}

impl RegisterStatus {
    /// Of a register, by the policy that names it.
    pub(super) fn of(read: &ReadRegister, horizon: Horizon) -> Self {
        let ReadRegister { policy, settings, register, .. } = read;
        let mut remarks: Vec<RegisterRemark> = Vec::new();
        for person in &register.people {
            remarks.extend(unknown_names(policy, settings, person));
            remarks.extend(ending(settings, person, horizon));
        }
        remarks.extend(role_remarks(read, horizon.at));
        remarks.sort();
        remarks.dedup();
        let teams = policy.scope.roles.values().flat_map(|role| &role.teams);
        let teams: BTreeSet<String> = teams.map(ToString::to_string).collect();
        RegisterStatus {
            schema: 1,
            at: horizon.at.to_string(),
            people: register
                .people
                .iter()
                .map(|person| person_status(settings, person, horizon.at))
                .collect(),
            remarks,
            unseen_teams: teams.into_iter().collect(),
        }
    }
}

fn person_status(settings: &TrainingSettings, person: &RegisteredPerson, at: Timestamp) -> PersonStatus {
    let has = |name: &str| person.training.iter().any(|entry| entry.course == name);
    let courses = settings.courses.iter().filter(|(name, _)| has(name));
    PersonStatus {
        name: person.name.clone(),
        line: person.line,
        left: person.left.is_some_and(|left| left <= at),
        courses: courses
            .map(|(name, course)| (name.clone(), course_status(person, (name, course), at)))
            .collect(),
    }
}

fn course_status(person: &RegisteredPerson, course: (&str, &Course), at: Timestamp) -> CourseStatus {
    match judge_training(&[person], course, at, TrainingRules::default()) {
        TrainingStanding::Trained(valid) => CourseStatus {
            valid: true,
            until: valid.until.map(|end| end.to_string()),
            why: None,
            waived: valid.waived,
        },
        TrainingStanding::Untrained(why) => {
            CourseStatus { valid: false, until: None, why: Some(why), waived: None }
        }
    }
}

/// Courses and roles that the policy does not have.
fn unknown_names(
    policy: &Policy,
    settings: &TrainingSettings,
    person: &RegisteredPerson,
) -> Vec<RegisterRemark> {
    let name = &person.name;
    let remark = |line, text| RegisterRemark { line: Some(line), kind: RemarkKind::NotInPolicy, text };
    let courses = person.training.iter().filter(|entry| !settings.courses.contains_key(&entry.course));
    let courses = courses
        .map(|entry| remark(entry.line, format!("{name}: the policy has no course `{}`", entry.course)));
    let roles = person.roles.iter().filter(|role| !policy.scope.roles.contains_key(*role));
    let roles = roles.map(|role| remark(person.line, format!("{name}: the policy has no role `{role}`")));
    courses.chain(roles).collect()
}

/// Training that is over or ends soon, and that no later training replaces.
fn ending(settings: &TrainingSettings, person: &RegisteredPerson, horizon: Horizon) -> Vec<RegisterRemark> {
    if person.left.is_some_and(|left| left <= horizon.at) {
        return Vec::new();
    }
    let newest = settings.courses.iter().filter_map(|(name, course)| {
        let of_course = person.training.iter().filter(|entry| entry.course == *name);
        let begun = of_course.filter(|entry| entry.completed <= horizon.at);
        let last = begun.max_by_key(|entry| entry.end(course).unwrap_or(Timestamp::MAX))?;
        Some((name, last, last.end(course)?))
    });
    let mut remarks = Vec::new();
    for (course, entry, end) in newest {
        let name = &person.name;
        let left = end.duration_since(horizon.at);
        let (kind, text) = if end <= horizon.at {
            (RemarkKind::Ended, format!("{name}: training in `{course}` ended at {end}"))
        } else if left <= horizon.within {
            let days = plural(left.as_hours().unsigned_abs() / 24, "day");
            (RemarkKind::EndsSoon, format!("{name}: training in `{course}` ends at {end}, in {days}"))
        } else {
            continue;
        };
        remarks.push(RegisterRemark { line: Some(entry.line), kind, text });
    }
    remarks
}

/// People in roles whom the register does not have, or who lack training that a control asks for.
///
/// Who is who is what the gate makes of the same register.
fn role_remarks(read: &ReadRegister, at: Timestamp) -> Vec<RegisterRemark> {
    let ReadRegister { policy, settings, register, text, .. } = read;
    let scope = policy.scope_with(text);
    let mut remarks = Vec::new();
    for (role, members) in &policy.scope.roles {
        let controls = training_controls(policy, role);
        let wanted: BTreeSet<&str> = controls.iter().copied().flat_map(courses_of).collect();
        let refuse_waived =
            controls.iter().filter_map(|control| control.training_rules()).any(|rules| rules.refuse_waived);
        let rules = TrainingRules { refuse_waived, ..TrainingRules::default() };
        for login in &members.users {
            let who = scope.people.by_login(login);
            if scope.people.is_machine(&who) {
                continue;
            }
            let trainee = Trainee { who: &who, login, key: None };
            let entries = scope.training.iter().flat_map(|training| training.entries_of(register, &trainee));
            let entries: Vec<&RegisteredPerson> = entries.collect();
            if entries.is_empty() {
                let text = format!("{login}, in the role `{role}`, is not in the register");
                remarks.push(RegisterRemark { line: None, kind: RemarkKind::Unknown, text });
                continue;
            }
            let courses = settings.courses.iter().filter(|(name, _)| wanted.contains(name.as_str()));
            for (name, course) in courses {
                if let TrainingStanding::Untrained(why) = judge_training(&entries, (name, course), at, rules)
                {
                    let text = format!("{login}, in the role `{role}`, {why}");
                    let line = entries.first().map(|person| person.line);
                    remarks.push(RegisterRemark { line, kind: RemarkKind::Untrained, text });
                }
            }
        }
    }
    remarks
}

/// The controls of training that people of a role need: that of deployers for the role that
/// deploys, and that of reviewers for every other role.
fn training_controls<'p>(policy: &'p Policy, role: &str) -> Vec<&'p dyn Control> {
    let deploys = policy.controls.get(deployers::KIND.name);
    let deploys = deploys.is_some_and(|control| names_role(control.as_ref(), role));
    let mut others = policy.controls.iter().filter(|(name, _)| **name != deployers::KIND.name);
    let reviews = others.any(|(_, control)| names_role(control.as_ref(), role));
    let named = [(trained_deployers::KIND.name, deploys), (trained_reviewers::KIND.name, reviews)];
    let named = named.into_iter().filter(|(_, is_wanted)| *is_wanted);
    let controls = named.filter_map(|(name, _)| policy.controls.get(name));
    controls.map(|control| -> &'p dyn Control { &**control }).collect()
}

fn names_role(control: &dyn Control, role: &str) -> bool {
    control
        .references()
        .iter()
        .any(|reference| matches!(reference, Reference::Role(name) if name.get_ref() == role))
}

fn courses_of(control: &dyn Control) -> Vec<&str> {
    let course = |reference| match reference {
        Reference::Course(name) => Some(name.get_ref().as_str()),
        _ => None,
    };
    control.references().into_iter().filter_map(course).collect()
}
