//! A file of text, read a buffer at a time. What keeps ASCII comes as it is and is decoded field by
//! field; other character sets are turned into UTF-8 on the way, with U+FFFD for what is no text.

use crate::characters::{TextDecoder, find_encoding, set_text};
use crate::failure::{fail, fail_reading};
use crate::input::InputFile;
use encoding_rs::Decoder;
use portcullis_model::reconciliation::connector::CharacterSet;
use portcullis_reconcile::source::{RawValue, SourceError};
use std::io::{self, BufRead, Read};

const BUFFER: usize = 1 << 16;

/// A file of text.
pub(crate) struct TextInput {
    file: InputFile,
    decoder: TextDecoder,
    transcoder: Option<Transcoder>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_beginning: bool,
    line: u64,
}

impl TextInput {
    pub(crate) fn open(file: InputFile, set: CharacterSet) -> Self {
        let transcoder = (!set.keeps_ascii()).then(|| Transcoder::new(set));
        let decoder = TextDecoder::new(if transcoder.is_some() { CharacterSet::Utf8 } else { set });
        Self::new(file, decoder, transcoder)
    }

    /// Nothing is decoded on the way: the bytes come as the file has them.
    #[cfg(feature = "fixed")]
    pub(crate) fn open_bytes(file: InputFile, set: CharacterSet) -> Self {
        Self::new(file, TextDecoder::new(set), None)
    }

    fn new(file: InputFile, decoder: TextDecoder, transcoder: Option<Transcoder>) -> Self {
        Self {
            file,
            decoder,
            transcoder,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            at_beginning: true,
            line: 0,
        }
    }

    /// File and line, for messages. The line is the one that was read last.
    pub(crate) fn place(&self) -> String {
        self.place_of(self.line)
    }

    pub(crate) fn place_of(&self, line: u64) -> String {
        format!("{}:{line}", self.file.name())
    }

    pub(crate) fn name(&self) -> &str {
        self.file.name()
    }

    /// The number of the line that was read last, from 1.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// Appends the next line with its line break; `false` at the end of the file.
    ///
    /// # Errors
    ///
    /// What cannot be read, and a record that becomes longer than `longest`.
    pub(crate) fn append_line(&mut self, line: &mut Vec<u8>, longest: u64) -> Result<bool, SourceError> {
        self.append_line_until(line, longest, b"\n")
    }

    /// Appends the next line, which ends with one of these (at most two) bytes; `false` at the end of
    /// the file.
    ///
    /// # Errors
    ///
    /// What cannot be read, and a record that becomes longer than `longest`.
    pub(crate) fn append_line_until(
        &mut self,
        line: &mut Vec<u8>,
        longest: u64,
        breaks: &[u8],
    ) -> Result<bool, SourceError> {
        let before = line.len();
        loop {
            let place = self.place();
            let available = self.fill_buf().map_err(|error| fail_reading(place, &error))?;
            let at = match breaks {
                [one, other] => memchr::memchr2(*one, *other, available),
                _ => memchr::memchr(b'\n', available),
            };
            let count = at.map_or(available.len(), |at| at + 1);
            let is_end = available.is_empty();
            line.extend_from_slice(&available[..count]);
            self.consume(count);
            if line.len() as u64 > longest {
                return Err(fail(
                    self.place_of(self.line + 1),
                    format!("A record is longer than {longest} bytes."),
                    "Check for a line break or quotation mark that is missing, or raise `longest-record`.",
                ));
            }
            if at.is_some() || is_end && line.len() > before {
                self.line += 1;
                return Ok(true);
            }
            if is_end {
                return Ok(false);
            }
        }
    }

    /// Appends so many bytes; `false` at the end of the file.
    ///
    /// # Errors
    ///
    /// What cannot be read, and a file that ends within the block.
    #[cfg(feature = "fixed")]
    pub(crate) fn append_block(&mut self, block: &mut Vec<u8>, length: u64) -> Result<bool, SourceError> {
        let place = self.place_of(self.line + 1);
        let read = self.by_ref().take(length).read_to_end(block);
        let read = read.map_err(|error| fail_reading(&place, &error))? as u64;
        if read == 0 {
            return Ok(false);
        }
        if read < length {
            let problem = format!("The file ends after {read} of {length} bytes of a record.");
            return Err(fail(place, problem, "Fetch the file again, or correct the length of a record."));
        }
        self.line += 1;
        Ok(true)
    }

    /// What was read from the file and not yet consumed.
    #[cfg(feature = "xml")]
    pub(crate) fn buffered(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Writes the text of bytes that came from here into a value, or that they are none.
    pub(crate) fn write_value(&self, bytes: &[u8], value: &mut RawValue) {
        match &self.transcoder {
            None => self.decoder.write_value(bytes, value),
            Some(transcoder) => match std::str::from_utf8(bytes) {
                Ok(text) if !text.contains('\u{fffd}') => set_text(value, text),
                _ => *value = RawValue::Unreadable(transcoder.explain()),
            },
        }
    }

    /// The text of bytes that came from here; `None` where they are none.
    pub(crate) fn decode_text(&self, bytes: &[u8]) -> Option<String> {
        let text = self.decoder.decode_bytes(bytes)?;
        (self.transcoder.is_none() || !text.contains('\u{fffd}')).then(|| text.into_owned())
    }

    /// The text of bytes that came from here, with U+FFFD for what is no text.
    #[cfg(feature = "jsonl")]
    pub(crate) fn decode_lossy<'b>(&self, bytes: &'b [u8]) -> std::borrow::Cow<'b, str> {
        self.decoder.decode_lossy(bytes)
    }

    /// Whether the file was read whole and did not change meanwhile.
    pub(crate) fn check_whole(&self) -> Result<(), SourceError> {
        self.file.check_whole()
    }

    fn fill_from_file(&mut self) -> io::Result<usize> {
        match &mut self.transcoder {
            None => read_some(&mut self.file, &mut self.buffer),
            Some(transcoder) => transcoder.read_text(&mut self.file, &mut self.buffer),
        }
    }

    /// Skips a byte order mark of UTF-8. That of UTF-16 is the transcoder's.
    fn skip_mark(&mut self) -> io::Result<()> {
        self.at_beginning = false;
        if self.decoder.set() != CharacterSet::Utf8 || self.transcoder.is_some() {
            return Ok(());
        }
        while self.end < 3 {
            let count = read_some(&mut self.file, &mut self.buffer[self.end..])?;
            if count == 0 {
                break;
            }
            self.end += count;
        }
        if self.buffer[..self.end].starts_with(b"\xef\xbb\xbf") {
            self.start = 3;
        }
        Ok(())
    }
}

impl BufRead for TextInput {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at_beginning {
            self.skip_mark()?;
        }
        if self.start == self.end {
            self.start = 0;
            self.end = self.fill_from_file()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }
}

impl Read for TextInput {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        into[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

/// Reads what there is, again after an interruption.
fn read_some(file: &mut InputFile, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Turns a character set that does not keep ASCII into UTF-8.
struct Transcoder {
    set: CharacterSet,
    way: TranscoderWay,
    raw: Vec<u8>,
    start: usize,
    end: usize,
    finished: bool,
}

enum TranscoderWay {
    Page(TextDecoder),
    Known(Box<Decoder>),
}

impl Transcoder {
    fn new(set: CharacterSet) -> Self {
        let decoder = TextDecoder::new(set);
        let way = if decoder.page().is_some() {
            TranscoderWay::Page(decoder)
        } else {
            TranscoderWay::Known(Box::new(find_encoding(set).new_decoder_with_bom_removal()))
        };
        Self { set, way, raw: vec![0; BUFFER / 4], start: 0, end: 0, finished: false }
    }

    fn explain(&self) -> String {
        format!("its bytes are no text in {}", self.set.as_str())
    }

    /// Fills `text` with UTF-8. 0: the file ends.
    fn read_text(&mut self, file: &mut InputFile, text: &mut [u8]) -> io::Result<usize> {
        while !self.finished {
            if self.start == self.end {
                self.start = 0;
                self.end = read_some(file, &mut self.raw)?;
            }
            let last = self.end == 0;
            let raw = &self.raw[self.start..self.end];
            let written = match &mut self.way {
                TranscoderWay::Page(decoder) => {
                    self.start = self.end;
                    self.finished = last;
                    write_page(decoder, raw, text)
                }
                TranscoderWay::Known(decoder) => {
                    let (result, read, written, _) = decoder.decode_to_utf8(raw, text, last);
                    self.start += read;
                    self.finished = last && result == encoding_rs::CoderResult::InputEmpty;
                    written
                }
            };
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

/// EBCDIC as UTF-8. NEL, the line break of mainframes, becomes LF. `text` has room for three bytes a
/// character.
fn write_page(decoder: &TextDecoder, raw: &[u8], text: &mut [u8]) -> usize {
    let mut written = 0;
    for byte in raw {
        let character = decoder.page().map_or('\u{fffd}', |page| page[usize::from(*byte)]);
        let character = if character == '\u{85}' { '\n' } else { character };
        written += character.encode_utf8(&mut text[written..]).len();
    }
    written
}
