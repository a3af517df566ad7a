//! A decision in a form for somebody: one file per format, and the table of them. Nothing is computed here
//! that could change what was decided.

use crate::model::decision::Decision;
use std::io;

pub mod github;
pub mod json;
pub mod markdown;
pub mod terminal;

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
    /// Writes it.
    pub write: fn(&Decision, Style, &mut dyn io::Write) -> io::Result<()>,
}

/// Every format, sorted by name.
pub static TABLE: &[&Format] = &[&github::FORMAT, &json::FORMAT, &markdown::FORMAT, &terminal::FORMAT];
