//! Merge bases, and how they came to the branch, found beforehand for many landings by one who
//! reads the history.

use crate::graph::Graph;
use crate::graph::first_parents::Arrival;
use crate::landing::prover::basis::BASES_LIMIT;
use crate::landing::prover::{VIRTUAL_LIMIT, order};
use crate::object::parse_oid;
use git2::Oid;
use portcullis_model::fact::Gap;
use portcullis_model::landing::Landing;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A landing of more commits than this is taken for as many landings.
const STEPS_LIMIT: usize = 2_000;

/// How merge bases came to the branch is found beforehand for those of a landing, and for those of
/// what these came with. Further down it is seldom asked.
const AHEAD: usize = 2;

/// The commits of a first-parent line that never were the tip of the branch, because others landed
/// with them: each with the tip before (if any is known) and the tip after.
pub type Within = BTreeMap<Oid, (Option<Oid>, Oid)>;

/// What is known of the history.
#[derive(Default)]
struct KnownHistory {
    /// The merge bases of a head and a merge of these tips.
    bases: BTreeMap<(Vec<Oid>, Oid), Vec<Oid>>,
    /// Is a commit on the first-parent line of a branch?
    on_line: BTreeMap<(Oid, Oid), bool>,
    /// The newest commit of the first-parent line of a branch that any of these reaches.
    forks: BTreeMap<(Oid, Vec<Oid>), Option<Oid>>,
    /// How a commit came to a branch.
    arrivals: BTreeMap<(Oid, Oid), Option<Arrival>>,
    /// Did a commit come with its content? By the step of the line with which it came; and by how
    /// deep it was asked, where the answer depends on that.
    incorporated: BTreeMap<(Oid, Oid, Option<usize>), bool>,
    /// Commits that are as git makes them by merging.
    explained: BTreeSet<MergeOfTwo>,
}

/// A commit, and which two were merged for it, into the first.
pub type MergeOfTwo = (Oid, Oid, Oid);

/// What is known for all landings.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<KnownHistory>>);

impl Shared {
    fn known(&self) -> MutexGuard<'_, KnownHistory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known for one landing, and what is known for all.
#[derive(Default)]
pub struct HistoryAnswers {
    known: KnownHistory,
    shared: Shared,
    within: Arc<Within>,
}

impl HistoryAnswers {
    /// Nothing but that these never were the tip.
    pub fn beside(within: Within) -> Self {
        HistoryAnswers { within: Arc::new(within), ..HistoryAnswers::default() }
    }

    /// What is known of a question.
    pub fn get(&self, tips: &[Oid], head: Oid) -> Option<Vec<Oid>> {
        let question = (tips.to_vec(), head);
        let own = self.known.bases.get(&question).cloned();
        own.or_else(|| self.shared.known().bases.get(&question).cloned())
    }

    /// Remembers an answer.
    pub fn add(&mut self, tips: &[Oid], head: Oid, bases: Vec<Oid>) {
        self.known.bases.insert((tips.to_vec(), head), bases);
    }

    /// Whether a commit came with its content with this step of a line, if that was asked before,
    /// for any landing; and whether the answer depends on how deep it was asked.
    pub fn was_incorporated(&self, step: Oid, commit: Oid, depth: usize) -> Option<(bool, bool)> {
        let known = self.shared.known();
        let at = |depth: Option<usize>| {
            known.incorporated.get(&(step, commit, depth)).map(|answer| (*answer, depth.is_some()))
        };
        at(None).or_else(|| at(Some(depth)))
    }

    /// Lets all know it; with the depth, if the answer depends on that.
    pub fn know_incorporated(&self, step: Oid, commit: Oid, depth: Option<usize>, answer: bool) {
        self.shared.known().incorporated.insert((step, commit, depth), answer);
    }

    /// Is it known, from any landing, that a commit is as git makes it by merging these two?
    pub fn is_explained(&self, merge: MergeOfTwo) -> bool {
        self.shared.known().explained.contains(&merge)
    }

    /// Lets all know that it is.
    pub fn know_explained(&self, merge: MergeOfTwo) {
        self.shared.known().explained.insert(merge);
    }

    /// Lets all know the other answers.
    fn share(self) {
        let mut shared = self.shared.known();
        shared.bases.extend(self.known.bases);
        shared.on_line.extend(self.known.on_line);
        shared.forks.extend(self.known.forks);
        shared.arrivals.extend(self.known.arrivals);
    }

    /// Is a commit a former tip of a branch, as far as landings are known?
    pub fn was_tip(&mut self, graph: &mut Graph<'_, '_>, branch: Oid, commit: Oid) -> Result<bool, Gap> {
        if self.within.contains_key(&commit) {
            return Ok(false);
        }
        self.remembered(|known| &mut known.on_line, (branch, commit), || graph.is_on_line(branch, commit))
    }

    /// The newest former tip of a branch that any of these reaches.
    pub fn fork(&mut self, graph: &mut Graph<'_, '_>, branch: Oid, from: &[Oid]) -> Result<Option<Oid>, Gap> {
        let mut fork =
            self.remembered(|known| &mut known.forks, (branch, from.to_vec()), || graph.fork(branch, from))?;
        while let Some((before, _)) = fork.and_then(|fork| self.within.get(&fork)) {
            fork = *before;
        }
        Ok(fork)
    }

    /// With which tip a commit came to a branch; `None` when the branch does not hold it.
    pub fn arrival(
        &mut self,
        graph: &mut Graph<'_, '_>,
        branch: Oid,
        commit: Oid,
    ) -> Result<Option<Arrival>, Gap> {
        let within = self.within.clone();
        self.remembered(
            |known| &mut known.arrivals,
            (branch, commit),
            || {
                let Some(arrival) = graph.arrival(branch, commit)? else { return Ok(None) };
                let Some((before, tip)) = within.get(&arrival.with) else { return Ok(Some(arrival)) };
                let bases = match before {
                    Some(before) => graph.merge_bases(&[*before], commit)?,
                    None => Vec::new(),
                };
                Ok(Some(Arrival { with: *tip, after: *before, bases }))
            },
        )
    }

    fn remembered<Q: Ord, A: Clone>(
        &mut self,
        answers: impl Fn(&mut KnownHistory) -> &mut BTreeMap<Q, A>,
        question: Q,
        ask: impl FnOnce() -> Result<A, Gap>,
    ) -> Result<A, Gap> {
        if let Some(answer) = answers(&mut self.known).get(&question) {
            return Ok(answer.clone());
        }
        let shared = answers(&mut self.shared.known()).get(&question).cloned();
        let answer = shared.map_or_else(ask, Ok)?;
        answers(&mut self.known).insert(question, answer.clone());
        Ok(answer)
    }
}

/// Who finds them. What cannot be answered stays open: the reader that needs it asks again, and
/// gets the reason.
pub struct HistoryReader<'o, 'r> {
    graph: Graph<'o, 'r>,
    /// Of the merge bases of merge bases: landings of one time share them.
    below: HistoryAnswers,
    /// Commits beside a line, each with the tip before it came, of which all was asked; and how
    /// deep one was then.
    asked: BTreeMap<(Oid, Oid), usize>,
    shared: Shared,
    within: Arc<Within>,
}

impl<'o, 'r> HistoryReader<'o, 'r> {
    /// Reads for these landings.
    pub fn new(mut graph: Graph<'o, 'r>, landings: &[Landing]) -> Self {
        let within = landings.iter().filter_map(|landing| steps_within(&mut graph, landing)).flatten();
        let within = Arc::new(within.collect());
        let (below, asked, shared) = (HistoryAnswers::default(), BTreeMap::new(), Shared::default());
        HistoryReader { graph, below, asked, shared, within }
    }

    /// Far more is going to be read.
    pub fn call_help(&mut self) {
        self.graph.call_help();
    }

    /// What the proof of a landing is going to ask, in most cases. `None`: for that more than so
    /// many commits would have to be looked at for one answer.
    pub fn answers(&mut self, landing: &Landing, limit: usize) -> Option<HistoryAnswers> {
        let mut answers = self.no_answers();
        for candidate in &landing.candidates {
            let names = (parse_oid(landing.parent.as_str()), parse_oid(candidate.head.as_str()));
            if let (Ok(parent), Ok(head)) = names {
                // An open question is asked again by the reader that needs the answer.
                self.ask(parent, head, limit, &mut answers).unwrap_or(Some(()))?;
            }
        }
        Some(answers)
    }

    fn no_answers(&self) -> HistoryAnswers {
        HistoryAnswers {
            known: KnownHistory::default(),
            shared: self.shared.clone(),
            within: self.within.clone(),
        }
    }

    fn ask(
        &mut self,
        parent: Oid,
        head: Oid,
        limit: usize,
        answers: &mut HistoryAnswers,
    ) -> Result<Option<()>, Gap> {
        // Where a later landing asked how this one came, it is known.
        let bases = match answers.get(&[parent], head) {
            Some(known) => Some(known),
            None => self.graph.near_merge_bases(&[parent], head, limit)?,
        };
        let Some(bases) = bases else { return Ok(None) };
        if self.ask_below((&[parent], head), &bases, limit, 0, answers)?.is_none() {
            return Ok(None);
        }
        let asked = self.ask_basis(parent, &bases, limit, 0, answers)?;
        answers.add(&[parent], head, bases);
        Ok(asked)
    }

    /// How merge bases that are not on the line came to the branch. That takes a longer look.
    fn ask_basis(
        &mut self,
        branch: Oid,
        bases: &[Oid],
        limit: usize,
        depth: usize,
        answers: &mut HistoryAnswers,
    ) -> Result<Option<()>, Gap> {
        let mut beside = Vec::new();
        for base in bases {
            if !answers.was_tip(&mut self.graph, branch, *base)? {
                beside.push(*base);
            }
        }
        if beside.is_empty() || depth >= AHEAD || bases.len() > BASES_LIMIT {
            return Ok(Some(()));
        }
        if limit < usize::MAX {
            return Ok(None);
        }
        answers.fork(&mut self.graph, branch, bases)?;
        for base in beside {
            let arrival = answers.arrival(&mut self.graph, branch, base)?;
            let Some(Arrival { with, after: Some(after), bases }) = arrival else { continue };
            let is_asked = self.asked.get(&(after, base)).is_some_and(|asked| *asked <= depth);
            if with != base && !is_asked {
                self.asked.insert((after, base), depth);
                let mut below = self.no_answers();
                self.ask_below((&[after], base), &bases, limit, 0, &mut below)?;
                self.ask_basis(after, &bases, limit, depth + 1, &mut below)?;
                below.add(&[after], base, bases);
                below.share();
            }
        }
        Ok(Some(()))
    }

    /// Several bases, here of a merge of tips and a head, are merged themselves, one after the
    /// other.
    fn ask_below(
        &mut self,
        (tips, head): (&[Oid], Oid),
        bases: &[Oid],
        limit: usize,
        depth: usize,
        answers: &mut HistoryAnswers,
    ) -> Result<Option<()>, Gap> {
        if depth >= VIRTUAL_LIMIT || bases.len() < 2 {
            return Ok(Some(()));
        }
        let objects = self.graph.objects();
        let bases = order::oldest_first(&mut self.graph, objects, bases, tips, head)?;
        for number in 1..bases.len() {
            let (tips, other) = (&bases[..number], bases[number]);
            let below = match self.below.get(tips, other) {
                Some(known) => Some(known),
                None => self.graph.near_merge_bases(tips, other, limit)?,
            };
            let Some(below) = below else { return Ok(None) };
            self.below.add(tips, other, below.clone());
            if self.ask_below((tips, other), &below, limit, depth + 1, answers)?.is_none() {
                return Ok(None);
            }
            answers.add(tips, other, below);
        }
        Ok(Some(()))
    }
}

/// The commits of a landing before its last one; `None` where that cannot be seen, which the proof
/// will say.
fn steps_within(graph: &mut Graph<'_, '_>, landing: &Landing) -> Option<Within> {
    let (before, tip) = (parse_oid(landing.parent.as_str()).ok()?, parse_oid(landing.landed.as_str()).ok()?);
    let mut within = Within::new();
    let mut at = *graph.parents(tip).ok()?.first()?;
    while at != before && within.len() < STEPS_LIMIT {
        within.insert(at, (Some(before), tip));
        at = *graph.parents(at).ok()?.first()?;
    }
    (at == before).then_some(within)
}
