//! Types of columns in TDS 7.4, and how a value of each is sent. Values are texts, as people write
//! them; `None` is NULL.

use jiff::civil::{Date, DateTime, Time, date};

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bit,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Real,
    Float,
    /// Precision and scale.
    Decimal(u8, u8),
    SmallMoney,
    Money,
    Char(u16),
    VarChar(u16),
    NChar(u16),
    NVarChar(u16),
    NVarCharMax,
    Binary(u16),
    VarBinary(u16),
    VarBinaryMax,
    Date,
    Time(u8),
    SmallDateTime,
    DateTime,
    DateTime2(u8),
    DateTimeOffset(u8),
    Guid,
    Xml,
    Variant,
}

/// Latin1_General_CI_AS: characters of windows-1252.
pub const COLLATION: [u8; 5] = [0x09, 0x04, 0xd0, 0x00, 0x34];

/// The length of a value that comes in chunks: no value, or one whose length is not said.
const PLP_NULL: u64 = u64::MAX;
const PLP_UNKNOWN: u64 = u64::MAX - 1;

impl Kind {
    /// The type as COLMETADATA has it.
    pub fn describe(self) -> Vec<u8> {
        let sized = |token: u8, length: u8| vec![token, length];
        let wide = |token: u8, length: u16| [&[token][..], &length.to_le_bytes()].concat();
        let with_collation = |token: u8, length: u16| [wide(token, length), COLLATION.to_vec()].concat();
        match self {
            Self::Bit => sized(0x68, 1),
            Self::TinyInt => sized(0x26, 1),
            Self::SmallInt => sized(0x26, 2),
            Self::Int => sized(0x26, 4),
            Self::BigInt => sized(0x26, 8),
            Self::Real => sized(0x6d, 4),
            Self::Float => sized(0x6d, 8),
            Self::Decimal(precision, scale) => vec![0x6c, decimal_length(precision), precision, scale],
            Self::SmallMoney => sized(0x6e, 4),
            Self::Money => sized(0x6e, 8),
            Self::Char(length) => with_collation(0xaf, length),
            Self::VarChar(length) => with_collation(0xa7, length),
            Self::NChar(length) => with_collation(0xef, length * 2),
            Self::NVarChar(length) => with_collation(0xe7, length * 2),
            Self::NVarCharMax => with_collation(0xe7, u16::MAX),
            Self::Binary(length) => wide(0xad, length),
            Self::VarBinary(length) => wide(0xa5, length),
            Self::VarBinaryMax => wide(0xa5, u16::MAX),
            Self::Date => vec![0x28],
            Self::Time(scale) => sized(0x29, scale),
            Self::SmallDateTime => sized(0x6f, 4),
            Self::DateTime => sized(0x6f, 8),
            Self::DateTime2(scale) => sized(0x2a, scale),
            Self::DateTimeOffset(scale) => sized(0x2b, scale),
            Self::Guid => sized(0x24, 16),
            // Without a schema.
            Self::Xml => vec![0xf1, 0],
            Self::Variant => [&[0x62][..], &8009_u32.to_le_bytes()].concat(),
        }
    }

    /// A value with its length, as ROW has it.
    pub fn write(self, value: Option<&str>) -> Vec<u8> {
        let Some(text) = value else { return self.write_null() };
        let content = self.write_content(text);
        match self {
            Self::NVarCharMax | Self::Xml | Self::VarBinaryMax => write_chunks(&content),
            Self::Char(_)
            | Self::VarChar(_)
            | Self::NChar(_)
            | Self::NVarChar(_)
            | Self::Binary(_)
            | Self::VarBinary(_) => {
                [&u16::try_from(content.len()).unwrap().to_le_bytes()[..], &content].concat()
            }
            Self::Variant => [&u32::try_from(content.len()).unwrap().to_le_bytes()[..], &content].concat(),
            _ => [&[u8::try_from(content.len()).unwrap()][..], &content].concat(),
        }
    }

    fn write_null(self) -> Vec<u8> {
        match self {
            Self::NVarCharMax | Self::Xml | Self::VarBinaryMax => PLP_NULL.to_le_bytes().to_vec(),
            Self::Char(_)
            | Self::VarChar(_)
            | Self::NChar(_)
            | Self::NVarChar(_)
            | Self::Binary(_)
            | Self::VarBinary(_) => u16::MAX.to_le_bytes().to_vec(),
            Self::Variant => vec![0; 4],
            _ => vec![0],
        }
    }

    fn write_content(self, text: &str) -> Vec<u8> {
        match self {
            Self::Bit => vec![u8::from(matches!(text, "1" | "t"))],
            Self::TinyInt => vec![text.parse().unwrap()],
            Self::SmallInt => text.parse::<i16>().unwrap().to_le_bytes().to_vec(),
            Self::Int => text.parse::<i32>().unwrap().to_le_bytes().to_vec(),
            Self::BigInt => text.parse::<i64>().unwrap().to_le_bytes().to_vec(),
            Self::Real => text.parse::<f32>().unwrap().to_le_bytes().to_vec(),
            Self::Float => text.parse::<f64>().unwrap().to_le_bytes().to_vec(),
            Self::Decimal(precision, scale) => write_decimal(text, precision, scale),
            Self::SmallMoney => i32::try_from(read_scaled(text, 4)).unwrap().to_le_bytes().to_vec(),
            Self::Money => write_money(text),
            Self::Char(length) => pad(encode_text(text), usize::from(length), b' '),
            Self::VarChar(_) => encode_text(text),
            Self::NChar(length) => {
                let blanks = usize::from(length) - text.encode_utf16().count();
                encode_wide(&format!("{text}{}", " ".repeat(blanks)))
            }
            Self::NVarChar(_) | Self::NVarCharMax => encode_wide(text),
            // With the mark that says how its characters are written.
            Self::Xml => encode_wide(&format!("\u{feff}{text}")),
            Self::Binary(length) => pad(read_hexadecimal(text), usize::from(length), 0),
            Self::VarBinary(_) | Self::VarBinaryMax => read_hexadecimal(text),
            Self::Date => write_day(text.parse().unwrap()),
            Self::Time(scale) => write_clock(text.parse().unwrap(), scale),
            Self::SmallDateTime => write_small_date_time(read_local(text)),
            Self::DateTime => write_date_time(read_local(text)),
            Self::DateTime2(scale) => write_local(read_local(text), scale),
            Self::DateTimeOffset(scale) => write_offset(text, scale),
            Self::Guid => write_guid(text),
            // A bigint within.
            Self::Variant => [&[0x7f, 0][..], &text.parse::<i64>().unwrap().to_le_bytes()].concat(),
        }
    }
}

pub fn encode_wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn encode_text(text: &str) -> Vec<u8> {
    let (bytes, _, lossy) = encoding_rs::WINDOWS_1252.encode(text);
    assert!(!lossy, "{text}");
    bytes.into_owned()
}

fn pad(mut bytes: Vec<u8>, length: usize, filler: u8) -> Vec<u8> {
    bytes.resize(length, filler);
    bytes
}

/// In two chunks, and without the length of all of them.
fn write_chunks(content: &[u8]) -> Vec<u8> {
    let mut value = PLP_UNKNOWN.to_le_bytes().to_vec();
    let (first, second) = content.split_at(content.len() / 2);
    for chunk in [first, second].into_iter().filter(|chunk| !chunk.is_empty()) {
        value.extend_from_slice(&u32::try_from(chunk.len()).unwrap().to_le_bytes());
        value.extend_from_slice(chunk);
    }
    value.extend_from_slice(&[0; 4]);
    value
}

const fn decimal_length(precision: u8) -> u8 {
    match precision {
        0..=9 => 5,
        10..=19 => 9,
        20..=28 => 13,
        _ => 17,
    }
}

/// The digits of a decimal number that has so many of them after its point.
fn read_scaled(text: &str, scale: usize) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<scale$}").parse().unwrap()
}

fn write_decimal(text: &str, precision: u8, scale: u8) -> Vec<u8> {
    let value = read_scaled(text, scale.into());
    let length = usize::from(decimal_length(precision)) - 1;
    let sign = u8::from(value >= 0);
    [&[sign][..], &value.unsigned_abs().to_le_bytes()[..length]].concat()
}

/// Two words, the higher one first.
fn write_money(text: &str) -> Vec<u8> {
    let bytes = i64::try_from(read_scaled(text, 4)).unwrap().to_le_bytes();
    [&bytes[4..], &bytes[..4]].concat()
}

fn read_hexadecimal(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn read_local(text: &str) -> DateTime {
    text.trim_end_matches('Z').parse().unwrap()
}

fn count_days(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}

fn write_day(day: Date) -> Vec<u8> {
    count_days(date(1, 1, 1), day).to_le_bytes()[..3].to_vec()
}

fn count_nanoseconds(clock: Time) -> i128 {
    clock.duration_since(Time::midnight()).as_nanos()
}

fn write_clock(clock: Time, scale: u8) -> Vec<u8> {
    let units = count_nanoseconds(clock) / 10_i128.pow(9 - u32::from(scale));
    let length = match scale {
        0..=2 => 3,
        3 | 4 => 4,
        _ => 5,
    };
    units.to_le_bytes()[..length].to_vec()
}

fn write_local(local: DateTime, scale: u8) -> Vec<u8> {
    [write_clock(local.time(), scale), write_day(local.date())].concat()
}

/// Day and time in UTC, and the minutes that the place is ahead of it.
fn write_offset(text: &str, scale: u8) -> Vec<u8> {
    let instant: jiff::Timestamp = text.parse().unwrap();
    let utc = jiff::tz::Offset::UTC.to_datetime(instant);
    let minutes: i16 = match text.get(text.len() - 6..) {
        Some(offset) if offset.starts_with(['+', '-']) => {
            let minutes = offset[1..3].parse::<i16>().unwrap() * 60 + offset[4..].parse::<i16>().unwrap();
            if offset.starts_with('-') { -minutes } else { minutes }
        }
        _ => 0,
    };
    [write_local(utc, scale), minutes.to_le_bytes().to_vec()].concat()
}

fn write_date_time(local: DateTime) -> Vec<u8> {
    let days = i32::try_from(count_days(date(1900, 1, 1), local.date())).unwrap();
    let ticks = (count_nanoseconds(local.time()) * 300 + 500_000_000) / 1_000_000_000;
    [days.to_le_bytes(), u32::try_from(ticks).unwrap().to_le_bytes()].concat()
}

fn write_small_date_time(local: DateTime) -> Vec<u8> {
    let days = u16::try_from(count_days(date(1900, 1, 1), local.date())).unwrap();
    let minutes = u16::try_from(count_nanoseconds(local.time()) / 60_000_000_000).unwrap();
    [days.to_le_bytes(), minutes.to_le_bytes()].concat()
}

/// The first three groups are numbers, least significant byte first.
fn write_guid(text: &str) -> Vec<u8> {
    let bytes = read_hexadecimal(&text.replace('-', ""));
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    order.map(|at| bytes[at]).to_vec()
}
