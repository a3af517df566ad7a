//! Random merges with moves, recomputed and beside `git merge-tree --write-tree`.
//!
//! What holds for each: the tree of a merge that git calls clean is explained, and nothing else is.
//! Where git finds a conflict, nothing is: not the tree that it leaves behind, not one of the
//! sides, and not what another merger makes of it.
//!
//! `PORTCULLIS_MERGES_RANDOM=10000 PORTCULLIS_MERGES_SEED=7 cargo test --release --lib
//! random_merges -- --nocapture` takes so many and prints the figures.

mod histories;
mod yardstick;

use crate::landing::attempts::MergeAttempt;
use crate::landing::merge::{MergeSides, merge_trees};
use crate::landing::prover::Prover;
use crate::landing::store::Store;
use crate::landing::tests::dice::asked;
use crate::landing::tests::fixture::Fixture;
use crate::landing::tree_builder;
use git2::Oid;
use histories::History;
use std::collections::BTreeMap;
use yardstick::Verdict;

/// So many merges share a repository and a process of git.
const BATCH: usize = 500;

/// How many where nobody says, so that it takes seconds.
const MERGES: u64 = 300;

/// So many of those that came out otherwise are shown.
const SHOWN: usize = 3;

/// What came out, by the kinds of conflict that git names; no kind at all for clean merges.
#[derive(Debug, Default)]
struct Tally {
    merges: usize,
    /// An explanation for a tree that git does not give.
    explained_wrongly: usize,
    /// None for the tree that it gives.
    unexplained: usize,
}

#[derive(Default)]
struct Figures {
    tallies: BTreeMap<String, Tally>,
    wrong: Vec<String>,
}

impl Figures {
    fn tell(&self, seed: u64) {
        let conflicts: usize =
            self.tallies.iter().filter(|(kind, _)| !kind.is_empty()).map(|(_, t)| t.merges).sum();
        let sum = |of: fn(&Tally) -> usize| self.tallies.values().map(of).sum::<usize>();
        println!(
            "seed {seed}: {} merges, {conflicts} conflicts of git; explained wrongly {}, clean and unexplained {}",
            sum(|tally| tally.merges),
            sum(|tally| tally.explained_wrongly),
            sum(|tally| tally.unexplained)
        );
        for (kind, tally) in &self.tallies {
            let name = if kind.is_empty() { "clean" } else { kind };
            println!("  {name}: {} ({} / {})", tally.merges, tally.explained_wrongly, tally.unexplained);
        }
    }
}

#[test]
fn random_merges_are_explained_where_git_merges_and_nowhere_else() {
    let merges = asked("PORTCULLIS_MERGES_RANDOM", MERGES);
    let seed = asked("PORTCULLIS_MERGES_SEED", 11);
    let mut figures = Figures::default();
    let first = asked("PORTCULLIS_MERGES_FIRST", 0);
    let numbers: Vec<u64> = (first..first + merges).collect();
    for batch in numbers.chunks(BATCH) {
        judge(seed, batch, &mut figures);
    }
    figures.tell(seed);
    figures.wrong.iter().take(SHOWN).for_each(|wrong| println!("{wrong}"));
    assert!(figures.wrong.is_empty(), "{} merges are judged otherwise than by git", figures.wrong.len());
}

fn judge(seed: u64, numbers: &[u64], figures: &mut Figures) {
    let fixture = Fixture::new();
    let histories: Vec<History> = numbers.iter().map(|number| History::random(seed, *number)).collect();
    let commits: Vec<[Oid; 3]> = histories.iter().map(|history| history.commits(&fixture)).collect();
    let verdicts = yardstick::verdicts(fixture.path(), &commits);
    let opened = fixture.open();
    let objects = opened.trusted_objects().unwrap();
    let prover = Prover::new(&objects);
    for ((history, commits), verdict) in histories.iter().zip(&commits).zip(&verdicts) {
        let [base, ours, theirs] = commits.map(|id| Some(objects.tree_of(id).unwrap()));
        let sides = MergeSides { base, ours, theirs };
        let tally = figures.tallies.entry(verdict.kinds()).or_default();
        tally.merges += 1;
        if verdict.tree.is_none() {
            continue;
        }
        for (what, landed) in candidates(&fixture, prover.store(), sides, verdict) {
            let attempt = prover.recompute(sides, None, landed);
            let is_explained = matches!(attempt, Ok(MergeAttempt::Explained));
            if attempt.is_ok() {
                // The walk that ends where no merge can arrive there any more says the same.
                assert_eq!(
                    prover.gives(sides, None, landed).unwrap(),
                    is_explained,
                    "{history}{verdict}{what}"
                );
            }
            if is_explained == verdict.gives(landed) {
                continue;
            }
            *(if is_explained { &mut tally.explained_wrongly } else { &mut tally.unexplained }) += 1;
            let said = match attempt {
                Ok(MergeAttempt::Explained) => "explained".to_string(),
                Ok(MergeAttempt::Departs(tree, paths)) => {
                    let paths: Vec<_> = paths.iter().map(|path| String::from_utf8_lossy(path)).collect();
                    format!("departs from {tree:?}, conflicts {paths:?}")
                }
                Ok(MergeAttempt::Unrelated) => "unrelated".to_string(),
                Err(gap) => gap.to_string(),
            };
            figures.wrong.push(format!("{history}{verdict}{what} {landed}: {said}\n"));
            break;
        }
    }
}

/// What may land instead of a merge.
fn candidates(
    fixture: &Fixture,
    store: &Store<'_, '_>,
    sides: MergeSides,
    verdict: &Verdict,
) -> Vec<(&'static str, Oid)> {
    let mut landed: Vec<_> = verdict.tree.map(|id| ("what git leaves", id)).into_iter().collect();
    landed.extend(sides.ours.map(|id| ("ours", id)));
    landed.extend(sides.theirs.map(|id| ("theirs", id)));
    landed.extend(sides.base.map(|id| ("the base", id)));
    if let Ok(merged) = merge_trees(store, sides, None) {
        landed.extend(
            tree_builder::tree(store, sides.ours, &merged).unwrap().map(|id| ("what we arrive at", id)),
        );
    }
    let tree = |id: Option<Oid>| fixture.git.find_tree(id.unwrap()).unwrap();
    let (base, ours, theirs) = (tree(sides.base), tree(sides.ours), tree(sides.theirs));
    if let Ok(mut index) = fixture.git.merge_trees(&base, &ours, &theirs, None)
        && let Ok(id) = index.write_tree_to(&fixture.git)
    {
        landed.push(("what libgit2 arrives at", id));
    }
    landed
}
