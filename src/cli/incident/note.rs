//! `portcullis incident note`: what was learnt later.

use super::seen::{all_incidents, find_incident};
use super::store::{EntryArguments, report_entry, store_event};
use super::{parse_text, parse_time};
use crate::cli::exit::{Exit, Failure, Result};
use crate::cli::{opening, output};
use clap::Args;
use jiff::Timestamp;
use portcullis_model::incident::{IncidentEvent, IncidentNote};
use std::path::Path;

/// Arguments of `incident note`.
#[derive(Debug, Args)]
pub struct NoteArguments {
    /// Identifier of the incident, or how it begins.
    id: String,
    /// What was learnt.
    #[arg(value_parser = parse_text)]
    text: String,
    /// The organisation became aware of the incident then, which is earlier than was thought. All
    /// clocks then run from there.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    aware_at: Option<Timestamp>,
    #[command(flatten)]
    entry: EntryArguments,
}

pub(super) fn run(directory: &Path, arguments: &NoteArguments) -> Result {
    let (_, files) = all_incidents(&opening::open(directory)?)?;
    let history = find_incident(files, &arguments.id)?.history;
    if let Some(aware) = arguments.aware_at.filter(|aware| *aware >= history.aware_at) {
        return Err(Failure::usage(format!(
            "--aware-at {aware} is not earlier than {}: awareness cannot be made later",
            history.aware_at
        )));
    }
    let note = IncidentNote {
        incident: history.id.clone(),
        text: arguments.text.clone(),
        aware_at: arguments.aware_at,
    };
    let pending =
        store_event(directory, &arguments.entry, &|_| Ok(IncidentEvent::Noted(Box::new(note.clone()))))?;
    report_entry(&pending, &format!("a note on incident {}", history.id))?;
    if let Some(aware) = arguments.aware_at {
        output::text(&format!("its clocks run from {aware} now"))?;
    }
    Ok(Exit::Allowed)
}
