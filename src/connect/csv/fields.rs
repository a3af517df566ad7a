//! A record of comma-separated values, divided into its fields.

use portcullis_model::reconciliation::connector::{CsvSettings, QuoteEscape};

/// Where a field is: in the record, or in the record's copy without quotation marks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FieldSpan {
    start: usize,
    end: usize,
    is_unquoted_copy: bool,
}

/// The fields of one record.
#[derive(Default)]
pub(super) struct RecordFields {
    spans: Vec<FieldSpan>,
    copy: Vec<u8>,
}

impl RecordFields {
    pub(super) fn spans(&self) -> &[FieldSpan] {
        &self.spans
    }

    /// The bytes of a field.
    pub(super) fn text<'r>(&'r self, record: &'r [u8], span: &FieldSpan) -> &'r [u8] {
        let from = if span.is_unquoted_copy { &self.copy } else { record };
        from.get(span.start..span.end).unwrap_or_default()
    }

    /// Divides a record without its line break.
    pub(super) fn divide(&mut self, record: &[u8], settings: &CsvSettings) -> Result<(), &'static str> {
        self.spans.clear();
        self.copy.clear();
        let quote = settings.quote.filter(|quote| memchr::memchr(*quote, record).is_some());
        let mut start = 0;
        // Most records have neither: they are divided in one pass.
        if quote.is_none() && memchr::memchr2(b'\r', b'\n', record).is_none() {
            for end in memchr::memchr_iter(settings.delimiter, record) {
                self.spans.push(FieldSpan { start, end, is_unquoted_copy: false });
                start = end + 1;
            }
            self.spans.push(FieldSpan { start, end: record.len(), is_unquoted_copy: false });
            return Ok(());
        }
        loop {
            let end = match quote.filter(|quote| record.get(start) == Some(quote)) {
                Some(quote) => self.copy_quoted(record, start, quote, settings)?,
                None => self.take_plain(record, start, quote, settings.delimiter)?,
            };
            if end == record.len() {
                return Ok(());
            }
            start = end + 1;
        }
    }

    /// A field without quotation marks; returns where it ends.
    fn take_plain(
        &mut self,
        record: &[u8],
        start: usize,
        quote: Option<u8>,
        delimiter: u8,
    ) -> Result<usize, &'static str> {
        let rest = &record[start..];
        let end = start + memchr::memchr(delimiter, rest).unwrap_or(rest.len());
        let field = &record[start..end];
        if quote.is_some_and(|quote| field.contains(&quote)) {
            return Err("A quotation mark is within a field that does not begin with one.");
        }
        if memchr::memchr2(b'\r', b'\n', field).is_some() {
            return Err("A line break is within a field that has no quotation marks.");
        }
        self.spans.push(FieldSpan { start, end, is_unquoted_copy: false });
        Ok(end)
    }

    /// A field within quotation marks, without them; returns where it ends.
    fn copy_quoted(
        &mut self,
        record: &[u8],
        start: usize,
        quote: u8,
        settings: &CsvSettings,
    ) -> Result<usize, &'static str> {
        let copy_start = self.copy.len();
        let mut at = start + 1;
        loop {
            let Some(byte) = record.get(at) else { return Err("A quotation mark is not closed.") };
            let next = record.get(at + 1).copied();
            match settings.escape {
                QuoteEscape::Doubled if *byte == quote && next == Some(quote) => at += 1,
                QuoteEscape::After(mark)
                    if *byte == mark && next.is_some_and(|n| n == quote || n == mark) =>
                {
                    at += 1;
                }
                _ if *byte == quote => break,
                _ => {}
            }
            self.copy.push(record[at]);
            at += 1;
        }
        let end = at + 1;
        if record.get(end).is_some_and(|byte| *byte != settings.delimiter) {
            return Err("Text follows a closing quotation mark.");
        }
        self.spans.push(FieldSpan { start: copy_start, end: self.copy.len(), is_unquoted_copy: true });
        Ok(end)
    }
}

/// Whether a quotation mark is open at the end of a line.
#[derive(Default)]
pub(super) struct QuoteState {
    open: bool,
    escaped: bool,
}

impl QuoteState {
    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    /// Goes on over one more line of the record.
    pub(super) fn scan_line(&mut self, line: &[u8], settings: &CsvSettings) {
        let Some(quote) = settings.quote else { return };
        match settings.escape {
            QuoteEscape::Doubled => {
                self.open ^= memchr::memchr_iter(quote, line).count() % 2 == 1;
            }
            QuoteEscape::After(mark) => {
                for byte in line {
                    if self.escaped {
                        self.escaped = false;
                        // The mark protects the quotation mark and itself alone.
                        if *byte == quote || *byte == mark {
                            continue;
                        }
                    }
                    if *byte == quote {
                        self.open = !self.open;
                    } else if self.open && *byte == mark {
                        self.escaped = true;
                    }
                }
            }
        }
    }
}
