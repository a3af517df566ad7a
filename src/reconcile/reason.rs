//! What is kept of the reason of a reject. Its text may hold what the record says, so it stays
//! where the reject log is read: kept are names that the policy lists, and keyed codes.

use portcullis_model::reconciliation::Dataset;
use std::collections::BTreeMap;

/// How a keyed code begins; 16 hexadecimal digits follow.
const KEYED: &str = "keyed:";

/// What reasons are counted under that are neither listed nor keyed: a manifest of an earlier
/// version, or one that another program made, has their text.
const OTHER: &str = "other";

/// A keyed code ([`crate::key::KeyedHashes::hash_reason`]) as manifests and runs write it.
pub(crate) fn write_keyed_reason(code: u64) -> String {
    format!("{KEYED}{code:016x}")
}

fn is_keyed(name: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    name.strip_prefix(KEYED).is_some_and(|code| code.len() == 16 && code.bytes().all(is_digit))
}

/// The counts of reasons as a run may keep them.
#[must_use]
pub fn without_content(dataset: &Dataset, reasons: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut kept = BTreeMap::new();
    for (name, count) in reasons {
        let is_kept = name.is_empty() || is_keyed(name) || dataset.reject_codes.contains(name);
        let name = if is_kept { name.as_str() } else { OTHER };
        *kept.entry(name.to_string()).or_default() += count;
    }
    kept
}

#[test]
fn texts_of_reasons_are_counted_and_not_kept() {
    let dataset = Dataset { reject_codes: vec!["E1".into()], ..Dataset::blank("uploads") };
    let keyed = write_keyed_reason(7);
    let all = ["", "E1", "Archer is unknown", "keyed:Archer", "E2"].map(|name| (name.to_string(), 2));
    let all = all.into_iter().chain([(keyed.clone(), 1)]).collect();
    let kept = without_content(&dataset, &all);
    let expected =
        [("", 2), ("E1", 2), (OTHER, 6), (keyed.as_str(), 1)].map(|(name, count)| (name.to_string(), count));
    assert_eq!(kept, BTreeMap::from(expected));
}
