//! Runs of a reconciliation that were written once.

use super::{Validator, json, refuses_every_change};
use crate::run::v1::{RunV1, read_run, write_run};
use crate::schema::find;

/// One over budget, and the first of a chain, which is green.
const KEPT: [&str; 2] =
    [include_str!("../run/kept/v1-first.json"), include_str!("../run/kept/v1-over-budget.json")];

#[test]
fn runs_that_were_written_once_conform_and_are_read_and_written_to_the_byte() {
    let schema = Validator::new(find("run").unwrap());
    for text in KEPT {
        assert!(schema.accepts(&json(text)), "{text}");
        let run = read_run(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(write_run(run).unwrap()).unwrap(), text);
    }
}

#[test]
fn a_run_that_was_changed_does_not_conform() {
    for text in KEPT {
        refuses_every_change(&Validator::new(find("run").unwrap()), &json(text), |place| {
            let is_name = place.starts_with("/classes/") || place.starts_with("/reasons/");
            is_name && place.matches('/').count() == 2
        });
        let more = text.replacen("\"tool\"", "\"signature\": 1, \"tool\"", 1);
        assert!(serde_json::from_str::<RunV1>(&more).is_err());
        let twice = text.replacen("\"number\"", "\"number\": 1, \"number\"", 1);
        assert!(serde_json::from_str::<RunV1>(&twice).is_err());
        assert!(read_run(text.replacen("\"ok\"", "\"fine\"", 1).as_bytes()).is_err());
    }
}
