//! The state of a server's hook: seen on the server itself, or in the ref that the hook writes.

use super::malformed_file;
use super::push_log::append_file;
use portcullis_forge::bare::{GuardCheck, ServerGuard};
use portcullis_git::Repository;
use portcullis_git::commit_writer::WriteError;
use portcullis_model::change::Revision;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::path::RepoPath;
use portcullis_wire::server::v1::{ServerCheckV1, ServerV1, VERSION};
use std::path::Path;

/// The ref that the hook writes its own state to, for clones.
pub const SERVER_REF: &str = "refs/portcullis/server";

/// The file of a state.
const FILE: &str = "server.json";

/// What was looked at on a server, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerState {
    /// When.
    pub time: jiff::Timestamp,
    /// The program that looked.
    pub tool: String,
    /// What it found.
    pub checks: Vec<GuardCheck>,
}

/// The state as the server wrote it last; for clones.
///
/// # Errors
/// There is none here, or it cannot be read.
pub fn read_guard(repository: &Repository) -> Result<ServerGuard, Gap> {
    let Some(tip) = repository.ref_tip(SERVER_REF)? else { return Err(no_state()) };
    let state = read_state(repository, &tip)?;
    let source = format!("{SERVER_REF} of {}", state.time);
    Ok(ServerGuard { source, checks: state.checks })
}

fn no_state() -> Gap {
    Gap::new(
        "what protects the branch on the server",
        GapReason::NotVisible,
        format!("this repository has no `{SERVER_REF}`, which the hook of the server writes"),
        "Fetch it (`git fetch origin 'refs/portcullis/*:refs/portcullis/*'`); if the server has none, run \
         `portcullis hook install` there. On the server itself `portcullis hook check` shows it.",
    )
}

fn read_state(repository: &Repository, tip: &Revision) -> Result<ServerState, Gap> {
    let malformed = |problem: &str| malformed_file(SERVER_REF, tip, problem);
    let stored = repository.stored_commit(tip)?;
    let file = stored.files.get(&RepoPath::from(FILE));
    let file = file.ok_or_else(|| malformed("it has no file `server.json`"))?;
    let read: ServerV1 =
        serde_json::from_slice(&file.bytes).map_err(|error| malformed(&error.to_string()))?;
    if read.schema != VERSION {
        return Err(malformed(&format!("its form is version {}, which is not known", read.schema)));
    }
    let check = |ServerCheckV1 { name, holds, found }: ServerCheckV1| GuardCheck { name, holds, found };
    Ok(ServerState {
        time: read.time.parse().map_err(|_| malformed("its time is none"))?,
        tool: read.tool,
        checks: read.checks.into_iter().map(check).collect(),
    })
}

impl ServerState {
    /// Writes the state for clones, unless what is there says the same.
    ///
    /// # Errors
    /// The repository cannot be written.
    pub fn publish(&self, directory: &Path) -> Result<(), WriteError> {
        let repository = Repository::open_git_directory(directory)?;
        let tip = repository.ref_tip(SERVER_REF).ok().flatten();
        let before = tip.and_then(|tip| read_state(&repository, &tip).ok());
        if before.is_some_and(|before| (&before.tool, &before.checks) == (&self.tool, &self.checks)) {
            return Ok(());
        }
        let bytes = self.write().map_err(|error| WriteError::Failed(error.into()))?;
        append_file(directory, SERVER_REF, (FILE, bytes), self.time).map(drop)
    }

    fn write(&self) -> serde_json::Result<Vec<u8>> {
        let ServerState { time, tool, checks } = self;
        let check = |GuardCheck { name, holds, found }: &GuardCheck| ServerCheckV1 {
            name: name.clone(),
            holds: *holds,
            found: found.clone(),
        };
        let written = ServerV1 {
            schema: VERSION,
            time: time.to_string(),
            tool: tool.clone(),
            checks: checks.iter().map(check).collect(),
        };
        let mut bytes = serde_json::to_vec_pretty(&written)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
