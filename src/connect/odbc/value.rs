//! Values as a driver converts them: bytes as bytes, everything else as text in UTF-16, which every
//! driver writes alike.

use jiff::civil::{Date, DateTime};
use odbc_api::{CursorRow, DataType, Error};
use portcullis_reconcile::source::RawValue;
use std::fmt::Display;
use std::str::FromStr;

/// What a column holds, as far as it changes what its text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnForm {
    Text,
    Integer,
    Decimal,
    Float,
    Date,
    LocalTime,
    Bytes,
}

impl ColumnForm {
    pub(super) fn of_type(data_type: DataType) -> Self {
        match data_type {
            DataType::Integer | DataType::SmallInt | DataType::BigInt | DataType::TinyInt | DataType::Bit => {
                Self::Integer
            }
            DataType::Numeric { .. } | DataType::Decimal { .. } => Self::Decimal,
            DataType::Float { .. } | DataType::Real | DataType::Double => Self::Float,
            DataType::Date => Self::Date,
            DataType::Timestamp { .. } => Self::LocalTime,
            DataType::Binary { .. } | DataType::Varbinary { .. } | DataType::LongVarbinary { .. } => {
                Self::Bytes
            }
            _ => Self::Text,
        }
    }

    /// What a text means. One that is not of its column's type stays a text, as SQLite has them.
    fn take_text(self, text: String) -> RawValue {
        match self {
            Self::Integer => text.parse().map_or(RawValue::Text(text), RawValue::Integer),
            Self::Decimal => RawValue::Decimal(text),
            Self::Float => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => RawValue::Float(number),
                _ => RawValue::Text(text),
            },
            Self::Date => read_plain::<Date>(&text).map_or(RawValue::Text(text), RawValue::Date),
            Self::LocalTime => {
                read_plain::<DateTime>(&text).map_or(RawValue::Text(text), RawValue::LocalTime)
            }
            Self::Text | Self::Bytes => RawValue::Text(text),
        }
    }
}

/// A day or a time without a zone, whole: the parser would drop an offset, and of a day its time.
fn read_plain<T: FromStr + Display>(text: &str) -> Option<T> {
    let is_local = !text.contains(['+', 'Z', '[']) && text.matches('-').count() == 2;
    let read: T = text.parse().ok().filter(|_| is_local)?;
    let has_time = text.contains(':');
    (read.to_string().contains(':') == has_time).then_some(read)
}

/// Reads values; its memory is used again.
#[derive(Default)]
pub(super) struct ValueReader {
    wide: Vec<u16>,
}

impl ValueReader {
    /// A value of the row. Columns are read once, and in their order.
    pub(super) fn read(
        &mut self,
        row: &mut CursorRow<'_>,
        column: u16,
        form: ColumnForm,
    ) -> Result<RawValue, Error> {
        if form == ColumnForm::Bytes {
            let mut bytes = Vec::new();
            let is_there = row.get_binary(column, &mut bytes)?;
            return Ok(if is_there { RawValue::Bytes(bytes) } else { RawValue::Null });
        }
        if !row.get_wide_text(column, &mut self.wide)? {
            return Ok(RawValue::Null);
        }
        Ok(match String::from_utf16(&self.wide) {
            Ok(text) => form.take_text(text),
            Err(_) => RawValue::Unreadable("its characters are no text in utf-16".to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_text_means_what_its_column_holds() {
        let text = |text: &str| RawValue::Text(text.to_string());
        let day = date(2020, 11, 18);
        for (form, from, expected) in [
            (ColumnForm::Integer, "-9223372036854775808", RawValue::Integer(i64::MIN.into())),
            (ColumnForm::Integer, "four", text("four")),
            (ColumnForm::Decimal, "-0.100", RawValue::Decimal("-0.100".to_string())),
            (ColumnForm::Float, "0.1", RawValue::Float(0.1)),
            (ColumnForm::Float, "Infinity", text("Infinity")),
            (ColumnForm::Date, "2020-11-18", RawValue::Date(day)),
            (ColumnForm::Date, "0000-00-00", text("0000-00-00")),
            (
                ColumnForm::LocalTime,
                "2020-11-18 13:05:09.25",
                RawValue::LocalTime(day.at(13, 5, 9, 250_000_000)),
            ),
            (ColumnForm::LocalTime, "infinity", text("infinity")),
            (ColumnForm::LocalTime, "2020-11-18 13:05:09-05", text("2020-11-18 13:05:09-05")),
            (ColumnForm::Date, "2020-11-18 23:59", text("2020-11-18 23:59")),
            (ColumnForm::Text, "1 ", text("1 ")),
        ] {
            assert_eq!(form.take_text(from.to_string()), expected, "{form:?}");
        }
    }
}
