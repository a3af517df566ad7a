//! What a suite says of the evidence that it accepts: how it is bound, how old it may be, what it is compared with.

use super::Suite;
use crate::control::required_checks::Wanted;
use crate::model::path::RepoPath;
use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::collections::{BTreeMap, BTreeSet};

/// Which evidence counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// What was produced in this very job: reports beside a clean checkout of what is judged, and statements that were
    /// handed over and are of its tree.
    Local,
    /// The same, and a check of the head vouches for the job.
    Host,
    /// Statements that an allowed signer signed.
    Signed,
}

/// Must there be a baseline?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// There must: without one nobody knows what is missing.
    Required,
    /// The first run may come without. Where there is one, it is compared with.
    FirstRun,
}

/// How old a run may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Age(pub SignedDuration);

impl TryFrom<String> for Age {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = |digits: &str| {
            digits.parse::<u16>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let minutes = |suffix: char, each: i64| {
            text.strip_suffix(suffix).and_then(number).map(|number| i64::from(number) * each)
        };
        let minutes = minutes('m', 1).or_else(|| minutes('h', 60)).or_else(|| minutes('d', 24 * 60));
        let positive = minutes.filter(|minutes| (1..=366 * 24 * 60).contains(minutes));
        positive.map(|minutes| Age(SignedDuration::from_mins(minutes))).ok_or_else(|| {
            format!("`{text}` is not an age; write \"30m\", \"24h\" or \"7d\", at most a year")
        })
    }
}

/// The settings as they are written; what belongs together is checked when they are read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Written {
    #[serde(deserialize_with = "some_suites")]
    pub suites: BTreeMap<String, Suite>,
    #[serde(default)]
    pub signers: Option<RepoPath>,
}

impl Written {
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
                self.trust == Some(Trust::Host) && self.check.is_none(),
                "`trust = \"host\"` needs a check that vouches: add `check = { name = \"…\", app = \"…\" }`",
            ),
            (
                self.trust != Some(Trust::Host) && self.check.is_some(),
                "`check` is only looked at with `trust = \"host\"`",
            ),
            (
                self.trust == Some(Trust::Signed) && !has_signers,
                "`trust = \"signed\"` needs a list of signers: add `signers = \"…\"` to the control",
            ),
            (
                self.removed.is_some() && self.baseline.is_none(),
                "`removed` is only looked at with a `baseline`",
            ),
            (
                unique.len() < names.len() || names.iter().any(String::is_empty),
                "a configuration is named twice, or has no name",
            ),
        ];
        wrong.into_iter().find(|(is, _)| *is).map(|(_, mistake)| mistake)
    }

    /// Does it ask for more than reports?
    pub fn is_bound(&self) -> bool {
        self.trust.is_some()
            || self.baseline.is_some()
            || self.configurations.is_some()
            || self.max_age.is_some()
    }

    /// The check that vouches for the job.
    pub(in crate::control) fn vouching(&self) -> Option<&Wanted> {
        self.check.as_ref()
    }
}

fn some_suites<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Suite>, D::Error> {
    let suites = BTreeMap::deserialize(deserializer)?;
    if suites.is_empty() {
        return Err(Error::custom(
            "no suite is named, so nothing could ever be required; add one below `suites`",
        ));
    }
    Ok(suites)
}
