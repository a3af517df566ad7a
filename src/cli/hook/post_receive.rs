//! `portcullis hook post-receive`: the push log, and the state of the hook for clones.
//!
//! The push is taken by now, and nothing here can refuse it. What cannot be written is told to the
//! pusher, because what they pushed is then in no log.

use super::environment::{HookEnvironment, Lookup};
use super::in_force::InForce;
use super::pusher::Pusher;
use super::receiving::{pushed_ref, unseen};
use super::state;
use super::updates::RefUpdate;
use crate::cli::exit::{Exit, Failure, Result};
use crate::collect::bare::push_log::{PushEntry, append_push};
use portcullis_git::Repository;
use portcullis_model::change::ObjectName;

/// Writes down a push.
///
/// # Errors
/// It cannot be written.
pub fn run(lookup: Lookup<'_>, updates: Vec<RefUpdate>) -> Result {
    let environment = HookEnvironment::read(lookup)?;
    let repository = environment.open_stored()?;
    let time = jiff::Timestamp::now();
    let in_force = InForce::read(&repository).map_err(unseen)?;
    let signers = in_force.view(&repository).signers.known().map_err(unseen)?.clone();
    let Pusher { name, source } = Pusher::find(lookup, &signers, time);
    let entry = PushEntry {
        time,
        principal: name,
        source,
        request: environment.options.get("request").cloned(),
        refs: updates.iter().map(|update| pushed_ref(&repository, update)).collect(),
        certificate: certificate(lookup, &repository),
    };
    let unwritten = |error: &dyn std::fmt::Display| {
        Failure::environment(format!("the push was taken, but the server could not log it: {error}"))
            .hint("tell who keeps the server; what is not in the log counts as pushed by someone unknown")
    };
    append_push(&environment.directory, &entry).map_err(|error| unwritten(&error))?;
    let published = state::state(&repository, time).publish(&environment.directory);
    published.map_err(|error| unwritten(&error))?;
    Ok(Exit::Allowed)
}

/// The certificate of a signed push, which git would drop.
fn certificate(lookup: Lookup<'_>, repository: &Repository) -> Option<String> {
    let name = lookup("GIT_PUSH_CERT")?.to_string_lossy().into_owned();
    let bytes = repository.blob(&ObjectName::try_from(name).ok()?).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
