//! TOML text to a policy, every mistake with its place.
//!
//! The dialect is TOML 1.0. Dates, where a setting wants one, are in quotes.
//!
//! ```toml
//! schema = 1
//!
//! [project]
//! name = "Intelligence upload"
//! accountable = "Senior Responsible Owner"    # may be left out
//!
//! [branches]
//! deployment = ["main", "release/*"]
//! history = "net"                             # or "each-commit": counts paths that only single
//!                                             # commits touch, too
//!
//! [[data-processing]]                         # at least one, with paths or content or both
//! name = "upload"
//! purpose = "Loads, amends and deletes records"
//! paths = ["services/upload/**"]
//! content = ['(?i)\bnominal_id\b']            # regular expressions, searched for in changed lines
//! exclude = ["services/upload/docs/**"]
//! opaque = "inside"                           # what content cannot be searched in, but for images
//!                                             # and fonts; or "inside-with-media", or "outside"
//!
//! [deployment]                                # may be left out
//! environments = ["staging", "production"]    # then nothing is deployed to any other
//!
//! [[people]]                                  # the identity map, may be left out
//! name = "Robin Example"
//! logins = ["robin", "robin-admin"]
//! emails = ["robin@example.test"]
//! machine = false
//!
//! [roles.data-protection]                     # people by account or team, or owners of the files
//! users = ["robin"]
//! teams = ["example/data-protection"]            # as the host writes them
//! code-owners = false
//!
//! [waivers]                                   # may be left out
//! longest = "30d"                             # how long a waiver may last; see `waivers`
//! signers = ".portcullis/allowed_signers"     # then a waiver counts only with the signature of
//!                                             # its approver; see `signed`
//!
//! [reviews]                                   # may be left out
//! signers = ".portcullis/allowed_signers"     # reviews signed with these keys count; see
//!                                             # `portcullis approve`
//! beside-host = false                         # true: also beside the reviews of a host
//! imports = ["gerrit"]                        # other systems whose reviews are read, too
//! imported-reviewers = ["Robin Example"]      # and the people whose reviews there count
//!
//! [records]
//! signers = ".portcullis/recorders"           # deployment records have to be signed with these
//!
//! [asserted]                                  # may be left out; then no evidence file of another
//! accept = true                               # version control system is judged by
//! repository = "svn://svn.example.test/upload"
//! exporters = ["svn-evidence"]                # may be left out: any
//! max-age = "24h"
//!
//! [training]                                  # may be left out; the register of people, who
//! register = "portcullis-people.toml"         # was trained, and the courses that controls name
//!
//! [training.courses.secure-review]
//! title = "Reviewing code that processes personal data"
//! valid-for = "365d"                          # where the register gives no end; or "unlimited"
//!
//! [reconciliation.nominal]                    # may be left out; records that are sent elsewhere,
//! areas = ["upload"]                          # and what is asked of their arrival: see
//! key = [{ name = "id", type = "text" }]      # `reconciliation`
//! deadline = "24h"
//!
//! [due]                                       # may be left out; what `portcullis due` expects
//! snapshots-every = "25h"
//! records-within = "1h"
//!
//! [notification]                              # may be left out; who has to be told of an
//! zone = "Europe/London"                      # incident, and by when; see `notification`
//!
//! [notification.parties.forces]
//! title = "Receiving forces"
//! role = "recipient"
//! early-warning = "8 working hours"
//!
//! [controls.required-reviews]                 # see each control; `gate-integrity` is always on
//! approvals = 1
//! ```
//!
//! How it is read: `syntax` parses TOML to a `tree`; `recover` turns that into the structs of
//! `document` and the settings of `controls`, and goes on after a mistake; `serde_messages` says
//! serde's messages in the words of a policy; `validate`, with `areas`, `line_patterns`, `branches`
//! and `people`, checks what types cannot say, and `characters` what no text may hold; [`show()`]
//! prints the problems. `samples` finds values of the ready policies that no one replaced.

use crate::control::{Control, Kind, PolicyScope, TABLE};
use house::{House, HouseTexts};
use portcullis_model::digest::Digest;
use portcullis_model::environment::Environment;
use portcullis_model::expectation::ExpectationRules;
use portcullis_model::host::HostProfile;
use portcullis_model::inquiry::{Inquiry, TextPurpose, Topic};
use portcullis_model::path::RepoPath;
use portcullis_model::signed::SignedInquiry;
use portcullis_model::waiver;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

pub mod acknowledged;
mod areas;
mod asserted;
mod branches;
mod characters;
mod checks;
mod controls;
mod document;
mod durations;
mod grants;
pub mod house;
mod in_force;
mod line_patterns;
mod list;
mod notification;
mod people;
mod places;
mod procedure;
mod reconciliation;
mod recover;
#[cfg(test)]
mod reference;
mod register;
mod rollbacks;
mod samples;
mod serde_messages;
mod show;
mod signed;
mod syntax;
mod training;
mod tree;
mod validate;
mod waivers;

pub use asserted::AcceptedAssertions;
pub use checks::is_plain_name;
pub use in_force::ScopeInUse;
pub use places::line_of;
pub use register::{describe_problems, read_completion, read_register};
pub use samples::{Sample, samples_in as sample_values};
pub use serde_messages::nearest_name;
pub use show::show;

/// A policy to begin with: what `portcullis policy init` writes.
pub const STARTER: &str = include_str!("../../../policies/baseline.toml");

/// The version of the text form that this program reads.
pub const SCHEMA: u32 = 1;

/// A policy, checked and ready to judge.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its text, byte for byte.
    pub text: String,
    /// The digest of `text`.
    pub digest: Digest,
    /// The project that it is about.
    pub project: String,
    /// Who answers for the project.
    pub accountable: Option<String>,
    /// What several controls need.
    pub scope: PolicyScope,
    /// The environments that are deployed to; empty when the policy lists none, and any may be.
    pub environments: Vec<Environment>,
    /// Do paths count that only single commits of a change touch?
    pub each_commit: bool,
    /// How long a waiver may last.
    pub longest_waiver: jiff::SignedDuration,
    /// Where the keys are that approvers sign waivers with; `None` when none needs a signature.
    pub waiver_signers: Option<RepoPath>,
    /// Where the keys are that deployment records are signed with; `None` when none needs a
    /// signature.
    pub record_signers: Option<RepoPath>,
    /// What is accepted of that which exporters of other version control systems state; `None`:
    /// nothing.
    pub asserted: Option<AcceptedAssertions>,
    /// What should happen again and again.
    pub expected: ExpectationRules,
    /// The controls that the policy switches on, by name.
    pub controls: BTreeMap<&'static str, Arc<dyn Control>>,
    /// The house policy that it extends, where it does.
    pub house: Option<House>,
    /// The host that it was read for.
    pub host: HostProfile,
    /// The scope with the register of people that was last asked for.
    memo: in_force::ScopeMemo,
}

/// One mistake in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where in the text: bytes from..to.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Problem {
    /// A mistake at `span`, without a remedy so far.
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Problem { span, message: message.into(), help: None }
    }

    /// The same with a remedy.
    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Policy {
    /// Reads a policy for github.com.
    ///
    /// # Errors
    /// See [`Policy::parse_for`].
    pub fn parse(text: &str) -> Result<Policy, Vec<Problem>> {
        Policy::parse_for(text, &HostProfile::github_com())
    }

    /// Reads a policy for a host, which says what names of teams and accounts look like. One that
    /// extends another is not valid without it: see [`Policy::parse_extending`].
    ///
    /// # Errors
    /// Every mistake in it, in the order of the text.
    pub fn parse_for(text: &str, host: &HostProfile) -> Result<Policy, Vec<Problem>> {
        Policy::parse_extending(text, host, &HouseTexts::none())
    }

    /// Reads a policy that may extend one of these.
    ///
    /// # Errors
    /// Every mistake in it, in the order of the text, and where it is not as strict as the policy
    /// that it extends.
    pub fn parse_extending(
        text: &str,
        host: &HostProfile,
        houses: &HouseTexts,
    ) -> Result<Policy, Vec<Problem>> {
        parse_with(text, TABLE, host, houses)
    }

    /// How many approvals it demands of every change.
    pub fn approvals(&self) -> u64 {
        self.controls.values().map(|control| control.approvals()).max().unwrap_or(0)
    }

    /// What the policy wants to know. `path` is where it is in the judged repository, if it
    /// does.
    pub fn inquiry(&self, path: Option<RepoPath>) -> Inquiry {
        let areas = &self.scope.inventory.areas;
        let mut inquiry = Inquiry {
            patterns: areas.iter().flat_map(|area| &area.content).map(|rule| rule.rule.clone()).collect(),
            teams: self.scope.roles.values().flat_map(|role| &role.teams).cloned().collect(),
            each_commit: self.each_commit,
            ..Inquiry::default()
        };
        if let Some(path) = path {
            inquiry.ask_text(path, TextPurpose::Policy);
            if let Some(house) = &self.house {
                inquiry.ask_text(house.reference.file.clone(), TextPurpose::House);
            }
            // Waivers of a repository do not loosen a policy that is kept elsewhere.
            inquiry.ask_text(waiver::PATH, TextPurpose::Waivers);
        }
        if let Some(path) = &self.waiver_signers {
            inquiry.ask_text(path.clone(), TextPurpose::WaiverSigners);
        }
        if let Some(path) = &self.record_signers {
            inquiry.ask_text(path.clone(), TextPurpose::RecordSigners);
        }
        if let Some(signers) = &self.scope.reviews.signers {
            inquiry.ask_text(signers.clone(), TextPurpose::ReviewSigners);
        }
        if self.scope.reviews.is_asking() {
            let imports = self.scope.reviews.imports.clone();
            inquiry.signed = Some(SignedInquiry { project: self.project.clone(), imports });
        }
        if let Some(training) = &self.scope.training {
            inquiry.ask_text(training.settings.register.clone(), TextPurpose::Control);
            inquiry.ask_text(training.settings.register.clone(), TextPurpose::Register);
        }
        if self.scope.roles.values().any(|role| role.code_owners) {
            inquiry.topics.insert(Topic::CodeOwners);
        }
        self.controls.values().for_each(|control| control.ask(&mut inquiry));
        if inquiry.topics.contains(&Topic::Runs) {
            self.ask_runs(&mut inquiry);
        }
        inquiry
    }
}

impl Policy {
    /// Asks for the runs of each dataset, and for the keys that they may be signed with.
    fn ask_runs(&self, inquiry: &mut Inquiry) {
        for (name, dataset) in &self.scope.datasets {
            inquiry.datasets.insert(name.clone(), dataset.signers.iter().cloned().collect());
            for signers in [&dataset.signers, &dataset.manifest_signers].into_iter().flatten() {
                inquiry.ask_text(signers.clone(), TextPurpose::RunSigners);
            }
        }
    }
}

/// Reads a policy whose controls are those of `table`.
fn parse_with(
    text: &str,
    table: &[&'static Kind],
    host: &HostProfile,
    houses: &HouseTexts,
) -> Result<Policy, Vec<Problem>> {
    let mut problems = Vec::new();
    let policy = validate::read_policy(text, table, (host, houses), &mut problems);
    match policy {
        Some(policy) if problems.is_empty() => Ok(policy),
        _ => Err(in_order(problems)),
    }
}

/// In the order of the text, each mistake once. A policy that is refused is refused for at least
/// one reason.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    if problems.is_empty() {
        problems.push(Problem::new(0..0, "this policy could not be read"));
    }
    problems
        .sort_by(|a, b| (a.span.start, a.span.end, &a.message).cmp(&(b.span.start, b.span.end, &b.message)));
    problems.dedup();
    problems
}

#[cfg(test)]
mod tests;
