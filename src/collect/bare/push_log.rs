//! The push log: a chain of commits under a ref, one for each push, with a file `push.json`.

use super::malformed_file;
use portcullis_forge::bare::{LoggedPush, PushedRef};
use portcullis_git::Repository;
use portcullis_git::commit_writer::{NewCommit, WriteError, store_commit_in};
use portcullis_git::stored_commit::StoredCommit;
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::path::RepoPath;
use portcullis_wire::server::v1::{PushV1, UpdateV1, VERSION};
use std::collections::BTreeMap;
use std::path::Path;

/// The ref of the log.
pub const PUSHES_REF: &str = "refs/portcullis/pushes";

/// The file of an entry.
const FILE: &str = "push.json";

/// So many entries are read at most.
const MOST: usize = 50_000;

/// The longest entry, in bytes, without its certificate. An entry that is too long to be read would
/// end the log for good.
const LONGEST: usize = 16 * 1024 * 1024;

/// The longest certificate that is kept, in bytes. In the entry it takes at most six times as much.
pub const LONGEST_CERTIFICATE: usize = 4 * 1024 * 1024;

/// How often an entry is written on top of what another push wrote meanwhile.
const TRIES: usize = 50;

/// Who pushed, and by what that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushEntry {
    /// When the server took it.
    pub time: jiff::Timestamp,
    /// Who pushed; `None` where it is not known.
    pub principal: Option<String>,
    /// By what that is known, or why it is not.
    pub source: String,
    /// What the pusher called the request.
    pub request: Option<String>,
    /// What was moved.
    pub refs: Vec<PushedRef>,
    /// The certificate of a signed push.
    pub certificate: Option<String>,
}

impl PushEntry {
    /// The entry as a host tells of it.
    pub fn logged(&self) -> LoggedPush {
        let unknown = || {
            let remedy = "Tell the hook who pushes (docs/bare-server.md, \"Who pushed\"), and push again.";
            Gap::new("who pushed", GapReason::NotVisible, self.source.clone(), remedy)
        };
        let pusher = self.principal.clone().map_or_else(|| Fact::Gap(unknown()), Fact::Known);
        LoggedPush { pusher, refs: self.refs.clone() }
    }
}

/// Hands the logged pushes to a reader, newest first, until it has seen enough (`false`).
///
/// # Errors
/// An entry cannot be read, or there are too many.
pub fn each_push(repository: &Repository, reader: &mut dyn FnMut(&LoggedPush) -> bool) -> Result<(), Gap> {
    let Some(tip) = repository.ref_tip(PUSHES_REF)? else { return Ok(()) };
    let (mut read, mut is_full) = (0, false);
    repository.each_stored_back(&tip, |stored| {
        is_full = read == MOST;
        read += 1;
        Ok(!is_full && reader(&read_entry(&stored)?.logged()))
    })?;
    if !is_full {
        return Ok(());
    }
    let detail = format!("what was asked for is not among its last {MOST} entries");
    let remedy = "Push the head again, to a branch of its own.";
    Err(Gap::new("the push log of the server", GapReason::Truncated, detail, remedy))
}

/// The newest tips that were pushed below a prefix, by what follows it. A log that cannot be read
/// is a gap of who pushed.
pub fn logged_tips(repository: &Repository, prefix: &str) -> BTreeMap<String, Revision> {
    let mut tips = BTreeMap::new();
    let _ = each_push(repository, &mut |push| {
        for one in &push.refs {
            if let (Some(name), Some(after)) = (one.name.strip_prefix(prefix), &one.after) {
                tips.entry(name.to_string()).or_insert_with(|| after.clone());
            }
        }
        true
    });
    tips
}

fn read_entry(stored: &StoredCommit) -> Result<PushEntry, Gap> {
    let malformed = |problem: &str| malformed_file(PUSHES_REF, &stored.id, problem);
    let file = stored.files.get(&RepoPath::from(FILE));
    let file = file.ok_or_else(|| malformed("it has no file `push.json`"))?;
    let read: PushV1 = serde_json::from_slice(&file.bytes).map_err(|error| malformed(&error.to_string()))?;
    if read.schema != VERSION {
        return Err(malformed(&format!("its form is version {}, which is not known", read.schema)));
    }
    let refs = read.updates.into_iter().map(read_update).collect::<anyhow::Result<_>>();
    Ok(PushEntry {
        time: read.time.parse().map_err(|_| malformed("its time is none"))?,
        principal: read.principal,
        source: read.source,
        request: read.request,
        refs: refs.map_err(|problem| malformed(&problem.to_string()))?,
        certificate: read.certificate,
    })
}

fn read_update(update: UpdateV1) -> anyhow::Result<PushedRef> {
    let named = |text| Revision::try_from(text).map_err(anyhow::Error::msg);
    Ok(PushedRef {
        name: update.reference,
        before: update.before.map(named).transpose()?,
        after: update.after.map(named).transpose()?,
        merged: update.merged.into_iter().map(named).collect::<Result<_, _>>()?,
    })
}

fn write_entry(entry: &PushEntry) -> serde_json::Result<Vec<u8>> {
    let PushEntry { time, principal, source, request, refs, certificate } = entry;
    let update = |one: &PushedRef| UpdateV1 {
        reference: one.name.clone(),
        before: one.before.as_ref().map(Into::into),
        after: one.after.as_ref().map(Into::into),
        merged: one.merged.iter().map(Into::into).collect(),
    };
    let written = PushV1 {
        schema: VERSION,
        time: time.to_string(),
        principal: principal.clone(),
        source: source.clone(),
        request: request.clone(),
        updates: refs.iter().map(update).collect(),
        certificate: certificate.clone(),
    };
    let mut bytes = serde_json::to_vec_pretty(&written)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Is this too much for one entry? One that cannot be written is.
pub fn is_too_long(entry: &PushEntry) -> bool {
    write_entry(entry).map_or(true, |bytes| bytes.len() > LONGEST)
}

/// Adds an entry to the log of the repository that `directory` is in. Others may write at the same
/// time.
///
/// # Errors
/// The repository cannot be written.
pub fn append_push(directory: &Path, entry: &PushEntry) -> Result<Revision, WriteError> {
    let bytes = write_entry(entry).map_err(|error| WriteError::Failed(error.into()))?;
    append_file(directory, PUSHES_REF, (FILE, bytes), entry.time)
}

/// Adds a commit with one file to the chain under a ref, on top of whatever is there by then.
///
/// # Errors
/// The repository cannot be written.
pub(super) fn append_file(
    directory: &Path,
    reference: &str,
    (name, bytes): (&'static str, Vec<u8>),
    time: jiff::Timestamp,
) -> Result<Revision, WriteError> {
    let files = BTreeMap::from([(name, bytes)]);
    let mut moved = None;
    for _ in 0..TRIES {
        let repository = Repository::open_git_directory(directory)?;
        let previous =
            repository.ref_tip(reference).map_err(|gap| WriteError::Failed(anyhow::anyhow!("{gap}")))?;
        let commit = |tree: &ObjectName| write_commit(tree, previous.as_ref(), time);
        let log = "portcullis: written by the hook";
        let new = NewCommit { reference, previous: previous.as_ref(), files: &files, commit: &commit, log };
        match store_commit_in(directory, &new) {
            Err(error @ WriteError::Moved { .. }) => moved = Some(error),
            stored => return stored,
        }
    }
    Err(moved.unwrap_or_else(|| WriteError::Failed(anyhow::anyhow!("`{reference}` was never free"))))
}

fn write_commit(tree: &ObjectName, previous: Option<&Revision>, time: jiff::Timestamp) -> Vec<u8> {
    let parent = previous.map_or_else(String::new, |previous| format!("parent {previous}\n"));
    let who = format!("portcullis <portcullis@localhost> {} +0000", time.as_second());
    format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\nWritten by the hook of the server\n")
        .into_bytes()
}
