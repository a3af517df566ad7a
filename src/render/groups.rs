//! Many findings of one kind as a few blocks: no one reads the same sentence sixty times.

use portcullis_model::decision::Finding;
use std::collections::{BTreeMap, BTreeSet};

/// So many findings of one control about one kind of thing are shown one by one.
pub(super) const APART: usize = 6;

/// How many names are in a list.
const NAMES: usize = 12;

/// A finding that is shown, and those that say the same of other things.
pub(super) struct FindingBlock<'f> {
    /// The first.
    pub finding: &'f Finding,
    /// The others.
    pub alike: Vec<&'f Finding>,
}

impl<'f> FindingBlock<'f> {
    /// What the others are about.
    pub(super) fn names_alike(&self) -> impl ExactSizeIterator<Item = &'f str> + use<'_, 'f> {
        self.alike.iter().map(|finding| finding.subject.name.as_str())
    }
}

/// Findings of one control about one kind of thing.
pub(super) struct FindingGroup<'f> {
    /// In their order.
    pub blocks: Vec<FindingBlock<'f>>,
}

/// Puts together what is of one control, one kind of thing, and says the same. Few of a control
/// stay as they are.
pub(super) fn groups<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<FindingGroup<'f>> {
    let mut kinds: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let is_of =
            |one: &&Finding| one.control == finding.control && one.subject.kind == finding.subject.kind;
        match kinds.iter_mut().find(|kind| kind.first().is_some_and(is_of)) {
            Some(kind) => kind.push(finding),
            None => kinds.push(vec![finding]),
        }
    }
    kinds.into_iter().map(|kind| FindingGroup { blocks: blocks_of(&kind) }).collect()
}

/// The same as one list of blocks.
pub(super) fn blocks<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<FindingBlock<'f>> {
    groups(findings).into_iter().flat_map(|group| group.blocks).collect()
}

/// The first block of each control, then the others; both in their order.
pub(super) fn each_control_first(blocks: Vec<FindingBlock<'_>>) -> Vec<FindingBlock<'_>> {
    let mut seen = BTreeSet::new();
    let (first, rest): (Vec<_>, Vec<_>) =
        blocks.into_iter().partition(|block| seen.insert(block.finding.control.as_str()));
    first.into_iter().chain(rest).collect()
}

/// A shorter name is no mark that a text holds on purpose.
const SHORTEST_NAME: usize = 3;

/// What a finding says, of whatever it is about: findings with the same words are alike.
fn words_of(finding: &Finding) -> (String, Option<String>) {
    let of_any = |text: &str| match finding.subject.name.as_str() {
        name if name.len() < SHORTEST_NAME => text.to_string(),
        name => text.replace(name, "\0"),
    };
    (of_any(&finding.reason), finding.remedy.as_deref().map(of_any))
}

fn blocks_of<'f>(kind: &[&'f Finding]) -> Vec<FindingBlock<'f>> {
    let mut blocks: Vec<FindingBlock<'f>> = Vec::new();
    let mut known = BTreeMap::new();
    for finding in kind {
        let new = blocks.len();
        let place = if kind.len() > APART { *known.entry(words_of(finding)).or_insert(new) } else { new };
        match blocks.get_mut(place) {
            Some(block) => block.alike.push(finding),
            None => blocks.push(FindingBlock { finding, alike: Vec::new() }),
        }
    }
    blocks
}

/// The first names, and how many more there are.
pub(super) fn names<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let more = names.len().saturating_sub(NAMES);
    let mut shown: Vec<String> = names.take(NAMES).map(str::to_string).collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}
