//! Durations as a policy writes them.

use jiff::SignedDuration;
use serde::Deserialize;

/// How long a waiver may last, as `[waivers] longest` writes it: days or hours.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String", extend("pattern" = "^[0-9]+[hd]$")))]
#[serde(try_from = "String")]
pub struct LongestWaiver(pub SignedDuration);

impl Default for LongestWaiver {
    fn default() -> Self {
        LongestWaiver(SignedDuration::from_hours(30 * 24))
    }
}

/// How old an evidence file may be, as `[asserted] max-age` writes it: days or hours.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String", extend("pattern" = "^[0-9]+[hd]$")))]
#[serde(try_from = "String")]
pub struct LongestExport(pub SignedDuration);

impl Default for LongestExport {
    fn default() -> Self {
        LongestExport(SignedDuration::from_hours(24))
    }
}

impl TryFrom<String> for LongestExport {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        read_hours(&text).map(LongestExport).ok_or_else(|| {
            format!(
                "`{text}` is not how old an evidence file may be; write \"24h\" or \"7d\", at most a year"
            )
        })
    }
}

/// How long something may be awaited, as `[due]` writes it: days or hours.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String", extend("pattern" = "^[0-9]+[hd]$")))]
#[serde(try_from = "String")]
pub struct AwaitedTime(pub SignedDuration);

impl TryFrom<String> for AwaitedTime {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        read_hours(&text)
            .map(AwaitedTime)
            .ok_or_else(|| format!("`{text}` is no time; write \"25h\" or \"7d\", at most a year"))
    }
}

impl TryFrom<String> for LongestWaiver {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        read_hours(&text).map(LongestWaiver).ok_or_else(|| {
            format!("`{text}` is not how long a waiver may last; write \"30d\" or \"12h\", at most a year")
        })
    }
}

/// Days or hours, at most a year.
fn read_hours(text: &str) -> Option<SignedDuration> {
    let number = |digits: &str| {
        digits.parse::<u16>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let days = text.strip_suffix('d').and_then(number).map(|days| i64::from(days) * 24);
    let hours = days.or_else(|| text.strip_suffix('h').and_then(number).map(i64::from));
    hours.filter(|hours| (1..=366 * 24).contains(hours)).map(SignedDuration::from_hours)
}
