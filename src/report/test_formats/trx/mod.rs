//! TRX: what Visual Studio, `dotnet test --logger trx` and `vstest` write.
//!
//! - The outcome is in the `outcome` of each result: `Passed`; `Failed`; `NotExecuted`,
//!   `Inconclusive` and `Skipped` are skipped; `Warning` is failed; every other word that is known
//!   means that the test was not run to its end, and so does none at all, because the writer leaves
//!   out `Error`. A word that is not known is that too, and a contradiction.
//! - A test of several data rows has results within its result: `test > row`.
//! - A test is known by `class > name`; its class is in the definition with the same id, which may
//!   come later or be missing. The assembly is left out of it, unless it tells two classes apart.
//! - Any other word of failure contradicts a result or the run; an unknown part of a result is an
//!   error and a contradiction.
//! - The summary is held against the results. A run or one of its messages that failed while no
//!   test did is an error.
//!
//! Users, machines, times, output and paths are not kept.

mod document;
#[cfg(test)]
mod tests;

use super::ReportParser;
use document::TrxDocument;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml;
use portcullis_testrun::test_run::TestRun;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "trx", detect: is_trx, parse: parse_trx, streams: true };

const ROOTS: &[&str] = &["testrun"];

fn is_trx(bytes: &[u8]) -> bool {
    xml::has_root(bytes, ROOTS)
}

fn parse_trx(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut document = TrxDocument::default();
    xml::read(input, ROOTS, xml::LIMITS, &mut document)?;
    document.finish().map_err(ReportError::whole)
}
