//! Values in PostgreSQL's binary form.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use portcullis_reconcile::source::RawValue;
use std::fmt::Write;
use tokio_postgres::types::Type;

/// In which form a column comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnForm {
    Boolean,
    Integer,
    /// An unsigned number of four bytes.
    ObjectId,
    Float4,
    Float8,
    Numeric,
    Text,
    Bytes,
    Date,
    LocalTime,
    Instant,
    /// No form of its own: the server makes a text of it.
    CastText,
}

/// Microseconds from 1970 to 2000, where PostgreSQL's times begin.
const EPOCH: i64 = 946_684_800_000_000;
/// Days from 1970 to 2000.
const EPOCH_DAYS: i64 = 10_957;

impl ColumnForm {
    pub(super) fn of_type(of: &Type) -> Self {
        match *of {
            Type::BOOL => Self::Boolean,
            Type::INT2 | Type::INT4 | Type::INT8 => Self::Integer,
            Type::OID => Self::ObjectId,
            Type::FLOAT4 => Self::Float4,
            Type::FLOAT8 => Self::Float8,
            Type::NUMERIC => Self::Numeric,
            // A CHAR comes with its padding; made a text, it would lose it.
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::JSON => Self::Text,
            Type::BYTEA => Self::Bytes,
            Type::DATE => Self::Date,
            Type::TIMESTAMP => Self::LocalTime,
            Type::TIMESTAMPTZ => Self::Instant,
            _ => Self::CastText,
        }
    }

    pub(super) fn read_value(self, bytes: &[u8]) -> RawValue {
        let value = match self {
            Self::Boolean => bytes.first().map(|byte| RawValue::Boolean(*byte != 0)),
            Self::Integer => read_integer(bytes).map(|number| RawValue::Integer(number.into())),
            Self::ObjectId => {
                bytes.try_into().ok().map(u32::from_be_bytes).map(|id| RawValue::Integer(id.into()))
            }
            Self::Float4 => bytes.try_into().ok().map(f32::from_be_bytes).map(widen_float),
            Self::Float8 => bytes.try_into().ok().map(f64::from_be_bytes).map(take_float),
            Self::Numeric => read_numeric(bytes),
            Self::Text | Self::CastText => Some(match std::str::from_utf8(bytes) {
                Ok(text) => RawValue::Text(text.to_string()),
                Err(_) => RawValue::Unreadable("its bytes are no text in utf-8".to_string()),
            }),
            Self::Bytes => Some(RawValue::Bytes(bytes.to_vec())),
            Self::Date => read_integer(bytes).map(read_date),
            Self::LocalTime => read_integer(bytes).map(|time| match read_time(time) {
                Ok(time) => RawValue::LocalTime(Offset::UTC.to_datetime(time)),
                Err(why) => why,
            }),
            Self::Instant => read_integer(bytes).map(|time| match read_time(time) {
                Ok(time) => RawValue::Instant(time),
                Err(why) => why,
            }),
        };
        value.unwrap_or_else(|| RawValue::Unreadable("the server sent it in an unknown form".to_string()))
    }
}

/// A whole number of 2, 4 or 8 bytes.
fn read_integer(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        2 => Some(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        4 => Some(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        8 => Some(i64::from_be_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

fn take_float(number: f64) -> RawValue {
    if number.is_finite() {
        RawValue::Float(number)
    } else {
        RawValue::Unreadable("it is no finite number".to_string())
    }
}

/// The double that has the shortest text of the single: 3.14 and not 3.1400001049041748.
fn widen_float(number: f32) -> RawValue {
    take_float(number.to_string().parse().unwrap_or(f64::NAN))
}

fn read_date(days: i64) -> RawValue {
    if days == i64::from(i32::MAX) || days == i64::from(i32::MIN) {
        return RawValue::Unreadable("it is an infinite date".to_string());
    }
    let from_1970 = SignedDuration::from_hours((days + EPOCH_DAYS) * 24);
    match Date::constant(1970, 1, 1).checked_add(from_1970) {
        Ok(date) => RawValue::Date(date),
        Err(_) => RawValue::Unreadable("its year has more than four digits".to_string()),
    }
}

fn read_time(microseconds: i64) -> Result<Timestamp, RawValue> {
    if microseconds == i64::MAX || microseconds == i64::MIN {
        return Err(RawValue::Unreadable("it is an infinite time".to_string()));
    }
    let time = microseconds.checked_add(EPOCH).and_then(|time| Timestamp::from_microsecond(time).ok());
    time.ok_or_else(|| RawValue::Unreadable("its year has more than four digits".to_string()))
}

/// A decimal number: digits to the base 10 000, and how many decimal digits are shown after the
/// point.
fn read_numeric(bytes: &[u8]) -> Option<RawValue> {
    let word = |at: usize| Some(u16::from_be_bytes(bytes.get(at * 2..at * 2 + 2)?.try_into().ok()?));
    let (count, weight, sign, scale) = (word(0)?, word(1)?.cast_signed(), word(2)?, usize::from(word(3)?));
    match sign {
        0 | 0x4000 => {}
        0xc000 | 0xd000 | 0xf000 => return Some(RawValue::Unreadable("it is no finite number".to_string())),
        _ => return None,
    }
    let digit = |place: i32| -> Option<u16> {
        let at = i32::from(weight) - place;
        match usize::try_from(at) {
            Ok(at) if at < usize::from(count) => word(4 + at).filter(|digit| *digit < 10_000),
            _ => Some(0),
        }
    };
    let mut text = String::with_capacity(usize::from(count) * 4 + 3);
    if sign != 0 {
        text.push('-');
    }
    let whole = usize::try_from(weight).map_or(0, |weight| weight + 1);
    if whole == 0 {
        text.push('0');
    }
    for at in 0..whole {
        let digit = digit(i32::try_from(whole - 1 - at).ok()?)?;
        // Nothing is written before the first digit.
        let _ = if at == 0 { write!(text, "{digit}") } else { write!(text, "{digit:04}") };
    }
    if scale > 0 {
        text.push('.');
        let end = text.len() + scale;
        let mut place = -1;
        while text.len() < end {
            let _ = write!(text, "{:04}", digit(place)?);
            place -= 1;
        }
        text.truncate(end);
    }
    Some(RawValue::Decimal(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn numeric(weight: i16, sign: u16, scale: u16, digits: &[u16]) -> RawValue {
        let mut words = vec![u16::try_from(digits.len()).unwrap(), weight.cast_unsigned(), sign, scale];
        words.extend_from_slice(digits);
        let bytes: Vec<u8> = words.into_iter().flat_map(u16::to_be_bytes).collect();
        ColumnForm::Numeric.read_value(&bytes)
    }

    #[test]
    fn decimals_keep_each_digit() {
        let decimal = |text: &str| RawValue::Decimal(text.to_string());
        assert_eq!(numeric(0, 0, 2, &[12, 5000]), decimal("12.50"));
        assert_eq!(numeric(0, 0x4000, 2, &[12, 5000]), decimal("-12.50"));
        assert_eq!(numeric(0, 0, 0, &[]), decimal("0"));
        assert_eq!(numeric(0, 0, 2, &[]), decimal("0.00"));
        assert_eq!(numeric(-1, 0, 4, &[1]), decimal("0.0001"));
        assert_eq!(numeric(-2, 0, 5, &[1000]), decimal("0.00001"));
        assert_eq!(numeric(3, 0, 0, &[9007, 1992, 5474, 993]), decimal("9007199254740993"));
        assert_eq!(numeric(2, 0, 0, &[1]), decimal("100000000"));
        for sign in [0xc000, 0xd000, 0xf000] {
            assert!(matches!(numeric(0, sign, 0, &[]), RawValue::Unreadable(_)));
        }
        assert!(matches!(numeric(0, 0, 0, &[10_000]), RawValue::Unreadable(_)));
        assert!(matches!(ColumnForm::Numeric.read_value(b"\0\x01\0"), RawValue::Unreadable(_)));
    }

    #[test]
    fn days_and_times_count_from_2000() {
        let day = |days: i32| ColumnForm::Date.read_value(&days.to_be_bytes());
        assert_eq!(day(0), RawValue::Date(date(2000, 1, 1)));
        assert_eq!(day(-10_957), RawValue::Date(date(1970, 1, 1)));
        for days in [i32::MAX, i32::MIN, 5_000_000] {
            assert!(matches!(day(days), RawValue::Unreadable(_)));
        }
        let time = |time: i64| ColumnForm::LocalTime.read_value(&time.to_be_bytes());
        assert_eq!(time(-1), RawValue::LocalTime(date(1999, 12, 31).at(23, 59, 59, 999_999_000)));
        for extreme in [i64::MAX, i64::MIN, i64::MAX - 1] {
            assert!(matches!(time(extreme), RawValue::Unreadable(_)));
        }
        let instant = ColumnForm::Instant.read_value(&0_i64.to_be_bytes());
        assert_eq!(instant, RawValue::Instant("2000-01-01T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn floats_have_their_shortest_text() {
        assert_eq!(ColumnForm::Float4.read_value(&3.14_f32.to_be_bytes()), RawValue::Float(3.14));
        assert_eq!(ColumnForm::Float8.read_value(&0.1_f64.to_be_bytes()), RawValue::Float(0.1));
        assert!(matches!(ColumnForm::Float8.read_value(&f64::NAN.to_be_bytes()), RawValue::Unreadable(_)));
    }

    #[test]
    fn a_value_of_another_length_is_unreadable() {
        for form in [ColumnForm::Integer, ColumnForm::Float8, ColumnForm::Date, ColumnForm::Instant] {
            assert!(matches!(form.read_value(b"abc"), RawValue::Unreadable(_)), "{form:?}");
        }
    }
}
