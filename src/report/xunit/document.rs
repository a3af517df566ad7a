//! The document: assemblies, collections and tests.

use crate::model::own_times::OwnTimes;
use crate::model::test_run::{SEPARATOR, TestOutcome, TestRun};
use crate::report::attempts::Attempts;
use crate::report::name::{assembly, below_class};
use crate::report::summary::{Claims, Tally, say};
use crate::report::xml::{Content, Element};

/// A document while it is read.
#[derive(Default)]
pub struct Document {
    open: Vec<Kind>,
    groups: Vec<Group>,
    assembly: String,
    test: Option<Test>,
    tests: Attempts,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Group,
    Test,
    Other,
}

/// An assembly or a collection (version 1: a class).
struct Group {
    claims: Claims,
    shown: Tally,
    errors: u64,
}

/// A test while it is read.
struct Test {
    id: String,
    outcome: TestOutcome,
}

impl Content for Document {
    fn start(&mut self, element: &Element<'_>) -> Result<(), String> {
        let kind = match element.name {
            "assemblies" => {
                times(element, &mut self.run.times);
                Kind::Other
            }
            "assembly" => {
                times(element, &mut self.run.times);
                self.assembly = assembly(element.value("name").unwrap_or_default()).to_string();
                self.group("an assembly", element)
            }
            "collection" | "class" => self.group("a collection", element),
            "test" => self.test(element),
            "failure" => self.failure(),
            "error" => self.error(),
            _ => Kind::Other,
        };
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        match self.open.pop() {
            Some(Kind::Group) => self.end_group(),
            Some(Kind::Test) => self.end_test()?,
            Some(Kind::Other) | None => {}
        }
        Ok(())
    }
}

impl Document {
    fn group(&mut self, label: &str, element: &Element<'_>) -> Kind {
        let mut claims = Claims::of(label);
        for (what, name) in
            [("tests", "total"), ("passed tests", "passed"), ("failed tests", "failed"), ("errors", "errors")]
        {
            claims.claim(what, element.attribute(name));
        }
        self.groups.push(Group { claims, shown: Tally::default(), errors: 0 });
        Kind::Group
    }

    fn test(&mut self, element: &Element<'_>) -> Kind {
        let class = element.value("type").unwrap_or_default();
        let name = element.value("name").or_else(|| element.value("method")).unwrap_or("(unnamed)");
        let parts = [self.assembly.as_str(), class, below_class(name, class)];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let id = parts.join(SEPARATOR);
        let outcome = self.outcome(element.value("result").unwrap_or_default());
        self.test = Some(Test { id, outcome });
        Kind::Test
    }

    fn outcome(&mut self, word: &str) -> TestOutcome {
        match word.to_ascii_lowercase().as_str() {
            "pass" => TestOutcome::Passed,
            "fail" => TestOutcome::Failed,
            "skip" | "notrun" => TestOutcome::Skipped,
            _ => {
                say(&mut self.run.contradictions, ["a test has a result that is not known here"]);
                TestOutcome::Error
            }
        }
    }

    fn failure(&mut self) -> Kind {
        match &mut self.test {
            Some(test) if test.outcome < TestOutcome::Failed => {
                test.outcome = TestOutcome::Failed;
                say(&mut self.run.contradictions, ["a test is not called failed and shown as failed"]);
            }
            // Within `errors` it tells of an error that counts by itself.
            Some(_) | None => {}
        }
        Kind::Other
    }

    fn error(&mut self) -> Kind {
        match &mut self.test {
            Some(test) => test.outcome = TestOutcome::Error,
            None => {
                say(&mut self.run.errors, ["an assembly reports an error outside its tests"]);
                self.groups.iter_mut().for_each(|group| group.errors += 1);
            }
        }
        Kind::Other
    }

    fn end_test(&mut self) -> Result<(), String> {
        let Some(test) = self.test.take() else { return Ok(()) };
        if let Some(group) = self.groups.last_mut() {
            group.shown.add(test.outcome);
        }
        self.tests.add_distinct(&test.id, test.outcome)
    }

    fn end_group(&mut self) {
        let Some(group) = self.groups.pop() else { return };
        let Group { claims, shown, errors } = &group;
        say(
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
fn times(element: &Element<'_>, times: &mut OwnTimes) {
    for name in ["start-rtf", "finish-rtf"] {
        element.value(name).iter().for_each(|text| times.text(text));
    }
    if let (Some(date), Some(time)) = (element.value("run-date"), element.value("run-time")) {
        times.text(&format!("{date}T{time}"));
    }
}
