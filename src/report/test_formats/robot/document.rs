//! The document: suites, tests and what they are made of.

use super::suite::{RobotStatus, RobotSuite, RobotTest, normalize_time};
use portcullis_report_shared::attempts::{Attempts, LIMITS};
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::identity::join_identity;
use portcullis_report_shared::strict::{self, KnownElements};
use portcullis_report_shared::summary::{Claims, Tally, add_sentences};
use portcullis_report_shared::xml::{ContentHandler, Element};
use portcullis_testrun::test_run::{TestOutcome, TestRun};

/// How much of a message is looked at, in bytes.
const MESSAGE: usize = 1 << 20;

/// What Robot Framework writes, but for what keywords and control structures hold: they may fail,
/// and their test pass.
const KNOWN: &KnownElements = &[
    ("robot", &["generated", "generator", "rpa", "schemaversion"]),
    ("suite", &["id", "name", "source"]),
    ("test", &["id", "line", "name"]),
    ("status", &["critical", "elapsed", "endtime", "start", "starttime", "status"]),
    ("statistics", &[]),
    ("total", &[]),
    ("tag", &[]),
    ("stat", &["fail", "id", "name", "pass", "skip"]),
    ("errors", &[]),
    ("doc", &[]),
    ("meta", &["name"]),
    ("metadata", &[]),
    ("tags", &[]),
    ("timeout", &["value"]),
    ("msg", &["html", "level", "time", "timestamp"]),
    ("arguments", &[]),
    ("assign", &[]),
];

/// A document while it is read.
#[derive(Default)]
pub struct RobotDocument {
    open: Vec<RobotElement>,
    suites: Vec<RobotSuite>,
    test: Option<RobotTest>,
    /// The tests that were read. The tear-down of a suite can still fail those of the suite.
    tests: Vec<(String, TestOutcome)>,
    identities: usize,
    claims: Option<Claims>,
    /// Keywords without keywords of their own that ran, and that did not.
    ran: u64,
    not_run: u64,
    any: bool,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RobotElement {
    Robot,
    Suite,
    Test,
    /// A keyword or a control structure. `teardown`: it tears down its parent. `leaf`: nothing ran
    /// within it so far.
    Step {
        keyword: bool,
        teardown: bool,
        leaf: bool,
    },
    /// The status of a test, whose text is its message.
    TestStatus,
    Statistics,
    Total,
    Other,
}

impl ContentHandler for RobotDocument {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let within = self.open.last().copied();
        let own = !matches!(
            within,
            Some(RobotElement::Step { .. } | RobotElement::TestStatus | RobotElement::Other)
        );
        let kind = match (within, element.name) {
            (None, _) => {
                element.value("generated").iter().for_each(|text| self.run.times.text(&normalize_time(text)));
                RobotElement::Robot
            }
            (Some(RobotElement::Robot | RobotElement::Suite), "suite") => self.suite(element),
            (Some(RobotElement::Suite), "test") => self.test(element),
            (Some(RobotElement::Robot), "statistics") => RobotElement::Statistics,
            (Some(RobotElement::Statistics), "total") => RobotElement::Total,
            (Some(RobotElement::Total), "stat") => self.total(element),
            (Some(RobotElement::Statistics | RobotElement::Total | RobotElement::Other), _) => {
                RobotElement::Other
            }
            (_, "suite" | "test") => return Err("a suite or test begins where none can".into()),
            (Some(within), "status") => self.status(within, element),
            (Some(_), name) => self.inner(name, element),
        };
        if own && !matches!(kind, RobotElement::Step { .. }) {
            self.foreign(element);
        }
        self.open.push(kind);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ContentError> {
        if let (Some(RobotElement::TestStatus), Some(test)) = (self.open.last(), &mut self.test)
            && test.message.len() < MESSAGE
        {
            test.message.push_str(text);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(RobotElement::Suite) => self.end_suite(),
            Some(RobotElement::Test) => self.end_test()?,
            _ => {}
        }
        Ok(())
    }
}

impl RobotDocument {
    fn suite(&mut self, element: &Element<'_>) -> RobotElement {
        self.any = true;
        self.suites.push(RobotSuite {
            name: element.value("name").unwrap_or_default().to_string(),
            first: self.tests.len(),
            status: None,
            failed_within: false,
            teardown: None,
        });
        RobotElement::Suite
    }

    fn test(&mut self, element: &Element<'_>) -> RobotElement {
        let suites = self.suites.iter().map(|suite| suite.name.as_str());
        self.test = Some(RobotTest {
            id: join_identity(suites, element.value("name").unwrap_or_default()),
            status: None,
            failed_within: false,
            foreign: None,
            message: String::new(),
        });
        RobotElement::Test
    }

    /// An element within a suite, a test or a step that is none of those.
    fn inner(&mut self, name: &str, element: &Element<'_>) -> RobotElement {
        if is_step(name) {
            if let Some(RobotElement::Step { leaf, .. }) = self.open.last_mut() {
                *leaf = false;
            }
            let teardown = element.value("type").is_some_and(|word| word.eq_ignore_ascii_case("teardown"));
            return RobotElement::Step { keyword: name == "kw", teardown, leaf: true };
        }
        RobotElement::Other
    }

    /// What Robot Framework does not write is not passed over.
    fn foreign(&mut self, element: &Element<'_>) {
        let Some(foreign) = strict::part(element, KNOWN) else { return };
        match (&mut self.test, self.suites.last()) {
            (Some(test), _) => strict::keep(&mut test.foreign, Some(foreign)),
            (None, Some(suite)) => {
                let place = format!("suite `{}`", suite.name);
                foreign.against(&place, &mut self.run);
            }
            (None, None) => foreign.against("the run", &mut self.run),
        }
    }

    fn status(&mut self, within: RobotElement, element: &Element<'_>) -> RobotElement {
        let status = RobotStatus::of(element);
        match within {
            RobotElement::Suite => {
                self.times(element);
                if let Some(suite) = self.suites.last_mut() {
                    suite.status = Some(worse_status(suite.status, status));
                }
            }
            RobotElement::Test => {
                self.times(element);
                if let Some(test) = &mut self.test {
                    test.status = Some(worse_status(test.status, status));
                }
                return RobotElement::TestStatus;
            }
            RobotElement::Step { keyword, teardown, leaf } => self.step(status, keyword && leaf, teardown),
            _ => {}
        }
        RobotElement::Other
    }

    fn times(&mut self, element: &Element<'_>) {
        for name in ["start", "starttime", "endtime"] {
            element.value(name).iter().for_each(|text| self.run.times.text(&normalize_time(text)));
        }
    }

    /// What a step says of itself. It is directly in a suite or test when that is the element
    /// around it.
    fn step(&mut self, status: RobotStatus, leaf: bool, teardown: bool) {
        if leaf {
            let count = if status == RobotStatus::NotRun { &mut self.not_run } else { &mut self.ran };
            *count += 1;
        }
        let around = self.open.len().checked_sub(2).and_then(|at| self.open.get(at));
        match (around, &mut self.test, self.suites.last_mut()) {
            (Some(RobotElement::Test), Some(test), _) => {
                test.failed_within |= matches!(status, RobotStatus::Fail | RobotStatus::Unknown);
            }
            (Some(RobotElement::Suite), None, Some(suite)) if teardown => {
                suite.teardown = Some(worse_status(suite.teardown, status));
            }
            (Some(RobotElement::Suite), None, Some(suite)) => {
                suite.failed_within |= matches!(status, RobotStatus::Fail | RobotStatus::Unknown);
            }
            _ => {}
        }
    }

    fn total(&mut self, element: &Element<'_>) -> RobotElement {
        let claims = self.claims.get_or_insert_with(|| Claims::of("the run"));
        for (what, name) in [("passed tests", "pass"), ("failed tests", "fail"), ("skipped tests", "skip")] {
            claims.claim(what, element.attribute(name));
        }
        RobotElement::Other
    }

    fn end_test(&mut self) -> Result<(), ContentError> {
        let Some(test) = self.test.take() else { return Ok(()) };
        let (outcome, said) = test.outcome();
        add_sentences(&mut self.run.contradictions, said);
        self.identities += test.id.len();
        if self.tests.len() as u64 >= LIMITS.records || self.identities > LIMITS.identities {
            return Err("it holds more tests, or longer names, than a report may".into());
        }
        self.tests.push((test.id, outcome));
        Ok(())
    }

    fn end_suite(&mut self) {
        let Some(suite) = self.suites.pop() else { return };
        let tests = self.tests.get_mut(suite.first..).unwrap_or_default();
        match suite.teardown {
            None | Some(RobotStatus::Pass | RobotStatus::NotRun) => {}
            Some(RobotStatus::Skip) => worsen_tests(tests, TestOutcome::Skipped),
            Some(RobotStatus::Fail | RobotStatus::Unknown) => worsen_tests(tests, TestOutcome::Failed),
        }
        let bad = tests.iter().any(|(_, outcome)| *outcome > TestOutcome::Flaky);
        let name = &suite.name;
        match suite.status {
            Some(RobotStatus::Fail) if !bad => {
                add_sentences(&mut self.run.errors, [format!("suite `{name}` failed outside its tests")]);
            }
            Some(RobotStatus::Pass | RobotStatus::Skip) if bad || suite.failed_within => {
                add_sentences(
                    &mut self.run.contradictions,
                    [format!("suite `{name}` passed and something in it failed")],
                );
            }
            Some(RobotStatus::Fail | RobotStatus::Pass | RobotStatus::Skip) => {}
            Some(RobotStatus::NotRun | RobotStatus::Unknown) | None => {
                add_sentences(
                    &mut self.run.contradictions,
                    [format!("suite `{name}` has no status that is known here")],
                );
            }
        }
    }

    /// The run, once the document has ended.
    ///
    /// # Errors
    /// A sentence, when it holds no suite, or more than a report may.
    pub fn finish(mut self) -> Result<TestRun, ContentError> {
        if !self.any {
            return Err("it holds no suite, so it is no output of Robot Framework".into());
        }
        let mut shown = Tally::default();
        self.tests.iter().for_each(|(_, outcome)| shown.add(*outcome));
        let claimed = self.claims.iter().flat_map(|claims| {
            claims.contradictions(|what| match what {
                "passed tests" => shown.passed,
                "failed tests" => shown.bad(),
                _ => shown.skipped,
            })
        });
        add_sentences(&mut self.run.contradictions, claimed);
        if self.not_run > 0 && self.ran == 0 {
            add_sentences(&mut self.run.contradictions, ["no keyword ran: it is a dry run"]);
        }
        let mut tests = Attempts::default();
        for (id, outcome) in self.tests {
            tests.add(id, outcome)?;
        }
        Ok(TestRun { tests: tests.finish(), ..self.run })
    }
}

/// Keywords, and the control structures around keywords.
fn is_step(name: &str) -> bool {
    matches!(
        name,
        "kw" | "if"
            | "for"
            | "try"
            | "while"
            | "group"
            | "branch"
            | "iter"
            | "variable"
            | "return"
            | "break"
            | "continue"
            | "error"
    )
}

/// Returns the worse of two words about one thing.
fn worse_status(before: Option<RobotStatus>, status: RobotStatus) -> RobotStatus {
    let rank = |status| match status {
        RobotStatus::Pass => 0,
        RobotStatus::Skip => 1,
        RobotStatus::NotRun => 2,
        RobotStatus::Fail => 3,
        RobotStatus::Unknown => 4,
    };
    before.filter(|before| rank(*before) >= rank(status)).unwrap_or(status)
}

/// Every test that is not worse or skipped becomes this.
fn worsen_tests(tests: &mut [(String, TestOutcome)], to: TestOutcome) {
    let skipped = |outcome: &TestOutcome| *outcome == TestOutcome::Skipped;
    for (_, outcome) in tests.iter_mut().filter(|(_, outcome)| !skipped(outcome)) {
        *outcome = (*outcome).max(to);
    }
}
