//! What CODEOWNERS at the base says of the touched files.

use super::{Demand, DoubtMode, to_usize};
use crate::control::Case;
use portcullis_model::change::FileChange;
use portcullis_model::codeowners::{CodeOwners, InvalidLine, Owner, OwnerDemand, OwnerLines, Ownership};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::path::RepoPath;
use std::collections::{BTreeMap, BTreeSet};

/// The owners of the touched files.
#[derive(Default)]
pub(super) struct Ownerships {
    /// The lines that decide over touched files and name owners.
    pub lines: BTreeMap<OwnerLines, Owned>,
    /// Files that no one can approve, one sentence each.
    orphans: BTreeSet<String>,
    /// Files of which it could not be seen whether they need an owner and have one.
    unclear: BTreeSet<Gap>,
}

/// Lines of CODEOWNERS, with the touched files they decide over.
pub(super) struct Owned {
    pub owners: Vec<Owner>,
    /// How many of the owners have to approve.
    pub approvals: usize,
    section: Option<String>,
    files: BTreeSet<RepoPath>,
}

impl Owned {
    /// The sentence about lines of whose owners only so many approved.
    pub(super) fn lacking(&self, lines: &OwnerLines, present: usize) -> String {
        let owners = self.owners.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let file = self.files.first().map_or_else(String::new, ToString::to_string);
        let more = match self.files.len() {
            0 | 1 => String::new(),
            files => format!(" and {} more", files - 1),
        };
        let too_few = match self.approvals {
            1 => format!("no owner of {file}{more} approved"),
            needed => format!("{present} of {needed} owners of {file}{more} approved"),
        };
        let section = self.section.as_ref().map_or_else(String::new, |name| format!(" of section `{name}`"));
        format!("{too_few} (CODEOWNERS {lines}{section}: {owners})")
    }
}

/// Whether a file is inside a data-processing area, and therefore needs an owner.
enum Needed {
    No,
    Unclear(Gap),
    Yes,
}

impl Ownerships {
    /// Reads them.
    ///
    /// # Errors
    /// The gate's texts could not be seen.
    pub(super) fn of(case: &Case<'_>, demand: &Demand<'_>) -> Result<Self, Gap> {
        let mut ownerships = Ownerships::default();
        let Some(text) = case.facts.gate.known()?.before(TextPurpose::CodeOwners) else {
            ownerships.orphans.insert("there is no CODEOWNERS file at the base".to_string());
            return Ok(ownerships);
        };
        let conventions = &case.facts.host.conventions;
        let code_owners = CodeOwners::parse(text, conventions.code_owners.dialect);
        for file in demand.files {
            // A file that stays where it is has the same path twice.
            let paths: BTreeSet<_> = file.entries().map(|entry| &entry.path).collect();
            for path in paths {
                let needed = if demand.all_owned { Needed::Yes } else { needs_owner(case, file) };
                ownerships.add(&code_owners, path, needed, &conventions.name);
            }
        }
        Ok(ownerships)
    }

    fn add(&mut self, code_owners: &CodeOwners, path: &RepoPath, needed: Needed, host: &str) {
        if let Some(invalid) = code_owners.doubt(path) {
            return self.doubtful(path, invalid, needed, host);
        }
        let unowned = match code_owners.owners(path) {
            Ownership::Owned(demands) => return demands.iter().for_each(|demand| self.owned(demand, path)),
            Ownership::Unowned { line } => {
                format!("{path} has no owner (CODEOWNERS line {line} takes it away)")
            }
            Ownership::Unmatched => format!("{path} has no owner (no line of CODEOWNERS matches it)"),
        };
        match needed {
            Needed::No => {}
            Needed::Unclear(gap) => {
                self.unclear.insert(gap);
            }
            Needed::Yes => {
                self.orphans.insert(unowned);
            }
        }
    }

    fn owned(&mut self, demand: &OwnerDemand<'_>, path: &RepoPath) {
        let owned = self.lines.entry(demand.lines.clone()).or_insert_with(|| Owned {
            owners: demand.owners.to_vec(),
            approvals: to_usize(demand.approvals).max(1),
            section: demand.section.map(str::to_string),
            files: BTreeSet::new(),
        });
        owned.files.insert(path.clone());
    }

    /// An unreadable line is where the owners of this file may have been meant to be.
    fn doubtful(&mut self, path: &RepoPath, invalid: &InvalidLine, needed: Needed, host: &str) {
        let InvalidLine { line, reason } = invalid;
        match needed {
            Needed::Yes => {
                self.orphans.insert(format!(
                    "{path} may be meant by CODEOWNERS line {line}, which {host} skips: {reason}"
                ));
            }
            Needed::No | Needed::Unclear(_) => {
                self.unclear.insert(Gap::new(
                    format!("who owns {path}"),
                    GapReason::Malformed,
                    format!("CODEOWNERS line {line} cannot be read: {reason}"),
                    format!("Correct line {line} of CODEOWNERS on the base branch."),
                ));
            }
        }
    }

    /// What keeps a demand from holding, no matter who approves.
    pub(super) fn problems(&self, doubt: DoubtMode) -> impl Iterator<Item = String> {
        let unclear =
            self.unclear.iter().filter(move |_| doubt == DoubtMode::Against).map(ToString::to_string);
        self.orphans.iter().cloned().chain(unclear)
    }

    /// Does no touched file have an owner, nor need one?
    pub(super) fn ask_for_nobody(&self, doubt: DoubtMode) -> bool {
        self.lines.is_empty() && self.problems(doubt).next().is_none()
    }

    /// What could not be seen.
    pub(super) fn gaps(&self) -> impl Iterator<Item = &Gap> {
        self.unclear.iter()
    }
}

fn needs_owner(case: &Case<'_>, file: &FileChange) -> Needed {
    let mut needed = Needed::No;
    for area in &case.scope.inventory.areas {
        match area.touch(file) {
            Ok(Some(_)) => return Needed::Yes,
            Ok(None) => {}
            Err(gap) => needed = Needed::Unclear(gap),
        }
    }
    needed
}
