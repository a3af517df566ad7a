//! The document: files and test cases.

use crate::model::test_run::{TestOutcome, TestRun};
use crate::report::attempts::Attempts;
use crate::report::identity::identity;
use crate::report::strict;
use crate::report::summary::say;
use crate::report::xml::{Content, Element};

/// A document while it is read.
#[derive(Default)]
pub struct Document {
    open: Vec<Kind>,
    file: String,
    case: Option<Case>,
    tests: Attempts,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Root,
    File,
    Case,
    Other,
}

/// A test case while it is read.
struct Case {
    id: String,
    outcome: TestOutcome,
}

impl Content for Document {
    fn start(&mut self, element: &Element<'_>) -> Result<(), String> {
        let kind = match (self.open.last(), element.name) {
            (None, _) => {
                let known = strict::attribute(element, &["version"]);
                known.iter().for_each(|what| what.against("the report", &mut self.run));
                root(element)?
            }
            (Some(Kind::Root), "file") => {
                let known = strict::attribute(element, &["path"]);
                known.iter().for_each(|what| what.against("a file", &mut self.run));
                self.file = element.value("path").ok_or("a file has no path")?.to_string();
                Kind::File
            }
            (Some(Kind::File), "testcase") => self.case(element)?,
            (Some(Kind::Root | Kind::File), _) => {
                return Err("an element is where such a report has only files and test cases".into());
            }
            (Some(Kind::Case), name) => self.said(name),
            (Some(Kind::Other), _) => Kind::Other,
        };
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        match (self.open.pop(), self.case.take()) {
            (Some(Kind::Case), Some(case)) => self.tests.add(case.id, case.outcome),
            (_, case) => {
                self.case = case;
                Ok(())
            }
        }
    }
}

/// SonarQube reads version 1 alone.
fn root(element: &Element<'_>) -> Result<Kind, String> {
    match element.value("version").map(str::trim) {
        Some("1") => Ok(Kind::Root),
        _ => Err("only version 1 of SonarQube's generic test executions is read".into()),
    }
}

impl Document {
    fn case(&mut self, element: &Element<'_>) -> Result<Kind, String> {
        let name = element.value("name").ok_or("a test case has no name")?;
        let mut case = Case { id: identity([self.file.as_str()], name), outcome: TestOutcome::Passed };
        if element.attributes.iter().any(|(name, _)| !matches!(*name, "name" | "duration")) {
            case.outcome = TestOutcome::Error;
            say(&mut self.run.contradictions, ["a test has an attribute that is not known here"]);
        }
        self.case = Some(case);
        Ok(Kind::Case)
    }

    /// What an element that stands directly in a case says of it.
    fn said(&mut self, name: &str) -> Kind {
        let outcome = match name {
            "skipped" => TestOutcome::Skipped,
            "failure" => TestOutcome::Failed,
            "error" => TestOutcome::Error,
            _ => {
                say(&mut self.run.contradictions, ["a test holds an element that is not known here"]);
                TestOutcome::Error
            }
        };
        if let Some(case) = &mut self.case {
            case.outcome = case.outcome.max(outcome);
        }
        Kind::Other
    }

    /// The run, once the document has ended.
    pub fn finish(self) -> TestRun {
        TestRun { tests: self.tests.finish(), ..self.run }
    }
}
