//! What the host's list of pushes to the base branch says of a change: which commits of the branch
//! were its tip.

use crate::landing::{self, AfterPushes};
use crate::object::{Objects, parse_oid, revision_of};
use git2::Oid;
use portcullis_model::change::{Change, Revision};
use portcullis_model::fact::Gap;
use portcullis_model::landing::BranchPush;
use std::collections::BTreeSet;

/// The commits of which it matters, but for the tip that the change would land on.
pub fn asked(objects: &Objects<'_>, change: &Change) -> Result<Vec<Revision>, Gap> {
    let base = parse_oid(change.base.as_str())?;
    let sought = sought_tips(objects, change, base)?;
    sought.into_iter().filter(|tip| *tip != base).map(revision_of).collect()
}

/// Replaces the answers that depend on it.
pub fn after_pushes(objects: &Objects<'_>, change: &mut Change, pushes: &[BranchPush]) -> Result<(), Gap> {
    let (base, head) = (parse_oid(change.base.as_str())?, parse_oid(change.head.as_str())?);
    let sought = sought_tips(objects, change, base)?;
    let mut after = AfterPushes::new(objects, base, &sought, pushes)?;
    change.basis = after.basis(head).into();
    if !change.updates.before.is_empty() {
        let earlier = std::mem::take(&mut change.updates.earlier);
        change.updates = after.updates(head);
        change.updates.earlier = earlier;
    }
    let earlier = after.updates_among(&parse_oids(&change.updates.earlier)?).into_iter().map(revision_of);
    let mut earlier: Vec<Revision> = earlier.collect::<Result<_, _>>()?;
    earlier.sort();
    change.updates.earlier = earlier;
    Ok(())
}

fn sought_tips(objects: &Objects<'_>, change: &Change, base: Oid) -> Result<BTreeSet<Oid>, Gap> {
    let updates = &change.updates;
    // The head, and each commit that it is but for updates, except for the last.
    let newest = std::iter::once(&change.head).chain(&updates.before).take(updates.before.len());
    let updates: Vec<Revision> = newest.chain(&updates.earlier).cloned().collect();
    landing::tips_asked(objects, base, &parse_oids(&change.merge_bases)?, &parse_oids(&updates)?)
}

fn parse_oids(names: &[Revision]) -> Result<Vec<Oid>, Gap> {
    names.iter().map(|name| parse_oid(name.as_str())).collect()
}
