//! JSON that cannot be read in two ways: a key that an object holds twice is an error, and so is anything after its end.
//!
//! Most readers keep the last of two equal keys and some the first, so that one text could mean one thing to
//! whoever signed it and another to whoever believes it (RFC 8259, section 4).

use super::AttestError;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads one value.
///
/// # Errors
/// What is wrong with it, with its place where there is one.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AttestError> {
    let Unique(value) = serde_json::from_slice(bytes).map_err(problem)?;
    serde_json::from_value(value).map_err(problem)
}

fn problem(error: serde_json::Error) -> AttestError {
    AttestError::Json(error.to_string())
}

/// A value whose objects hold each key once.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Unique)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Unique(value))) = entries.next_entry::<String, Unique>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` is there twice")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
