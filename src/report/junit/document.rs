//! The document: elements open and close, and a run is left.

use super::case::{Case, Saying};
use super::identity::{identity, step, without_time};
use super::suite::Suite;
use crate::model::test_run::{TestOutcome, TestRun};
use crate::report::attempts::{Attempts, after};
use crate::report::summary::say;
use crate::report::xml::{Content, Element};

/// A document while it is read.
#[derive(Default)]
pub struct Document {
    open: Vec<Kind>,
    suites: Vec<Suite>,
    cases: Vec<Case>,
    tests: Attempts,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Suite,
    Case,
    Other,
}

impl Content for Document {
    fn start(&mut self, element: &Element<'_>) -> Result<(), String> {
        let kind = match element.name {
            "testsuite" | "testsuites" => self.start_suite(element),
            "testcase" => self.start_case(element),
            _ => self.start_other(element),
        };
        if kind != Kind::Other {
            element.value("timestamp").iter().for_each(|text| self.run.times.text(text));
        }
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        match self.open.pop() {
            Some(Kind::Suite) => self.end_suite(),
            Some(Kind::Case) => self.end_case()?,
            Some(Kind::Other) | None => {}
        }
        Ok(())
    }
}

impl Document {
    /// Nothing is read yet.
    pub fn new(tests: Attempts) -> Self {
        Document { tests, ..Document::default() }
    }

    /// The run, once the document has ended.
    pub fn finish(self) -> TestRun {
        TestRun { tests: self.tests.finish(), ..self.run }
    }

    fn start_suite(&mut self, element: &Element<'_>) -> Kind {
        let mut suite = Suite::new(without_time(named(element)), element.name == "testsuites");
        element.attributes.iter().for_each(|(name, value)| suite.attribute(name, value));
        suite.counts_assertions(element.attributes);
        if is_place_of_phpunit(element) {
            suite.name.clear();
        }
        if let Some(outer) = self.suites.last() {
            suite.within(outer);
        }
        self.suites.push(suite);
        Kind::Suite
    }

    fn start_case(&mut self, element: &Element<'_>) -> Kind {
        let class = element.value("classname").or_else(|| element.value("class")).unwrap_or_default();
        self.path_is_known();
        if let Some(suite) = self.suites.last_mut() {
            suite.begins_case(element.value("status"));
        }
        let path = self.suites.last().and_then(|suite| suite.path.as_deref()).unwrap_or_default();
        let said = self.suites.iter().any(|suite| suite.name == class);
        let mut case = Case::new(identity(path, if said { "" } else { class }, named(element)));
        element.attributes.iter().for_each(|(name, value)| case.attribute(name, value));
        case.not_run = class == named(element) && element.value("status") == Some("notrun");
        self.cases.push(case);
        Kind::Case
    }

    /// Names can be long, so only suites that have tests get a path: those count against what a report may hold.
    fn path_is_known(&mut self) {
        let Some((inner, outer)) = self.suites.split_last_mut() else { return };
        let names = || outer.iter().map(|suite| &suite.name).chain([&inner.name]);
        inner.path.get_or_insert_with(|| names().map(|name| step(name)).collect());
    }

    fn start_other(&mut self, element: &Element<'_>) -> Kind {
        let child = self.open.last() == Some(&Kind::Case);
        let by_node_tap = self.suites.last().is_some_and(|suite| suite.by_node_tap);
        if let Some(case) = self.cases.last_mut().filter(|_| by_node_tap && is_skip_of_node_tap(element)) {
            case.element(Saying::Skipped, false);
        } else if let Some(saying) = Saying::of(element.name, child) {
            let todo = child && is_todo(element);
            match self.cases.last_mut() {
                Some(case) => {
                    let saying =
                        if case.not_run { saying.of_ctest(element.value("message")) } else { saying };
                    case.element(saying, todo && saying == Saying::Skipped);
                }
                None => self.outside(saying),
            }
        }
        Kind::Other
    }

    /// An outcome that belongs to no test.
    fn outside(&mut self, saying: Saying) {
        let Some(suite) = self.suites.last_mut() else { return };
        let what = match saying {
            Saying::Skipped => {
                suite.skipped = true;
                return;
            }
            Saying::Failure | Saying::EarlierFailure => {
                suite.shown.failures += 1;
                "a failure"
            }
            Saying::Error | Saying::EarlierError => {
                suite.shown.errors += 1;
                "an error"
            }
        };
        say(&mut self.run.errors, [format!("{} reports {what} outside its tests", suite.label())]);
    }

    fn end_suite(&mut self) {
        let Some(suite) = self.suites.pop() else { return };
        say(&mut self.run.contradictions, suite.contradictions());
        if let Some(outer) = self.suites.last_mut() {
            outer.add_suite(&suite);
        }
    }

    fn end_case(&mut self) -> Result<(), String> {
        let Some(case) = self.cases.pop() else { return Ok(()) };
        if let Some(suite) = self.suites.last_mut() {
            suite.add_case(case.shown());
            let said = case.contradictions().into_iter();
            say(
                &mut self.run.contradictions,
                said.map(|what| format!("{}: a test of it {what}", suite.label())),
            );
        }
        let rerun = self.suites.last_mut().is_some_and(|suite| suite.is_rerun(&case.id));
        let outcome = if rerun { after(TestOutcome::Failed, case.outcome()) } else { case.outcome() };
        self.tests.add(case.id, outcome)
    }
}

fn named<'a>(element: &'a Element<'_>) -> &'a str {
    element.value("name").or_else(|| element.value("id")).unwrap_or_default()
}

/// Does it say that a failure of the test does not count? node:test has a type for it, Catch2 a message, also for tests
/// that have to fail.
fn is_todo(element: &Element<'_>) -> bool {
    element.value("type").is_some_and(|kind| kind.eq_ignore_ascii_case("todo"))
        || element.value("message") == Some("TEST_CASE tagged with !mayfail")
}

/// It writes no `skipped`.
fn is_skip_of_node_tap(element: &Element<'_>) -> bool {
    element.name == "property" && element.value("name") == Some("skip")
}

/// PHPUnit names the outermost suite after the directory or the configuration where it lies on this machine.
/// Its suites alone count assertions.
fn is_place_of_phpunit(element: &Element<'_>) -> bool {
    let name = named(element).as_bytes();
    let drive = name.len() > 2 && name[0].is_ascii_alphabetic() && name[1] == b':';
    let absolute = name.starts_with(b"/") || (drive && matches!(name[2], b'/' | b'\\'));
    absolute && element.value("assertions").is_some()
}
