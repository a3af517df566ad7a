//! A decision in a form for somebody: one file per format, and the table of them. Nothing is computed here
//! that could change what was decided.
//!
//! A format writes text and knows nothing of exit codes. Much of what it writes was chosen by the people whose change
//! is judged, so all of it goes through one file, `escape.rs`.

use crate::model::decision::Decision;
use std::io;

mod escape;
pub mod github;
mod groups;
pub mod json;
pub mod landing;
pub mod markdown;
mod patch;
pub mod prose;
pub mod record;
#[cfg(test)]
mod sample;
mod summary;
pub mod terminal;
#[cfg(test)]
mod tests;

/// How to render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// May escape sequences for colour be written?
    pub colour: bool,
    /// Columns to fill.
    pub width: usize,
    /// Also show what is met.
    pub verbose: bool,
    /// The gate only advises: the exit code is 0 whatever the outcome, and every format says so.
    pub advisory: bool,
}

/// An output format.
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// Writes it. Fails only when `out` does.
    pub write: fn(&Decision, Style, &mut dyn io::Write) -> io::Result<()>,
    /// The text of a run that ended without a decision: what it is, and the message of the program. `None`: the format
    /// holds decisions only.
    pub failure: Option<fn(&str, &str) -> String>,
}

/// Every format, sorted by name.
pub static TABLE: &[&Format] = &[&github::FORMAT, &json::FORMAT, &markdown::FORMAT, &terminal::FORMAT];

/// Text of several lines with what came from outside made harmless: nothing in it steers a terminal or commands the CI system
/// that keeps the log. For complaints and explanations, which are no decisions.
pub fn plain(text: &str) -> String {
    text.lines().map(escape::line).collect::<Vec<_>>().join("\n")
}

/// "1 test", "2 tests".
pub fn plural(number: u64, thing: &str) -> String {
    summary::plural(number, thing)
}

/// JSON that reads the same and is as harmless in a log.
pub fn plain_json(text: &str) -> String {
    escape::json(text)
}

/// The format of this name.
pub fn find(name: &str) -> Option<&'static Format> {
    TABLE.iter().copied().find(|format| format.name == name)
}
