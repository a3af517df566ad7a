//! The document: suites, tests, classes and methods.

use super::method::{MethodRecord, OpenMethod, fold_records};
use portcullis_report_shared::attempts::LIMITS;
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::identity::join_identity;
use portcullis_report_shared::strict::{self, KnownElements};
use portcullis_report_shared::summary::{Claims, Tally, add_sentences};
use portcullis_report_shared::xml::{self, ContentHandler, Element};
use portcullis_testrun::test_run::{TestOutcome, TestRun};

/// What TestNG writes.
const KNOWN: &KnownElements = &[
    ("testng-results", &["failed", "ignored", "passed", "retried", "skipped", "total"]),
    ("reporter-output", &[]),
    ("line", &[]),
    ("suite", &["duration-ms", "finished-at", "name", "started-at", "url"]),
    ("groups", &[]),
    ("group", &["name"]),
    ("method", &["class", "name", "signature"]),
    ("test", &["duration-ms", "finished-at", "name", "started-at", "url"]),
    ("class", &["name", "package"]),
    (
        "test-method",
        &[
            "data-provider",
            "depends-on-groups",
            "depends-on-methods",
            "description",
            "duration-ms",
            "finished-at",
            "groups",
            "is-config",
            "name",
            "retried",
            "signature",
            "started-at",
            "status",
            "test-instance-name",
        ],
    ),
    ("params", &[]),
    ("param", &["index"]),
    ("value", &["is-null"]),
    ("exception", &["class"]),
    ("message", &[]),
    ("short-stacktrace", &[]),
    ("full-stacktrace", &[]),
    ("attributes", &[]),
    ("attribute", &["is-null", "name"]),
    ("custom-attributes", &[]),
    ("custom-attribute", &[]),
    ("attribute-name", &["attribute-value"]),
    ("attribute-value", &[]),
];

/// A document while it is read.
#[derive(Default)]
pub struct TestngDocument {
    open: Vec<TestngElement>,
    suite: String,
    test: String,
    class: String,
    method: Option<OpenMethod>,
    records: Vec<MethodRecord>,
    /// How long the identities of the records are.
    identities: usize,
    claims: Option<Claims>,
    shown: Tally,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TestngElement {
    Method,
    /// The value of a parameter.
    Value,
    Other,
}

impl ContentHandler for TestngDocument {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let kind = match (&mut self.method, element.name) {
            (Some(_), "test-method" | "class" | "test" | "suite") => {
                return Err("a suite, test, class or method begins within a method".into());
            }
            (Some(method), name) => read_within(method, name, element),
            (None, "test-method") => self.method(element),
            (None, name) => self.group(name, element)?,
        };
        self.open.push(kind);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ContentError> {
        if let (Some(TestngElement::Value), Some(method)) = (self.open.last(), &mut self.method) {
            xml::seen(text)?;
            method.value(text);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        if self.open.pop() == Some(TestngElement::Method) {
            return self.end_method();
        }
        Ok(())
    }
}

/// An element within a method.
fn read_within(method: &mut OpenMethod, name: &str, element: &Element<'_>) -> TestngElement {
    strict::keep(&mut method.foreign, strict::part(element, KNOWN));
    match name {
        "exception" => method.exception(element),
        "param" => method.parameter(),
        "value" if element.value("is-null") == Some("true") => method.value("null"),
        "value" => return TestngElement::Value,
        _ => {}
    }
    TestngElement::Other
}

impl TestngDocument {
    fn group(&mut self, name: &str, element: &Element<'_>) -> Result<TestngElement, ContentError> {
        // TestNG writes it in methods alone.
        let known = if name == "exception" { strict::named(name) } else { strict::part(element, KNOWN) };
        known.iter().for_each(|what| what.against("the run", &mut self.run));
        let named = || element.value("name").unwrap_or_default().to_string();
        match name {
            "testng-results" => self.claims(element),
            "suite" | "test" if element.attribute("url").is_some() => {
                return Err("a suite is in a file of its own, which is not read: let TestNG write one file \
                            (fileFragmentationLevel=1), or give the JUnit reports that it writes beside it"
                    .into());
            }
            "suite" => self.suite = named(),
            "test" => self.test = named(),
            "class" => {
                self.class = match element.value("package") {
                    Some(package) => format!("{package}.{}", named()),
                    None => named(),
                };
            }
            _ => {}
        }
        self.times(element);
        Ok(TestngElement::Other)
    }

    fn claims(&mut self, element: &Element<'_>) {
        let mut claims = Claims::of("the run");
        for (what, name) in
            [("passed tests", "passed"), ("failed tests", "failed"), ("skipped tests", "skipped")]
        {
            claims.claim(what, element.attribute(name));
        }
        self.claims = Some(claims);
    }

    fn times(&mut self, element: &Element<'_>) {
        for name in ["started-at", "finished-at"] {
            element.value(name).iter().for_each(|text| self.run.times.text(text));
        }
    }

    fn method(&mut self, element: &Element<'_>) -> TestngElement {
        self.times(element);
        let mut method = OpenMethod::new(element);
        method.foreign = strict::part(element, KNOWN);
        self.method = Some(method);
        TestngElement::Method
    }

    fn end_method(&mut self) -> Result<(), ContentError> {
        let Some(method) = self.method.take() else { return Ok(()) };
        if method.outcome.is_none() {
            add_sentences(&mut self.run.contradictions, ["a method has a status that is not known here"]);
        }
        add_sentences(
            &mut self.run.contradictions,
            method.foreign.as_ref().map(strict::UnknownPart::of_test),
        );
        let groups = [self.suite.as_str(), self.test.as_str(), self.class.as_str()];
        let id = join_identity(groups, &method.named());
        if method.is_configuration {
            let worst = method.foreign.as_ref().map(strict::UnknownPart::outcome).max(method.outcome);
            if !matches!(worst, Some(TestOutcome::Passed | TestOutcome::Skipped)) {
                add_sentences(&mut self.run.errors, [format!("`{id}` failed, which sets up or tears down")]);
            }
            return Ok(());
        }
        self.identities += id.len();
        if self.records.len() as u64 >= LIMITS.records || self.identities > LIMITS.identities {
            return Err("it holds more tests, or longer names, than a report may".into());
        }
        let record = method.record(id);
        self.shown.add(record.outcome);
        self.records.push(record);
        Ok(())
    }

    /// The run, once the document has ended.
    ///
    /// # Errors
    /// A sentence, when it holds more than a report may.
    pub fn finish(mut self) -> Result<TestRun, ContentError> {
        let shown = self.shown;
        let claimed = self.claims.iter().flat_map(|claims| {
            claims.contradictions(|what| match what {
                "passed tests" => shown.passed,
                "failed tests" => shown.bad(),
                _ => shown.skipped,
            })
        });
        add_sentences(&mut self.run.contradictions, claimed);
        Ok(TestRun { tests: fold_records(self.records)?.finish(), ..self.run })
    }
}
