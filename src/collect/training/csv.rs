//! CSV (RFC 4180) with a mapping, such as Moodle's reports of course completion.
//!
//! The mapping says which column holds what. A column that looks like marks is refused: the
//! register holds none.

use super::{ExportError, ImportedTraining, LARGEST, TrainingExport, WhyPassedOver, name_person};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use portcullis_model::moment::Moment;
use portcullis_model::training::TrainingSettings;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Words in the name of a column that holds marks.
const MARKS: [&str; 9] =
    ["grade", "grades", "mark", "marks", "percent", "percentage", "points", "score", "scores"];

/// What each column of a CSV file holds, as its mapping file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CsvMapping {
    /// Who gave the courses.
    provider: Option<String>,
    /// The one character between cells. Default: a comma.
    separator: Option<char>,
    /// The one course that the file is about, by its name in the policy.
    course: Option<String>,
    /// How dates are written, for strptime(3): `"%d/%m/%y, %H:%M"`. Default: RFC 3339, or a date.
    date_format: Option<String>,
    /// The offset of times that say none: `"+01:00"`.
    offset: Option<String>,
    /// The columns, by what they hold.
    columns: CsvColumns,
    /// What the file calls a course, and the name of the course in the policy.
    #[serde(default)]
    courses: BTreeMap<String, String>,
    /// Columns by name, and the values with which a row counts.
    #[serde(default)]
    when: BTreeMap<String, Vec<String>>,
}

/// The names of the columns.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CsvColumns {
    /// The address or login of the person.
    person: String,
    /// When the course was completed; a row without it is not completed.
    completed: String,
    /// The course, where the file is about several.
    course: Option<String>,
    /// When it ends.
    expires: Option<String>,
    /// Where the evidence is.
    evidence: Option<String>,
}

/// Reads a mapping, with its courses held against those of the policy.
///
/// # Errors
/// It is not valid, or names a column of marks or a course that the policy does not have.
pub fn read_mapping(text: &str, settings: &TrainingSettings) -> Result<CsvMapping, ExportError> {
    let mapping: CsvMapping = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| 1 + text.get(..span.start).unwrap_or("").matches('\n').count());
        let place = line.map(|line| format!("line {line}")).unwrap_or_default();
        ExportError::at(place, error.message())
    })?;
    if let Some(column) = mapping.named_columns().find(|column| holds_marks(column)) {
        let problem = format!(
            "the column `{column}` looks like marks, which the register does not hold; map another one"
        );
        return Err(ExportError::at("", problem));
    }
    let named = mapping.course.iter().chain(mapping.courses.values());
    if let Some(course) = named.clone().find(|course| !settings.courses.contains_key(*course)) {
        return Err(ExportError::at("", format!("the policy has no course `{course}`")));
    }
    match (&mapping.course, &mapping.columns.course) {
        (Some(_), None) => Ok(mapping),
        (None, Some(_)) if !mapping.courses.is_empty() => Ok(mapping),
        (None, Some(_)) => Err(ExportError::at("", "`[courses]` does not say which course is which")),
        _ => Err(ExportError::at("", "write either `course`, or a column `course` and `[courses]`")),
    }
}

impl CsvMapping {
    fn named_columns(&self) -> impl Iterator<Item = &String> {
        let CsvColumns { person, completed, course, expires, evidence } = &self.columns;
        let more = course.iter().chain(expires).chain(evidence);
        [person, completed].into_iter().chain(more).chain(self.when.keys())
    }
}

fn holds_marks(column: &str) -> bool {
    let lower = column.to_ascii_lowercase();
    lower.split(|c: char| !c.is_ascii_alphabetic()).any(|word| MARKS.contains(&word))
}

/// Reads the rows.
///
/// # Errors
/// A row that cannot be read, by its line.
pub fn read_csv(text: &str, mapping: &CsvMapping) -> Result<TrainingExport, ExportError> {
    if text.len() > LARGEST {
        return Err(ExportError::at("", format!("it has more than {LARGEST} bytes")));
    }
    let rows = split_rows(text.strip_prefix('\u{feff}').unwrap_or(text), mapping.separator.unwrap_or(','))?;
    let Some((header, rows)) = rows.split_first() else {
        return Err(ExportError::at("line 1", "there is no row with the names of the columns"));
    };
    let reader = RowReader::of(header, mapping)?;
    let mut export = TrainingExport::default();
    for row in rows.iter().filter(|row| row.cells.iter().any(|cell| !cell.is_empty())) {
        match reader.read(row)? {
            Ok(entry) => export.entries.push(entry),
            Err(why) => export.passed_over.push(format!("line {}: {why}", row.line)),
        }
    }
    Ok(export)
}

struct CsvRow {
    line: usize,
    cells: Vec<String>,
}

/// Rows of cells; a cell in quotes may hold separators, line ends and doubled quotes.
fn split_rows(text: &str, separator: char) -> Result<Vec<CsvRow>, ExportError> {
    let (mut rows, mut line) = (Vec::new(), 1);
    let mut chars = text.chars().peekable();
    while chars.peek().is_some() {
        let (start, mut cells, mut cell) = (line, Vec::new(), String::new());
        let (mut is_quoted, mut was_quoted) = (false, false);
        loop {
            match chars.next() {
                None if is_quoted => {
                    return Err(ExportError::at(format!("line {start}"), "a quote is not closed"));
                }
                Some('"') if is_quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                Some('"') if is_quoted => is_quoted = false,
                Some('"') if cell.is_empty() && !was_quoted => (is_quoted, was_quoted) = (true, true),
                Some(c) if is_quoted => {
                    line += usize::from(c == '\n');
                    cell.push(c);
                }
                Some(c) if c == separator => {
                    cells.push(std::mem::take(&mut cell));
                    was_quoted = false;
                }
                Some('\r') if chars.peek() == Some(&'\n') => {}
                None | Some('\n') => break,
                Some(_) if was_quoted => {
                    return Err(ExportError::at(format!("line {line}"), "text follows a closed quote"));
                }
                Some(c) => cell.push(c),
            }
        }
        line += 1;
        cells.push(cell);
        rows.push(CsvRow { line: start, cells: cells.iter().map(|cell| cell.trim().to_string()).collect() });
    }
    Ok(rows)
}

struct RowReader<'m> {
    mapping: &'m CsvMapping,
    columns: usize,
    person: usize,
    completed: usize,
    course: Option<usize>,
    expires: Option<usize>,
    evidence: Option<usize>,
    when: Vec<(usize, &'m [String])>,
}

impl<'m> RowReader<'m> {
    fn of(header: &CsvRow, mapping: &'m CsvMapping) -> Result<Self, ExportError> {
        let find = |name: &String| find_column(header, name);
        let maybe = |name: &Option<String>| name.as_ref().map(find).transpose();
        let columns = &mapping.columns;
        let when = mapping.when.iter().map(|(name, values)| Ok((find(name)?, values.as_slice())));
        Ok(RowReader {
            mapping,
            columns: header.cells.len(),
            person: find(&columns.person)?,
            completed: find(&columns.completed)?,
            course: maybe(&columns.course)?,
            expires: maybe(&columns.expires)?,
            evidence: maybe(&columns.evidence)?,
            when: when.collect::<Result<_, ExportError>>()?,
        })
    }

    /// The inner error says why a row is passed over.
    fn read(&self, row: &CsvRow) -> Result<Result<ImportedTraining, WhyPassedOver>, ExportError> {
        let place = format!("line {}", row.line);
        if row.cells.len() != self.columns {
            let problem = format!("it has {} cells, and the first row has {}", row.cells.len(), self.columns);
            return Err(ExportError::at(place, problem));
        }
        let cell = |at: usize| row.cells.get(at).map_or("", String::as_str);
        let filled = |at: Option<usize>| at.map(cell).filter(|text| !text.is_empty());
        if let Some((at, _)) =
            self.when.iter().find(|(at, values)| !values.iter().any(|one| one == cell(*at)))
        {
            return Ok(Err(WhyPassedOver(format!("`{}` is not one of the values that count", cell(*at)))));
        }
        if cell(self.completed).is_empty() {
            return Ok(Err(WhyPassedOver("not completed".to_string())));
        }
        let course = match (&self.mapping.course, self.course.map(cell)) {
            (Some(course), _) => course,
            (None, name) => match self.mapping.courses.get(name.unwrap_or_default()) {
                Some(course) => course,
                None => {
                    let why = format!("`[courses]` does not have `{}`", name.unwrap_or_default());
                    return Ok(Err(WhyPassedOver(why)));
                }
            },
        };
        if cell(self.person).is_empty() {
            return Err(ExportError::at(place, "it names no person"));
        }
        let moment =
            |text: &str| self.moment(text).map_err(|error| ExportError { place: place.clone(), ..error });
        Ok(Ok(ImportedTraining {
            person: name_person(cell(self.person)),
            course: course.clone(),
            provider: self.mapping.provider.clone(),
            completed: moment(cell(self.completed))?,
            expires: filled(self.expires).map(moment).transpose()?,
            evidence: filled(self.evidence).map(str::to_string),
            waived: None,
            place,
        }))
    }

    /// A moment as the register writes it. A time of day gets the offset of the mapping.
    fn moment(&self, text: &str) -> Result<String, ExportError> {
        let Some(format) = &self.mapping.date_format else {
            return match Moment::try_from(text.to_string()) {
                Ok(_) => Ok(text.to_string()),
                Err(_) => self.with_offset(text.parse::<DateTime>().map_err(|_| no_moment(text))?, text),
            };
        };
        // A time that says its offset keeps it.
        if let Ok(moment) = Timestamp::strptime(format, text) {
            return Ok(moment.to_string());
        }
        if let Ok(time) = DateTime::strptime(format, text) {
            return self.with_offset(time, text);
        }
        Date::strptime(format, text).map(|date| date.to_string()).map_err(|_| no_moment(text))
    }

    fn with_offset(&self, time: DateTime, text: &str) -> Result<String, ExportError> {
        let Some(offset) = &self.mapping.offset else {
            let problem = format!("`{text}` says no offset; write `offset` in the mapping, as \"+00:00\"");
            return Err(ExportError::at("", problem));
        };
        let wrong = || ExportError::at("", format!("`{offset}` is not an offset; write \"+01:00\""));
        let offset = parse_offset(offset).ok_or_else(wrong)?;
        let moment = offset.to_timestamp(time).map_err(|error| ExportError::at("", error.to_string()))?;
        Ok(moment.to_string())
    }
}

fn no_moment(text: &str) -> ExportError {
    ExportError::at(
        "",
        format!(
            "`{text}` is not a date that the mapping understands; say how dates are written in `date-format`"
        ),
    )
}

fn parse_offset(text: &str) -> Option<Offset> {
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) =
        text.get(1..)?.split_once(':').filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2)?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let in_bounds = (0..=14).contains(&hours) && (0..60).contains(&minutes);
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok().filter(|_| in_bounds)
}

fn find_column(header: &CsvRow, name: &str) -> Result<usize, ExportError> {
    let mut found = header.cells.iter().enumerate().filter(|(_, cell)| *cell == name).map(|(at, _)| at);
    match (found.next(), found.next()) {
        (Some(at), None) => Ok(at),
        (Some(_), Some(_)) => Err(ExportError::at("line 1", format!("two columns are called `{name}`"))),
        (None, _) => {
            let names = header.cells.join("`, `");
            Err(ExportError::at("line 1", format!("no column is called `{name}`; there are `{names}`")))
        }
    }
}

#[cfg(test)]
mod tests;
