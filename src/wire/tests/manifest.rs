//! Headers of manifests that were written once.

use super::{Validator, json, refuses_every_change};
use crate::manifest::v1::{read_header, write_header};
use crate::schema::find;
use serde_json::Value;

/// A whole one, and one of some records with every member that may be null or empty.
const KEPT: [&str; 2] =
    [include_str!("../manifest/kept/v1-source.json"), include_str!("../manifest/kept/v1-only.json")];

#[test]
fn headers_that_were_written_once_conform_and_are_read_and_written_to_the_byte() {
    let schema = Validator::new(find("manifest").unwrap());
    for text in KEPT {
        assert!(schema.accepts(&json(text)));
        let header = read_header(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(write_header(&header).unwrap()).unwrap(), text);
    }
}

/// The 256 buckets are of one form: the first is enough.
fn with_few_members(text: &str) -> Value {
    let mut value = json(text);
    value["buckets"].as_array_mut().unwrap().truncate(1);
    value
}

#[test]
fn a_header_that_was_changed_does_not_conform() {
    let schema = find("manifest").unwrap();
    let text = schema.text.replace("\"minItems\": 256", "\"minItems\": 1");
    let loose = crate::schema::Schema { text: text.leak(), ..*schema };
    for text in KEPT {
        refuses_every_change(&Validator::new(&loose), &with_few_members(text), |_| false);
        let more = text.replacen("\"generator\"", "\"signature\": 1, \"generator\"", 1);
        assert!(read_header(more.as_bytes()).is_err());
        let twice = text.replacen("\"rows\"", "\"rows\": 1, \"rows\"", 1);
        assert!(read_header(twice.as_bytes()).is_err());
    }
    assert!(!Validator::new(schema).accepts(&with_few_members(KEPT[0])));
}
