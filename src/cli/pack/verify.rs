//! `portcullis pack verify`.

use super::super::exit::{Exit, Failure, Result};
use super::super::output;
use super::archive_file::ArchiveFile;
use super::folder::FolderOfPack;
use super::records::check_records;
use super::results::check_results;
use crate::collect::records::DeploymentRecords as _;
use clap::Args;
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::path::RepoPath;
use portcullis_pack::verify::{VerifiedPack, verify_pack};
use portcullis_pack::{ItemSource, PackFault, PackWrong};
use portcullis_record::{RECORD, SIGNATURE};
use portcullis_wire::audit::v1::{AuditV1, AuditedDeploymentV1, PopulationProofV1, SignatureStandingV1};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What to verify.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The pack: its folder or its archive.
    #[arg(value_name = "DIR|ARCHIVE")]
    pack: PathBuf,
    /// Clone of the repository: the records that the audit names are looked up in it, and the
    /// commits of the period are counted again.
    #[arg(long, value_name = "DIR")]
    repo: Option<PathBuf>,
    /// SHA-256 of manifest.json that was given to you on another way.
    #[arg(long, value_name = "SHA256", value_parser = parse_digest)]
    expect: Option<Digest>,
}

fn parse_digest(text: &str) -> Result<Digest> {
    Digest::try_from(format!("sha256:{}", text.trim_start_matches("sha256:"))).map_err(Failure::usage)
}

pub(super) fn run(_: &Path, arguments: &VerifyArguments) -> Result {
    let source = match open_pack(&arguments.pack) {
        Ok(source) => source,
        Err(faults) => return report_faults(&faults),
    };
    let mut verified = verify_pack(source.as_ref(), &|source, audit, verified| {
        check_records(source, audit, verified);
        check_results(source, audit, verified);
    });
    if let (Some(expected), Some(found)) = (&arguments.expect, &verified.manifest)
        && expected != found
    {
        let why = PackWrong::Disagrees(format!("another pack: its SHA-256 is {found}, not {expected}"));
        verified.faults.insert(0, PackFault::new(portcullis_pack::MANIFEST, why));
    }
    verified.notes.extend(verified.audit.as_ref().and_then(signed_elsewhere));
    if let (Some(place), Some(audit)) = (&arguments.repo, verified.audit.take()) {
        hold_against(place, &audit, &mut verified)?;
    }
    if !verified.faults.is_empty() {
        return report_faults(&verified.faults);
    }
    output::text(&summary(&verified, arguments))?;
    Ok(if verified.not_shown.is_empty() { Exit::Allowed } else { Exit::Undetermined })
}

fn open_pack(place: &Path) -> std::result::Result<Box<dyn ItemSource>, Vec<PackFault>> {
    match std::fs::metadata(place) {
        Err(error) => Err(vec![PackFault::new(place.display(), PackWrong::Io(error.to_string()))]),
        Ok(metadata) if metadata.is_dir() => Ok(Box::new(FolderOfPack::open(place)?)),
        Ok(_) => Ok(Box::new(ArchiveFile::open(place).map_err(|fault| vec![fault])?)),
    }
}

/// Names everything that is wrong. What cannot be read is no statement about the pack.
fn report_faults(faults: &[PackFault]) -> Result {
    if let [PackFault { item, wrong: PackWrong::Io(why) }] = faults {
        return Err(Failure::environment(format!("cannot read {item}: {why}")));
    }
    faults.iter().for_each(|fault| output::complain(&fault.to_string()));
    Ok(Exit::Unverified)
}

/// The records that the audit names are in the clone, to the byte.
fn hold_against(place: &Path, audit: &AuditV1, verified: &mut VerifiedPack) -> Result<()> {
    let repository = super::super::opening::open(place)?;
    for deployment in &audit.deployments {
        let wrong = wrong_record(&repository, deployment);
        verified.faults.extend(wrong.map(|why| PackFault::new(&deployment.id, PackWrong::Repository(why))));
    }
    let covered = |name: &str| audit.environments.iter().any(|known| known.environment.as_str() == name);
    for environment in repository.environments_by_name().unwrap_or_default() {
        if !covered(environment.as_str()) {
            let why = format!("the repository has records of {environment}, which the audit does not cover");
            verified.notes.push(why);
        }
    }
    for branch in &audit.branches {
        let wrong = branch.proof.as_ref().and_then(|proof| wrong_population(&repository, proof));
        verified.faults.extend(wrong.map(|why| PackFault::new(&branch.branch, PackWrong::Repository(why))));
    }
    Ok(())
}

/// The commits of the period are counted again.
fn wrong_population(repository: &Repository, proof: &PopulationProofV1) -> Option<String> {
    let (from, to) = proof.range.split_once("..")?;
    let ends = (Revision::try_from(from.to_string()).ok()?, Revision::try_from(to.to_string()).ok()?);
    let Ok(names) = repository.names_between(&ends.0, &ends.1) else {
        return Some(format!("the repository does not hold the commits {}", proof.range));
    };
    let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
    let same = Digest::of(lines.as_bytes()).as_str() == proof.all_commits.as_str();
    (!same).then(|| format!("the repository holds other commits in {}", proof.range))
}

fn wrong_record(repository: &Repository, said: &AuditedDeploymentV1) -> Option<String> {
    let commit = Revision::try_from(said.record.clone()).ok()?;
    let Ok(stored) = repository.stored_commit(&commit) else {
        return Some(format!("the repository does not hold its record, {commit}"));
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

/// What the pack cannot hold of signed records, for people.
fn signed_elsewhere(audit: &AuditV1) -> Option<String> {
    let is_signed = |one: &&AuditedDeploymentV1| {
        one.signature.as_ref().is_some_and(|signature| signature.standing == SignatureStandingV1::Signed)
    };
    let signed: Vec<&str> =
        audit.deployments.iter().filter(is_signed).map(|deployment| deployment.id.as_str()).collect();
    let (first, count) = (signed.first()?, signed.len());
    let signed = crate::render::plural(count as u64, "signed record");
    Some(format!(
        "{signed} ({first} the first): a pack holds no signature of a record; `portcullis record verify` checks it in the repository"
    ))
}

fn summary(verified: &VerifiedPack, arguments: &VerifyArguments) -> String {
    let mut text = format!(
        "everything agrees: {} files with the manifest, {} files written again, {} decisions taken again\n",
        verified.files, verified.derived, verified.records
    );
    for why in &verified.not_shown {
        let _ = writeln!(text, "not checked: {why}");
    }
    for note in &verified.notes {
        let _ = writeln!(text, "note: {note}");
    }
    if arguments.repo.is_none() {
        text.push_str("not compared with a repository: pass --repo with a clone that you fetched yourself\n");
    }
    if arguments.expect.is_none() {
        text.push_str("Whoever can write a pack can write another one that holds together. Compare this with what was given to you on another way:\n");
    }
    if let Some(manifest) = &verified.manifest {
        let _ = writeln!(text, "manifest.json {manifest}");
    }
    text
}
