//! Moments as people write them in a policy or beside it.

use jiff::Timestamp;
use serde::Deserialize;

/// A moment: RFC 3339 with an offset (`2026-12-18T18:00:00Z`), or a date alone (`2026-12-18`),
/// which stands for its first moment in UTC.
///
/// A time of day without an offset is refused: nobody could say which moment it is. So is any other
/// form that a lenient reader might understand in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Moment(pub Timestamp);

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mistake = || {
            format!(
                "`{text}` is not a moment; write a time with its offset, \"2026-12-18T18:00:00Z\", or a date, \
                 \"2026-12-18\""
            )
        };
        let read = if is_date(&text) { first_moment(&text) } else { parse_time(&text) };
        read.map(Moment).ok_or_else(mistake)
    }
}

fn is_date(text: &str) -> bool {
    let shape = |(index, byte): (usize, u8)| {
        if matches!(index, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() }
    };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

fn first_moment(date: &str) -> Option<Timestamp> {
    format!("{date}T00:00:00Z").parse().ok()
}

fn parse_time(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_once('T')?;
    let plain = rest.bytes().all(|byte| byte.is_ascii_digit() || b":.+-Z".contains(&byte));
    (is_date(date) && plain).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        Moment::try_from(text.to_string()).ok().map(|moment| moment.0.to_string())
    }

    #[test]
    fn a_time_has_an_offset_and_a_date_is_its_first_moment() {
        assert_eq!(read("2026-12-18T18:00:00Z").unwrap(), "2026-12-18T18:00:00Z");
        assert_eq!(read("2026-12-18T18:00:00+01:00").unwrap(), "2026-12-18T17:00:00Z");
        assert_eq!(read("2026-12-18").unwrap(), "2026-12-18T00:00:00Z");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "",
            "2026-12-18T18:00:00",
            "2026-12-18 18:00:00Z",
            "2026-12-18T18:00:00Z[Europe/London]",
            "2026-12-18T18:00:00+01:00[Europe/London]",
            "20261218",
            "20261218T180000Z",
            "2026-13-01",
            "2026-02-30",
            "2026-02-30T00:00:00Z",
            "2026-12-18T25:00:00Z",
            "18/12/2026",
            "tomorrow",
            "2026-12-18T",
            "9999-99-99",
            "２０２６-12-18",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
