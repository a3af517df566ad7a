//! What `portcullis init` looks at beside the paths: remotes, the default branch, the authors of
//! late, and many small files, one after another.
//!
//! A proposal is made of it and nothing is judged by it, so the configuration of the clone is read
//! here too.

use crate::Repository;
use crate::object::{Objects, parse_oid};
use git2::Oid;
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::fact::Gap;
use portcullis_model::person::Mailbox;
use std::collections::{BTreeSet, VecDeque};

/// The remote that a clone has from the start.
const ORIGIN: &str = "origin";

/// What reading a file for a look at it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobText {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It has more bytes than were asked for.
    TooLarge,
    /// It is missing, damaged or no file.
    Unreadable,
}

/// Reads files by their objects.
pub struct BlobReader<'r>(Objects<'r>);

impl BlobReader<'_> {
    /// A file with up to so many bytes.
    pub fn read(&self, name: &ObjectName, limit: usize) -> BlobText {
        let Ok(id) = Oid::from_str(name.as_str()) else { return BlobText::Unreadable };
        match self.0.blob_up_to(id, limit) {
            Ok(Some(blob)) => BlobText::Bytes(blob.data().to_vec()),
            Ok(None) => BlobText::TooLarge,
            Err(_) => BlobText::Unreadable,
        }
    }
}

impl Repository {
    /// A reader of files by their objects.
    ///
    /// # Errors
    /// The objects cannot be trusted.
    pub fn blob_reader(&self) -> Result<BlobReader<'_>, Gap> {
        Ok(BlobReader(self.trusted_objects()?))
    }

    /// The address of the remote `origin`, else of the first remote.
    pub fn remote_address(&self) -> Option<String> {
        let remotes = self.git.remotes().ok()?;
        let names: Vec<String> = remotes.iter().flatten().flatten().map(str::to_string).collect();
        let name = names.iter().find(|name| *name == ORIGIN).or(names.first())?;
        let remote = self.git.find_remote(name).ok()?;
        remote.url().ok().map(str::to_string)
    }

    /// The branch that the remote calls its default, and the branch that HEAD is on.
    pub fn default_branches(&self) -> (Option<String>, Option<String>) {
        let target = |name: &str, prefix: &str| -> Option<String> {
            let reference = self.git.find_reference(name).ok()?;
            let target = reference.symbolic_target().ok().flatten()?;
            target.strip_prefix(prefix).map(str::to_string)
        };
        let remote = format!("refs/remotes/{ORIGIN}/");
        (target(&format!("{remote}HEAD"), &remote), target("HEAD", "refs/heads/"))
    }

    /// The authors of up to so many commits behind a tip, of which the nearest come first. Ends
    /// early where an object is missing.
    pub fn recent_authors(&self, tip: &Revision, most: usize) -> Result<Vec<Mailbox>, Gap> {
        let objects = self.trusted_objects()?;
        let mut next = VecDeque::from([parse_oid(tip.as_str())?]);
        let (mut seen, mut authors) = (BTreeSet::new(), Vec::new());
        while let Some(id) = next.pop_front().filter(|_| authors.len() < most) {
            if !seen.insert(id) {
                continue;
            }
            let Ok(commit) = objects.commit(id) else { continue };
            authors.push(commit.author);
            next.extend(commit.header.parents);
        }
        Ok(authors)
    }
}
