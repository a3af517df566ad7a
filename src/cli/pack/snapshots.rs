//! The snapshots of the protection of branches in a pack: written without people where that is
//! asked for, and verified by the same rules as those of a repository. What the audit says of the
//! protection over time is followed again.

use super::super::exit::{Exit, Failure, Result};
use super::records::folder_of;
use super::stored::{PLAIN, store_again};
use jiff::Timestamp;
use portcullis_audit::protection::{Look, protection_over_time};
use portcullis_collect::records::FETCH;
use portcullis_collect::snapshots::read_snapshots;
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::fact::Fact;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::path::RepoPath;
use portcullis_model::snapshot::{Snapshot, StoredLook};
use portcullis_pack::places::{snapshot_folder, snapshot_path};
use portcullis_pack::redact::{self, Redactor};
use portcullis_pack::verify::VerifiedPack;
use portcullis_pack::{ItemPath, ItemSource, MOST_ITEMS, PackFault, PackWrong};
use portcullis_record::snapshot::{
    SNAPSHOT, SnapshotChain, SnapshotLink, SnapshotVerifier, look_digest, snapshot_commit, snapshot_reference,
};
use portcullis_record::{FACTS, RECORD, RecordEntry, StoredEntry, StoredFile};
use portcullis_wire::audit::v1::{
    AuditV1, AuditedSnapshotsV1, LookV1, ProtectedBranchV1, RequirementOverTimeV1,
};
use portcullis_wire::facts::read_facts;
use portcullis_wire::pack::v1::PeopleV1;
use portcullis_wire::snapshot::v1::{read_snapshot, write_snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// The file that an audit is in, for faults.
const AUDIT: &str = portcullis_pack::derive::AUDIT;

/// Reads the snapshots of a branch up to the last one that the audit looked at, oldest first, each
/// with its number.
///
/// # Errors
/// They cannot be read, or there are more or fewer than the audit counts.
pub(super) fn each_snapshot(
    repository: &Repository,
    branch: &ProtectedBranchV1,
    each: &mut dyn FnMut(u64, &[u8]) -> Result<()>,
) -> Result<()> {
    let Some(snapshots) = &branch.snapshots else { return Ok(()) };
    let tip = Revision::try_from(snapshots.tip.clone()).map_err(Failure::environment)?;
    let (mut number, mut failed) = (0, Ok(()));
    let read = repository.each_stored(&tip, usize::MAX, |stored| {
        number += 1;
        let file = stored.files.get(&RepoPath::from(SNAPSHOT));
        if failed.is_ok() {
            failed = each(number, file.map(|file| file.bytes.as_slice()).unwrap_or_default());
        }
        Ok(())
    });
    read.map_err(|gap| Failure::unseen(Exit::Environment, &gap))?;
    failed?;
    match number == snapshots.count {
        true => Ok(()),
        false => {
            Err(Failure::unverified(format!("the snapshots of {} changed during the audit", branch.branch)))
        }
    }
}

/// What was written of the snapshots before: the digest of the last file, and that of the newest
/// look, with the number of the snapshot that holds it.
#[derive(Default)]
pub(super) struct WrittenSnapshots {
    previous: Option<Digest>,
    look: Option<(u64, Digest)>,
}

/// A snapshot without addresses and people, on top of the one before it.
///
/// # Errors
/// It is no snapshot.
pub(super) fn without_people(
    bytes: &[u8],
    redactor: &Redactor,
    before: &mut WrittenSnapshots,
) -> anyhow::Result<Vec<u8>> {
    let value = redactor.value(&serde_json::from_slice(bytes)?);
    let mut snapshot = read_snapshot(&serde_json::to_vec(&value)?)?;
    snapshot.previous.clone_from(&before.previous);
    match &mut snapshot.look {
        StoredLook::New(look) => before.look = Some((snapshot.number, look_digest(look)?)),
        StoredLook::Same { number, digest } => {
            if let Some((_, written)) = before.look.as_ref().filter(|(holder, _)| holder == number) {
                digest.clone_from(written);
            }
        }
    }
    let bytes = write_snapshot(snapshot)?;
    before.previous = Some(Digest::of(&bytes));
    Ok(bytes)
}

/// Verifies the snapshots of a pack, and what the audit says of them.
pub(super) fn check_snapshots(
    source: &dyn ItemSource,
    audit: &AuditV1,
    people: PeopleV1,
    verified: &mut VerifiedPack,
) {
    for branch in audit.protection.iter().filter(|branch| branch.snapshots.is_some()) {
        let Some(chain) = read_chain(source, audit, branch, verified) else { continue };
        for problem in &chain.problems {
            let why = PackWrong::Record(problem.fault.to_string());
            verified.faults.push(PackFault::new(item_name(branch, problem.place), why));
        }
        verified.faults.extend(other_looks(branch, &chain.links));
        if chain.problems.is_empty() {
            check_newest(branch, &chain, people, verified);
            follow_again(source, audit, branch, &chain, people, verified);
        }
    }
}

/// The commit of the last snapshot follows from every byte of the chain, and the audit names it. A
/// chain that was written again without people has another one.
fn check_newest(
    branch: &ProtectedBranchV1,
    chain: &SnapshotChain,
    people: PeopleV1,
    verified: &mut VerifiedPack,
) {
    let named = branch.snapshots.as_ref().map(|snapshots| snapshots.tip.as_str());
    let is_named = chain.tip().map(Revision::as_str) == named;
    if is_named {
        return;
    }
    let place = chain.links.len() as u64;
    if people == PeopleV1::Logins && !chain.links.iter().any(is_redacted) {
        let why = "audit.json names another commit for it than follows from the snapshots".to_string();
        return verified.faults.push(PackFault::new(item_name(branch, place), PackWrong::Disagrees(why)));
    }
    verified.notes.push(format!(
        "the snapshots of {} were written again without people, so that their commits are not those of the repository: only the \
         digests of the pack protect what the newest one says beyond the audit",
        branch.branch.escape_debug()
    ));
}

/// Does a snapshot hold a token in the place of an address?
fn is_redacted(link: &SnapshotLink) -> bool {
    // A snapshot that cannot be written was never read.
    write_snapshot(link.snapshot.clone())
        .is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(redact::DOMAIN))
}

fn item_name(branch: &ProtectedBranchV1, number: u64) -> String {
    snapshot_path(&branch.branch, number).map_or_else(|bad| bad.0, |path| path.to_string())
}

/// The snapshots of a branch, as far as they can be read.
fn read_chain(
    source: &dyn ItemSource,
    audit: &AuditV1,
    branch: &ProtectedBranchV1,
    verified: &mut VerifiedPack,
) -> Option<SnapshotChain> {
    let name = BranchName::new(&branch.branch);
    let clock = audit.title.as_of.parse::<Timestamp>().ok()?;
    let mut verifier = SnapshotVerifier::new(snapshot_reference(&name), clock);
    if let Some(repository) = audit.title.repository.as_ref().filter(|_| audit.title.host != "none") {
        verifier = verifier.of_repository(&audit.title.host, repository);
    }
    let mut before = None;
    let count = branch.snapshots.as_ref().map_or(0, |snapshots| snapshots.count);
    for number in 1..=count.min(MOST_ITEMS as u64) {
        match read_stored(source, branch, number, before.as_ref()) {
            Ok(stored) => {
                before = Some(stored.id.clone());
                verifier.push(&stored);
            }
            // That it is missing was said where the files were compared.
            Err(PackWrong::Missing) => return None,
            Err(wrong) => {
                verified.faults.push(PackFault::new(item_name(branch, number), wrong));
                return None;
            }
        }
    }
    Some(verifier.finish())
}

/// A snapshot as a repository would hold it.
fn read_stored(
    source: &dyn ItemSource,
    branch: &ProtectedBranchV1,
    number: u64,
    before: Option<&Revision>,
) -> std::result::Result<StoredEntry, PackWrong> {
    let unreadable =
        |error: &dyn std::fmt::Display| PackWrong::Unreadable(format!("not a snapshot: {error}"));
    let path = snapshot_path(&branch.branch, number).map_err(|error| unreadable(&error))?;
    let bytes = source.read(&path)?;
    let snapshot = read_snapshot(&bytes).map_err(|error| unreadable(&error))?;
    let digest = Digest::of(&bytes);
    let files = BTreeMap::from([(RepoPath::from(SNAPSHOT), StoredFile { mode: PLAIN, bytes })]);
    store_again(files, before, |tree| snapshot_commit(tree, before, &snapshot, &digest))
        .map_err(|error| unreadable(&error))
}

/// Looks of the audit that say something else than the snapshots.
fn other_looks(branch: &ProtectedBranchV1, links: &[SnapshotLink]) -> Vec<PackFault> {
    let fault = |link: &SnapshotLink, why: &str| {
        let why = PackWrong::Disagrees(format!("audit.json {why}"));
        PackFault::new(item_name(branch, link.snapshot.number), why)
    };
    let mut faults = Vec::new();
    for link in links {
        let source = source_of(link.snapshot.number);
        let mut looks = branch.looks.iter().filter(|look| look.source == source);
        match (looks.next(), looks.next()) {
            (None, _) => faults.push(fault(link, "has no look of it")),
            (Some(_), Some(_)) => faults.push(fault(link, "has two looks of it")),
            (Some(look), None) if !is_look_of(look, link) => {
                faults.push(fault(link, "says something else of it"));
            }
            (Some(_), None) => {}
        }
    }
    faults
}

fn source_of(number: u64) -> String {
    format!("snapshot {number}")
}

/// Does a look say what a snapshot saw? Texts can differ where people were taken out, so they are
/// counted.
fn is_look_of(look: &LookV1, link: &SnapshotLink) -> bool {
    let gaps = link.look.protection.value().map_or(0, |protection| protection.unseen.len());
    look.at == link.snapshot.time.to_string()
        && look.unseen.is_some() == matches!(link.look.protection, Fact::Gap(_))
        && look.gaps.len() == gaps
}

/// Follows the protection of a branch over time again, from the snapshots and records of the pack.
fn follow_again(
    source: &dyn ItemSource,
    audit: &AuditV1,
    branch: &ProtectedBranchV1,
    chain: &SnapshotChain,
    people: PeopleV1,
    verified: &mut VerifiedPack,
) {
    let name = BranchName::new(&branch.branch);
    let mut looks: Vec<Look> = chain.links.iter().map(|link| look_of(link, &name)).collect();
    looks.extend(looks_of_records(source, audit, &name));
    let held: BTreeSet<(String, String)> =
        looks.iter().map(|look| (look.at.to_string(), look.source.clone())).collect();
    let said: BTreeSet<(String, String)> =
        branch.looks.iter().map(|look| (look.at.clone(), look.source.clone())).collect();
    if let Some((at, source)) = held.difference(&said).next() {
        let why = format!("it has no look of {source} at {at} at {}", branch.branch.escape_debug());
        return verified.faults.push(PackFault::new(AUDIT, PackWrong::Disagrees(why)));
    }
    if let Some((_, source)) = said.difference(&held).next() {
        let why = format!(
            "the protection of {} over time was not followed again, because the pack does not hold what {} saw; each \
             snapshot was compared with its look",
            branch.branch,
            source.escape_debug()
        );
        return verified.notes.push(why);
    }
    let moment = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let period = moment(&audit.title.period.since).zip(moment(&audit.title.period.until));
    let again = protection_over_time(looks, period, &audit.landings).into_iter().next();
    let same = again.is_some_and(|again| {
        again.longest_unwatched == branch.longest_unwatched
            && comparable(&again.requirements, people) == comparable(&branch.requirements, people)
    });
    if !same {
        let why = format!(
            "the protection of {} over time is not the one that its snapshots and records show",
            branch.branch.escape_debug()
        );
        verified.faults.push(PackFault::new(AUDIT, PackWrong::Disagrees(why)));
    }
}

/// What has to be the same. Pseudonyms have another order than logins, and words name them.
fn comparable(requirements: &[RequirementOverTimeV1], people: PeopleV1) -> Vec<RequirementOverTimeV1> {
    let mut all = requirements.to_vec();
    if people == PeopleV1::Pseudonyms {
        all.iter_mut().flat_map(|one| &mut one.spans).for_each(|span| span.detail.clear());
        all.sort_by(|one, other| one.requirement.cmp(&other.requirement));
    }
    all
}

fn look_of(link: &SnapshotLink, branch: &BranchName) -> Look {
    Look {
        at: link.snapshot.time,
        branch: branch.clone(),
        protection: link.look.protection.clone(),
        source: source_of(link.snapshot.number),
    }
}

/// The looks that the records of a pack keep, as far as they keep facts.
fn looks_of_records(source: &dyn ItemSource, audit: &AuditV1, branch: &BranchName) -> Vec<Look> {
    let as_of = audit.title.as_of.parse::<Timestamp>().ok();
    let mut looks = Vec::new();
    for environment in &audit.environments {
        let name = environment.environment.as_str();
        for number in 1..=environment.records.min(MOST_ITEMS as u64) {
            let file = |file: &str| {
                ItemPath::new(&format!("{}/{file}", folder_of(name, number)))
                    .ok()
                    .and_then(|path| source.read(&path).ok())
            };
            let entry = file(RECORD).and_then(|bytes| serde_json::from_slice::<RecordEntry>(&bytes).ok());
            let Some(entry) = entry.filter(|entry| as_of.is_none_or(|as_of| entry.time <= as_of)) else {
                continue;
            };
            let Some(Ok(GatheredFacts::Deployment(facts))) = file(FACTS).map(|facts| read_facts(&facts))
            else {
                continue;
            };
            let host = &facts.whole.host;
            if facts.branch == *branch && host.took_part() {
                looks.push(Look {
                    at: facts.whole.observed.value().copied().unwrap_or(entry.time),
                    branch: branch.clone(),
                    protection: host.protection.clone(),
                    source: format!("{name}#{}", entry.number),
                });
            }
        }
    }
    looks
}

/// Holds the snapshots that an audit counts against those of a clone.
pub(super) fn compare_with_clone(repository: &Repository, audit: &AuditV1, verified: &mut VerifiedPack) {
    for population in &audit.branches {
        let name = &population.branch;
        let of_branch = audit.protection.iter().find(|branch| branch.branch == *name);
        let said = of_branch.and_then(|branch| branch.snapshots.as_ref());
        let reference = snapshot_reference(&BranchName::new(name));
        let fault = |why: String| PackFault::new(snapshot_folder(name), PackWrong::Repository(why));
        match (said, read_snapshots(repository, &reference, Timestamp::now(), None)) {
            (_, Err(gap)) => verified.not_shown.push(format!("the snapshots of {name} in the clone: {gap}")),
            (Some(_), Ok(None)) => {
                let why = format!("the snapshots of {name}: the clone has none; fetch them: `{FETCH}`");
                verified.not_shown.push(why);
            }
            (None, Ok(None)) => {}
            (None, Ok(Some(chain))) if !chain.problems.is_empty() => {
                verified.notes.push(format!("the snapshots of {name} in the clone do not verify"));
            }
            (said, Ok(Some(chain))) => {
                verified.faults.extend(differences_from(&chain, said, audit).map(fault));
            }
        }
    }
}

/// What is otherwise in a clone: the newest snapshot of the audit, and those of the period that the
/// audit does not have.
fn differences_from(
    chain: &SnapshotChain,
    said: Option<&AuditedSnapshotsV1>,
    audit: &AuditV1,
) -> impl Iterator<Item = String> {
    let last = said.and_then(|said| chain.links.get(usize::try_from(said.count).ok()?.checked_sub(1)?));
    let holds = said.zip(last).is_some_and(|(said, last)| {
        last.commit.as_str() == said.tip.as_str() && last.digest.as_str() == said.digest.as_str()
    });
    let lost = (said.is_some() && !holds)
        .then(|| "the repository does not hold the snapshot that was the newest for the audit".to_string());
    let moment = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let period = moment(&audit.title.period.since).zip(moment(&audit.title.period.until));
    let as_of = audit.title.as_of.parse::<Timestamp>().ok();
    let is_of_period = |time: Timestamp| {
        period.is_some_and(|(since, until)| (since..until).contains(&time))
            && as_of.is_none_or(|as_of| time <= as_of)
    };
    let counted = usize::try_from(said.map_or(0, |said| said.count)).unwrap_or(usize::MAX);
    let newer = chain.links.iter().skip(counted).find(|link| is_of_period(link.snapshot.time));
    let newer = newer.map(|link| {
        let Snapshot { number, time, .. } = &link.snapshot;
        format!("the repository holds snapshot {number} of {time}, which the audit does not have")
    });
    lost.into_iter().chain(newer)
}
