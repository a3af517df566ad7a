//! The document: elements open and close, and a run is left.

use super::case::{Case, Saying};
use super::identity::identity;
use super::suite::Suite;
use crate::model::test_run::{Test, TestOutcome, TestRun};
use crate::report::encoding::is_allowed;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Bounds of a document. Beyond them it is refused, never cut.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How deep elements may nest.
    pub depth: usize,
    /// The length of one attribute's value in bytes, as it is written.
    pub attribute: usize,
    /// How many test cases there may be.
    pub cases: u64,
    /// The length of the identities of all test cases together, in bytes: each holds the names of its suites again.
    pub identities: usize,
}

/// A document while it is read.
pub struct Document {
    limits: Limits,
    open: Vec<Element>,
    suites: Vec<Suite>,
    cases: Vec<Case>,
    started: bool,
    declared: bool,
    records: u64,
    identities: usize,
    tests: BTreeMap<String, (TestOutcome, u64)>,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Suite,
    Case,
    Other,
}

type Attributes<'a> = Vec<(String, Cow<'a, str>)>;

impl Document {
    /// Nothing is read yet.
    pub fn new(limits: Limits) -> Self {
        Document {
            limits,
            open: Vec::new(),
            suites: Vec::new(),
            cases: Vec::new(),
            started: false,
            declared: false,
            records: 0,
            identities: 0,
            tests: BTreeMap::new(),
            run: TestRun::default(),
        }
    }

    /// Takes the next piece of the document.
    ///
    /// # Errors
    /// A sentence that says what does not belong there.
    pub fn take(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::Empty(tag) => {
                self.start(tag)?;
                self.end();
                Ok(())
            }
            Event::End(_) => {
                self.end();
                Ok(())
            }
            Event::Text(text) => self.text(text.iter().all(u8::is_ascii_whitespace)),
            Event::CData(_) => self.text(false),
            Event::GeneralRef(reference) => self.reference(reference),
            Event::Decl(_) => self.declaration(),
            Event::DocType(_) => Err("a document type is declared; a test report has none".into()),
            Event::Comment(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    /// The run, once the document has ended.
    ///
    /// # Errors
    /// A sentence, when it has not ended or never began.
    pub fn finish(mut self) -> Result<TestRun, String> {
        if !self.started {
            return Err("it has no element".into());
        }
        if !self.open.is_empty() {
            return Err(format!("it is cut off: {} elements are still open at its end", self.open.len()));
        }
        let tests = self.tests.into_iter();
        self.run.tests = tests.map(|(id, (outcome, records))| Test { id, outcome, records }).collect();
        Ok(self.run)
    }

    fn declaration(&mut self) -> Result<(), String> {
        if self.started || self.declared {
            return Err("a second document begins here; a report is one document".into());
        }
        self.declared = true;
        Ok(())
    }

    fn text(&self, blank: bool) -> Result<(), String> {
        if self.open.is_empty() && !blank {
            return Err("there is text outside the one element that a document has".into());
        }
        Ok(())
    }

    /// Only character references and the five entities of XML itself (XML 1.0, section 4.6).
    fn reference(&self, reference: &BytesRef<'_>) -> Result<(), String> {
        self.text(false)?;
        match reference.resolve_char_ref().map_err(|error| error.to_string())? {
            Some(c) => allowed(c),
            None if matches!(&**reference, b"amp" | b"apos" | b"gt" | b"lt" | b"quot") => Ok(()),
            None => Err("an entity is used that XML does not define".into()),
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        let name = lower_case(tag.local_name().as_ref());
        self.room(&name)?;
        let attributes = attributes(tag, self.limits.attribute)?;
        let element = match name.as_str() {
            "testsuite" | "testsuites" => self.start_suite(&name, &attributes),
            "testcase" => self.start_case(&attributes)?,
            _ => self.start_other(&name, &attributes),
        };
        self.open.push(element);
        Ok(())
    }

    /// May an element of this name begin here?
    fn room(&mut self, name: &str) -> Result<(), String> {
        if self.open.len() >= self.limits.depth {
            return Err(format!("elements nest deeper than {}", self.limits.depth));
        }
        if !self.open.is_empty() {
            return Ok(());
        }
        if self.started {
            return Err("a second document begins here; a report is one document".into());
        }
        self.started = true;
        if matches!(name, "testsuite" | "testsuites") {
            return Ok(());
        }
        Err("its outermost element is neither `testsuites` nor `testsuite`".into())
    }

    fn start_suite(&mut self, name: &str, attributes: &Attributes<'_>) -> Element {
        let mut suite = Suite::new(named(attributes), name == "testsuites");
        attributes.iter().for_each(|(name, value)| suite.attribute(name, value));
        self.suites.push(suite);
        Element::Suite
    }

    fn start_case(&mut self, attributes: &Attributes<'_>) -> Result<Element, String> {
        self.records += 1;
        if self.records > self.limits.cases {
            return Err(format!("it holds more than {} test cases", self.limits.cases));
        }
        let class = value(attributes, "classname").or_else(|| value(attributes, "class")).unwrap_or_default();
        let suites = self.suites.iter().map(|suite| suite.name.as_str());
        let mut case = Case::new(identity(suites, class, named(attributes)));
        self.identities += case.id.len();
        if self.identities > self.limits.identities {
            return Err(format!("the names of its tests are longer than {} bytes", self.limits.identities));
        }
        attributes.iter().for_each(|(name, value)| case.attribute(name, value));
        self.cases.push(case);
        Ok(Element::Case)
    }

    fn start_other(&mut self, name: &str, attributes: &Attributes<'_>) -> Element {
        let child = self.open.last() == Some(&Element::Case);
        if let Some(saying) = Saying::of(name, child) {
            let todo =
                child && value(attributes, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("todo"));
            match self.cases.last_mut() {
                Some(case) => case.element(saying, todo && saying == Saying::Skipped),
                None => self.outside(saying),
            }
        }
        Element::Other
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
        self.run.errors.push(format!("{} reports {what} outside its tests", suite.label()));
    }

    fn end(&mut self) {
        match self.open.pop() {
            Some(Element::Suite) => self.end_suite(),
            Some(Element::Case) => self.end_case(),
            Some(Element::Other) | None => {}
        }
    }

    fn end_suite(&mut self) {
        let Some(suite) = self.suites.pop() else { return };
        self.run.contradictions.extend(suite.contradictions());
        if let Some(outer) = self.suites.last_mut() {
            outer.add_suite(&suite);
        }
    }

    fn end_case(&mut self) {
        let Some(case) = self.cases.pop() else { return };
        if let Some(suite) = self.suites.last_mut() {
            suite.add_case(case.shown());
            let said = case.contradictions().into_iter();
            self.run
                .contradictions
                .extend(said.map(|what| format!("{}: a test of it {what}", suite.label())));
        }
        let outcome = case.outcome();
        self.tests
            .entry(case.id)
            .and_modify(|(before, records)| (*before, *records) = (after(*before, outcome), *records + 1))
            .or_insert((outcome, 1));
    }
}

/// One more attempt: the worst, save that a pass after a failure is flaky.
fn after(before: TestOutcome, attempt: TestOutcome) -> TestOutcome {
    match (before, attempt) {
        (TestOutcome::Failed | TestOutcome::Error, TestOutcome::Passed) => TestOutcome::Flaky,
        _ => before.max(attempt),
    }
}

/// All attributes without a namespace, names in lower case. Each is read, so that a broken one is never passed over.
fn attributes<'a>(tag: &'a BytesStart<'_>, limit: usize) -> Result<Attributes<'a>, String> {
    tag.attributes()
        .map(|attribute| attribute_of(attribute.map_err(|error| error.to_string())?, limit))
        .collect()
}

fn attribute_of(
    attribute: quick_xml::events::attributes::Attribute<'_>,
    limit: usize,
) -> Result<(String, Cow<'_, str>), String> {
    if attribute.value.len() > limit {
        return Err(format!("an attribute is longer than {limit} bytes"));
    }
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
    value.chars().try_for_each(allowed)?;
    Ok((lower_case(attribute.key.as_ref()), value))
}

fn allowed(c: char) -> Result<(), String> {
    if is_allowed(c) { Ok(()) } else { Err("a reference names a control character".into()) }
}

fn lower_case(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_ascii_lowercase()
}

fn value<'a>(attributes: &'a Attributes<'_>, name: &str) -> Option<&'a str> {
    attributes.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| &**value)
}

fn named<'a>(attributes: &'a Attributes<'_>) -> &'a str {
    value(attributes, "name").or_else(|| value(attributes, "id")).unwrap_or_default()
}
