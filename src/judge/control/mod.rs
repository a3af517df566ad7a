//! Controls: named requirements, one file each.
//!
//! A control is its settings (what the policy writes under `[controls.NAME]`) plus a pure function
//! from facts to findings. To add one, write its file and its documentation beside it, declare it
//! here and add its line to [`TABLE`].

use portcullis_model::decision::{Finding, Subject, SubjectKind, TouchedArea, Verdict};
use portcullis_model::deployment::{Deployment, LandingFacts};
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::Facts;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::inventory::Inventory;
use portcullis_model::notification::NotificationRules;
use portcullis_model::person::{Login, People, TeamName};
use portcullis_model::protection::Rule;
use portcullis_model::reconciliation::Dataset;
use portcullis_model::training::TrainingRules;
use portcullis_pattern::glob::Glob;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::named_check::NamedCheck;
use std::collections::BTreeMap;
use toml::de::ValueDeserializer;

pub mod changed_line_coverage;
pub mod deployers;
pub mod documentation;
pub mod documented_procedure;
pub mod freeze;
pub mod gate_integrity;
pub mod procedure;
pub mod protected_branch;
pub mod reconciled;
mod references;
pub mod regression_tests;
pub mod required_checks;
pub mod required_reviews;
mod review_settings;
pub mod reviewed_landings;
#[cfg(test)]
pub mod schema;
pub mod shared;
pub mod strictness;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod timely_notices;
pub mod trained_deployers;
pub mod trained_reviewers;
mod waivable;

pub use documentation::Documentation;
use procedure::{ControlProcedure, Procedure, ProcedurePart};
pub use references::{NamedSuite, Reference, SuiteNeed};
pub use review_settings::ReviewSettings;
pub use shared::review_rules::ReviewRules;
pub use shared::training::TrainingInForce;
pub use waivable::Waivable;

/// Every control, sorted by name.
pub static TABLE: &[&Kind] = &[
    &changed_line_coverage::KIND,
    &deployers::KIND,
    &documented_procedure::KIND,
    &freeze::KIND,
    &gate_integrity::KIND,
    &protected_branch::KIND,
    &reconciled::KIND,
    &regression_tests::KIND,
    &required_checks::KIND,
    &required_reviews::KIND,
    &reviewed_landings::KIND,
    &timely_notices::KIND,
    &trained_deployers::KIND,
    &trained_reviewers::KIND,
];

/// The control of this name.
pub fn find_kind(name: &str) -> Option<&'static Kind> {
    TABLE.iter().copied().find(|kind| kind.name == name)
}

/// A control as the rest of the program knows it. Nothing else is known of it by its name.
#[derive(Debug)]
pub struct Kind {
    /// The name under `[controls]`, and the one under which its findings are reported.
    pub name: &'static str,
    /// When it is judged.
    pub stage: Stage,
    /// How often it is judged in a deployment.
    pub granularity: Granularity,
    /// Is it judged by every policy, also by one that does not name it?
    pub always_on: bool,
    /// What waivers may cover of its findings.
    pub waivable: Waivable,
    /// What people read about it.
    pub documentation: Documentation,
    /// Its place in the procedure for staff.
    pub procedure: ProcedurePart,
    /// What stricter means for each of its settings.
    pub strictness: &'static [strictness::StrictnessRule],
    /// Reads its settings.
    pub read: fn(ValueDeserializer<'_>) -> Result<Box<dyn Control>, toml::de::Error>,
    /// Describes its settings: [`schema::of`] the type that [`Kind::read`] reads.
    #[cfg(test)]
    pub schema: schema::Describe,
}

/// When a control is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before a change lands.
    Change,
    /// Before what has landed is deployed. It stops no change.
    Deployment,
    /// Each time.
    Both,
}

impl Stage {
    /// Is a change judged before it lands?
    pub fn has_changes(self) -> bool {
        self != Stage::Deployment
    }

    /// Is a deployment judged?
    pub fn has_deployments(self) -> bool {
        self != Stage::Change
    }
}

/// The settings of one control, ready to judge.
pub trait Control: std::fmt::Debug + Send + Sync {
    /// The control whose settings these are.
    fn kind(&self) -> &'static Kind;

    /// What the settings come to, in sentences for staff who know neither the settings nor this
    /// program; at least one. `portcullis policy procedure` puts those of all controls together.
    fn procedure(&self, scope: &PolicyScope) -> ControlProcedure;

    /// Adds what it needs to know to the inquiry.
    fn ask(&self, inquiry: &mut Inquiry);

    /// The areas, roles and suites that its settings name, for the policy reader to look up.
    fn references(&self) -> Vec<Reference<'_>> {
        Vec::new()
    }

    /// The suites that its settings define: what a report or statement can be named after.
    fn suites(&self) -> Vec<NamedSuite<'_>> {
        Vec::new()
    }

    /// What each of those suites has to show, for those who ask what a green run would be.
    fn suite_needs(&self) -> Vec<SuiteNeed<'_>> {
        Vec::new()
    }

    /// The checks of the head that its settings ask for, also those that vouch for evidence.
    fn wanted_checks(&self) -> Vec<&NamedCheck> {
        Vec::new()
    }

    /// What its settings ask the host to impose on the branch.
    fn wanted_rules(&self) -> &[Rule] {
        &[]
    }

    /// The environments that its settings name, where they are about some only.
    fn environments(&self) -> &[Environment] {
        &[]
    }

    /// Which approvals count whose commit the host does not state, where its settings say so.
    fn review_basis(&self) -> Option<ReviewBasis> {
        None
    }

    /// How many people have to approve what, where its settings say so.
    fn review_rules(&self) -> Option<&ReviewRules> {
        None
    }

    /// How far the independence of its approvals goes, where its settings say so.
    fn independence(&self) -> Option<shared::approval::Independence> {
        None
    }

    /// The roles that have to approve changes to an area, where its settings say so.
    fn owners(&self, _area: &str) -> Vec<String> {
        Vec::new()
    }

    /// How strictly it reads training, where its settings say so.
    fn training_rules(&self) -> Option<TrainingRules> {
        None
    }

    /// How many approvals it demands of every change; 0 for none. A server whose hook runs the gate
    /// imposes as many.
    fn approvals(&self) -> u64 {
        0
    }

    /// The patterns of its settings over files of the repository, which `portcullis policy check`
    /// holds against HEAD.
    fn repository_files(&self) -> Vec<&Glob> {
        Vec::new()
    }

    /// Judges. A control that is concerned says so with at least one finding that is not a note;
    /// one that has nothing to judge says [`Verdict::Exempt`] or [`Verdict::Met`] and why.
    ///
    /// # Errors
    /// A fact without which nothing can be said.
    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap>;

    /// Compares documents of the repository with the procedure that belongs to the policy as it
    /// would be after the change. Once for a change, a batch or a deployment.
    ///
    /// # Errors
    /// A fact without which nothing can be said.
    fn check_documents(
        &self,
        _case: &Case<'_>,
        _procedure: &dyn Fn() -> Procedure,
    ) -> Result<Vec<Finding>, Gap> {
        Ok(Vec::new())
    }

    /// Does it judge by the parties of the policy's `[notification]`?
    fn needs_parties(&self) -> bool {
        false
    }

    /// How long an approval of the published procedure counts, where its settings ask for one.
    fn procedure_review(&self) -> Option<jiff::SignedDuration> {
        None
    }

    /// Where its settings say that the procedure is published: a path of the repository.
    fn published_page(&self) -> Option<&str> {
        None
    }

    /// Judges a landing as a whole, beyond the requests that explain it.
    ///
    /// # Errors
    /// A fact without which nothing can be said.
    fn check_landing(&self, _case: &LandingCase<'_>) -> Result<Vec<Finding>, Gap> {
        Ok(Vec::new())
    }
}

/// How often a control is judged in a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// Once for each request of each landing, by the facts of that request.
    PerLanding,
    /// Once for the branch and the candidate.
    Once,
}

/// One landing: what was seen of it, and which areas it touches.
pub struct LandingCase<'a> {
    /// What was seen.
    pub landing: &'a LandingFacts,
    /// Everything that it is a part of, as one change.
    pub whole: &'a Facts,
    /// The deployment that it belongs to; `None` for a step of a batch, which has not landed.
    pub deployment: Option<&'a Deployment>,
    /// What the policy says.
    pub scope: &'a PolicyScope,
    /// The areas that it touches; a gap when a file could not be placed.
    pub touched: &'a Fact<Vec<TouchedArea>>,
}

/// Reads settings of type `T`; the usual [`Kind::read`].
///
/// # Errors
/// Whatever serde has to say, with the span of the offending text.
pub fn read<T: Control + DeserializeOwned + 'static>(
    settings: ValueDeserializer<'_>,
) -> Result<Box<dyn Control>, toml::de::Error> {
    Ok(Box::new(T::deserialize(settings)?))
}

/// What the policy says that several controls need.
#[derive(Clone, Debug)]
pub struct PolicyScope {
    /// The data-processing areas.
    pub inventory: Inventory,
    /// Who is who.
    pub people: People,
    /// The roles, by name.
    pub roles: BTreeMap<String, Role>,
    /// The deployment branches.
    pub deployment: Vec<Glob>,
    /// Which approvals count whose commit is not stated, by `required-reviews`.
    pub review_basis: ReviewBasis,
    /// Which reviews count beside those of the host.
    pub reviews: ReviewSettings,
    /// How many people have to approve what, by `required-reviews`.
    pub review_rules: ReviewRules,
    /// The courses and the register of people; `None` where the policy has no `[training]`.
    pub training: Option<TrainingInForce>,
    /// The datasets that are reconciled, by name.
    pub datasets: BTreeMap<String, Dataset>,
    /// Who has to be told of an incident; `None` where the policy has no `[notification]`.
    pub notification: Option<NotificationRules>,
}

impl PolicyScope {
    /// Is it known which accounts belong to one person?
    ///
    /// # Errors
    /// The policy names a register of people, and it cannot be read.
    pub fn check_identities(&self) -> Result<(), Gap> {
        self.training.as_ref().map_or(Ok(()), TrainingInForce::check_readable)
    }
}

/// Which approvals count whose commit the host does not state. All controls that count approvals
/// go by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReviewBasis {
    /// Those of a commit that was derived from other facts.
    pub derived: DerivedReviews,
    /// Those of a tree.
    pub trees: TreeReviews,
}

impl ReviewBasis {
    /// The control whose settings it is among.
    pub fn set_by() -> &'static str {
        required_reviews::KIND.name
    }
}

/// Whether approvals count whose commit was derived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DerivedReviews {
    /// They never do.
    Refuse,
    /// They do for changes that touch no data-processing area and nothing that steers the gate.
    #[default]
    OutsideDataProcessing,
    /// They always do.
    Accept,
}

/// Whether approvals of a tree count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TreeReviews {
    /// They do where the tree over its base is exactly what the request would land.
    #[default]
    Proved,
    /// They never do.
    Refuse,
}

/// People who may fill a role. Anyone in any of the lists may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Role {
    /// Logins of single accounts.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub users: Vec<Login>,
    /// Teams, as their host writes them: `organisation/team` on GitHub, `group/sub-group` on
    /// GitLab.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub teams: Vec<TeamName>,
    /// `true`: the owners of the touched files, by CODEOWNERS at the base. Each touched file then
    /// needs the approval of one of its own owners. Default: `false`.
    pub code_owners: bool,
}

impl Role {
    /// Do owners of files alone hold it? Then no one holds it where nothing is said of files.
    pub fn is_owners_alone(&self) -> bool {
        self.code_owners && self.users.is_empty() && self.teams.is_empty()
    }
}

/// One judgement: the facts, the policy's scope, and which areas are touched.
pub struct Case<'a> {
    /// What was seen.
    pub facts: &'a Facts,
    /// The deployment that this belongs to; `None` when one change is judged before it lands.
    pub deployment: Option<&'a Deployment>,
    /// What the policy says.
    pub scope: &'a PolicyScope,
    /// The touched areas; a gap when a file could not be placed.
    pub touched: &'a Fact<Vec<TouchedArea>>,
}

/// Starts a finding of a control.
pub fn finding(
    control: &str,
    verdict: Verdict,
    kind: SubjectKind,
    name: impl Into<String>,
    reason: impl Into<String>,
) -> Finding {
    Finding {
        verdict,
        control: control.to_string(),
        subject: Subject { kind, name: name.into() },
        reason: reason.into(),
        remedy: None,
        details: Vec::new(),
        place: None,
    }
}

/// The finding that a gap leaves behind.
pub fn unproven(control: &str, kind: SubjectKind, name: impl Into<String>, gap: &Gap) -> Finding {
    finding(control, Verdict::Unproven, kind, name, gap.to_string()).remedy(gap.remedy.clone())
}

/// What to do where the policy says too little of an area. A change is judged by the policy at its
/// base, so a change of that helps; a deployment is judged by the one at the deployed commit, which
/// no one can change any more.
fn widen_remedy(case: &Case<'_>, control: &str, area: &str, change: String) -> String {
    match case.deployment {
        None => change,
        Some(_) => format!(
            "A deployment is judged by the policy at the deployed commit, which does not cover it: have a waiver approved in {} \
             (`control = \"{control}\"`, `area = \"{area}\"`), and correct the policy for later changes",
            portcullis_model::waiver::PATH
        ),
    }
}
