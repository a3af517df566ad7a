//! The document: elements open and close, and a run is left.

use super::case::{JunitCase, Saying};
use super::identity::{suite_step, test_identity, without_time};
use super::suite::JunitSuite;
use portcullis_report_shared::attempts::{Attempts, TestName, outcome_after};
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::said::{self, Hint, OutcomeWord};
use portcullis_report_shared::summary::add_sentences;
use portcullis_report_shared::xml::{ContentHandler, Element};
use portcullis_testrun::test_run::{TestOutcome, TestRun};

/// The longest text that can be a word of failure.
const LONGEST_WORD: usize = 32;

/// A document while it is read.
#[derive(Default)]
pub struct JunitDocument {
    open: Vec<JunitElement>,
    suites: Vec<JunitSuite>,
    cases: Vec<JunitCase>,
    tests: Attempts,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum JunitElement {
    Suite,
    Case,
    Other,
}

/// The attributes of a case that are needed by name, where they hold anything: looked for once,
/// because there are so many cases.
#[derive(Default)]
struct CaseTag<'a> {
    name: Option<&'a str>,
    id: Option<&'a str>,
    classname: Option<&'a str>,
    class: Option<&'a str>,
    status: Option<&'a str>,
    timestamp: Option<&'a str>,
}

impl<'a> CaseTag<'a> {
    fn of(element: &Element<'a>) -> Self {
        let mut tag = CaseTag::default();
        for (name, value) in element.attributes.iter().filter(|(_, value)| !value.is_empty()) {
            let place = match *name {
                "name" => &mut tag.name,
                "id" => &mut tag.id,
                "classname" => &mut tag.classname,
                "class" => &mut tag.class,
                "status" => &mut tag.status,
                "timestamp" => &mut tag.timestamp,
                _ => continue,
            };
            *place = Some(value);
        }
        tag
    }
}

impl ContentHandler for JunitDocument {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let kind = match element.name {
            "testsuite" | "testsuites" => self.start_suite(element),
            "testcase" => self.start_case(element),
            _ => self.start_other(element),
        };
        self.open.push(kind);
        Ok(())
    }

    /// Writers put no text into a test itself; a word of failure there is one, also in several
    /// pieces.
    fn text(&mut self, text: &str) -> Result<(), ContentError> {
        if self.open.last() == Some(&JunitElement::Case)
            && let Some(case) = self.cases.last_mut()
            && !(case.text.is_empty() && text.trim().is_empty())
        {
            // One byte too many is enough to see that it is no word.
            let room = (LONGEST_WORD + 1).saturating_sub(case.text.len());
            case.text.extend(text.chars().take(room));
            if is_bad_word(text) || is_bad_word(&case.text) {
                case.failed();
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(JunitElement::Suite) => self.end_suite(),
            Some(JunitElement::Case) => self.end_case()?,
            Some(JunitElement::Other) | None => {}
        }
        Ok(())
    }
}

impl JunitDocument {
    /// Nothing is read yet.
    pub fn new(tests: Attempts) -> Self {
        JunitDocument { tests, ..JunitDocument::default() }
    }

    /// The run, once the document has ended.
    pub fn finish(self) -> TestRun {
        TestRun { tests: self.tests.finish(), ..self.run }
    }

    fn start_suite(&mut self, element: &Element<'_>) -> JunitElement {
        element.value("timestamp").iter().for_each(|text| self.run.times.text(text));
        let written = suite_name(element);
        let mut suite = JunitSuite::new(without_time(written), element.name == "testsuites");
        element.attributes.iter().for_each(|(name, value)| suite.attribute(name, value));
        suite.counts_assertions(element.attributes);
        if is_place_of_phpunit(element) {
            suite.name.clear();
        }
        if element.name == "testsuite" && suite.name != written {
            suite.written = Some(written.to_string());
        }
        if let Some(outer) = self.suites.last() {
            suite.within(outer);
        }
        self.suites.push(suite);
        JunitElement::Suite
    }

    fn start_case(&mut self, element: &Element<'_>) -> JunitElement {
        let tag = CaseTag::of(element);
        tag.timestamp.iter().for_each(|text| self.run.times.text(text));
        let class = tag.classname.or(tag.class).unwrap_or_default();
        let named = tag.name.or(tag.id).unwrap_or_default();
        self.path_is_known();
        if let Some(suite) = self.suites.last_mut() {
            suite.begins_case(tag.status);
        }
        let suite = self.suites.last();
        let path = suite.and_then(|suite| suite.path.as_deref()).unwrap_or_default();
        let said = self.suites.iter().any(|suite| suite.name == class);
        let identity = |path: &str| test_identity(path, if said { "" } else { class }, named);
        let name = match suite.and_then(|suite| suite.whole.as_deref()) {
            None => TestName::from(identity(path)),
            Some(whole) => TestName::shortened(identity(path), identity(whole)),
        };
        let mut case = JunitCase::new(name, suite.is_some_and(JunitSuite::is_free));
        element.attributes.iter().for_each(|(name, value)| case.attribute(name, value));
        case.not_run = class == named && tag.status == Some("notrun");
        self.cases.push(case);
        JunitElement::Case
    }

    /// Names can be long, so only suites that have tests get a path: those count against what a
    /// report may hold.
    fn path_is_known(&mut self) {
        let Some((inner, outer)) = self.suites.split_last_mut() else { return };
        if inner.path.is_some() {
            return;
        }
        let suites = || outer.iter().chain([&*inner]);
        let path = suites().map(|suite| suite_step(&suite.name)).collect();
        let whole = suites().any(|suite| suite.written.is_some()).then(|| {
            suites().map(|suite| suite_step(suite.written.as_ref().unwrap_or(&suite.name))).collect()
        });
        (inner.path, inner.whole) = (Some(path), whole);
    }

    fn start_other(&mut self, element: &Element<'_>) -> JunitElement {
        let child = matches!(self.open.last(), Some(JunitElement::Case | JunitElement::Suite));
        let by_node_tap = self.suites.last().is_some_and(|suite| suite.by_node_tap);
        if let Some(case) = self.cases.last_mut().filter(|_| by_node_tap && is_skip_of_node_tap(element)) {
            case.element(Saying::Skipped, false);
            return JunitElement::Other;
        }
        match Saying::of(element.name, child) {
            Some(saying) => self.say(element, saying, child),
            None => self.unsaid(element, child),
        }
        JunitElement::Other
    }

    fn say(&mut self, element: &Element<'_>, saying: Saying, child: bool) {
        let todo = child && is_todo(element);
        match self.cases.last_mut() {
            Some(case) => {
                if saying == Saying::Skipped && says_failed(element) {
                    case.failed();
                }
                let saying = if case.not_run { saying.of_ctest(element.value("message")) } else { saying };
                case.element(saying, todo && saying == Saying::Skipped);
            }
            None => self.outside(saying),
        }
    }

    /// An element whose name says nothing of an outcome. What it holds may.
    fn unsaid(&mut self, element: &Element<'_>, child: bool) {
        if element.attributes.is_empty() && matches!(element.name, "system-out" | "system-err" | "properties")
        {
            return;
        }
        let [name, value] = ["name", "value"].map(|name| element.value(name).unwrap_or_default());
        let property = element.name == "property" && said::property(name, value) == Hint::Bad;
        let bad = property || says_failed(element);
        match (self.cases.last_mut(), self.suites.last_mut()) {
            (Some(case), _) if bad => case.failed(),
            (Some(case), _) if child && said::element(element.name) == Hint::Unknown => {
                case.unknown_part("element", element.name);
            }
            (None, Some(suite)) if bad => suite.says_failed(element.name),
            _ => {}
        }
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
        add_sentences(&mut self.run.errors, [format!("{} reports {what} outside its tests", suite.label())]);
    }

    fn end_suite(&mut self) {
        let Some(suite) = self.suites.pop() else { return };
        add_sentences(&mut self.run.contradictions, suite.contradictions());
        add_sentences(&mut self.run.errors, suite.error());
        if let Some(outer) = self.suites.last_mut() {
            outer.add_suite(&suite);
        }
    }

    fn end_case(&mut self) -> Result<(), ContentError> {
        let Some(case) = self.cases.pop() else { return Ok(()) };
        let (outcome, attempt) = (case.outcome(), case.attempts());
        if let Some(suite) = self.suites.last_mut() {
            suite.add_case(case.shown(outcome), outcome);
            let said = case.contradictions(outcome).into_iter();
            add_sentences(
                &mut self.run.contradictions,
                said.map(|what| format!("{}: a test of it {what}", suite.label())),
            );
        }
        let rerun = self.suites.last_mut().is_some_and(|suite| suite.is_rerun(case.id.as_str()));
        let outcome = if rerun { outcome_after(TestOutcome::Failed, outcome) } else { outcome };
        self.tests.add_attempt(case.id, outcome, attempt)
    }
}

/// Is a text one word that names a failure?
fn is_bad_word(text: &str) -> bool {
    (1..=LONGEST_WORD).contains(&text.trim().len()) && OutcomeWord::of(text).is_bad()
}

/// Does an attribute of an element that is no test say that something failed? Of those that say why
/// it was skipped, or what it is about, none does.
fn says_failed(element: &Element<'_>) -> bool {
    let texts: &[&str] = match element.name {
        "property" => &["name", "value"],
        "skipped" | "skip" | "ignored" | "disabled" | "incomplete" => &["message", "reason", "type"],
        _ => &[],
    };
    said::says_failed(element, texts)
}

fn suite_name<'a>(element: &'a Element<'_>) -> &'a str {
    element.value("name").or_else(|| element.value("id")).unwrap_or_default()
}

/// Does it say that a failure of the test does not count? node:test has a type for it, Catch2 a
/// message, also for tests that have to fail.
fn is_todo(element: &Element<'_>) -> bool {
    element.value("type").is_some_and(|kind| kind.eq_ignore_ascii_case("todo"))
        || element.value("message") == Some("TEST_CASE tagged with !mayfail")
}

/// It writes no `skipped`.
fn is_skip_of_node_tap(element: &Element<'_>) -> bool {
    element.name == "property" && element.value("name") == Some("skip")
}

/// PHPUnit names the outermost suite after the directory or the configuration where it lies on this
/// machine. Its suites alone count assertions.
fn is_place_of_phpunit(element: &Element<'_>) -> bool {
    let name = suite_name(element).as_bytes();
    let drive = name.len() > 2 && name[0].is_ascii_alphabetic() && name[1] == b':';
    let absolute = name.starts_with(b"/") || (drive && matches!(name[2], b'/' | b'\\'));
    absolute && element.value("assertions").is_some()
}
