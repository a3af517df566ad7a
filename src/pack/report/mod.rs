//! The report of an audit for a browser: one page for the whole, one for the landings of each
//! month, one for the exceptions of each control, one for each landing.
//!
//! Every page is one file that asks for nothing else: its style and its script are in it, and its
//! Content-Security-Policy allows these by their digests and nothing more. The script only filters
//! tables. Pages follow from the audit to the last byte, so that verifying a pack writes
//! them again and compares.

use crate::item_path::{BadPath, ItemPath};
use links::Links;
use portcullis_wire::audit::v1::AuditV1;
use portcullis_wire::pack::v1::PeopleV1;

mod areas;
mod arrivals;
mod chart;
mod check_yourself;
mod clauses;
mod decisions;
mod exceptions;
mod index;
mod landing;
mod links;
mod parts;
mod people;
mod population;
mod protection;
mod shell;
mod summary;
mod text;
mod waivers;
mod words;

pub use check_yourself::{RECIPE, recipe_text};
pub use shell::STYLE;

/// The first page.
pub const INDEX: &str = "index.html";

/// What a report is written from.
#[derive(Clone, Copy, Debug)]
pub struct ReportInput<'a> {
    /// The audit.
    pub audit: &'a AuditV1,
    /// How the pack names people.
    pub people: PeopleV1,
    /// How code is tested, reviewed and deployed, as text; where the pack holds it.
    pub procedure: Option<&'a str>,
}

/// Writes every page of the report, each to the taker.
///
/// # Errors
/// Those of the taker, and a name in the audit of which no path of a pack can be made.
pub fn write_pages<E: From<BadPath>>(
    input: &ReportInput<'_>,
    take: &mut dyn FnMut(ItemPath, String) -> Result<(), E>,
) -> Result<(), E> {
    let links = Links::new(input.audit)?;
    take(ItemPath::new(INDEX)?, index::page(input, &links))?;
    for (path, page) in population::pages(input, &links) {
        take(path, page())?;
    }
    for (path, page) in exceptions::pages(input, &links) {
        take(path, page())?;
    }
    for (path, page) in arrivals::pages(input)? {
        take(path, page())?;
    }
    for landing in &input.audit.landings {
        if let Some(path) = links.landing(&landing.id) {
            take(path.clone(), landing::page(input, &links, landing, path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
