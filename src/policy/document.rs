//! The text form of a policy, but for its controls: what serde reads.
//!
//! Every part is optional here. What is missing is found by looking at the text, so that one mistake hides no other.

use super::durations::LongestWaiver;
use crate::control::Role;
use crate::model::environment::Environment;
use crate::model::glob::Glob;
use crate::model::inventory::Opaque;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use toml::Spanned;

/// A list with the place of every element.
pub type List<T> = Spanned<Vec<Spanned<T>>>;

/// The whole.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Document {
    /// The version of this form; looked at before anything else.
    pub schema: Option<u32>,
    /// `[project]`.
    pub project: Option<Project>,
    /// `[branches]`.
    pub branches: Option<Branches>,
    /// `[deployment]`.
    pub deployment: Option<DeploymentText>,
    /// `[[data-processing]]`.
    pub data_processing: Option<Spanned<Vec<Spanned<AreaText>>>>,
    /// `[[people]]`.
    pub people: Vec<Spanned<Person>>,
    /// `[roles.NAME]`.
    pub roles: BTreeMap<Spanned<String>, Spanned<Role>>,
    /// `[waivers]`.
    pub waivers: Option<Waivers>,
    /// `[controls.NAME]`; each is read by its control.
    pub controls: Option<IgnoredAny>,
}

/// Whose policy it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Project {
    /// The project.
    pub name: Spanned<String>,
    /// Who answers for it.
    pub accountable: Option<Spanned<String>>,
}

/// What waivers may be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waivers {
    /// How long one may last.
    #[serde(default)]
    pub longest: LongestWaiver,
    /// Where the keys stand that approvers sign them with; without it the file's word is taken.
    pub signers: Option<Spanned<String>>,
}

/// Which branches are judged, and how.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Branches {
    /// The deployment branches.
    pub deployment: List<Glob>,
    /// Which paths count.
    #[serde(default)]
    pub history: History,
}

/// Where to is deployed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeploymentText {
    /// The environments; no other is deployed to.
    pub environments: List<Environment>,
}

/// Which paths of a change count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum History {
    /// Those that differ between the base and the head.
    #[default]
    Net,
    /// Also those that only single commits on the way touch.
    EachCommit,
}

/// A data-processing area.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AreaText {
    /// Its name.
    pub name: Spanned<String>,
    /// What it is for.
    pub purpose: Spanned<String>,
    /// Paths that belong to it.
    pub paths: Option<List<Glob>>,
    /// Regular expressions over changed lines.
    pub content: Option<List<String>>,
    /// Paths that do not belong to it after all.
    pub exclude: Option<List<Glob>>,
    /// What of a change that the expressions cannot see into.
    #[serde(default)]
    pub opaque: Opaque,
}

/// An entry of the identity map.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Person {
    /// The name to show.
    pub name: Spanned<String>,
    /// All logins.
    #[serde(default)]
    pub logins: Vec<Spanned<String>>,
    /// All addresses.
    #[serde(default)]
    pub emails: Vec<Spanned<String>>,
    /// A machine that writes commits.
    #[serde(default)]
    pub machine: bool,
}
