//! What git says of a commit, as a fact.

use crate::object::{Objects, object_name, revision_of};
use git2::Oid;
use portcullis_model::change::Commit;
use portcullis_model::fact::Gap;

/// A commit in the words of the model.
pub fn read_commit(objects: &Objects<'_>, id: Oid) -> Result<Commit, Gap> {
    let raw = objects.commit(id)?;
    Ok(Commit {
        id: revision_of(id)?,
        tree: object_name(raw.header.tree)?,
        parents: raw.header.parents.iter().map(|id| revision_of(*id)).collect::<Result<_, _>>()?,
        author: raw.author,
        committer: raw.committer,
        co_authors: raw.co_authors,
        subject: raw.subject,
    })
}
