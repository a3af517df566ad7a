//! The register as commands need it: there, and whole.

use crate::exit::{Exit, Failure, Result};
use crate::output;
use crate::record::unseen_failure;
use jiff::Timestamp;
use portcullis_collect::incidents::read_register;
use portcullis_collect::records::FETCH;
use portcullis_git::Repository;
use portcullis_incident::{IncidentFile, IncidentRegister, read_casefiles};

/// How many incidents a message names at most.
const NAMED: usize = 8;

/// The register, which verifies; `None` where there is none here.
pub(super) fn find_register(repository: &Repository) -> Result<Option<IncidentRegister>> {
    let register = read_register(repository, Timestamp::now()).map_err(unseen_failure)?;
    match register.as_ref().and_then(|register| register.problems.first()) {
        Some(problem) => {
            Err(Failure::unverified(format!("the register of incidents does not verify: {problem}"))
                .hint("See `portcullis incident verify`; restore the ref from a clone that has it."))
        }
        None => Ok(register),
    }
}

/// The error where there is no register here: it is not known whether there was an incident.
pub(super) fn no_register(exit: Exit) -> Failure {
    Failure {
        exit,
        ..Failure::environment("there is no register of incidents here, so incidents could not be seen")
            .hint(format!("a clone does not bring it by itself: {FETCH}"))
            .hint("where there never was an incident, begin it: `portcullis incident begin`")
    }
}

/// All incidents of the register.
pub(super) fn all_incidents(repository: &Repository) -> Result<(IncidentRegister, Vec<IncidentFile>)> {
    let register = find_register(repository)?.ok_or_else(|| no_register(Exit::Environment))?;
    let files = read_casefiles(&register.links);
    Ok((register, files))
}

/// The incident that a text means: its identifier, or how that begins.
pub(super) fn find_incident(files: Vec<IncidentFile>, name: &str) -> Result<IncidentFile> {
    let begins = |file: &IncidentFile| file.history.id.as_str().starts_with(name) && !name.is_empty();
    let known: Vec<String> = files.iter().map(|file| file.history.id.to_string()).collect();
    let meant: Vec<IncidentFile> = files.into_iter().filter(begins).collect();
    match <[IncidentFile; 1]>::try_from(meant) {
        Ok([file]) => Ok(file),
        Err(none) if none.is_empty() && known.is_empty() => {
            Err(Failure::usage("there is no incident in the register"))
        }
        Err(none) if none.is_empty() => {
            Err(Failure::usage(output::unknown("incident", name, known.iter().map(String::as_str))))
        }
        Err(several) => Err(report_ambiguous(name, &several)),
    }
}

/// Names the incidents that a text may mean, the newest first.
fn report_ambiguous(name: &str, meant: &[IncidentFile]) -> Failure {
    let named = |file: &IncidentFile| format!("{} ({})", file.history.id, file.history.dataset);
    let mut names: Vec<String> = meant.iter().rev().take(NAMED).map(named).collect();
    if meant.len() > NAMED {
        names.push("and earlier ones".to_string());
    }
    let count = meant.len();
    Failure::usage(format!("`{name}` begins the identifiers of {count} incidents: {}", names.join(", ")))
        .hint("write more of it; `portcullis incident list` shows all")
}
