//! The document: functions, and what is said of their rows.

use crate::model::test_run::{TestOutcome, TestRun};
use crate::report::attempts::Attempts;
use crate::report::identity::{identity, visible};
use crate::report::strict::{self, Known};
use crate::report::summary::say;
use crate::report::xml::{self, Content, Element};
use std::collections::BTreeMap;

/// A document while it is read.
#[derive(Default)]
pub struct Document {
    open: Vec<Kind>,
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
const KNOWN: &Known = &[
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
enum Kind {
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

impl Content for Document {
    fn start(&mut self, element: &Element<'_>) -> Result<(), String> {
        let kind = match element.name {
            _ if self.open.is_empty() => {
                self.object = element.value("name").unwrap_or_default().to_string();
                Kind::Root
            }
            "testcase" => return Err("a test object begins within another".into()),
            "testfunction" => self.function(element)?,
            "incident" => self.saying(incident(element.value("type"))),
            "message" => self.saying(message(element.value("type"))),
            "datatag" if self.open.last() == Some(&Kind::Saying) => Kind::Row,
            _ => Kind::Other,
        };
        self.foreign(element);
        self.open.push(kind);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        if self.open.last() == Some(&Kind::Row) {
            xml::seen(text)?;
            self.row.push_str(text);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        match self.open.pop() {
            Some(Kind::Function) => self.end_function()?,
            Some(Kind::Saying) => self.end_saying(),
            Some(Kind::Root | Kind::Row | Kind::Other) | None => {}
        }
        Ok(())
    }
}

impl Document {
    fn function(&mut self, element: &Element<'_>) -> Result<Kind, String> {
        if self.function.is_some() {
            return Err("a function begins within another".into());
        }
        self.any = true;
        let name = element.value("name").unwrap_or_default().to_string();
        self.function = Some(Function { name, rows: BTreeMap::new() });
        Ok(Kind::Function)
    }

    /// `said`: what it means, nothing, or that it is not known.
    fn saying(&mut self, said: Result<Option<TestOutcome>, ()>) -> Kind {
        if said.is_err() {
            say(&mut self.run.contradictions, ["an incident or message has a type that is not known here"]);
        }
        self.said = said.unwrap_or(Some(TestOutcome::Error));
        self.row.clear();
        Kind::Saying
    }

    /// What Qt does not write is not passed over, but for what describes the machine.
    fn foreign(&mut self, element: &Element<'_>) {
        let environment = self.function.is_none() && self.open.last() == Some(&Kind::Other);
        let Some(foreign) = strict::part(element, KNOWN).filter(|_| !environment) else { return };
        match &mut self.function {
            Some(function) => {
                say(&mut self.run.contradictions, [foreign.of_test()]);
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
                let row = function.rows.entry(visible(&self.row)).or_insert(outcome);
                *row = (*row).max(outcome);
            }
            None if outcome > TestOutcome::Skipped => {
                say(&mut self.run.errors, ["something failed outside of the functions"]);
            }
            None => {}
        }
    }

    fn end_function(&mut self) -> Result<(), String> {
        let Some(Function { name, mut rows }) = self.function.take() else { return Ok(()) };
        if rows.is_empty() {
            say(&mut self.run.contradictions, ["a function has no result"]);
            rows.insert(String::new(), TestOutcome::Error);
        }
        for (row, outcome) in rows {
            let id = match row.as_str() {
                "" => identity([self.object.as_str()], &name),
                row => identity([self.object.as_str(), &name], row),
            };
            self.tests.add(id, outcome)?;
        }
        Ok(())
    }

    /// The run, once the document has ended.
    ///
    /// # Errors
    /// A sentence, when it names no function: Qt writes at least `initTestCase`.
    pub fn finish(self) -> Result<TestRun, String> {
        if !self.any {
            return Err("it names no test function, so it is no report of Qt Test".into());
        }
        Ok(TestRun { tests: self.tests.finish(), ..self.run })
    }
}

fn incident(word: Option<&str>) -> Result<Option<TestOutcome>, ()> {
    match word {
        Some("pass") => Ok(Some(TestOutcome::Passed)),
        Some("fail" | "xpass") => Ok(Some(TestOutcome::Failed)),
        Some("skip" | "xfail" | "bpass" | "bfail" | "bxpass" | "bxfail" | "bskip") => {
            Ok(Some(TestOutcome::Skipped))
        }
        _ => Err(()),
    }
}

fn message(word: Option<&str>) -> Result<Option<TestOutcome>, ()> {
    match word {
        Some("skip") => Ok(Some(TestOutcome::Skipped)),
        Some("qfatal") => Ok(Some(TestOutcome::Error)),
        Some("warn" | "system" | "qdebug" | "qinfo" | "qwarn" | "qcritical" | "info") => Ok(None),
        _ => Err(()),
    }
}
