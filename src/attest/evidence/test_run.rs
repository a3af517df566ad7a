//! The predicate of a test run. Its fields are those of [`RecordedRun`].

use super::predicate_type::{AnyStatement, Predicate, PredicateType, StatementSummary, read_checked};
use crate::AttestError;
use crate::statement::{ResourceDescriptor, write_statement};
use crate::test_result::TestResult;
use portcullis_model::evidence::coverage::RecordedCoverage;
use portcullis_model::evidence::inventory::TestInventory;
use portcullis_model::evidence::{RecordedCommand, RecordedRun, RunSubject, Statement};
use portcullis_model::test_run::Test;
use portcullis_wire::form::Form;
use portcullis_wire::statement::v1::{BorrowedTestsV1, PREDICATE, RecordedRunV1, TestInventoryV1, TestV1};
use serde::de::DeserializeOwned;
use std::io::Write;

/// The line of the table.
pub static TEST_RUN: PredicateType = PredicateType {
    uri: PREDICATE,
    about: "one run of one test suite",
    read: |header, bytes| Ok(AnyStatement::TestRun(read_checked(header, bytes)?)),
    summarize: |header, bytes| Ok(summarize_run(read_checked(header, bytes)?)),
};

fn summarize_run(
    Statement { subject, predicate: run }: Statement<RecordedRun<TestInventory>>,
) -> StatementSummary {
    let configuration = run.configuration.map(|name| format!(" ({name})")).unwrap_or_default();
    let name = format!("{}{configuration}", run.suite);
    StatementSummary { subject, name, size: run.tests.len() as u64, unit: "test" }
}

/// Returns a statement as one line, without a line break.
///
/// # Errors
/// Errors of the JSON writer; with these types there are none.
pub fn write(statement: &Statement) -> Result<Vec<u8>, AttestError> {
    let mut line = Vec::new();
    write_to(&mut line, statement)?;
    Ok(line)
}

/// Writes a statement as one line, without a line break. The tests can be many, and are written one
/// by one.
///
/// # Errors
/// Errors of `out`.
pub fn write_to(out: impl Write, statement: &Statement) -> Result<(), AttestError> {
    let RunSubject { commit, tree } = &statement.subject;
    let subjects = [ResourceDescriptor::commit(commit, tree)];
    let run = &statement.predicate;
    let form = RecordedRunV1::of_run(run.without_tests(), |_| BorrowedTestsV1(&run.tests));
    write_statement(out, &subjects, TEST_RUN.uri, &form)
}

/// Returns the statement in the form `test-result/v0.1`, for other programs. It says less: no
/// skipped tests, no times, no attempts.
///
/// # Errors
/// A test has no name, or its name appears twice.
pub fn write_test_result(statement: &Statement) -> Result<Vec<u8>, AttestError> {
    let RunSubject { commit, tree } = &statement.subject;
    let run = &statement.predicate;
    let materials = run.materials.iter().map(|material| {
        let digest = material.digest.as_str().trim_start_matches("sha256:").to_string();
        let digest = [("sha256".to_string(), digest)].into();
        ResourceDescriptor { name: Some(material.path.clone()), uri: None, digest }
    });
    let mut line = Vec::new();
    let subjects = [ResourceDescriptor::commit(commit, tree)];
    TestResult::of(&run.as_run(), materials.collect()).write_statement(&mut line, &subjects)?;
    Ok(line)
}

/// The tests of a statement: kept, or only iterated over.
pub trait RecordedTests: Sized {
    /// What they are in JSON.
    type Form: Form<Model = Self> + DeserializeOwned;

    /// Are they sorted by identity, none twice?
    fn ascend(&self) -> bool;

    /// Does each have at least one record?
    fn are_recorded(&self) -> bool;
}

impl RecordedTests for Vec<Test> {
    type Form = Vec<TestV1>;

    fn ascend(&self) -> bool {
        self.windows(2).all(|pair| pair[0].id < pair[1].id)
    }

    fn are_recorded(&self) -> bool {
        self.iter().all(|test| test.records > 0)
    }
}

impl RecordedTests for TestInventory {
    type Form = TestInventoryV1;

    fn ascend(&self) -> bool {
        self.ascends()
    }

    fn are_recorded(&self) -> bool {
        self.is_recorded()
    }
}

impl<T: RecordedTests> Predicate for RecordedRun<T> {
    type Form = RecordedRunV1<T::Form>;

    const TYPE: &'static PredicateType = &TEST_RUN;

    fn check(&self) -> Result<(), AttestError> {
        check_lists(self)?;
        check_names(self)?;
        check_command(self)
    }
}

fn refuse(problem: &str) -> Result<(), AttestError> {
    Err(AttestError::Statement(problem.to_string()))
}

/// Lists are sorted and have no entry twice, so that one run has one form.
fn check_lists<T: RecordedTests>(run: &RecordedRun<T>) -> Result<(), AttestError> {
    let key = |report: &RecordedCoverage| (report.path.clone(), report.digest.clone());
    let lists = [
        ("tests", run.tests.ascend()),
        ("reports", run.reports.windows(2).all(|pair| pair[0] < pair[1])),
        ("materials", run.materials.windows(2).all(|pair| pair[0].path < pair[1].path)),
        ("coverage reports", run.coverage.windows(2).all(|pair| key(&pair[0]) < key(&pair[1]))),
    ];
    match lists.iter().find(|(_, ascends)| !ascends) {
        Some((list, _)) => refuse(&format!("its {list} are not sorted, or one appears twice")),
        None if !run.coverage.iter().all(RecordedCoverage::is_sound) => {
            refuse("one of its coverage reports names a file twice, or impossible executed lines")
        }
        None => Ok(()),
    }
}

fn check_names<T: RecordedTests>(run: &RecordedRun<T>) -> Result<(), AttestError> {
    if run.suite.is_empty() || run.configuration.as_ref().is_some_and(String::is_empty) {
        return refuse("the name of its suite or configuration is empty");
    }
    if !run.tests.are_recorded() {
        return refuse("it names a test that has no record");
    }
    if run.producer.attempt == Some(0) {
        return refuse("it is attempt 0 of its run, and attempts are counted from 1");
    }
    Ok(())
}

fn check_command<T>(run: &RecordedRun<T>) -> Result<(), AttestError> {
    match &run.command {
        Some(_) if run.exit_status.is_none() => {
            refuse("it names its command and not the command's exit status")
        }
        Some(command) if !is_within(run, command) => {
            refuse("its reports are older than its command, or its command ended before it began")
        }
        _ => Ok(()),
    }
}

/// Was everything of a run made while its command ran? Compares whole seconds, as file systems may
/// keep no more.
fn is_within<T>(run: &RecordedRun<T>, command: &RecordedCommand) -> bool {
    let times = [Some(run.finished), run.began];
    let early = times.into_iter().flatten().any(|at| at.as_second() < command.began.as_second());
    !early && command.began <= command.ended
}
