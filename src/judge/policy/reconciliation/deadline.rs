//! Times of a dataset: deadlines by share, periods, and the difference of two clocks.
//!
//! A share is never calculated with as a binary fraction: what TOML reads as 0.9 is written out
//! again with the fewest digits that mean the same number, and those digits are millionths.

use jiff::SignedDuration;
use portcullis_model::reconciliation::DeadlineShare;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Everything, in millionths.
const ALL: u32 = 1_000_000;

/// Digits after the point of a share.
const DIGITS: usize = 6;

/// No list of shares is longer.
const MOST: usize = 20;

const YEAR: i64 = 366 * 24 * 60 * 60;

/// A positive time, at most a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(with = "String", extend("pattern" = "^[0-9]+[smhd]$"))
)]
#[serde(try_from = "String")]
pub struct Period(pub SignedDuration);

impl TryFrom<String> for Period {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let seconds = read_seconds(&text).filter(|seconds| (1..=YEAR).contains(seconds));
        seconds.map(|seconds| Period(SignedDuration::from_secs(seconds))).ok_or_else(|| {
            format!("`{text}` is not a time; write \"90s\", \"30m\", \"24h\" or \"7d\", at most a year")
        })
    }
}

/// The difference of two clocks, at most an hour.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(with = "String", extend("pattern" = "^[0-9]+[smh]$"))
)]
#[serde(try_from = "String")]
pub struct Skew(pub SignedDuration);

impl TryFrom<String> for Skew {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let seconds = read_seconds(&text).filter(|seconds| (0..=3600).contains(seconds));
        seconds.map(|seconds| Skew(SignedDuration::from_secs(seconds))).ok_or_else(|| {
            format!("`{text}` is not how far two clocks differ; write \"30s\" or \"5m\", at most an hour")
        })
    }
}

fn read_seconds(text: &str) -> Option<i64> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let each = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    let number = digits.parse::<u32>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(i64::from(number) * each)
}

/// A deadline: one time for all records, or one for each share of them.
#[derive(Debug)]
pub struct DeadlineText(Vec<DeadlineShare>);

impl DeadlineText {
    pub fn build(&self) -> Vec<DeadlineShare> {
        self.0.clone()
    }
}

impl<'de> Deserialize<'de> for DeadlineText {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(DeadlineVisitor).map(DeadlineText)
    }
}

struct DeadlineVisitor;

impl<'de> Visitor<'de> for DeadlineVisitor {
    type Value = Vec<DeadlineShare>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time or a list of shares")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let within = Period::try_from(text.to_string()).map_err(E::custom)?.0;
        Ok(vec![DeadlineShare { share: ALL, within }])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut shares: Vec<DeadlineShare> = Vec::new();
        while let Some(ShareText { share, within }) = list.next_element()? {
            shares.push(DeadlineShare { share: share.0, within: within.0 });
        }
        match mistake_in(&shares) {
            Some(mistake) => Err(A::Error::custom(mistake)),
            None => Ok(shares),
        }
    }
}

/// What is wrong with a list of shares.
fn mistake_in(shares: &[DeadlineShare]) -> Option<&'static str> {
    let rises = |pair: &[DeadlineShare]| match pair {
        [one, next] => one.share < next.share && one.within < next.within,
        _ => true,
    };
    match shares.last() {
        None => Some("an empty list: no record would ever be late; write a time, `\"24h\"`"),
        Some(_) if shares.len() > MOST => Some("a deadline has at most 20 shares"),
        Some(_) if !shares.windows(2).all(rises) => {
            Some("each share has to be greater than the one before it, and its time longer")
        }
        Some(last) if last.share != ALL => Some(
            "the last share has to be 1.0, or some records may never arrive; add `{ share = 1.0, within = \"…\" }`",
        ),
        Some(_) => None,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ShareText {
    share: Share,
    within: Period,
}

/// A share in millionths.
struct Share(u32);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(ShareVisitor).map(Share)
    }
}

/// A part of a whole, in millionths, above nothing and at most everything; `None`: it is none, or
/// has more digits.
pub fn read_share(input: f64) -> Option<u32> {
    millionths(&format!("{input}")).filter(|share| (1..=ALL).contains(share))
}

/// Reads the digits of a decimal number below 10 as millionths.
fn millionths(text: &str) -> Option<u32> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 1 || rest.len() > DIGITS || !is_number(whole) || !is_number(rest) {
        return None;
    }
    format!("{whole}{rest:0<DIGITS$}").parse().ok()
}

struct ShareVisitor;

impl Visitor<'_> for ShareVisitor {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a share such as 0.9")
    }

    fn visit_f64<E: Error>(self, share: f64) -> Result<u32, E> {
        read_share(share).ok_or_else(|| {
            E::custom(format!(
                "`{share}` is not a share; write a number above 0, at most 1.0, with at most {DIGITS} digits after the point"
            ))
        })
    }

    fn visit_i64<E: Error>(self, share: i64) -> Result<u32, E> {
        match share {
            1 => Ok(ALL),
            _ => Err(E::custom(format!("`{share}` is not a share; write a number above 0, at most 1.0"))),
        }
    }
}

/// How far the rows of a side may fall, in millionths.
#[derive(Clone, Copy, Debug)]
pub struct Fall(pub u32);

impl<'de> Deserialize<'de> for Fall {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(ShareVisitor).map(Fall)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for DeadlineText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Deadline".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let time = serde_json::json!({ "type": "string", "pattern": "^[0-9]+[smhd]$" });
        let share = serde_json::json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["share", "within"],
            "properties": {
                "share": { "type": "number", "exclusiveMinimum": 0, "maximum": 1 },
                "within": time,
            },
        });
        schemars::json_schema!({
            "anyOf": [time, { "type": "array", "minItems": 1, "maxItems": MOST, "items": share }],
        })
    }
}

#[test]
fn shares_are_the_digits_that_were_written() {
    let read = |text: &str| read_share(text.parse().unwrap());
    assert_eq!(read("0.9"), Some(900_000));
    assert_eq!(read("0.3"), Some(300_000));
    assert_eq!(read("0.999999"), Some(999_999));
    assert_eq!(read("1.0"), Some(1_000_000));
    assert_eq!(read("0.000001"), Some(1));
    for bad in ["0", "1.000001", "0.9999999", "1e-9", "2", "-0.5", "NaN", "inf"] {
        assert_eq!(read(bad), None, "{bad}");
    }
}
