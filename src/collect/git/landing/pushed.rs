//! Which commits of a first-parent line never were the tip of the branch: they came with others, in one push.
//!
//! The host says which commits were the tip. Between two tips of the line lies what the newer one was pushed with. The oldest push may
//! have rewritten the branch: then all came with it that the tip before does not reach. What is older than the list is not known,
//! and left out.

use super::super::graph::Graph;
use super::super::object::oid;
use super::coverage::answers::Within;
use crate::model::fact::{Gap, GapReason};
use crate::model::landing::BranchPush;
use git2::Oid;
use std::collections::BTreeSet;

/// So many commits of the line are looked at.
const LINE_LIMIT: usize = 100_000;

/// A push, with the tips before and after.
type Push = (Option<Oid>, Oid);

/// The commits of the line that decide what merging a head over these merge bases brings: those of the merge bases that are on it, and
/// the newest that they reach where one is not.
pub fn sought(graph: &mut Graph<'_, '_>, tip: Oid, bases: &[Oid]) -> Result<BTreeSet<Oid>, Gap> {
    let (mut sought, mut is_beside) = (BTreeSet::new(), false);
    for base in bases {
        if graph.is_on_line(tip, *base)? {
            sought.insert(*base);
        } else {
            is_beside = true;
        }
    }
    if is_beside {
        sought.extend(graph.fork(tip, bases)?);
    }
    Ok(sought)
}

/// The commits that never were the tip, each with the tip before it came and the one with which it came; down to the oldest of those
/// that are sought. The pushes are those to the branch of `tip`, newest first.
///
/// # Errors
/// An object is missing, the line is too long, or the pushes are of another line.
pub fn within(
    graph: &mut Graph<'_, '_>,
    tip: Oid,
    pushes: &[BranchPush],
    mut sought: BTreeSet<Oid>,
) -> Result<Within, Gap> {
    let mut pushes = read(pushes)?;
    // What came after this tip is of no matter.
    let newer = pushes.iter().position(|(_, after)| *after == tip).unwrap_or(0);
    pushes.drain(..newer);
    sought.remove(&tip);
    let mut unseen: BTreeSet<Oid> =
        pushes.iter().flat_map(|(before, after)| before.iter().chain([after])).copied().collect();
    if unseen.is_empty() {
        return Ok(Within::new());
    }
    unseen.remove(&tip);
    let (mut within, mut between) = (Within::new(), Vec::new());
    let (mut newer, mut at) = (tip, tip);
    for _ in 0..LINE_LIMIT {
        let parent = graph.parents(at)?.first().copied();
        let Some(below) = parent.filter(|_| !unseen.is_empty()) else {
            rewritten(graph, &pushes, newer, &between, &mut within)?;
            return Ok(within);
        };
        at = below;
        if unseen.remove(&at) {
            sought.remove(&at);
            sought.retain(|one| !between.contains(one));
            within.extend(between.drain(..).map(|inner| (inner, (at, newer))));
            newer = at;
            if sought.is_empty() {
                return Ok(within);
            }
        } else {
            between.push(at);
        }
    }
    Err(too_long())
}

/// Of the commits below the oldest known tip of the line: those that came when it replaced another tip.
fn rewritten(
    graph: &mut Graph<'_, '_>,
    pushes: &[Push],
    newer: Oid,
    below: &[Oid],
    within: &mut Within,
) -> Result<(), Gap> {
    let Some((before, _)) = pushes.iter().rfind(|(_, after)| *after == newer) else {
        let is_older = pushes.iter().any(|(before, _)| *before == Some(newer));
        return if is_older { Ok(()) } else { Err(of_another_line()) };
    };
    let Some(before) = before else { return Ok(()) };
    let (mut new, mut old) = (0, below.len());
    while new < old {
        let middle = new + (old - new) / 2;
        match graph.is_reached(below[middle], &[*before])? {
            true => old = middle,
            false => new = middle + 1,
        }
    }
    if let Some(fork) = below.get(new) {
        within.extend(below[..new].iter().map(|inner| (*inner, (*fork, newer))));
    }
    Ok(())
}

/// The pushes that left a branch. One that created it anew, after a deletion, went on from the tip of then.
fn read(pushes: &[BranchPush]) -> Result<Vec<Push>, Gap> {
    let mut read = Vec::new();
    for (number, push) in pushes.iter().enumerate() {
        let Some(after) = &push.after else { continue };
        let deletion = || pushes.get(number + 1).filter(|older| older.after.is_none());
        let before = push.before.as_ref().or_else(|| deletion()?.before.as_ref());
        let before = before.map(|before| oid(before.as_str())).transpose()?;
        read.push((before, oid(after.as_str())?));
    }
    Ok(read)
}

fn of_another_line() -> Gap {
    Gap::new(
        "the former tips of the base branch",
        GapReason::Contradiction,
        "the host lists pushes to the base branch, and none of them left it at a commit of its first-parent line",
        "Run `git fetch` and run again: the host may list the newest push only after a moment.",
    )
}

fn too_long() -> Gap {
    Gap::new(
        "the former tips of the base branch",
        GapReason::Truncated,
        format!(
            "the pushes to the base branch lie more than {LINE_LIMIT} commits of its first-parent line apart"
        ),
        "Update the branch of the request (merge the base branch into it, or rebase it), and have the new head approved.",
    )
}
