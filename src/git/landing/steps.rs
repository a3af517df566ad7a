//! The steps of a deployment branch between two of its commits.
//!
//! What lies between is found over all parents, then dealt out along the first-parent line, oldest
//! step first: each step takes what it reaches and no step before it took. What no step took is an
//! error of ours and a gap.

use crate::commit_facts::read_commit;
use crate::graph::{Graph, Relation};
use crate::object::{Objects, revision_of};
use git2::Oid;
use portcullis_model::change::Revision;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::landing::{Span, Step};
use std::collections::BTreeSet;

/// Where a commit is on a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchPosition {
    /// The first-parent line of the branch, oldest first.
    pub line: Vec<Revision>,
    /// The step that is the commit, or that brought it.
    pub at: usize,
}

/// Where a commit is on the branch with this tip; `None` when the branch does not hold it.
pub fn place(objects: &Objects<'_>, tip: Oid, commit: Oid) -> Result<Option<BranchPosition>, Gap> {
    let mut graph = Graph::new(objects);
    let (mut line, mut next) = (Vec::new(), Some(tip));
    while let Some(id) = next {
        line.push(id);
        next = match graph.parents(id) {
            Ok(parents) => parents.first().copied(),
            // What lies behind the commit need not be here.
            Err(_) if line.contains(&commit) => None,
            Err(gap) => return Err(gap),
        };
    }
    line.reverse();
    let Some(at) = bringing_step(&mut graph, &line, commit)? else { return Ok(None) };
    let line = line.into_iter().map(revision_of).collect::<Result<_, _>>()?;
    Ok(Some(BranchPosition { line, at }))
}

/// The oldest step that reaches the commit: each step reaches whatever the ones before it reach.
fn bringing_step(graph: &mut Graph<'_, '_>, line: &[Oid], commit: Oid) -> Result<Option<usize>, Gap> {
    if let Some(at) = line.iter().position(|step| *step == commit) {
        return Ok(Some(at));
    }
    let (mut from, mut to) = (0, line.len());
    while from < to {
        let middle = from + (to - from) / 2;
        if graph.is_reached(commit, &[line[middle]])? {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    Ok((from < line.len()).then_some(from))
}

/// How `head` lies to `baseline`, with every step between them.
pub fn span(objects: &Objects<'_>, baseline: Oid, head: Oid) -> Result<Span, Gap> {
    if baseline == head {
        return objects.header(head).map(|_| Span::Equal);
    }
    let mut graph = Graph::new(objects);
    let relation = graph.relate(baseline, head)?;
    match relation.merge_bases.as_slice() {
        [] => Ok(Span::Unrelated),
        [base] if *base == head => Ok(Span::Behind),
        [base] if *base == baseline => read_steps(objects, &mut graph, baseline, head, &relation),
        _ => Ok(Span::Diverged),
    }
}

fn read_steps(
    objects: &Objects<'_>,
    graph: &mut Graph<'_, '_>,
    baseline: Oid,
    head: Oid,
    relation: &Relation,
) -> Result<Span, Gap> {
    let mut untaken: BTreeSet<Oid> = relation.range.iter().copied().collect();
    let Some(line) = first_parents(graph, &untaken, baseline, head)? else { return Ok(Span::Beside) };
    let mut steps = Vec::new();
    for tip in line.into_iter().rev() {
        let brought = take_reached(graph, &mut untaken, tip)?;
        let brought = brought.into_iter().map(|id| read_commit(objects, id)).collect::<Result<_, _>>()?;
        steps.push(Step { commit: read_commit(objects, tip)?, brought });
    }
    if let Some(left) = untaken.first() {
        return Err(uncounted_commits(*left, untaken.len()));
    }
    let counted: usize = steps.iter().map(Step::size).sum();
    if counted != relation.range.len() {
        return Err(uncounted_commits(head, relation.range.len().abs_diff(counted)));
    }
    Ok(Span::Steps(steps))
}

/// From the head down to the baseline, without it; `None` when the line leaves the range elsewhere.
fn first_parents(
    graph: &mut Graph<'_, '_>,
    range: &BTreeSet<Oid>,
    baseline: Oid,
    head: Oid,
) -> Result<Option<Vec<Oid>>, Gap> {
    let (mut line, mut at) = (Vec::new(), head);
    while range.contains(&at) {
        line.push(at);
        match graph.parents(at)?.first() {
            Some(parent) => at = *parent,
            None => return Ok(None),
        }
    }
    Ok((at == baseline).then_some(line))
}

/// Takes all that `tip` reaches out of `untaken`; what came beside `tip` itself, sorted.
fn take_reached(
    graph: &mut Graph<'_, '_>,
    untaken: &mut BTreeSet<Oid>,
    tip: Oid,
) -> Result<BTreeSet<Oid>, Gap> {
    let mut brought = BTreeSet::new();
    let mut waiting = vec![tip];
    while let Some(id) = waiting.pop() {
        if untaken.remove(&id) {
            waiting.extend_from_slice(graph.parents(id)?);
            brought.insert(id);
        }
    }
    brought.remove(&tip);
    Ok(brought)
}

fn uncounted_commits(example: Oid, how_many: usize) -> Gap {
    Gap::new(
        "the landings between the deployed commit and the candidate",
        GapReason::Contradiction,
        format!("{how_many} commits belong to no landing or to two, among them {example}"),
        "Run `git fsck`, and judge a fresh clone",
    )
}
