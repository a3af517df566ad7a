//! Manifests of both sides with known faults of every class, and of pairs of faults on one key.

use crate::canonical::digest_definition;
use crate::compare::ComparedManifests;
use crate::manifest::{Manifest, ManifestTitle, ManifestWriter};
use crate::row::{INCOMPARABLE, MARKED, ManifestRow, RECEIVED, UNKEYED};
use jiff::SignedDuration;
use portcullis_model::reconciliation::{Dataset, DeadlineShare};
use portcullis_wire::manifest::v1::{ManifestContentV1, ManifestIsolationV1, ManifestScopeV1};
use std::collections::BTreeMap;
use std::path::Path;

/// When the target was read; the source a minute before.
pub(super) const NOW: i64 = 1_772_000_000;

/// How many kinds of faults there are.
pub(super) const FAULTS: u64 = 28;

/// A made-up dataset. A day for 90 percent and three for all; deletions in an hour.
pub(super) fn dataset() -> Dataset {
    let hours = |hours: i64| SignedDuration::from_hours(hours);
    let share = |share, within| DeadlineShare { share, within: hours(within) };
    Dataset {
        deadlines: vec![share(900_000, 24), share(1_000_000, 72)],
        deletion_deadlines: vec![share(1_000_000, 1)],
        acknowledged_within: Some(hours(12)),
        clock_skew: SignedDuration::from_secs(30),
        ..blank_dataset()
    }
}

/// Random numbers that follow from a seed.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn wide(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
}

/// Rows of all manifests.
#[derive(Clone, Debug, Default)]
pub(super) struct Corpus {
    pub(super) source: Vec<ManifestRow>,
    pub(super) target: Vec<ManifestRow>,
    pub(super) rejects: Vec<ManifestRow>,
    pub(super) receipts: Vec<ManifestRow>,
    pub(super) gone: Vec<ManifestRow>,
}

impl Corpus {
    /// So many records that are as they should be, then one for each pair of faults.
    pub(super) fn new(seed: u64, fine: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut corpus = Self::default();
        for _ in 0..fine {
            corpus.add_record(&mut chance, &[]);
        }
        for one in 0..FAULTS {
            for other in 0..=one {
                corpus.add_record(&mut chance, &[one, other]);
            }
        }
        corpus
    }

    fn add_record(&mut self, chance: &mut Chance, faults: &[u64]) {
        let (key, digest) = (chance.wide(), chance.wide());
        let age = 4 * 86_400 + i64::try_from(chance.below(86_400)).unwrap();
        let time = NOW - age;
        let mut record = One {
            source: vec![ManifestRow { key, digest, sequence: 7, time, operation: b'U', marks: 0 }],
            target: vec![ManifestRow {
                key,
                digest,
                sequence: 7,
                time: time + 3600,
                operation: b'U',
                marks: 0,
            }],
            receipts: vec![ManifestRow {
                key,
                digest: 1 << 64,
                sequence: 7,
                time: time + 60,
                operation: b'U',
                marks: 0,
            }],
            rejects: Vec::new(),
            gone: Vec::new(),
        };
        if chance.below(4) == 0 {
            let before = ManifestRow { sequence: 3, digest: !digest, time: time - 10, ..record.source[0] };
            record.source.push(before);
            record.source.push(ManifestRow { operation: b'A', ..record.source[0] });
            record.source.remove(0);
        }
        faults.iter().for_each(|fault| record.apply(*fault, chance));
        self.source.extend(record.source);
        self.target.extend(record.target);
        self.rejects.extend(record.rejects);
        self.receipts.extend(record.receipts);
        self.gone.extend(record.gone);
    }

    /// Writes the manifests below a folder and opens them.
    pub(super) fn write(&self, folder: &Path, dataset: &Dataset) -> ComparedManifests {
        let write = |name: &str, content, rows: &[ManifestRow], as_of: i64| {
            write_manifest(&folder.join(name), dataset, content, rows, as_of)
        };
        ComparedManifests {
            source: write("source", ManifestContentV1::Source, &self.source, NOW - 60),
            target: write("target", ManifestContentV1::Target, &self.target, NOW),
            rejects: Some(write("rejects", ManifestContentV1::Rejects, &self.rejects, NOW)),
            receipts: Some(write("receipts", ManifestContentV1::Receipts, &self.receipts, NOW)),
            gone: Some(write("gone", ManifestContentV1::Gone, &self.gone, NOW - 86_400)),
            breaks: None,
        }
    }
}

/// Rows of one record in all manifests.
struct One {
    source: Vec<ManifestRow>,
    target: Vec<ManifestRow>,
    rejects: Vec<ManifestRow>,
    receipts: Vec<ManifestRow>,
    gone: Vec<ManifestRow>,
}

impl One {
    /// Applies a fault. After another one, its row may be gone; then nothing happens.
    fn apply(&mut self, fault: u64, chance: &mut Chance) {
        let Some(last) = self.source.last().or(self.target.last()).copied() else { return };
        let target = self.target.last_mut();
        match fault {
            0 => self.target.clear(),
            1 => target.into_iter().for_each(|row| row.digest ^= 1),
            2 => target.into_iter().for_each(|row| row.sequence -= 1),
            3 => target.into_iter().for_each(|row| row.sequence += 2),
            4 => self.source.push(ManifestRow {
                operation: b'D',
                sequence: last.sequence + 1,
                digest: 0,
                ..last
            }),
            5 => self.source.clear(),
            6 => target.into_iter().for_each(|row| row.marks |= MARKED),
            7 => self.target.extend(self.target.first().copied()),
            8 => self.source.push(ManifestRow { digest: chance.wide(), ..last }),
            9 => self.source.push(last),
            10 => self.source.iter_mut().for_each(|row| row.marks |= INCOMPARABLE),
            11 => target.into_iter().for_each(|row| row.marks |= INCOMPARABLE),
            12 => self.source.iter_mut().for_each(|row| row.marks |= UNKEYED),
            13 => target.into_iter().for_each(|row| row.marks |= UNKEYED),
            14 => self.rejects.push(ManifestRow { digest: 0, time: last.time + 70, ..last }),
            15 => self.receipts.iter_mut().for_each(|row| row.digest = 0),
            16 => self.receipts.clear(),
            17 => target.into_iter().for_each(|row| row.time += 5 * 86_400),
            18 => target.into_iter().for_each(|row| row.time = NOW - 10),
            19 => self.source.iter_mut().for_each(|row| row.time = NOW - 600),
            20 => self.gone.push(ManifestRow { digest: 0, operation: b'D', ..last }),
            21 => self.receipts.iter_mut().for_each(|row| row.sequence -= 1),
            22 => self.receipts.iter_mut().for_each(|row| row.time = NOW + 500),
            23 => target.into_iter().for_each(|row| row.time = NOW + 4000),
            24 => self.source.iter_mut().for_each(|row| row.time = NOW + 4000),
            26 => {
                let deletion =
                    ManifestRow { operation: b'D', sequence: last.sequence + 1, digest: 0, ..last };
                self.source.push(ManifestRow { time: NOW + 4000, ..deletion });
                self.target.clear();
            }
            27 => self.receipts.iter_mut().for_each(|row| row.digest = RECEIVED),
            _ => target.into_iter().for_each(|row| row.time += 40 * 3600),
        }
    }
}

fn write_manifest(
    path: &Path,
    dataset: &Dataset,
    content: ManifestContentV1,
    rows: &[ManifestRow],
    as_of: i64,
) -> Manifest {
    let mut buckets: BTreeMap<u8, Vec<ManifestRow>> = (0..=255).map(|bucket| (bucket, Vec::new())).collect();
    rows.iter().for_each(|row| buckets.get_mut(&row.bucket()).unwrap().push(*row));
    let writer = ManifestWriter::create(path, content, 0).unwrap();
    let mut written = Vec::new();
    for (bucket, mut rows) in buckets {
        rows.sort_by_key(ManifestRow::order);
        let mut bucket = writer.begin_bucket(bucket).unwrap();
        rows.iter().for_each(|row| bucket.push(*row, &[]).unwrap());
        written.push(bucket.finish().unwrap());
    }
    let title = ManifestTitle {
        dataset: dataset.name.clone(),
        content,
        scope: ManifestScopeV1::Whole,
        as_of: jiff::Timestamp::from_second(as_of).unwrap(),
        isolation: ManifestIsolationV1::File,
        key_id: "0123456789abcdef".to_string(),
        definition: digest_definition(dataset),
        settings: None,
        read: None,
        announced: None,
        timed: true,
        sequenced: true,
        columns: Vec::new(),
        reasons: vec!["reason".to_string()],
        generator: "test".to_string(),
    };
    writer.finish(title, written).unwrap();
    Manifest::open(path).unwrap()
}

fn blank_dataset() -> Dataset {
    let field = |name: &str| portcullis_model::reconciliation::DatasetField {
        name: name.to_string(),
        source: name.to_string(),
        target: name.to_string(),
        rule: portcullis_model::reconciliation::FieldRule::Text { trim_end: true, empty_is_null: false },
    };
    Dataset { key: vec![field("id")], fields: vec![field("name")], ..Dataset::blank("uploads") }
}
