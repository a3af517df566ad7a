//! Where a landing begins and ends.

use super::super::super::object::oid;
use super::Prover;
use crate::model::fact::Gap;
use crate::model::landing::Landing;
use git2::Oid;

/// The commits of a landing, and the trees before and after it.
pub struct Place {
    /// The branch whose first-parent line merge bases have to be on.
    pub branch: Oid,
    /// The tip of the branch before.
    pub parent: Oid,
    /// The tip of the branch after.
    pub landed: Oid,
    /// The tree of the first.
    pub tree_before: Oid,
    /// The tree of the second.
    pub tree_after: Oid,
}

impl Place {
    /// Reads the trees.
    pub fn read(prover: &Prover<'_, '_>, landing: &Landing) -> Result<Self, Gap> {
        let store = &prover.store;
        let (parent, landed) = (oid(landing.parent.as_str())?, oid(landing.landed.as_str())?);
        Ok(Place {
            branch: parent,
            parent,
            landed,
            tree_before: store.tree_of(parent)?,
            tree_after: store.tree_of(landed)?,
        })
    }
}
