//! Days and points in time.

use super::{RuleFault, other_type};
use crate::source::RawValue;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

/// The zone of this name, from the database that the program was built with.
///
/// # Errors
/// There is none of this name.
pub(super) fn find_zone(name: &str) -> Result<TimeZone, RuleFault> {
    TimeZoneDatabase::bundled().get(name).map_err(|_| {
        format!("there is no IANA time zone `{name}`; write one such as `Europe/London`, or `UTC`").into()
    })
}

pub(super) fn append_date(value: &RawValue, format: &str, out: &mut Vec<u8>) -> Result<bool, RuleFault> {
    let date = match value {
        RawValue::Date(date) => *date,
        RawValue::LocalTime(moment) if moment.time() == Time::midnight() => moment.date(),
        RawValue::LocalTime(_) => {
            return Err("the value has a time of day, and the rule is a day".into());
        }
        RawValue::Text(text) if is_blank(text) => return Ok(false),
        RawValue::Text(text) => read_date(text.trim_matches(' '), format)?,
        RawValue::Integer(number) if !format.is_empty() => read_date(&number.to_string(), format)?,
        other => return Err(other_type("a day", other)),
    };
    check_year(date.year())?;
    append_day(date, out);
    Ok(true)
}

/// A day whose year was checked.
fn append_day(date: Date, out: &mut Vec<u8>) {
    append_digits(date.year().unsigned_abs().into(), 4, out);
    for part in [date.month(), date.day()] {
        out.push(b'-');
        append_digits(part.unsigned_abs().into(), 2, out);
    }
}

/// A number with zeros before it. Formatting by the standard library takes several times as long.
fn append_digits(mut number: u32, width: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + width, b'0');
    for digit in out[start..].iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ')
}

fn read_date(text: &str, format: &str) -> Result<Date, RuleFault> {
    if format.is_empty() {
        // The whole text is the day: a parser that stops early would take `2020-01-31T23:59` for
        // one.
        let is_day = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date = text.parse().ok().filter(|_| is_day);
        return date.ok_or_else(|| "the text is no day of the calendar as in 2020-01-31".into());
    }
    let parsed = BrokenDownTime::parse(format, text).and_then(|parsed| parsed.to_date());
    parsed.map_err(|_| format!("the text is no day of the calendar as in `{format}`").into())
}

/// Systems disagree on what comes before the year 1, and do not write what comes after 9999.
fn check_year(year: i16) -> Result<(), RuleFault> {
    if (1..=9999).contains(&year) { Ok(()) } else { Err("the year is not between 1 and 9999".into()) }
}

/// The point in time of a value; `None` where it is NULL.
pub(super) fn read_value(
    value: &RawValue,
    zone: Option<&TimeZone>,
    format: &str,
) -> Result<Option<Timestamp>, RuleFault> {
    let instant = match value {
        RawValue::Null => return Ok(None),
        RawValue::Instant(instant) => *instant,
        RawValue::LocalTime(local) => place_local(*local, zone)?,
        RawValue::Text(text) if is_blank(text) => return Ok(None),
        RawValue::Text(text) => read_instant(text.trim_matches(' '), format, zone)?,
        RawValue::Integer(number) if !format.is_empty() => read_instant(&number.to_string(), format, zone)?,
        other => return Err(other_type("a point in time", other)),
    };
    Ok(Some(instant))
}

pub(super) fn append_instant(instant: Timestamp, digits: u8, out: &mut Vec<u8>) -> Result<(), RuleFault> {
    let utc = TimeZone::UTC.to_datetime(instant);
    check_year(utc.year())?;
    let (date, time) = (utc.date(), utc.time());
    append_day(date, out);
    for (mark, part) in [(b'T', time.hour()), (b':', time.minute()), (b':', time.second())] {
        out.push(mark);
        append_digits(part.unsigned_abs().into(), 2, out);
    }
    if digits > 0 {
        out.push(b'.');
        let start = out.len();
        append_digits(time.subsec_nanosecond().unsigned_abs(), 9, out);
        // What is finer is cut off, never rounded.
        out.truncate(start + usize::from(digits));
    }
    out.push(b'Z');
    Ok(())
}

fn place_local(local: DateTime, zone: Option<&TimeZone>) -> Result<Timestamp, RuleFault> {
    let zone = zone.ok_or("the time has no zone, and the rule names none")?;
    let ambiguous = zone.to_ambiguous_timestamp(local);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => {}
        AmbiguousOffset::Fold { .. } => {
            return Err("the local time is there twice, because clocks were set back; give the offset".into());
        }
        AmbiguousOffset::Gap { .. } => {
            return Err("the local time is never, because clocks were set forward".into());
        }
    }
    ambiguous.compatible().map_err(|_| "the time is out of range".into())
}

fn read_instant(text: &str, format: &str, zone: Option<&TimeZone>) -> Result<Timestamp, RuleFault> {
    if format.is_empty() { read_rfc_3339(text, zone) } else { read_formatted(text, format, zone) }
}

fn read_rfc_3339(text: &str, zone: Option<&TimeZone>) -> Result<Timestamp, RuleFault> {
    if text.contains(":60") {
        return Err(leap_second());
    }
    let is_plain = text.contains(':') && !text.contains('[');
    if let Some(instant) = text.parse().ok().filter(|_| is_plain) {
        return Ok(instant);
    }
    let local: Option<DateTime> = text.parse().ok().filter(|_| is_plain);
    let local = local.ok_or("the text is no point in time as in 2020-01-31T23:59:00Z")?;
    place_local(local, zone)
}

fn read_formatted(text: &str, format: &str, zone: Option<&TimeZone>) -> Result<Timestamp, RuleFault> {
    let bad = || RuleFault::from(format!("the text is no point in time as in `{format}`"));
    let parsed = BrokenDownTime::parse(format, text).map_err(|_| bad())?;
    if parsed.second() == Some(59) && has_leap_second(&parsed, text, format) {
        return Err(leap_second());
    }
    if parsed.offset().is_some() || format.contains("%s") {
        return parsed.to_timestamp().map_err(|_| bad());
    }
    place_local(parsed.to_datetime().map_err(|_| bad())?, zone)
}

/// The parser reads second 60 as 59. Written again, the text then has one `60` less.
fn has_leap_second(parsed: &BrokenDownTime, text: &str, format: &str) -> bool {
    let again = parsed.to_string(format).unwrap_or_default();
    text.matches("60").count() > again.matches("60").count()
}

/// Some systems read it as the second before it, some as the one after it.
fn leap_second() -> RuleFault {
    "the time is a leap second, which systems read differently".into()
}
