//! A report on its way in: all of its bytes, or a stream of them.
//!
//! A large report is not kept: a format that is read element by element or line by line takes a
//! [`ReportStream`] piece by piece. The same code reads both ways, so that what a stream says is
//! what the whole would. A stream is UTF-8, and no piece of it is longer than [`PIECE_BYTES`]; in
//! the whole a report may have another encoding and longer pieces.

use super::HEAD_BYTES;
use super::encoding::{declares_another, decode_text};
use crate::error::ReportError;
use memchr::memchr_iter;
use std::io::{self, BufRead, BufReader, Cursor, Read};

/// The longest piece of a stream, in bytes: a text, a tag with its attributes, a line.
pub const PIECE_BYTES: usize = 32 << 20;

/// How much is read of a stream at once, in bytes.
const BUFFER_BYTES: usize = 256 << 10;

/// A report on its way in.
pub enum Input<'i> {
    /// All of it.
    Whole(&'i [u8]),
    /// One piece after the other.
    Stream(ReportStream<'i>),
}

impl<'i> Input<'i> {
    /// The first bytes: as many as detection looks at, or more.
    pub fn head(&self) -> &[u8] {
        match self {
            Input::Whole(bytes) => bytes,
            Input::Stream(stream) => &stream.head,
        }
    }

    /// How long it is, in bytes, as far as that is known.
    pub fn length(&self) -> u64 {
        match self {
            Input::Whole(bytes) => bytes.len() as u64,
            Input::Stream(stream) => stream.length,
        }
    }

    /// All of it, for a format that is one document from its first byte to the last.
    ///
    /// # Errors
    /// The report is a stream.
    pub fn whole(self) -> Result<&'i [u8], ReportError> {
        match self {
            Input::Whole(bytes) => Ok(bytes),
            Input::Stream(_) => Err(ReportError::whole("a report of this format is not read in pieces")),
        }
    }
}

/// A report that is read in pieces.
pub struct ReportStream<'i> {
    head: Vec<u8>,
    rest: &'i mut dyn Read,
    length: u64,
}

impl<'i> ReportStream<'i> {
    /// The stream that `source` is, of which `length` bytes are expected.
    ///
    /// # Errors
    /// The source cannot be read.
    pub fn begin(source: &'i mut dyn Read, length: u64) -> io::Result<Self> {
        let mut head = Vec::new();
        Read::take(&mut *source, HEAD_BYTES as u64).read_to_end(&mut head)?;
        Ok(ReportStream { head, rest: source, length })
    }

    /// The first bytes, as many as detection looks at.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The rest in pieces, without the byte order mark.
    ///
    /// # Errors
    /// The report declares another encoding than UTF-8.
    pub fn pieces(self, xml: bool) -> Result<Pieces<'i>, ReportError> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        if let Some(other) = declares_another(&self.head, xml) {
            return Err(ReportError::whole(format!(
                "{other}, and in pieces only UTF-8 is read; write it as UTF-8"
            )));
        }
        let mut head = Cursor::new(self.head);
        if head.get_ref().starts_with(MARK) {
            head.set_position(MARK.len() as u64);
        }
        let source = BufReader::with_capacity(BUFFER_BYTES, head.chain(self.rest));
        Ok(Pieces { source, line: 1, room: PIECE_BYTES })
    }
}

/// A stream of which each piece may only be so long.
pub struct Pieces<'i> {
    source: BufReader<io::Chain<Cursor<Vec<u8>>, &'i mut dyn Read>>,
    line: u64,
    room: usize,
}

impl Pieces<'_> {
    /// A piece begins here. Returns the line, counted from 1.
    pub fn begin(&mut self) -> u64 {
        self.room = PIECE_BYTES;
        self.line
    }

    /// The next line as it is written, with its end, in the place of what `line` holds. `false` at
    /// the end of the stream.
    fn line(&mut self, line: &mut Vec<u8>) -> Result<bool, ReportError> {
        let number = self.begin();
        line.clear();
        line.shrink_to(BUFFER_BYTES);
        let read = self.read_until(b'\n', line);
        read.map_err(|error| ReportError { line: Some(number), message: error.to_string() })?;
        Ok(!line.is_empty())
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let available = self.source.fill_buf()?;
        match available.len().min(self.room) {
            0 if !available.is_empty() => Err(too_long()),
            length => Ok(&available[..length]),
        }
    }

    fn consume(&mut self, amount: usize) {
        let taken = self.source.buffer().get(..amount).unwrap_or_default();
        self.line += memchr_iter(b'\n', taken).count() as u64;
        self.room -= amount.min(self.room);
        self.source.consume(amount);
    }
}

fn too_long() -> io::Error {
    io::Error::other(format!(
        "a text, a tag or a line that begins here is longer than {PIECE_BYTES} bytes, which is too long in a report that is read in pieces; let \
         the runner keep less of what tests print, or split the suite into several reports"
    ))
}

/// A line of a report.
pub struct InputLine<'l> {
    /// Which it is, counted from 1.
    pub number: usize,
    /// What it contains.
    pub text: &'l str,
    /// The line behind it.
    pub next: Option<&'l str>,
    /// Does the line end, and not only the report?
    pub ends: bool,
}

/// Hands on each line of a report that is no XML.
///
/// # Errors
/// A byte that does not belong in the report's encoding, a line that is too long for a stream, and
/// what `take` says.
pub fn read_lines(
    input: Input<'_>,
    mut take: impl FnMut(InputLine<'_>) -> Result<(), ReportError>,
) -> Result<(), ReportError> {
    match input {
        Input::Whole(bytes) => {
            let text = decode_text(bytes)?;
            let ended = text.ends_with('\n');
            let mut lines = text.lines().enumerate().peekable();
            while let Some((number, text)) = lines.next() {
                let next = lines.peek().map(|(_, next)| *next);
                take(InputLine { number: number + 1, text, next, ends: next.is_some() || ended })?;
            }
            Ok(())
        }
        Input::Stream(stream) => read_streamed_lines(&mut stream.pieces(false)?, take),
    }
}

fn read_streamed_lines(
    pieces: &mut Pieces<'_>,
    mut take: impl FnMut(InputLine<'_>) -> Result<(), ReportError>,
) -> Result<(), ReportError> {
    let (mut this, mut behind) = (Vec::new(), Vec::new());
    let mut more = pieces.line(&mut this)?;
    let mut number = 0;
    while more {
        number += 1;
        more = pieces.line(&mut behind)?;
        let next = if more { Some(decode_line(&behind, number + 1)?) } else { None };
        let text = decode_line(&this, number)?;
        take(InputLine { number, text, next, ends: this.ends_with(b"\n") })?;
        std::mem::swap(&mut this, &mut behind);
    }
    Ok(())
}

/// A line without its end, as [`str::lines`] has it.
fn decode_line(line: &[u8], number: usize) -> Result<&str, ReportError> {
    let text = line.strip_suffix(b"\n").map_or(line, |text| text.strip_suffix(b"\r").unwrap_or(text));
    std::str::from_utf8(text).map_err(|_| ReportError::at(number, "a byte here does not belong in UTF-8"))
}
