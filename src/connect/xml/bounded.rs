//! A file that gives no more bytes for one record than the policy allows, and counts lines.

use crate::text_input::TextInput;
use std::io::{self, BufRead, Read};

/// The file below an XML reader, which would read a text of any length.
pub(super) struct BoundedInput {
    input: TextInput,
    longest: u64,
    /// Bytes since the part began.
    used: u64,
    line: u64,
}

impl BoundedInput {
    pub(super) const fn new(input: TextInput, longest: u64) -> Self {
        Self { input, longest, used: 0, line: 1 }
    }

    /// Begins a record, or what is between two of them; gives the number of its line.
    pub(super) const fn begin_part(&mut self) -> u64 {
        self.used = 0;
        self.line
    }

    pub(super) const fn input(&self) -> &TextInput {
        &self.input
    }

    pub(super) fn into_input(self) -> TextInput {
        self.input
    }
}

impl BufRead for BoundedInput {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used > self.longest {
            return Err(io::Error::other(format!("A record is longer than {} bytes", self.longest)));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        let taken = self.input.buffered();
        let taken = taken.get(..count).unwrap_or(taken);
        self.line += memchr::memchr_iter(b'\n', taken).count() as u64;
        self.used += count as u64;
        self.input.consume(count);
    }
}

impl Read for BoundedInput {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        into[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}
