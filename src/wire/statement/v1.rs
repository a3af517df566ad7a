//! Version 1 of the predicate of a statement of a test run, `urn:portcullis:test-run:v1`.
//!
//! The members are in the order of their names, so that one run has one form. A statement can hold
//! more than a million tests, so they are a parameter: to write them they are borrowed from the
//! model, and to read them the reader chooses what to keep.

use crate::form::{Form, Misshapen, MomentText, choices, objects};
use crate::text::{CommitText, CoverageFormatText, DigestText, LineRuns, ObjectText, PathText};
use portcullis_model::evidence::coverage::{Doubt, RecordedCoverage, RecordedFile};
use portcullis_model::evidence::inventory::TestInventory;
use portcullis_model::evidence::{
    ExitStatus, Material, RecordedCommand, RecordedRun, ReportName, RunProducer, RunSubject, WorkTree,
};
use portcullis_model::test_run::{Test, TestOutcome};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// The number at the end of the predicate type.
pub const VERSION: u32 = 1;

/// The type of the predicate.
pub const PREDICATE: &str = "urn:portcullis:test-run:v1";

/// What a test runner reported of one run of a test suite, bound to the tree that it ran on: an
/// in-toto Statement, version 1.
///
/// A file or note holds one statement on each line, without spaces between the members and with the
/// members of the predicate in the order of their names; or, in its place, a DSSE envelope whose
/// payload is the statement. Other members of the statement are ignored, and other members of the
/// predicate are an error.
#[cfg(test)]
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(title = "A statement of a test run, version 1")]
pub struct StatementV1 {
    /// The type of an in-toto Statement.
    #[serde(rename = "_type")]
    #[schemars(extend("const" = "https://in-toto.io/Statement/v1"))]
    kind: String,
    /// The commit that was run, and its tree: exactly one subject.
    #[schemars(extend("minItems" = 1, "maxItems" = 1))]
    subject: Vec<DescribedSubjectV1>,
    /// The type of the predicate.
    #[serde(rename = "predicateType")]
    #[schemars(extend("const" = PREDICATE))]
    predicate_type: String,
    /// The run.
    predicate: RecordedRunV1,
}

/// A resource descriptor of in-toto.
#[cfg(test)]
#[derive(Serialize, schemars::JsonSchema)]
struct DescribedSubjectV1 {
    /// The digests.
    digest: SubjectDigestsV1,
}

/// The names that git gives the subject.
#[cfg(test)]
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SubjectDigestsV1 {
    /// The commit that was checked out.
    git_commit: CommitText,
    /// The tree of the commit.
    git_tree: ObjectText,
}

objects! {
    /// The commit that was run, and its tree. The tree decides.
    RunSubjectV1 = RunSubject {
        /// The commit that was checked out.
        commit: CommitText,
        /// The tree of the commit.
        tree: ObjectText,
    }

    /// Who ran it, by their own account.
    RunProducerV1 = RunProducer {
        /// The attempt of the run, counted from 1; null where there are none.
        attempt: Option<u64>,
        /// `github-actions`, `gitlab-ci`, or `local`.
        kind: String,
        /// The CI system's number of the run; null where there is none.
        run: Option<String>,
        /// What defined the run: file and ref; null where there is none.
        workflow: Option<String>,
    }

    /// How the files differ from the tree that is checked out.
    WorkTreeV1 = WorkTree {
        /// The first paths that differ, each with how.
        differences: Vec<String>,
        /// How many more there are.
        more: u64,
    }

    /// A file that decides what is run.
    MaterialV1 = Material {
        /// The SHA-256 of its bytes.
        digest: DigestText,
        /// The path.
        path: String,
    }

    /// A report, without what it says.
    ReportNameV1 = ReportName {
        /// The SHA-256 of its bytes.
        digest: DigestText,
        /// The format that it was read as.
        format: String,
        /// The path.
        path: String,
    }

    /// A command that was run and watched.
    CommandV1 = RecordedCommand {
        /// When it was started.
        began: MomentText,
        /// The SHA-256 of the program as it was named and its arguments, each followed by a NUL.
        digest: DigestText,
        /// When it had ended.
        ended: MomentText,
        /// The name of the program.
        program: String,
    }

    /// What a coverage report says of the files of the tree.
    RecordedCoverageV1 = RecordedCoverage {
        /// How often the report contradicts itself.
        contradictions: u64,
        /// The SHA-256 of its bytes.
        digest: DigestText,
        /// How many of its entries are of no file of the tree.
        elsewhere: u64,
        /// The files of the tree that it names, sorted by path.
        files: Vec<MeasuredFileV1>,
        /// The format.
        format: CoverageFormatText,
        /// The path of the report.
        path: String,
    }

    /// A file of the tree in a coverage report.
    MeasuredFileV1 = RecordedFile {
        /// The name of the blob in the tree.
        blob: ObjectText,
        /// Why the entry does not count; null when it does.
        doubt: Option<DoubtV1>,
        /// The lines that can be executed.
        executable: LineRuns,
        /// The lines that were executed.
        hit: LineRuns,
        /// The path.
        path: PathText,
    }

    /// A test, and what became of it.
    TestV1 = Test {
        /// The identity of the test: suites, class and name, joined with ` > `. Text from outside.
        id: String,
        /// The outcome.
        outcome: TestOutcomeV1,
        /// How many records of it there are.
        records: u64,
    }
}

choices! {
    /// How a command ended.
    ExitStatusV1 = ExitStatus {
        /// By itself, with this status.
        Code(code: i32),
        /// By this signal.
        Signal(signal: i32),
    }

    /// Why an entry of a coverage report does not count.
    DoubtV1 = Doubt {
        /// It is of another version of the file; how that shows.
        OtherVersion(how: String),
        /// Several entries may be of the file, or the entry may be of several files.
        SeveralEntries,
    }

    /// What became of a test.
    TestOutcomeV1 = TestOutcome {
        /// It passed.
        Passed,
        /// It did not run, or its result does not count.
        Skipped,
        /// It passed in one attempt and failed in another.
        Flaky,
        /// It failed.
        Failed,
        /// It did not run to its end.
        Error,
    }
}

/// A run of a test suite in one configuration: the predicate of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordedRunV1<T = Vec<TestV1>> {
    /// The earliest time that the reports name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<MomentText>,
    /// The command that the recorder ran itself, with the work tree clean before and after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandV1>,
    /// The configuration or shard; null where there is only one.
    #[serde(deserialize_with = "crate::form::present")]
    pub configuration: Option<String>,
    /// Where a report contradicts itself.
    pub contradictions: Vec<String>,
    /// What coverage reports say that the run executed, sorted by path and digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coverage: Vec<RecordedCoverageV1>,
    /// Failures outside of tests.
    pub errors: Vec<String>,
    /// How the command of the suite ended, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<ExitStatusV1>,
    /// When the oldest of the reports was written.
    pub finished: MomentText,
    /// The files that decide what is run and how, sorted by path.
    pub materials: Vec<MaterialV1>,
    /// Who ran it.
    pub producer: RunProducerV1,
    /// Results of an earlier run that were only shown again.
    pub replayed: Vec<String>,
    /// The reports that the run was read from, sorted by path.
    pub reports: Vec<ReportNameV1>,
    /// Since when the work tree had been what it was, by the clock of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<MomentText>,
    /// The suite, as the policy names it.
    pub suite: String,
    /// The tests, sorted by identity, each once.
    pub tests: T,
    /// What differed from the tree when the run was recorded.
    pub work_tree: WorkTreeV1,
}

impl<T: Form> Form for RecordedRunV1<T> {
    type Model = RecordedRun<T::Model>;

    fn of(model: Self::Model) -> Self {
        RecordedRunV1::of_run(model, T::of)
    }

    fn model(self) -> Result<Self::Model, Misshapen> {
        self.run(T::model)
    }
}

impl<T> RecordedRunV1<T> {
    /// The run in this form, with its tests as `written` makes them.
    pub fn of_run<M>(run: RecordedRun<M>, written: impl FnOnce(M) -> T) -> Self {
        let RecordedRun {
            suite,
            configuration,
            producer,
            work_tree,
            finished,
            materials,
            reports,
            tests,
            contradictions,
            errors,
            replayed,
            coverage,
            settled,
            began,
            exit_status,
            command,
        } = run;
        RecordedRunV1 {
            began: Form::of(began),
            command: Form::of(command),
            configuration,
            contradictions,
            coverage: Form::of(coverage),
            errors,
            exit_status: Form::of(exit_status),
            finished: Form::of(finished),
            materials: Form::of(materials),
            producer: Form::of(producer),
            replayed,
            reports: Form::of(reports),
            settled: Form::of(settled),
            suite,
            tests: written(tests),
            work_tree: Form::of(work_tree),
        }
    }

    /// The run, with its tests as `read` makes them.
    ///
    /// # Errors
    /// A text of it is not of its shape.
    pub fn run<M>(self, read: impl FnOnce(T) -> Result<M, Misshapen>) -> Result<RecordedRun<M>, Misshapen> {
        let RecordedRunV1 {
            began,
            command,
            configuration,
            contradictions,
            coverage,
            errors,
            exit_status,
            finished,
            materials,
            producer,
            replayed,
            reports,
            settled,
            suite,
            tests,
            work_tree,
        } = self;
        Ok(RecordedRun {
            suite,
            configuration,
            producer: producer.model()?,
            work_tree: work_tree.model()?,
            finished: finished.model()?,
            materials: materials.model()?,
            reports: reports.model()?,
            tests: read(tests)?,
            contradictions,
            errors,
            replayed,
            coverage: coverage.model()?,
            settled: settled.model()?,
            began: began.model()?,
            exit_status: exit_status.model()?,
            command: command.model()?,
        })
    }
}

/// Tests as a list of [`TestV1`], which is written one by one.
pub struct BorrowedTestsV1<'a>(pub &'a [Test]);

impl Serialize for BorrowedTestsV1<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|test| BorrowedTestV1 {
            id: Cow::Borrowed(&test.id),
            outcome: Form::of(test.outcome),
            records: test.records,
        }))
    }
}

/// Tests as a list of [`TestV1`], which is read one by one and kept as an inventory.
pub struct TestInventoryV1(TestInventory);

impl Form for TestInventoryV1 {
    type Model = TestInventory;

    fn of(model: TestInventory) -> Self {
        TestInventoryV1(model)
    }

    fn model(self) -> Result<TestInventory, Misshapen> {
        Ok(self.0)
    }
}

impl<'de> Deserialize<'de> for TestInventoryV1 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(TestsVisitor)
    }
}

/// A [`TestV1`] whose name is borrowed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BorrowedTestV1<'t> {
    #[serde(borrow)]
    id: Cow<'t, str>,
    outcome: TestOutcomeV1,
    records: u64,
}

struct TestsVisitor;

impl<'de> Visitor<'de> for TestsVisitor {
    type Value = TestInventoryV1;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tests")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut tests: A) -> Result<TestInventoryV1, A::Error> {
        let mut inventory = TestInventory::default();
        while let Some(BorrowedTestV1 { id, outcome, records }) = tests.next_element()? {
            let outcome = outcome.model().map_err(A::Error::custom)?;
            inventory.add(&id, outcome, records).map_err(A::Error::custom)?;
        }
        Ok(TestInventoryV1(inventory))
    }
}
