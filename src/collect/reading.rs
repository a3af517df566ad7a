//! Files of reports and statements: a regular file, no link, of bounded size, that stays as it is while it is read.
//!
//! A report is read as a whole while it is small. A larger one is read in pieces, so that its size costs no memory; if that does not
//! end well and it is not too large to be read as a whole, what the whole says is the answer. In both ways the digest is of the
//! very bytes that were parsed: they are read once for both.

use super::reports::{local_offset, malformed};
use crate::model::digest::{Digest, Digester};
use crate::model::fact::{Gap, GapReason};
use crate::model::test_run::{ReportFormat, TestRun};
use crate::report::{MAXIMUM_BYTES, MAXIMUM_STREAM, ReportError, detected, parse, parse_as, parse_stream};
use jiff::Timestamp;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;

/// A report of more bytes is read in pieces. Below, the whole is read in less time.
const SMALL: u64 = 16 << 20;

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

/// Reads a report: in the format that it is said to be in, or in that which its content shows. It is read also where nobody can say
/// which format it is.
///
/// # Errors
/// It cannot be read.
pub(super) fn take(file: &Path, path: &str, format: Result<Option<ReportFormat>, Gap>) -> Result<Taken, Gap> {
    let opened = Opened::of(file, path)?;
    if opened.length() > SMALL
        && let Some(taken) = in_pieces(opened, path, &format)?
    {
        return Ok(taken);
    }
    let Read { bytes, written } = read(file, path)?;
    let digest = Digest::of(&bytes);
    let said = format.as_ref().ok().copied().flatten();
    let run = format.and_then(|said| {
        let run = said.map_or_else(|| parse(&bytes), |said| parse_as(said.name(), &bytes));
        understood(run, path)
    });
    let name = said.map(ReportFormat::name).or_else(|| Some(detected(&bytes)?.name));
    Ok(Taken { digest, written, format: name, run })
}

fn understood(run: Result<TestRun, ReportError>, path: &str) -> Result<TestRun, Gap> {
    let run = run.map_err(|error| malformed(path, &error))?;
    Ok(TestRun { times: run.times.read_here(local_offset()), ..run })
}

/// Reads a report in pieces. Nothing where it has to be read as a whole.
fn in_pieces(
    opened: Opened<'_>,
    path: &str,
    said: &Result<Option<ReportFormat>, Gap>,
) -> Result<Option<Taken>, Gap> {
    let length = opened.length();
    let unread = |error: io::Error| unreadable(path, &error);
    let mut source = Digesting {
        source: (&opened.file).take(MAXIMUM_STREAM + 1),
        digester: Digester::default(),
        length: 0,
    };
    let (format, run) = match said {
        Ok(said) => {
            let (format, run) =
                parse_stream(&mut source, length, said.map(ReportFormat::name)).map_err(unread)?;
            (format, understood(run, path))
        }
        Err(gap) => (None, Err(gap.clone())),
    };
    if run.is_err() && length <= MAXIMUM_BYTES as u64 {
        return Ok(None);
    }
    // What is left of a report that was given up belongs to its digest.
    io::copy(&mut source, &mut io::sink()).map_err(unread)?;
    let Digesting { digester, length, .. } = source;
    bounded(length, MAXIMUM_STREAM, path)?;
    opened.is_still(length)?;
    Ok(Some(Taken { digest: digester.digest(), written: opened.written(), format, run }))
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

/// A file as it was read.
pub(super) struct Read {
    /// All of it.
    pub bytes: Vec<u8>,
    /// When it was last written, if the file system says.
    pub written: Option<Timestamp>,
}

/// The whole file: a regular one, not a link, not larger than what is read as a whole.
pub(super) fn read(file: &Path, path: &str) -> Result<Read, Gap> {
    let opened = Opened::of(file, path)?;
    let mut bytes = Vec::new();
    let read = (&opened.file).take(MAXIMUM_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(path, &error))?;
    bounded(bytes.len() as u64, MAXIMUM_BYTES as u64, path)?;
    opened.is_still(bytes.len() as u64)?;
    Ok(Read { bytes, written: opened.written() })
}

/// The beginning of a file, as far as it shows what the file is; all of it where it is small.
pub(super) fn beginning(file: &Path, path: &str) -> Result<Vec<u8>, Gap> {
    let opened = Opened::of(file, path)?;
    let mut bytes = Vec::new();
    let read = (&opened.file).take(SMALL).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

/// The digest of a file, which may be as large as a report that is read in pieces.
pub(super) fn digest(file: &Path, path: &str) -> Result<Digest, Gap> {
    let opened = Opened::of(file, path)?;
    let mut source = Digesting {
        source: (&opened.file).take(MAXIMUM_STREAM + 1),
        digester: Digester::default(),
        length: 0,
    };
    io::copy(&mut source, &mut io::sink()).map_err(|error| unreadable(path, &error))?;
    bounded(source.length, MAXIMUM_STREAM, path)?;
    opened.is_still(source.length)?;
    Ok(source.digester.digest())
}

/// A file that was opened: a regular one, and the one that its name stands for.
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
        let unread = |error: io::Error| unreadable(path, &error);
        let named = fs::symlink_metadata(file).map_err(unread)?;
        if named.is_symlink() {
            let detail = "it is a symbolic link, which can lead to a report from anywhere";
            return Err(Gap::new(
                what(path),
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
                    what(path),
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
            false => Err(changed(path)),
        }
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
        let now = self.file.metadata().map_err(|error| unreadable(self.path, &error))?;
        let times = [&self.metadata, &now].map(|metadata| metadata.modified().ok());
        let lengths = [self.metadata.len(), now.len()];
        if times[0] == times[1] && lengths == [length; 2] { Ok(()) } else { Err(changed(self.path)) }
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

fn changed(path: &str) -> Gap {
    let detail = "it changed while it was read";
    let remedy =
        "Wait until the runner has ended and nothing writes to the file any more, and read it again.";
    Gap::new(what(path), GapReason::Untrusted, detail, remedy)
}

fn bounded(length: u64, limit: u64, path: &str) -> Result<(), Gap> {
    if length <= limit {
        return Ok(());
    }
    let detail = format!("it is larger than {limit} bytes");
    Err(Gap::new(what(path), GapReason::Truncated, detail, "Split the suite into several reports."))
}

/// What a gap about a report names.
pub(super) fn what(path: &str) -> String {
    format!("the report {path}")
}

/// The gap that a file leaves which cannot be read.
pub(super) fn unreadable(path: &str, error: &io::Error) -> Gap {
    let remedy = "Check that the suite ran before the gate, and that the gate may read what it wrote.";
    Gap::new(what(path), GapReason::Unreachable, error.to_string(), remedy)
}
