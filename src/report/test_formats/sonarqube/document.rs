//! The document: files and test cases.

use portcullis_report_shared::attempts::Attempts;
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::identity::join_identity;
use portcullis_report_shared::strict;
use portcullis_report_shared::summary::add_sentences;
use portcullis_report_shared::xml::{ContentHandler, Element};
use portcullis_testrun::test_run::{TestOutcome, TestRun};

/// A document while it is read.
#[derive(Default)]
pub struct SonarqubeDocument {
    open: Vec<SonarqubeElement>,
    file: String,
    case: Option<SonarqubeCase>,
    tests: Attempts,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SonarqubeElement {
    Root,
    File,
    Case,
    Other,
}

/// A test case while it is read.
struct SonarqubeCase {
    id: String,
    outcome: TestOutcome,
}

impl ContentHandler for SonarqubeDocument {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let kind = match (self.open.last(), element.name) {
            (None, _) => {
                let known = strict::attribute(element, &["version"]);
                known.iter().for_each(|what| what.against("the report", &mut self.run));
                check_root(element)?
            }
            (Some(SonarqubeElement::Root), "file") => {
                let known = strict::attribute(element, &["path"]);
                known.iter().for_each(|what| what.against("a file", &mut self.run));
                self.file = element.value("path").ok_or("a file has no path")?.to_string();
                SonarqubeElement::File
            }
            (Some(SonarqubeElement::File), "testcase") => self.case(element)?,
            (Some(SonarqubeElement::Root | SonarqubeElement::File), _) => {
                return Err("an element is where such a report has only files and test cases".into());
            }
            (Some(SonarqubeElement::Case), name) => self.said(name),
            (Some(SonarqubeElement::Other), _) => SonarqubeElement::Other,
        };
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match (self.open.pop(), self.case.take()) {
            (Some(SonarqubeElement::Case), Some(case)) => self.tests.add(case.id, case.outcome),
            (_, case) => {
                self.case = case;
                Ok(())
            }
        }
    }
}

/// SonarQube reads version 1 alone.
fn check_root(element: &Element<'_>) -> Result<SonarqubeElement, ContentError> {
    match element.value("version").map(str::trim) {
        Some("1") => Ok(SonarqubeElement::Root),
        _ => Err("only version 1 of SonarQube's generic test executions is read".into()),
    }
}

impl SonarqubeDocument {
    fn case(&mut self, element: &Element<'_>) -> Result<SonarqubeElement, ContentError> {
        let name = element.value("name").ok_or("a test case has no name")?;
        let mut case =
            SonarqubeCase { id: join_identity([self.file.as_str()], name), outcome: TestOutcome::Passed };
        if element.attributes.iter().any(|(name, _)| !matches!(*name, "name" | "duration")) {
            case.outcome = TestOutcome::Error;
            add_sentences(&mut self.run.contradictions, ["a test has an attribute that is not known here"]);
        }
        self.case = Some(case);
        Ok(SonarqubeElement::Case)
    }

    /// What an element directly in a case says of it.
    fn said(&mut self, name: &str) -> SonarqubeElement {
        let outcome = match name {
            "skipped" => TestOutcome::Skipped,
            "failure" => TestOutcome::Failed,
            "error" => TestOutcome::Error,
            _ => {
                add_sentences(
                    &mut self.run.contradictions,
                    ["a test holds an element that is not known here"],
                );
                TestOutcome::Error
            }
        };
        if let Some(case) = &mut self.case {
            case.outcome = case.outcome.max(outcome);
        }
        SonarqubeElement::Other
    }

    /// The run, once the document has ended.
    pub fn finish(self) -> TestRun {
        TestRun { tests: self.tests.finish(), ..self.run }
    }
}
