//! What settings of a control name, and what others name of them.

use super::shared::evidence_binding::Trust;
use portcullis_pattern::glob::Glob;
use toml::Spanned;

/// Something defined elsewhere in the policy that settings name.
#[derive(Clone, Copy, Debug)]
pub enum Reference<'a> {
    /// A data-processing area.
    Area(&'a Spanned<String>),
    /// A role.
    Role(&'a Spanned<String>),
    /// A course.
    Course(&'a Spanned<String>),
    /// The list of those who may sign evidence, which `regression-tests` names.
    Signers(&'a Spanned<Trust>),
    /// A suite of `regression-tests` that judges an area.
    Suite {
        /// The suite.
        suite: &'a Spanned<String>,
        /// The area.
        area: &'a str,
    },
}

/// A suite by its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedSuite<'a> {
    /// The suite.
    pub name: &'a str,
    /// Its configurations, where they are named.
    pub configurations: Option<&'a [String]>,
}

/// What a suite has to show.
#[derive(Clone, Debug)]
pub struct SuiteNeed<'a> {
    /// The suite.
    pub name: &'a str,
    /// Its configurations, where they are named.
    pub configurations: Option<&'a [String]>,
    /// The smallest number of tests that must have passed.
    pub minimum: u64,
    /// Patterns of names (`*` matches anything); for each, at least one test must have run.
    pub required: Vec<&'a str>,
    /// Where its reports are.
    pub reports: Vec<&'a Glob>,
}
