//! JSON that cannot be read in two ways: a key that an object has twice is an error, and so is anything after the value.
//!
//! Most readers keep the last of two equal keys and some the first, so one text could mean one thing to the signer and
//! another to the reader (RFC 8259, section 4).

use super::AttestError;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Reads one value. The text is parsed twice, the first time for its keys, so that no tree of values has to be kept: a
/// statement can be longer than a hundred megabytes.
///
/// # Errors
/// The text is not JSON, has a key twice (with its line and column), or is not a value of this type.
pub fn read<'t, T: Deserialize<'t>>(bytes: &'t [u8]) -> Result<T, AttestError> {
    check_unique(bytes)?;
    serde_json::from_slice(bytes).map_err(|error| AttestError::Json(without_place(&error)))
}

/// Checks that the text is one JSON value in which every object has each key once.
///
/// # Errors
/// The text is something else; names line and column.
pub fn check_unique(bytes: &[u8]) -> Result<(), AttestError> {
    let Unique = serde_json::from_slice(bytes).map_err(|error| AttestError::Json(error.to_string()))?;
    Ok(())
}

/// Reads one value of a text that passed [`check_unique`].
///
/// # Errors
/// The text is not a value of this type. It is one line, so no place in it is named.
pub fn read_unique<'t, T: Deserialize<'t>>(bytes: &'t [u8]) -> Result<T, AttestError> {
    serde_json::from_slice(bytes).map_err(|error| AttestError::Statement(without_place(&error)))
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_string()
}

/// A value whose objects have each key once. Nothing of it is kept.
struct Unique;

/// A key of an object, copied only where it is written with escapes.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct ObjectKey<'t>(#[serde(borrow)] Cow<'t, str>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while let Some(Unique) = items.next_element()? {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Unique, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some((key, Unique)) = entries.next_entry::<ObjectKey<'de>, Unique>()? {
            if let Some(ObjectKey(key)) = keys.replace(key) {
                return Err(A::Error::custom(format!("the key `{key}` is there twice")));
            }
        }
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn refused(text: &str) -> String {
        read::<Value>(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn attack_69_a_key_twice_however_deep_or_spelt() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"x":{"a":1,"b":2,"a":3}}]"#, r#"{"a":1,"\u0061":2}"#] {
            assert!(refused(text).contains("the key `a` is there twice"), "{text}");
        }
    }

    #[test]
    fn attack_69_something_after_the_end() {
        for text in ["{} {}", "{},", "{}\0", "", "\u{feff}{}", "{'a':1}", "{\"a\":1,}", "NaN"] {
            refused(text);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<Value>(&bytes);
        }

        #[test]
        fn what_is_read_is_what_the_common_reader_reads(text in r#"[\[\]{}:,"a-c0-9 .eE+-]{0,30}"#) {
            if let Ok(value) = read::<Value>(text.as_bytes()) {
                prop_assert_eq!(Some(value), serde_json::from_str(&text).ok());
            }
        }
    }
}
