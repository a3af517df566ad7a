//! Writing an entry of the register, which another process may do at the same time.

use super::seen::find_register;
use crate::exit::{Failure, Result};
use crate::{filled, opening, signing};
use clap::Args;
use jiff::Timestamp;
use portcullis_collect::incidents::append_incident;
use portcullis_forge::ci;
use portcullis_git::commit_writer::WriteError;
use portcullis_incident::register::IncidentFault;
use portcullis_incident::{INCIDENT_FILE, IncidentRegister, PendingIncident, REGISTER_REF, prepare_incident};
use portcullis_model::incident::IncidentEvent;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often an entry is made again when another one was written meanwhile.
const TRIES: u32 = 200;

/// The longest pause between two tries, in milliseconds.
const LONGEST_PAUSE: u32 = 50;

/// Who writes an entry, and where it goes.
#[derive(Clone, Debug, Default, Args)]
pub struct EntryArguments {
    /// Who writes the entry. Default: the person who started the job, or the account on this
    /// machine (`USER`, `LOGNAME`). Where neither is known, it has to be said.
    #[arg(long, value_name = "NAME", value_parser = super::parse_text, help_heading = "The entry")]
    pub by: Option<String>,
    /// Sign the entry with git's `user.signingKey`, as `portcullis signature make` does.
    #[arg(long, help_heading = "The entry")]
    pub sign: bool,
    /// SSH key to sign with: a file, of which the public part suffices where an agent holds the
    /// key.
    #[arg(long, value_name = "FILE", requires = "sign", help_heading = "The entry")]
    pub key: Option<PathBuf>,
    /// Push the register to this remote afterwards.
    #[arg(long, value_name = "REMOTE", help_heading = "The entry")]
    pub push: Option<String>,
}

/// Stores an event on top of the register. `make` gets the register as it is; it is asked again
/// when another process was first, so that no entry is lost and none rests on what is no longer so.
///
/// # Errors
/// The register does not verify, `make` refuses, or the repository cannot be written.
pub fn store_event(
    directory: &Path,
    arguments: &EntryArguments,
    make: &dyn Fn(Option<&IncidentRegister>) -> Result<IncidentEvent>,
) -> Result<PendingIncident> {
    let recorder = arguments.by.clone().or_else(ci::find_recorder).ok_or_else(report_no_recorder)?;
    let mut tries = 1;
    let pending = loop {
        let register = find_register(&opening::open(directory)?)?;
        let event = make(register.as_ref())?;
        let pending =
            prepare_incident(event, &recorder, Timestamp::now(), register.as_ref()).map_err(refuse)?;
        let pending = if arguments.sign { sign_entry(directory, arguments, pending)? } else { pending };
        match append_incident(directory, &pending) {
            Ok(_) => break pending,
            Err(WriteError::Moved { .. } | WriteError::Locked { .. }) if tries < TRIES => tries += 1,
            Err(error) => return Err(Failure::environment(error.to_string())),
        }
        std::thread::sleep(Duration::from_millis(u64::from(tries.min(LONGEST_PAUSE))));
    };
    if let Some(remote) = &arguments.push {
        signing::push(directory, remote, REGISTER_REF, "the entry is").map_err(|failure| {
            Failure { hints: Vec::new(), ..failure }.hint(format!(
                "fetch what the remote has in place of all that was not pushed, `git fetch {remote} \
                 '+{REGISTER_REF}:{REGISTER_REF}'`, and write those entries again"
            ))
        })?;
    }
    Ok(pending)
}

fn report_no_recorder() -> Failure {
    Failure::usage("it is not known who writes the entry: neither a CI job nor `USER` or `LOGNAME` says it")
        .hint("name the person or the job: --by NAME")
}

/// The entry with the signature that `ssh-keygen` makes of its file.
fn sign_entry(
    directory: &Path,
    arguments: &EntryArguments,
    pending: PendingIncident,
) -> Result<PendingIncident> {
    let key = signing::find_key(directory, arguments.key.as_deref())?;
    let bytes = pending.files.get(INCIDENT_FILE).map(Vec::as_slice).unwrap_or_default();
    let signature = signing::sign(directory, &key, bytes)?;
    Ok(pending.with_signature([&signature[..], b"\n"].concat()))
}

fn refuse(fault: IncidentFault) -> Failure {
    match fault {
        IncidentFault::Time => Failure::environment(
            "the newest entry of the register is from after the time of this machine: set its clock",
        ),
        IncidentFault::AwareAfter => Failure::usage("the moment of awareness is in the future"),
        other => Failure::usage(format!("this is no entry: {other}")),
    }
}

/// Says that an entry was written.
pub(super) fn report_entry(pending: &PendingIncident, what: &str) -> Result<()> {
    filled::tell(&format!("entry {} of the register: {what}", pending.entry.number))
}
