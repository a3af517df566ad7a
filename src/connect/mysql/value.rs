//! Values in MySQL's binary protocol.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use mysql::consts::{ColumnFlags, ColumnType};
use mysql::{Column, Value};
use portcullis_reconcile::source::RawValue;

/// The number of the character set `binary`.
const BINARY: u16 = 63;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnForm {
    Number,
    /// Up to 64 bits, most significant byte first.
    Bits,
    Decimal,
    Text,
    Bytes,
    Date,
    LocalTime,
    Instant,
    /// A span of time or a time of day.
    Time,
}

impl ColumnForm {
    pub(super) fn of_column(column: &Column) -> Self {
        use ColumnType::{
            MYSQL_TYPE_BIT, MYSQL_TYPE_DATE, MYSQL_TYPE_DATETIME, MYSQL_TYPE_DATETIME2, MYSQL_TYPE_DECIMAL,
            MYSQL_TYPE_DOUBLE, MYSQL_TYPE_FLOAT, MYSQL_TYPE_GEOMETRY, MYSQL_TYPE_INT24, MYSQL_TYPE_JSON,
            MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG, MYSQL_TYPE_NEWDATE, MYSQL_TYPE_NEWDECIMAL,
            MYSQL_TYPE_SHORT, MYSQL_TYPE_TIME, MYSQL_TYPE_TIME2, MYSQL_TYPE_TIMESTAMP, MYSQL_TYPE_TIMESTAMP2,
            MYSQL_TYPE_TINY, MYSQL_TYPE_YEAR,
        };
        match column.column_type() {
            MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_INT24 | MYSQL_TYPE_LONG | MYSQL_TYPE_LONGLONG
            | MYSQL_TYPE_YEAR | MYSQL_TYPE_FLOAT | MYSQL_TYPE_DOUBLE => Self::Number,
            MYSQL_TYPE_BIT => Self::Bits,
            MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL => Self::Decimal,
            MYSQL_TYPE_DATE | MYSQL_TYPE_NEWDATE => Self::Date,
            MYSQL_TYPE_DATETIME | MYSQL_TYPE_DATETIME2 => Self::LocalTime,
            MYSQL_TYPE_TIMESTAMP | MYSQL_TYPE_TIMESTAMP2 => Self::Instant,
            MYSQL_TYPE_TIME | MYSQL_TYPE_TIME2 => Self::Time,
            // JSON says that it is binary, and is UTF-8.
            MYSQL_TYPE_JSON => Self::Text,
            MYSQL_TYPE_GEOMETRY => Self::Bytes,
            _ if column.character_set() == BINARY && !column.flags().contains(ColumnFlags::ENUM_FLAG) => {
                Self::Bytes
            }
            _ => Self::Text,
        }
    }
}

pub(super) fn take_value(form: ColumnForm, value: &Value) -> RawValue {
    match (form, value) {
        (_, Value::NULL) => RawValue::Null,
        (_, Value::Int(number)) => RawValue::Integer((*number).into()),
        (_, Value::UInt(number)) => RawValue::Integer((*number).into()),
        // The double that has the shortest text of the single.
        (_, Value::Float(number)) => take_float(number.to_string().parse().unwrap_or(f64::NAN)),
        (_, Value::Double(number)) => take_float(*number),
        (ColumnForm::Bits, Value::Bytes(bytes)) if bytes.len() <= 8 => {
            RawValue::Integer(bytes.iter().fold(0, |sum, byte| sum << 8 | i128::from(*byte)))
        }
        (ColumnForm::Bytes, Value::Bytes(bytes)) => RawValue::Bytes(bytes.clone()),
        (form, Value::Bytes(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) if form == ColumnForm::Decimal => RawValue::Decimal(text.to_string()),
            Ok(text) => RawValue::Text(text.to_string()),
            Err(_) => RawValue::Unreadable("its bytes are no text in utf-8".to_string()),
        },
        (form, Value::Date(year, month, day, hour, minute, second, microsecond)) => {
            take_time(form, (*year, *month, *day), (*hour, *minute, *second), *microsecond)
        }
        (_, Value::Time(negative, days, hours, minutes, seconds, microseconds)) => {
            let sign = if *negative { "-" } else { "" };
            let hours = u64::from(*days) * 24 + u64::from(*hours);
            let fraction = if *microseconds == 0 { String::new() } else { format!(".{microseconds:06}") };
            RawValue::Text(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{fraction}"))
        }
    }
}

fn take_float(number: f64) -> RawValue {
    if number.is_finite() {
        RawValue::Float(number)
    } else {
        RawValue::Unreadable("it is no finite number".to_string())
    }
}

fn take_time(form: ColumnForm, day: (u16, u8, u8), time: (u8, u8, u8), microsecond: u32) -> RawValue {
    let unreadable = |why: &str| RawValue::Unreadable(why.to_string());
    let number = |number: u8| i8::try_from(number).unwrap_or(-1);
    let date = i16::try_from(day.0).ok().and_then(|year| Date::new(year, number(day.1), number(day.2)).ok());
    // Year, month or day 0 is no day, and the server may hold such.
    let Some(date) = date.filter(|_| day.0 != 0) else {
        return unreadable("it is a zero date, or no day of the calendar");
    };
    if form == ColumnForm::Date {
        return RawValue::Date(date);
    }
    let nanosecond = i32::try_from(microsecond).ok().and_then(|micro| micro.checked_mul(1000));
    let clock = nanosecond.and_then(|nanosecond| {
        jiff::civil::Time::new(number(time.0), number(time.1), number(time.2), nanosecond).ok()
    });
    let Some(clock) = clock else { return unreadable("it is no time of a day") };
    let local = DateTime::from_parts(date, clock);
    match form {
        ColumnForm::Instant => match TimeZone::UTC.to_timestamp(local) {
            Ok(instant) => RawValue::Instant(instant),
            Err(_) => unreadable("its year has more than four digits"),
        },
        _ => RawValue::LocalTime(local),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn zero_dates_are_there_and_cannot_be_read() {
        for (year, month, day) in [(0, 0, 0), (2020, 0, 0), (2020, 5, 0), (2021, 2, 30), (0, 5, 5)] {
            let value = Value::Date(year, month, day, 0, 0, 0, 0);
            for form in [ColumnForm::Date, ColumnForm::LocalTime, ColumnForm::Instant] {
                assert!(matches!(take_value(form, &value), RawValue::Unreadable(_)), "{year}-{month}-{day}");
            }
        }
    }

    #[test]
    fn a_time_has_a_zone_where_the_column_has_one() {
        let value = Value::Date(2020, 11, 18, 13, 5, 9, 250_000);
        let local = date(2020, 11, 18).at(13, 5, 9, 250_000_000);
        assert_eq!(take_value(ColumnForm::LocalTime, &value), RawValue::LocalTime(local));
        let instant = "2020-11-18T13:05:09.25Z".parse().unwrap();
        assert_eq!(take_value(ColumnForm::Instant, &value), RawValue::Instant(instant));
        assert_eq!(take_value(ColumnForm::Date, &value), RawValue::Date(date(2020, 11, 18)));
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(
            take_value(ColumnForm::Number, &Value::UInt(u64::MAX)),
            RawValue::Integer(u64::MAX.into())
        );
        assert_eq!(take_value(ColumnForm::Number, &Value::Float(3.14)), RawValue::Float(3.14));
        let bits = Value::Bytes(vec![1, 0]);
        assert_eq!(take_value(ColumnForm::Bits, &bits), RawValue::Integer(256));
        let decimal = Value::Bytes(b"-0.10".to_vec());
        assert_eq!(take_value(ColumnForm::Decimal, &decimal), RawValue::Decimal("-0.10".to_string()));
        let time = Value::Time(true, 1, 2, 3, 4, 5);
        assert_eq!(take_value(ColumnForm::Time, &time), RawValue::Text("-26:03:04.000005".to_string()));
    }
}
