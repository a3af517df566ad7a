//! Results of comparisons that were written once.

use super::{Validator, json, refuses_every_change};
use crate::reconciliation::v1::{read_result, write_result};
use crate::schema::find;

/// One with every member, and one of a green comparison.
const KEPT: [&str; 2] = [
    include_str!("../reconciliation/kept/v1-every-word.json"),
    include_str!("../reconciliation/kept/v1-green.json"),
];

#[test]
fn results_that_were_written_once_conform_and_are_read_and_written_to_the_byte() {
    let schema = Validator::new(find("reconciliation").unwrap());
    for text in KEPT {
        assert!(schema.accepts(&json(text)));
        let result = read_result(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(write_result(&result).unwrap()).unwrap(), text);
    }
}

#[test]
fn a_result_that_was_changed_does_not_conform() {
    for text in KEPT {
        refuses_every_change(&Validator::new(find("reconciliation").unwrap()), &json(text), |_| false);
        let more = text.replacen("\"engine\"", "\"signature\": 1, \"engine\"", 1);
        assert!(read_result(more.as_bytes()).is_err());
        let twice = text.replacen("\"dataset\"", "\"dataset\": \"x\", \"dataset\"", 1);
        assert!(read_result(twice.as_bytes()).is_err());
    }
}
