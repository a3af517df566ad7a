//! The document: suites and tests.

use super::outcome::{has_failed, read_outcome};
use portcullis_report_shared::attempts::{Attempts, TestName};
use portcullis_report_shared::dotnet::{OpenTest, assembly_name, is_assembly, take_times};
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::said::{self, Hint};
use portcullis_report_shared::summary::{Claims, Tally, add_sentences};
use portcullis_report_shared::xml::{ContentHandler, Element};
use portcullis_testrun::test_run::{SEPARATOR, TestOutcome, TestRun};

/// A document while it is read.
#[derive(Default)]
pub struct NunitDocument {
    open: Vec<NunitElement>,
    suites: Vec<NunitSuite>,
    test: Option<OpenTest>,
    tests: Attempts,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NunitElement {
    Suite,
    Test,
    Other,
}

/// A suite, or the whole run, while it is read.
struct NunitSuite {
    /// Its name; empty for the run, whose name is a path.
    name: String,
    /// As it is written, where something is left out of it.
    written: Option<String>,
    claims: Claims,
    shown: Tally,
    failed: bool,
    /// A test, or something outside the tests, within it failed.
    explained: bool,
}

impl ContentHandler for NunitDocument {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let kind = match element.name {
            "test-run" | "test-results" => self.suite(element, ""),
            "test-suite" => self.suite(element, element.value("name").unwrap_or_default()),
            "test-case" => self.case(element),
            "failure" => self.failure(),
            _ => self.other(element),
        };
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(NunitElement::Suite) => self.end_suite(),
            Some(NunitElement::Test) => self.end_test()?,
            Some(NunitElement::Other) | None => {}
        }
        Ok(())
    }
}

impl NunitDocument {
    fn suite(&mut self, element: &Element<'_>, name: &str) -> NunitElement {
        let written = is_assembly(name).then(|| name.to_string());
        let name = if is_assembly(name) { assembly_name(name) } else { name };
        let label = if name.is_empty() { "the run".to_string() } else { format!("suite `{name}`") };
        take_times(element, MOMENTS, ["date", "time"], &mut self.run.times);
        self.suites.push(NunitSuite {
            name: name.to_string(),
            written,
            claims: read_claims(label, element),
            shown: Tally::default(),
            failed: has_failed(element) || said::says_failed(element, SUITE),
            explained: false,
        });
        NunitElement::Suite
    }

    fn case(&mut self, element: &Element<'_>) -> NunitElement {
        let (outcome, said) = read_outcome(element);
        add_sentences(&mut self.run.contradictions, said.map(|what| format!("a test {what}")));
        let (outcome, said) = said::of_case(element, CASE, outcome);
        add_sentences(&mut self.run.contradictions, said);
        let name = element.value("fullname").or_else(|| element.value("name")).unwrap_or("(unnamed)");
        take_times(element, MOMENTS, ["date", "time"], &mut self.run.times);
        self.test = Some(OpenTest { name: self.named(name), outcome });
        NunitElement::Test
    }

    fn named(&self, name: &str) -> TestName {
        let suites = self.suites.iter().filter(|suite| !suite.name.is_empty());
        let short: Vec<&str> =
            suites.clone().map(|suite| suite.name.as_str()).filter(|suite| !name.contains(suite)).collect();
        let id = [&short[..], &[name]].concat().join(SEPARATOR);
        let is_whole = suites.clone().all(|suite| suite.written.is_none());
        if is_whole && short.len() == suites.clone().count() {
            return TestName::from(id);
        }
        let whole = suites.map(|suite| suite.written.as_deref().unwrap_or(&suite.name)).chain([name]);
        TestName::shortened(id, whole.collect::<Vec<_>>().join(SEPARATOR))
    }

    /// An unknown element in a test is not a pass, and neither is an assertion that failed. One in
    /// a suite may say that it failed.
    fn other(&mut self, element: &Element<'_>) -> NunitElement {
        let within = self.open.last();
        let child = within == Some(&NunitElement::Test);
        let Some(test) = &mut self.test else {
            if let Some(suite) = self.suites.last_mut().filter(|_| within == Some(&NunitElement::Suite)) {
                suite.failed |= said::element(element.name) == Hint::Bad;
            }
            return NunitElement::Other;
        };
        let assertion = element.name == "assertion" && read_outcome(element).0 > TestOutcome::Skipped;
        let failed = assertion || said::says_failed(element, &["label", "name", "result", "value"]);
        let foreign =
            child && !CHILDREN.contains(&element.name) && said::element(element.name) != Hint::Harmless;
        if test.is_good() && (failed || foreign) {
            let contradiction = test.contradict(element.name, failed);
            add_sentences(&mut self.run.contradictions, [contradiction]);
        }
        NunitElement::Other
    }

    fn failure(&mut self) -> NunitElement {
        match (&mut self.test, self.suites.last_mut()) {
            (Some(test), _) => add_sentences(&mut self.run.contradictions, test.fail()),
            (None, Some(suite)) => suite.failed = true,
            (None, None) => {}
        }
        NunitElement::Other
    }

    fn end_test(&mut self) -> Result<(), ContentError> {
        let Some(test) = self.test.take() else { return Ok(()) };
        if let Some(suite) = self.suites.last_mut() {
            suite.shown.add(test.outcome);
            suite.explained |= test.outcome > TestOutcome::Skipped;
        }
        self.tests.add(test.name, test.outcome)
    }

    fn end_suite(&mut self) {
        let Some(suite) = self.suites.pop() else { return };
        add_sentences(&mut self.run.contradictions, suite.contradictions());
        if suite.failed && !suite.explained {
            add_sentences(
                &mut self.run.errors,
                [format!("{} failed outside its tests", suite.claims.label())],
            );
        }
        if let Some(outer) = self.suites.last_mut() {
            outer.shown.add_all(suite.shown);
            outer.explained |= suite.failed || suite.explained;
        }
    }

    /// The run, once the document has ended.
    pub fn finish(self) -> TestRun {
        TestRun { tests: self.tests.finish(), ..self.run }
    }
}

impl NunitSuite {
    fn contradictions(&self) -> Vec<String> {
        let shown = self.shown;
        self.claims.contradictions(|what| match what {
            "tests" => shown.all(),
            "passed tests" => shown.passed,
            "failed tests" => shown.bad(),
            _ => shown.skipped,
        })
    }
}

/// Version 3 has these attributes, version 2 a date and a time of the run.
const MOMENTS: &[&str] = &["start-time", "end-time"];

/// What a test says of itself in NUnit's own words: `result`, `label`, `executed` and `success` are
/// read elsewhere.
const CASE: &[&str] = &[
    "asserts",
    "classname",
    "description",
    "duration",
    "end-time",
    "executed",
    "fullname",
    "id",
    "label",
    "message",
    "methodname",
    "name",
    "result",
    "runstate",
    "seed",
    "site",
    "start-time",
    "success",
    "time",
];

/// What a suite or run says of itself in NUnit's own words, summaries included.
const SUITE: &[&str] = &[
    "errors",
    "failed",
    "failures",
    "ignored",
    "inconclusive",
    "invalid",
    "label",
    "not-run",
    "passed",
    "result",
    "runstate",
    "skipped",
    "success",
    "warnings",
];

/// What a test holds in NUnit's own words.
const CHILDREN: &[&str] = &["assertions", "categories", "properties", "reason", "output", "attachments"];

fn read_claims(label: String, element: &Element<'_>) -> Claims {
    let mut claims = Claims::of(label);
    for (what, name) in [
        ("tests", "total"),
        ("passed tests", "passed"),
        ("failed tests", "failed"),
        ("failed tests", "failures"),
        ("failed tests", "errors"),
        ("failed tests", "invalid"),
        ("tests that did not run", "skipped"),
        ("tests that did not run", "ignored"),
        ("tests that did not run", "inconclusive"),
    ] {
        claims.claim(what, element.attribute(name));
    }
    claims
}
