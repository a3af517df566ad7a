//! Records of fixed width: lines or blocks of bytes, columns by position, header and trailer with
//! their counts and sums.

mod column;

use crate::failure::fail;
use crate::input::InputQueue;
use crate::opening::{AnySource, Opening};
use crate::text_input::TextInput;
use crate::totals::{Number, RunningTotal, check_count};
use column::ColumnReader;
use portcullis_model::reconciliation::Isolation;
use portcullis_model::reconciliation::connector::{
    CharacterSet, FixedRecord, FixedWidthSettings, LineBreak, RecordLayout,
};
use portcullis_reconcile::source::{RawValue, RecordSource, SourceError};

/// Opens the files.
pub(crate) fn open(settings: &FixedWidthSettings, opening: &Opening<'_>) -> Result<AnySource, SourceError> {
    let place = settings.files.pattern.clone();
    let columns = ColumnReader::new(settings, &place)?;
    let wanted = opening.columns.iter().map(|name| columns.find(name, &place)).collect::<Result<_, _>>()?;
    check_marks(settings, &columns, &place)?;
    let waiting = InputQueue::list(&settings.files, opening)?;
    let announced = settings.header.iter().chain(&settings.trailer).any(|record| record.count.is_some());
    let mut source = FixedSource {
        settings: settings.clone(),
        columns,
        wanted,
        waiting,
        open: None,
        place,
        record: Vec::new(),
        next: Vec::new(),
        has_next: false,
        number: 0,
        header: None,
        header_totals: Vec::new(),
        trailer_totals: Vec::new(),
        rows_of_file: 0,
        announced: announced.then_some(0),
    };
    source.open_next()?;
    Ok(Box::new(source))
}

/// What a header or trailer needs: names of columns that exist, and at least one byte of marker.
fn check_marks(
    settings: &FixedWidthSettings,
    columns: &ColumnReader,
    place: &str,
) -> Result<(), SourceError> {
    for record in settings.header.iter().chain(&settings.trailer) {
        if record.marker.text.is_empty() || record.marker.first == 0 {
            let remedy = "Give the text that only the header or trailer has, and its first position from 1.";
            return Err(fail(place, "A marker is empty or has no position.", remedy));
        }
        for total in &record.totals {
            columns.find(&total.column, place)?;
        }
    }
    Ok(())
}

struct FixedSource {
    settings: FixedWidthSettings,
    columns: ColumnReader,
    wanted: Vec<usize>,
    waiting: InputQueue,
    open: Option<TextInput>,
    place: String,
    record: Vec<u8>,
    /// The record after it, where there is one: the last record of a file is its trailer.
    next: Vec<u8>,
    has_next: bool,
    number: u64,
    /// The header, until its count and sums are held against the file.
    header: Option<Vec<u8>>,
    header_totals: Vec<(usize, RunningTotal)>,
    trailer_totals: Vec<(usize, RunningTotal)>,
    rows_of_file: u64,
    announced: Option<u64>,
}

impl FixedSource {
    fn open_next(&mut self) -> Result<(), SourceError> {
        let Some(file) = self.waiting.open_next()? else { return Ok(()) };
        self.place = file.name().to_string();
        // Positions count bytes of the file: nothing is decoded before it is cut.
        self.open = Some(TextInput::open_bytes(file, self.settings.characters));
        (self.number, self.rows_of_file) = (0, 0);
        self.header_totals = self.begin_totals(self.settings.header.as_ref());
        self.trailer_totals = self.begin_totals(self.settings.trailer.as_ref());
        self.read_next()?;
        if let Some(header) = self.settings.header.clone() {
            if !self.has_next || !self.columns.has_mark(&self.next, &header.marker) {
                let remedy = "Fetch the file again, or correct the header's marker in the policy.";
                return Err(fail(self.place(), "The file does not begin with its header.", remedy));
            }
            self.header = Some(std::mem::take(&mut self.next));
            self.read_next()?;
        }
        Ok(())
    }

    fn begin_totals(&self, record: Option<&FixedRecord>) -> Vec<(usize, RunningTotal)> {
        let totals = record.into_iter().flat_map(|record| &record.totals);
        let begin = |column: &String| Some((self.columns.place_of(column)?, RunningTotal::of_column(column)));
        totals.filter_map(|total| begin(&total.column)).collect()
    }

    /// Reads the record after the current one; `false` at the end of the file.
    fn read_next(&mut self) -> Result<bool, SourceError> {
        self.next.clear();
        self.has_next = false;
        let Some(input) = &mut self.open else { return Ok(false) };
        let longest = self.settings.files.longest_record;
        let is_there = match self.settings.records {
            RecordLayout::Lines(line_break) => {
                let breaks = find_breaks(self.settings.characters);
                let is_there = input.append_line_until(&mut self.next, longest, breaks)?;
                is_there && {
                    cut_line_break(&mut self.next, breaks, line_break, &input.place())?;
                    true
                }
            }
            RecordLayout::Length(length) => input.append_block(&mut self.next, u64::from(length))?,
        };
        self.has_next = is_there;
        self.number += u64::from(is_there);
        Ok(is_there)
    }

    /// The record is no data: what it states is held against what was read.
    fn check_stated(
        &self,
        record: &FixedRecord,
        bytes: &[u8],
        totals: &[(usize, RunningTotal)],
        place: &str,
    ) -> Result<Option<u64>, SourceError> {
        for (total, (_, running)) in record.totals.iter().zip(totals) {
            running.hold_against(self.read_total(bytes, total.first, total.length, total.scale), place)?;
        }
        let Some((first, length)) = record.count else { return Ok(None) };
        let text = self.columns.cut_text(bytes, first, length);
        let stated = text.and_then(|text| text.trim_matches(' ').parse().ok());
        check_count(stated, record.also_counted, self.rows_of_file, place).map(Some)
    }

    /// A stated sum: with a point as it is written, without one by its scale.
    fn read_total(&self, bytes: &[u8], first: u32, length: u32, scale: u8) -> Option<Number> {
        let text = self.columns.cut_text(bytes, first, length)?;
        let text = text.trim_matches(' ');
        if text.contains('.') {
            return Number::parse(text);
        }
        text.parse().ok().map(|digits| Number::new(digits, scale))
    }

    fn finish_file(&mut self, trailer: Option<&[u8]>) -> Result<(), SourceError> {
        let place = self.place();
        let mut announced = None;
        if let (Some(record), Some(bytes)) = (self.settings.trailer.clone(), trailer) {
            announced = self.check_stated(&record, bytes, &self.trailer_totals, &place)?;
        }
        if let (Some(record), Some(bytes)) = (self.settings.header.clone(), self.header.take()) {
            let place = format!("{}:1", self.place);
            announced = self.check_stated(&record, &bytes, &self.header_totals, &place)?.or(announced);
        }
        self.announced = self.announced.zip(announced).and_then(|(sum, rows)| sum.checked_add(rows));
        self.open.take().map_or(Ok(()), |input| input.check_whole())?;
        self.open_next()
    }

    /// The trailer, if the record is the file's last and has to be one.
    fn take_trailer(&mut self, is_last: bool) -> Result<Option<Vec<u8>>, SourceError> {
        let Some(record) = &self.settings.trailer else { return Ok(None) };
        let has_mark = self.columns.has_mark(&self.record, &record.marker);
        match (is_last, has_mark) {
            (true, true) => Ok(Some(std::mem::take(&mut self.record))),
            (false, false) => Ok(None),
            (true, false) => {
                let remedy = "Fetch the file again: it was cut.";
                Err(fail(self.place(), "The file ends without its trailer.", remedy))
            }
            (false, true) => {
                let remedy = "Fetch the file again, or correct the trailer's marker in the policy.";
                Err(fail(self.place(), "Records follow the trailer.", remedy))
            }
        }
    }

    fn write_values(&mut self, values: &mut Vec<RawValue>) -> Result<(), SourceError> {
        let place = self.place();
        let positions = self.columns.find_positions(&self.record, &place)?;
        values.resize(self.wanted.len(), RawValue::Null);
        for (value, column) in values.iter_mut().zip(&self.wanted) {
            self.columns.write_value(*column, &self.record, &positions, value);
        }
        let mut value = RawValue::Null;
        for (column, total) in self.header_totals.iter_mut().chain(&mut self.trailer_totals) {
            self.columns.write_value(*column, &self.record, &positions, &mut value);
            total.add_value(&value);
        }
        Ok(())
    }
}

impl RecordSource for FixedSource {
    fn isolation(&self) -> Isolation {
        Isolation::File
    }

    fn read_row(&mut self, values: &mut Vec<RawValue>) -> Result<bool, SourceError> {
        while self.open.is_some() {
            if !self.has_next {
                if self.settings.trailer.is_some() {
                    let remedy = "Fetch the file again: it was cut.";
                    return Err(fail(self.place(), "The file ends without its trailer.", remedy));
                }
                self.finish_file(None)?;
                continue;
            }
            std::mem::swap(&mut self.record, &mut self.next);
            let is_last = !self.read_next()?;
            if let Some(trailer) = self.take_trailer(is_last)? {
                self.finish_file(Some(&trailer))?;
                continue;
            }
            self.write_values(values)?;
            self.rows_of_file += 1;
            return Ok(true);
        }
        Ok(false)
    }

    fn announced_rows(&self) -> Option<u64> {
        self.announced
    }

    fn share_read(&self) -> Option<f64> {
        Some(self.waiting.share_read())
    }

    fn place(&self) -> String {
        // Where a record follows, it was read already.
        format!("{}:{}", self.place, self.number - u64::from(self.has_next && self.number > 1))
    }
}

/// The bytes that end a line: in EBCDIC NEL and LF.
const fn find_breaks(set: CharacterSet) -> &'static [u8] {
    use CharacterSet::{Ibm037, Ibm500, Ibm1047, Ibm1140};
    match set {
        Ibm037 | Ibm500 | Ibm1047 | Ibm1140 => b"\x15\x25",
        _ => b"\n",
    }
}

/// Cuts the line break off, which is one that the policy names.
fn cut_line_break(
    line: &mut Vec<u8>,
    breaks: &[u8],
    named: LineBreak,
    place: &str,
) -> Result<(), SourceError> {
    if line.last().is_none_or(|last| !breaks.contains(last)) {
        let problem = "The file ends without a line break, so it may have been cut.";
        return Err(fail(place, problem, "Fetch the file again."));
    }
    line.pop();
    // CR is the same byte in ASCII and EBCDIC.
    let found = if line.last() == Some(&b'\r') { LineBreak::CrLf } else { LineBreak::Lf };
    if named != LineBreak::Either && named != found {
        let remedy = "Set `line-break` to \"lf\", \"crlf\" or \"either\".";
        return Err(fail(place, "The record ends with another line break than the policy names.", remedy));
    }
    if found == LineBreak::CrLf {
        line.pop();
    }
    Ok(())
}
