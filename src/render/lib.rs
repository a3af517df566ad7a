//! A decision in a form for someone: one file per format, and the table of them. Nothing is
//! computed here that could change what was decided.
//!
//! A format writes text and knows nothing of exit codes. Much of what it writes was chosen by the
//! people whose change is judged, so all of it goes through one file, `escape.rs`.

use portcullis_model::decision::Decision;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::path::RepoPath;
use std::io;

pub use portcullis_model::plural::plural;

pub mod audit;
pub mod codequality;
pub mod csv;
pub mod due;
mod escape;
pub mod fleet_sarif;
pub mod gemara;
pub mod github;
mod groups;
pub mod incident;
pub mod json;
pub mod junit;
pub mod landing;
pub mod links;
pub mod markdown;
mod origin;
pub mod oscal;
mod patch;
pub mod portal;
pub mod procedure;
pub mod prose;
pub mod reconciliation;
pub mod record;
pub mod rehearsal;
pub mod replay;
#[cfg(test)]
mod sample;
pub mod sarif;
pub mod simulation;
pub mod source_review_coverage;
mod stable;
mod statement;
pub mod status;
mod summary;
pub mod terminal;
#[cfg(test)]
mod tests;
pub mod vsa;

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

/// What a format may show beside the decision. All of it is plain data: a format looks into no
/// other room.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// How to write.
    pub style: Style,
    /// The documentation of every control, sorted by name.
    pub controls: &'a [ControlGuide<'a>],
    /// The text of the files that findings point to.
    pub sources: &'a dyn SourceText,
    /// What the decision was taken from; `None` where it was taken before anything was gathered.
    pub facts: Option<&'a GatheredFacts>,
    /// Who writes this, for formats that say so.
    pub imprint: Option<Imprint<'a>>,
}

/// The program and the run of a job that write something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imprint<'a> {
    /// The version, as `--version` prints it.
    pub version: &'a str,
    /// The page of the run, an address.
    pub run: Option<&'a str>,
}

impl Context<'_> {
    /// Nothing but a style: for texts that show neither documentation nor sources.
    pub fn plain(style: Style) -> Self {
        Context { style, controls: &[], sources: &NoSources, facts: None, imprint: None }
    }
}

/// The documentation of a control, as Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlGuide<'a> {
    /// The name under which its findings are reported.
    pub name: &'a str,
    /// The title and the text of each section, in order.
    pub sections: Vec<(&'a str, &'a str)>,
    /// The clauses of frameworks that its evidence serves.
    pub clauses: Vec<ServedClause<'a>>,
}

/// A clause of a framework, as the framework itself names it. Evidence serves it; whether it is
/// complied with is not for a program to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServedClause<'a> {
    /// The framework and its edition: "NIST SP 800-53 Rev. 5".
    pub framework: &'a str,
    /// The name of the clause there; for NIST SP 800-53 as its OSCAL catalogue writes it, "cm-3.2".
    pub id: std::borrow::Cow<'a, str>,
}

/// Resolves a path and a line to text, so that a format can quote what a finding points to.
pub trait SourceText {
    /// The line of the file at the judged head, counted from 1 and without its line ending; `None`
    /// where there is no such line or it cannot be seen.
    fn line(&self, path: &RepoPath, line: u64) -> Option<String>;
}

/// A resolver that resolves nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoSources;

impl SourceText for NoSources {
    fn line(&self, _path: &RepoPath, _line: u64) -> Option<String> {
        None
    }
}

/// An output format.
pub struct Format {
    /// The name on the command line.
    pub name: &'static str,
    /// One line about it for `--help`.
    pub about: &'static str,
    /// Writes the decision; fails only when the writer does.
    pub write: fn(&Decision, &Context<'_>, &mut dyn io::Write) -> io::Result<()>,
    /// The text of a run that ended without a decision: what it is, and the message of the program.
    /// `None`: the format holds decisions only.
    pub failure: Option<fn(&str, &str) -> String>,
    /// Is each of its lines harmless in the log of a CI job? Then it is written there as it is, and
    /// what a job redirects into a file is that file.
    pub log_safe: bool,
}

/// Every format, sorted by name.
pub static TABLE: &[&Format] = &[
    &codequality::FORMAT,
    &csv::FORMAT,
    &gemara::FORMAT,
    &github::FORMAT,
    &json::FORMAT,
    &junit::FORMAT,
    &markdown::FORMAT,
    &oscal::assessment::FORMAT,
    &oscal::poam::FORMAT,
    &sarif::FORMAT,
    &source_review_coverage::FORMAT,
    &terminal::FORMAT,
    &vsa::FORMAT,
];

/// Text of several lines with what came from outside made harmless: nothing in it steers a terminal
/// or commands the CI system that keeps the log. For complaints and explanations, which are no
/// decisions.
pub fn plain(text: &str) -> String {
    text.lines().map(escape::line).collect::<Vec<_>>().join("\n")
}

/// JSON that reads the same and is as harmless in a log.
pub fn plain_json(text: &str) -> String {
    escape::json(text)
}

/// The format of this name.
pub fn find(name: &str) -> Option<&'static Format> {
    TABLE.iter().copied().find(|format| format.name == name)
}
