//! TRX: what Visual Studio, `dotnet test --logger trx` and `vstest` write.
//!
//! - The outcome stands in the `outcome` of each result: `Passed`; `Failed`; `NotExecuted`, `Inconclusive` and `Skipped` are
//!   skipped; `Warning` is failed; every other word that is known means that the test was not run to its end, and so does
//!   none at all, because the writer leaves out `Error`. A word that is not known is that too, and a contradiction.
//! - A test of several data rows has results within its result: `test > row`.
//! - A test is known by `class > name`; its class stands in the definition with the same id, which may come later or be missing.
//!   The assembly is left out of it, unless it tells two classes apart.
//! - Any other word of failure speaks against a result or the run; what nobody knows in a result is an error, and a contradiction.
//! - The summary is held against the results. A run or one of its messages that failed while no test did is an error.
//!
//! Users, machines, times, output and paths are not kept.

mod document;
#[cfg(test)]
mod tests;

use super::input::Input;
use super::{Format, ReportError, xml};
use crate::model::test_run::TestRun;
use document::Document;

/// The format.
pub static FORMAT: Format = Format { name: "trx", detect, parse, streams: true };

const ROOTS: &[&str] = &["testrun"];

fn detect(bytes: &[u8]) -> bool {
    xml::root(bytes).is_some_and(|name| ROOTS.contains(&name.as_str()))
}

fn parse(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut document = Document::default();
    xml::read(input, ROOTS, xml::LIMITS, &mut document)?;
    document.finish().map_err(ReportError::whole)
}
