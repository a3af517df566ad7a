//! The document: assemblies, collections and tests.

use portcullis_report_shared::attempts::{Attempts, TestName};
use portcullis_report_shared::dotnet::{OpenTest, assembly_name, below_class, take_times};
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::said::{self, Hint};
use portcullis_report_shared::summary::{Claims, Tally, add_sentences};
use portcullis_report_shared::xml::{ContentHandler, Element};
use portcullis_testrun::test_run::{SEPARATOR, TestOutcome, TestRun};

/// A document while it is read.
#[derive(Default)]
pub struct XunitDocument {
    open: Vec<XunitElement>,
    groups: Vec<XunitGroup>,
    assembly: String,
    /// The assembly as it is written, with its place.
    place: String,
    test: Option<OpenTest>,
    tests: Attempts,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum XunitElement {
    Group,
    Test,
    Other,
}

/// An assembly or a collection (version 1: a class).
struct XunitGroup {
    claims: Claims,
    shown: Tally,
    errors: u64,
    /// It says of itself that it failed.
    failed: bool,
}

impl ContentHandler for XunitDocument {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let kind = match element.name {
            "assemblies" => {
                take_times(element, MOMENTS, ["run-date", "run-time"], &mut self.run.times);
                self.group("the report", element)
            }
            "assembly" => {
                take_times(element, MOMENTS, ["run-date", "run-time"], &mut self.run.times);
                self.place = element.value("name").unwrap_or_default().to_string();
                self.assembly = assembly_name(&self.place).to_string();
                self.group("an assembly", element)
            }
            "collection" | "class" => self.group("a collection", element),
            "test" => self.test(element),
            "failure" => self.failure(),
            "error" => self.error(),
            _ => self.other(element),
        };
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(XunitElement::Group) => self.end_group(),
            Some(XunitElement::Test) => self.end_test()?,
            Some(XunitElement::Other) | None => {}
        }
        Ok(())
    }
}

impl XunitDocument {
    fn group(&mut self, label: &str, element: &Element<'_>) -> XunitElement {
        let mut claims = Claims::of(label);
        for (what, name) in
            [("tests", "total"), ("passed tests", "passed"), ("failed tests", "failed"), ("errors", "errors")]
        {
            claims.claim(what, element.attribute(name));
        }
        let failed = said::says_failed(element, GROUP);
        self.groups.push(XunitGroup { claims, shown: Tally::default(), errors: 0, failed });
        XunitElement::Group
    }

    fn test(&mut self, element: &Element<'_>) -> XunitElement {
        let class = element.value("type").unwrap_or_default();
        let name = element.value("name").or_else(|| element.value("method")).unwrap_or("(unnamed)");
        let id = join_parts([&self.assembly, class, below_class(name, class)]);
        let name = TestName::shortened(id, join_parts([&self.place, class, name]));
        let outcome = self.outcome(element.value("result").unwrap_or_default());
        let (outcome, said) = said::of_case(element, CASE, outcome);
        add_sentences(&mut self.run.contradictions, said);
        self.test = Some(OpenTest { name, outcome });
        XunitElement::Test
    }

    fn outcome(&mut self, word: &str) -> TestOutcome {
        match word.to_ascii_lowercase().as_str() {
            "pass" => TestOutcome::Passed,
            "fail" => TestOutcome::Failed,
            "skip" | "notrun" => TestOutcome::Skipped,
            _ => {
                add_sentences(&mut self.run.contradictions, ["a test has a result that is not known here"]);
                TestOutcome::Error
            }
        }
    }

    /// An unknown element in a test is not a pass. One in an assembly or a collection may say that
    /// it failed.
    fn other(&mut self, element: &Element<'_>) -> XunitElement {
        let within = self.open.last();
        let child = within == Some(&XunitElement::Test);
        let name = element.name;
        let foreign = child && !CHILDREN.contains(&name) && said::element(name) != Hint::Harmless;
        let failed = self.test.is_some() && said::says_failed(element, &["name", "value"]);
        if let Some(group) = self.groups.last_mut().filter(|_| within == Some(&XunitElement::Group)) {
            group.failed |= name != "errors" && said::element(name) == Hint::Bad;
        }
        if let Some(test) = self.test.as_mut().filter(|test| test.is_good() && (foreign || failed)) {
            let contradiction = test.contradict(name, failed);
            add_sentences(&mut self.run.contradictions, [contradiction]);
        }
        XunitElement::Other
    }

    fn failure(&mut self) -> XunitElement {
        // Within `errors` there is no test: the element describes an error that counts by itself.
        let contradiction = self.test.as_mut().and_then(OpenTest::fail);
        add_sentences(&mut self.run.contradictions, contradiction);
        XunitElement::Other
    }

    fn error(&mut self) -> XunitElement {
        match &mut self.test {
            Some(test) => test.outcome = TestOutcome::Error,
            None => {
                add_sentences(&mut self.run.errors, ["an assembly reports an error outside its tests"]);
                self.groups.iter_mut().for_each(|group| group.errors += 1);
            }
        }
        XunitElement::Other
    }

    fn end_test(&mut self) -> Result<(), ContentError> {
        let Some(test) = self.test.take() else { return Ok(()) };
        if let Some(group) = self.groups.last_mut() {
            group.shown.add(test.outcome);
        }
        self.tests.add(test.name, test.outcome)
    }

    fn end_group(&mut self) {
        let Some(group) = self.groups.pop() else { return };
        let XunitGroup { claims, shown, errors, failed } = &group;
        if *failed && shown.bad() == 0 {
            add_sentences(
                &mut self.run.errors,
                [format!("{} says that it failed, and shows no test that did", claims.label())],
            );
        }
        add_sentences(
            &mut self.run.contradictions,
            claims.contradictions(|what| match what {
                "tests" => shown.all(),
                "passed tests" => shown.passed,
                "failed tests" => shown.bad(),
                _ => *errors + shown.errors,
            }),
        );
        if let Some(outer) = self.groups.last_mut() {
            outer.shown.add_all(*shown);
        }
    }

    /// The run, once the document has ended.
    pub fn finish(self) -> TestRun {
        TestRun { tests: self.tests.finish(), ..self.run }
    }
}

/// Version 3 names moments with their zone, all versions a date and a time of day without one.
const MOMENTS: &[&str] = &["start-rtf", "finish-rtf"];

/// What a test says of itself in xUnit's own words.
const CASE: &[&str] = &[
    "finish-rtf",
    "id",
    "method",
    "name",
    "result",
    "source-file",
    "source-line",
    "start-rtf",
    "time",
    "time-rtf",
    "type",
];

/// What an assembly or a collection says of itself in xUnit's own words, its summary included.
const GROUP: &[&str] = &["errors", "failed", "not-run", "passed", "skipped", "total"];

/// What a test holds in xUnit's own words.
const CHILDREN: &[&str] = &["attachments", "output", "reason", "traits", "warnings"];

/// Parts of a name, without those that are empty.
fn join_parts(parts: [&str; 3]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(SEPARATOR)
}
