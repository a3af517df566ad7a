//! Which clauses the evidence of a control serves. It serves them: that an organisation complies
//! with one is for people to say.

use crate::render::ServedClause;
use portcullis_judge::control::{
    Kind, changed_line_coverage, deployers, freeze, gate_integrity, protected_branch, regression_tests,
    required_checks, required_reviews, reviewed_landings,
};

/// NIST SP 800-53 Rev. 5 (September 2020), by the identifiers of its OSCAL catalogue: a control of
/// ours, and what it is evidence for.
static NIST_SP_800_53: &[(&Kind, &[&str])] = &[
    // SA-11: developer testing and evaluation.
    (&changed_line_coverage::KIND, &["sa-11"]),
    // AC-5: separation of duties; CM-5: access restrictions for change.
    (&deployers::KIND, &["ac-5", "cm-5"]),
    // CM-3: configuration change control.
    (&freeze::KIND, &["cm-3"]),
    // SA-10: developer configuration management.
    (&gate_integrity::KIND, &["cm-5", "sa-10"]),
    // CM-5(1): automated access enforcement and audit records.
    (&protected_branch::KIND, &["cm-5", "cm-5.1", "sa-10"]),
    // CM-3(2): testing, validation and documentation of changes.
    (&regression_tests::KIND, &["cm-3.2", "sa-11"]),
    (&required_checks::KIND, &["cm-3.2", "sa-11"]),
    (&required_reviews::KIND, &["ac-5", "cm-3"]),
    (&reviewed_landings::KIND, &["cm-3", "sa-10"]),
];

/// The clauses that a control serves.
pub fn clauses_of(kind: &Kind) -> impl Iterator<Item = ServedClause<'static>> {
    let rows = NIST_SP_800_53.iter().filter(move |(of, _)| of.name == kind.name);
    rows.flat_map(|(_, ids)| ids.iter().map(|id| ServedClause { framework: "NIST SP 800-53 Rev. 5", id }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_judge::control;

    #[test]
    fn every_control_serves_a_clause_and_each_is_named_once() {
        for kind in control::TABLE {
            let mut ids: Vec<_> = clauses_of(kind).collect();
            assert!(!ids.is_empty(), "{}", kind.name);
            let count = ids.len();
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), count, "{}", kind.name);
        }
    }
}
