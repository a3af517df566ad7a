//! Files of reports and statements: a regular file, no link, of bounded size, that stays as it is
//! while it is read.
//!
//! A report is read as a whole while it is small. A larger one is read in pieces, so that its size
//! costs no memory; if that does not end well and it is not too large to be read as a whole, what
//! the whole says is the answer. In both ways the digest is of the very bytes that were parsed:
//! they are read once for both.

use jiff::{SignedDuration, Timestamp};
use portcullis_model::digest::{Digest, Digester};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::reading::{MAXIMUM_BYTES, MAXIMUM_STREAM, ReportError, ReportReaders};
use portcullis_model::test_run::{ReportFormat, TestRun};
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// How many bytes of a report are read in which way.
#[derive(Clone, Copy)]
struct Bounds {
    /// Up to here it is read as a whole at once, which takes less time.
    small: u64,
    /// Up to here it may have to be read as a whole.
    whole: u64,
    /// Up to here it is read in pieces.
    stream: u64,
}

const BOUNDS: Bounds = Bounds { small: 16 << 20, whole: MAXIMUM_BYTES as u64, stream: MAXIMUM_STREAM };

/// A report as it was read.
pub(super) struct Taken {
    /// The digest of its bytes.
    pub digest: Digest,
    /// When it was last written, if the file system says.
    pub written: Option<Timestamp>,
    /// The format that it was read as; nothing where it was in none.
    pub format: Option<&'static str>,
    /// What it says.
    pub run: Result<TestRun, Gap>,
}

/// Reads a report: in the format that it is said to be in, or in that which its content shows. It
/// is read also where nobody can say which format it is.
///
/// # Errors
/// It cannot be read.
pub(super) fn take(
    readers: &dyn ReportReaders,
    file: &Path,
    path: &str,
    format: Result<Option<ReportFormat>, Gap>,
) -> Result<Taken, Gap> {
    take_within(BOUNDS, readers, file, path, format)
}

fn take_within(
    bounds: Bounds,
    readers: &dyn ReportReaders,
    file: &Path,
    path: &str,
    format: Result<Option<ReportFormat>, Gap>,
) -> Result<Taken, Gap> {
    let opened = Opened::of(file, path)?;
    if opened.length() > bounds.small
        && let Some(taken) = in_pieces(bounds, readers, &opened, &format)?
    {
        return Ok(taken);
    }
    let Read { bytes, written } = opened.whole(bounds.whole)?;
    let digest = Digest::of(&bytes);
    let said = format.as_ref().ok().copied().flatten();
    let run = format.and_then(|said| understood_run(readers.read_tests(&bytes, said), path));
    let name = said.map(ReportFormat::name).or_else(|| readers.detect_tests(&bytes));
    Ok(Taken { digest, written, format: name, run })
}

fn understood_run(run: Result<TestRun, ReportError>, path: &str) -> Result<TestRun, Gap> {
    let run = run.map_err(|error| malformed_report(path, &error))?;
    Ok(TestRun { times: run.times.read_here(local_offset()), ..run })
}

/// Reads a report in pieces. Nothing where the whole has to tell, or tells better why it cannot be
/// read.
fn in_pieces(
    bounds: Bounds,
    readers: &dyn ReportReaders,
    opened: &Opened<'_>,
    said: &Result<Option<ReportFormat>, Gap>,
) -> Result<Option<Taken>, Gap> {
    opened.bounded(opened.length(), bounds.stream)?;
    let said = *said.as_ref().map_err(Clone::clone)?;
    let mut source = opened.digesting(bounds.stream);
    let read = readers.stream_tests(&mut source, opened.length(), said);
    let (format, run) = read.map_err(|error| unreadable_report(opened.path, &error))?;
    if run.is_err() && opened.length() <= bounds.whole {
        return Ok(None);
    }
    let run = understood_run(run, opened.path)?;
    Ok(Some(Taken { digest: source.digest(opened)?, written: opened.written(), format, run: Ok(run) }))
}

/// A source whose bytes are digested as they are read.
struct Digesting<R> {
    source: R,
    digester: Digester,
    length: u64,
}

impl<R: io::Read> io::Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        self.digester.take(buffer.get(..length).unwrap_or_default());
        self.length += length as u64;
        Ok(length)
    }
}

impl<R: io::Read> Digesting<R> {
    /// The digest of all of it, once the rest is read as well.
    fn digest(mut self, opened: &Opened<'_>) -> Result<Digest, Gap> {
        io::copy(&mut self, &mut io::sink()).map_err(|error| unreadable_report(opened.path, &error))?;
        opened.is_still(self.length)?;
        Ok(self.digester.digest())
    }
}

/// A file as it was read.
pub(super) struct Read {
    /// All of it.
    pub bytes: Vec<u8>,
    /// When it was last written, if the file system says.
    pub written: Option<Timestamp>,
}

/// The whole file: a regular one, not a link, not larger than what is read as a whole.
pub(super) fn read(file: &Path, path: &str) -> Result<Read, Gap> {
    Opened::of(file, path)?.whole(MAXIMUM_BYTES as u64)
}

/// The beginning of a file, as far as it shows what the file is; all of it where it is small.
pub(super) fn read_beginning(file: &Path, path: &str) -> Result<Vec<u8>, Gap> {
    let opened = Opened::of(file, path)?;
    let mut bytes = Vec::new();
    let read = (&opened.file).take(BOUNDS.small).read_to_end(&mut bytes);
    read.map_err(|error| unreadable_report(path, &error))?;
    Ok(bytes)
}

/// The digest of a file, which may be as large as a report that is read in pieces.
pub(super) fn digest_of_file(file: &Path, path: &str) -> Result<Digest, Gap> {
    let opened = Opened::of(file, path)?;
    opened.bounded(opened.length(), MAXIMUM_STREAM)?;
    opened.digesting(MAXIMUM_STREAM).digest(&opened)
}

/// A file that was opened: a regular one, and the one that its name leads to.
pub(super) struct Opened<'p> {
    /// It.
    pub file: File,
    metadata: Metadata,
    path: &'p str,
}

impl<'p> Opened<'p> {
    /// # Errors
    /// It is a link, no regular file, or cannot be opened.
    pub(super) fn of(file: &Path, path: &'p str) -> Result<Self, Gap> {
        let unread = |error: io::Error| unreadable_report(path, &error);
        let named = fs::symlink_metadata(file).map_err(unread)?;
        if named.is_symlink() {
            let detail = "it is a symbolic link, which can lead to a report from anywhere";
            return Err(Gap::new(
                report_name(path),
                GapReason::Untrusted,
                detail,
                "Write the report itself to this place.",
            ));
        }
        let regular = |metadata: &Metadata| match metadata.is_file() {
            true => Ok(()),
            false => {
                let detail = "it is not a regular file";
                Err(Gap::new(
                    report_name(path),
                    GapReason::Unsupported,
                    detail,
                    "Write the report to a regular file.",
                ))
            }
        };
        regular(&named)?;
        let file = File::open(file).map_err(unread)?;
        let metadata = file.metadata().map_err(unread)?;
        regular(&metadata)?;
        match is_same(&named, &metadata) {
            true => Ok(Opened { file, metadata, path }),
            false => Err(changed_meanwhile(path)),
        }
    }

    /// All of it, if it is not longer than this.
    fn whole(&self, limit: u64) -> Result<Read, Gap> {
        let mut bytes = Vec::new();
        let read = (&self.file).seek(SeekFrom::Start(0));
        let read = read.and_then(|_| (&self.file).take(limit + 1).read_to_end(&mut bytes));
        read.map_err(|error| unreadable_report(self.path, &error))?;
        self.bounded(bytes.len() as u64, limit)?;
        self.is_still(bytes.len() as u64)?;
        Ok(Read { bytes, written: self.written() })
    }

    /// The bytes of it, digested as they are read, and one more than there may be.
    fn digesting(&self, limit: u64) -> Digesting<io::Take<&File>> {
        Digesting { source: (&self.file).take(limit + 1), digester: Digester::default(), length: 0 }
    }

    fn bounded(&self, length: u64, limit: u64) -> Result<(), Gap> {
        if length <= limit {
            return Ok(());
        }
        let detail = format!("it is larger than {limit} bytes");
        Err(Gap::new(
            report_name(self.path),
            GapReason::Truncated,
            detail,
            "Split the suite into several reports.",
        ))
    }

    /// How long it is, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.metadata.len()
    }

    /// When it was last written, if the file system says.
    pub(super) fn written(&self) -> Option<Timestamp> {
        self.metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok())
    }

    /// Is it as it was, now that so many bytes of it were read?
    ///
    /// # Errors
    /// It changed meanwhile: what was read may be part of the one and part of the other.
    pub(super) fn is_still(&self, length: u64) -> Result<(), Gap> {
        let now = self.file.metadata().map_err(|error| unreadable_report(self.path, &error))?;
        let times = [&self.metadata, &now].map(|metadata| metadata.modified().ok());
        let lengths = [self.metadata.len(), now.len()];
        if times[0] == times[1] && lengths == [length; 2] {
            Ok(())
        } else {
            Err(changed_meanwhile(self.path))
        }
    }
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}

fn changed_meanwhile(path: &str) -> Gap {
    let detail = "it changed while it was read";
    let remedy =
        "Wait until the runner has ended and nothing writes to the file any more, and read it again.";
    Gap::new(report_name(path), GapReason::Untrusted, detail, remedy)
}

/// What a gap about a report names.
pub(super) fn report_name(path: &str) -> String {
    format!("the report {path}")
}

/// The gap that a file leaves which cannot be read.
pub(super) fn unreadable_report(path: &str, error: &io::Error) -> Gap {
    let remedy = "Check that the suite ran before the gate, and that the gate may read what it wrote.";
    Gap::new(report_name(path), GapReason::Unreachable, error.to_string(), remedy)
}

/// How far the clock on the wall is ahead of UTC here: reports that name no zone were often written
/// in that of their machine.
pub(super) fn local_offset() -> SignedDuration {
    let minutes = git2::Signature::now("-", "-").map_or(0, |now| now.when().offset_minutes());
    SignedDuration::from_mins(minutes.into())
}

/// The gap that a report leaves which could not be understood.
pub(super) fn malformed_report(path: &str, error: &ReportError) -> Gap {
    let remedy = "Run the suite again, let its runner finish, and hand over the report as it was written.";
    Gap::new(report_name(path), GapReason::Malformed, error.to_string(), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_report::READERS;
    use std::io::Write as _;
    use tempfile::NamedTempFile;

    /// Bounds that small files go beyond.
    const TINY: Bounds = Bounds { small: 10, whole: 400, stream: 2000 };

    fn file(text: &str) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn junit(tests: usize, more: &str) -> String {
        let cases: String = (0..tests).map(|number| format!("<testcase name='{number}'/>\n")).collect();
        format!("<testsuite name='s'>\n{cases}{more}</testsuite>\n")
    }

    fn taken(text: &str, format: Option<ReportFormat>) -> Result<Taken, Gap> {
        take_within(TINY, READERS, file(text).path(), "out/r", Ok(format))
    }

    #[test]
    fn what_is_digested_is_what_was_parsed_however_large_it_is() {
        for tests in [0, 1, 3, 10, 50] {
            let text = junit(tests, "");
            for format in [None, Some(ReportFormat::Junit)] {
                let taken = taken(&text, format).unwrap();
                assert_eq!(taken.digest, Digest::of(text.as_bytes()));
                assert_eq!(taken.format, Some("junit"));
                assert_eq!(
                    taken.run.unwrap().tests,
                    READERS.read_tests(text.as_bytes(), None).unwrap().tests
                );
                assert!(taken.written.is_some());
            }
        }
    }

    #[test]
    fn what_is_not_read_in_pieces_is_read_as_a_whole_where_that_is_not_too_large() {
        let ctrf = |more: &str| {
            format!(
                "{{\"results\": {{\"tool\": {{\"name\": \"{more}\"}}, \"summary\": {{\"tests\": 1, \"passed\": 1, \"failed\": 0, \"skipped\": 0, \
                 \"pending\": 0, \"other\": 0}}, \"tests\": [{{\"name\": \"a\", \"status\": \"passed\", \"duration\": 1}}]}}}}"
            )
        };
        assert_eq!(taken(&ctrf("x"), None).unwrap().run.unwrap().tests.len(), 1);
        let gap = taken(&ctrf(&"x".repeat(400)), None).err().unwrap();
        assert_eq!(gap.reason, GapReason::Malformed);
        for said in ["`ctrf` is not read in pieces", "split the suite"] {
            assert!(gap.detail.contains(said), "{gap:?}");
        }
        let latin = |tests| format!("<?xml version='1.0' encoding='ISO-8859-1'?>{}", junit(tests, ""));
        assert_eq!(taken(&latin(3), None).unwrap().run.unwrap().tests.len(), 3);
        let gap = taken(&latin(30), None).err().unwrap();
        assert!(gap.detail.contains("write it as UTF-8"), "{gap:?}");
    }

    #[test]
    fn a_large_report_that_is_cut_off_names_the_place() {
        let text = junit(50, "");
        let cut = text.len() - "/testsuite>\n".len();
        let gap = taken(&text[..cut], None).err().unwrap();
        assert_eq!(gap.reason, GapReason::Malformed);
        assert!(gap.detail.starts_with("line 52: "), "{gap:?}");
        assert!(taken(&text, None).unwrap().run.is_ok());
    }

    #[test]
    fn beyond_the_largest_size_nothing_is_read() {
        let gap = taken(&junit(100, ""), None).err().unwrap();
        assert_eq!((gap.reason, gap.detail.as_str()), (GapReason::Truncated, "it is larger than 2000 bytes"));
        assert!(taken(&junit(70, ""), None).unwrap().run.is_ok());
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_not_taken() {
        type Change = fn(&mut File);
        let text = junit(50, "");
        let changes: [(&str, Change); 4] = [
            ("grows", |file| file.write_all(b"<!-- x -->").unwrap()),
            ("shrinks", |file| file.set_len(100).unwrap()),
            ("is emptied", |file| file.set_len(0).unwrap()),
            ("is written anew", |file| {
                let time = std::time::SystemTime::UNIX_EPOCH;
                file.set_modified(time).unwrap();
            }),
        ];
        for (how, change) in changes {
            let mut file = file(&text);
            let path = file.path().to_path_buf();
            let opened = Opened::of(&path, "out/r").unwrap();
            let length = opened.length();
            assert_eq!(opened.is_still(length), Ok(()), "the twin");
            change(file.as_file_mut());
            let gap = opened.is_still(length).unwrap_err();
            assert_eq!(gap.detail, "it changed while it was read", "{how}");
        }
        let file = file(&text);
        let opened = Opened::of(file.path(), "out/r").unwrap();
        assert!(opened.is_still(opened.length() - 1).is_err(), "fewer bytes came than there are");
    }
}
