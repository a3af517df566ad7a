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

impl TryFrom<String> for LongestWaiver {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = |digits: &str| {
            digits.parse::<u16>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let days = text.strip_suffix('d').and_then(number).map(|days| i64::from(days) * 24);
        let hours = days.or_else(|| text.strip_suffix('h').and_then(number).map(i64::from));
        let in_bounds = hours.filter(|hours| (1..=366 * 24).contains(hours));
        in_bounds.map(|hours| LongestWaiver(SignedDuration::from_hours(hours))).ok_or_else(|| {
            format!("`{text}` is not how long a waiver may last; write \"30d\" or \"12h\", at most a year")
        })
    }
}
