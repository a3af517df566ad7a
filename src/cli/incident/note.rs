//! `portcullis incident note`: what was learnt later.

use super::seen::{all_incidents, find_incident};
use super::store::{EntryArguments, report_entry, store_event};
use super::{parse_text, parse_time};
use crate::exit::{Exit, Failure, Result};
use crate::{filled, opening};
use clap::Args;
use jiff::Timestamp;
use portcullis_incident::IncidentFile;
use portcullis_model::incident::{IncidentEvent, IncidentHistory, IncidentNote};
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
    let file = find_incident(files, &arguments.id)?;
    let history = &file.history;
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
        filled::tell(&format!("its clocks run from {aware} now"))?;
        report_contradictions(&file, aware);
    }
    Ok(Exit::Allowed)
}

/// What is learnt can contradict what was said at first. Clocks then run earlier, so it is kept.
fn report_contradictions(file: &IncidentFile, aware: Timestamp) {
    let history = IncidentHistory { aware_at: aware, ..file.history.clone() };
    let now = IncidentFile { history, ..file.clone() };
    for fault in now.contradictions() {
        filled::advise(&format!("kept as you say it, and shown with the incident: {fault}"));
    }
}
