//! Tips that were seen before: who shows an older one hides what was said since.

use super::{ReviewQuestion, chain_gap, restore_remedy};
use crate::collect::records::DeploymentRecords as _;
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::Facts;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::signed::ReviewChain;
use portcullis_record::FACTS;
use portcullis_wire::facts::read_facts;
use std::collections::BTreeMap;

/// The tips that the decision of a deployment record saw, by the reviewer. None where the record
/// keeps no facts, or none of signed reviews.
pub fn remembered_tips(repository: &Repository, record: &Revision) -> BTreeMap<String, Revision> {
    let Ok(entry) = repository.deployment(record) else { return BTreeMap::new() };
    let facts = entry.file(FACTS).and_then(|bytes| read_facts(bytes).ok());
    facts.map(|facts| tips_in(&facts)).unwrap_or_default()
}

fn tips_in(facts: &GatheredFacts) -> BTreeMap<String, Revision> {
    let signed = facts.all_facts().filter_map(|facts: &Facts| facts.signed.value());
    let chains = signed.flat_map(|signed| &signed.chains);
    chains.map(|chain| (chain.reviewer.clone(), chain.tip.clone())).collect()
}

/// The gap of a chain that lacks what a record saw.
pub(super) fn older_tip(reviewer: &str, seen: &Revision) -> Gap {
    let detail = format!(
        "an earlier deployment saw its tip {}, which is not part of the chain as it is here",
        seen.short()
    );
    chain_gap(reviewer, GapReason::Contradiction, detail, restore_remedy(reviewer))
}

/// Chains that a record saw, and that are gone.
pub(super) fn lost(question: &ReviewQuestion<'_>, chains: &[ReviewChain]) -> Vec<ReviewChain> {
    let is_here = |reviewer: &String| chains.iter().any(|chain| chain.reviewer == *reviewer);
    let lost = question.refs.remembered.iter().filter(|(reviewer, _)| !is_here(reviewer));
    let gone = |(reviewer, seen): (&String, &Revision)| ReviewChain {
        reviewer: reviewer.clone(),
        tip: seen.clone(),
        length: 0,
        listed: true,
        reviews: Fact::Gap(older_tip(reviewer, seen)),
        passed_over: Vec::new(),
    };
    lost.map(gone).collect()
}
