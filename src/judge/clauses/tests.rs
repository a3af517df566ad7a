//! What the table of clauses promises.

use super::*;
use crate::control;
use regex::Regex;
use std::collections::BTreeSet;

#[test]
fn no_control_is_without_a_line_in_each_framework_and_no_line_without_its_control() {
    let table: Vec<&str> = TABLE.iter().map(|(name, _)| *name).collect();
    let controls: Vec<&str> = control::TABLE.iter().map(|kind| kind.name).collect();
    assert_eq!(table, controls, "one entry for each control, in the order of `control::TABLE`");
    for (name, clauses) in TABLE {
        for framework in FRAMEWORKS {
            let serves = |clause: &&Clause| clause.provision.framework.name == framework.name;
            assert!(clauses.iter().any(|clause| serves(&clause)), "{name} has no line in {}", framework.name);
        }
        assert_eq!(clauses_of(name).len(), clauses.len());
    }
    assert!(clauses_of("no-such-control").is_empty());
}

#[test]
fn no_line_is_without_its_source_and_its_date() {
    for (control, clause) in all_clauses() {
        let Provision { framework, id, summary, source } = clause.provision;
        let name = format!("{control}: {} {id}", framework.name);
        assert!(source.starts_with("https://") && source.len() > 20, "{name}");
        assert!(framework.read.parse::<jiff::civil::Date>().is_ok() && framework.read.len() == 10, "{name}");
        assert!(!framework.checked.is_empty() && !framework.edition.is_empty(), "{name}");
        for text in [summary, &clause.evidence, &clause.limit] {
            assert!(text.ends_with('.') && text.len() > 10, "{name}: {text}");
        }
    }
}

#[test]
fn identifiers_have_the_shape_of_their_framework_and_mean_one_clause() {
    let mut seen = BTreeSet::new();
    for (control, clause) in all_clauses() {
        let Provision { framework, id, .. } = clause.provision;
        assert!(Regex::new(framework.shape).unwrap().is_match(id), "{} {id}", framework.name);
        assert!(
            seen.insert((control, framework.name, *id)),
            "{control} serves {} {id} twice",
            framework.name
        );
    }
    let mut summaries: Vec<_> = all_clauses()
        .iter()
        .map(|(_, clause)| clause.provision)
        .map(|one| (one.framework.name, one.id, one.summary))
        .collect();
    summaries.sort();
    summaries.dedup();
    let ids: BTreeSet<_> = summaries.iter().map(|(framework, id, _)| (framework, id)).collect();
    assert_eq!(ids.len(), summaries.len(), "one summary for each clause");
}

#[test]
fn nothing_claims_that_a_clause_is_met() {
    for (control, clause) in all_clauses() {
        for text in [clause.evidence, clause.limit, clause.provision.summary] {
            let text = text.to_lowercase();
            for word in ["complies", "compliant", "complied", "fulfils", "satisfies", "guarantee"] {
                assert!(!text.contains(word), "{control}, {}: {text}", clause.provision.id);
            }
        }
    }
}

#[test]
fn clauses_are_in_the_order_in_which_people_count() {
    assert!(id_key("PW.8.2") < id_key("PW.10.1"));
    assert!(id_key("CM-3") < id_key("CM-3(2)"));
    assert!(id_key("A.5.37") < id_key("A.8.2"));
}
