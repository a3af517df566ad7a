//! Sealed decisions: what was written once is still read, and nothing else is.

use super::*;
use crate::sealed::v1::SealedV1;

/// A decision that was sealed when the form was new.
const KEPT: &str = include_str!("../sealed/kept/v1.json");

#[test]
fn a_file_that_was_written_once_conforms_and_is_read_and_written_to_the_byte() {
    assert!(Validator::new(find("sealed").unwrap()).accepts(&json(KEPT)));
    let form: SealedV1 = serde_json::from_str(KEPT).unwrap();
    assert_eq!(serde_json::to_string_pretty(&form).unwrap() + "\n", KEPT);
}

#[test]
fn a_file_that_was_changed_does_not_conform() {
    let (schema, document) = (Validator::new(find("sealed").unwrap()), json(KEPT));
    refuses_every_change(&schema, &document, |_| false);
    let words = [
        ("/schema", json!(2)),
        ("/kind", json!("decision")),
        ("/outcome", json!("allowed")),
        ("/seal", json!("sha1:da39a3ee")),
        ("/inputs/0/kind", json!("secret")),
        ("/judged/head", json!("672bef2210")),
    ];
    for (at, value) in words {
        let changed = with(&document, at, value.clone());
        assert!(!schema.accepts(&changed), "{value} at {at}");
    }
}

#[test]
fn what_the_form_does_not_know_is_refused() {
    let (schema, document) = (Validator::new(find("sealed").unwrap()), json(KEPT));
    for at in ["", "/program", "/links", "/judged", "/policy", "/facts", "/decision", "/inputs/0"] {
        let mut more = document.clone();
        more.pointer_mut(at).unwrap()["signature"] = json!("none");
        assert!(!schema.accepts(&more) && serde_json::from_value::<SealedV1>(more).is_err(), "{at}");
    }
}
