//! How a file begins: enough to tell one coverage format from another without reading it.

use portcullis_report_shared::encoding::decode_head;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_core::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// How many levels of keys are looked at: those of the document, and those of the values behind
/// them.
const LEVELS: usize = 2;

/// What the beginning of a JSON document shows of a value.
///
/// Of an array it shows what its first value is. What lies behind the part of the file that is
/// looked at is not seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Json {
    /// Is it an array?
    pub array: bool,
    /// The keys of the object, each with its value.
    pub keys: Vec<(String, Json)>,
    /// The text, where it is one.
    pub text: String,
}

impl Json {
    /// What a file begins with, if that is JSON.
    pub fn of(bytes: &[u8]) -> Option<Json> {
        let first = bytes.iter().find(|byte| byte.is_ascii_graphic())?;
        if !matches!(first, b'{' | b'[') {
            return None;
        }
        let head = decode_head(bytes);
        let mut json = Json::default();
        // The beginning may end within a value: what was seen until then is what counts.
        let _ = Fill(&mut json, LEVELS).deserialize(&mut serde_json::Deserializer::from_str(&head));
        Some(json)
    }

    /// The value behind a key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.keys.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Has it this key?
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Has any of its values this key?
    pub fn any_has(&self, key: &str) -> bool {
        self.keys.iter().any(|(_, value)| value.has(key))
    }
}

/// Writes down what a value is, so many levels deep.
struct Fill<'j>(&'j mut Json, usize);

impl<'de> DeserializeSeed<'de> for Fill<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fill<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Fill(json, levels) = self;
        while let Some(key) = map.next_key::<String>()? {
            let known = json.keys.len();
            json.keys.push((key, Json::default()));
            match json.keys.get_mut(known) {
                Some((_, value)) if levels > 1 => map.next_value_seed(Fill(value, levels - 1))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let Fill(json, levels) = self;
        json.array = true;
        let mut first = Json::default();
        let filled = values.next_element_seed(Fill(&mut first, levels));
        (json.keys, json.text) = (first.keys, first.text);
        filled?;
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.text = text.to_string();
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

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The names of the first two elements of an XML document, in lower case and without prefixes: the
/// outermost one and the first within it.
pub fn first_elements(bytes: &[u8]) -> Option<(String, Option<String>)> {
    let head = decode_head(bytes);
    if !head.trim_ascii_start().starts_with('<') {
        return None;
    }
    let mut reader = Reader::from_str(&head);
    let mut root = None;
    loop {
        let (name, empty) = match reader.read_event() {
            Ok(Event::Start(tag)) => (tag.local_name().as_ref().to_ascii_lowercase(), false),
            Ok(Event::Empty(tag)) => (tag.local_name().as_ref().to_ascii_lowercase(), true),
            Ok(Event::End(_) | Event::Eof) | Err(_) => return Some((root?, None)),
            Ok(_) => continue,
        };
        let name = String::from_utf8_lossy(&name).into_owned();
        match root {
            Some(root) => return Some((root, Some(name))),
            None if empty => return Some((name, None)),
            None => root = Some(name),
        }
    }
}

/// The first two elements of an XML document are these.
pub fn begins_with(bytes: &[u8], root: &str, first: &[&str]) -> bool {
    first_elements(bytes)
        .is_some_and(|(name, within)| name == root && within.is_some_and(|name| first.contains(&&*name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_two_levels_are_seen_as_far_as_the_file_begins() {
        let json = Json::of(b"\xef\xbb\xbf {\"a\": {\"b\": {\"c\": 1}}, \"d\": [{\"e\": null}, 1], \"t\": \"x\", \"cut\": {\"f\": \"y").unwrap();
        assert_eq!(json.keys.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["a", "d", "t", "cut"]);
        assert!(json.any_has("b") && json.any_has("e") && json.any_has("f") && !json.any_has("c"));
        assert_eq!(json.get("t").unwrap().text, "x");
        let array = Json::of(b"[{\"file\": 1.5, \"more\": true}]").unwrap();
        assert!(array.array && array.has("more"));
        let utf16: Vec<u8> = "{\"a\": -1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(Json::of(&[&[0xff, 0xfe][..], &utf16].concat()).unwrap().has("a"));
        assert_eq!((Json::of(b"x{}"), Json::of(b" \n")), (None, None));
    }

    #[test]
    fn the_first_two_elements_are_seen() {
        let seen = |text: &str| first_elements(text.as_bytes());
        let pair = |root: &str, first: Option<&str>| Some((root.to_string(), first.map(str::to_string)));
        assert_eq!(
            seen("<?xml version='1.0'?><!-- x --><x:Coverage a='1'>\n<project>"),
            pair("coverage", Some("project"))
        );
        assert_eq!(seen("<coverage/>"), pair("coverage", None));
        assert_eq!(seen("<coverage></coverage>"), pair("coverage", None));
        assert_eq!(seen("<coverage>"), pair("coverage", None));
        assert_eq!((seen("TN:"), seen(""), seen("<<")), (None, None, None));
    }
}
