//! The times that a report itself names: when its tests began, and when they ended.
//!
//! Reports write times in many shapes, and many of them name no zone. Those are kept apart: whoever
//! knows which zones they can be in reads them with [`OwnTimes::read_here`]. A time before the year
//! 2000 is taken for none (runners write 1970 for what they did not run), and so is a date without
//! a time of day.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// 2000-01-01T00:00:00Z, in seconds.
const EARLIEST: i64 = 946_684_800;

/// From here on a number counts milliseconds and not seconds: as seconds it would be a time after
/// the year 5000.
const MILLISECONDS: u64 = 100_000_000_000;

/// Every time that a report names, as far as it matters: the first and the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnTimes {
    /// Those that say in which zone they are.
    pub zoned: Option<TimeSpan>,
    /// Those that do not; until somebody says otherwise they are in UTC.
    pub zoneless: Option<TimeSpan>,
}

/// The first and the last of several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan {
    /// The first.
    pub first: Timestamp,
    /// The last.
    pub last: Timestamp,
}

impl OwnTimes {
    /// Does it name no time at all?
    pub fn is_empty(&self) -> bool {
        self.zoned.is_none() && self.zoneless.is_none()
    }

    /// The earliest time that it names.
    pub fn began(&self) -> Option<Timestamp> {
        self.spans().map(|span| span.first).min()
    }

    /// The latest time of those that say in which zone they are: of the others nobody knows whether
    /// they are late.
    pub fn ended(&self) -> Option<Timestamp> {
        self.zoned.map(|span| span.last)
    }

    /// Does the earliest time leave open in which zone it is?
    pub fn began_somewhere(&self) -> bool {
        self.zoneless.is_some_and(|span| Some(span.first) == self.began())
    }

    fn spans(&self) -> impl Iterator<Item = TimeSpan> {
        self.zoned.into_iter().chain(self.zoneless)
    }

    /// Takes a time as text. What is none that is known here says nothing.
    pub fn text(&mut self, text: &str) {
        match read_time(text.trim()) {
            Some((at, true)) => extend_span(&mut self.zoned, at),
            Some((at, false)) => extend_span(&mut self.zoneless, at),
            None => {}
        }
    }

    /// Takes the seconds or milliseconds since 1970; which of the two their size tells.
    pub fn number(&mut self, number: u64) {
        let at = match number {
            MILLISECONDS.. => i64::try_from(number).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            _ => i64::try_from(number).ok().and_then(|seconds| Timestamp::from_second(seconds).ok()),
        };
        if let Some(at) = at {
            extend_span(&mut self.zoned, at);
        }
    }

    /// Takes the times of another report of the same run.
    pub fn add(&mut self, other: &OwnTimes) {
        for (mine, theirs) in [(&mut self.zoned, other.zoned), (&mut self.zoneless, other.zoneless)] {
            for at in theirs.into_iter().flat_map(|span| [span.first, span.last]) {
                extend_span(mine, at);
            }
        }
    }

    /// Reads the times without a zone where they were probably written: in UTC, or in the zone of
    /// this machine, `offset` ahead of it. Nobody says in which, so they are read in favour of the
    /// report: as the later of the two.
    pub fn read_here(self, offset: SignedDuration) -> Self {
        let read = |at: Timestamp| at.max(at.checked_sub(offset).unwrap_or(at));
        let zoneless = self.zoneless.map(|span| TimeSpan { first: read(span.first), last: read(span.last) });
        OwnTimes { zoneless, ..self }
    }
}

fn extend_span(span: &mut Option<TimeSpan>, at: Timestamp) {
    if at.as_second() < EARLIEST {
        return;
    }
    let span = span.get_or_insert(TimeSpan { first: at, last: at });
    span.first = span.first.min(at);
    span.last = span.last.max(at);
}

/// A time, and whether it says in which zone it is.
fn read_time(text: &str) -> Option<(Timestamp, bool)> {
    if text.bytes().next()?.is_ascii_alphabetic() {
        let at = jiff::fmt::rfc2822::parse(text).ok()?;
        return Some((at.timestamp(), true));
    }
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || ":.,".contains(c))).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(end);
    let moment: DateTime = format!("{date}T{}", time.replace(',', ".")).parse().ok()?;
    let offset = match zone.trim() {
        "" => None,
        "Z" | "z" | "UTC" | "GMT" => Some(Offset::UTC),
        signed => Some(parse_offset(signed)?),
    };
    let at = offset.unwrap_or(Offset::UTC).to_timestamp(moment).ok()?;
    Some((at, offset.is_some()))
}

/// `+02:00`, `+0200` or `+02`.
fn parse_offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.strip_prefix('+') {
        Some(digits) => (1, digits),
        None => (-1, text.strip_prefix('-')?),
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    let plain = matches!(digits.len(), 2 | 4) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = |part: Option<&str>| part.filter(|_| plain).map_or(Some(0), |part| part.parse::<i32>().ok());
    let hours = number(Some(digits.get(..2)?))?;
    let minutes = number(digits.get(2..4))?;
    if !plain {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn times(texts: &[&str]) -> OwnTimes {
        let mut times = OwnTimes::default();
        texts.iter().for_each(|text| times.text(text));
        times
    }

    fn began(text: &str) -> Option<String> {
        times(&[text]).began().map(|at| at.to_string())
    }

    #[test]
    fn a_time_is_read_in_every_shape_that_runners_write() {
        for (text, at) in [
            ("2026-12-18T18:00:00Z", "2026-12-18T18:00:00Z"),
            ("2026-12-18T18:00:00.123456+01:00", "2026-12-18T17:00:00.123456Z"),
            ("2026-12-18T18:00:00+0100", "2026-12-18T17:00:00Z"),
            ("2026-12-18T18:00:00-05", "2026-12-18T23:00:00Z"),
            ("2026-12-18 18:00:00Z", "2026-12-18T18:00:00Z"),
            ("2026-12-18 18:00:00 UTC", "2026-12-18T18:00:00Z"),
            ("2026-12-18 18:00:00 +0100", "2026-12-18T17:00:00Z"),
            ("2026-12-18T18:00:00,5Z", "2026-12-18T18:00:00.5Z"),
            ("Fri, 18 Dec 2026 18:00:00 GMT", "2026-12-18T18:00:00Z"),
            ("2026-12-18T18:00:00", "2026-12-18T18:00:00Z"),
            ("2026-12-18 18:00:00.5", "2026-12-18T18:00:00.5Z"),
        ] {
            assert_eq!(began(text).as_deref(), Some(at), "{text}");
        }
        for text in [
            "",
            "2026-12-18",
            "2026-13-18T18:00:00",
            "18:00:00",
            "1970-01-01T00:00:00",
            "tomorrow",
            "2026-12-18T18:00:00+x",
            "2026-12-18T18:00:00+1",
            "２０２６-12-18T18:00:00",
        ] {
            assert_eq!(began(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_count_seconds_or_milliseconds() {
        let number = |number| {
            let mut times = OwnTimes::default();
            times.number(number);
            times.began().map(|at| at.as_second())
        };
        assert_eq!(number(1_790_000_000), Some(1_790_000_000));
        assert_eq!(number(1_790_000_000_123), Some(1_790_000_000));
        assert_eq!(number(0), None);
        assert_eq!(number(u64::MAX), None);
    }

    #[test]
    fn a_time_without_a_zone_is_read_in_favour_of_the_report() {
        let plain = || times(&["2026-12-18T18:00:00"]);
        let text = |at: Option<Timestamp>| at.unwrap().to_string();
        for (hours, began) in [(0, 18), (2, 18), (-5, 23)] {
            let read = plain().read_here(SignedDuration::from_hours(hours));
            assert_eq!(text(read.began()), format!("2026-12-18T{began}:00:00Z"));
            assert_eq!((read.began_somewhere(), read.ended()), (true, None));
        }
        let zoned = times(&["2026-12-18T18:00:00Z"]).read_here(SignedDuration::from_hours(5));
        assert_eq!(text(zoned.began()), "2026-12-18T18:00:00Z");
    }

    #[test]
    fn the_first_and_the_last_are_kept() {
        let mut all = times(&["2026-12-18T18:00:00Z", "2026-12-18T17:00:00Z"]);
        all.add(&times(&["2026-12-18T16:30:00", "2026-12-18T19:00:00Z"]));
        assert_eq!(all.began().unwrap().to_string(), "2026-12-18T16:30:00Z");
        assert_eq!(all.ended().unwrap().to_string(), "2026-12-18T19:00:00Z");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_passed_over(text in "[-0-9T:+Z., é]{0,40}", number: u64) {
            let mut times = OwnTimes::default();
            times.text(&text);
            times.number(number);
            let _ = times.read_here(SignedDuration::from_hours(30)).ended();
        }
    }
}
