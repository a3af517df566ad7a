//! What tests build their scenes from.

use portcullis_model::reconciliation::{Dataset, Floors};
use std::collections::BTreeMap;

/// A dataset of which nothing is asked.
#[must_use]
pub fn empty_dataset(name: &str) -> Dataset {
    Dataset {
        name: name.to_string(),
        areas: Vec::new(),
        key: Vec::new(),
        fields: Vec::new(),
        deadlines: Vec::new(),
        deletion_deadlines: Vec::new(),
        acknowledged_within: None,
        clock_skew: jiff::SignedDuration::ZERO,
        budgets: BTreeMap::new(),
        floors: Floors::default(),
        reserved: Vec::new(),
        full_every: None,
        expected_every: None,
        after_deployment: None,
        green_within: None,
        recipients: Vec::new(),
        accepted: None,
        signers: None,
        source: None,
        target: None,
        rejects: None,
        receipts: None,
    }
}
