//! Values as SQL Server sends them, and what it is asked to make of columns that the driver would
//! read with a loss.

use crate::characters::set_text;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};
use portcullis_reconcile::source::RawValue;
use tiberius::numeric::Numeric;
use tiberius::{ColumnData, ColumnType};

/// Where `date`, `datetime2` and `datetimeoffset` begin.
const YEAR_1: Date = Date::constant(1, 1, 1);
/// Where `datetime` and `smalldatetime` begin.
const YEAR_1900: Date = Date::constant(1900, 1, 1);

/// The expression that gives a column, by its type; `None`: it has no type that is the same in each
/// row.
///
/// The driver makes a floating-point number of `money`, and knows the code pages of some
/// collations.
pub(super) fn write_expression(name: &str, of: ColumnType) -> Option<String> {
    use ColumnType::{BigChar, BigVarChar, Image, Money, Money4, NText, Null, SSVariant, Text, Udt, Xml};
    let cast = |to: &str| Some(format!("CAST({name} AS {to})"));
    match of {
        Money | Money4 => cast("decimal(19, 4)"),
        BigChar | BigVarChar | Text | NText | Xml => cast("nvarchar(max)"),
        Image => cast("varbinary(max)"),
        Udt | SSVariant | Null => None,
        _ => Some(name.to_string()),
    }
}

/// Writes a value, in the memory of the one before where it is a text.
pub(super) fn write_value(data: &ColumnData<'_>, into: &mut RawValue) {
    if let ColumnData::String(Some(text)) = data {
        return set_text(into, text);
    }
    *into = read_value(data).unwrap_or(RawValue::Null);
}

/// A value; `None`: NULL.
fn read_value(data: &ColumnData<'_>) -> Option<RawValue> {
    Some(match data {
        ColumnData::U8(number) => RawValue::Integer((*number)?.into()),
        ColumnData::I16(number) => RawValue::Integer((*number)?.into()),
        ColumnData::I32(number) => RawValue::Integer((*number)?.into()),
        ColumnData::I64(number) => RawValue::Integer((*number)?.into()),
        // The double that has the shortest text of the single.
        ColumnData::F32(number) => take_float((*number)?.to_string().parse().unwrap_or(f64::NAN)),
        ColumnData::F64(number) => take_float((*number)?),
        ColumnData::Bit(bit) => RawValue::Boolean((*bit)?),
        ColumnData::String(text) => RawValue::Text(text.as_ref()?.to_string()),
        ColumnData::Guid(id) => RawValue::Text((*id)?.to_string()),
        ColumnData::Binary(bytes) => RawValue::Bytes(bytes.as_ref()?.to_vec()),
        ColumnData::Numeric(number) => RawValue::Decimal(write_decimal((*number)?)),
        ColumnData::Date(date) => take_day(read_day(YEAR_1, (*date)?.days().into()), RawValue::Date),
        ColumnData::Time(time) => {
            let time = (*time)?;
            let clock = read_clock(time.increments(), time.scale());
            clock.map_or_else(fail_clock, |clock| RawValue::Text(clock.to_string()))
        }
        ColumnData::DateTime(time) => {
            let time = (*time)?;
            take_local(read_day(YEAR_1900, time.days().into()), read_ticks(time.seconds_fragments()))
        }
        ColumnData::SmallDateTime(time) => {
            let time = (*time)?;
            let clock = read_clock(u64::from(time.seconds_fragments()) * 60, 0);
            take_local(read_day(YEAR_1900, time.days().into()), clock)
        }
        ColumnData::DateTime2(time) => take_local_of(*time)?,
        ColumnData::DateTimeOffset(time) => match take_local_of(Some((*time)?.datetime2()))? {
            // The server sends day and time in UTC, whatever the offset is.
            RawValue::LocalTime(utc) => take_instant(utc),
            unreadable => unreadable,
        },
        ColumnData::Xml(xml) => {
            xml.as_ref()?;
            RawValue::Unreadable("the server sent it in an unknown form".to_string())
        }
    })
}

fn take_local_of(time: Option<tiberius::time::DateTime2>) -> Option<RawValue> {
    let time = time?;
    let clock = read_clock(time.time().increments(), time.time().scale());
    Some(take_local(read_day(YEAR_1, time.date().days().into()), clock))
}

fn take_float(number: f64) -> RawValue {
    if number.is_finite() {
        RawValue::Float(number)
    } else {
        RawValue::Unreadable("it is no finite number".to_string())
    }
}

fn fail_clock() -> RawValue {
    RawValue::Unreadable("it is no time of a day".to_string())
}

fn take_day(day: Option<Date>, make: impl FnOnce(Date) -> RawValue) -> RawValue {
    day.map_or_else(|| RawValue::Unreadable("its year has more than four digits".to_string()), make)
}

fn take_local(day: Option<Date>, clock: Option<Time>) -> RawValue {
    let Some(clock) = clock else { return fail_clock() };
    take_day(day, |day| RawValue::LocalTime(DateTime::from_parts(day, clock)))
}

/// The last hours of the year 9999 are no points in time for the library.
fn take_instant(utc: DateTime) -> RawValue {
    match TimeZone::UTC.to_timestamp(utc) {
        Ok(instant) => RawValue::Instant(instant),
        Err(_) => RawValue::Unreadable("it is later than every point in time that is compared".to_string()),
    }
}

fn read_day(epoch: Date, days: i64) -> Option<Date> {
    epoch.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// A time of a day, of units of 10^-scale seconds.
fn read_clock(increments: u64, scale: u8) -> Option<Time> {
    let unit = 10_u64.pow(9_u32.checked_sub(scale.into())?);
    let nanoseconds = i64::try_from(increments.checked_mul(unit)?).ok()?;
    let since_midnight = SignedDuration::from_nanos(nanoseconds);
    Time::midnight().checked_add(since_midnight).ok()
}

/// A time of a day in three hundredths of a second, as the milliseconds that every client shows.
fn read_ticks(ticks: u32) -> Option<Time> {
    read_clock((u64::from(ticks) * 10 + 1) / 3, 3)
}

/// The digits of a decimal number, with the column's scale.
fn write_decimal(number: Numeric) -> String {
    let (value, scale) = (number.value(), usize::from(number.scale()));
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn decimals_keep_each_digit() {
        for (value, scale, text) in [
            (-12_500, 3, "-12.500"),
            (1, 3, "0.001"),
            (-1, 4, "-0.0001"),
            (0, 2, "0.00"),
            (
                99_999_999_999_999_999_999_999_999_999_999_999_999,
                38,
                "0.99999999999999999999999999999999999999",
            ),
            (7, 0, "7"),
        ] {
            assert_eq!(write_decimal(Numeric::new_with_scale(value, scale)), text);
        }
    }

    #[test]
    fn three_hundredths_of_a_second_are_what_clients_show() {
        let shown = |ticks: u32| read_ticks(ticks).unwrap().to_string();
        assert_eq!([shown(0), shown(1), shown(2)], ["00:00:00", "00:00:00.003", "00:00:00.007"]);
        assert_eq!(shown(300 * 86_400 - 1), "23:59:59.997");
        assert_eq!(read_ticks(300 * 86_400), None);
    }

    #[test]
    fn days_and_times_have_ends() {
        assert_eq!(read_day(YEAR_1, 0), Some(YEAR_1));
        assert_eq!(read_day(YEAR_1, 3_652_058), Some(date(9999, 12, 31)));
        assert_eq!(read_day(YEAR_1, 3_652_059), None);
        assert_eq!(read_day(YEAR_1900, -53_690), Some(date(1753, 1, 1)));
        assert_eq!(read_clock(863_999_999_999, 7).unwrap().to_string(), "23:59:59.9999999");
        assert_eq!(read_clock(864_000_000_000, 7), None);
        assert_eq!(read_clock(u64::MAX, 0), None);
        let late = date(9999, 12, 31).at(23, 59, 59, 0);
        assert!(matches!(take_instant(late), RawValue::Unreadable(_)));
    }
}
