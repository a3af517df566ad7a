//! Settings of the connectors that read files.

use super::characters::CharacterSet;

/// The files of one extraction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFiles {
    /// A path. Its last part may hold `*` and `?`; all files that match are read, ordered by the
    /// bytes of their names. A path that is not absolute begins at the directory of the command.
    pub pattern: String,
    /// The longest record in bytes. A longer one ends the extraction.
    pub longest_record: u64,
}

impl InputFiles {
    /// Longest record, where the policy does not say: 16 MiB.
    pub const LONGEST_RECORD: u64 = 16 << 20;

    /// The files that a pattern names, with the usual bound.
    #[must_use]
    pub fn matching(pattern: &str) -> Self {
        Self { pattern: pattern.to_string(), longest_record: Self::LONGEST_RECORD }
    }
}

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineBreak {
    /// LF or CR LF, each line as it likes.
    Either,
    /// LF alone.
    Lf,
    /// CR LF alone.
    CrLf,
}

/// Comma-separated values. Nothing of the dialect is guessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvSettings {
    /// The files.
    pub files: InputFiles,
    /// Their character set.
    pub characters: CharacterSet,
    /// What separates fields: an ASCII character.
    pub delimiter: u8,
    /// What encloses fields that hold delimiters or line breaks: an ASCII character. `None`: a
    /// quotation mark is text like any other.
    pub quote: Option<u8>,
    /// How an enclosed field writes the quotation mark itself.
    pub escape: QuoteEscape,
    /// Lines before the header or the first record that are no records.
    pub skip_lines: u32,
    /// Where the names of columns come from.
    pub header: CsvHeader,
    /// Texts that mean NULL, with or without quotation marks.
    pub null_texts: Vec<String>,
    /// What ends a record.
    pub line_break: LineBreak,
    /// Whether the last line needs its line break. Without it a file that was cut in its last field
    /// looks whole.
    pub final_line_break: bool,
    /// The last record, if it is none of the data but says how much there is.
    pub trailer: Option<CsvTrailer>,
}

impl CsvSettings {
    /// UTF-8, commas, quotation marks that are doubled, names in the first record.
    #[must_use]
    pub fn of_files(files: InputFiles) -> Self {
        Self {
            files,
            characters: CharacterSet::Utf8,
            delimiter: b',',
            quote: Some(b'"'),
            escape: QuoteEscape::Doubled,
            skip_lines: 0,
            header: CsvHeader::FirstRecord,
            null_texts: Vec::new(),
            line_break: LineBreak::Either,
            final_line_break: true,
            trailer: None,
        }
    }
}

/// How an enclosed field writes the quotation mark itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteEscape {
    /// Twice, as RFC 4180 says.
    Doubled,
    /// With this ASCII character before it, which also comes before itself. Before other characters
    /// it is text.
    After(u8),
}

/// Where the names of columns come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CsvHeader {
    /// From the first record of each file. All files have the same.
    FirstRecord,
    /// From the policy; the first record is data.
    Columns(Vec<String>),
}

/// A trailer: `TRAILER,1500,99.50`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvTrailer {
    /// The first field of the trailer.
    pub marker: String,
    /// The number of the field that holds the count, from 1.
    pub count: u32,
    /// How many records the count holds that are no data (a header, the trailer itself).
    pub also_counted: u32,
    /// Sums that the trailer holds.
    pub totals: Vec<CsvTotal>,
}

/// The sum of a column as a trailer has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvTotal {
    /// The column whose decimal numbers are summed.
    pub column: String,
    /// The number of the trailer's field, from 1.
    pub field: u32,
}

/// Records of fixed width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedWidthSettings {
    /// The files.
    pub files: InputFiles,
    /// Their character set.
    pub characters: CharacterSet,
    /// What positions and lengths count.
    pub positions: PositionUnit,
    /// Where a record ends.
    pub records: RecordLayout,
    /// The columns.
    pub columns: Vec<FixedColumn>,
    /// Texts that mean NULL, after trimming.
    pub null_texts: Vec<String>,
    /// The first record of each file, if it is none of the data.
    pub header: Option<FixedRecord>,
    /// The last record of each file, if it is none of the data.
    pub trailer: Option<FixedRecord>,
}

/// What positions and lengths count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PositionUnit {
    /// Bytes of the file.
    Bytes,
    /// Characters (Unicode code points) after decoding.
    Characters,
}

/// Where a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordLayout {
    /// At a line break. In EBCDIC that is 0x15 or 0x25.
    Lines(LineBreak),
    /// After so many bytes, without a line break.
    Length(u32),
}

/// A column of a record of fixed width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedColumn {
    /// Its name.
    pub name: String,
    /// Its first position, from 1.
    pub first: u32,
    /// How many bytes or characters it has.
    pub length: u32,
    /// Which blanks are padding.
    pub trim: FieldTrim,
    /// What its bytes are.
    pub value: FixedValue,
}

/// Which blanks of a field are padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldTrim {
    /// None: they are part of the value.
    None,
    /// Those at the beginning.
    Start,
    /// Those at the end.
    End,
    /// Both.
    Both,
}

/// What the bytes of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixedValue {
    /// Characters.
    Text,
    /// Digits with an optional sign before them; the last `scale` are after the point, which is not
    /// written.
    Digits {
        /// Digits after the point.
        scale: u8,
    },
    /// Zoned decimal: the sign is in the upper half of the last byte.
    Zoned {
        /// Digits after the point.
        scale: u8,
    },
    /// Packed decimal (COMP-3): two digits a byte, the sign in the last half byte. Positions count
    /// bytes.
    Packed {
        /// Digits after the point.
        scale: u8,
    },
}

/// A header or trailer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedRecord {
    /// What tells it from data.
    pub marker: FixedMarker,
    /// First position and length of the count of records, if it has one.
    pub count: Option<(u32, u32)>,
    /// How many records the count holds that are no data (the header, the trailer itself).
    pub also_counted: u32,
    /// Sums that it holds.
    pub totals: Vec<FixedTotal>,
}

/// A text at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedMarker {
    /// First position, from 1.
    pub first: u32,
    /// The text.
    pub text: String,
}

/// The sum of a column as a header or trailer has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedTotal {
    /// The column whose decimal numbers are summed.
    pub column: String,
    /// First position, from 1.
    pub first: u32,
    /// How many bytes or characters it has.
    pub length: u32,
    /// Digits after the point where none is written.
    pub scale: u8,
}

/// One JSON object a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonLinesSettings {
    /// The files.
    pub files: InputFiles,
    /// Their character set: RFC 8259 knows UTF-8 alone, exports know others.
    pub characters: CharacterSet,
    /// How the name of a column leads to a member.
    pub members: MemberPath,
}

/// How the name of a column leads to a member of a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberPath {
    /// It is the member's name; nested members cannot be reached.
    Name,
    /// Names with dots between them: `person.name`. A name that holds a dot cannot be reached.
    Dots,
    /// A JSON pointer (RFC 6901): `/person/names/0`.
    Pointer,
}

/// XML with one element a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlSettings {
    /// The files.
    pub files: InputFiles,
    /// Their character set. A declaration that names another one ends the extraction.
    pub characters: CharacterSet,
    /// The name of the element that is a record, without its prefix.
    pub record: String,
    /// Where each file says how many records it has: names of elements from the root on with `/`
    /// between them, `@name` for an attribute. `None`: it does not.
    pub count: Option<String>,
}

/// Apache Parquet. A column is named by its path, with dots where it is nested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParquetSettings {
    /// The files.
    pub files: InputFiles,
}
