//! Anchors that were written once.

use super::{Validator, json};
use crate::anchor::v1::AnchorV1;
use crate::anchor::v2::AnchorV2;
use crate::schema::find;

const EARLIER: &str = include_str!("../anchor/kept/v1.json");
const KEPT: &str = include_str!("../anchor/kept/v2.json");

#[test]
fn an_anchor_of_each_version_is_read_and_written_to_the_byte() {
    let earlier: AnchorV1 = serde_json::from_str(EARLIER).unwrap();
    assert_eq!(serde_json::to_string(&earlier).unwrap() + "\n", EARLIER);
    let kept: AnchorV2 = serde_json::from_str(KEPT).unwrap();
    assert_eq!(serde_json::to_string(&kept).unwrap() + "\n", KEPT);
    assert!(Validator::new(find("anchor").unwrap()).accepts(&json(KEPT)));
}

#[test]
fn an_anchor_that_was_changed_does_not_conform() {
    let validator = Validator::new(find("anchor").unwrap());
    for (from, to) in
        [("main", "m\",\"x\":\"y"), ("41", "-1"), ("\"schema\":2", "\"schema\":1"), ("sha256:", "md5:")]
    {
        assert_ne!(KEPT.replacen(from, to, 1), KEPT);
        assert!(!validator.accepts(&json(&KEPT.replacen(from, to, 1))), "{to}");
    }
    assert!(
        serde_json::from_str::<AnchorV1>(&EARLIER.replacen("\"tips\"", "\"note\":1,\"tips\"", 1)).is_err()
    );
    assert!(serde_json::from_str::<AnchorV2>(&KEPT.replacen("\"tips\"", "\"note\":1,\"tips\"", 1)).is_err());
}
