//! The records of one part, looked at once: digests of it and its smaller parts, and the records
//! themselves where they are few.

use super::FEW_RECORDS;
use super::prefix::KeyPrefix;
use portcullis_model::digest::{Digest, Digester};
use portcullis_wire::exchange::v1::DifferenceKindV1;

/// A part on its way.
pub(super) struct PartReader {
    whole: Digester,
    count: usize,
    few: Vec<(u128, u128)>,
    children: Vec<(KeyPrefix, Digester)>,
    at: usize,
}

impl PartReader {
    pub(super) fn new(prefix: KeyPrefix) -> Self {
        let children = prefix.children().map(|child| (child, Digester::default())).collect();
        Self { whole: Digester::default(), count: 0, few: Vec::new(), children, at: 0 }
    }

    /// Takes the next record.
    pub(super) fn take(&mut self, key: u128, digest: u128) {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&key.to_be_bytes());
        bytes[16..].copy_from_slice(&digest.to_be_bytes());
        self.whole.take(&bytes);
        self.count += 1;
        if self.few.len() <= FEW_RECORDS {
            self.few.push((key, digest));
        }
        while self.children.get(self.at).is_some_and(|(child, _)| !child.holds(key)) {
            self.at += 1;
        }
        if let Some((_, digester)) = self.children.get_mut(self.at) {
            digester.take(&bytes);
        }
    }

    /// What was seen of the part.
    pub(super) fn finish(self) -> SeenPart {
        let shows_records = self.count <= FEW_RECORDS || self.children.is_empty();
        let children = if shows_records { Vec::new() } else { self.children };
        SeenPart {
            state: self.whole.digest(),
            records: shows_records.then_some(self.few),
            children: children.into_iter().map(|(child, digester)| (child, digester.digest())).collect(),
        }
    }
}

/// A part that was read to its end.
pub(super) struct SeenPart {
    /// The digest of its records.
    pub(super) state: Digest,
    /// Its records, where they are few.
    pub(super) records: Option<Vec<(u128, u128)>>,
    /// The digests of its smaller parts, where its records are many.
    pub(super) children: Vec<(KeyPrefix, Digest)>,
}

/// The differences of two sorted lists of records.
pub(super) fn compare_records(
    source: &[(u128, u128)],
    target: &[(u128, u128)],
) -> Vec<(u128, DifferenceKindV1)> {
    let mut found = Vec::new();
    let (mut source, mut target) = (source, target);
    while let Some(key) = source.first().into_iter().chain(target.first()).map(|record| record.0).min() {
        let (ours, source_rest) = take_key(source, key);
        let (theirs, target_rest) = take_key(target, key);
        (source, target) = (source_rest, target_rest);
        let kind = match (ours, theirs) {
            ([_], []) => Some(DifferenceKindV1::SourceOnly),
            ([], [_]) => Some(DifferenceKindV1::TargetOnly),
            ([one], [other]) if one == other => None,
            ([_], [_]) => Some(DifferenceKindV1::OtherContent),
            _ => Some(DifferenceKindV1::Repeated),
        };
        found.extend(kind.map(|kind| (key, kind)));
    }
    found
}

/// The keyed key and the keyed digest of a record.
type LivingRecord = (u128, u128);

/// The records of a key, and those after it.
fn take_key(records: &[LivingRecord], key: u128) -> (&[LivingRecord], &[LivingRecord]) {
    records.split_at(records.iter().take_while(|record| record.0 == key).count())
}
