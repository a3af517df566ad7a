//! The document: groups and test cases.

use super::case::Catch2Case;
use portcullis_report_shared::attempts::Attempts;
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::identity::join_identity;
use portcullis_report_shared::strict::{self, KnownElements};
use portcullis_report_shared::summary::{Claims, Tally, add_sentences};
use portcullis_report_shared::xml::{ContentHandler, Element};
use portcullis_testrun::test_run::TestRun;

/// A document while it is read.
#[derive(Default)]
pub struct Catch2Document {
    open: Vec<Catch2Element>,
    program: String,
    groups: Vec<Catch2Group>,
    case: Option<Catch2Case>,
    tests: Attempts,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Catch2Element {
    Group,
    Case,
    Other,
}

/// What Catch2 writes outside of cases.
const KNOWN: &KnownElements = &[
    ("catch", RUN),
    ("catch2testrun", RUN),
    ("catchtestrun", RUN),
    ("group", &["name"]),
    ("randomness", &["seed"]),
    (
        "overallresults",
        &["duration", "durationinseconds", "expectedfailures", "failures", "skips", "successes"],
    ),
    ("overallresultscases", &["expectedfailures", "failures", "skips", "successes"]),
];

const RUN: &[&str] = &["catch2-version", "filters", "name", "rng-seed", "xml-format-version"];

/// The run, or a group (versions 1 and 2).
struct Catch2Group {
    claims: Claims,
    shown: Tally,
    /// It counts assertions that failed.
    failed: bool,
}

impl ContentHandler for Catch2Document {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        if self.case.is_none() && element.name != "testcase" {
            strict::part(element, KNOWN).iter().for_each(|what| what.against("the run", &mut self.run));
        }
        let kind = match (&mut self.case, element.name) {
            (Some(_), "testcase" | "group") => return Err("a test or group begins within a test".into()),
            (Some(case), _) => {
                case.element(element);
                Catch2Element::Other
            }
            (None, "testcase") => self.case(element),
            (None, "overallresultscases") => self.claims(element),
            (None, "overallresults") => self.assertions(element),
            (None, "group") => self.group("a group"),
            (None, _) if self.open.is_empty() => {
                self.program = element.value("name").unwrap_or_default().to_string();
                self.group("the run")
            }
            (None, _) => Catch2Element::Other,
        };
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(Catch2Element::Group) => self.end_group(),
            Some(Catch2Element::Case) => self.end_case()?,
            Some(Catch2Element::Other) | None => {}
        }
        Ok(())
    }
}

impl Catch2Document {
    fn group(&mut self, label: &str) -> Catch2Element {
        self.groups.push(Catch2Group { claims: Claims::of(label), shown: Tally::default(), failed: false });
        Catch2Element::Group
    }

    fn case(&mut self, element: &Element<'_>) -> Catch2Element {
        let name = element.value("name").unwrap_or_default();
        let id = join_identity([self.program.as_str()], name);
        self.case = Some(Catch2Case::new(id, element));
        Catch2Element::Case
    }

    fn claims(&mut self, element: &Element<'_>) -> Catch2Element {
        if let Some(group) = self.groups.last_mut() {
            for (what, name) in [
                ("passed tests", "successes"),
                ("failed tests", "failures"),
                ("tests whose failure was expected", "expectedfailures"),
                ("skipped tests", "skips"),
            ] {
                group.claims.claim(what, element.attribute(name));
            }
        }
        Catch2Element::Other
    }

    /// How many assertions failed. Which of them were expected to, is counted elsewhere.
    fn assertions(&mut self, element: &Element<'_>) -> Catch2Element {
        let failed = element.value("failures").is_some_and(|count| count.trim() != "0");
        self.groups.last_mut().into_iter().for_each(|group| group.failed |= failed);
        Catch2Element::Other
    }

    fn end_case(&mut self) -> Result<(), ContentError> {
        let Some(case) = self.case.take() else { return Ok(()) };
        let (outcome, said) = case.outcome();
        add_sentences(&mut self.run.contradictions, said);
        if let Some(group) = self.groups.last_mut() {
            group.shown.add(outcome);
        }
        self.tests.add(case.id, outcome)
    }

    fn end_group(&mut self) {
        let Some(Catch2Group { claims, shown, failed }) = self.groups.pop() else { return };
        if failed && shown.bad() == 0 {
            let what = format!("{} counts assertions that failed, and no test of it did", claims.label());
            add_sentences(&mut self.run.errors, [what]);
        }
        let contradictions = claims.contradictions(|what| match what {
            "passed tests" => shown.passed,
            "failed tests" => shown.bad(),
            _ => shown.skipped,
        });
        add_sentences(&mut self.run.contradictions, contradictions);
        if let Some(outer) = self.groups.last_mut() {
            outer.shown.add_all(shown);
        }
    }

    /// The run, once the document has ended.
    pub fn finish(self) -> TestRun {
        TestRun { tests: self.tests.finish(), ..self.run }
    }
}
