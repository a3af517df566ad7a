//! The document: functions, and what is said of their rows.

use crate::model::test_run::{TestOutcome, TestRun};
use crate::report::attempts::Attempts;
use crate::report::identity::{identity, visible};
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

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
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
                Kind::Other
            }
            "testcase" => return Err("a test object begins within another".into()),
            "testfunction" => self.function(element)?,
            "incident" => self.saying(incident(element.value("type"))),
            "message" => self.saying(message(element.value("type"))),
            "datatag" if self.open.last() == Some(&Kind::Saying) => Kind::Row,
            name => self.other(name),
        };
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
            Some(Kind::Row | Kind::Other) | None => {}
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

    /// Elements that say nothing of an outcome. One in a function that is not known here is not passed over.
    fn other(&mut self, name: &str) -> Kind {
        let known = matches!(
            name,
            "duration"
                | "benchmarkresult"
                | "description"
                | "environment"
                | "qtversion"
                | "qtbuild"
                | "qtestversion"
        );
        match &mut self.function {
            Some(function) if !known => {
                say(&mut self.run.contradictions, ["a function holds an element that is not known here"]);
                function.rows.insert(String::new(), TestOutcome::Error);
            }
            _ => {}
        }
        Kind::Other
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
