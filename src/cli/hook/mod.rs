//! `portcullis hook`: the gate on a git server, run by git itself (githooks(5)).

use super::exit::{Exit, Failure, Result};
use super::output;
use clap::{Args, Subcommand};
use portcullis_forge::bare::{GuardCheck, ServerGuard};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use updates::RefUpdate;

mod environment;
pub mod gitolite;
pub mod in_force;
mod install;
mod kept;
mod landed_before;
mod landing;
mod newly_named;
mod post_receive;
mod pre_receive;
mod pusher;
mod receiving;
pub mod state;
mod updates;

/// Columns of a line on the terminal of the pusher, before which git writes `remote: `.
const WIDTH: usize = 80 - "remote: ".len();

/// No push names more refs than fit into so many bytes.
const LONGEST: u64 = 64 * 1024 * 1024;

/// What to do in which hook.
#[derive(Debug, Subcommand)]
pub enum HookCommand {
    /// Judge a push before the server takes it; git hands its refs to stdin.
    PreReceive,
    /// Judge one ref of a push, where a server runs no `pre-receive`.
    Update {
        /// Full name of the ref.
        #[arg(value_name = "REF")]
        name: String,
        /// Where it points.
        old: String,
        /// Where it would point.
        new: String,
    },
    /// Write a push that the server took into the push log; git hands its refs to stdin.
    PostReceive,
    /// Write the hooks and settings into a repository on the server.
    Install(ServerRepository),
    /// Say what of the hooks and settings of a repository on the server holds.
    Check(ServerRepository),
}

/// A repository on the server.
#[derive(Debug, Args)]
pub struct ServerRepository {
    /// Its git directory.
    #[arg(long, value_name = "DIR", default_value = ".")]
    repository: PathBuf,
}

/// Runs one of them.
///
/// # Errors
/// The push or the repository cannot be read; a refused push is no error.
pub fn run(command: &HookCommand) -> Result {
    let lookup = |name: &str| std::env::var_os(name);
    match command {
        HookCommand::PreReceive => pre_receive::run(&lookup, RefUpdate::read_lines(&read_stdin()?)?),
        HookCommand::Update { name, old, new } => {
            pre_receive::run(&lookup, vec![RefUpdate::read(name, old, new)?])
        }
        HookCommand::PostReceive => post_receive::run(&lookup, RefUpdate::read_lines(&read_stdin()?)?),
        HookCommand::Install(place) => install::run(&place.repository),
        HookCommand::Check(place) => show_checks(&place.repository),
    }
}

fn read_stdin() -> Result<String> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::environment(format!("the refs of the push cannot be read: {error}")))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::environment("the push names too many refs: push them in several steps"));
    }
    String::from_utf8(bytes).map_err(|_| {
        Failure::environment("a ref of the push has a name that is not UTF-8: give it another name")
    })
}

/// Says what holds, one line each.
fn show_checks(directory: &Path) -> Result {
    let repository = portcullis_git::Repository::open_git_directory(directory)?;
    let checks = state::check_all(&repository);
    let guard = ServerGuard { source: String::new(), checks };
    let is_open = |check: &GuardCheck| check.holds == Some(false) && guard.does_without(check);
    let line = |check: &GuardCheck| {
        let word = match check.holds {
            Some(true) => "holds",
            Some(false) if is_open(check) => "open",
            Some(false) => "broken",
            None => "unseen",
        };
        format!("{word:<7} {}: {}", check.name, check.found)
    };
    output::text(&guard.checks.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    let needed = || guard.checks.iter().filter(|check| !is_open(check));
    if needed().count() < guard.checks.len() {
        output::remark("note: the hook refuses on deployment branches what is `open` here");
    }
    if needed().all(|check| check.holds == Some(true)) {
        return Ok(Exit::Allowed);
    }
    output::remark("help: `portcullis hook install` writes what is missing, and says what it cannot");
    Ok(if needed().any(|check| check.holds == Some(false)) { Exit::Blocked } else { Exit::Undetermined })
}
