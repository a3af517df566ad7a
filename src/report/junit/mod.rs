//! JUnit XML: what nearly every test runner can write, and no two write alike.
//!
//! There is no specification that runners follow. What is common is `testcase` elements, somewhere below `testsuites` or
//! `testsuite`, with child elements or attributes that say what went wrong. So this reader
//!
//! - finds every `testcase`, however deep and below whatever elements,
//! - takes outcomes from elements and from the case's own attributes (`case.rs`), never from a suite's summary,
//! - holds the summary against the elements and records where it claims more (`suite.rs`),
//! - gives each test a stable name (`identity.rs`) and folds its attempts into one outcome,
//! - keeps nothing else: no properties, output, messages, host names or times. They can hold personal data.
//!
//! A document is read as a stream, without document types and entities. What is not one whole well-formed
//! document, or is deeper, longer or larger than any runner writes, is an error.

mod case;
mod document;
mod identity;
mod suite;
#[cfg(test)]
mod tests;

use super::encoding::decode;
use super::{Format, ReportError};
use crate::model::test_run::TestRun;
use document::{Document, Limits};
use quick_xml::Reader;
use quick_xml::events::Event;

/// The format.
pub static FORMAT: Format = Format { name: "junit", detect, parse };

const LIMITS: Limits = Limits { depth: 64, attribute: 1 << 20, cases: 5_000_000, identities: 1 << 30 };

/// How far into a file detection looks for the first element.
const HEAD_BYTES: usize = 64 << 10;

fn detect(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    // NUL bytes and the byte order mark away, so that UTF-16 is recognised too; reading it is `decode`'s affair.
    let head: Vec<u8> = head.iter().copied().filter(u8::is_ascii).filter(|byte| *byte != 0).collect();
    first_element(&head).is_some_and(|name| matches!(name.as_slice(), b"testsuites" | b"testsuite"))
}

fn first_element(head: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::from_reader(head);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) => {
                return Some(tag.local_name().as_ref().to_ascii_lowercase());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn parse(bytes: &[u8]) -> Result<TestRun, ReportError> {
    read(&decode(bytes)?, LIMITS)
}

fn read(text: &str, limits: Limits) -> Result<TestRun, ReportError> {
    let mut reader = Reader::from_str(text);
    let mut document = Document::new(limits);
    loop {
        let begin = reader.buffer_position();
        let event =
            reader.read_event().map_err(|error| at(text, reader.error_position(), error.to_string()))?;
        if matches!(event, Event::Eof) {
            return document.finish().map_err(|message| at(text, begin, message));
        }
        document.take(&event).map_err(|message| at(text, begin, message))?;
    }
}

fn at(text: &str, position: u64, message: String) -> ReportError {
    let end = usize::try_from(position).unwrap_or(usize::MAX).min(text.len());
    ReportError::after(&text.as_bytes()[..end], message)
}
