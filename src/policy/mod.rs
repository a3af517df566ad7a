//! TOML text to a policy, every mistake with its place.

use crate::control::{Control, Scope};
use crate::model::digest::Digest;
use crate::model::glob::Glob;
use crate::model::inquiry::Inquiry;
use crate::model::path::RepoPath;
use std::collections::BTreeMap;

/// A policy, checked and ready to judge.
#[derive(Debug)]
pub struct Policy {
    /// Its text, byte for byte.
    pub text: String,
    /// The digest of `text`.
    pub digest: Digest,
    /// The project that it speaks of.
    pub project: String,
    /// Who answers for the project.
    pub accountable: Option<String>,
    /// What several controls need.
    pub scope: Scope,
    /// Branches for which the policy says that nothing is judged.
    pub exempt: Vec<Glob>,
    /// Do paths count that only single commits on the way touch?
    pub each_commit: bool,
    /// The controls that the policy switches on, by name.
    pub controls: BTreeMap<&'static str, Box<dyn Control>>,
}

/// One mistake in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where in the text: bytes from..to.
    pub span: std::ops::Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// Every mistake in it, in the order of the text.
    pub fn parse(_text: &str) -> Result<Policy, Vec<Problem>> {
        todo!()
    }

    /// What the policy wants to know. `path` is where it stands in the judged repository, if it does.
    pub fn inquiry(&self, _path: Option<RepoPath>) -> Inquiry {
        todo!()
    }
}

/// The mistakes for people: file, line, column, the source line, what to write instead. No colour.
pub fn show(_name: &str, _text: &str, _problems: &[Problem]) -> String {
    todo!()
}
