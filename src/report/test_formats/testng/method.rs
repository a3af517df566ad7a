//! One `test-method`, and what becomes of all records of a test.

use portcullis_report_shared::attempts::Attempts;
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::identity::make_visible;
use portcullis_report_shared::strict::UnknownPart;
use portcullis_report_shared::xml::Element;
use portcullis_testrun::test_run::TestOutcome;
use std::collections::BTreeMap;

/// A method while it is read.
pub struct OpenMethod {
    /// Its name, with the name that an instance gives itself.
    name: String,
    /// It sets up or tears down.
    pub is_configuration: bool,
    /// What its status says; nothing, when that is not known here.
    pub outcome: Option<TestOutcome>,
    /// The unknown part that it holds.
    pub foreign: Option<UnknownPart>,
    retried: bool,
    /// It holds an exception that does not say that the test wanted to be skipped.
    threw: bool,
    parameters: Vec<String>,
}

impl OpenMethod {
    /// A method as its element begins.
    pub fn new(element: &Element<'_>) -> Self {
        let name = element.value("name").unwrap_or("(unnamed)");
        let name = match element.value("test-instance-name") {
            Some(instance) => format!("{name} [{instance}]"),
            None => name.to_string(),
        };
        OpenMethod {
            name,
            is_configuration: element.value("is-config").is_some_and(|word| word != "false"),
            outcome: read_outcome(element.value("status")),
            foreign: None,
            retried: element.value("retried").is_some_and(|word| word != "false"),
            threw: false,
            parameters: Vec::new(),
        }
    }

    /// An exception that it holds.
    pub fn exception(&mut self, element: &Element<'_>) {
        self.threw |= element.value("class") != Some("org.testng.SkipException");
    }

    /// One more parameter begins.
    pub fn parameter(&mut self) {
        self.parameters.push(String::new());
    }

    /// A piece of the value of the last parameter.
    pub fn value(&mut self, text: &str) {
        if let Some(last) = self.parameters.last_mut() {
            last.push_str(text);
        }
    }

    /// `method(parameters)`, as a part of its identity.
    pub fn named(&self) -> String {
        if self.parameters.is_empty() {
            return self.name.clone();
        }
        let parameters: Vec<String> = self.parameters.iter().map(|value| make_visible(value)).collect();
        format!("{}({})", self.name, parameters.join(", "))
    }

    /// Its record, as the test of this identity.
    pub fn record(&self, id: String) -> MethodRecord {
        let outcome = self.outcome.unwrap_or(TestOutcome::Error);
        let outcome = self.foreign.as_ref().map(UnknownPart::outcome).max(Some(outcome)).unwrap_or(outcome);
        let doubtful = outcome == TestOutcome::Skipped && self.threw;
        MethodRecord { id, outcome, retried: self.retried, doubtful }
    }
}

fn read_outcome(status: Option<&str>) -> Option<TestOutcome> {
    match status? {
        "PASS" => Some(TestOutcome::Passed),
        "FAIL" => Some(TestOutcome::Failed),
        "SKIP" => Some(TestOutcome::Skipped),
        "SUCCESS_PERCENTAGE_FAILURE" => Some(TestOutcome::Flaky),
        _ => None,
    }
}

/// A method that was read.
pub struct MethodRecord {
    id: String,
    /// What it says of itself.
    pub outcome: TestOutcome,
    /// It was tried again.
    retried: bool,
    /// It is called skipped and threw something: an attempt of an old TestNG, if another record of
    /// the test ran.
    doubtful: bool,
}

/// What all records of one test say together.
#[derive(Default)]
struct Together {
    ran: bool,
    retried: u64,
    doubtful: u64,
    last: u64,
}

/// The records as tests.
///
/// # Errors
/// A sentence, when there are more than a report may hold.
pub fn fold_records(records: Vec<MethodRecord>) -> Result<Attempts, ContentError> {
    let mut together: BTreeMap<&str, Together> = BTreeMap::new();
    for record in &records {
        let all = together.entry(record.id.as_str()).or_default();
        all.retried += u64::from(record.retried);
        all.doubtful += u64::from(record.doubtful && !record.retried);
        all.last += u64::from(!record.retried);
        all.ran |= !record.retried && record.outcome != TestOutcome::Skipped;
    }
    let mut tests = Attempts::default();
    for record in &records {
        let Some(all) = together.get(record.id.as_str()) else { continue };
        let earlier = all.retried + if all.ran { all.doubtful } else { 0 };
        let is_earlier = record.retried || (all.ran && record.doubtful);
        match (is_earlier, all.last) {
            // Every record says that another follows, and none does.
            (true, 0) => tests.add(record.id.as_str(), TestOutcome::Failed)?,
            (true, _) => {}
            (false, _) if earlier > 0 => tests.add_last(record.id.as_str(), record.outcome, earlier + 1)?,
            (false, _) => tests.add(record.id.as_str(), record.outcome)?,
        }
    }
    Ok(tests)
}
