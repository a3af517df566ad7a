//! Manifests of evidence packs that were written once.

use super::{Validator, json, refuses_every_change};
use crate::pack::v1::PackV1;
use crate::schema::find;

const KEPT: &str = include_str!("../pack/kept/v1.json");

#[test]
fn a_manifest_that_was_written_once_conforms_and_is_read_and_written_to_the_byte() {
    assert!(Validator::new(find("pack").unwrap()).accepts(&json(KEPT)));
    let form: PackV1 = serde_json::from_str(KEPT).unwrap();
    assert_eq!(serde_json::to_string_pretty(&form).unwrap() + "\n", KEPT);
}

#[test]
fn a_manifest_that_was_changed_does_not_conform() {
    refuses_every_change(&Validator::new(find("pack").unwrap()), &json(KEPT), |_| false);
    let more = KEPT.replacen("\"program\"", "\"signature\": 1, \"program\"", 1);
    assert!(serde_json::from_str::<PackV1>(&more).is_err());
}
