//! Writing a round in the formats that were asked for.

use super::text::write_text;
use crate::exit::{Failure, Result};
use crate::output::{self, control_guides, refuse_same_place, split_format};
use crate::record::pretty_json;
use portcullis_fleet::csv::write_items;
use portcullis_fleet::page::{PageInput, PastVerdicts, write_page};
use portcullis_fleet::round::count_items;
use portcullis_model::fleet::{FleetItem, FleetRound};
use portcullis_render::fleet_sarif::write_fleet_sarif;
use portcullis_wire::fleet::v1::{FleetItemV1, FleetRoundV1, FleetV1, VERSION};
use portcullis_wire::form::Form as _;
use std::path::PathBuf;

/// A round, to be written.
struct WrittenRound<'a> {
    round: &'a FleetRound,
    items: &'a [FleetItem],
    past: &'a PastVerdicts,
    lists_all: bool,
}

/// Writes a round in a format.
type WriteRound = fn(&WrittenRound<'_>) -> Result<String>;

/// Every format, by name.
static FORMATS: &[(&str, WriteRound)] = &[
    ("csv", |one| Ok(write_items(one.items))),
    ("html", |one| Ok(write_page(&PageInput { round: one.round, items: one.items, past: one.past }))),
    ("json", |one| pretty_json(&form_of(one.round, one.items))),
    ("sarif", sarif_of),
    ("terminal", |one| Ok(write_text(one.round, one.items, one.lists_all, output::for_columns().width))),
];

/// Where a round goes.
pub struct FleetOutput {
    targets: Vec<(WriteRound, Option<PathBuf>)>,
    lists_all: bool,
}

impl FleetOutput {
    /// Reads formats; none is `terminal`.
    ///
    /// # Errors
    /// There is no such format, or two go to one place.
    pub fn read(formats: &[String], lists_all: bool) -> Result<Self> {
        let usual = ["terminal".to_string()];
        let formats = if formats.is_empty() { &usual } else { formats };
        let mut targets = Vec::new();
        for text in formats {
            let (name, file) = split_format(text)?;
            let found = FORMATS.iter().find(|(known, _)| *known == name);
            let (_, write) = found.ok_or_else(|| {
                let names: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
                Failure::usage(format!("there is no format `{name}`; there are {}", names.join(", ")))
            })?;
            targets.push((*write, file));
        }
        refuse_same_place(targets.iter().map(|(_, file)| file.as_deref()))?;
        Ok(FleetOutput { targets, lists_all })
    }

    /// Writes a round; its repositories are in order.
    ///
    /// # Errors
    /// A file or stdout cannot be written.
    pub fn write(&self, round: &FleetRound, items: &[FleetItem], past: &PastVerdicts) -> Result<()> {
        let one = WrittenRound { round, items, past, lists_all: self.lists_all };
        for (write, file) in &self.targets {
            let text = write(&one)?;
            match file {
                Some(file) => output::write_file(file, text.as_bytes())?,
                None => output::data(text.as_bytes())?,
            }
        }
        Ok(())
    }
}

fn sarif_of(one: &WrittenRound<'_>) -> Result<String> {
    let written = write_fleet_sarif(one.round, one.items, &control_guides());
    written.map_err(|error| Failure::environment(error.to_string()))
}

fn form_of(round: &FleetRound, items: &[FleetItem]) -> FleetV1 {
    let counts = count_items(items);
    FleetV1 {
        schema: VERSION,
        round: FleetRoundV1::of(round.clone()),
        in_scope: counts.in_scope,
        looked_at: counts.looked_at,
        unknown: counts.unknown,
        repositories: items.iter().cloned().map(FleetItemV1::of).collect(),
    }
}
