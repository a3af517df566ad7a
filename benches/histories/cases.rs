//! The landings of a history, and those that git makes of their requests.

use crate::yardstick::{Git, Merged};
use git2::Oid;
use portcullis_model::change::Revision;
use portcullis_model::landing::{Candidate, Landing};

/// Requests of more commits are not rebased.
const SERIES_LIMIT: usize = 30;

/// A landing of one parent is set back by so many landings.
const SET_BACK: usize = 12;

/// A landing, and whether git arrives at it by clean merges of its requests.
pub struct Case {
    pub landing: Landing,
    pub git: Verdict,
    /// What git's merge comes to, for merges that stand in the history.
    pub merged: Option<Merged>,
}

/// What git says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The landing is what clean merges give.
    Arrives,
    /// It is not.
    Departs,
    /// git rebases; a merge may give something else.
    Rebases,
}

/// The first-parent line of the judged repository.
pub struct History {
    /// Newest first: the commit and its parents.
    pub steps: Vec<Vec<Oid>>,
    /// The requests of each step that is a merge, merged by git.
    merges: Vec<Merge>,
}

struct Merge {
    landed: Oid,
    parent: Oid,
    heads: Vec<Oid>,
    tree: Oid,
    git: Merged,
}

impl Merge {
    fn is_as_landed(&self) -> bool {
        self.git.is_clean() && self.git.tree == self.tree
    }
}

impl History {
    pub fn read(git: &Git, landings: usize) -> Self {
        let (head, count) = (git.head().to_string(), landings.to_string());
        let mut steps = git.names(&["rev-list", "--first-parent", "--parents", "-n", &count, &head]);
        steps.retain(|step| step.len() > 1);
        let merges: Vec<&Vec<Oid>> = steps.iter().filter(|step| step.len() > 2).collect();
        let folds: Vec<_> = merges.iter().map(|step| (step[1], step[2..].to_vec())).collect();
        let trees = git.trees(&merges.iter().map(|step| step[0]).collect::<Vec<_>>());
        let results = git.folds(&folds).into_iter().zip(trees);
        let merges = merges.iter().zip(results).map(|(step, (git, tree))| Merge {
            landed: step[0],
            parent: step[1],
            heads: step[2..].to_vec(),
            tree,
            git,
        });
        let merges = merges.collect();
        History { steps, merges }
    }

    /// All landings, by row.
    pub fn rows(&self, git: &Git) -> Vec<(&'static str, Vec<Case>)> {
        vec![
            ("merged", self.merged()),
            ("squashed", self.squashed(git)),
            ("rebased", self.rebased(git)),
            ("in a train", self.trains(git)),
            ("squash style", self.set_back(git)),
            ("conflict left in", self.conflicts(git)),
        ]
    }

    fn merged(&self) -> Vec<Case> {
        let case = |merge: &Merge| Case {
            landing: landing(merge.parent, merge.landed, &merge.heads),
            git: if merge.is_as_landed() { Verdict::Arrives } else { Verdict::Departs },
            merged: Some(merge.git.clone()),
        };
        self.merges.iter().map(case).collect()
    }

    fn squashed(&self, git: &Git) -> Vec<Case> {
        let clean = self.merges.iter().filter(|merge| merge.git.is_clean());
        clean.map(|merge| made(git, merge, Verdict::Arrives)).collect()
    }

    fn conflicts(&self, git: &Git) -> Vec<Case> {
        let unclean = self.merges.iter().filter(|merge| !merge.git.is_clean());
        unclean.map(|merge| made(git, merge, Verdict::Departs)).collect()
    }

    fn rebased(&self, git: &Git) -> Vec<Case> {
        let single = self.merges.iter().filter(|merge| merge.heads.len() == 1);
        let series: Vec<_> = single.filter_map(|merge| Some((merge, series(git, merge)?))).collect();
        let asked: Vec<_> = series.iter().map(|(merge, series)| (merge.parent, series.clone())).collect();
        let tips = git.picks(&asked);
        let cases = series.iter().zip(tips).filter_map(|((merge, _), tip)| {
            let landing = landing(merge.parent, tip.filter(|tip| *tip != merge.parent)?, &merge.heads);
            Some(Case { landing, git: Verdict::Rebases, merged: None })
        });
        cases.collect()
    }

    /// Two, three, four, two, … merges that follow each other and are as git merges them.
    fn trains(&self, git: &Git) -> Vec<Case> {
        let mut trains = Vec::new();
        let mut waiting: Vec<&Merge> = Vec::new();
        for merge in self.merges.iter().rev() {
            // No batch holds a request that began with another landing of the same batch.
            let begins_within = waiting.iter().any(|one| {
                let held =
                    |head: &Oid| git.names(&["merge-base", &one.landed.to_string(), &head.to_string()]);
                merge.heads.iter().any(|head| held(head).concat().contains(&one.landed))
            });
            let follows = waiting.last().is_none_or(|last| last.landed == merge.parent) && !begins_within;
            if !follows || !merge.is_as_landed() {
                waiting.clear();
            }
            if merge.is_as_landed() {
                waiting.push(merge);
            }
            if waiting.len() == 2 + trains.len() % 3 {
                trains.push(train(&std::mem::take(&mut waiting)));
            }
        }
        trains
    }

    fn set_back(&self, git: &Git) -> Vec<Case> {
        let places = self.steps.iter().zip(self.steps.iter().skip(SET_BACK));
        let places: Vec<_> = places.filter(|(step, _)| step.len() == 2).collect();
        let picks: Vec<_> = places.iter().map(|(step, back)| (back[1], vec![[step[1], step[0]]])).collect();
        let tips =
            git.picks(&picks).into_iter().zip(&picks).map(|(tip, (onto, _))| tip.filter(|tip| tip != onto));
        let made: Vec<_> =
            places.iter().zip(tips).filter_map(|((step, _), tip)| Some((*step, tip?))).collect();
        let folds: Vec<_> = made.iter().map(|(step, head)| (step[1], vec![*head])).collect();
        let trees = git.trees(&made.iter().map(|(step, _)| step[0]).collect::<Vec<_>>());
        let results = git.folds(&folds).into_iter().zip(trees);
        let cases = made.iter().zip(results).map(|((step, head), (merged, tree))| {
            let arrives = merged.is_clean() && merged.tree == tree;
            Case {
                landing: landing(step[1], step[0], &[*head]),
                git: if arrives { Verdict::Arrives } else { Verdict::Departs },
                merged: None,
            }
        });
        cases.collect()
    }
}

/// One commit with what git makes of a merge.
fn made(git: &Git, merge: &Merge, verdict: Verdict) -> Case {
    let landed = git.commit(merge.git.tree, &[merge.parent]);
    Case { landing: landing(merge.parent, landed, &merge.heads), git: verdict, merged: None }
}

fn train(merges: &[&Merge]) -> Case {
    let heads: Vec<Oid> = merges.iter().flat_map(|merge| merge.heads.iter().copied()).collect();
    let (first, last) = (merges[0], merges[merges.len() - 1]);
    Case { landing: landing(first.parent, last.landed, &heads), git: Verdict::Arrives, merged: None }
}

/// The commits of a request with their parents, oldest first, if they are one line that is not too long.
fn series(git: &Git, merge: &Merge) -> Option<Vec<[Oid; 2]>> {
    let range = format!("{}..{}", merge.parent, merge.heads[0]);
    let commits = git.names(&["rev-list", "--topo-order", "--reverse", "--parents", &range]);
    let series: Vec<[Oid; 2]> =
        commits.iter().map(|names| Some([*names.get(1)?, names[0]])).collect::<Option<_>>()?;
    let is_line = commits.iter().all(|names| names.len() == 2);
    (is_line && !series.is_empty() && series.len() <= SERIES_LIMIT).then_some(series)
}

fn landing(parent: Oid, landed: Oid, heads: &[Oid]) -> Landing {
    let candidate =
        |(at, head): (usize, &Oid)| Candidate { request: (at as u64 + 1).into(), head: name(*head) };
    let candidates = heads.iter().enumerate().map(candidate).collect();
    Landing { parent: name(parent), landed: name(landed), candidates }
}

fn name(id: Oid) -> Revision {
    Revision::try_from(id.to_string()).expect("an object name")
}
