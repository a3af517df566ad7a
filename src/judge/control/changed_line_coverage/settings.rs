//! What a policy writes under `[controls.changed-line-coverage]`.

use crate::control::shared::evidence_binding::{self, Age, Trust};
use crate::control::shared::named_check::NamedCheck;
use portcullis_model::line_coverage::{CoverageFormat, CoverageSource};
use portcullis_pattern::glob::Glob;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use toml::Spanned;

/// The settings.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "WrittenCoverage"))]
#[serde(try_from = "WrittenCoverage")]
pub struct ChangedLineCoverage {
    /// The share that every area needs.
    pub(super) minimum: Percent,
    /// The reports, by names of the policy's own.
    pub(super) reports: BTreeMap<String, ReportSource>,
    /// What is different for single areas.
    pub(super) areas: BTreeMap<Spanned<String>, OfArea>,
    /// Which evidence counts; `None`: every report that is found, and every statement of the tree
    /// that is handed over.
    pub(super) trust: Option<Spanned<Trust>>,
    /// The check of the head that vouches for the job.
    pub(super) check: Option<NamedCheck>,
    /// How old a report may be.
    pub(super) max_age: Option<Age>,
}

impl ChangedLineCoverage {
    /// Does it ask for more than reports?
    pub(super) fn is_bound(&self) -> bool {
        self.trust.is_some() || self.max_age.is_some()
    }
}

/// The settings as they are written; what belongs together is checked when they are read.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenCoverage {
    /// The share of the changed executable lines that tests must execute in each touched area, in
    /// percent.
    minimum: Percent,
    /// The coverage reports, under names of your own.
    #[serde(deserialize_with = "some_reports")]
    reports: BTreeMap<String, ReportSource>,
    /// What differs for the area of this name.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, OfArea>"))]
    areas: BTreeMap<Spanned<String>, OfArea>,
    /// Which evidence counts. Default: every report that is found, and every statement of the
    /// judged tree.
    #[cfg_attr(test, schemars(with = "Option<Trust>"))]
    trust: Option<Spanned<Trust>>,
    /// The check of the head that vouches for the job, with `trust = "host"`.
    check: Option<NamedCheck>,
    /// How old a report may be: `"30m"`, `"24h"`, `"7d"`; at most a year. Default: any age.
    max_age: Option<Age>,
}

impl TryFrom<WrittenCoverage> for ChangedLineCoverage {
    type Error = &'static str;

    fn try_from(written: WrittenCoverage) -> Result<Self, Self::Error> {
        let WrittenCoverage { minimum, reports, areas, trust, check, max_age } = written;
        let level = trust.as_ref().map(|trust| *trust.get_ref());
        match evidence_binding::mistake(level, check.as_ref()) {
            Some(mistake) => Err(mistake),
            None => Ok(ChangedLineCoverage { minimum, reports, areas, trust, check, max_age }),
        }
    }
}

/// Where some reports are, for which areas, and how their names become paths.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ReportSource {
    /// Glob patterns of the report files; each must find at least one.
    #[serde(deserialize_with = "not_empty")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    files: Vec<Glob>,
    /// The areas that the report covers. Default: all areas.
    #[serde(default, deserialize_with = "read_some")]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub(super) areas: Option<Vec<Spanned<String>>>,
    /// The format of the report. Default: recognised by content.
    #[cfg_attr(test, schemars(default, schema_with = "crate::control::schema::coverage_format"))]
    format: Option<CoverageFormat>,
    /// Leading components to remove from each name in the report: an absolute directory, the path
    /// of a Go module, the name of a JaCoCo group.
    strip: Option<Prefix>,
    /// The directory of the repository to put in front of what is left of each name.
    add: Option<Directory>,
}

impl ReportSource {
    /// Does it are about this area?
    pub(super) fn covers(&self, area: &str) -> bool {
        self.areas.as_ref().is_none_or(|areas| areas.iter().any(|name| name.get_ref() == area))
    }

    /// What to ask, one question for each pattern: each has to find something.
    pub(super) fn questions(&self) -> impl Iterator<Item = CoverageSource> + '_ {
        self.files.iter().map(|files| CoverageSource {
            files: files.as_str().to_string(),
            format: self.format,
            strip: self.strip.as_ref().map(|prefix| prefix.0.clone()),
            add: self.add.as_ref().map(|directory| directory.0.clone()),
        })
    }
}

/// What is different for one area.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct OfArea {
    /// The share that this area needs, in percent. Default: the `minimum` of the control.
    pub(super) minimum: Option<Percent>,
    /// Files of the area that no coverage tool measures, such as SQL, and the suite that must run
    /// in its place.
    pub(super) without_lines: Option<WithoutLines>,
}

/// Files without line coverage, and the suite that has to run in its place.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WithoutLines {
    /// Glob patterns of the files. They narrow the rule, so they match to the byte.
    #[serde(deserialize_with = "not_empty")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(super) paths: Vec<Glob>,
    /// The suite of `regression-tests` that judges this area.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(super) suite: Spanned<String>,
}

/// A share in percent, from 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "u64", extend("minimum" = 1, "maximum" = 100)))]
#[serde(try_from = "u64")]
pub(super) struct Percent(pub(super) u64);

impl TryFrom<u64> for Percent {
    type Error = String;

    fn try_from(percent: u64) -> Result<Self, Self::Error> {
        match percent {
            0 => Err("a share of 0 percent requires nothing; write one from 1 to 100".into()),
            1..=100 => Ok(Percent(percent)),
            _ => Err(format!("a share of {percent} percent is not possible; write one from 1 to 100")),
        }
    }
}

/// The leading components of names in a report: an absolute directory, the path of a Go module, the
/// name of a JaCoCo group.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String")]
struct Prefix(String);

impl TryFrom<String> for Prefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() {
            return Err("an empty `strip` removes nothing; leave the key out".into());
        }
        Ok(Prefix(text))
    }
}

/// A directory of the repository.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String")]
struct Directory(String);

impl TryFrom<String> for Directory {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(format!(
                "`{text}` is not a directory of the repository; write its path from the root, without `/` at either end"
            ));
        }
        Ok(Directory(text))
    }
}

fn not_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() {
        return Err(Error::custom("an empty list has no effect; add an entry or leave the key out"));
    }
    Ok(list)
}

fn read_some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    not_empty(deserializer).map(Some)
}

fn some_reports<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, ReportSource>, D::Error> {
    let reports = BTreeMap::deserialize(deserializer)?;
    if reports.is_empty() {
        return Err(Error::custom(
            "no report is named, so no line could ever be covered; add one under `reports`",
        ));
    }
    Ok(reports)
}
