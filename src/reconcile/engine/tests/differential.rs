//! One corpus through the comparison, its shards, and every engine that is there: the same counts.

use super::super::{
    AnswerReader, EngineAnswer, EngineDialect, EngineFault, EnginePlan, JudgedAnswer, judge_answer,
    write_breaks,
};
use super::corpus::{Corpus, dataset};
use super::engines::{Engine, find_engines};
use crate::compare::{CompareSettings, ComparedManifests, Comparison, compare_manifests};
use crate::manifest::Manifest;
use crate::oracle;
use crate::record::Clock;
use crate::totals::BucketTotals;
use portcullis_model::reconciliation::{Dataset, RecordClass};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
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

/// The plan of some manifests of the corpus of this room.
pub(super) fn plan(manifests: &ComparedManifests, dialect: EngineDialect, bound: u64) -> EnginePlan<'_> {
    plan_for(&dataset(), manifests, dialect, bound)
}

fn plan_for<'m>(
    dataset: &Dataset,
    manifests: &'m ComparedManifests,
    dialect: EngineDialect,
    bound: u64,
) -> EnginePlan<'m> {
    let (source, target) = (manifests.source.header(), manifests.target.header());
    let clock = Clock::new(dataset, source, target, manifests.receipts.is_some(), None);
    EnginePlan { manifests, clock, seed: manifests.seed(), dialect, bound }
}

pub(super) fn read_answer(plan: &EnginePlan<'_>, file: &Path) -> Result<EngineAnswer, Vec<EngineFault>> {
    let mut reader = AnswerReader::new(plan.marks());
    reader.read_file("answer", BufReader::new(File::open(file).unwrap())).unwrap();
    reader.finish()
}

pub(super) fn judge(plan: &EnginePlan<'_>, answer: &EngineAnswer) -> Result<JudgedAnswer, Vec<EngineFault>> {
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
        let plan = plan(&manifests, EngineDialect::Duckdb, bound);
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
            let made = super::super::make_comparison(&plan, judged, &[], 100_000).unwrap();
            assert_eq!(made.buckets, comparison.buckets);
            assert_eq!(made.reasons, comparison.reasons);
            if bound == 1000 {
                assert_eq!(made.breaks, comparison.breaks);
            }
        }
    }
}

/// So many honest records, and each pair of faults so many times.
const MANY: (usize, usize) = (2000, 2);

/// A corpus of a seed, with what is known of it before anything compares it.
pub(super) struct Scene {
    name: String,
    place: PathBuf,
    pub(super) dataset: Dataset,
    pub(super) manifests: ComparedManifests,
    /// What the reference says, which looks at the rows in another way than the product.
    pub(super) reference: Option<Counts>,
}

pub(super) type Counts = BTreeMap<RecordClass, u64>;

impl Scene {
    /// Records with each pair of the faults of this room.
    fn of_faults(seed: u64, folder: &Path) -> Self {
        let place = create_folder(folder, &format!("faults-{seed}"));
        let manifests = Corpus::new(seed, 3000).write(&place, &dataset());
        Self { name: format!("faults {seed}"), place, dataset: dataset(), manifests, reference: None }
    }

    /// Records with each ordered pair of the faults of the oracle, which also gives their classes.
    pub(super) fn of_oracle(seed: u64, folder: &Path, (honest, times): (usize, usize)) -> Self {
        let place = create_folder(folder, &format!("oracle-{seed}"));
        let corpus = oracle::Corpus::make(seed, honest, times, times);
        corpus.write(&place).unwrap();
        let manifests = open_manifests(&place);
        let (name, dataset) = (format!("oracle {seed}"), oracle::make_dataset());
        Self { name, place, dataset, manifests, reference: Some(corpus.expected) }
    }

    fn plan(&self, dialect: EngineDialect, bound: u64) -> EnginePlan<'_> {
        plan_for(&self.dataset, &self.manifests, dialect, bound)
    }

    /// The answer of an engine to a plan whose inputs were changed before it ran.
    pub(super) fn ask(
        &self,
        engine: &Engine,
        bound: u64,
        change: &dyn Fn(&Path),
    ) -> Result<JudgedAnswer, Vec<EngineFault>> {
        let plan = self.plan(engine.dialect(), bound);
        let folder = tempfile::Builder::new().prefix("plan").tempdir_in(&self.place).unwrap();
        open_to_all(folder.path());
        let plan_folder = folder.path().join("plan");
        let inputs = plan_folder.join("inputs");
        plan.write_folder(&plan_folder, inputs.to_str().unwrap()).unwrap();
        change(&inputs);
        let answer = folder.path().join("answer");
        engine.run(&plan_folder, &answer);
        judge(&plan, &read_answer(&plan, &answer)?)
    }

    /// The answers of all buckets, each compared by itself, judged together.
    pub(super) fn ask_shards(&self, bound: u64) -> JudgedAnswer {
        let own = self.plan(EngineDialect::Spark, bound);
        let mut reader = AnswerReader::new(own.marks());
        for part in answer_by_shards(&own, 0..=255) {
            reader.read_file("bucket", part.as_slice()).unwrap();
        }
        judge(&own, &reader.finish().unwrap()).unwrap()
    }

    /// Removes what was written for it.
    pub(super) fn remove(self) {
        std::fs::remove_dir_all(self.place).unwrap();
    }

    fn print(&self, engine: &str, start: Instant, counts: &Counts) {
        let counts: Vec<_> = RecordClass::ALL.iter().map(|class| count_of(counts, *class)).collect();
        let seconds = start.elapsed().as_secs_f32();
        println!("| {} | {engine} | {seconds:.1} | {} |", self.name, counts.join(" | "));
    }
}

fn count_of(counts: &Counts, class: RecordClass) -> String {
    counts.get(&class).copied().unwrap_or_default().to_string()
}

fn create_folder(folder: &Path, name: &str) -> PathBuf {
    let place = folder.join(name);
    std::fs::create_dir(&place).unwrap();
    place
}

fn open_to_all(folder: &Path) {
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

pub(super) fn open_manifests(place: &Path) -> ComparedManifests {
    let open = |name: &str| Manifest::open(&place.join(name)).unwrap();
    ComparedManifests {
        source: open("source"),
        target: open("target"),
        rejects: Some(open("rejects")),
        receipts: Some(open("receipts")),
        gone: Some(open("gone")),
        breaks: None,
    }
}

pub(super) fn open_engines() -> (tempfile::TempDir, Vec<Engine>) {
    let folder = tempfile::Builder::new().prefix("pc").tempdir().unwrap();
    open_to_all(folder.path());
    let engines = find_engines(folder.path());
    (folder, engines)
}

#[test]
fn every_engine_that_is_there_counts_what_the_comparison_counts() {
    let (folder, engines) = open_engines();
    let names: Vec<_> = RecordClass::ALL.iter().map(|class| class.as_str()).collect();
    println!("| corpus | by | seconds | {} |", names.join(" | "));
    println!("|{}", " --- |".repeat(names.len() + 3));
    let place = folder.path();
    for scene in [Scene::of_oracle(1, place, MANY), Scene::of_faults(1, place), Scene::of_faults(2, place)] {
        let start = Instant::now();
        if let Some(reference) = &scene.reference {
            scene.print("reference", start, reference);
        }
        let comparison = compare_manifests(&scene.dataset, &scene.manifests, &settings(100_000)).unwrap();
        let counts = sum(&comparison.buckets);
        scene.print("core", start, &counts);
        let empty = counts.iter().filter(|(_, count)| **count == 0).map(|(class, _)| class.as_str());
        assert_eq!(empty.collect::<Vec<_>>(), Vec::<&str>::new(), "the corpus has every class");
        assert!(scene.reference.as_ref().is_none_or(|reference| *reference == counts));
        let start = Instant::now();
        let judged = scene.ask_shards(1000);
        assert_same(&judged, &comparison);
        scene.print("buckets", start, &sum(&judged.buckets));
        // The second bound lists one record of each cell.
        for (engine, bound) in engines.iter().flat_map(|engine| [(engine, 1000), (engine, 1)]) {
            let start = Instant::now();
            let judged = scene.ask(engine, bound, &|_| ());
            let judged = judged.unwrap_or_else(|faults| panic!("{:#?}", &faults[..faults.len().min(5)]));
            assert_same(&judged, &comparison);
            scene.print(&format!("{}, list {bound}", engine.name()), start, &sum(&judged.buckets));
        }
    }
}

/// What happens to the inputs, what it is called, and where.
type Disturbance<'d> = (&'d dyn Fn(&Path), &'static str, &'static str);

/// The engine is honest, and what it reads is not what was planned.
#[test]
fn files_that_a_real_engine_loses_or_reads_twice_are_named() {
    let (folder, engines) = open_engines();
    let scene = Scene::of_oracle(7, folder.path(), MANY);
    for engine in &engines {
        let lost = |inputs: &Path| std::fs::remove_file(inputs.join("target/bucket-017.csv")).unwrap();
        let twice = |inputs: &Path| {
            let from = inputs.join("source/bucket-200.csv");
            std::fs::copy(from, inputs.join("source/bucket-200-again.csv")).unwrap();
        };
        let without = |inputs: &Path| std::fs::remove_file(inputs.join("target/control.csv")).unwrap();
        let changes: [Disturbance<'_>; 3] = [
            (&lost, "rows-lost", "ucket 17"),
            (&twice, "rows-repeated", "ucket 200"),
            (&without, "rows-lost", "ucket 0"),
        ];
        for (change, name, place) in changes {
            let faults = scene.ask(engine, 1000, change).unwrap_err();
            assert_eq!(faults[0].name(), name, "{}: {faults:?}", engine.name());
            assert!(faults[0].to_string().contains(place), "{}: {}", engine.name(), faults[0]);
            println!("| {} | {name} | {} |", engine.name(), faults[0]);
        }
    }
}

/// A second look reads the same differences, no matter which engine compared.
#[test]
fn the_differences_that_an_engine_listed_are_written_as_those_of_the_comparison() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::of_faults(4, folder.path());
    let here = folder.path().join("here");
    let to = CompareSettings { breaks: Some(&here), ..settings(100_000) };
    compare_manifests(&scene.dataset, &scene.manifests, &to).unwrap();
    let plan = scene.plan(EngineDialect::Spark, 100_000);
    let judged = scene.ask_shards(100_000);
    let made = super::super::make_comparison(&plan, judged, &[], 1_000_000).unwrap();
    let there = folder.path().join("there");
    write_breaks(&scene.dataset, &scene.manifests, &made, &there, "test").unwrap();
    let (here, there) = (Manifest::open(&here).unwrap(), Manifest::open(&there).unwrap());
    assert!(here.header().rows > 100);
    assert_eq!(here.digest(), there.digest());
}

pub(super) fn sum(buckets: &[BucketTotals]) -> Counts {
    let count = |class: RecordClass| buckets.iter().map(|bucket| bucket.class(class).records).sum();
    RecordClass::ALL.into_iter().map(|class| (class, count(class))).collect()
}
