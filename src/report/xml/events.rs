//! Where the events of a document come from: the text of the whole, or a stream.

use super::{Content, Document, Limits, lower_case, part};
use crate::report::ReportError;
use crate::report::encoding::{decode, decode_output, head};
use crate::report::input::{Input, Stream};
use memchr::memchr2;
use quick_xml::Reader;
use quick_xml::events::Event;

/// Reads a document whose outermost element is one of `roots` (in lower case).
///
/// # Errors
/// What is wrong with it, with the line.
pub fn read(
    input: Input<'_>,
    roots: &[&str],
    limits: Limits,
    content: &mut impl Content,
) -> Result<(), ReportError> {
    match input {
        Input::Whole(bytes) => whole(bytes, roots, limits, content),
        Input::Stream(stream) => streamed(stream, Document::new(limits, roots, content)),
    }
}

/// Events are parts of the text, which is looked at once.
fn whole(
    bytes: &[u8],
    roots: &[&str],
    limits: Limits,
    content: &mut impl Content,
) -> Result<(), ReportError> {
    let (text, odd) = if limits.control_characters { decode_output(bytes)? } else { (decode(bytes)?, false) };
    let mut reader = Reader::from_str(&text);
    let mut document = Document::new(limits, roots, content);
    document.blanks = memchr2(b'\t', b'\r', text.as_bytes()).is_some();
    document.odd = odd;
    loop {
        let begin = reader.buffer_position();
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(at(&text, reader.error_position(), error.to_string())),
        };
        let last = matches!(event, Event::Eof);
        document.take(&text, &event).map_err(|message| at(&text, begin, message))?;
        if last {
            return Ok(());
        }
    }
}

/// A room for events that grew beyond this is given back, in bytes.
const ROOM: usize = 1 << 20;

/// Each event is a text of its own.
fn streamed(stream: Stream<'_>, mut document: Document<'_, impl Content>) -> Result<(), ReportError> {
    let mut reader = Reader::from_reader(stream.pieces(true)?);
    let mut room = Vec::new();
    loop {
        let line = reader.get_mut().begin();
        let at = |message: String| ReportError { line: Some(line), message };
        room.clear();
        room.shrink_to(ROOM);
        let event = reader.read_event_into(&mut room).map_err(|error| at(said(&error)))?;
        let last = matches!(event, Event::Eof);
        document.take_apart(&event).map_err(at)?;
        if last {
            return Ok(());
        }
    }
}

/// What the library says of a stream, without its own words around what the source says.
fn said(error: &quick_xml::Error) -> String {
    match error {
        quick_xml::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// The name of the first element in lower case, as far as the beginning of the file shows one.
pub fn root(bytes: &[u8]) -> Option<String> {
    // Each format asks, and nearly always the first lines answer.
    let first = bytes.get(..FIRST_LINES).and_then(|lines| first_element(&head(lines)));
    first.or_else(|| first_element(&head(bytes)))
}

/// How much of a document is looked at first for its outermost element, in bytes.
const FIRST_LINES: usize = 2048;

fn first_element(head: &str) -> Option<String> {
    let mut reader = Reader::from_str(head);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) => {
                return Some(lower_case(part(head, tag.local_name().as_ref()).ok()?).into_owned());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn at(text: &str, position: u64, message: String) -> ReportError {
    let end = usize::try_from(position).unwrap_or(usize::MAX).min(text.len());
    ReportError::after(&text.as_bytes()[..end], message)
}
