//! The binary form of COPY: a header, tuples, and a mark at the end.

use super::value::ColumnForm;
use crate::failure::fail;
use crate::pump::PumpInlet;
use portcullis_reconcile::source::{RawValue, SourceError};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// Rows as they come in messages, whose bounds mean nothing.
pub(super) struct CopiedRows<'f> {
    forms: &'f [ColumnForm],
    places: &'f [usize],
    /// The beginning of a tuple whose rest is in the next message.
    rest: Vec<u8>,
    /// Where each column of the tuple is; `None`: NULL.
    spans: Vec<Option<(usize, usize)>>,
    saw_header: bool,
    saw_end: bool,
}

/// What is at the beginning of some bytes.
enum Part {
    /// So many bytes of a tuple, whose columns are in `spans`.
    Tuple(usize),
    /// So many bytes that are no tuple.
    Other(usize),
    /// More bytes are needed.
    Incomplete,
    /// What no server sends.
    Malformed,
}

impl<'f> CopiedRows<'f> {
    pub(super) fn new(forms: &'f [ColumnForm], places: &'f [usize]) -> Self {
        Self { forms, places, rest: Vec::new(), spans: Vec::new(), saw_header: false, saw_end: false }
    }

    /// Takes what is whole in a message and keeps the rest.
    pub(super) fn take_message(
        &mut self,
        message: &[u8],
        place: &dyn Fn(u64) -> String,
        inlet: &mut PumpInlet,
    ) -> Result<(), SourceError> {
        if self.rest.is_empty() {
            let used = self.take_parts(message, place, inlet)?;
            self.rest.extend_from_slice(&message[used..]);
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.extend_from_slice(message);
        let used = self.take_parts(&bytes, place, inlet)?;
        bytes.drain(..used);
        self.rest = bytes;
        Ok(())
    }

    fn take_parts(
        &mut self,
        bytes: &[u8],
        place: &dyn Fn(u64) -> String,
        inlet: &mut PumpInlet,
    ) -> Result<usize, SourceError> {
        let mut used = 0;
        while used < bytes.len() {
            match self.find_part(&bytes[used..]) {
                Part::Incomplete => break,
                Part::Malformed => return Err(fail_form(&place(inlet.rows()))),
                Part::Other(length) => used += length,
                Part::Tuple(length) => {
                    self.push_row(&bytes[used..used + length], inlet)?;
                    used += length;
                }
            }
        }
        Ok(used)
    }

    fn find_part(&mut self, bytes: &[u8]) -> Part {
        if self.saw_end {
            return Part::Malformed;
        }
        if !self.saw_header {
            return self.find_header(bytes);
        }
        let Some(count) = read_i16(bytes, 0) else { return Part::Incomplete };
        if count == -1 {
            self.saw_end = true;
            return Part::Other(2);
        }
        if usize::try_from(count) != Ok(self.forms.len()) {
            return Part::Malformed;
        }
        self.spans.clear();
        let mut at = 2;
        for _ in self.forms {
            let Some(length) = read_i32(bytes, at) else { return Part::Incomplete };
            at += 4;
            match usize::try_from(length) {
                Ok(length) => {
                    self.spans.push(Some((at, at + length)));
                    at += length;
                }
                Err(_) if length == -1 => self.spans.push(None),
                Err(_) => return Part::Malformed,
            }
        }
        if at <= bytes.len() { Part::Tuple(at) } else { Part::Incomplete }
    }

    fn find_header(&mut self, bytes: &[u8]) -> Part {
        let known = SIGNATURE.len().min(bytes.len());
        if bytes[..known] != SIGNATURE[..known] {
            return Part::Malformed;
        }
        let Some(flags) = read_i32(bytes, SIGNATURE.len()) else { return Part::Incomplete };
        let Some(extension) = read_i32(bytes, SIGNATURE.len() + 4) else { return Part::Incomplete };
        // No flag and no extension has a meaning that is known here.
        if flags != 0 || extension != 0 {
            return Part::Malformed;
        }
        self.saw_header = true;
        Part::Other(SIGNATURE.len() + 8)
    }

    fn push_row(&self, tuple: &[u8], inlet: &mut PumpInlet) -> Result<(), SourceError> {
        for place in self.places {
            let span = self.spans.get(*place).copied().flatten();
            let bytes = span.and_then(|(start, end)| tuple.get(start..end));
            inlet.push_value(match (bytes, self.forms.get(*place)) {
                (Some(bytes), Some(form)) => form.read_value(bytes),
                _ => RawValue::Null,
            });
        }
        inlet.end_row()
    }

    /// Whether the mark at the end was seen.
    pub(super) fn check_ended(&self, place: &str) -> Result<(), SourceError> {
        if self.saw_end && self.rest.is_empty() {
            return Ok(());
        }
        Err(fail(place, "The rows ended without their mark.", "Read again: the server was stopped."))
    }
}

fn fail_form(place: &str) -> SourceError {
    let remedy = "Check whether a proxy between here and PostgreSQL changes what is sent.";
    fail(place, "The server sent something that is no row of COPY.", remedy)
}

fn read_i16(bytes: &[u8], at: usize) -> Option<i16> {
    Some(i16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn read_i32(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
