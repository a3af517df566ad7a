//! The document: groups and test cases.

use super::case::Case;
use crate::model::test_run::TestRun;
use crate::report::attempts::Attempts;
use crate::report::identity::identity;
use crate::report::strict::{self, Known};
use crate::report::summary::{Claims, Tally, say};
use crate::report::xml::{Content, Element};

/// A document while it is read.
#[derive(Default)]
pub struct Document {
    open: Vec<Kind>,
    program: String,
    groups: Vec<Group>,
    case: Option<Case>,
    tests: Attempts,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Group,
    Case,
    Other,
}

/// What Catch2 writes outside of cases.
const KNOWN: &Known = &[
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
struct Group {
    claims: Claims,
    shown: Tally,
    /// It counts assertions that failed.
    failed: bool,
}

impl Content for Document {
    fn start(&mut self, element: &Element<'_>) -> Result<(), String> {
        if self.case.is_none() && element.name != "testcase" {
            strict::part(element, KNOWN).iter().for_each(|what| what.against("the run", &mut self.run));
        }
        let kind = match (&mut self.case, element.name) {
            (Some(_), "testcase" | "group") => return Err("a test or group begins within a test".into()),
            (Some(case), _) => {
                case.element(element);
                Kind::Other
            }
            (None, "testcase") => self.case(element),
            (None, "overallresultscases") => self.claims(element),
            (None, "overallresults") => self.assertions(element),
            (None, "group") => self.group("a group"),
            (None, _) if self.open.is_empty() => {
                self.program = element.value("name").unwrap_or_default().to_string();
                self.group("the run")
            }
            (None, _) => Kind::Other,
        };
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        match self.open.pop() {
            Some(Kind::Group) => self.end_group(),
            Some(Kind::Case) => self.end_case()?,
            Some(Kind::Other) | None => {}
        }
        Ok(())
    }
}

impl Document {
    fn group(&mut self, label: &str) -> Kind {
        self.groups.push(Group { claims: Claims::of(label), shown: Tally::default(), failed: false });
        Kind::Group
    }

    fn case(&mut self, element: &Element<'_>) -> Kind {
        let name = element.value("name").unwrap_or_default();
        let id = identity([self.program.as_str()], name);
        self.case = Some(Case::new(id, element));
        Kind::Case
    }

    fn claims(&mut self, element: &Element<'_>) -> Kind {
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
        Kind::Other
    }

    /// How many assertions failed. Which of them were expected to, is counted elsewhere.
    fn assertions(&mut self, element: &Element<'_>) -> Kind {
        let failed = element.value("failures").is_some_and(|count| count.trim() != "0");
        self.groups.last_mut().into_iter().for_each(|group| group.failed |= failed);
        Kind::Other
    }

    fn end_case(&mut self) -> Result<(), String> {
        let Some(case) = self.case.take() else { return Ok(()) };
        let (outcome, said) = case.outcome();
        say(&mut self.run.contradictions, said);
        if let Some(group) = self.groups.last_mut() {
            group.shown.add(outcome);
        }
        self.tests.add(case.id, outcome)
    }

    fn end_group(&mut self) {
        let Some(Group { claims, shown, failed }) = self.groups.pop() else { return };
        if failed && shown.bad() == 0 {
            let what = format!("{} counts assertions that failed, and no test of it did", claims.label());
            say(&mut self.run.errors, [what]);
        }
        let contradictions = claims.contradictions(|what| match what {
            "passed tests" => shown.passed,
            "failed tests" => shown.bad(),
            _ => shown.skipped,
        });
        say(&mut self.run.contradictions, contradictions);
        if let Some(outer) = self.groups.last_mut() {
            outer.shown.add_all(shown);
        }
    }

    /// The run, once the document has ended.
    pub fn finish(self) -> TestRun {
        TestRun { tests: self.tests.finish(), ..self.run }
    }
}
