//! Comma-separated values, strictly by the dialect that the policy states.
//!
//! Where other readers are kind, this one ends the extraction: a quotation mark that is never
//! closed (a file that was cut), text after a closing mark, another number of fields, a line break
//! that the policy does not name. Each of these can hide records.

mod fields;

use crate::failure::fail;
use crate::input::InputQueue;
use crate::opening::{AnySource, Opening};
use crate::text_input::TextInput;
use crate::totals::{Number, RunningTotal, check_count};
use fields::{FieldSpan, RecordFields};
use portcullis_model::reconciliation::Isolation;
use portcullis_model::reconciliation::connector::{CsvHeader, CsvSettings, CsvTrailer, LineBreak};
use portcullis_reconcile::source::{RawValue, RecordSource, SourceError};

/// Opens the files. The first one's header is read at once.
pub(crate) fn open(settings: &CsvSettings, opening: &Opening<'_>) -> Result<AnySource, SourceError> {
    let mut source = CsvSource::new(settings, opening)?;
    source.open_next()?;
    Ok(Box::new(source))
}

struct CsvSource {
    settings: CsvSettings,
    columns: Vec<String>,
    waiting: InputQueue,
    open: Option<TextInput>,
    place: String,
    record: Vec<u8>,
    fields: RecordFields,
    first_line: u64,
    names: Vec<String>,
    /// For each column, the number of its field.
    wanted: Vec<usize>,
    totals: Vec<(usize, RunningTotal)>,
    rows_of_file: u64,
    announced: Option<u64>,
}

impl CsvSource {
    fn new(settings: &CsvSettings, opening: &Opening<'_>) -> Result<Self, SourceError> {
        check_dialect(settings)?;
        let waiting = InputQueue::list(&settings.files, opening)?;
        Ok(Self {
            settings: settings.clone(),
            columns: opening.columns.to_vec(),
            waiting,
            open: None,
            place: settings.files.pattern.clone(),
            record: Vec::new(),
            fields: RecordFields::default(),
            first_line: 0,
            names: Vec::new(),
            wanted: Vec::new(),
            totals: Vec::new(),
            rows_of_file: 0,
            announced: settings.trailer.is_some().then_some(0),
        })
    }

    /// Opens the next file and reads its header; `false`: there is none.
    fn open_next(&mut self) -> Result<bool, SourceError> {
        let Some(file) = self.waiting.open_next()? else { return Ok(false) };
        let mut input = TextInput::open(file, self.settings.characters);
        self.place = input.name().to_string();
        let mut line = Vec::new();
        for _ in 0..self.settings.skip_lines {
            line.clear();
            if !input.append_line(&mut line, self.settings.files.longest_record)? {
                return Err(fail_short(&input, "The file ends within the lines that are skipped."));
            }
        }
        self.open = Some(input);
        let names = self.read_names()?;
        if self.names.is_empty() {
            self.wanted = find_columns(&self.place, &names, &self.columns)?;
            self.names = names;
        } else if self.names != names {
            let remedy = "Read files with other columns as a dataset of their own.";
            return Err(fail(&self.place, "The header is not that of the first file.", remedy));
        }
        self.begin_totals()?;
        self.rows_of_file = 0;
        Ok(true)
    }

    fn read_names(&mut self) -> Result<Vec<String>, SourceError> {
        if let CsvHeader::Columns(names) = &self.settings.header {
            return Ok(names.clone());
        }
        if !self.read_record()? {
            let remedy = "Fetch the file again. A file without records still has its header.";
            return Err(fail(&self.place, "The file has no header.", remedy));
        }
        let Some(input) = &self.open else { return Ok(Vec::new()) };
        let texts =
            self.fields.spans().iter().map(|span| input.decode_text(self.fields.text(&self.record, span)));
        let names = texts.collect::<Option<Vec<_>>>();
        names.ok_or_else(|| fail_bytes(&input.place(), self.settings.characters.as_str()))
    }

    fn begin_totals(&mut self) -> Result<(), SourceError> {
        self.totals.clear();
        for total in self.settings.trailer.iter().flat_map(|trailer| &trailer.totals) {
            let column = std::slice::from_ref(&total.column);
            let field = find_columns(&self.place, &self.names, column)?;
            self.totals.extend(field.first().map(|field| (*field, RunningTotal::of_column(&total.column))));
        }
        Ok(())
    }

    /// Reads a record and divides it into fields; `false` at the end of the file.
    fn read_record(&mut self) -> Result<bool, SourceError> {
        let Some(input) = &mut self.open else { return Ok(false) };
        self.record.clear();
        self.first_line = input.line() + 1;
        let mut state = fields::QuoteState::default();
        loop {
            let before = self.record.len();
            if !input.append_line(&mut self.record, self.settings.files.longest_record)? {
                if before == 0 {
                    return Ok(false);
                }
                let problem = "The file ends within quotation marks that begin in this record.";
                return Err(fail_short_at(&input.place_of(self.first_line), problem));
            }
            state.scan_line(&self.record[before..], &self.settings);
            if !state.is_open() {
                break;
            }
        }
        let place = || input.place_of(self.first_line);
        let length = check_line_break(&self.record, &self.settings, &place)?;
        self.record.truncate(length);
        self.fields.divide(&self.record, &self.settings).map_err(|problem| {
            fail(place(), problem, "Correct the dialect in the policy, or have the file written again.")
        })?;
        Ok(true)
    }

    /// Whether the record is the trailer; then nothing may follow it, and what it states holds.
    fn read_trailer(&mut self) -> Result<bool, SourceError> {
        let Some(trailer) = self.settings.trailer.clone() else { return Ok(false) };
        if self.field_text(0).as_deref() != Some(trailer.marker.as_str()) {
            return Ok(false);
        }
        let place = self.place();
        self.check_trailer(&trailer, &place)?;
        if self.read_record()? {
            let remedy = "Fetch the file again: the trailer has to be its last record.";
            return Err(fail(self.place(), "Records follow the trailer.", remedy));
        }
        Ok(true)
    }

    fn check_trailer(&mut self, trailer: &CsvTrailer, place: &str) -> Result<(), SourceError> {
        let field = |number: u32| self.field_text(usize::try_from(number).ok()?.checked_sub(1)?);
        let stated = field(trailer.count).and_then(|text| text.trim_matches(' ').parse().ok());
        let rows = check_count(stated, trailer.also_counted, self.rows_of_file, place)?;
        for (total, (_, running)) in trailer.totals.iter().zip(&self.totals) {
            running.hold_against(field(total.field).and_then(|text| Number::parse(&text)), place)?;
        }
        self.announced = self.announced.and_then(|sum| sum.checked_add(rows));
        Ok(())
    }

    fn field_text(&self, number: usize) -> Option<String> {
        let span = self.fields.spans().get(number)?;
        self.open.as_ref()?.decode_text(self.fields.text(&self.record, span))
    }

    fn finish_file(&mut self, saw_trailer: bool) -> Result<(), SourceError> {
        if self.settings.trailer.is_some() && !saw_trailer {
            return Err(fail_short_at(&self.place(), "The file ends without its trailer."));
        }
        self.open.take().map_or(Ok(()), |input| input.check_whole())
    }

    fn write_values(&mut self, values: &mut Vec<RawValue>) {
        let Some(input) = &self.open else { return };
        values.resize(self.wanted.len(), RawValue::Null);
        for (value, field) in values.iter_mut().zip(&self.wanted) {
            write_field(input, &self.record, &self.fields, *field, &self.settings.null_texts, value);
        }
        let mut value = RawValue::Null;
        for (field, total) in &mut self.totals {
            write_field(input, &self.record, &self.fields, *field, &self.settings.null_texts, &mut value);
            total.add_value(&value);
        }
    }
}

impl RecordSource for CsvSource {
    fn isolation(&self) -> Isolation {
        Isolation::File
    }

    fn read_row(&mut self, values: &mut Vec<RawValue>) -> Result<bool, SourceError> {
        while self.open.is_some() {
            let is_record = self.read_record()?;
            let is_trailer = is_record && self.read_trailer()?;
            if !is_record || is_trailer {
                self.finish_file(is_trailer)?;
                self.open_next()?;
                continue;
            }
            let (found, named) = (self.fields.spans().len(), self.names.len());
            if found != named {
                let remedy = "Check the delimiter and the quotation marks, or have the file written again.";
                return Err(fail(
                    self.place(),
                    format!("{named} fields were required, and {found} are here."),
                    remedy,
                ));
            }
            self.write_values(values);
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
        self.open.as_ref().map_or_else(|| self.place.clone(), |input| input.place_of(self.first_line))
    }
}

fn write_field(
    input: &TextInput,
    record: &[u8],
    fields: &RecordFields,
    number: usize,
    nulls: &[String],
    value: &mut RawValue,
) {
    let span = fields.spans().get(number).copied().unwrap_or(FieldSpan::default());
    input.write_value(fields.text(record, &span), value);
    if let RawValue::Text(text) = value
        && nulls.iter().any(|null| null == text)
    {
        *value = RawValue::Null;
    }
}

/// Where each wanted column is.
fn find_columns(place: &str, names: &[String], wanted: &[String]) -> Result<Vec<usize>, SourceError> {
    let find = |name: &String| {
        let mut places = names.iter().enumerate().filter(|(_, known)| *known == name).map(|(at, _)| at);
        match (places.next(), places.next()) {
            (Some(at), None) => Ok(at),
            (Some(_), Some(_)) => Err(fail(
                place,
                format!("Two columns have the name `{}`.", name.escape_debug()),
                "Name the columns in the policy (`columns = […]`) instead.",
            )),
            (None, _) => Err(fail(
                place,
                format!("There is no column `{}`.", name.escape_debug()),
                "Write the name in the policy as the header has it; upper and lower case count.",
            )),
        }
    };
    wanted.iter().map(find).collect()
}

/// Refuses a dialect that could not be read in one way only.
fn check_dialect(settings: &CsvSettings) -> Result<(), SourceError> {
    use portcullis_model::reconciliation::connector::QuoteEscape;
    let escape = match settings.escape {
        QuoteEscape::Doubled => None,
        QuoteEscape::After(mark) => Some(mark),
    };
    let marks: Vec<u8> = [Some(settings.delimiter), settings.quote, escape].into_iter().flatten().collect();
    let is_usable = |mark: &u8| mark.is_ascii() && !matches!(mark, b'\n' | b'\r' | 0);
    let is_same = marks.iter().enumerate().any(|(at, mark)| marks[..at].contains(mark));
    if is_same || !marks.iter().all(is_usable) {
        return Err(fail(
            &settings.files.pattern,
            "The delimiter, the quotation mark and the escape have to be three ASCII characters that differ.",
            "Correct the dialect in the policy.",
        ));
    }
    Ok(())
}

/// The length of a record without its line break, which is one that the policy names.
fn check_line_break(
    record: &[u8],
    settings: &CsvSettings,
    place: &dyn Fn() -> String,
) -> Result<usize, SourceError> {
    let (text, found) = match record.strip_suffix(b"\n") {
        None => (record, None),
        Some(text) => match text.strip_suffix(b"\r") {
            Some(text) => (text, Some(LineBreak::CrLf)),
            None => (text, Some(LineBreak::Lf)),
        },
    };
    match found {
        None if settings.final_line_break => {
            Err(fail_short_at(&place(), "The file ends without a line break, so it may have been cut."))
        }
        Some(found) if settings.line_break != LineBreak::Either && settings.line_break != found => Err(fail(
            place(),
            "The record ends with another line break than the policy names.",
            "Set `line-break` to \"lf\", \"crlf\" or \"either\".",
        )),
        _ => Ok(text.len()),
    }
}

fn fail_short(input: &TextInput, problem: &str) -> SourceError {
    fail_short_at(&input.place(), problem)
}

fn fail_short_at(place: &str, problem: &str) -> SourceError {
    let remedy = "Fetch the file again. If its writer leaves the last line break out, set \
                  `final-line-break = false`.";
    let remedy = if problem.contains("line break") { remedy } else { "Fetch the file again: it was cut." };
    fail(place, problem, remedy)
}

fn fail_bytes(place: &str, set: &str) -> SourceError {
    let problem = format!("The header is no text in {set}.");
    fail(place, problem, "State the file's character set in the policy.")
}
