//! Statements of test runs as bytes: in-toto Statements whose predicate is ours, and notes that hold several of them.
//!
//! A statement is an [in-toto Statement v1](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md): one line of
//! JSON with one subject, which names a commit (`gitCommit`) and its tree (`gitTree`), and a predicate of the type
//! [`PREDICATE`], whose fields are those of [`RecordedRun`]. Unknown fields of the statement are ignored, as in-toto
//! demands; unknown fields of the predicate are refused, because what they might take back would go unnoticed. A key that
//! stands twice is refused everywhere. A signed statement is the same in a DSSE envelope.
//!
//! A note is one statement or DSSE envelope a line, sorted, none twice. So two notes on one tree are merged by
//! `git notes merge --strategy=cat_sort_uniq`, and nothing is lost.

use crate::attest::AttestError;
use crate::attest::dsse::{self, Opened};
use crate::attest::signers::AllowedSigners;
use crate::attest::statement::{self, Frame, Resource};
use crate::attest::test_result::{self, TestResult};
use crate::model::change::{ObjectName, Revision};
use crate::model::evidence::coverage::RecordedCoverage;
use crate::model::evidence::inventory::Inventory;
use crate::model::evidence::{Command, RecordedRun, Statement, Subject};
use crate::model::test_run::Test;
use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::ser::{Error as _, SerializeMap as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{self, BufRead, Read, Write};
use std::num::NonZeroUsize;

/// The type of our predicate. Its fields are documented with [`RecordedRun`].
pub const PREDICATE: &str = "urn:portcullis:test-run:v1";

/// The ref of the notes.
pub const NOTES: &str = "refs/notes/portcullis";

/// The largest statement that is read, in bytes, in its envelope if it has one. None that is larger is written.
pub const MAXIMUM_BYTES: u64 = 2 << 30;

/// The largest statement that is read from a pipe or device, in bytes: nothing else says that there is an end.
const MAXIMUM_ENDLESS: u64 = 256 << 20;

/// A statement as one line, without a line break.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write(statement: &Statement) -> Result<Vec<u8>, AttestError> {
    let mut line = Vec::new();
    write_to(&mut line, statement)?;
    Ok(line)
}

/// The same into `out`.
///
/// # Errors
/// Those of `out`.
pub fn write_to(out: impl Write, statement: &Statement) -> Result<(), AttestError> {
    let Subject { commit, tree } = &statement.subject;
    let subjects = [Resource::commit(None, commit, tree)];
    statement::write_to(out, &subjects, PREDICATE, &Predicate(&statement.run))
}

/// Can a line of so many bytes be read back?
///
/// # Errors
/// Why not, and what to do.
pub fn readable(length: u64) -> Result<(), AttestError> {
    if length <= MAXIMUM_BYTES {
        return Ok(());
    }
    Err(AttestError::Statement(format!(
        "it would be {length} bytes long, and one of more than {MAXIMUM_BYTES} bytes cannot be read back, so it is not written; record the \
         reports of the suite by parts, each with a `--configuration` of its own that the policy names"
    )))
}

/// A run as the predicate of a statement: its keys are sorted, so that one run has one form. Its tests can be many, and are written one
/// by one.
struct Predicate<'a>(&'a RecordedRun);

impl Serialize for Predicate<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Predicate(run) = self;
        let Value::Object(fields) = serde_json::to_value(run.without_tests()).map_err(S::Error::custom)?
        else {
            return Err(S::Error::custom("a run is an object"));
        };
        let mut written = serializer.serialize_map(Some(fields.len()))?;
        for (name, value) in &fields {
            match name.as_str() {
                "tests" => written.serialize_entry(name, &run.tests)?,
                _ => written.serialize_entry(name, value)?,
            }
        }
        written.end()
    }
}

/// The same as `test-result/v0.1`, for other programs. It says less: no skipped tests, no times, no attempts.
///
/// # Errors
/// The run speaks against itself.
pub fn write_test_result(statement: &Statement) -> Result<Vec<u8>, AttestError> {
    let Subject { commit, tree } = &statement.subject;
    let materials = statement.run.materials.iter().map(|material| Resource {
        name: Some(material.path.clone()),
        uri: None,
        digest: [("sha256".to_string(), material.digest.as_str().trim_start_matches("sha256:").to_string())]
            .into(),
    });
    let result = TestResult::of(&statement.run.as_run(), materials.collect());
    test_result::write(&result, vec![Resource::commit(None, commit, tree)])?.write()
}

/// Reads a statement.
///
/// # Errors
/// Why it is none of ours.
pub fn read(bytes: &[u8]) -> Result<Statement, AttestError> {
    read_as(bytes)
}

/// The same, with its tests in this form.
///
/// # Errors
/// Why it is none of ours.
pub fn read_as<'t, T: Tests<'t>>(bytes: &'t [u8]) -> Result<Statement<T>, AttestError> {
    if bytes.len() as u64 > MAXIMUM_BYTES {
        return Err(AttestError::Statement(format!("it is larger than {MAXIMUM_BYTES} bytes")));
    }
    let Frame { subjects, predicate_type, .. } = Frame::read(bytes)?;
    let wrong = |problem: String| AttestError::Statement(problem);
    if predicate_type != PREDICATE {
        return Err(wrong(format!("its claim is `{predicate_type}` and not `{PREDICATE}`")));
    }
    let [subject] = <[Resource; 1]>::try_from(subjects)
        .map_err(|all| wrong(format!("it has {} subjects, and a run has one", all.len())))?;
    let digest = |algorithm: &str| subject.digest.get(algorithm).cloned().unwrap_or_default();
    let commit = Revision::try_from(digest("gitCommit")).map_err(wrong)?;
    let tree = ObjectName::try_from(digest("gitTree")).map_err(wrong)?;
    let run: RecordedRun<T> = statement::claim(bytes).map_err(wrong)?;
    sound(&run).map_err(wrong)?;
    Ok(Statement { subject: Subject { commit, tree }, run })
}

/// Tests as a statement holds them: all at hand, or only to be gone through.
pub trait Tests<'t>: Deserialize<'t> {
    /// Are they sorted, none twice?
    fn ascend(&self) -> bool;

    /// Is there a record of each?
    fn are_recorded(&self) -> bool;
}

impl Tests<'_> for Vec<Test> {
    fn ascend(&self) -> bool {
        self.windows(2).all(|pair| pair[0].id < pair[1].id)
    }

    fn are_recorded(&self) -> bool {
        self.iter().all(|test| test.records > 0)
    }
}

impl Tests<'_> for Inventory {
    fn ascend(&self) -> bool {
        self.ascends()
    }

    fn are_recorded(&self) -> bool {
        self.is_recorded()
    }
}

/// Is this a DSSE envelope, and not a bare statement? What it holds is another matter.
pub fn is_envelope(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Shape {
        #[serde(rename = "payloadType")]
        _payload_type: IgnoredAny,
    }
    serde_json::from_slice::<Shape>(bytes).is_ok()
}

/// Reads a signed statement, and says who signed it. What was verified is what is read.
///
/// # Errors
/// Nobody who may signed it at this moment, or it is none of ours.
pub fn open(
    bytes: Vec<u8>,
    allowed: &AllowedSigners,
    at: Timestamp,
) -> Result<(Statement, BTreeSet<String>), AttestError> {
    open_as(bytes, allowed, at)
}

/// The same, with its tests in this form.
///
/// # Errors
/// Nobody who may signed it at this moment, or it is none of ours.
pub fn open_as<T: for<'t> Tests<'t>>(
    bytes: Vec<u8>,
    allowed: &AllowedSigners,
    at: Timestamp,
) -> Result<(Statement<T>, BTreeSet<String>), AttestError> {
    let opened: Opened = dsse::open(bytes, allowed, at, NonZeroUsize::MIN)?;
    let signers = opened.signers.iter().map(ToString::to_string).collect();
    Ok((read_as(opened.payload_of(statement::PAYLOAD_TYPE)?)?, signers))
}

/// What types cannot say: lists are sorted and hold nothing twice, so that one run has one form.
fn sound<'t, T: Tests<'t>>(run: &RecordedRun<T>) -> Result<(), String> {
    let ascends = |sorted: bool, what: &str| match sorted {
        true => Ok(()),
        false => Err(format!("its {what} are not sorted, or one appears twice")),
    };
    ascends(run.tests.ascend(), "tests")?;
    ascends(run.reports.windows(2).all(|pair| pair[0] < pair[1]), "reports")?;
    ascends(run.materials.windows(2).all(|pair| pair[0].path < pair[1].path), "materials")?;
    let key = |report: &RecordedCoverage| (report.path.clone(), report.digest.clone());
    ascends(run.coverage.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])), "coverage reports")?;
    if !run.coverage.iter().all(RecordedCoverage::is_sound) {
        return Err(
            "a coverage report of it names a file twice, or executed lines that cannot be".to_string()
        );
    }
    if run.suite.is_empty() || run.configuration.as_ref().is_some_and(String::is_empty) {
        return Err("the name of its suite or configuration is empty".to_string());
    }
    if !run.tests.are_recorded() {
        return Err("it names a test that has no record".to_string());
    }
    if run.producer.attempt == Some(0) {
        return Err("it is attempt 0 of its run, and attempts are counted from 1".to_string());
    }
    match &run.command {
        Some(_) if run.exit_status.is_none() => {
            Err("it names its command and does not say how it ended".to_string())
        }
        Some(command) if !is_within(run, command) => {
            Err("its reports are from before its command began, or its command ended before it began"
                .to_string())
        }
        _ => Ok(()),
    }
}

/// Was everything of a run made while its command ran? Whole seconds are compared, as file systems may keep no more.
fn is_within<T>(run: &RecordedRun<T>, command: &Command) -> bool {
    let times = [Some(run.finished), run.began];
    let early = times.into_iter().flatten().any(|at| at.as_second() < command.began.as_second());
    !early && command.began <= command.ended
}

/// The lines of a file of statements, one at a time: all together they may be long.
pub struct Lines<R> {
    source: R,
    limit: u64,
}

impl<R: BufRead> Lines<R> {
    /// The lines that a source has.
    pub fn of(source: R) -> Self {
        Lines { source, limit: MAXIMUM_BYTES }
    }

    /// The same of a source that may have no end.
    pub fn of_endless(source: R) -> Self {
        Lines { source, limit: MAXIMUM_ENDLESS }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        loop {
            let mut line = Vec::new();
            let mut source = Read::take(&mut self.source, self.limit + 2);
            match source.read_until(b'\n', &mut line) {
                Err(error) => return Some(Err(error)),
                Ok(0) => return None,
                Ok(_) if line.len() as u64 > self.limit + 1 => return Some(Err(too_long(self.limit))),
                Ok(_) => {}
            }
            line.truncate(line.trim_ascii_end().len());
            let blanks = line.len() - line.trim_ascii_start().len();
            line.drain(..blanks);
            if !line.is_empty() {
                return Some(Ok(line));
            }
        }
    }
}

fn too_long(limit: u64) -> io::Error {
    io::Error::other(format!("a line of it is longer than {limit} bytes"))
}

/// The lines of a note, or of a file of statements.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

/// A note with one line more.
pub fn with_line(note: &[u8], line: &[u8]) -> Vec<u8> {
    let all: BTreeSet<&[u8]> = lines(note).chain([line]).collect();
    let mut bytes = Vec::with_capacity(note.len() + line.len() + 1);
    for line in all {
        bytes.extend(line);
        bytes.push(b'\n');
    }
    bytes
}

#[cfg(test)]
mod tests;
