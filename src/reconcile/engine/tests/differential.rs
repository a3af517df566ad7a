//! One corpus through the comparison, its shards, and every engine that is there: the same counts.

use super::super::{AnswerReader, EngineAnswer, EnginePlan, JudgedAnswer, judge_answer};
use super::corpus::{Corpus, dataset};
use super::engines::find_engines;
use crate::compare::{CompareSettings, ComparedManifests, Comparison, compare_manifests};
use crate::record::Clock;
use crate::totals::BucketTotals;
use portcullis_model::reconciliation::RecordClass;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Instant;

pub(super) fn settings(listed: usize) -> CompareSettings<'static> {
    CompareSettings {
        seed: None,
        listed,
        threads: 2,
        again: None,
        late_since: None,
        breaks: None,
        gone: None,
        generator: "test",
    }
}

/// The plan of some manifests.
pub(super) fn plan(
    manifests: &ComparedManifests,
    dialect: super::super::EngineDialect,
    bound: u64,
) -> EnginePlan<'_> {
    let (source, target) = (manifests.source.header(), manifests.target.header());
    let clock = Clock::new(&dataset(), source, target, manifests.receipts.is_some(), None);
    EnginePlan { manifests, clock, seed: manifests.seed(), dialect, bound }
}

pub(super) fn read_answer(
    plan: &EnginePlan<'_>,
    file: &Path,
) -> Result<EngineAnswer, Vec<super::super::EngineFault>> {
    let mut reader = AnswerReader::new(plan.marks());
    reader.read_file("answer", BufReader::new(File::open(file).unwrap())).unwrap();
    reader.finish()
}

pub(super) fn judge(
    plan: &EnginePlan<'_>,
    answer: &EngineAnswer,
) -> Result<JudgedAnswer, Vec<super::super::EngineFault>> {
    judge_answer(&plan.demand(), answer)
}

/// Every number and every listed record of an answer is that of the comparison.
pub(super) fn assert_same(judged: &JudgedAnswer, comparison: &Comparison) {
    for (bucket, (found, expected)) in judged.buckets.iter().zip(&comparison.buckets).enumerate() {
        assert_eq!(found, expected, "bucket {bucket}");
    }
    assert_eq!(judged.buckets.len(), 256);
    assert_eq!((judged.future_rows, judged.scheduled), (comparison.future_rows, comparison.scheduled));
    let mut controls = judged.controls.clone();
    controls.sort_unstable();
    let mut expected = comparison.controls.clone();
    expected.sort_unstable();
    assert_eq!(controls, expected);
    let mut seen: Vec<_> = comparison.seen.iter().map(|seen| (seen.key, seen.class, seen.sequence)).collect();
    seen.sort_unstable();
    if judged.unlisted.is_empty() {
        let listed: Vec<_> = judged.rows.iter().map(|row| (row.key, row.place.1, row.sequence)).collect();
        assert_eq!(listed, seen);
    }
}

/// The answers of all buckets, each made by itself, in whatever order they come.
pub(super) fn answer_by_shards(plan: &EnginePlan<'_>, order: impl Iterator<Item = u8>) -> Vec<Vec<u8>> {
    let answer = |bucket| {
        let mut bytes = Vec::new();
        super::super::answer_bucket(plan, bucket).unwrap().write(&mut bytes, &plan.marks()).unwrap();
        bytes
    };
    order.map(answer).collect()
}

#[test]
fn shards_together_are_the_comparison_in_whatever_order_they_come() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = Corpus::new(9, 3000);
    let manifests = corpus.write(folder.path(), &dataset());
    let comparison = compare_manifests(&dataset(), &manifests, &settings(100_000)).unwrap();
    for bound in [1000, 1] {
        let plan = plan(&manifests, super::super::EngineDialect::Duckdb, bound);
        for order in [(0..=255).collect::<Vec<u8>>(), (0..=255).rev().collect()] {
            let mut reader = AnswerReader::new(plan.marks());
            for part in answer_by_shards(&plan, order.into_iter()) {
                reader.read_file("shard", part.as_slice()).unwrap();
            }
            let answer = reader.finish().unwrap();
            let judged = judge(&plan, &answer).unwrap();
            assert_same(&judged, &comparison);
            let again = (0..=255).collect();
            assert_eq!(super::super::compare_buckets_again(&plan, &judged, &again).unwrap(), []);
            let made = super::super::make_comparison(&plan, judged, 100_000).unwrap();
            assert_eq!(made.buckets, comparison.buckets);
            assert_eq!(made.reasons, comparison.reasons);
            if bound == 1000 {
                assert_eq!(made.breaks, comparison.breaks);
            }
        }
    }
}

#[test]
fn every_engine_that_is_there_counts_what_the_comparison_counts() {
    let folder = tempfile::Builder::new().prefix("pc").tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let engines = find_engines(folder.path());
    let names: Vec<_> = RecordClass::ALL.iter().map(|class| class.as_str()).collect();
    println!("| seed | engine | seconds | {} |", names.join(" | "));
    println!("|{}", " --- |".repeat(names.len() + 3));
    for seed in 1..=2 {
        let place = folder.path().join(seed.to_string());
        std::fs::create_dir(&place).unwrap();
        let manifests = Corpus::new(seed, 3000).write(&place, &dataset());
        let start = Instant::now();
        let comparison = compare_manifests(&dataset(), &manifests, &settings(100_000)).unwrap();
        print_line(seed, "core", start, &comparison.buckets);
        let counts = sum(&comparison.buckets);
        let empty = counts.iter().filter(|(_, count)| **count == 0).map(|(class, _)| class.as_str());
        assert_eq!(empty.collect::<Vec<_>>(), Vec::<&str>::new(), "the corpus has every class");
        let own = plan(&manifests, super::super::EngineDialect::Spark, 1000);
        let start = Instant::now();
        let mut reader = AnswerReader::new(own.marks());
        for part in answer_by_shards(&own, 0..=255) {
            reader.read_file("bucket", part.as_slice()).unwrap();
        }
        let judged = judge(&own, &reader.finish().unwrap()).unwrap();
        assert_same(&judged, &comparison);
        print_line(seed, "buckets", start, &judged.buckets);
        // The second bound lists one record of each cell.
        for (engine, bound) in engines.iter().flat_map(|engine| [(engine, 1000), (engine, 1)]) {
            let plan = plan(&manifests, engine.dialect(), bound);
            let plan_folder = place.join(format!("{}-{bound}", engine.dialect()));
            let inputs = plan_folder.join("inputs");
            plan.write_folder(&plan_folder, inputs.to_str().unwrap()).unwrap();
            let answer = place.join(format!("{}-{bound}.csv", engine.dialect()));
            let start = Instant::now();
            engine.run(&plan_folder, &answer);
            let judged = read_answer(&plan, &answer).and_then(|answer| judge(&plan, &answer));
            let judged = judged.unwrap_or_else(|faults| panic!("{:#?}", &faults[..faults.len().min(5)]));
            assert_same(&judged, &comparison);
            print_line(seed, engine.dialect().as_str(), start, &judged.buckets);
        }
    }
}

fn sum(buckets: &[BucketTotals]) -> BTreeMap<RecordClass, u64> {
    let count = |class: RecordClass| buckets.iter().map(|bucket| bucket.class(class).records).sum();
    RecordClass::ALL.into_iter().map(|class| (class, count(class))).collect()
}

fn print_line(seed: u64, engine: &str, start: Instant, buckets: &[BucketTotals]) {
    let counts = sum(buckets);
    let counts: Vec<_> = RecordClass::ALL.iter().map(|class| counts[class].to_string()).collect();
    println!("| {seed} | {engine} | {:.1} | {} |", start.elapsed().as_secs_f32(), counts.join(" | "));
}
