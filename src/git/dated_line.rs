//! The first-parent line of a branch with what its commits say of their dates, and the names of all
//! commits of a range: what a population is counted from.

use crate::Repository;
use crate::graph::Graph;
use crate::object::{parse_oid, revision_of};
use portcullis_model::change::Revision;
use portcullis_model::fact::{Gap, GapReason};

/// A commit of a first-parent line, and when it was committed by its own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedCommit {
    /// Its name.
    pub id: Revision,
    /// Seconds since 1970, as its committer said; 0 where that cannot be read. A date of 0 or less
    /// says nothing to an audit, and is never taken for the year 1970.
    pub date: i64,
}

impl Repository {
    /// The whole first-parent line of a branch with this tip, oldest first.
    ///
    /// # Errors
    /// An object is missing, as in a shallow clone, or cannot be trusted.
    pub fn dated_line(&self, tip: &Revision) -> Result<Vec<DatedCommit>, Gap> {
        if self.is_shallow() {
            return Err(cut_history());
        }
        let objects = self.trusted_objects()?;
        let (mut line, mut next) = (Vec::new(), Some(parse_oid(tip.as_str())?));
        while let Some(id) = next {
            let header = objects.header(id)?;
            line.push(DatedCommit { id: revision_of(id)?, date: header.date });
            next = header.parents.first().copied();
        }
        line.reverse();
        Ok(line)
    }

    /// The names of all commits that `head` reaches and `base` does not, sorted.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn names_between(&self, base: &Revision, head: &Revision) -> Result<Vec<Revision>, Gap> {
        let objects = self.trusted_objects()?;
        let relation = Graph::new(&objects).relate(parse_oid(base.as_str())?, parse_oid(head.as_str())?)?;
        let mut names = relation.range.into_iter().map(revision_of).collect::<Result<Vec<_>, _>>()?;
        names.sort();
        Ok(names)
    }
}

fn cut_history() -> Gap {
    Gap::new(
        "the first-parent line of the branch",
        GapReason::MissingObject,
        "this is a shallow clone, whose history ends somewhere",
        "Fetch the whole history: `git fetch --unshallow`.",
    )
}
