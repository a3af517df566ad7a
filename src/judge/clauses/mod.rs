//! Which clause of which framework the evidence of a control serves.
//!
//! *Served by evidence*, never "complied with": whether a clause is met is decided by people, who
//! need evidence for it. Each line says what a control gives them and where that ends. The summary
//! of a clause is in our own words; the text that counts is at its source, on the date that the
//! framework names.
//!
//! To add a framework, add it to [`FRAMEWORKS`] with its provisions; to add a control, write
//! `lines/NAME.rs` and add its line to [`TABLE`]. A test holds the table against the controls.

use crate::control::{
    changed_line_coverage, deployers, documented_procedure, freeze, gate_integrity, protected_branch,
    reconciled, regression_tests, required_checks, required_reviews, reviewed_landings, timely_notices,
    trained_deployers, trained_reviewers,
};

mod frameworks;
mod lines;
#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;

pub use frameworks::FRAMEWORKS;

/// A law, a standard or a catalogue of controls.
#[derive(Debug)]
pub struct Framework {
    /// A short name for command lines and columns: `nist-800-53`.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Its edition.
    pub edition: &'static str,
    /// The day on which its lines were last held against what [`Framework::checked`] names, as
    /// `YYYY-MM-DD`.
    pub read: &'static str,
    /// What the identifiers were held against.
    pub checked: &'static str,
    /// What identifiers of its clauses look like: a regular expression for the whole.
    pub shape: &'static str,
}

/// A clause of a framework.
#[derive(Debug)]
pub struct Provision {
    /// The framework.
    pub framework: &'static Framework,
    /// Its identifier, as the framework writes it.
    pub id: &'static str,
    /// What it asks for, in our own words.
    pub summary: &'static str,
    /// Where its text is.
    pub source: &'static str,
}

/// One line of the table: a control's evidence for a clause.
#[derive(Clone, Copy, Debug)]
pub struct Clause {
    /// The clause.
    pub provision: &'static Provision,
    /// What evidence the control gives.
    pub evidence: &'static str,
    /// What this evidence cannot show.
    pub limit: &'static str,
}

/// The lines of each control, sorted by the name of the control.
pub static TABLE: &[(&str, &[Clause])] = &[
    (changed_line_coverage::KIND.name, lines::changed_line_coverage::CLAUSES),
    (deployers::KIND.name, lines::deployers::CLAUSES),
    (documented_procedure::KIND.name, lines::documented_procedure::CLAUSES),
    (freeze::KIND.name, lines::freeze::CLAUSES),
    (gate_integrity::KIND.name, lines::gate_integrity::CLAUSES),
    (protected_branch::KIND.name, lines::protected_branch::CLAUSES),
    (reconciled::KIND.name, lines::reconciled::CLAUSES),
    (regression_tests::KIND.name, lines::regression_tests::CLAUSES),
    (required_checks::KIND.name, lines::required_checks::CLAUSES),
    (required_reviews::KIND.name, lines::required_reviews::CLAUSES),
    (reviewed_landings::KIND.name, lines::reviewed_landings::CLAUSES),
    (timely_notices::KIND.name, lines::timely_notices::CLAUSES),
    (trained_deployers::KIND.name, lines::trained_deployers::CLAUSES),
    (trained_reviewers::KIND.name, lines::trained_reviewers::CLAUSES),
];

/// The clauses that the evidence of this control serves; none for a name that is no control's.
pub fn clauses_of(control: &str) -> &'static [Clause] {
    TABLE.iter().find(|(name, _)| *name == control).map_or(&[], |(_, clauses)| clauses)
}

/// The framework of this short name.
pub fn find_framework(name: &str) -> Option<&'static Framework> {
    FRAMEWORKS.iter().copied().find(|framework| framework.name == name)
}

/// Every line, with its control, in the order of the frameworks and of the clauses in them.
pub fn all_clauses() -> Vec<(&'static str, &'static Clause)> {
    let mut all: Vec<(&str, &Clause)> =
        TABLE.iter().flat_map(|(control, clauses)| clauses.iter().map(|clause| (*control, clause))).collect();
    let place = |clause: &Clause| {
        let framework = clause.provision.framework;
        FRAMEWORKS.iter().position(|one| one.name == framework.name)
    };
    all.sort_by_key(|(control, clause)| (place(clause), id_key(clause.provision.id), *control));
    all
}

/// Identifiers in the order in which people count: `PW.8.2` before `PW.10.1`.
fn id_key(id: &str) -> Vec<(String, u64)> {
    let mut parts = vec![(String::new(), 0u64)];
    for c in id.chars() {
        let Some((letters, number)) = parts.last_mut() else { break };
        match c.to_digit(10) {
            Some(digit) => *number = number.saturating_mul(10).saturating_add(u64::from(digit)),
            None if *number == 0 => letters.push(c),
            None => parts.push((c.to_string(), 0)),
        }
    }
    parts
}
