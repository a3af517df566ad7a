//! A JSON answer is whole and says one thing, or it is no answer.
//!
//! JSON leaves open what a key means that stands twice in one object (RFC 8259, section 4), and readers differ in which of
//! the two they take. So does this program's own: what is read into a known form refuses it, what is kept as a value takes
//! the last. Here it is refused at any depth, before anything is read.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt::Formatter;

/// Reads one value with nothing behind it.
///
/// # Errors
/// It is no JSON, a key stands twice, or more follows.
pub(super) fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut input = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut input)?;
    input.end()?;
    Ok(value)
}

/// What an answer that looks like one says against itself: a refusal under a status that means success, or a list that it
/// calls unfinished ("Search", `incomplete_results`; "Get a tree", `truncated`).
pub(super) fn disclaimer(value: &Value) -> Option<String> {
    let fields = value.as_object()?;
    let unfinished = ["incomplete_results", "truncated"];
    if let Some(field) = unfinished.into_iter().find(|field| fields.get(*field) == Some(&Value::Bool(true))) {
        return Some(format!("the host says `{field}`"));
    }
    let message = fields.get("message").and_then(Value::as_str)?;
    Some(format!("it is a message: {}", message.chars().take(200).collect::<String>()))
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_string()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(Strict)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            let value = object.next_value_seed(Strict)?;
            if fields.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` stands twice")));
            }
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_once_is_read_as_it_stands() {
        let text = r#"{"a": [1, -2, 2.5, null, true, "ü"], "b": {"a": {}}, "c": 18446744073709551615}"#;
        assert_eq!(read(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_at_any_depth() {
        for text in [
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": 1, "\u0061": 2}"#,
            r#"[{"b": {"a": null, "a": null}}]"#,
            r#"{"parameters": {"required_approving_review_count": 0, "required_approving_review_count": 2}}"#,
        ] {
            assert!(read(text.as_bytes()).unwrap_err().to_string().contains("stands twice"), "{text}");
        }
        assert!(read(br#"{"a": 1, "A": 2, "b": {"a": 3}}"#).is_ok());
    }

    #[test]
    fn nothing_follows_and_nothing_is_missing() {
        for text in ["", "1 2", "[] []", "{} x", "[1,]", "{\"a\":1", "nul", "\u{feff}{}"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read(b" [] \n").is_ok());
        assert!(read("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn an_answer_may_disclaim_itself() {
        let of = |text: &str| disclaimer(&read(text.as_bytes()).unwrap()).is_some();
        assert!(of(r#"{"message": "Not Found", "status": "404"}"#));
        assert!(of(r#"{"total_count": 1, "incomplete_results": true, "items": []}"#));
        assert!(of(r#"{"tree": [], "truncated": true}"#));
        assert!(!of(r#"{"commit": {"message": "Load"}, "incomplete_results": false, "truncated": false}"#));
        assert!(!of(r#"[{"message": "Load"}]"#));
    }
}
