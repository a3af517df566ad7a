//! JSON as reports use it: one document, or one object on each line.
//!
//! A format names the keys that it knows in a struct. A known key that appears twice is an error,
//! and so are nesting beyond a limit and anything behind the document. Keys that a format does not
//! know say nothing.

use super::encoding::decode_head;
use crate::error::{ContentError, ReportError};
use serde_core::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// How long one line may be.
const LINE_BYTES: usize = 32 << 20;

/// How deep values may nest.
const DEPTH: usize = 64;

/// The outermost keys of the first object in a file, as far as its beginning shows them.
pub fn keys(bytes: &[u8]) -> Vec<String> {
    members(bytes).into_iter().map(|(key, _)| key).collect()
}

/// What kind of value a member of an object has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// Anything else.
    Plain,
}

/// The outermost members of the first object in a file that begins a line, or the list of the file,
/// as far as its beginning shows them.
pub fn members(bytes: &[u8]) -> Vec<(String, Shape)> {
    let head = decode_head(bytes);
    let line = head.lines().map(str::trim_start).find(|line| line.starts_with('{'));
    let line = line.and_then(|line| head.get(line.as_ptr().addr() - head.as_ptr().addr()..));
    let list = head.trim_start().strip_prefix('[').map(str::trim_start).filter(|rest| rest.starts_with('{'));
    // A list that is one line can precede lines of objects, as Flutter's own events do.
    let one_line = head.trim_start().lines().next().is_some_and(|line| line.trim_end().ends_with(']'));
    let object = if one_line { line.or(list) } else { list.or(line) };
    let mut members = Vec::new();
    // The beginning may end within a value: what was seen until then is what counts.
    let mut text = serde_json::Deserializer::from_str(object.unwrap_or_default());
    let _ = text.deserialize_map(Members(&mut members));
    members
}

/// Writes down the members of an object.
struct Members<'m>(&'m mut Vec<(String, Shape)>);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            self.0.push((key, Shape::Plain));
            if let Some((_, shape)) = self.0.last_mut() {
                map.next_value_seed(ShapeSeed(shape))?;
            }
        }
        Ok(())
    }
}

/// Passes over a value and writes down its shape, also when the value does not end.
struct ShapeSeed<'s>(&'s mut Shape);

impl<'de> DeserializeSeed<'de> for ShapeSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ShapeSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        *self.0 = Shape::Object;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        *self.0 = Shape::Array;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The one document that a file is.
///
/// # Errors
/// What is wrong with it, with the line.
pub fn document<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ReportError> {
    if nesting_depth(text) > DEPTH {
        return Err(ReportError::whole(format!("values nest deeper than {DEPTH}")));
    }
    serde_json::from_str(text).map_err(|error| ReportError::at(error.line(), describe_error(&error)))
}

/// The object that a line is; `None` when the line does not begin as one.
///
/// # Errors
/// What is wrong with it.
pub fn line<'a, T: Deserialize<'a>>(line: &'a str) -> Result<Option<T>, ContentError> {
    if line.len() > LINE_BYTES {
        return Err(format!("the line is longer than {LINE_BYTES} bytes").into());
    }
    if !line.trim_start().starts_with('{') {
        return Ok(None);
    }
    if nesting_depth(line) > DEPTH {
        return Err(format!("values nest deeper than {DEPTH}").into());
    }
    serde_json::from_str(line).map(Some).map_err(|error| describe_error(&error).into())
}

/// How deep the values of a JSON text nest. The library passes over what no format asks for,
/// however deep it is.
fn nesting_depth(text: &str) -> usize {
    let (mut open, mut deepest) = (0usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' if !quoted => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The library repeats words of the text it could not read; only its own words are told.
fn describe_error(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Eof => "it is cut off: the JSON does not end".into(),
        serde_json::error::Category::Data => {
            format!("the JSON is not that of such a report (column {})", error.column())
        }
        _ => format!("it is not JSON (column {})", error.column()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::members::json_objects;

    json_objects! {
        #[derive(Debug, PartialEq)]
        struct Known {
            a: u32 = "a",
        }
    }

    #[test]
    fn the_keys_of_the_first_object_are_seen() {
        assert_eq!(keys(b"noise\n {\"a\": 1, \"b\": {\"c\": 2}}\n{\"d\": 1}"), ["a", "b"]);
        assert_eq!(keys(b"{\"a\": {\"b\": \"cut"), ["a"]);
        assert_eq!(keys(b"[1]"), Vec::<String>::new());
        assert_eq!(keys(b"[{\"a\": 1}, {\"b\": 1}]"), ["a"]);
        assert_eq!(keys(b"[{\"a\": [\n{\"b\": 1}\n]}]"), ["a"]);
        assert_eq!(keys(b"[{\"a\": 1}]\n{\"b\": 1}\n"), ["b"]);
    }

    #[test]
    fn the_shape_of_a_member_is_seen_even_if_it_does_not_end() {
        let shape = |text: &str| members(text.as_bytes()).last().map(|(_, shape)| *shape);
        assert_eq!(shape("{\"a\": 1, \"b\": {\"c\": [1"), Some(Shape::Object));
        assert_eq!(shape("{\"a\": {}, \"b\": [{\"c\""), Some(Shape::Array));
        for plain in ["1", "-1", "1.5", "\"x\"", "null", "true"] {
            assert_eq!(members(format!("{{\"a\": {plain}, \"b\": []}}").as_bytes()).len(), 2, "{plain}");
            assert_eq!(shape(&format!("{{\"a\": {plain}}}")), Some(Shape::Plain), "{plain}");
        }
    }

    #[test]
    fn a_document_is_one_and_whole() {
        assert_eq!(document("{\"a\": 1, \"other\": [{}]}\n"), Ok(Known { a: 1 }));
        for text in ["{\"a\": 1}{}", "{\"a\": 1, \"a\": 1}", "{\"a\": 1", "{\"a\": \"robin\"}", "{}", ""] {
            let error = document::<Known>(text).unwrap_err();
            assert!(!error.message.contains("robin"), "{error}");
        }
        let deep = format!("{{\"a\": 1, \"b\": {}{}}}", "[".repeat(200), "]".repeat(200));
        assert!(document::<Known>(&deep).is_err());
        assert!(line::<Known>(&deep).is_err());
        let quoted = format!("{{\"a\": 1, \"b\\\"\": \"{}\"}}", "[".repeat(200));
        assert!(document::<Known>(&quoted).is_ok());
    }

    #[test]
    fn a_line_is_an_object_or_none() {
        assert_eq!(line("{\"a\": 1}"), Ok(Some(Known { a: 1 })));
        assert_eq!(line::<Known>("ok"), Ok(None));
        assert!(line::<Known>("{\"a\": 1} x").is_err());
        assert!(line::<Known>("{\"a\"").is_err());
    }
}
