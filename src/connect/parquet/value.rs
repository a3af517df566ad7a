//! Values of Parquet, by their physical and logical type.

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::schema::types::ColumnDescriptor;
use portcullis_reconcile::source::RawValue;

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ColumnForm {
    kind: Kind,
    /// The definition level at which there is a value; 0: every row has one.
    pub(super) present: i16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// As the physical type says.
    Plain,
    Unsigned,
    Decimal {
        scale: i32,
    },
    Date,
    /// A point in time where it is UTC, otherwise a time without a zone.
    Timestamp {
        is_utc: bool,
        nanoseconds: i64,
    },
    TimeOfDay {
        nanoseconds: i64,
    },
    Text,
    Uuid,
    /// A type whose values have no form here.
    Unknown,
}

impl ColumnForm {
    pub(super) fn of_column(column: &ColumnDescriptor) -> Self {
        let kind = column.logical_type_ref().map_or_else(|| find_old_kind(column), find_kind);
        Self { kind, present: column.max_def_level() }
    }

    /// A whole number of 32 or 64 bits, and the same bits without a sign.
    pub(super) fn take_integer(self, number: i64, unsigned: u64) -> RawValue {
        match self.kind {
            Kind::Unsigned => RawValue::Integer(unsigned.into()),
            Kind::Decimal { scale } => take_decimal(number.into(), scale),
            Kind::Date => take_date(number),
            Kind::Timestamp { is_utc, nanoseconds } => take_timestamp(number, nanoseconds, is_utc),
            Kind::TimeOfDay { nanoseconds } => take_time_of_day(number, nanoseconds),
            Kind::Unknown => unreadable("its type has no form here"),
            Kind::Plain | Kind::Text | Kind::Uuid => RawValue::Integer(number.into()),
        }
    }

    pub(super) fn take_bytes(self, bytes: &[u8]) -> RawValue {
        match self.kind {
            Kind::Text => match std::str::from_utf8(bytes) {
                Ok(text) => RawValue::Text(text.to_string()),
                Err(_) => unreadable("its bytes are no text in utf-8"),
            },
            Kind::Decimal { scale } => match read_big_endian(bytes) {
                Some(number) => take_decimal(number, scale),
                None => unreadable("it has more digits than are read"),
            },
            Kind::Uuid if bytes.len() == 16 => RawValue::Text(write_uuid(bytes)),
            Kind::Plain => RawValue::Bytes(bytes.to_vec()),
            _ => unreadable("its type has no form here"),
        }
    }
}

fn find_kind(logical: &LogicalType) -> Kind {
    match logical {
        LogicalType::String | LogicalType::Enum | LogicalType::Json => Kind::Text,
        LogicalType::Decimal(decimal) => Kind::Decimal { scale: decimal.scale },
        LogicalType::Date => Kind::Date,
        LogicalType::Timestamp(time) => {
            Kind::Timestamp { is_utc: time.is_adjusted_to_u_t_c, nanoseconds: count_nanoseconds(time.unit) }
        }
        LogicalType::Time(time) => Kind::TimeOfDay { nanoseconds: count_nanoseconds(time.unit) },
        LogicalType::Integer(integer) if integer.is_signed => Kind::Plain,
        LogicalType::Integer(_) => Kind::Unsigned,
        LogicalType::Uuid => Kind::Uuid,
        LogicalType::Bson => Kind::Plain,
        _ => Kind::Unknown,
    }
}

/// The kind by the older annotation, whose times are all UTC.
fn find_old_kind(column: &ColumnDescriptor) -> Kind {
    match column.converted_type() {
        ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => Kind::Text,
        ConvertedType::DECIMAL => Kind::Decimal { scale: column.type_scale() },
        ConvertedType::DATE => Kind::Date,
        ConvertedType::TIMESTAMP_MILLIS => Kind::Timestamp { is_utc: true, nanoseconds: 1_000_000 },
        ConvertedType::TIMESTAMP_MICROS => Kind::Timestamp { is_utc: true, nanoseconds: 1_000 },
        ConvertedType::TIME_MILLIS => Kind::TimeOfDay { nanoseconds: 1_000_000 },
        ConvertedType::TIME_MICROS => Kind::TimeOfDay { nanoseconds: 1_000 },
        ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64 => {
            Kind::Unsigned
        }
        ConvertedType::INTERVAL => Kind::Unknown,
        _ => Kind::Plain,
    }
}

const fn count_nanoseconds(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1_000_000,
        TimeUnit::MICROS => 1_000,
        TimeUnit::NANOS => 1,
    }
}

fn unreadable(why: &str) -> RawValue {
    RawValue::Unreadable(why.to_string())
}

/// A whole number with so many digits after the point.
fn take_decimal(number: i128, scale: i32) -> RawValue {
    let Some(scale) = usize::try_from(scale).ok().filter(|scale| *scale <= 100) else {
        return unreadable("its scale is out of range");
    };
    let sign = if number < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let point = if scale > 0 { "." } else { "" };
    RawValue::Decimal(format!("{sign}{whole}{point}{fraction}"))
}

/// A number in two's complement, most significant byte first.
fn read_big_endian(bytes: &[u8]) -> Option<i128> {
    let first = bytes.first()?;
    let fill = if *first >= 0x80 { 0xff } else { 0 };
    let extra = bytes.len().saturating_sub(16);
    let (before, last) = bytes.split_at(extra);
    let is_sign = |byte: &u8| *byte == fill;
    if !before.iter().all(is_sign) || extra > 0 && last.first().is_some_and(|byte| byte & 0x80 != fill & 0x80)
    {
        return None;
    }
    let mut all = [fill; 16];
    all[16 - last.len()..].copy_from_slice(last);
    Some(i128::from_be_bytes(all))
}

fn take_date(days: i64) -> RawValue {
    let since = days.checked_mul(24).and_then(SignedDuration::try_from_hours);
    match since.and_then(|since| Date::constant(1970, 1, 1).checked_add(since).ok()) {
        Some(date) => RawValue::Date(date),
        None => unreadable("its year has more than four digits"),
    }
}

fn take_timestamp(number: i64, nanoseconds: i64, is_utc: bool) -> RawValue {
    match Timestamp::from_nanosecond(i128::from(number) * i128::from(nanoseconds)) {
        Ok(instant) if is_utc => RawValue::Instant(instant),
        Ok(instant) => RawValue::LocalTime(Offset::UTC.to_datetime(instant)),
        Err(_) => unreadable("its year has more than four digits"),
    }
}

fn take_time_of_day(number: i64, nanoseconds: i64) -> RawValue {
    let since = number.checked_mul(nanoseconds).map(SignedDuration::from_nanos);
    match since.and_then(|since| Time::midnight().checked_add(since).ok()) {
        Some(time) => RawValue::Text(time.to_string()),
        None => unreadable("it is no time of a day"),
    }
}

pub(super) fn take_float(number: f64) -> RawValue {
    if number.is_finite() { RawValue::Float(number) } else { unreadable("it is no finite number") }
}

/// The oldest form of times: nanoseconds of a day and the Julian day. It does not say of which zone.
pub(super) fn take_int96(words: &[u32]) -> RawValue {
    let [low, high, day] = words else { return unreadable("its type has no form here") };
    let nanoseconds = i128::from(*high) << 32 | i128::from(*low);
    let days = i128::from(*day) - 2_440_588;
    match Timestamp::from_nanosecond(days * 86_400_000_000_000 + nanoseconds) {
        Ok(instant) => RawValue::LocalTime(Offset::UTC.to_datetime(instant)),
        Err(_) => unreadable("its year has more than four digits"),
    }
}

fn write_uuid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_each_digit() {
        let decimal = |text: &str| RawValue::Decimal(text.to_string());
        assert_eq!(take_decimal(-5, 2), decimal("-0.05"));
        assert_eq!(take_decimal(1250, 2), decimal("12.50"));
        assert_eq!(take_decimal(7, 0), decimal("7"));
        assert_eq!(take_decimal(i128::MIN, 0), decimal("-170141183460469231731687303715884105728"));
        assert!(matches!(take_decimal(1, -1), RawValue::Unreadable(_)));
        assert_eq!(read_big_endian(b"\xff\x38"), Some(-200));
        assert_eq!(read_big_endian(b"\x00\x80"), Some(128));
        assert_eq!(
            read_big_endian(&[&[0; 4][..], &[0x7f; 16]].concat()),
            Some(i128::from_be_bytes([0x7f; 16]))
        );
        assert_eq!(read_big_endian(&[&[0; 4][..], &[0x80; 16]].concat()), None);
        assert_eq!(read_big_endian(b""), None);
    }

    #[test]
    fn times_are_exact_or_unreadable() {
        assert_eq!(take_date(-1), RawValue::Date(Date::constant(1969, 12, 31)));
        assert!(matches!(take_date(i64::MAX), RawValue::Unreadable(_)));
        let instant = "2020-11-18T13:05:09.25Z".parse::<Timestamp>().unwrap();
        assert_eq!(take_timestamp(1_605_704_709_250, 1_000_000, true), RawValue::Instant(instant));
        let local = Offset::UTC.to_datetime(instant);
        assert_eq!(take_timestamp(1_605_704_709_250_000, 1_000, false), RawValue::LocalTime(local));
        assert!(matches!(take_timestamp(i64::MAX, 1_000_000, true), RawValue::Unreadable(_)));
        assert_eq!(take_time_of_day(47_109_250, 1_000_000), RawValue::Text("13:05:09.25".to_string()));
        assert!(matches!(take_time_of_day(86_400_001, 1_000_000), RawValue::Unreadable(_)));
        let epoch = Date::constant(1970, 1, 1).at(0, 0, 0, 1);
        assert_eq!(take_int96(&[1, 0, 2_440_588]), RawValue::LocalTime(epoch));
    }
}
