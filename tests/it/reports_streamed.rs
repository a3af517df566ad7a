//! A report that is read in pieces says what it says as a whole: every report at hand goes both ways.

use portcullis_model::test_run::TestRun;
use portcullis_report::{ReportError, TABLE, detect_format, parse, parse_as, parse_stream};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Hands out a few bytes at a time, another number each time, so that every piece is cut somewhere.
struct Drops<'b> {
    left: &'b [u8],
    next: usize,
}

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.next = self.next % 7 + 1;
        let length = self.next.min(buffer.len());
        (&mut self.left).take(length as u64).read(buffer)
    }
}

fn streamed(bytes: &[u8], said: Option<&str>) -> Result<TestRun, ReportError> {
    let mut source = bytes;
    parse_stream(&mut source, bytes.len() as u64, said).unwrap().1
}

fn in_drops(bytes: &[u8], said: Option<&str>) -> Result<TestRun, ReportError> {
    parse_stream(&mut Drops { left: bytes, next: 0 }, bytes.len() as u64, said).unwrap().1
}

/// Files below the directories of the project and of a collection of reports, where one is at hand.
fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let collection =
        std::env::var_os("PORTCULLIS_REPORTS").map_or_else(|| root.join("../shared/reports"), PathBuf::from);
    let mut left =
        vec![root.join("tests/runners"), root.join("tests/coverage"), root.join("src/report"), collection];
    let mut found = Vec::new();
    while let Some(directory) = left.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => left.push(entry.path()),
                kind if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// Why a report may be read as a whole and not in pieces: it is none of a format that streams, or in another encoding.
fn may_differ(error: &ReportError) -> bool {
    ["is not read in pieces", "in pieces only UTF-8 is read", "bytes are blank"]
        .iter()
        .any(|why| error.message.contains(why))
}

/// Is it read, and in both ways the same?
fn agree_as(name: &str, bytes: &[u8], said: Option<&str>) -> bool {
    let whole = said.map_or_else(|| parse(bytes), |said| parse_as(said, bytes));
    match (whole, streamed(bytes, said)) {
        (Ok(whole), Ok(streamed)) => {
            assert_eq!(whole, streamed, "{name} as {said:?}");
            true
        }
        (Ok(_), Err(error)) => {
            assert!(may_differ(&error), "{name} as {said:?}: {error}");
            false
        }
        (Err(error), Ok(_)) => panic!("{name} as {said:?} is read in pieces only: {error}"),
        (Err(_), Err(_)) => false,
    }
}

fn agree(name: &str, bytes: &[u8]) -> bool {
    let others = TABLE.iter().map(|format| Some(format.name)).filter(|_| bytes.len() < 5_000);
    others.chain([None]).filter(|said| agree_as(name, bytes, *said)).count() > 0
}

#[test]
fn every_report_at_hand_says_the_same_in_pieces_and_as_a_whole() {
    let mut read = 0;
    for file in files() {
        let bytes = std::fs::read(&file).unwrap();
        read += usize::from(agree(&file.to_string_lossy(), &bytes));
    }
    assert!(read > 40, "only {read} reports were read");
}

#[test]
fn however_the_bytes_arrive_the_report_is_the_same() {
    let mut read = 0;
    for file in files() {
        let bytes = std::fs::read(&file).unwrap();
        if bytes.len() < 50_000 {
            read += usize::from(parse(&bytes).is_ok());
            assert_eq!(in_drops(&bytes, None), streamed(&bytes, None), "{}", file.display());
        }
    }
    assert!(read > 40, "only {read} reports were read");
}

#[test]
fn a_report_that_is_cut_off_says_the_same_in_pieces_and_as_a_whole() {
    for file in files() {
        let bytes = std::fs::read(&file).unwrap();
        let Some(format) = detect_format(&bytes).filter(|_| bytes.len() < 20_000) else { continue };
        for end in (0..bytes.len()).step_by(bytes.len() / 50 + 1) {
            agree_as(&format!("{} cut at {end}", file.display()), &bytes[..end], Some(format.name));
        }
    }
}
