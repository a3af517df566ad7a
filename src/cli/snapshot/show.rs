//! Listing and verifying snapshots.

use super::SnapshotExpectations;
use crate::exit::{Exit, Failure, Result};
use crate::record::{read_anchor, unseen_failure};
use crate::{opening, output};
use jiff::Timestamp;
use portcullis_collect::records::FETCH;
use portcullis_collect::snapshots::{read_snapshots, snapshot_refs};
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::Fact;
use portcullis_model::snapshot::StoredLook;
use portcullis_record::AnchoredSnapshot;
use portcullis_record::snapshot::{SnapshotChain, SnapshotLink, snapshot_reference};
use std::path::Path;

pub(super) fn list(directory: &Path, branch: Option<&str>) -> Result {
    let repository = opening::open(directory)?;
    let mut exit = Exit::Allowed;
    for reference in meant_refs(&repository, branch, false)? {
        let chain = read_chain(&repository, &reference)?;
        let mut text = format!("{}\n", name_of(&chain));
        chain.links.iter().for_each(|link| text += &format!("  {}\n", describe(link)));
        output::text(&text)?;
        if report_problems(&chain) {
            exit = Exit::Unverified;
        }
    }
    Ok(exit)
}

pub(super) fn verify(directory: &Path, expected: &SnapshotExpectations) -> Result {
    let repository = opening::open(directory)?;
    let tip = expected.expect_tip.clone().map(Revision::try_from).transpose().map_err(Failure::usage)?;
    let remembers = tip.is_some() || expected.at_least.is_some_and(|least| least > 0);
    let anchored = anchored_snapshots(expected)?;
    let asked = remembers || !anchored.is_empty();
    let mut exit = Exit::Allowed;
    let references = meant_refs(&repository, expected.branch.as_deref(), asked)?;
    for one in anchored.iter().filter(|one| !references.contains(&snapshot_reference(&one.branch))) {
        output::complain(&format!(
            "{}: it has no snapshots any more; an anchor names {}",
            one.branch, one.number
        ));
        exit = Exit::Unverified;
    }
    for reference in references {
        let chain = read_chain(&repository, &reference)?;
        let of_branch: Vec<&AnchoredSnapshot> =
            anchored.iter().filter(|one| snapshot_reference(&one.branch) == reference).collect();
        let remembers = remembers || !of_branch.is_empty();
        let count = portcullis_render::plural(chain.commits.len() as u64, "snapshot");
        let newest = chain.tip().map(Revision::as_str).unwrap_or_default();
        let mut lost: Vec<String> = of_branch.iter().filter_map(|one| one.find_loss(&chain)).collect();
        if let Some(tip) = tip.as_ref().filter(|tip| !chain.commits.contains(tip)) {
            lost.push(format!(
                "it does not hold snapshot {tip} any more: its ref was moved, or the chain forked"
            ));
        }
        if let Some(least) = expected.at_least.filter(|least| (chain.commits.len() as u64) < *least) {
            lost.push(format!("there are {count}, and there should be at least {least}"));
        }
        lost.iter().for_each(|lost| output::complain(&format!("{}: {lost}", name_of(&chain))));
        if report_problems(&chain) || !lost.is_empty() {
            exit = Exit::Unverified;
            continue;
        }
        let end = match remembers {
            true => "",
            false => "; unchecked: whether newer ones were removed (--expect-tip, --at-least)",
        };
        output::text(&format!("{}: {count} verified, the newest is {newest}{end}", name_of(&chain)))?;
    }
    Ok(exit)
}

/// The snapshots that anchors name, of the branch that is asked for.
fn anchored_snapshots(expected: &SnapshotExpectations) -> Result<Vec<AnchoredSnapshot>> {
    let mut anchored = Vec::new();
    for file in &expected.anchors {
        anchored.extend(read_anchor(file)?.snapshots);
    }
    let only = expected.branch.as_deref().map(BranchName::new);
    anchored.retain(|one| only.as_ref().is_none_or(|only| one.branch == *only));
    if anchored.is_empty() && !expected.anchors.is_empty() {
        output::remark("the anchor names no snapshot that is asked about: it shows nothing of them");
    }
    Ok(anchored)
}

fn meant_refs(repository: &Repository, branch: Option<&str>, remembers: bool) -> Result<Vec<String>> {
    let known = snapshot_refs(repository).map_err(unseen_failure)?;
    let none = |of: &str| {
        let none = Failure::environment(format!("there are no snapshots{of} here"))
            .hint(format!("a clone does not bring them by itself: {FETCH}"));
        if remembers { Failure { exit: Exit::Unverified, ..none } } else { none }
    };
    match branch.map(BranchName::new) {
        Some(branch) => {
            let reference = snapshot_reference(&branch);
            let is_here = known.contains(&reference);
            if is_here { Ok(vec![reference]) } else { Err(none(&format!(" of {branch}"))) }
        }
        None if known.is_empty() => Err(none("")),
        None => Ok(known),
    }
}

fn read_chain(repository: &Repository, reference: &str) -> Result<SnapshotChain> {
    let chain = read_snapshots(repository, reference, Timestamp::now(), None).map_err(unseen_failure)?;
    chain.ok_or_else(|| Failure::environment(format!("`{reference}` is gone")))
}

fn name_of(chain: &SnapshotChain) -> String {
    chain.branch().map_or_else(|| chain.reference.clone(), ToString::to_string)
}

/// Says what is wrong with a chain; is anything?
fn report_problems(chain: &SnapshotChain) -> bool {
    let name = name_of(chain);
    chain.problems.iter().for_each(|problem| output::complain(&format!("{name}: {problem}")));
    !chain.problems.is_empty()
}

fn describe(link: &SnapshotLink) -> String {
    let snapshot = &link.snapshot;
    let tip = match &snapshot.tip {
        Fact::Known(tip) => tip.short().to_string(),
        Fact::Gap(_) => "not seen".to_string(),
    };
    let same = match &snapshot.look {
        StoredLook::New(_) => String::new(),
        StoredLook::Same { number, .. } => format!(", as in {number}"),
    };
    let seen = match &link.look.protection {
        Fact::Known(protection) => {
            portcullis_render::plural(protection.requirements.len() as u64, "requirement")
        }
        Fact::Gap(gap) => gap.to_string(),
    };
    let gaps = link.look.gaps().len() as u64;
    let gaps =
        if gaps == 0 { String::new() } else { format!(", {}", portcullis_render::plural(gaps, "gap")) };
    format!("{}  {}  tip {tip}: {seen}{gaps}{same}", snapshot.number, snapshot.time)
}
