//! Tips that were seen before: who shows an older one hides what was said since.

use super::{ReviewQuestion, chain_gap, restore_remedy};
use crate::records::DeploymentRecords as _;
use portcullis_attest::signers::AllowedSigners;
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::Facts;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::signed::ReviewChain;
use portcullis_record::FACTS;
use portcullis_wire::facts::read_facts;
use std::collections::BTreeMap;

/// The tips that the decision of a deployment record saw, by the reviewer: those of the newest
/// record, from this one back, whose facts can be read. None where its facts have no signed
/// reviews.
pub fn remembered_tips(repository: &Repository, record: &Revision) -> BTreeMap<String, Revision> {
    let mut at = Some(record.clone());
    while let Some(record) = at {
        let Ok(entry) = repository.deployment(&record) else { return BTreeMap::new() };
        if let Some(facts) = entry.file(FACTS).and_then(|bytes| read_facts(bytes).ok()) {
            return tips_in(&facts);
        }
        // Its facts were left out, or cannot be read here: the record before it remembers some.
        at = entry.parents.first().cloned();
    }
    BTreeMap::new()
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

/// The gap of a chain that lacks what was pushed to it.
pub(super) fn unlogged_tip(reviewer: &str, pushed: &Revision) -> Gap {
    let detail = format!(
        "the push log of the server has a push of its tip {}, which is not part of the chain as it is here",
        pushed.short()
    );
    let remedy = format!(
        "Fetch the reviews (`git fetch origin '+refs/portcullis/*:refs/portcullis/*'`). {}",
        restore_remedy(reviewer)
    );
    chain_gap(reviewer, GapReason::Contradiction, detail, remedy)
}

/// Chains that are gone, although a record saw them or the log has a push of them by a name that
/// may sign.
pub(super) fn lost(
    question: &ReviewQuestion<'_>,
    signers: &AllowedSigners,
    chains: &[ReviewChain],
) -> Vec<ReviewChain> {
    let is_here = |reviewer: &String| chains.iter().any(|chain| chain.reviewer == *reviewer);
    let remembered =
        question.refs.remembered.iter().map(|(reviewer, seen)| (reviewer, seen, older_tip as Why));
    let logged = question.refs.logged.iter().filter(|(reviewer, _)| {
        signers.lists(reviewer, question.at) && !question.refs.remembered.contains_key(*reviewer)
    });
    let logged = logged.map(|(reviewer, pushed)| (reviewer, pushed, unlogged_tip as Why));
    let gone = |(reviewer, seen, why): (&String, &Revision, Why)| ReviewChain {
        reviewer: reviewer.clone(),
        tip: seen.clone(),
        length: 0,
        listed: true,
        reviews: Fact::Gap(why(reviewer, seen)),
        passed_over: Vec::new(),
    };
    remembered.chain(logged).filter(|(reviewer, ..)| !is_here(reviewer)).map(gone).collect()
}

/// Why a tip is missed.
type Why = fn(&str, &Revision) -> Gap;
