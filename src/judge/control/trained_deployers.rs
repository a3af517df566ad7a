//! `trained-deployers`: the person who deploys has valid training at the moment of the decision.

use super::procedure::ControlProcedure;
use super::shared::asserted::note_asserted;
use super::shared::identity::is_machine;
use super::shared::training::{
    GraceDays, PersonTraining, Trainee, UnknownPeople, WaivedCourses, course_names, list_courses,
    training_of, training_rules,
};
use super::{
    Case, Control, Documentation, Granularity, Kind, PolicyScope, Reference, Stage, Waivable, finding, read,
    unproven,
};
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::deployment::{Deployer, Deployment};
use portcullis_model::environment::Environment;
use portcullis_model::fact::Gap;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::training::TrainingRules;
use serde::Deserialize;
use toml::Spanned;

mod procedure;
mod strictness;

const NAME: &str = "trained-deployers";

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    stage: Stage::Deployment,
    granularity: Granularity::Once,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("trained_deployers.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<TrainedDeployers>,
    #[cfg(test)]
    schema: super::schema::of::<TrainedDeployers>,
};

/// Its settings.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "WrittenTrainedDeployers"))]
#[serde(try_from = "WrittenTrainedDeployers")]
pub struct TrainedDeployers {
    courses: Vec<Spanned<String>>,
    environments: Vec<Environment>,
    unknown: UnknownPeople,
    rules: TrainingRules,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenTrainedDeployers {
    /// The courses that the deployer needs, all of them, by their names in `[training.courses]`.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    courses: Vec<Spanned<String>>,
    /// The environments that this is about. Default: all.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    environments: Vec<Environment>,
    /// What becomes of a deployer whom the register does not have. Default: `"unproven"`.
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

impl TryFrom<WrittenTrainedDeployers> for TrainedDeployers {
    type Error = &'static str;

    fn try_from(written: WrittenTrainedDeployers) -> Result<Self, Self::Error> {
        let WrittenTrainedDeployers { courses, environments, unknown, waived, grace } = written;
        if courses.is_empty() {
            return Err("these settings require no training; name a course in `courses`");
        }
        Ok(TrainedDeployers { courses, environments, unknown, rules: training_rules(grace, waived) })
    }
}

impl Control for TrainedDeployers {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        self.tell()
    }

    fn ask(&self, _inquiry: &mut Inquiry) {}

    fn references(&self) -> Vec<Reference<'_>> {
        self.courses.iter().map(Reference::Course).collect()
    }

    fn training_rules(&self) -> Option<TrainingRules> {
        Some(self.rules)
    }

    fn environments(&self) -> &[Environment] {
        &self.environments
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let Some(deployment) = case.deployment else { return Ok(Vec::new()) };
        let name = &deployment.environment;
        if !self.environments.is_empty() && !self.environments.iter().any(|one| one.as_str() == name) {
            let reason = "the policy requires no training of the people who deploy there";
            return Ok(vec![finding(NAME, Verdict::Exempt, SubjectKind::Environment, name, reason)]);
        }
        let found =
            match deployment.deployer.known().and_then(|deployer| self.judge(case, deployment, deployer)) {
                Ok(findings) => findings,
                Err(gap) => vec![unproven(NAME, SubjectKind::Environment, name, &gap)],
            };
        Ok(found)
    }
}

impl TrainedDeployers {
    fn judge(
        &self,
        case: &Case<'_>,
        deployment: &Deployment,
        deployer: &Deployer,
    ) -> Result<Vec<Finding>, Gap> {
        let (login, courses) = (&deployer.login, course_names(&self.courses));
        let training = training_of(case.scope)?;
        training.known_register()?;
        let (who, at) = (case.scope.people.by_login(login), *case.facts.observed.known()?);
        let trainee = Trainee { who: &who, login, key: None };
        let named = list_courses(&courses);
        let of = |verdict, reason: String| {
            finding(NAME, verdict, SubjectKind::Environment, &deployment.environment, reason)
        };
        let path = &training.settings.register;
        let remedy = format!(
            "Have a person deploy whose training in {named} is in {path} at the deployed commit, or have a waiver approved."
        );
        if is_machine(case.scope, &case.facts.host, &who, login) {
            let reason = format!("{login}, who deploys, is a machine, and no machine is trained in {named}");
            return Ok(vec![of(Verdict::Broken, reason).remedy(remedy)]);
        }
        let found = match training.judge_person(&trainee, &courses, at, self.rules) {
            PersonTraining::Trained(notes) => {
                of(Verdict::Met, format!("{login}, who deploys, is trained in {named}")).details(notes)
            }
            PersonTraining::Untrained(why) => {
                of(Verdict::Broken, format!("{why}; the person who deploys needs training in {named}"))
                    .remedy(remedy)
            }
            PersonTraining::Unknown(gap) if self.unknown == UnknownPeople::Refuse => {
                of(Verdict::Broken, gap.to_string()).remedy(remedy)
            }
            PersonTraining::Unknown(gap) => {
                unproven(NAME, SubjectKind::Environment, &deployment.environment, &gap)
            }
        };
        Ok([found].into_iter().chain(note_asserted(NAME, deployment, deployer)).collect())
    }
}

#[cfg(test)]
mod tests;
