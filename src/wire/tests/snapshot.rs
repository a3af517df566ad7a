//! Snapshots of the protection of branches that were written once.

use super::{Validator, json, refuses_every_change};
use crate::schema::find;
use crate::snapshot::v1::{SnapshotV1, read_snapshot, write_snapshot};

/// One that holds a look, and one that saw the same.
const KEPT: [&str; 2] =
    [include_str!("../snapshot/kept/v1-new.json"), include_str!("../snapshot/kept/v1-same.json")];

#[test]
fn snapshots_that_were_written_once_conform_and_are_read_and_written_to_the_byte() {
    let schema = Validator::new(find("snapshot").unwrap());
    for text in KEPT {
        assert!(schema.accepts(&json(text)), "{text}");
        let snapshot = read_snapshot(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(write_snapshot(snapshot).unwrap()).unwrap(), text);
    }
}

#[test]
fn a_snapshot_that_was_changed_does_not_conform() {
    for text in KEPT {
        refuses_every_change(&Validator::new(find("snapshot").unwrap()), &json(text), |_| false);
        let more = text.replacen("\"tool\"", "\"signature\": 1, \"tool\"", 1);
        assert!(serde_json::from_str::<SnapshotV1>(&more).is_err());
        let twice = text.replacen("\"number\"", "\"number\": 1, \"number\"", 1);
        assert!(serde_json::from_str::<SnapshotV1>(&twice).is_err());
    }
}
