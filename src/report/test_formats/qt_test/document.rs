//! The document: functions, and what is said of their rows.

use portcullis_report_shared::attempts::Attempts;
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::identity::{join_identity, make_visible};
use portcullis_report_shared::strict::{self, KnownElements};
use portcullis_report_shared::summary::add_sentences;
use portcullis_report_shared::xml::{self, ContentHandler, Element};
use portcullis_testrun::test_run::{TestOutcome, TestRun};
use std::collections::BTreeMap;

/// A document while it is read.
#[derive(Default)]
pub struct QtTestDocument {
    open: Vec<QtTestElement>,
    object: String,
    function: Option<Function>,
    /// What an open `Incident` or `Message` says, and the row that it says it of.
    said: Option<TestOutcome>,
    row: String,
    tests: Attempts,
    any: bool,
    run: TestRun,
}

/// What Qt writes.
const KNOWN: &KnownElements = &[
    ("testcase", &["name"]),
    ("testfunction", &["name"]),
    ("incident", &["file", "line", "type"]),
    ("message", &["file", "line", "type"]),
    ("description", &[]),
    ("datatag", &[]),
    ("duration", &["msecs"]),
    ("benchmarkresult", &["iterations", "metric", "tag", "value"]),
    ("environment", &[]),
    ("qtversion", &[]),
    ("qtbuild", &[]),
    ("qtestversion", &[]),
];

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum QtTestElement {
    Root,
    Function,
    Saying,
    /// The name of the row.
    Row,
    Other,
}

/// A function while it is read.
struct Function {
    name: String,
    /// What was said of each of its rows; without rows there is one without a name.
    rows: BTreeMap<String, TestOutcome>,
}

impl ContentHandler for QtTestDocument {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let kind = match element.name {
            _ if self.open.is_empty() => {
                self.object = element.value("name").unwrap_or_default().to_string();
                QtTestElement::Root
            }
            "testcase" => return Err("a test object begins within another".into()),
            "testfunction" => self.function(element)?,
            "incident" => self.saying(incident_outcome(element.value("type"))),
            "message" => self.saying(message_outcome(element.value("type"))),
            "datatag" if self.open.last() == Some(&QtTestElement::Saying) => QtTestElement::Row,
            _ => QtTestElement::Other,
        };
        self.foreign(element);
        self.open.push(kind);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ContentError> {
        if self.open.last() == Some(&QtTestElement::Row) {
            xml::seen(text)?;
            self.row.push_str(text);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(QtTestElement::Function) => self.end_function()?,
            Some(QtTestElement::Saying) => self.end_saying(),
            Some(QtTestElement::Root | QtTestElement::Row | QtTestElement::Other) | None => {}
        }
        Ok(())
    }
}

impl QtTestDocument {
    fn function(&mut self, element: &Element<'_>) -> Result<QtTestElement, ContentError> {
        if self.function.is_some() {
            return Err("a function begins within another".into());
        }
        self.any = true;
        let name = element.value("name").unwrap_or_default().to_string();
        self.function = Some(Function { name, rows: BTreeMap::new() });
        Ok(QtTestElement::Function)
    }

    /// `said`: what it means, nothing, or that it is not known.
    fn saying(&mut self, said: Result<Option<TestOutcome>, ()>) -> QtTestElement {
        if said.is_err() {
            add_sentences(
                &mut self.run.contradictions,
                ["an incident or message has a type that is not known here"],
            );
        }
        self.said = said.unwrap_or(Some(TestOutcome::Error));
        self.row.clear();
        QtTestElement::Saying
    }

    /// What Qt does not write is not passed over, but for what describes the machine.
    fn foreign(&mut self, element: &Element<'_>) {
        let environment = self.function.is_none() && self.open.last() == Some(&QtTestElement::Other);
        let Some(foreign) = strict::part(element, KNOWN).filter(|_| !environment) else { return };
        match &mut self.function {
            Some(function) => {
                add_sentences(&mut self.run.contradictions, [foreign.of_test()]);
                let row = function.rows.entry(String::new()).or_insert(foreign.outcome());
                *row = (*row).max(foreign.outcome());
            }
            None => foreign.against("the run", &mut self.run),
        }
    }

    fn end_saying(&mut self) {
        let Some(outcome) = self.said.take() else { return };
        match &mut self.function {
            Some(function) => {
                let row = function.rows.entry(make_visible(&self.row)).or_insert(outcome);
                *row = (*row).max(outcome);
            }
            None if outcome > TestOutcome::Skipped => {
                add_sentences(&mut self.run.errors, ["something failed outside of the functions"]);
            }
            None => {}
        }
    }

    fn end_function(&mut self) -> Result<(), ContentError> {
        let Some(Function { name, mut rows }) = self.function.take() else { return Ok(()) };
        if rows.is_empty() {
            add_sentences(&mut self.run.contradictions, ["a function has no result"]);
            rows.insert(String::new(), TestOutcome::Error);
        }
        for (row, outcome) in rows {
            let id = match row.as_str() {
                "" => join_identity([self.object.as_str()], &name),
                row => join_identity([self.object.as_str(), &name], row),
            };
            self.tests.add(id, outcome)?;
        }
        Ok(())
    }

    /// The run, once the document has ended.
    ///
    /// # Errors
    /// A sentence, when it names no function: Qt writes at least `initTestCase`.
    pub fn finish(self) -> Result<TestRun, ContentError> {
        if !self.any {
            return Err("it names no test function, so it is no report of Qt Test".into());
        }
        Ok(TestRun { tests: self.tests.finish(), ..self.run })
    }
}

fn incident_outcome(word: Option<&str>) -> Result<Option<TestOutcome>, ()> {
    match word {
        Some("pass") => Ok(Some(TestOutcome::Passed)),
        Some("fail" | "xpass") => Ok(Some(TestOutcome::Failed)),
        Some("skip" | "xfail" | "bpass" | "bfail" | "bxpass" | "bxfail" | "bskip") => {
            Ok(Some(TestOutcome::Skipped))
        }
        _ => Err(()),
    }
}

fn message_outcome(word: Option<&str>) -> Result<Option<TestOutcome>, ()> {
    match word {
        Some("skip") => Ok(Some(TestOutcome::Skipped)),
        Some("qfatal") => Ok(Some(TestOutcome::Error)),
        Some("warn" | "system" | "qdebug" | "qinfo" | "qwarn" | "qcritical" | "info") => Ok(None),
        _ => Err(()),
    }
}
