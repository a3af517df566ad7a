//! The answer of an engine: one table of plain numbers and words, read line by line.
//!
//! Engines print a table in many ways. The values hold neither tabs, commas nor quotes, so one
//! reader takes tabs, commas, quoted commas, and a line of column names.

use super::fault::EngineFault;
use crate::row::{join_halves, split_halves};
use portcullis_model::digest::Digest;
use portcullis_model::reconciliation::RecordClass;
use std::collections::BTreeMap;
use std::io::{BufRead, Read as _, Write};

/// The columns of the answer, in their order.
pub const ANSWER_COLUMNS: [&str; COLUMNS] = [
    "run",
    "text",
    "part",
    "bucket",
    "class",
    "band",
    "k1",
    "k2",
    "seq",
    "op",
    "keys",
    "records",
    "superseded",
    "source_rows",
    "source_keys",
    "source_digests",
    "target_rows",
    "target_keys",
    "target_digests",
    "future",
    "scheduled",
];

/// How many columns an answer has.
const COLUMNS: usize = 21;

/// The longest line of an answer, in bytes; the columns have room for no more.
const LONGEST_LINE: u64 = 1024;

/// Rows of one side, with sums that no other rows have by accident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SideSums {
    /// How many rows.
    pub rows: u64,
    /// The sum of the second halves of their keys.
    pub keys: i128,
    /// The sum of the second halves of their digests.
    pub digests: i128,
}

impl SideSums {
    /// Adds the rows of another part; `None` when a sum grows too large to be one of rows.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            rows: self.rows.checked_add(other.rows)?,
            keys: self.keys.checked_add(other.keys)?,
            digests: self.digests.checked_add(other.digests)?,
        })
    }

    /// Takes the rows of a part away; `None` when they were never there.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        Some(Self {
            rows: self.rows.checked_sub(other.rows)?,
            keys: self.keys.checked_sub(other.keys)?,
            digests: self.digests.checked_sub(other.digests)?,
        })
    }
}

/// What an engine counted for one bucket, class and band.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineCell {
    /// Keys of the class.
    pub keys: u64,
    /// Records of the class; of unkeyed, rows.
    pub records: u64,
    /// Operations of these records that a later one replaced.
    pub superseded: u64,
    /// Rows of the source that the records cover, with the superseded ones.
    pub source: SideSums,
    /// Rows of the target that the records cover.
    pub target: SideSums,
    /// Records that were loaded after the target was read, by its own clock.
    pub future: u64,
    /// Operations that take effect after the source was read.
    pub scheduled: u64,
}

impl EngineCell {
    /// Adds a part to the cell; `None` when it grows too large to be one.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            keys: self.keys.checked_add(other.keys)?,
            records: self.records.checked_add(other.records)?,
            superseded: self.superseded.checked_add(other.superseded)?,
            source: self.source.plus(other.source)?,
            target: self.target.plus(other.target)?,
            future: self.future.checked_add(other.future)?,
            scheduled: self.scheduled.checked_add(other.scheduled)?,
        })
    }

    /// Takes a part of the cell away; `None` when it was never in it.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        Some(Self {
            keys: self.keys.checked_sub(other.keys)?,
            records: self.records.checked_sub(other.records)?,
            superseded: self.superseded.checked_sub(other.superseded)?,
            source: self.source.minus(other.source)?,
            target: self.target.minus(other.target)?,
            future: self.future.checked_sub(other.future)?,
            scheduled: self.scheduled.checked_sub(other.scheduled)?,
        })
    }
}

/// Writes the line of a cell, or of a listed record (key, sequence, operation), as an engine
/// prints it.
///
/// # Errors
/// Those of the output.
pub(super) fn write_line(
    output: &mut impl Write,
    marks: &AnswerMarks,
    (bucket, class, band): CellPlace,
    record: Option<(u128, i64, u8)>,
    cell: &EngineCell,
) -> std::io::Result<()> {
    let part = if record.is_some() { "row" } else { "cell" };
    let (key, sequence, operation) = record.unwrap_or_default();
    let (k1, k2) = split_halves(key);
    let (run, text, class) = (&marks.run, marks.text.hex(), class.as_str());
    write!(output, "{run},{text},{part},{bucket},{class},{band},{k1},{k2},{sequence},{operation},")?;
    let EngineCell { keys, records, superseded, source, target, future, scheduled } = cell;
    write!(output, "{keys},{records},{superseded},{},{},{},", source.rows, source.keys, source.digests)?;
    writeln!(output, "{},{},{},{future},{scheduled}", target.rows, target.keys, target.digests)
}

/// Where a cell is: bucket, class and band, which says what terms have passed and were met.
pub type CellPlace = (u8, RecordClass, u16);

/// A record that an engine listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineRow {
    /// The cell that it was counted in.
    pub place: CellPlace,
    /// The keyed key.
    pub key: u128,
    /// The sequence of the last operation, or of the target's record where there is none.
    pub sequence: i64,
    /// The operation that it should show; `U` where the source has none.
    pub operation: u8,
    /// What the record adds to its cell.
    pub part: EngineCell,
}

/// What an engine answered, as far as its lines can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineAnswer {
    /// The cells.
    pub cells: BTreeMap<CellPlace, EngineCell>,
    /// The listed records, in the order of the lines.
    pub rows: Vec<EngineRow>,
}

/// What the lines of an answer have to say of themselves.
#[derive(Clone, Debug)]
pub struct AnswerMarks {
    /// The run.
    pub run: String,
    /// The digest of the SQL text.
    pub text: Digest,
    /// The most lines that an answer to this text can have.
    pub most_lines: u64,
}

/// Reads the files of an answer, in any order.
#[derive(Debug)]
pub struct AnswerReader {
    marks: AnswerMarks,
    answer: EngineAnswer,
    faults: Vec<EngineFault>,
    lines: u64,
}

impl AnswerReader {
    /// A reader of an answer whose lines carry these marks.
    #[must_use]
    pub fn new(marks: AnswerMarks) -> Self {
        Self { marks, answer: EngineAnswer::default(), faults: Vec::new(), lines: 0 }
    }

    /// Reads one file.
    ///
    /// # Errors
    /// The file cannot be read. What is wrong with its lines is a fault of the answer.
    pub fn read_file(&mut self, name: &str, mut input: impl BufRead) -> std::io::Result<()> {
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            if input.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if let Err(fault) = self.take_line(name, number, &line) {
                let ends = matches!(fault, EngineFault::TooLong { .. });
                self.add_fault(fault);
                if ends {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The answer, or what is wrong with its lines.
    ///
    /// # Errors
    /// Each kind of fault, with its first place.
    pub fn finish(self) -> Result<EngineAnswer, Vec<EngineFault>> {
        if self.faults.is_empty() && self.lines == 0 {
            return Err(vec![EngineFault::Empty]);
        }
        if self.faults.is_empty() { Ok(self.answer) } else { Err(self.faults) }
    }

    /// Keeps the first fault of each kind: a file of another run would give one for each line.
    fn add_fault(&mut self, fault: EngineFault) {
        let kind = std::mem::discriminant(&fault);
        if !self.faults.iter().any(|known| std::mem::discriminant(known) == kind) {
            self.faults.push(fault);
        }
    }

    fn take_line(&mut self, name: &str, number: u64, line: &[u8]) -> Result<(), EngineFault> {
        let place = || format!("{name}:{number}");
        if line.len() as u64 > LONGEST_LINE {
            return Err(EngineFault::TooLong { place: place() });
        }
        if self.lines > self.marks.most_lines {
            return Err(EngineFault::TooLong { place: place() });
        }
        let unreadable = |why: &str| EngineFault::Unreadable { place: place(), why: why.to_string() };
        let text = std::str::from_utf8(line).map_err(|_| unreadable("it is no text"))?;
        let text = text.trim_end_matches(['\n', '\r']);
        let values = split_values(text);
        if text.is_empty() || (number == 1 && values == ANSWER_COLUMNS) {
            return Ok(());
        }
        let values: [&str; COLUMNS] =
            values.try_into().map_err(|_| unreadable("it does not have the columns of the text"))?;
        self.lines += 1;
        let [run, text, rest @ ..] = values;
        if run != self.marks.run {
            return Err(EngineFault::OtherRun { place: place(), expected: self.marks.run.clone() });
        }
        if text != self.marks.text.hex() {
            return Err(EngineFault::OtherText { place: place(), expected: self.marks.text.clone() });
        }
        self.take_values(rest, unreadable, &place)
    }

    fn take_values(
        &mut self,
        [part, bucket, class, band, k1, k2, seq, op, keys, records, superseded, sides @ ..]: [&str;
            COLUMNS - 2],
        unreadable: impl Fn(&str) -> EngineFault,
        at: &impl Fn() -> String,
    ) -> Result<(), EngineFault> {
        let bucket: u8 = bucket.parse().map_err(|_| unreadable("its bucket is not 0 to 255"))?;
        let class = RecordClass::from_name(class).ok_or_else(|| unreadable("its class is none"))?;
        let band: u16 = band.parse().map_err(|_| unreadable("its band is none"))?;
        let place = (bucket, class, band);
        let half = |text: &str| text.parse::<i64>().map_err(|_| unreadable("a number is none"));
        let count = |text: &str| text.parse::<u64>().map_err(|_| unreadable("a count is none"));
        let (key, sequence) = (join_halves(half(k1)?, half(k2)?), half(seq)?);
        let sum = |text: &str| text.parse::<i128>().map_err(|_| unreadable("a sum is none"));
        let side = |[rows, keys, digests]: [&str; 3]| {
            Ok(SideSums { rows: count(rows)?, keys: sum(keys)?, digests: sum(digests)? })
        };
        let [s1, s2, s3, t1, t2, t3, future, scheduled] = sides;
        let cell = EngineCell {
            keys: count(keys)?,
            records: count(records)?,
            superseded: count(superseded)?,
            source: side([s1, s2, s3])?,
            target: side([t1, t2, t3])?,
            future: count(future)?,
            scheduled: count(scheduled)?,
        };
        match part {
            "cell" => match self.answer.cells.insert(place, cell) {
                None => Ok(()),
                Some(_) => Err(EngineFault::CellTwice { place: at(), bucket, class }),
            },
            "row" if key.to_be_bytes()[0] == bucket => {
                let operation = op.parse().ok().filter(|op| matches!(op, b'U' | b'A' | b'D'));
                let operation = operation.ok_or_else(|| unreadable("its operation is none"))?;
                self.answer.rows.push(EngineRow { place, key, sequence, operation, part: cell });
                Ok(())
            }
            "row" => Err(unreadable("its key is of another bucket")),
            _ => Err(unreadable("its part is neither `cell` nor `row`")),
        }
    }
}

/// The values of a line: by tabs where it has one, otherwise by commas; without quotes.
fn split_values(line: &str) -> Vec<&str> {
    let separator = if line.contains('\t') { '\t' } else { ',' };
    // One more than the columns, so that a line of many separators costs nothing.
    line.splitn(COLUMNS + 1, separator).map(take_quotes).collect()
}

fn take_quotes(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}
