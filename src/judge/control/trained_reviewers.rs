//! `trained-reviewers`: the approvals that are required come from people with valid training.
//!
//! Approvals are counted as `required-reviews` counts them. Those of people whose training was not
//! valid when they approved are set aside, and the rest has to suffice by itself. So an approval of
//! an untrained person does no harm, and is not one of the required ones.

use super::procedure::ControlProcedure;
use super::shared::approval::{Approval, Approvals, count_approvals};
use super::shared::quorum::{Demand, Judgement, judge_demand, nothing_to_judge, touched_files};
use super::shared::review_rules::{Applied, touched_areas};
use super::shared::training::{
    GraceDays, PersonTraining, Trainee, TrainingInForce, UnknownPeople, WaivedCourses, course_names,
    list_courses, training_of, training_rules,
};
use super::{
    Case, Control, Documentation, Granularity, Kind, PolicyScope, Reference, Stage, Waivable, finding, read,
    unproven,
};
use jiff::Timestamp;
use portcullis_model::change::FileChange;
use portcullis_model::decision::{Finding, Place, SubjectKind, TouchedArea, Verdict};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::training::TrainingRules;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use toml::Spanned;

mod procedure;
mod strictness;

const NAME: &str = "trained-reviewers";

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    stage: Stage::Both,
    granularity: Granularity::PerLanding,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("trained_reviewers.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<TrainedReviewers>,
    #[cfg(test)]
    schema: super::schema::of::<TrainedReviewers>,
};

/// Its settings.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "WrittenTrainedReviewers"))]
#[serde(try_from = "WrittenTrainedReviewers")]
pub struct TrainedReviewers {
    courses: Vec<Spanned<String>>,
    approvals: Option<NonZeroU64>,
    every_change: bool,
    areas: BTreeMap<Spanned<String>, AreaTraining>,
    unknown: UnknownPeople,
    rules: TrainingRules,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenTrainedReviewers {
    /// The courses that reviewers of any data-processing area need, all of them, by their names in
    /// `[training.courses]`.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    courses: Vec<Spanned<String>>,
    /// How many trained people must approve. Default: the approvals and roles that
    /// `required-reviews` demands, all by trained people; 1 where it demands none.
    approvals: Option<NonZeroU64>,
    /// `true`: reviewers of changes outside every area need the `courses` too. Default: `false`.
    #[serde(default)]
    every_change: bool,
    /// What reviewers of the area of this name need as well.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, AreaTraining>"))]
    areas: BTreeMap<Spanned<String>, AreaTraining>,
    /// What becomes of people whom the register does not have. Default: `"unproven"`.
    #[serde(default)]
    unknown: UnknownPeople,
    /// Whether courses count that were waived. Default: `"accept"`.
    #[serde(default)]
    waived: WaivedCourses,
    /// How long training still counts after its end, in days: `"14d"`; at most 90. Default: not at
    /// all.
    #[serde(default)]
    grace: GraceDays,
}

/// What reviewers of one area need beside the courses for every area.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AreaTraining {
    /// The courses, all of them.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    courses: Vec<Spanned<String>>,
    /// How many trained people must approve, where it is not as for other areas.
    approvals: Option<NonZeroU64>,
}

impl TryFrom<WrittenTrainedReviewers> for TrainedReviewers {
    type Error = &'static str;

    fn try_from(written: WrittenTrainedReviewers) -> Result<Self, Self::Error> {
        let WrittenTrainedReviewers { courses, approvals, every_change, areas, unknown, waived, grace } =
            written;
        if courses.is_empty() && areas.values().all(|area| area.courses.is_empty()) {
            return Err("these settings require no training; name a course in `courses`");
        }
        if courses.is_empty() && every_change {
            return Err("`every-change = true` needs `courses`");
        }
        if courses.is_empty() && areas.values().any(|area| area.courses.is_empty()) {
            return Err("an area here requires no training; name a course in its `courses`");
        }
        let rules = training_rules(grace, waived);
        Ok(TrainedReviewers { courses, approvals, every_change, areas, unknown, rules })
    }
}

impl Control for TrainedReviewers {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        self.tell()
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.extend([Topic::Reviews, Topic::Pushes]);
    }

    fn training_rules(&self) -> Option<TrainingRules> {
        Some(self.rules)
    }

    fn references(&self) -> Vec<Reference<'_>> {
        let of_areas = self.areas.values().flat_map(|area| &area.courses);
        let courses = self.courses.iter().chain(of_areas).map(Reference::Course);
        self.areas.keys().map(Reference::Area).chain(courses).collect()
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let change = case.facts.change.known()?;
        if let Some(found) = nothing_to_judge(NAME, change) {
            return Ok(vec![found]);
        }
        let head = change.head.short();
        if let Fact::Gap(gap) = case.touched {
            return Ok(vec![unproven(NAME, SubjectKind::Change, head, gap)]);
        }
        let wanted = self.wanted(case);
        if wanted.is_empty() {
            let reason = "the change touches no area whose reviewers need training";
            return Ok(vec![finding(NAME, Verdict::Exempt, SubjectKind::Change, head, reason)]);
        }
        let training = training_of(case.scope)?;
        training.known_register()?;
        let approvals = count_approvals(case, case.scope.review_rules.independence)?;
        let (files, at) = (touched_files(case)?, moment_without_host(case)?);
        let bench = Bench { control: self, case, training, approvals: &approvals, files: &files, at };
        Ok(wanted.iter().map(|wanted| bench.judge(wanted)).collect())
    }
}

/// What is wanted of the reviewers of one area, or of the whole request.
struct WantedTraining<'a> {
    area: Option<&'a TouchedArea>,
    courses: Vec<&'a str>,
    approvals: Option<NonZeroU64>,
}

impl TrainedReviewers {
    fn wanted<'a>(&'a self, case: &Case<'a>) -> Vec<WantedTraining<'a>> {
        let whole = self.every_change.then(|| WantedTraining {
            area: None,
            courses: course_names(&self.courses),
            approvals: self.approvals,
        });
        let areas = touched_areas(case).iter().map(|area| self.of_area(area));
        whole.into_iter().chain(areas).filter(|wanted| !wanted.courses.is_empty()).collect()
    }

    fn of_area<'a>(&'a self, area: &'a TouchedArea) -> WantedTraining<'a> {
        let own = self.areas.get(area.area.as_str());
        let more = own.into_iter().flat_map(|own| &own.courses);
        let mut courses = course_names(self.courses.iter().chain(more));
        courses.sort_unstable();
        courses.dedup();
        let approvals = own.and_then(|own| own.approvals).or(self.approvals);
        WantedTraining { area: Some(area), courses, approvals }
    }
}

/// The moment that counts for an approval whose time no host states: that of the landing, or of the
/// judgement where nothing has landed.
fn moment_without_host(case: &Case<'_>) -> Result<Timestamp, Gap> {
    let merged = case.facts.host.request.known()?.merged;
    merged.map_or_else(|| case.facts.observed.known().copied(), Ok)
}

/// What every rule is judged with.
struct Bench<'a> {
    control: &'a TrainedReviewers,
    case: &'a Case<'a>,
    training: &'a TrainingInForce,
    approvals: &'a Approvals,
    files: &'a [&'a FileChange],
    at: Timestamp,
}

impl Bench<'_> {
    fn judge(&self, wanted: &WantedTraining<'_>) -> Finding {
        let request = self.case.facts.host.request.value().map(|request| request.id.to_string());
        let request = request.unwrap_or_default();
        let (kind, name) = match wanted.area {
            Some(area) => (SubjectKind::Area, area.area.clone()),
            None => (SubjectKind::Request, request),
        };
        let (trained, notes) = self.sort_by_training(&wanted.courses);
        let judged = self.judge_demands(wanted, &trained);
        let place = wanted.area.and_then(|area| area.touches.first());
        let place = place.map(|touch| Place { path: touch.path.clone(), line: touch.line });
        match judged {
            Err(gap) => unproven(NAME, kind, name, &gap),
            Ok(judgement) => {
                let mut found = self.describe(&judgement, wanted).finding(NAME, kind, name);
                found.details.extend(notes);
                found.place = place;
                found
            }
        }
    }

    fn describe(&self, judgement: &Judgement, wanted: &WantedTraining<'_>) -> Judgement {
        let (courses, path) = (list_courses(&wanted.courses), &self.training.settings.register);
        let mut told = judgement.clone();
        told.reason = format!("by people trained in {courses}: {}", judgement.reason);
        if judgement.verdict == Verdict::Broken {
            told.remedy = Some(format!(
                "Ask people whose training in {courses} is in {path} at the base to approve, or renew the training of those who \
                 approved, land it in {path}, and have them approve again."
            ));
        }
        told
    }

    /// The approvals of trained people; the others are set aside with their reasons.
    fn sort_by_training(&self, courses: &[&str]) -> (Approvals, Vec<String>) {
        let mut sorted = Approvals { counted: Vec::new(), unclear: Vec::new(), ..self.approvals.clone() };
        let mut notes = Vec::new();
        let counted = self.approvals.counted.iter().map(|approval| (approval, None));
        let unclear = self.approvals.unclear.iter().map(|(approval, gap)| (approval, Some(gap)));
        for (approval, doubt) in counted.chain(unclear) {
            match (self.training_of(approval, courses), doubt) {
                (PersonTraining::Untrained(why), _) => sorted.rejected.push(set_aside(approval, &why)),
                (PersonTraining::Unknown(gap), _) if self.control.unknown == UnknownPeople::Refuse => {
                    sorted.rejected.push(set_aside(approval, &gap.to_string()));
                }
                (PersonTraining::Unknown(gap), None) => sorted.unclear.push((approval.clone(), gap)),
                (PersonTraining::Trained(more), None) => {
                    notes.extend(more);
                    sorted.counted.push(approval.clone());
                }
                (_, Some(gap)) => sorted.unclear.push((approval.clone(), gap.clone())),
            }
        }
        (sorted, notes)
    }

    fn training_of(&self, approval: &Approval, courses: &[&str]) -> PersonTraining {
        let trainee = Trainee { who: &approval.who, login: &approval.login, key: approval.key.as_deref() };
        let at = approval.given.unwrap_or(self.at);
        self.training.judge_person(&trainee, courses, at, self.control.rules)
    }

    /// The worst judgement of all that is demanded.
    fn judge_demands(&self, wanted: &WantedTraining<'_>, trained: &Approvals) -> Result<Judgement, Gap> {
        let applied = self.applied(wanted);
        if wanted.approvals.is_some() || applied.is_empty() {
            let approvals = wanted.approvals.map_or(1, NonZeroU64::get);
            let demand = Demand { approvals, roles: &[], files: self.files, all_owned: false };
            return judge_demand(self.case, trained, &demand);
        }
        let judged = applied.iter().map(|applied| applied.judge(self.case, trained, self.files));
        let judged = judged.collect::<Result<Vec<_>, _>>()?;
        let worst = judged.into_iter().max_by_key(|judgement| judgement.verdict.outcome());
        worst.ok_or_else(|| Gap::not_asked("the required approvals", "Set `approvals`."))
    }

    /// The rules of `required-reviews` that are about the same area, or about any change.
    fn applied(&self, wanted: &WantedTraining<'_>) -> Vec<Applied<'_>> {
        let all = self.case.scope.review_rules.applied(self.case);
        let is_same = |applied: &Applied<'_>| {
            applied.area.is_none_or(|area| wanted.area.is_some_and(|wanted| wanted.area == area.area))
        };
        all.into_iter().filter(is_same).collect()
    }
}

fn set_aside(approval: &Approval, why: &str) -> String {
    format!("review {} by {} is not one of the required ones: {why}", approval.review, approval.login)
}

#[cfg(test)]
mod tests;
