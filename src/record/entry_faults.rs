//! Checks of one record: the entry, the files beside it, and the record before it.

use super::entry::{RecordEntry, RecordedOrigin};
use super::fault::Fault;
use super::stored::RecordLink;
use super::{DECISION, EARLIER, FACTS, LARGEST, POLICY};
use portcullis_model::change::Revision;
use portcullis_model::decision::Outcome;
use portcullis_model::digest::Digest;
use portcullis_wire::decision::repeated::Repeated;
use std::collections::BTreeMap;

/// What is wrong with an entry, given the files beside it and the record before it.
pub(super) fn faults_of_entry<'f>(
    entry: &RecordEntry,
    file: impl Fn(&str) -> Option<&'f [u8]>,
    previous: Option<&RecordLink>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    if entry.previous.as_ref() != previous.map(|link| &link.digest) {
        faults.push(Fault::Previous);
    }
    faults.extend(previous.and_then(|link| fault_of_order(entry, &link.entry)));
    faults.extend(fault_of_repository(entry, previous.map(|link| &link.entry)));
    faults.extend(fault_of_baseline(entry, previous.map(|link| &link.entry.candidate)));
    if entry.outcome != Outcome::Allow {
        faults.push(Fault::NotAllowed(entry.outcome));
    }
    if entry.time.as_second() < 0 || entry.time.subsec_nanosecond() != 0 {
        faults.push(Fault::Time);
    }
    faults.extend(faults_of_contents(entry, &file));
    faults.extend(file(DECISION).map(|bytes| faults_of_decision(entry, bytes)).unwrap_or_default());
    faults
}

fn fault_of_order(entry: &RecordEntry, previous: &RecordEntry) -> Option<Fault> {
    (entry.schema != EARLIER && entry.time < previous.time).then_some(Fault::Backwards)
}

/// A copy of a repository has the same commits, and other reviewers.
fn fault_of_repository(entry: &RecordEntry, previous: Option<&RecordEntry>) -> Option<Fault> {
    let name = |entry: &RecordEntry| entry.repository.as_deref().unwrap_or("nowhere").to_ascii_lowercase();
    let previous = previous.filter(|_| entry.schema != EARLIER)?;
    (name(entry) != name(previous))
        .then(|| Fault::OtherRepository(entry.repository.clone().unwrap_or_else(|| "nowhere".to_string())))
}

fn fault_of_baseline(entry: &RecordEntry, deployed: Option<&Revision>) -> Option<Fault> {
    let found = &entry.baseline.commit;
    if *found == entry.candidate {
        return Some(Fault::Idle);
    }
    let first_by_host = deployed.is_none() && entry.baseline.origin == RecordedOrigin::Host;
    let holds = !entry.baseline.origin.follows() || first_by_host || deployed == Some(found);
    (!holds).then(|| Fault::RecordedBaseline { found: found.clone(), expected: deployed.cloned() })
}

/// What must be there is there, with its digest, and what need not be there is not.
fn faults_of_contents<'f>(entry: &RecordEntry, file: &impl Fn(&str) -> Option<&'f [u8]>) -> Vec<Fault> {
    let expected: BTreeMap<_, _> = entry.files().collect();
    // Facts may be left out on purpose: then the entry has their digest.
    let is_omitted = |name| name == FACTS && entry.omits_facts();
    let needed = |name| {
        let must_be_there = entry.schema != EARLIER && [FACTS, POLICY].contains(&name);
        must_be_there && !expected.contains_key(name) && !is_omitted(name)
    };
    let fault = |name: &'static str| match (expected.get(name), file(name)) {
        _ if needed(name) => Some(Fault::Missing(name)),
        (Some(_), None) => Some(Fault::Missing(name)),
        (Some(_), Some(bytes)) if bytes.len() > LARGEST => Some(Fault::TooLarge(name)),
        (Some(digest), Some(bytes)) => (Digest::of(bytes) != **digest).then_some(Fault::Digest(name)),
        (None, Some(_)) => Some(Fault::Extra(name.into())),
        (None, None) => None,
    };
    [DECISION, FACTS, POLICY].into_iter().filter_map(fault).collect()
}

/// A decision is about one commit in one repository, and valid for no other.
fn faults_of_decision(entry: &RecordEntry, bytes: &[u8]) -> Vec<Fault> {
    let Repeated { outcome, repository, base, head, policy } = match Repeated::read(bytes) {
        Ok(decision) => decision,
        Err(error) => return vec![Fault::DecisionUnreadable(error.to_string())],
    };
    let agree = [
        ("candidate", head.as_ref() == Some(&entry.candidate)),
        ("baseline", base.is_none_or(|base| base == entry.baseline.commit)),
        ("repository", repository == entry.repository),
        ("policy", policy.as_ref() == entry.policy.as_ref().map(|policy| &policy.digest)),
    ];
    let differing = agree.into_iter().filter(|(_, same)| !same).map(|(what, _)| Fault::Disagree(what));
    let forbidden = (outcome != Outcome::Allow).then_some(Fault::NotAllowed(outcome));
    forbidden.into_iter().chain(differing).collect()
}
