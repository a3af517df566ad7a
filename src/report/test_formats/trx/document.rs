//! The document: results and definitions, which are joined at its end.

use portcullis_report_shared::attempts::{Attempts, LIMITS, TestName};
use portcullis_report_shared::dotnet::{below_class, class_name};
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::said::{self, Hint};
use portcullis_report_shared::summary::{Claims, Tally, add_sentences};
use portcullis_report_shared::xml::{ContentHandler, Element};
use portcullis_testrun::test_run::{SEPARATOR, TestOutcome, TestRun};
use std::collections::BTreeMap;

/// A document while it is read.
#[derive(Default)]
pub struct TrxDocument {
    open: Vec<TrxElement>,
    /// Of each definition its class, as it is written with assembly and version, by its id.
    classes: BTreeMap<String, String>,
    results: Vec<TrxResult>,
    /// The results that are open, by their place in `results`.
    within: Vec<usize>,
    shown: Tally,
    claims: Option<Claims>,
    /// The run says of itself that it failed.
    failed: bool,
    /// A message of the run says that something failed. Some runners write one for each test that
    /// does.
    reported: bool,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Debug, PartialEq, Eq)]
enum TrxElement {
    Result,
    /// A definition, with its id.
    Definition(String),
    /// The run, the list of its results, or what is said of it at the end.
    Whole,
    Other,
}

/// One result.
struct TrxResult {
    test: String,
    name: String,
    outcome: TestOutcome,
    within: Option<usize>,
}

impl ContentHandler for TrxDocument {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let kind = match element.name {
            "unittest" | "orderedtest" | "generictest" | "webtest" | "manualtest" => {
                TrxElement::Definition(element.value("id").unwrap_or_default().to_ascii_lowercase())
            }
            "testmethod" => self.method(element),
            "resultsummary" => self.summary(element),
            "counters" => self.counters(element),
            "runinfo" => self.message(element),
            "times" => self.times(element, &["creation", "queuing", "start", "finish"]),
            name if is_result(name) && element.attribute("testname").is_some() => self.result(element)?,
            "testrun" | "results" => self.whole(element),
            _ => self.other(element),
        };
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        if self.open.pop() == Some(TrxElement::Result) {
            self.within.pop();
        }
        Ok(())
    }
}

impl TrxDocument {
    fn method(&mut self, element: &Element<'_>) -> TrxElement {
        if let (Some(TrxElement::Definition(id)), Some(name)) = (self.open.last(), element.value("classname"))
        {
            self.classes.insert(id.clone(), name.to_string());
        }
        TrxElement::Other
    }

    fn result(&mut self, element: &Element<'_>) -> Result<TrxElement, ContentError> {
        if self.results.len() as u64 >= LIMITS.records {
            return Err(format!("it holds more than {} test cases", LIMITS.records).into());
        }
        let (outcome, known) = read_outcome(element.attribute("outcome"));
        if !known {
            add_sentences(&mut self.run.contradictions, ["a test has an outcome that is not known here"]);
        }
        let (outcome, said) = match element.name {
            "unittestresult" => said::of_case(element, RESULT, outcome),
            _ => (outcome, None),
        };
        add_sentences(&mut self.run.contradictions, said);
        self.shown.add(outcome);
        self.results.push(TrxResult {
            test: element.value("testid").unwrap_or_default().to_ascii_lowercase(),
            name: element.value("testname").unwrap_or("(unnamed)").to_string(),
            outcome,
            within: self.within.last().copied(),
        });
        self.within.push(self.results.len() - 1);
        self.times(element, &["starttime", "endtime"]);
        Ok(TrxElement::Result)
    }

    /// The run, and the list of its results, which have no word of their own for what became of
    /// them.
    fn whole(&mut self, element: &Element<'_>) -> TrxElement {
        self.failed |= said::says_failed(element, &[]);
        TrxElement::Whole
    }

    /// An unknown element in a result is not a pass. One in the run may say that it failed.
    fn other(&mut self, element: &Element<'_>) -> TrxElement {
        let within = self.open.last();
        self.failed |= within == Some(&TrxElement::Whole) && said::element(element.name) == Hint::Bad;
        let child = within == Some(&TrxElement::Result);
        let Some(at) = self.within.last() else { return TrxElement::Other };
        let foreign =
            child && !CHILDREN.contains(&element.name) && said::element(element.name) != Hint::Harmless;
        let failed = said::says_failed(element, &[]);
        let result = self.results.get_mut(*at);
        if let Some(result) = result.filter(|result| result.outcome <= TestOutcome::Skipped)
            && (foreign || failed)
        {
            result.outcome = if failed { TestOutcome::Failed } else { TestOutcome::Error };
            let what = said::shown(element.name);
            add_sentences(
                &mut self.run.contradictions,
                [format!("a test is not called failed and holds `{what}`, which says that it may have")],
            );
        }
        TrxElement::Other
    }

    fn times(&mut self, element: &Element<'_>, names: &[&str]) -> TrxElement {
        let texts = names.iter().filter_map(|name| element.value(name));
        texts.for_each(|text| self.run.times.text(text));
        TrxElement::Other
    }

    fn summary(&mut self, element: &Element<'_>) -> TrxElement {
        let word = element.value("outcome").unwrap_or_default().to_ascii_lowercase();
        self.failed |= !matches!(
            word.as_str(),
            "" | "completed" | "passed" | "warning" | "notexecuted" | "inconclusive"
        );
        self.failed |= said::says_failed(element, &["outcome"]);
        TrxElement::Whole
    }

    fn message(&mut self, element: &Element<'_>) -> TrxElement {
        let word = element.value("outcome").unwrap_or_default().to_ascii_lowercase();
        if matches!(word.as_str(), "error" | "failed" | "aborted" | "timeout" | "disconnected") {
            self.reported = true;
        }
        TrxElement::Other
    }

    fn counters(&mut self, element: &Element<'_>) -> TrxElement {
        self.failed |= said::says_failed(element, COUNTERS);
        let mut claims = Claims::of("the run");
        for (what, name) in [
            ("tests", "total"),
            ("executed tests", "executed"),
            ("passed tests", "passed"),
            ("failed tests", "failed"),
            ("broken tests", "error"),
            ("broken tests", "timeout"),
            ("broken tests", "aborted"),
            ("broken tests", "notrunnable"),
            ("broken tests", "disconnected"),
            ("broken tests", "passedbutrunaborted"),
        ] {
            claims.claim(what, element.attribute(name));
        }
        self.claims = Some(claims);
        TrxElement::Other
    }

    /// The run, once the document has ended.
    ///
    /// # Errors
    /// A sentence, when it holds more than a report may.
    pub fn finish(mut self) -> Result<TestRun, ContentError> {
        let mut tests = Attempts::default();
        for result in &self.results {
            tests.add(self.named(result), result.outcome)?;
        }
        self.contradict();
        Ok(TestRun { tests: tests.finish(), ..self.run })
    }

    fn contradict(&mut self) {
        let shown = self.shown;
        let claimed = self.claims.iter().flat_map(|claims| {
            claims.contradictions(|what| match what {
                "tests" => shown.all(),
                "executed tests" => shown.all(),
                "passed tests" => shown.passed,
                _ => shown.bad(),
            })
        });
        add_sentences(&mut self.run.contradictions, claimed);
        let hidden = |result: &TrxResult| {
            let outer = result.within.and_then(|outer| self.results.get(outer));
            result.outcome > TestOutcome::Skipped
                && outer.is_some_and(|outer| outer.outcome == TestOutcome::Passed)
        };
        if self.results.iter().any(hidden) {
            add_sentences(
                &mut self.run.contradictions,
                ["a test is called passed and a data row of it is not"],
            );
        }
        if (self.failed || self.reported) && shown.bad() == 0 {
            add_sentences(&mut self.run.errors, ["the run failed outside its tests"]);
        }
    }

    fn named(&self, result: &TrxResult) -> TestName {
        let written = self.classes.get(&result.test).map_or("", String::as_str);
        let class = class_name(written);
        TestName::shortened(self.identity(result, class, class), self.identity(result, "", written))
    }

    /// `class > name`, or `class > name > row`. `repeated`: the class that names begin with and
    /// that is left out of them.
    fn identity(&self, result: &TrxResult, repeated: &str, class: &str) -> String {
        let mut parts = vec![below_class(&result.name, repeated)];
        let mut outer = result.within.and_then(|outer| self.results.get(outer));
        while let Some(result) = outer {
            parts.push(below_class(&result.name, repeated));
            outer = result.within.and_then(|outer| self.results.get(outer));
        }
        if !class.is_empty() {
            parts.push(class);
        }
        parts.reverse();
        parts.join(SEPARATOR)
    }
}

/// What a result says of itself in the format's own words.
const RESULT: &[&str] = &[
    "computername",
    "datarowinfo",
    "duration",
    "endtime",
    "executionid",
    "outcome",
    "parentexecutionid",
    "relativeresultsdirectory",
    "relativetestoutputdirectory",
    "resulttype",
    "spoolmessage",
    "starttime",
    "testid",
    "testlistid",
    "testname",
    "testtype",
];

/// What is counted in the format's own words.
const COUNTERS: &[&str] = &[
    "aborted",
    "completed",
    "disconnected",
    "error",
    "executed",
    "failed",
    "inconclusive",
    "inprogress",
    "notexecuted",
    "notrunnable",
    "passed",
    "passedbutrunaborted",
    "pending",
    "timeout",
    "total",
    "warning",
];

/// What a result holds in the format's own words.
const CHILDREN: &[&str] =
    &["collectordataentries", "innerresults", "output", "resultfiles", "testresultscontainer"];

fn is_result(name: &str) -> bool {
    name.ends_with("result") || name.ends_with("resultaggregation")
}

/// The outcome, and whether its word is known.
fn read_outcome(word: Option<&str>) -> (TestOutcome, bool) {
    let outcome = match word.unwrap_or("Error").to_ascii_lowercase().as_str() {
        "passed" => TestOutcome::Passed,
        "failed" | "warning" => TestOutcome::Failed,
        "notexecuted" | "inconclusive" | "skipped" => TestOutcome::Skipped,
        "error"
        | "timeout"
        | "aborted"
        | "notrunnable"
        | "disconnected"
        | "passedbutrunaborted"
        | "inprogress"
        | "pending"
        | "completed" => TestOutcome::Error,
        _ => return (TestOutcome::Error, false),
    };
    (outcome, true)
}
