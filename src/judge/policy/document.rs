//! The text form of a policy, but for its controls: what serde reads.
//!
//! Every part is optional here. What is missing is found by looking at the text, so that one
//! mistake hides no other.

use super::durations::{AwaitedTime, LongestExport, LongestWaiver};
use super::house::{ExtendsText, HouseText};
use super::list::List;
use super::notification::NotificationText;
#[cfg(test)]
use super::reconciliation::DatasetText;
use super::reconciliation::DatasetTexts;
use super::training::TrainingText;
use crate::control::Role;
use portcullis_model::environment::Environment;
use portcullis_model::expectation::ExpectationRules;
use portcullis_model::inventory::Opaque;
use portcullis_model::signed::ImportSource;
use portcullis_pattern::glob::Glob;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use toml::Spanned;

/// The whole.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PolicyDocument {
    /// The version of the policy format: 1.
    #[cfg_attr(test, schemars(schema_with = "crate::control::schema::version"))]
    pub schema: Option<u32>,
    /// The project that the policy belongs to.
    pub project: Option<Project>,
    /// The house policy that this one extends. What is not written here is as it is there, and what
    /// is written here has to be at least as strict.
    pub extends: Option<ExtendsText>,
    /// What this policy, as a house policy, says to those that extend it.
    pub house: Option<HouseText>,
    /// The branches that are judged.
    pub branches: Option<Branches>,
    /// The environments that you deploy to. Leave it out to allow any environment name.
    pub deployment: Option<DeploymentText>,
    /// The data-processing areas of the repository; at least one, with `paths`, `content` or both.
    #[cfg_attr(test, schemars(with = "Vec<AreaText>"))]
    pub data_processing: Option<Spanned<Vec<Spanned<AreaText>>>>,
    /// People with several accounts or addresses, and machine accounts.
    /// Portcullis counts all accounts of a person as one.
    #[cfg_attr(test, schemars(with = "Vec<PersonEntry>"))]
    pub people: Vec<Spanned<PersonEntry>>,
    /// Roles by name, for controls that require approvals of particular people.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Role>"))]
    pub roles: BTreeMap<Spanned<String>, Spanned<Role>>,
    /// Limits for waivers and rollbacks.
    pub waivers: Option<Waivers>,
    /// Reviews that count beside those of the host: signed ones, kept in the repository.
    pub reviews: Option<ReviewsText>,
    /// What the records of deployments have to be.
    pub records: Option<RecordsText>,
    /// Whether changes in another version control system are judged by what an exporter states of
    /// them. Leave it out to refuse every evidence file.
    pub asserted: Option<AssertedText>,
    /// The courses that the controls of training name, and the register of people.
    pub training: Option<TrainingText>,
    /// The datasets whose records are sent to another system, by name, and what is asked of their
    /// arrival. `portcullis reconcile` compares them.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, DatasetText>"))]
    pub reconciliation: DatasetTexts,
    /// What should happen again and again, for `portcullis due`.
    pub due: Option<DueText>,
    /// Who has to be told of an incident, and by when.
    pub notification: Option<NotificationText>,
    /// The controls that are on, by name, with their settings. At least one must judge changes.
    #[cfg_attr(test, schemars(schema_with = "crate::control::schema::controls"))]
    pub controls: Option<IgnoredAny>,
}

/// Whose policy it is.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Project {
    /// The name that every decision shows.
    #[cfg_attr(test, schemars(with = "String"))]
    pub name: Spanned<String>,
    /// The office or person that answers for the software.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub accountable: Option<Spanned<String>>,
}

/// What waivers may be.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waivers {
    /// The longest time that a waiver or rollback may last, in hours or days: `"12h"`, `"30d"`; at
    /// most a year. Default: `"30d"`.
    #[serde(default)]
    pub longest: LongestWaiver,
    /// The file of allowed signers, in the format of ssh-keygen(1), read at the base. With it, a
    /// waiver or rollback is in force only if its approver signed it. Without it, no signature is
    /// required.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub signers: Option<Spanned<String>>,
}

/// What deployment records have to be.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecordsText {
    /// The file of allowed signers, in the format of ssh-keygen(1), read at the baseline. With it,
    /// each record has to be signed with one of these keys, and one that is not does not verify.
    #[cfg_attr(test, schemars(with = "String"))]
    pub signers: Spanned<String>,
}

/// Which reviews count beside those of the host.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReviewsText {
    /// The file of allowed signers, in the format of ssh-keygen(1), read at the base. Reviews that
    /// `portcullis approve` signed with their keys count on a plain git server, and where no host
    /// is asked.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub signers: Option<Spanned<String>>,
    /// `true`: signed reviews also count where the host has reviews of its own, if `[[people]]`
    /// names the reviewer with a login on the host. Default: `false`.
    #[serde(default)]
    pub beside_host: bool,
    /// Other systems whose reviews in the repository are read, with lower trust: decisions show
    /// them and what vouches for them. They count where signed reviews do, and only those of
    /// `imported-reviewers`. Default: none.
    #[serde(default)]
    pub imports: Vec<ImportName>,
    /// The people whose imported reviews count, by their names in `[[people]]`. Default: no one's.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub imported_reviewers: Vec<Spanned<String>>,
}

/// Which evidence files are accepted.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AssertedText {
    /// `true`: the gate judges by what an exporter states and Portcullis does not observe. With
    /// `false` every evidence file leaves the outcome undetermined.
    pub accept: bool,
    /// The repository, as the evidence file names it. A file of any other is refused.
    #[cfg_attr(test, schemars(with = "String"))]
    pub repository: Spanned<String>,
    /// The names of the exporters that are accepted. Default: any.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub exporters: Option<List<String>>,
    /// The longest time since the export: `"1h"`, `"7d"`; at most a year. Default: `"24h"`.
    #[serde(default)]
    pub max_age: LongestExport,
}

/// Another system that keeps reviews in the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ImportName {
    /// Votes on `Code-Review` in the notes of Gerrit's changes, `refs/changes/…/meta`.
    Gerrit,
    /// Approvals that gittuf's app saw on GitHub, and that its key vouches for. They are of a tree:
    /// see `trees` in `required-reviews`.
    Gittuf,
}

impl From<ImportName> for ImportSource {
    fn from(name: ImportName) -> Self {
        match name {
            ImportName::Gerrit => ImportSource::Gerrit,
            ImportName::Gittuf => ImportSource::Gittuf,
        }
    }
}

/// Which branches are judged, and how.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Branches {
    /// Names or glob patterns of the deployment branches.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub deployment: List<Glob>,
    /// Which changed paths count. Default: `"net"`.
    #[serde(default)]
    pub history: HistorySetting,
}

/// Where to is deployed.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeploymentText {
    /// The names of all environments. The gate blocks a deployment to any other.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub environments: List<Environment>,
}

/// What should happen again and again. `portcullis due` lists it when it did not.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DueText {
    /// The longest time between two snapshots of the protection of a deployment branch, in hours or
    /// days: `"25h"`. Default: none is expected.
    pub snapshots_every: Option<AwaitedTime>,
    /// The longest time from a deployment to its record: `"1h"`. The host's list of deployments
    /// says when one was, or `portcullis due --deployed`. Default: none is expected.
    pub records_within: Option<AwaitedTime>,
}

impl From<&DueText> for ExpectationRules {
    fn from(text: &DueText) -> Self {
        ExpectationRules {
            snapshots_every: text.snapshots_every.map(|time| time.0),
            records_within: text.records_within.map(|time| time.0),
        }
    }
}

/// Which paths of a change count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum HistorySetting {
    /// Paths that differ between the merge base and the head.
    #[default]
    Net,
    /// These, and paths that only a single commit touched and a later one restored.
    EachCommit,
}

/// A data-processing area.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AreaText {
    /// The name that the controls and every decision use for the area.
    #[cfg_attr(test, schemars(with = "String"))]
    pub name: Spanned<String>,
    /// What the code does, in words that a reader outside the team understands.
    #[cfg_attr(test, schemars(with = "String"))]
    pub purpose: Spanned<String>,
    /// Glob patterns of the files that belong to the area; `**` matches any number of directories.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub paths: Option<List<Glob>>,
    /// Regular expressions. A file with a changed line that matches one belongs to the area,
    /// wherever the file is.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub content: Option<List<String>>,
    /// Glob patterns of files that never belong to the area.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub exclude: Option<List<Glob>>,
    /// Which changed files belong to the area when `content` cannot search them: `"inside"` all but
    /// images and fonts, `"inside-with-media"` all, `"outside"` none. Default: `"inside"`.
    #[serde(default)]
    #[cfg_attr(test, schemars(schema_with = "crate::control::schema::opaque"))]
    pub opaque: Opaque,
}

/// An entry of the identity map.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PersonEntry {
    /// The name that decisions show.
    #[cfg_attr(test, schemars(with = "String"))]
    pub name: Spanned<String>,
    /// All logins of the person on the host.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub logins: Vec<Spanned<String>>,
    /// All e-mail addresses that the person commits with.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub emails: Vec<Spanned<String>>,
    /// `true` for a bot. A machine never counts as an approver. Default: `false`.
    #[serde(default)]
    pub machine: bool,
}
