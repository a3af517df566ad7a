//! Merge bases, found beforehand for many landings by one who reads the history.

use super::super::super::graph::Graph;
use super::super::super::object::oid;
use super::VIRTUAL_LIMIT;
use crate::model::fact::Gap;
use crate::model::landing::Landing;
use git2::Oid;
use std::collections::{BTreeMap, BTreeSet};

/// What the merge bases are of a head and a merge of these tips.
#[derive(Clone, Default)]
pub struct Answers {
    bases: BTreeMap<(Vec<Oid>, Oid), Vec<Oid>>,
    on_line: BTreeSet<(Oid, Oid)>,
}

impl Answers {
    /// What is known of a question.
    pub fn get(&self, tips: &[Oid], head: Oid) -> Option<&Vec<Oid>> {
        self.bases.get(&(tips.to_vec(), head))
    }

    /// Remembers an answer.
    pub fn add(&mut self, tips: &[Oid], head: Oid, bases: Vec<Oid>) {
        self.bases.insert((tips.to_vec(), head), bases);
    }

    /// Is a commit known to be on the first-parent line of a branch?
    pub fn is_on_line(&self, branch: Oid, commit: Oid) -> bool {
        self.on_line.contains(&(branch, commit))
    }
}

/// Who finds them. What cannot be answered stays open: whoever needs it asks again, and gets the reason.
pub struct Reader<'o, 'r> {
    graph: Graph<'o, 'r>,
    /// Of the merge bases of merge bases: landings of one time share them.
    below: Answers,
}

impl<'o, 'r> Reader<'o, 'r> {
    /// Nothing read yet.
    pub fn new(graph: Graph<'o, 'r>) -> Self {
        Reader { graph, below: Answers::default() }
    }

    /// What the proof of a landing is going to ask, in most cases. `None`: for that more than so many commits would have to
    /// be looked at for one answer.
    pub fn answers(&mut self, landing: &Landing, limit: usize) -> Option<Answers> {
        let mut answers = Answers::default();
        for candidate in &landing.candidates {
            let names = (oid(landing.parent.as_str()), oid(candidate.head.as_str()));
            if let (Ok(parent), Ok(head)) = names {
                // An open question is asked again by whoever needs the answer.
                self.ask(parent, head, limit, &mut answers).unwrap_or(Some(()))?;
            }
        }
        Some(answers)
    }

    fn ask(
        &mut self,
        parent: Oid,
        head: Oid,
        limit: usize,
        answers: &mut Answers,
    ) -> Result<Option<()>, Gap> {
        let Some(bases) = self.graph.near_merge_bases(&[parent], head, limit)? else { return Ok(None) };
        let below = self.ask_below(&bases, limit, 0, answers)?;
        // Two of one line are never both best.
        if let [base] = bases.as_slice()
            && self.graph.is_on_line(parent, *base)?
        {
            answers.on_line.insert((parent, *base));
        }
        answers.add(&[parent], head, bases);
        Ok(below)
    }

    /// Several bases are merged themselves, one after the other.
    fn ask_below(
        &mut self,
        bases: &[Oid],
        limit: usize,
        depth: usize,
        answers: &mut Answers,
    ) -> Result<Option<()>, Gap> {
        for number in 1..if depth < VIRTUAL_LIMIT { bases.len() } else { 0 } {
            let (tips, other) = (&bases[..number], bases[number]);
            let below = match self.below.get(tips, other) {
                Some(known) => Some(known.clone()),
                None => self.graph.near_merge_bases(tips, other, limit)?,
            };
            let Some(below) = below else { return Ok(None) };
            self.below.add(tips, other, below.clone());
            if self.ask_below(&below, limit, depth + 1, answers)?.is_none() {
                return Ok(None);
            }
            answers.add(tips, other, below);
        }
        Ok(Some(()))
    }
}
