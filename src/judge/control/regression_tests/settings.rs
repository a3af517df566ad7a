//! What a suite says of the evidence that it accepts: how it is bound, how old it may be, what it
//! is compared with.

use super::Suite;
use crate::control::shared::evidence_binding::{self, Trust};
use crate::control::shared::named_check::NamedCheck;
use portcullis_model::path::RepoPath;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::collections::{BTreeMap, BTreeSet};

/// Must there be a baseline?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BaselineSetting {
    /// The branch must have a recorded run.
    Required,
    /// The first run may come without one. If there is one, the run is compared with it.
    FirstRun,
}

/// Must a run say how its command ended? One that says that it failed has failed, whatever is
/// asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ExitStatusSetting {
    /// Only statements that hold the exit status of the command count.
    Required,
}

/// May tests be skipped?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Skipped {
    /// They may, unless they are `required`. They never count as passed.
    #[default]
    Allow,
    /// A skipped test blocks.
    Block,
}

/// What of tests that passed after they had failed?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Flaky {
    /// It blocks.
    #[default]
    Block,
    /// The decision notes it. It never counts as passed.
    Note,
}

/// The settings as they are written; what belongs together is checked when they are read.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WrittenSuites {
    /// The suites, by name.
    #[serde(deserialize_with = "some_suites")]
    pub suites: BTreeMap<String, Suite>,
    /// The file of allowed signers, in the format of ssh-keygen(1), read at the base. `trust =
    /// "signed"` needs it.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub signers: Option<RepoPath>,
}

impl WrittenSuites {
    /// What belongs together and is not.
    pub fn mistake(&self) -> Option<String> {
        self.suites.iter().find_map(|(name, suite)| {
            let mistake = suite.mistake(self.signers.is_some())?;
            Some(format!("the suite `{name}`: {mistake}"))
        })
    }
}

impl Suite {
    fn mistake(&self, has_signers: bool) -> Option<&'static str> {
        let names = self.configurations.as_deref().unwrap_or_default();
        let unique: BTreeSet<&String> = names.iter().collect();
        let wrong = [
            (
                self.trust == Some(Trust::Signed) && !has_signers,
                "`trust = \"signed\"` needs a list of signers: add `signers = \"…\"` to the control",
            ),
            (
                self.removed.is_some() && self.baseline.is_none(),
                "`removed` has no effect without a `baseline`",
            ),
            (
                unique.len() < names.len() || names.iter().any(String::is_empty),
                "a configuration is named twice, or has no name",
            ),
        ];
        let wrong = wrong.into_iter().find(|(is, _)| *is).map(|(_, mistake)| mistake);
        evidence_binding::mistake(self.trust, self.check.as_ref()).or(wrong)
    }

    /// Does it ask for more than reports?
    pub fn is_bound(&self) -> bool {
        self.trust.is_some()
            || self.baseline.is_some()
            || self.configurations.is_some()
            || self.max_age.is_some()
            || self.exit_status.is_some()
    }

    /// The check that vouches for the job.
    pub(in crate::control) fn vouching(&self) -> Option<&NamedCheck> {
        self.check.as_ref()
    }
}

fn some_suites<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Suite>, D::Error> {
    let suites = BTreeMap::deserialize(deserializer)?;
    if suites.is_empty() {
        return Err(Error::custom(
            "no suite is named, so nothing could ever be required; add one under `suites`",
        ));
    }
    Ok(suites)
}
