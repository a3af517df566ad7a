//! Facts as JSON values, for tests that change them.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use super::{FactsError, GatheredFacts, read_facts};
use portcullis_model::deployment::Deployment;
use portcullis_model::facts::Facts;
use serde_json::Value;

/// Facts as they are written.
pub fn value_of(facts: impl Into<GatheredFacts>) -> Value {
    serde_json::from_str(&super::write_facts(facts).unwrap()).unwrap()
}

/// Facts of a change, read.
///
/// # Errors
/// They are none.
pub fn change_of(value: &Value) -> Result<Facts, FactsError> {
    match read_facts(value.to_string().as_bytes())? {
        GatheredFacts::Change(facts) => Ok(*facts),
        GatheredFacts::Batch(_) => panic!("these are facts of a batch"),
        GatheredFacts::Deployment(_) => panic!("these are facts of a deployment"),
    }
}

/// Facts of a deployment, read.
///
/// # Errors
/// They are none.
pub fn deployment_of(value: &Value) -> Result<Deployment, FactsError> {
    match read_facts(value.to_string().as_bytes())? {
        GatheredFacts::Deployment(facts) => Ok(*facts),
        GatheredFacts::Batch(_) => panic!("these are facts of a batch"),
        GatheredFacts::Change(_) => panic!("these are facts of a change"),
    }
}
