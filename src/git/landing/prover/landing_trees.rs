//! Where a landing begins and ends.

use crate::landing::prover::Prover;
use crate::object::parse_oid;
use git2::Oid;
use portcullis_model::fact::Gap;
use portcullis_model::landing::Landing;

/// The commits of a landing, and the trees before and after it.
pub struct LandingTrees {
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

impl LandingTrees {
    /// Reads the trees.
    pub fn read(prover: &Prover<'_, '_>, landing: &Landing) -> Result<Self, Gap> {
        let store = &prover.store;
        let (parent, landed) = (parse_oid(landing.parent.as_str())?, parse_oid(landing.landed.as_str())?);
        Ok(LandingTrees {
            branch: parent,
            parent,
            landed,
            tree_before: store.tree_of(parent)?,
            tree_after: store.tree_of(landed)?,
        })
    }
}
