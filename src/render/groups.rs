//! Many findings of one kind as a few blocks, for a terminal: no one reads the same sentence sixty
//! times.

use portcullis_model::decision::Finding;

/// So many findings of one control about one kind of thing are shown one by one.
pub(super) const APART: usize = 6;

/// How many names are in a list.
const NAMES: usize = 12;

/// A finding that is shown, and those that say the same of other things.
pub(super) struct FindingBlock<'f> {
    /// The first.
    pub finding: &'f Finding,
    /// What the others are about.
    pub alike: Vec<&'f str>,
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

fn blocks_of<'f>(kind: &[&'f Finding]) -> Vec<FindingBlock<'f>> {
    let mut blocks: Vec<FindingBlock<'f>> = Vec::new();
    for finding in kind {
        let same = |one: &Finding| one.reason == finding.reason && one.remedy == finding.remedy;
        let known = blocks.iter_mut().find(|block| kind.len() > APART && same(block.finding));
        match known {
            Some(block) => block.alike.push(&finding.subject.name),
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
