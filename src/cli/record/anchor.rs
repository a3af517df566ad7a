//! `portcullis record anchor`: the newest records and snapshots, written down for a place outside
//! of the repository.

use super::{Anchoring, no_record, no_records, read_chain, report_problems, unseen_failure};
use crate::exit::{Exit, Failure, Result};
use crate::{names, output};
use jiff::Timestamp;
use portcullis_collect::records::DeploymentRecords as _;
use portcullis_collect::snapshots::{read_snapshots, snapshot_refs};
use portcullis_git::Repository;
use portcullis_record::snapshot::snapshot_reference;
use portcullis_record::{Anchor, AnchoredSnapshot, AnchoredTip, MalformedAnchor, time_stamp_request};
use std::path::{Path, PathBuf};

/// The longest file that is read as an anchor, in bytes.
const LONGEST: u64 = 16 << 20;

/// Writes the newest record of each environment and the newest snapshot of each branch.
///
/// # Errors
/// There are none, or those of an environment or a branch do not verify.
pub(super) fn run(repository: &Repository, anchoring: &Anchoring) -> Result {
    if let (Some(file), Some(request)) = (&anchoring.output, &anchoring.timestamp_request)
        && names::is_same_place(file, request)
    {
        let message = format!("the anchor and its request would both be written to {}", file.display());
        return Err(Failure::usage(message));
    }
    let environments = repository.environments().map_err(unseen_failure)?;
    let snapshots = newest_snapshots(repository)?;
    if environments.is_empty() && snapshots.is_empty() {
        return Err(no_records(repository));
    }
    let mut tips = Vec::new();
    for environment in &environments {
        let chain = read_chain(repository, environment)?.ok_or_else(|| no_record(repository, environment))?;
        let Some(tip) = AnchoredTip::of(&chain) else {
            report_problems(&chain);
            return Err(Failure::unverified(format!("the records of {environment} do not verify"))
                .hint(format!("see what is wrong: `portcullis record verify {environment}`")));
        };
        tips.push(tip);
    }
    let now = Timestamp::now();
    let time = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let bytes = Anchor { time, tips, snapshots }.bytes().map_err(super::write_failure)?;
    if let Some(file) = &anchoring.timestamp_request {
        output::write_file(file, &time_stamp_request(&bytes))?;
    }
    match &anchoring.output {
        Some(file) => output::write_file(file, &bytes)?,
        None => output::data(&bytes)?,
    }
    Ok(Exit::Allowed)
}

/// The newest snapshot of each branch.
fn newest_snapshots(repository: &Repository) -> Result<Vec<AnchoredSnapshot>> {
    let mut newest = Vec::new();
    for reference in snapshot_refs(repository).map_err(unseen_failure)? {
        let chain = read_snapshots(repository, &reference, Timestamp::now(), None).map_err(unseen_failure)?;
        let Some(chain) = chain else { continue };
        let Some(one) = AnchoredSnapshot::of(&chain) else {
            let first = chain.problems.first().map(ToString::to_string).unwrap_or_default();
            return Err(Failure::unverified(format!(
                "the snapshots below {reference} do not verify: {first}"
            ))
            .hint("see what is wrong: `portcullis snapshot verify`"));
        };
        newest.push(one);
    }
    newest.sort_by(|one, next| one.branch.cmp(&next.branch));
    Ok(newest)
}

/// What the chains of snapshots lack of those that anchors name.
///
/// # Errors
/// An anchor or a chain cannot be read.
pub(super) fn lost_snapshots(repository: &Repository, anchors: &[PathBuf]) -> Result<Vec<String>> {
    let mut lost = Vec::new();
    for file in anchors {
        for anchored in read_anchor(file)?.snapshots {
            let reference = snapshot_reference(&anchored.branch);
            let chain = read_snapshots(repository, &reference, Timestamp::now(), None);
            match chain.map_err(unseen_failure)? {
                None => lost.push(format!(
                    "{} has no snapshots here, and the anchor names {} of them; {}",
                    anchored.branch,
                    anchored.number,
                    super::fetch_hint()
                )),
                Some(chain) => {
                    let problem = chain.problems.first();
                    lost.extend(problem.map(|problem| format!("{}: {problem}", anchored.branch)));
                    lost.extend(anchored.find_loss(&chain));
                }
            }
        }
    }
    Ok(lost)
}

/// Reads an anchor that was kept.
///
/// # Errors
/// There is no such file, or it is no anchor.
pub fn read_anchor(file: &Path) -> Result<Anchor> {
    let unreadable =
        |error: std::io::Error| Failure::environment(format!("cannot read {}: {error}", file.display()));
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > LONGEST {
        return Err(Failure::environment(format!("{} is no anchor: it has {length} bytes", file.display())));
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    Anchor::read(&bytes).map_err(|MalformedAnchor(why)| {
        Failure::environment(format!("{} is no anchor: {why}", file.display()))
            .hint("hand over the file as `portcullis record anchor` wrote it")
    })
}
