//! A pack held against a clone that the person who verifies it fetched: the records and the commits
//! of the period are looked up in it, and those that the audit leaves out.

use super::super::audit::population::digest_lines;
use super::super::exit::Result;
use super::arrivals::compare_arrivals;
use super::records::is_of_period;
use super::snapshots::compare_with_clone;
use portcullis_collect::records::{DeploymentRecords as _, FETCH};
use portcullis_git::{DatedCommit, Repository};
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::environment::Environment;
use portcullis_model::path::RepoPath;
use portcullis_pack::verify::VerifiedPack;
use portcullis_pack::{PackFault, PackWrong};
use portcullis_record::{RECORD, RecordEntry, SIGNATURE, reference};
use portcullis_wire::audit::v1::{
    AuditV1, AuditedDeploymentV1, BranchPopulationV1, EnvironmentPopulationV1, PopulationProofV1,
};
use std::path::Path;

/// Holds an audit against a clone.
///
/// # Errors
/// There is no repository at this place.
pub(super) fn hold_against(place: &Path, audit: &AuditV1, verified: &mut VerifiedPack) -> Result<()> {
    let repository = super::super::opening::open(place)?;
    for deployment in &audit.deployments {
        let wrong = wrong_record(&repository, deployment);
        verified.faults.extend(wrong.map(|why| PackFault::new(&deployment.id, PackWrong::Repository(why))));
    }
    let environments = repository.environments_by_name();
    if let Err(gap) = &environments {
        verified.not_shown.push(format!("which environments the repository has records of: {gap}"));
    }
    let environments = environments.unwrap_or_default();
    for population in audit.environments.iter().filter(|population| population.tip.is_some()) {
        let name = population.environment.as_str();
        if !environments.iter().any(|known| known.as_str() == name) {
            verified
                .not_shown
                .push(format!("the records of {name}: the clone has none; fetch them: `{FETCH}`"));
        }
    }
    for environment in environments {
        let covered = |known: &&EnvironmentPopulationV1| known.environment.as_str() == environment.as_str();
        if let Some(population) = audit.environments.iter().find(covered) {
            compare_records(&repository, &environment, population, audit, verified);
        } else {
            let why = format!("the repository has records of {environment}, which the audit does not cover");
            verified.notes.push(why);
        }
    }
    for branch in &audit.branches {
        compare_branch(&repository, branch, audit, verified);
    }
    compare_with_clone(&repository, audit, verified);
    compare_arrivals(&repository, audit, verified);
    Ok(())
}

/// The newest record of the audit is one of the clone, and no record of the period is newer.
fn compare_records(
    repository: &Repository,
    environment: &Environment,
    population: &EnvironmentPopulationV1,
    audit: &AuditV1,
    verified: &mut VerifiedPack,
) {
    let mut names = Vec::new();
    let mut newer: Vec<RecordEntry> = Vec::new();
    let mut unreadable = None;
    let tip = repository.ref_tip(&reference(environment)).ok().flatten();
    let read = tip.map(|tip| {
        repository.each_stored(&tip, usize::MAX, |stored| {
            names.push(stored.id.to_string());
            if names.len() as u64 > population.records {
                let bytes = stored.files.get(&RepoPath::from(RECORD)).map(|file| file.bytes.as_slice());
                match serde_json::from_slice::<RecordEntry>(bytes.unwrap_or_default()) {
                    Ok(entry) => newer.push(entry),
                    Err(_) => unreadable = Some(stored.id.clone()),
                }
            }
            Ok(())
        })
    });
    if !matches!(read, Some(Ok(()))) {
        let why = format!("whether the repository has newer records of {environment}: they cannot be read");
        return verified.not_shown.push(why);
    }
    if let Some(commit) = unreadable {
        let why =
            format!("whether {commit}, a newer record of {environment}, is of the period: it cannot be read");
        verified.not_shown.push(why);
    }
    let mut fault = |why: String| {
        verified.faults.push(PackFault::new(environment, PackWrong::Repository(why)));
    };
    let last = population.records.checked_sub(1).and_then(|last| names.get(usize::try_from(last).ok()?));
    if last.map(String::as_str) != population.tip.as_ref().map(|tip| tip.as_str()) {
        fault("the repository does not hold the record that was the newest for the audit".to_string());
    }
    for entry in newer.iter().filter(|entry| is_of_period(entry, audit)) {
        let (number, at) = (entry.number, entry.time);
        fault(format!("the repository holds record {number} of {at}, which the audit does not have"));
    }
}

/// The commits of the period are counted again, and the branch of the clone has no others.
fn compare_branch(
    repository: &Repository,
    branch: &BranchPopulationV1,
    audit: &AuditV1,
    verified: &mut VerifiedPack,
) {
    let wrong = branch.proof.as_ref().and_then(|proof| wrong_population(repository, proof));
    if let Some(why) = wrong {
        return verified.faults.push(PackFault::new(&branch.branch, PackWrong::Repository(why)));
    }
    let name = &branch.branch;
    let places = [format!("refs/remotes/origin/{name}"), format!("refs/heads/{name}")];
    let tip = places.iter().find_map(|place| repository.ref_tip(place).ok().flatten());
    let line = tip.and_then(|tip| repository.dated_line(&tip).ok());
    let Some(line) = line else {
        let why =
            format!("whether {name} has other landings in the period: the clone does not show its line");
        return verified.not_shown.push(why);
    };
    match left_out(&line, branch, audit) {
        Err(wrong) => verified.faults.push(PackFault::new(name, wrong)),
        Ok(left_out) => {
            let why = |commit: &DatedCommit| {
                format!("why the audit of {name} leaves out {}, whose date is in the period", commit.id)
            };
            verified.not_shown.extend(left_out.first().map(|commit| why(commit)));
        }
    }
}

/// Commits of a line that say a date in the period, and do not belong to the audit.
fn left_out<'l>(
    line: &'l [DatedCommit],
    branch: &BranchPopulationV1,
    audit: &AuditV1,
) -> std::result::Result<Vec<&'l DatedCommit>, PackWrong> {
    let place = |commit: Option<&portcullis_wire::text::CommitText>| match commit {
        None => Ok(None),
        Some(commit) => match line.iter().position(|one| one.id.as_str() == commit.as_str()) {
            None => Err(PackWrong::Repository(format!(
                "{commit} is not on the first-parent line of the branch in the repository"
            ))),
            Some(place) => Ok(Some(place)),
        },
    };
    let (from, to) = (place(branch.from.as_ref())?, place(branch.to.as_ref())?);
    let second = |text: &Option<String>| {
        text.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok()).map(|at| at.as_second())
    };
    let period = &audit.title.period;
    let Some((since, until)) = second(&period.since).zip(second(&period.until)) else {
        return Ok(Vec::new());
    };
    let is_in = |place: usize| from.is_some_and(|from| from < place) && to.is_some_and(|to| place <= to);
    // The first commit of a history landed on nothing.
    let others = line.iter().enumerate().skip(1).filter(|(place, _)| !is_in(*place));
    Ok(others.map(|(_, commit)| commit).filter(|commit| (since..until).contains(&commit.date)).collect())
}

/// The commits of the period are counted again.
fn wrong_population(repository: &Repository, proof: &PopulationProofV1) -> Option<String> {
    let ends = proof.range.split_once("..").and_then(|(from, to)| {
        Some((Revision::try_from(from.to_string()).ok()?, Revision::try_from(to.to_string()).ok()?))
    });
    let Some((from, to)) = ends else { return Some(format!("`{}` is no range", proof.range.escape_debug())) };
    let Ok(names) = repository.names_between(&from, &to) else {
        return Some(format!("the repository does not hold the commits {}", proof.range));
    };
    let Ok(line) = repository.dated_line(&to) else {
        return Some(format!("the repository does not show the line of {to}"));
    };
    let steps = line.iter().map(|commit| &commit.id).skip_while(|id| **id != from).skip(1);
    let same = digest_lines(&names).as_str() == proof.all_commits.as_str()
        && digest_lines(steps).as_str() == proof.first_parents.as_str();
    (!same).then(|| format!("the repository holds other commits in {}", proof.range))
}

fn wrong_record(repository: &Repository, said: &AuditedDeploymentV1) -> Option<String> {
    let Ok(commit) = Revision::try_from(said.record.clone()) else {
        return Some("its record has no name that a repository knows".to_string());
    };
    let Ok(stored) = repository.stored_commit(&commit) else {
        return Some(format!(
            "the repository does not hold its record, {commit}; a clone does not bring records by itself: `{FETCH}`"
        ));
    };
    let found = stored.files.get(&RepoPath::from(RECORD)).map(|file| Digest::of(&file.bytes));
    if found.is_none_or(|found| found.as_str() != said.digest.as_str()) {
        return Some(format!("the repository holds another record in {commit}"));
    }
    let says_key = said.signature.as_ref().is_some_and(|signature| signature.key.is_some());
    let is_signed = stored.files.contains_key(&RepoPath::from(SIGNATURE));
    (says_key && !is_signed).then(|| {
        format!("the audit says that it is signed, and the repository holds no signature in {commit}")
    })
}
