//! Signed reviews: what was written once is read and written to the byte, and nothing may be
//! missing or more.

use super::{Validator, json, members_of, refuses_every_change, with, without};
use crate::review::v1::ReviewV1;
use crate::schema::find;
use serde_json::json as literal;

/// Statements as they are kept in chains.
const KEPT: &[&str] =
    &[include_str!("../review/kept/approve.json"), include_str!("../review/kept/withdraw-all.json")];

#[test]
fn reviews_that_were_written_once_are_read_and_written_to_the_byte() {
    let schema = Validator::new(find("review").unwrap());
    for text in KEPT {
        assert!(schema.accepts(&json(text)), "{text}");
        let read: ReviewV1 = serde_json::from_str(text).unwrap();
        let again = ReviewV1::of(read.read().unwrap());
        assert_eq!(serde_json::to_string(&again).unwrap(), text.trim_end());
    }
}

#[test]
fn a_review_that_was_changed_is_refused() {
    let schema = Validator::new(find("review").unwrap());
    for text in KEPT {
        let document = json(text);
        refuses_every_change(&schema, &document, |_| false);
        for member in members_of(&document) {
            assert!(serde_json::from_value::<ReviewV1>(without(&document, &member)).is_err(), "{member}");
        }
        for at in ["", "/subject/0", "/subject/0/digest", "/predicate", "/predicate/base"] {
            let mut more = document.clone();
            more.pointer_mut(at).unwrap()["note"] = literal!("unless it rains");
            assert!(!schema.accepts(&more) && serde_json::from_value::<ReviewV1>(more).is_err(), "{at}");
        }
        let other = with(&document, "/predicateType", literal!("urn:portcullis:test-run:v1"));
        assert!(!schema.accepts(&other));
        assert!(serde_json::from_value::<ReviewV1>(other).unwrap().read().is_err());
        let two = with(&document, "/subject", literal!([document["subject"][0], document["subject"][0]]));
        assert!(!schema.accepts(&two));
        assert!(serde_json::from_value::<ReviewV1>(two).unwrap().read().is_err());
    }
}
