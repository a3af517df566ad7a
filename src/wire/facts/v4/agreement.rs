//! What parts of the facts say of each other: the texts that were asked for are there, each for
//! what it was asked for, and no other.

use crate::form::Misshapen;
use portcullis_model::batch::BatchFacts;
use portcullis_model::deployment::{Deployment, Recorded};
use portcullis_model::digest::Digest;
use portcullis_model::facts::{Facts, GateText, GateTexts};
use portcullis_model::host::HostConventions;
use portcullis_model::inquiry::{Inquiry, TextPurpose, Topic};
use portcullis_model::path::RepoPath;
use portcullis_model::review::{Review, ReviewSource, ReviewedContent};
use portcullis_model::waiver;
use std::collections::BTreeSet;

/// Facts in which the texts at the base are those that the inquiry asks for.
///
/// # Errors
/// A text is missing, or is there for something else.
pub fn check_texts(facts: &Facts) -> Result<(), Misshapen> {
    check_asked(&facts.inquiry)?;
    check_answers(facts)?;
    check_sources(facts)?;
    match facts.gate.value() {
        Some(gate) => check_gate(&facts.inquiry, gate, &facts.host.conventions),
        None => Ok(()),
    }
}

/// What is only looked at where it matters is there for nothing else.
fn check_answers(facts: &Facts) -> Result<(), Misshapen> {
    let is_asked = facts.inquiry.topics.contains(&Topic::Administration);
    if facts.host.administration.is_some() && !is_asked {
        return Err(Misshapen(
            "the inquiry does not ask who can change the protection of the branch".to_string(),
        ));
    }
    let Some(change) = facts.change.value().filter(|change| change.landing_tree.is_some()) else {
        return Ok(());
    };
    let over_tip = |review: &Review| matches!(&review.reviewed, ReviewedContent::Tree { base, .. } if *base == change.base);
    match facts.host.reviews.value().is_some_and(|reviews| reviews.iter().any(over_tip)) {
        true => Ok(()),
        false => Err(Misshapen(
            "no review is of a tree over the base, and the tree that lands is there".to_string(),
        )),
    }
}

/// Each review is in the list that it comes from, and signed ones are there only where they were
/// asked for: a signature counts for as much as the list that it was verified with.
fn check_sources(facts: &Facts) -> Result<(), Misshapen> {
    let mut host = facts.host.reviews.value().into_iter().flatten();
    let mut right = host.all(|review| review.source == ReviewSource::Host);
    if let Some(signed) = facts.signed.value() {
        right &= facts.inquiry.signed.is_some();
        for chain in &signed.chains {
            let of_chain = |review: &Review| matches!(&review.source, ReviewSource::Signed(signed) if signed.chain == chain.reviewer);
            right &= chain.reviews.value().into_iter().flatten().all(of_chain);
        }
        let mut imported = signed.imported.value().into_iter().flatten();
        right &= imported.all(|review| matches!(review.source, ReviewSource::Imported(_)));
    }
    if right {
        Ok(())
    } else {
        Err(Misshapen("a review is in another list than that of its source".to_string()))
    }
}

/// Incidents are there only where they were asked for.
///
/// # Errors
/// They are there, and the inquiry does not ask for them.
pub fn check_incidents(deployment: &Deployment) -> Result<(), Misshapen> {
    let is_asked = deployment.whole.inquiry.topics.contains(&Topic::Incidents);
    if deployment.incidents.value().is_some() && !is_asked {
        return Err(Misshapen("the inquiry does not ask for incidents".to_string()));
    }
    Ok(())
}

/// The texts that steer the gate, against what was asked.
///
/// # Errors
/// See [`check_texts`].
pub fn check_gate(
    inquiry: &Inquiry,
    gate: &GateTexts,
    conventions: &HostConventions,
) -> Result<(), Misshapen> {
    let missing = inquiry
        .texts
        .keys()
        .find(|path| !asked_at(inquiry, path).is_empty() && !gate.texts.contains_key(path));
    if let Some(path) = missing {
        return Err(disagrees(path, "was asked for, and is not among the texts"));
    }
    let is_owners = |text: &&GateText| text.purposes.contains(&TextPurpose::CodeOwners);
    if gate.texts.values().filter(is_owners).count() > 1 {
        return Err(Misshapen("two files are CODEOWNERS".to_string()));
    }
    let other = gate.houses.iter().find(|(digest, text)| **digest != Digest::of(text.as_bytes()));
    if let Some((digest, _)) = other {
        return Err(Misshapen(format!("the house policy {digest} has another digest")));
    }
    gate.texts.iter().try_for_each(|(path, text)| check_text(inquiry, path, text, conventions))
}

/// CODEOWNERS is found and never asked for by its path; the policy and its waivers come together.
fn check_asked(inquiry: &Inquiry) -> Result<(), Misshapen> {
    let asks = |purpose| inquiry.texts.values().filter(|purposes| purposes.contains(&purpose)).count();
    if asks(TextPurpose::Policy) > 1 || asks(TextPurpose::Policy) != asks(TextPurpose::Waivers) {
        return Err(Misshapen("one policy and its waivers are asked for together".to_string()));
    }
    let wrong = inquiry.texts.iter().find(|(path, purposes)| {
        let waivers = purposes.contains(&TextPurpose::Waivers) && **path != RepoPath::from(waiver::PATH);
        waivers || purposes.is_empty() || purposes.contains(&TextPurpose::CodeOwners)
    });
    wrong.map_or(Ok(()), |(path, _)| Err(disagrees(path, "is asked for what it is not read for")))
}

/// A batch whose parts are of one head, one tip of the branch and one row of commits between them.
///
/// # Errors
/// They are of several.
pub fn check_batch(facts: &BatchFacts) -> Result<(), Misshapen> {
    let (queue, change) = (facts.queue.value(), facts.whole.change.value());
    let heads = queue.map(|queue| &queue.head).into_iter().chain(change.map(|change| &change.head));
    if heads.into_iter().any(|head| *head != facts.head) {
        return Err(Misshapen("the parts of a batch are of several heads".to_string()));
    }
    let landings = facts.landings.value().map_or(&[][..], Vec::as_slice);
    let mut tip = change.map(|change| &change.base);
    for landing in landings {
        let (from, to) = (&landing.landing.parent, &landing.landing.landed);
        if tip.is_some_and(|tip| tip != from) || landing.steps.last() != Some(to) {
            return Err(Misshapen("the steps of a batch do not follow one another".to_string()));
        }
        tip = Some(to);
    }
    match (landings.last(), tip) {
        (Some(_), Some(tip)) if *tip != facts.head => {
            Err(Misshapen("the steps of a batch do not end at its head".to_string()))
        }
        _ => Ok(()),
    }
}

/// Records of which none is both without its facts and taken again from them.
///
/// # Errors
/// One is both.
pub fn check_records<'r>(records: impl IntoIterator<Item = &'r Recorded>) -> Result<(), Misshapen> {
    match records.into_iter().find(|record| record.facts_omitted && record.taken_again) {
        None => Ok(()),
        Some(record) => Err(Misshapen(format!(
            "record {} is without its facts, and its decision was taken again from them",
            record.number
        ))),
    }
}

/// Runs of exactly the datasets that were asked for, each in the order of its chain, and with
/// signatures that were verified by lists that were asked for.
///
/// # Errors
/// They are of others, or in another order.
pub fn check_runs(facts: &Deployment) -> Result<(), Misshapen> {
    let Some(seen) = &facts.reconciliation else { return Ok(()) };
    let asked = &facts.whole.inquiry.datasets;
    if !seen.datasets.iter().map(|one| &one.dataset).eq(asked.keys()) {
        return Err(Misshapen("the runs are of other datasets than those that were asked for".to_string()));
    }
    for (one, signers) in seen.datasets.iter().zip(asked.values()) {
        let runs = one.runs.value().map_or(&[][..], Vec::as_slice);
        let first = one.older.saturating_add(1);
        let in_order = runs.iter().zip(first..).all(|(run, number)| run.number == number)
            && runs.is_sorted_by_key(|run| run.time)
            && (!runs.is_empty() || one.older == 0);
        if !in_order || runs.iter().any(|run| !run.signed_by.is_subset(signers)) {
            return Err(Misshapen(format!("the runs of {} are not those of a chain", one.dataset)));
        }
    }
    let deployments = seen.deployments.value().map_or(&[][..], Vec::as_slice);
    match deployments.is_sorted_by(|a, b| a.number < b.number) {
        true => Ok(()),
        false => Err(Misshapen("the recorded deployments are not in their order".to_string())),
    }
}

fn check_text(
    inquiry: &Inquiry,
    path: &RepoPath,
    text: &GateText,
    conventions: &HostConventions,
) -> Result<(), Misshapen> {
    let mut purposes = text.purposes.clone();
    let is_owners = purposes.remove(&TextPurpose::CodeOwners);
    let is_place = || conventions.code_owners.places.iter().any(|place| place.matches(path.as_bytes()));
    if purposes != asked_at(inquiry, path) || text.purposes.is_empty() || is_owners && !is_place() {
        return Err(disagrees(path, "is read for something else than it was asked for"));
    }
    if text.after.is_some() && !text.purposes.iter().any(|purpose| purpose.is_read_after()) {
        return Err(disagrees(path, "counts as it is at the base, and a text after it is there"));
    }
    Ok(())
}

/// What the text at a path is asked for. The signers of evidence are read where signatures are
/// verified, and are not among the texts.
fn asked_at(inquiry: &Inquiry, path: &RepoPath) -> BTreeSet<TextPurpose> {
    let asked = inquiry.texts.get(path).into_iter().flatten().copied();
    asked.filter(|purpose| !purpose.is_read_by_collector()).collect()
}

fn disagrees(path: &RepoPath, how: &str) -> Misshapen {
    Misshapen(format!("the file {path} {how}"))
}
