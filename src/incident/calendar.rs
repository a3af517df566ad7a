//! When a term ends.
//!
//! A term in clock hours is that many hours later, whatever clocks show. A term in working hours
//! counts the time between the beginning and the end of the working day, on working days that are
//! no holidays, in the time zone of the policy. It counts time that passes: where clocks are put
//! forward in the working day, the day is an hour shorter. A term that is used up at the very end
//! of a working day ends there, and not when the next one begins.

use jiff::civil::{Date, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use portcullis_model::notification::{Counting, NoticeSpan, WorkCalendar};

/// How far ahead working days are looked for: more than a hundred years.
const FURTHEST: usize = 40_000;

/// The minute at which a day ends.
const MIDNIGHT: u16 = 24 * 60;

/// The time zone of this name, by the rules that the program carries; those of the machine are not
/// looked at. `None` when there is no such zone.
pub fn find_zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// A moment for people, in a time zone: `2 March 2026, 10:00 GMT`.
pub fn write_local(moment: Timestamp, zone: &TimeZone) -> String {
    moment.to_zoned_datetime(zone.clone()).strftime("%-d %B %Y, %H:%M %Z").to_string()
}

/// When a term ends that begins at `start`; `None` where no calendar holds that moment.
pub fn end_of_term(calendar: &WorkCalendar, start: Timestamp, term: NoticeSpan) -> Option<Timestamp> {
    match term.counting {
        Counting::Clock => start.checked_add(term.length).ok(),
        Counting::Working => end_of_work(calendar, start, term.length),
    }
}

fn end_of_work(calendar: &WorkCalendar, start: Timestamp, length: SignedDuration) -> Option<Timestamp> {
    let mut left = length;
    // The working day before may reach into this one, where clocks are put back at midnight.
    let mut date = calendar.zone.to_datetime(start).date().yesterday().ok()?;
    for _ in 0..FURTHEST {
        if let Some((from, until)) = working_time(calendar, date) {
            let from = from.max(start);
            let worked = until.duration_since(from);
            if worked >= left && from <= until {
                return from.checked_add(left).ok();
            }
            left -= worked.max(SignedDuration::ZERO);
        }
        date = date.tomorrow().ok()?;
    }
    None
}

/// From when to when people work on this day, if they do.
fn working_time(calendar: &WorkCalendar, date: Date) -> Option<(Timestamp, Timestamp)> {
    let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).ok()?;
    let works = calendar.days.get(weekday).copied().unwrap_or(false) && !calendar.holidays.contains(&date);
    if !works {
        return None;
    }
    // A time that clocks show twice is meant where it makes the day longer.
    let from = local_time(calendar, date, calendar.from)?.compatible().ok()?;
    let until = local_time(calendar, date, calendar.until)?.later().ok()?;
    (from < until).then_some((from, until))
}

fn local_time(calendar: &WorkCalendar, date: Date, minute: u16) -> Option<jiff::tz::AmbiguousTimestamp> {
    let (date, minute) = match minute {
        MIDNIGHT => (date.checked_add(1.day()).ok()?, 0),
        minute => (date, minute),
    };
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    let time = Time::new(hour, minute, 0, 0).ok()?;
    Some(calendar.zone.to_ambiguous_timestamp(date.to_datetime(time)))
}

#[cfg(test)]
mod tests;
