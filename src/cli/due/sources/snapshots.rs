//! Looks at the protection of the deployment branches: by `[due] snapshots-every`.

use super::changes_at;
use crate::due::source::{DueSource, DueView};
use jiff::{SignedDuration, Timestamp};
use portcullis_collect::records::FETCH;
use portcullis_collect::snapshots::read_snapshots;
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_model::change::BranchName;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_pattern::glob::Glob;
use portcullis_record::snapshot::{SnapshotLink, snapshot_reference};
use std::collections::BTreeSet;

/// The source.
pub struct ExpectedSnapshots;

impl DueSource for ExpectedSnapshots {
    fn name(&self) -> &'static str {
        "snapshots"
    }

    fn look(&self, view: &DueView<'_>) -> SourceAnswer {
        let Some(every) = view.policy.expected.snapshots_every else {
            return SourceAnswer::idle(self.name(), "the policy has no `[due] snapshots-every`");
        };
        let branches = match deployment_branches(view) {
            Ok(branches) => branches,
            Err(gap) => return SourceAnswer::of(self.name(), Err(gap)),
        };
        if branches.is_empty() {
            return SourceAnswer::of(self.name(), Err(report_no_branch()));
        }
        let mut answer = SourceAnswer::of(self.name(), Ok(Vec::new()));
        answer.notes.extend(note_unmatched(view, &branches));
        for name in branches {
            match expect_snapshots(view, &name, every) {
                Ok(deeds) => answer.deeds.extend(deeds),
                Err(gap) => answer.gaps.push(gap),
            }
        }
        answer
    }
}

/// Patterns of the policy that no branch here matches: a clone may lack branches that the host has.
fn note_unmatched(view: &DueView<'_>, branches: &BTreeSet<String>) -> Vec<String> {
    let globs = view.policy.scope.deployment.iter();
    let unmatched = globs.filter(|glob| !branches.iter().any(|branch| glob.matches(branch.as_bytes())));
    let note = |glob: &Glob| {
        format!("no branch in this repository matches `{}`: none of those is looked for", glob.as_str())
    };
    unmatched.map(note).collect()
}

fn report_no_branch() -> Gap {
    Gap::new(
        "the deployment branches",
        GapReason::MissingObject,
        "no branch in this repository matches a pattern of `[branches] deployment`",
        "Fetch them: `git fetch origin`.",
    )
}

/// The deployment branches: those that the policy names, and those of this clone that its patterns
/// match.
fn deployment_branches(view: &DueView<'_>) -> Result<BTreeSet<String>, Gap> {
    let is_pattern = |name: &&str| name.contains(['*', '?', '[', '{', '\\']);
    let globs = &view.policy.scope.deployment;
    let named = globs.iter().map(|glob| glob.as_str()).filter(|name| !is_pattern(name));
    let mut branches: BTreeSet<String> = named.map(ToString::to_string).collect();
    for place in ["refs/heads/", "refs/remotes/origin/"] {
        for reference in view.repository.refs_below(place)? {
            let name = reference.strip_prefix(place).unwrap_or(&reference);
            if globs.iter().any(|glob| glob.matches(name.as_bytes())) {
                branches.insert(name.to_string());
            }
        }
    }
    Ok(branches)
}

fn expect_snapshots(
    view: &DueView<'_>,
    name: &str,
    every: SignedDuration,
) -> Result<Option<ExpectedDeed>, Gap> {
    let branch = BranchName::new(name);
    match newest_snapshot(view, &snapshot_reference(&branch))? {
        Some(time) => Ok(expect_snapshot(name, time, every)),
        None => Err(unseen(&branch)),
    }
}

fn newest_snapshot(view: &DueView<'_>, reference: &str) -> Result<Option<Timestamp>, Gap> {
    let clock = view.at.max(Timestamp::now());
    let Some(chain) = read_snapshots(&view.repository, reference, clock, None)? else { return Ok(None) };
    match (chain.problems.first(), chain.links.last()) {
        (Some(problem), _) => Err(Gap::new(
            format!("the snapshots below `{reference}`"),
            GapReason::Contradiction,
            problem.to_string(),
            "See `portcullis snapshot verify`, and restore the ref from a clone that has it.",
        )),
        (None, Some(_)) => newest_look(reference, &chain.links).map(Some),
        (None, None) => Ok(None),
    }
}

/// When the protection was last seen. A snapshot that says that nothing could be seen is no look at
/// it.
fn newest_look(reference: &str, links: &[SnapshotLink]) -> Result<Timestamp, Gap> {
    let saw = |link: &&SnapshotLink| {
        link.look.protection.known().is_ok() || link.look.protected == Fact::Known(false)
    };
    links.iter().rev().find(saw).map(|link| link.snapshot.time).ok_or_else(|| {
        Gap::new(
            format!("the snapshots below `{reference}`"),
            GapReason::NotVisible,
            "none of them could see the protection of the branch",
            "See `portcullis snapshot show`, give the job a token that may read it, and take one again.",
        )
    })
}

fn expect_snapshot(branch: &str, last: Timestamp, every: SignedDuration) -> Option<ExpectedDeed> {
    Some(ExpectedDeed {
        source: ExpectedSnapshots.name(),
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
