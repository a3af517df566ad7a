//! Where the events of a document come from: the text of the whole, or a stream.

use super::{ContentHandler, XmlDocument, XmlLimits, lower_case, part_of};
use crate::encoding::{decode_document, decode_head, decode_output};
use crate::error::{ContentError, ReportError};
use crate::input::{Input, ReportStream};
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
    limits: XmlLimits,
    content: &mut impl ContentHandler,
) -> Result<(), ReportError> {
    match input {
        Input::Whole(bytes) => read_whole(bytes, roots, limits, content),
        Input::Stream(stream) => read_stream(stream, XmlDocument::new(limits, roots, content)),
    }
}

/// Events are parts of the text, which is looked at once.
fn read_whole(
    bytes: &[u8],
    roots: &[&str],
    limits: XmlLimits,
    content: &mut impl ContentHandler,
) -> Result<(), ReportError> {
    let (text, odd) =
        if limits.control_characters { decode_output(bytes)? } else { (decode_document(bytes)?, false) };
    let mut reader = Reader::from_str(&text);
    let mut document = XmlDocument::new(limits, roots, content);
    document.blanks = memchr2(b'\t', b'\r', text.as_bytes()).is_some();
    document.odd = odd;
    loop {
        let begin = reader.buffer_position();
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(error_at(&text, reader.error_position(), error.to_string())),
        };
        let last = matches!(event, Event::Eof);
        document.take(&text, &event).map_err(|message| error_at(&text, begin, message))?;
        if last {
            return Ok(());
        }
    }
}

/// A room for events that grew beyond this is given back, in bytes.
const ROOM: usize = 1 << 20;

/// Each event is a text of its own.
fn read_stream(
    stream: ReportStream<'_>,
    mut document: XmlDocument<'_, impl ContentHandler>,
) -> Result<(), ReportError> {
    let mut reader = Reader::from_reader(stream.pieces(true)?);
    let mut room = Vec::new();
    loop {
        let line = reader.get_mut().begin();
        let at = |error: ContentError| ReportError { line: Some(line), message: error.into() };
        room.clear();
        room.shrink_to(ROOM);
        let event = reader.read_event_into(&mut room).map_err(|error| at(describe_error(&error).into()))?;
        let last = matches!(event, Event::Eof);
        document.take_apart(&event).map_err(at)?;
        if last {
            return Ok(());
        }
    }
}

/// What the library says of a stream, without its own words around what the source says.
fn describe_error(error: &quick_xml::Error) -> String {
    match error {
        quick_xml::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// The name of the first element in lower case, as far as the beginning of the file shows one.
pub fn root(bytes: &[u8]) -> Option<String> {
    // Each format asks, and nearly always the first lines answer.
    let first = bytes.get(..FIRST_LINES).and_then(|lines| first_element(&decode_head(lines)));
    first.or_else(|| first_element(&decode_head(bytes)))
}

/// Is the first element one of these (in lower case), as far as the beginning of the file shows
/// one?
pub fn has_root(bytes: &[u8], roots: &[&str]) -> bool {
    root(bytes).is_some_and(|name| roots.contains(&name.as_str()))
}

/// How much of a document is looked at first for its outermost element, in bytes.
const FIRST_LINES: usize = 2048;

fn first_element(head: &str) -> Option<String> {
    let mut reader = Reader::from_str(head);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) => {
                return Some(lower_case(part_of(head, tag.local_name().as_ref()).ok()?).into_owned());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn error_at(text: &str, position: u64, message: impl Into<String>) -> ReportError {
    let end = usize::try_from(position).unwrap_or(usize::MAX).min(text.len());
    ReportError::after(&text.as_bytes()[..end], message)
}
