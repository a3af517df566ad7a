//! The windows of `[controls.freeze]`, checked: one that could never hold anything back does not
//! parse.
//!
//! A window is in a newtype in its list, because TOML errors get the place of the newtype's
//! text.

use crate::control::shared::text::InvalidSetting;
use jiff::Timestamp;
use portcullis_model::environment::Environment;
use portcullis_model::moment::Moment;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

const DAY: i64 = 24 * 60 * 60;
const WEEK: i64 = 7 * DAY;

/// The days of the week. The first of January 1970 was a Thursday.
const DAYS: [&str; 7] = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"];

/// The same days, for people.
const DAY_NAMES: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

/// No place on earth is further from UTC.
const FURTHEST: i64 = 14 * 60 * 60;

/// A window between two moments.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "RawWindow"))]
#[serde(try_from = "RawWindow")]
pub struct Window {
    from: Timestamp,
    /// Its end; no longer inside.
    pub until: Timestamp,
    /// Why it is there.
    pub reason: String,
}

/// One entry of the list.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WindowEntry(pub Window);

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawWindow {
    /// The first moment inside the window, in RFC 3339: `"2026-12-18T18:00:00Z"`. A date alone
    /// means its first moment in UTC.
    #[cfg_attr(test, schemars(with = "String"))]
    from: Moment,
    /// The first moment after the window.
    #[cfg_attr(test, schemars(with = "String"))]
    until: Moment,
    /// Why nothing is deployed; every finding shows it.
    reason: String,
}

impl TryFrom<RawWindow> for Window {
    type Error = InvalidSetting;

    fn try_from(raw: RawWindow) -> Result<Self, InvalidSetting> {
        let RawWindow { from: Moment(from), until: Moment(until), reason } = raw;
        if until <= from {
            return Err(InvalidSetting::from(format!(
                "this window ends at {until}, which is not after its beginning at {from}; write a later `until`"
            )));
        }
        Ok(Window { from, until, reason: check_reason(reason)? })
    }
}

impl Window {
    /// Its first moment.
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// Is the moment inside?
    pub fn holds(&self, moment: Timestamp) -> bool {
        self.from <= moment && moment < self.until
    }
}

/// A window of every week, in seconds since Thursday 00:00 UTC.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "RawWeek"))]
#[serde(try_from = "RawWeek")]
pub struct Week {
    from: i64,
    length: i64,
    /// Why it is there.
    pub reason: String,
}

/// One entry of the list.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WeekEntry(pub Week);

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawWeek {
    /// The day and time at which the window begins: `"fri 16:00"`.
    from: WeekTime,
    /// The day and time at which it ends.
    until: WeekTime,
    /// A fixed offset from UTC: `"+01:00"`. It does not change in summer. Default: UTC.
    offset: Option<Offset>,
    /// Why nothing is deployed; every finding shows it.
    reason: String,
}

impl TryFrom<RawWeek> for Week {
    type Error = InvalidSetting;

    fn try_from(raw: RawWeek) -> Result<Self, InvalidSetting> {
        let length = (raw.until.0 - raw.from.0).rem_euclid(WEEK);
        if length == 0 {
            return Err("this window ends when it begins; write another `until`".into());
        }
        let offset = raw.offset.map_or(0, |offset| offset.0);
        Ok(Week { from: raw.from.0 - offset, length, reason: check_reason(raw.reason)? })
    }
}

impl Week {
    /// Its two ends, for people: "Friday 15:00 to Monday 07:00 (UTC)".
    pub fn describe(&self) -> String {
        format!("{} to {} (UTC)", describe_time(self.from), describe_time(self.from + self.length))
    }

    /// Is the moment inside?
    pub fn holds(&self, moment: Timestamp) -> bool {
        self.elapsed(moment) < self.length
    }

    /// When the window around the moment ends; `None` past the end of all calendars.
    pub fn end(&self, moment: Timestamp) -> Option<Timestamp> {
        Timestamp::from_second(whole_second(moment) - self.elapsed(moment) + self.length).ok()
    }

    /// How many seconds ago it last began.
    fn elapsed(&self, moment: Timestamp) -> i64 {
        (whole_second(moment) - self.from).rem_euclid(WEEK)
    }
}

/// A time of the week, given in seconds since Thursday 00:00.
fn describe_time(time: i64) -> String {
    let time = time.rem_euclid(WEEK);
    let day =
        usize::try_from(time / DAY).ok().and_then(|day| DAY_NAMES.get(day)).copied().unwrap_or_default();
    format!("{day} {:02}:{:02}", time % DAY / 3600, time % 3600 / 60)
}

/// The whole second that a moment belongs to: rounded down, also before the epoch.
fn whole_second(moment: Timestamp) -> i64 {
    moment.as_millisecond().div_euclid(1000)
}

/// A time of the week as `fri 16:00`: seconds since Thursday 00:00.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String", extend("pattern" = "^(mon|tue|wed|thu|fri|sat|sun) [0-9]{2}:[0-9]{2}$")))]
#[serde(try_from = "String")]
struct WeekTime(i64);

impl TryFrom<String> for WeekTime {
    type Error = InvalidSetting;

    fn try_from(text: String) -> Result<Self, InvalidSetting> {
        let read = || {
            let (day, time) = text.split_once(' ')?;
            let day = (0i64..).zip(DAYS).find(|(_, name)| *name == day)?.0;
            Some(day * DAY + parse_clock(time).filter(|time| *time < DAY)?)
        };
        read().map(WeekTime).ok_or_else(|| {
            InvalidSetting::from(format!("`{text}` is not a time of the week; write \"fri 16:00\" (mon, tue, wed, thu, fri, sat, sun; 00:00 to 23:59)"))
        })
    }
}

/// A fixed offset from UTC as `+01:00`, in seconds.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String", extend("pattern" = "^[+-][0-9]{2}:[0-9]{2}$")))]
#[serde(try_from = "String")]
struct Offset(i64);

impl TryFrom<String> for Offset {
    type Error = InvalidSetting;

    fn try_from(text: String) -> Result<Self, InvalidSetting> {
        let positive = text.strip_prefix('+').and_then(parse_clock);
        let negative = text.strip_prefix('-').and_then(parse_clock).map(|offset| -offset);
        let offset = positive.or(negative).filter(|offset| offset.abs() <= FURTHEST);
        offset.map(Offset).ok_or_else(|| {
            InvalidSetting::from(format!(
                "`{text}` is not an offset from UTC; write \"+01:00\" (names of time zones are not supported)"
            ))
        })
    }
}

/// `HH:MM` in seconds.
fn parse_clock(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |digits: &str| {
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<i64>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then_some(hours * 60 * 60 + minutes * 60)
}

fn check_reason(reason: String) -> Result<String, InvalidSetting> {
    if reason.trim().is_empty() { Err("the reason of the window is empty".into()) } else { Ok(reason) }
}

/// Environments, if the key is written: at least one.
pub fn some_environments<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<Environment>>, D::Error> {
    read_filled(deserializer, "an empty list freezes no environment; name one, or leave the key out for all")
        .map(Some)
}

/// Windows: at least one.
pub fn some_windows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WindowEntry>, D::Error> {
    read_filled(deserializer, "an empty list freezes nothing; write a window, or leave the key out")
}

/// Weekly windows: at least one.
pub fn some_weeks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WeekEntry>, D::Error> {
    read_filled(deserializer, "an empty list freezes nothing; write a window, or leave the key out")
}

fn read_filled<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
    empty: &str,
) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() { Err(D::Error::custom(empty)) } else { Ok(list) }
}
