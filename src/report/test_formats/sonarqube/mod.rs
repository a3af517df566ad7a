//! SonarQube's generic test executions, version 1: what reporters of many runners write for it
//! (Catch2's `sonarqube` among them).
//!
//! - `testExecutions` (formerly `unitTest`) holds files, files hold test cases, and nothing else:
//!   SonarQube itself refuses anything else.
//! - A test case is passed when it holds nothing. `skipped`, `failure` and `error` say otherwise,
//!   and the worst of them decides. Another element or attribute of a case is not known here: an
//!   error, and a contradiction. Attributes of files and of the root see `strict.rs`.
//! - A test is known by `path of the file > name`. Two of one name are two tests, and the worst
//!   decides.
//!
//! The format has no summary and no times, so a whole case that is missing is not noticed. Messages
//! are not kept.

mod document;
#[cfg(test)]
mod tests;

use super::ReportParser;
use document::SonarqubeDocument;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml;
use portcullis_testrun::test_run::TestRun;

/// The format.
pub static FORMAT: ReportParser =
    ReportParser { name: "sonarqube", detect: is_sonarqube, parse: parse_sonarqube, streams: true };

const ROOTS: &[&str] = &["testexecutions", "unittest"];

fn is_sonarqube(bytes: &[u8]) -> bool {
    xml::has_root(bytes, ROOTS)
}

fn parse_sonarqube(input: Input<'_>) -> Result<TestRun, ReportError> {
    let mut document = SonarqubeDocument::default();
    xml::read(input, ROOTS, xml::LIMITS, &mut document)?;
    Ok(document.finish())
}
