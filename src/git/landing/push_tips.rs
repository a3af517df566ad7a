//! Which commits of a first-parent line never were the tip of the branch: they came with others, in
//! one push.
//!
//! The host says which commits were the tip. A push brought what is on the first-parent line of the
//! tip after it and not on that of the tip before it. That the tip before *reaches* a commit says
//! nothing: someone who merges a commit and leaves its content out makes it reached. What is older
//! than the host's list is not known, and left out.

use crate::graph::Graph;
use crate::landing::prover::VIRTUAL_LIMIT;
use crate::landing::prover::history::Within;
use crate::object::{parse_oid, revision_of};
use git2::Oid;
use portcullis_model::change::Revision;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::landing::BranchPush;
use std::collections::{BTreeMap, BTreeSet};

/// So many commits are looked at for all pushes.
const COMMITS_LIMIT: usize = 200_000;

/// A push, with the tips before and after.
type TipMove = (Option<Oid>, Oid);

/// The commits of the line that decide what merging a head over these merge bases brings: those
/// with which the merge bases came; and where one did not come by itself, the newest that it
/// reaches, and the same of what it began on.
pub fn sought(graph: &mut Graph<'_, '_>, tip: Oid, bases: &[Oid]) -> Result<BTreeSet<Oid>, Gap> {
    let mut sought = BTreeSet::new();
    let (mut open, mut seen) = (bases.to_vec(), BTreeSet::new());
    for _ in 0..VIRTUAL_LIMIT {
        let mut below = Vec::new();
        for base in open.drain(..).filter(|base| seen.insert(*base)) {
            let Some(arrival) = graph.arrival(tip, base)? else {
                // Where nothing is known of it, no list is long enough.
                sought.insert(base);
                continue;
            };
            sought.insert(arrival.with);
            if arrival.with != base {
                sought.extend(graph.fork(tip, &[base])?);
                below.extend(arrival.bases);
            }
        }
        open = below;
    }
    Ok(sought)
}

/// The commits that never were the tip, each with the tip before it came and the one with which it
/// came; none where all that are sought were the tip. The pushes are those to the branch of `tip`,
/// newest first.
///
/// # Errors
/// An object is missing, or the tips lie too far apart.
pub fn within(
    graph: &mut Graph<'_, '_>,
    tip: Oid,
    pushes: &[BranchPush],
    sought: &BTreeSet<Oid>,
) -> Result<Within, Gap> {
    let pushes = up_to(tip, read_pushes(pushes)?);
    let tips: BTreeSet<Oid> =
        pushes.iter().flat_map(|(before, after)| before.iter().chain([after])).copied().collect();
    if pushes.is_empty() || sought.iter().all(|one| *one == tip || tips.contains(one)) {
        return Ok(Within::new());
    }
    let (mut inner, mut left) = (BTreeSet::new(), COMMITS_LIMIT);
    for (before, after) in pushes {
        let Some(before) = before.filter(|before| *before != after) else { continue };
        let brought = brought_by_push(graph, before, after, &mut left);
        inner.extend(brought.map_err(|gap| unseen_push(before, after, &gap))?);
    }
    inner.retain(|one| !tips.contains(one));
    between_tips(graph, tip, (&tips, &inner), sought.clone())
}

/// The inner commits of the line, down to the last that is sought, with what is around them.
fn between_tips(
    graph: &mut Graph<'_, '_>,
    tip: Oid,
    (tips, inner): (&BTreeSet<Oid>, &BTreeSet<Oid>),
    mut sought: BTreeSet<Oid>,
) -> Result<Within, Gap> {
    let (mut within, mut between) = (Within::new(), Vec::new());
    let (mut newer, mut at) = (tip, tip);
    sought.remove(&tip);
    while !(sought.is_empty() && between.is_empty()) {
        let below = graph.parents(at)?.first().copied();
        if let Some(commit) = below.filter(|below| inner.contains(below)) {
            between.push(commit);
        } else {
            within.extend(between.drain(..).map(|commit| (commit, (below, newer))));
            newer = below.filter(|below| tips.contains(below)).unwrap_or(newer);
        }
        let Some(below) = below else { break };
        sought.remove(&below);
        at = below;
    }
    Ok(within)
}

/// What is on the first-parent line of `after` and not on that of `before`, without `after` itself.
fn brought_by_push(
    graph: &mut Graph<'_, '_>,
    before: Oid,
    after: Oid,
    left: &mut usize,
) -> Result<Vec<Oid>, Gap> {
    let (mut new, mut places) = (Vec::new(), BTreeMap::new());
    let mut old = BTreeSet::new();
    let (mut at, mut other) = (Some(after), Some(before));
    while at.is_some() || other.is_some() {
        *left = left.checked_sub(1).ok_or_else(too_far)?;
        if let Some(commit) = other {
            if let Some(place) = places.get(&commit) {
                new.truncate(*place);
                break;
            }
            old.insert(commit);
            other = graph.parents(commit)?.first().copied();
        }
        if let Some(commit) = at {
            if old.contains(&commit) {
                break;
            }
            places.insert(commit, new.len());
            new.push(commit);
            at = graph.parents(commit)?.first().copied();
        }
    }
    Ok(new.into_iter().skip(1).collect())
}

/// The pushes that left a branch. One that created it anew, after a deletion, went on from the tip
/// of then.
fn read_pushes(pushes: &[BranchPush]) -> Result<Vec<TipMove>, Gap> {
    let mut read = Vec::new();
    for (number, push) in pushes.iter().enumerate() {
        let Some(after) = &push.after else { continue };
        let deletion = || pushes.get(number + 1).filter(|older| older.after.is_none());
        let before = push.before.as_ref().or_else(|| deletion()?.before.as_ref());
        let before = before.map(|before| parse_oid(before.as_str())).transpose()?;
        read.push((before, parse_oid(after.as_str())?));
    }
    Ok(read)
}

/// Those up to the first that left the branch at this tip: what came later is of no matter. Where
/// none did, the host has not listed the newest one yet.
fn up_to(tip: Oid, mut pushes: Vec<TipMove>) -> Vec<TipMove> {
    match pushes.iter().rposition(|(_, after)| *after == tip) {
        Some(first) => drop(pushes.drain(..first)),
        None => {
            let newest = pushes.first().map(|(_, after)| *after);
            newest.into_iter().for_each(|newest| pushes.insert(0, (Some(newest), tip)));
        }
    }
    pushes
}

/// What helps a request that is open, and what one that has landed.
const REMEDY: &str = "Update the branch of the request (merge the base branch into it, or rebase it), and have the new head \
     approved; if it has landed already, have what landed reviewed, and grant a waiver for the commit";

fn unseen_push(before: Oid, after: Oid, gap: &Gap) -> Gap {
    let short = |id: Oid| revision_of(id).map(|id: Revision| id.short().to_string()).unwrap_or_default();
    Gap::new(
        "the former tips of the base branch",
        gap.reason,
        format!(
            "a push moved the branch from {} to {}, and what it brought cannot be seen: {}",
            short(before),
            short(after),
            gap.detail
        ),
        REMEDY,
    )
}

fn too_far() -> Gap {
    let detail =
        format!("the tips before and after its pushes lie more than {COMMITS_LIMIT} commits apart in all");
    Gap::new("the former tips of the base branch", GapReason::Truncated, detail, REMEDY)
}
