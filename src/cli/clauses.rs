//! Which clauses the evidence of a control serves, for outputs. It serves them: that an
//! organisation complies with one is for people to say.

use portcullis_judge::clauses::{self, Clause, Framework};
use portcullis_judge::control::Kind;
use portcullis_render::ServedClause;

/// The clauses that a control serves.
pub fn clauses_of(kind: &Kind) -> impl Iterator<Item = ServedClause<'static>> {
    clauses::clauses_of(kind.name).iter().map(served)
}

fn served(clause: &'static Clause) -> ServedClause<'static> {
    let (framework, id) = (clause.provision.framework, clause.provision.id);
    let id = if framework.name == NIST { catalogue_id(id).into() } else { id.into() };
    ServedClause { framework: framework_name(framework), id }
}

/// What outputs call a framework.
pub fn framework_name(framework: &'static Framework) -> &'static str {
    if framework.name == NIST { NIST_SP_800_53 } else { framework.title }
}

/// The catalogue whose identifiers outputs can resolve.
const NIST: &str = "nist-800-53";

/// What outputs call the catalogue whose identifiers they can resolve.
const NIST_SP_800_53: &str = "NIST SP 800-53 Rev. 5";

/// An identifier as the OSCAL catalogue of NIST writes it: `CM-3(2)` is `cm-3.2`.
fn catalogue_id(id: &str) -> String {
    id.to_ascii_lowercase().replace('(', ".").replace(')', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_judge::control;

    #[test]
    fn every_control_serves_a_clause_of_the_catalogue_that_oscal_reads() {
        for kind in control::TABLE {
            let ids: Vec<_> = clauses_of(kind).filter(|one| one.framework == NIST_SP_800_53).collect();
            assert!(!ids.is_empty(), "{}", kind.name);
        }
        assert_eq!((catalogue_id("CM-3(2)"), catalogue_id("SA-11")), ("cm-3.2".into(), "sa-11".into()));
    }
}
