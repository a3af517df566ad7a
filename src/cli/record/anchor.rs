//! `portcullis record anchor`: the newest records, written down for a place outside of the
//! repository.

use super::{Anchoring, no_record, no_records, read_chain, report_problems, unseen_failure};
use crate::cli::exit::{Exit, Failure, Result};
use crate::cli::{names, output};
use crate::collect::records::DeploymentRecords as _;
use jiff::Timestamp;
use portcullis_git::Repository;
use portcullis_record::{Anchor, AnchoredTip, MalformedAnchor, time_stamp_request};
use std::path::Path;

/// The longest file that is read as an anchor, in bytes.
const LONGEST: u64 = 16 << 20;

/// Writes the newest record of each environment.
///
/// # Errors
/// There are no records, or those of an environment do not verify.
pub(super) fn run(repository: &Repository, anchoring: &Anchoring) -> Result {
    if let (Some(file), Some(request)) = (&anchoring.output, &anchoring.timestamp_request)
        && names::is_same_place(file, request)
    {
        let message = format!("the anchor and its request would both be written to {}", file.display());
        return Err(Failure::usage(message));
    }
    let environments = repository.environments().map_err(unseen_failure)?;
    if environments.is_empty() {
        return Err(no_records());
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
    let bytes = Anchor { time, tips }.bytes().map_err(super::write_failure)?;
    if let Some(file) = &anchoring.timestamp_request {
        output::write_file(file, &time_stamp_request(&bytes))?;
    }
    match &anchoring.output {
        Some(file) => output::write_file(file, &bytes)?,
        None => output::data(&bytes)?,
    }
    Ok(Exit::Allowed)
}

/// Reads an anchor that was kept.
///
/// # Errors
/// There is no such file, or it is no anchor.
pub(super) fn read_anchor(file: &Path) -> Result<Anchor> {
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
