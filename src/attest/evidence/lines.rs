//! Statements in files and notes, one per line.

use super::MAXIMUM_BYTES;
use std::collections::BTreeSet;
use std::io::{self, BufRead, Read};

/// The longest line that is read from a pipe or device, in bytes: nothing else limits it.
const MAXIMUM_ENDLESS: u64 = 256 << 20;

/// Reads the lines of a file of statements one at a time: all together they may be long.
pub struct StatementLines<R> {
    source: R,
    limit: u64,
}

impl<R: BufRead> StatementLines<R> {
    /// Reads from a file, which has an end.
    pub fn of(source: R) -> Self {
        StatementLines { source, limit: MAXIMUM_BYTES }
    }

    /// Reads from a pipe or device, which may have no end.
    pub fn of_endless(source: R) -> Self {
        StatementLines { source, limit: MAXIMUM_ENDLESS }
    }
}

impl<R: BufRead> Iterator for StatementLines<R> {
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

/// Splits a note, or a file of statements, into its lines without blank ones.
pub fn note_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

/// Returns the note with one more line, sorted.
pub fn add_line(note: &[u8], line: &[u8]) -> Vec<u8> {
    let all: BTreeSet<&[u8]> = note_lines(note).chain([line]).collect();
    let mut bytes = Vec::with_capacity(note.len() + line.len() + 1);
    for line in all {
        bytes.extend(line);
        bytes.push(b'\n');
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_handed_out_one_by_one_as_from_the_whole() {
        for text in ["", "\n", "a", "a\n", " a \r\n\n\tb\n", "a\nb\nc", "\n\n a\n "] {
            let found = StatementLines::of(text.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
            assert_eq!(found, note_lines(text.as_bytes()).collect::<Vec<_>>(), "{text:?}");
        }
    }

    #[test]
    fn a_note_is_sorted_and_holds_nothing_twice() {
        let note = add_line(&add_line(b"", b"b"), b"a");
        assert_eq!(note, b"a\nb\n");
        assert_eq!(add_line(&note, b"b"), note);
        assert_eq!(note_lines(b"\n a \r\n\nb").collect::<Vec<_>>(), [b"a", b"b"]);
    }
}
