//! The data set of all systems, as each of them writes it.

use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
    Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::path::Path;
use std::sync::Arc;

/// A record. `None` is NULL.
pub struct WrittenRecord {
    pub id: &'static str,
    pub name: Option<&'static str>,
    pub amount: Option<&'static str>,
    pub big: Option<i64>,
    pub day: Option<&'static str>,
    pub at: Option<&'static str>,
    /// Without a zone; the rule says that it is London's.
    pub local: Option<&'static str>,
    pub live: Option<bool>,
    /// Hexadecimal digits.
    pub raw: Option<&'static str>,
}

const NONE: WrittenRecord = WrittenRecord {
    id: "",
    name: None,
    amount: None,
    big: None,
    day: None,
    at: None,
    local: None,
    live: None,
    raw: None,
};

/// Line breaks within a text, combining marks, padding, 2^53 + 1, both sides of a change of clocks.
pub const RECORDS: &[WrittenRecord] = &[
    WrittenRecord {
        id: "A1",
        name: Some("two\nlines"),
        amount: Some("-12.500"),
        big: Some(9_007_199_254_740_993),
        day: Some("2020-02-29"),
        at: Some("2020-03-29T00:59:59.123456Z"),
        local: Some("2020-03-29T00:59:59.123456"),
        live: Some(true),
        raw: Some("00ff"),
    },
    WrittenRecord { id: "A2", ..NONE },
    WrittenRecord {
        id: "ÅÆ",
        name: Some("Zoe\u{308} \"A\", ≠"),
        amount: Some("0.001"),
        big: Some(i64::MIN),
        day: Some("1970-01-01"),
        at: Some("2020-10-25T01:30:00.000001Z"),
        local: Some("2020-10-25T02:30:00.000001"),
        live: Some(false),
        raw: Some(""),
    },
    WrittenRecord {
        id: "A4",
        name: Some("blanks at the end   "),
        amount: Some("99999999999999999.999"),
        big: Some(0),
        day: Some("9999-12-31"),
        at: Some("2037-12-31T23:59:59.999999Z"),
        local: Some("1999-12-31T23:59:59.999999"),
        ..NONE
    },
    WrittenRecord { id: "A5", name: Some(""), amount: Some("0.000"), big: Some(-1), ..NONE },
];

type Column = (&'static str, fn(&WrittenRecord) -> Option<String>);

fn text(text: Option<&'static str>) -> Option<String> {
    text.map(String::from)
}

const COLUMNS: [Column; 9] = [
    ("id", |record| text(Some(record.id))),
    ("name", |record| text(record.name)),
    ("amount", |record| text(record.amount)),
    ("big", |record| record.big.map(|big| big.to_string())),
    ("day", |record| text(record.day)),
    ("at", |record| text(record.at)),
    ("local", |record| text(record.local)),
    ("live", |record| record.live.map(|live| if live { "t" } else { "f" }.to_string())),
    ("raw", |record| text(record.raw)),
];

pub fn write_csv(path: &Path) {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let mut file = format!("{}\n", names.join(","));
    for record in RECORDS {
        let write = |(_, read): &Column| match read(record) {
            None => "\\N".to_string(),
            Some(text) if text.contains(['"', ',', '\n']) => format!("\"{}\"", text.replace('"', "\"\"")),
            Some(text) => text,
        };
        file.push_str(&COLUMNS.iter().map(write).collect::<Vec<_>>().join(","));
        file.push('\n');
    }
    std::fs::write(path, file).unwrap();
}

/// Numbers are numbers, texts have escapes, NULL is `null` or no member.
pub fn write_json_lines() -> String {
    let mut lines = String::new();
    for (at, record) in RECORDS.iter().enumerate() {
        let write = |(name, read): &Column| match (*name, read(record)) {
            (name, None) => (at % 2 == 0).then(|| format!("\"{name}\":null")),
            (name @ ("amount" | "big"), Some(number)) => Some(format!("\"{name}\":{number}")),
            ("live", Some(word)) => Some(format!("\"live\":{}", word == "t")),
            (name, Some(text)) => {
                Some(format!("\"{name}\":\"{}\"", text.replace('"', "\\\"").replace('\n', "\\u000A")))
            }
        };
        lines.push_str(&format!("{{{}}}\n", COLUMNS.iter().filter_map(write).collect::<Vec<_>>().join(",")));
    }
    lines
}

/// Columns of the file of fixed width, with their characters.
pub const WIDTHS: [(&str, u32); 9] = [
    ("id", 8),
    ("name", 40),
    ("amount", 24),
    ("big", 24),
    ("day", 10),
    ("at", 30),
    ("local", 30),
    ("live", 1),
    ("raw", 40),
];

/// UTF-16 without line breaks; NULL is `~`; amounts have no point.
pub fn write_fixed() -> Vec<u8> {
    let mut file = String::new();
    for record in RECORDS {
        for ((name, read), (_, width)) in COLUMNS.iter().zip(WIDTHS) {
            let mut text = read(record).unwrap_or_else(|| "~".to_string());
            if *name == "amount" {
                text = text.replace('.', "");
            }
            let blanks = usize::try_from(width).unwrap() - text.chars().count();
            file.push_str(&text);
            file.push_str(&" ".repeat(blanks));
        }
    }
    file.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// NULL is an element that is missing or nil.
pub fn write_xml() -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;").replace('\n', "&#10;");
    let mut records = String::new();
    for (at, record) in RECORDS.iter().enumerate() {
        let write = |(name, read): &Column| match read(record) {
            None if at % 2 == 0 => String::new(),
            None => format!("<{name} xsi:nil=\"true\"/>"),
            Some(text) => format!("<{name}>{}</{name}>", escape(&text)),
        };
        records.push_str(&format!("<record>{}</record>\n", COLUMNS.iter().map(write).collect::<String>()));
    }
    let schema = "http://www.w3.org/2001/XMLSchema-instance";
    format!("<batch records=\"{}\" xmlns:xsi=\"{schema}\">\n{records}</batch>\n", RECORDS.len())
}

/// One INSERT; `bytes` writes hexadecimal digits as the dialect does.
pub fn write_inserts(table: &str, bytes: fn(&str) -> String) -> String {
    let row = |record: &WrittenRecord| {
        let write = |(name, read): &Column| match (*name, read(record)) {
            (_, None) => "NULL".to_string(),
            ("raw", Some(digits)) => bytes(&digits),
            ("live", Some(word)) => (word == "t").to_string(),
            ("big", Some(number)) => number,
            (_, Some(text)) => format!("'{}'", text.replace('\'', "''")),
        };
        format!("({})", COLUMNS.iter().map(write).collect::<Vec<_>>().join(", "))
    };
    format!("INSERT INTO {table} VALUES {}", RECORDS.iter().map(row).collect::<Vec<_>>().join(", "))
}

/// Each value as a text.
pub fn write_cells() -> Vec<Vec<Option<String>>> {
    RECORDS.iter().map(|record| COLUMNS.iter().map(|(_, read)| read(record)).collect()).collect()
}

const SCHEMA: &str = "message records {
    required byte_array id (STRING); optional byte_array name (STRING);
    optional fixed_len_byte_array(9) amount (DECIMAL(20, 3)); optional int64 big; optional int32 day (DATE);
    optional int64 at (TIMESTAMP(MICROS, true)); optional int64 local (TIMESTAMP(MICROS, false));
    optional boolean live; optional byte_array raw; }";

pub fn write_parquet(path: &Path) {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let file = std::fs::File::create(path).unwrap();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let ids: Vec<ByteArray> = RECORDS.iter().map(|record| ByteArray::from(record.id)).collect();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&ids, None, None).unwrap();
    column.close().unwrap();
    write_column::<ByteArrayType>(&mut group, |record| record.name.map(ByteArray::from));
    write_column::<FixedLenByteArrayType>(&mut group, |record| record.amount.map(write_decimal));
    write_column::<Int64Type>(&mut group, |record| record.big);
    write_column::<Int32Type>(&mut group, |record| {
        let day: jiff::civil::Date = record.day?.parse().ok()?;
        let epoch = jiff::civil::date(1970, 1, 1);
        i32::try_from(day.duration_since(epoch).as_hours() / 24).ok()
    });
    write_column::<Int64Type>(&mut group, |record| {
        Some(record.at?.parse::<jiff::Timestamp>().ok()?.as_microsecond())
    });
    write_column::<Int64Type>(&mut group, |record| {
        Some(format!("{}Z", record.local?).parse::<jiff::Timestamp>().ok()?.as_microsecond())
    });
    write_column::<BoolType>(&mut group, |record| record.live);
    write_column::<ByteArrayType>(&mut group, |record| {
        let digits = record.raw?;
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        Some(ByteArray::from((0..digits.len()).step_by(2).map(byte).collect::<Vec<u8>>()))
    });
    group.close().unwrap();
    writer.close().unwrap();
}

fn write_decimal(text: &str) -> FixedLenByteArray {
    let number: i128 = text.replace('.', "").parse().unwrap();
    FixedLenByteArray::from(number.to_be_bytes()[7..].to_vec())
}

fn write_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, std::fs::File>,
    read: fn(&WrittenRecord) -> Option<T::T>,
) {
    let values: Vec<T::T> = RECORDS.iter().filter_map(read).collect();
    let levels: Vec<i16> = RECORDS.iter().map(|record| i16::from(read(record).is_some())).collect();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(&values, Some(&levels), None).unwrap();
    column.close().unwrap();
}
