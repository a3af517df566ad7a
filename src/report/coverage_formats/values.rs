//! Numbers and objects as coverage tools write them in JSON, and numbers as they write them in XML.

use super::gathered::{LAST_LINE, is_hit, shorten_text};
use portcullis_report_shared::error::{ContentError, ReportError};
use portcullis_report_shared::{encoding, json};
use serde_core::de::{DeserializeOwned, Deserializer, Error, MapAccess, Visitor};
use serde_core::{Deserialize, de};
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

/// The one JSON document that a report is.
///
/// # Errors
/// The report is cut off, not JSON, or not what `whose` tool writes.
pub fn read_document<T: DeserializeOwned>(bytes: &[u8], whose: &str) -> Result<T, ReportError> {
    let text = encoding::decode_text(bytes)?;
    json::document(&text).map_err(|error| ReportError {
        message: format!("read as a report of {whose}: {}", error.message),
        ..error
    })
}

/// An object with keys of the project's own: names of files, or numbers that the tool gave out.
#[derive(Debug)]
pub struct ObjectEntries<V>(pub Vec<(String, V)>);

impl<V> Default for ObjectEntries<V> {
    fn default() -> Self {
        ObjectEntries(Vec::new())
    }
}

impl<V> ObjectEntries<V> {
    /// # Errors
    /// A key appears twice: which of its values is meant is unknown.
    pub fn once(self, what: &str) -> Result<Vec<(String, V)>, ReportError> {
        let mut known = BTreeSet::new();
        match self.0.iter().find(|(key, _)| !known.insert(key)) {
            Some((key, _)) => {
                Err(ReportError::whole(format!("{what} `{}` appears twice", shorten_text(key))))
            }
            None => Ok(self.0),
        }
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for ObjectEntries<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for All<V> {
            type Value = ObjectEntries<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ObjectEntries<V>, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(ObjectEntries(all))
            }
        }

        deserializer.deserialize_map(All(PhantomData))
    }
}

/// The number of a line. Some tools number what belongs to no line 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineNumber(pub u32);

impl<'de> Deserialize<'de> for LineNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            number if number <= LAST_LINE => Ok(LineNumber(number)),
            _ => Err(D::Error::custom("no file has such a line")),
        }
    }
}

/// Does a count say that something was executed? A count is a whole number, of whatever size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit(pub bool);

impl<'de> Deserialize<'de> for Hit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Count)
    }
}

/// Reads a count.
pub struct Count;

impl Visitor<'_> for Count {
    type Value = Hit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a count")
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<Hit, E> {
        Ok(Hit(count > 0))
    }

    /// A counter that ran over shows a negative number. Nobody knows what it counted.
    fn visit_i64<E: Error>(self, count: i64) -> Result<Hit, E> {
        Ok(Hit(count > 0))
    }

    /// JavaScript and Ruby write large numbers, and some of them all numbers, in this form.
    fn visit_f64<E: Error>(self, count: f64) -> Result<Hit, E> {
        if count.is_finite() && count.fract() == 0.0 {
            Ok(Hit(count > 0.0))
        } else {
            Err(E::invalid_value(de::Unexpected::Float(count), &self))
        }
    }
}

/// The number of a line in an XML attribute; `None` for 0, which is that of no line.
///
/// # Errors
/// The text is no number, or one greater than any line number.
pub fn read_line_number(text: Option<&str>) -> Result<Option<u32>, ContentError> {
    let text = text.ok_or("a line has no number")?.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(0) if digits => Ok(None),
        Ok(number) if digits && number <= LAST_LINE => Ok(Some(number)),
        _ => Err(format!("`{}` is not the number of a line", shorten_text(text)).into()),
    }
}

/// Whether a count in an XML attribute says that something was executed.
///
/// # Errors
/// The count is missing, or no number.
pub fn read_hit(text: Option<&str>) -> Result<bool, ContentError> {
    is_hit(text.ok_or("a line does not say how often it was executed")?.trim())
}

/// A number that a summary claims in an XML attribute, if it claims one.
///
/// # Errors
/// The text is no number.
pub fn read_claim(text: Option<&str>) -> Result<Option<u64>, ContentError> {
    let not_a_number = |text| format!("`{}` is not a number of lines", shorten_text(text)).into();
    text.map(|text| text.trim().parse().map_err(|_| not_a_number(text))).transpose()
}

/// What a summary says of lines against what the report shows: as sentences, where it claims more
/// lines than there are, or fewer executed ones.
pub fn compare_totals(whose: &str, lines: (Option<u64>, u64), executed: (Option<u64>, u64)) -> Vec<String> {
    let claims_more = lines.0.filter(|claimed| *claimed > lines.1);
    let claims_fewer = executed.0.filter(|claimed| *claimed < executed.1);
    let more = claims_more.map(|claimed| format!("{whose} claims {claimed} lines and shows {}", lines.1));
    let fewer = claims_fewer
        .map(|claimed| format!("{whose} claims {claimed} executed lines and shows {}", executed.1));
    more.into_iter().chain(fewer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(text: &str) -> Option<bool> {
        serde_json::from_str::<Hit>(text).ok().map(|hit| hit.0)
    }

    #[test]
    fn counts_are_whole_numbers_of_any_size() {
        for (text, hit) in [
            ("0", Some(false)),
            ("1", Some(true)),
            ("-1", Some(false)),
            ("18446744073709551615", Some(true)),
            ("1e21", Some(true)),
            ("2.0", Some(true)),
            ("-0.0", Some(false)),
            ("-1e21", Some(false)),
            ("0.5", None),
            ("1e999", None),
            ("null", None),
            ("true", None),
            ("\"1\"", None),
            ("[1]", None),
        ] {
            assert_eq!(hits(text), hit, "{text}");
        }
    }

    #[test]
    fn numbers_of_lines_are_whole_and_of_a_file() {
        let json = |text: &str| serde_json::from_str::<LineNumber>(text).ok().map(|line| line.0);
        assert_eq!((json("1"), json("0"), json("10000000")), (Some(1), Some(0), Some(LAST_LINE)));
        for text in ["-1", "10000001", "1.0", "1.5", "null", "\"1\"", "true"] {
            assert_eq!(json(text), None, "{text}");
        }
        assert_eq!(
            (read_line_number(Some("7")), read_line_number(Some(" 007 ")), read_line_number(Some("0"))),
            (Ok(Some(7)), Ok(Some(7)), Ok(None))
        );
        for text in ["", "+1", "-1", "1.0", "x", "10000001", "99999999999", "１"] {
            assert!(read_line_number(Some(text)).is_err(), "{text}");
        }
        assert!(read_line_number(None).is_err() && read_hit(None).is_err() && read_hit(Some("1.5")).is_err());
    }

    #[test]
    fn a_key_that_stands_twice_is_noticed() {
        let read = |text: &str| serde_json::from_str::<ObjectEntries<u32>>(text).unwrap().once("the file");
        assert_eq!(read("{\"b\": 1, \"a\": 2}").unwrap(), [("b".to_string(), 1), ("a".to_string(), 2)]);
        assert_eq!(read("{\"a\": 1, \"a\": 1}").unwrap_err().message, "the file `a` appears twice");
    }
}
