//! Looks at the protection of the deployment branches: by `[due] snapshots-every`.

use super::changes_at;
use crate::cli::due::source::{DueSource, DueView};
use crate::collect::records::FETCH;
use crate::collect::snapshots::read_snapshots;
use jiff::{SignedDuration, Timestamp};
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_model::change::BranchName;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_record::snapshot::{SNAPSHOTS_PREFIX, snapshot_reference};

/// The source.
pub struct Snapshots;

impl DueSource for Snapshots {
    fn name(&self) -> &'static str {
        "snapshots"
    }

    fn look(&self, view: &DueView<'_>) -> SourceAnswer {
        let Some(every) = view.policy.expected.snapshots_every else {
            return SourceAnswer::idle(self.name(), "the policy has no `[due] snapshots-every`");
        };
        let mut answer = SourceAnswer::of(self.name(), Ok(Vec::new()));
        for name in view.policy.scope.deployment.iter().map(|glob| glob.as_str()) {
            match expect_snapshots(view, name, every) {
                Ok(deeds) => answer.deeds.extend(deeds),
                Err(gap) => answer.gaps.push(gap),
            }
        }
        answer
    }
}

fn expect_snapshots(
    view: &DueView<'_>,
    name: &str,
    every: SignedDuration,
) -> Result<Option<ExpectedDeed>, Gap> {
    if name.contains(['*', '?', '[', '{', '\\']) {
        // Which branches a pattern means is the host's to say. Those that have snapshots are known.
        return Ok(expect_of_pattern(view, name, every)?.into_iter().min_by_key(|deed| deed.due));
    }
    let branch = BranchName::new(name);
    match newest_snapshot(view, &snapshot_reference(&branch))? {
        Some((_, time)) => Ok(expect_snapshot(name, time, every)),
        None => Err(unseen(&branch)),
    }
}

fn expect_of_pattern(
    view: &DueView<'_>,
    pattern: &str,
    every: SignedDuration,
) -> Result<Vec<ExpectedDeed>, Gap> {
    let mut deeds = Vec::new();
    for reference in view.repository.refs_below(SNAPSHOTS_PREFIX)? {
        let Some((branch, time)) = newest_snapshot(view, &reference)? else { continue };
        let meant = view.policy.scope.deployment.iter().filter(|glob| glob.as_str() == pattern);
        if meant.into_iter().any(|glob| glob.matches(branch.as_str().as_bytes())) {
            deeds.extend(expect_snapshot(branch.as_str(), time, every));
        }
    }
    Ok(deeds)
}

fn newest_snapshot(view: &DueView<'_>, reference: &str) -> Result<Option<(BranchName, Timestamp)>, Gap> {
    let clock = view.at.max(Timestamp::now());
    let Some(chain) = read_snapshots(&view.repository, reference, clock, None)? else { return Ok(None) };
    match (chain.problems.first(), chain.links.last()) {
        (Some(problem), _) => Err(Gap::new(
            format!("the snapshots below `{reference}`"),
            GapReason::Contradiction,
            problem.to_string(),
            "See `portcullis snapshot verify`, and restore the ref from a clone that has it.",
        )),
        (None, link) => Ok(link.map(|link| (link.snapshot.branch.clone(), link.snapshot.time))),
    }
}

fn expect_snapshot(branch: &str, last: Timestamp, every: SignedDuration) -> Option<ExpectedDeed> {
    Some(ExpectedDeed {
        source: Snapshots.name(),
        subject: format!("branch {branch}"),
        what: "a look at its protection".to_string(),
        due: last.checked_add(every).ok()?,
        about: format!("snapshot/{branch}"),
        since: Some(last),
        changes: changes_at(last),
        remedy: format!("Run `portcullis snapshot --branch {branch}`, and find out why the job did not."),
    })
}

fn unseen(branch: &BranchName) -> Gap {
    Gap::new(
        format!("the snapshots of {branch}"),
        GapReason::MissingObject,
        "there are none in this repository",
        format!("Fetch them: `{FETCH}`. Where there are none yet, take the first: `portcullis snapshot`."),
    )
}
