//! Known faults are counted exactly, whatever the order of rows and the number of threads.

use super::*;
use crate::judge::{JudgedHeaders, judge_comparison};
use crate::manifest::Manifest;
use crate::oracle::{
    Case, Corpus, FAULTS, Numbers, TARGET_AS_OF, class_of_case, make_clock, make_dataset, make_title,
    write_rows, write_titled,
};
use crate::precedence::{RULES, classify, classify_quickly, write_table};
use crate::record::RecordFacts;
use crate::row::{CONFIRMED, ManifestRow};
use portcullis_model::reconciliation::RunOutcome;
use proptest::prelude::*;
use std::fs;
use tempfile::TempDir;

fn open(folder: &Path, name: &str) -> Option<Manifest> {
    let path = folder.join(name);
    path.exists().then(|| Manifest::open(&path).unwrap())
}

fn manifests(folder: &Path) -> ComparedManifests {
    ComparedManifests {
        source: open(folder, "source").unwrap(),
        target: open(folder, "target").unwrap(),
        rejects: open(folder, "rejects"),
        receipts: open(folder, "receipts"),
        gone: open(folder, "gone"),
        breaks: None,
    }
}

fn settings<'c>() -> CompareSettings<'c> {
    CompareSettings {
        seed: None,
        listed: 5,
        threads: 2,
        again: None,
        late_since: None,
        breaks: None,
        gone: None,
        generator: "test",
    }
}

fn compare(folder: &Path) -> Comparison {
    compare_manifests(&make_dataset(), &manifests(folder), &settings()).unwrap()
}

fn counts(comparison: &Comparison) -> BTreeMap<RecordClass, u64> {
    let mut totals = BucketTotals::default();
    comparison.buckets.iter().for_each(|bucket| totals.add(bucket));
    let all = RecordClass::ALL.into_iter().map(|class| (class, totals.class(class).records));
    all.filter(|(_, count)| *count > 0).collect()
}

fn judge(folder: &Path, comparison: &Comparison) -> crate::judge::RunJudgement {
    let manifests = manifests(folder);
    let headers = JudgedHeaders {
        source: manifests.source.header(),
        target: manifests.target.header(),
        rejects: manifests.rejects.as_ref().map(Manifest::header),
        receipts: manifests.receipts.as_ref().map(Manifest::header),
    };
    judge_comparison(&make_dataset(), headers, comparison, &[])
}

fn read_rows(manifest: &Manifest) -> Vec<ManifestRow> {
    let mut rows = Vec::new();
    for bucket in 0..=255 {
        let mut file = manifest.open_bucket(bucket).unwrap();
        while let Some(row) = file.next_row().unwrap() {
            rows.push(row);
        }
    }
    rows
}

#[test]
fn a_single_fault_has_the_class_that_is_written_beside_it() {
    let mut corpus = Corpus::default();
    for (number, (name, class, apply)) in (1_u128..).zip(FAULTS) {
        let mut case = Case::honest(number << 120, number << 8);
        apply(&mut case);
        assert_eq!(class_of_case(&case).unwrap().0, *class, "{name}: the oracle itself");
        corpus.add(case);
    }
    let folder = TempDir::new().unwrap();
    corpus.write(folder.path()).unwrap();
    let comparison = compare(folder.path());
    for (bucket, (name, class, _)) in (1..).zip(FAULTS) {
        let records = comparison.buckets[bucket].class(*class).records;
        assert!(records > 0, "{name} is not {}", class.as_str());
    }
    assert_eq!(counts(&comparison), corpus.expected);
    let classes: std::collections::BTreeSet<_> = FAULTS.iter().map(|(_, class, _)| *class).collect();
    assert_eq!(
        classes.len(),
        RecordClass::ALL.len() - 1,
        "all but superseded, which is no class of a record"
    );
}

#[test]
fn all_pairs_of_faults_are_counted_exactly_and_every_row_has_a_class() {
    let corpus = Corpus::make(16, 2000, 3, 2);
    let folder = TempDir::new().unwrap();
    corpus.write(folder.path()).unwrap();
    let breaks = folder.path().join("breaks");
    let to = CompareSettings { breaks: Some(&breaks), listed: 1_000_000, ..settings() };
    let comparison = compare_manifests(&make_dataset(), &manifests(folder.path()), &to).unwrap();
    assert_eq!(counts(&comparison), corpus.expected);
    let judgement = judge(folder.path(), &comparison);
    assert_eq!(judgement.faults, []);
    assert_eq!(judgement.outcome, RunOutcome::OverBudget, "a late arrival needs no second look");
    let sum = judgement.totals.sum();
    let operations = corpus.rows(|case| &case.source).len() as u64;
    assert_eq!(sum.source_rows, operations, "operations are the sum of classes and superseded");
    // Key by key, not only in sum.
    let expected: BTreeMap<u128, RecordClass> =
        corpus.classes.iter().map(|(key, class)| (*key, *class)).collect();
    let listed: BTreeMap<u128, RecordClass> =
        comparison.seen.iter().map(|seen| (seen.key, seen.class)).collect();
    let needs = |class: &RecordClass| class.needs_budget();
    let expected: BTreeMap<_, _> = expected.into_iter().filter(|(_, class)| needs(class)).collect();
    assert_eq!(listed, expected);
    let rows = read_rows(&Manifest::open(&breaks).unwrap());
    let open: BTreeMap<u128, RecordClass> =
        expected.into_iter().filter(|(_, class)| *class != RecordClass::Late).collect();
    let written = rows.iter().map(|row| (row.key, RecordClass::ALL[(row.digest >> 64) as usize]));
    assert_eq!(written.collect::<BTreeMap<_, _>>(), open);
}

#[test]
fn lists_are_bounded_and_counts_are_not() {
    let corpus = Corpus::make(5, 10, 20, 0);
    let folder = TempDir::new().unwrap();
    corpus.write(folder.path()).unwrap();
    let comparison = compare(folder.path());
    let listed = comparison.seen.iter().filter(|seen| seen.class == RecordClass::Missing).count();
    assert_eq!((listed, counts(&comparison)[&RecordClass::Missing]), (5, 60), "three faults lead to it");
}

#[test]
fn equal_counts_of_different_records_are_no_equality() {
    let (mut first, mut second) = (Corpus::default(), Corpus::default());
    let mut numbers = Numbers(1);
    for number in 0..100 {
        let (key, digest) = (numbers.draw_wide(), numbers.draw_wide() & !0xff);
        first.add(Case::honest(key, digest));
        second.add(Case::honest(if number == 50 { numbers.draw_wide() } else { key }, digest));
    }
    let folder = TempDir::new().unwrap();
    first.write(folder.path()).unwrap();
    crate::manifest::remove_folder(&folder.path().join("target")).unwrap();
    write_rows(folder.path(), ManifestContentV1::Target, second.rows(|case| &case.target)).unwrap();
    let found = counts(&compare(folder.path()));
    assert_eq!((found[&RecordClass::AcknowledgedAbsent], found[&RecordClass::Extra]), (1, 1));
}

#[test]
fn shards_of_one_bucket_say_together_what_one_comparison_says() {
    let corpus = Corpus::make(8, 500, 2, 1);
    let folder = TempDir::new().unwrap();
    corpus.write(folder.path()).unwrap();
    let (dataset, manifests) = (make_dataset(), manifests(folder.path()));
    let shards = (0..=255).map(|bucket| compare_bucket(&dataset, &manifests, &settings(), bucket).unwrap());
    let shards: Vec<_> = shards.collect();
    let whole = compare_manifests(&dataset, &manifests, &settings()).unwrap();
    assert_eq!(combine_buckets(&dataset, &manifests, &settings(), shards.clone()).unwrap(), whole);
    let half = combine_buckets(&dataset, &manifests, &settings(), shards[1..].to_vec());
    assert_eq!(half.unwrap_err().kind, FaultKind::WrongCount);
    let seven = CompareSettings { threads: 7, ..settings() };
    assert_eq!(compare_manifests(&dataset, &manifests, &seven).unwrap(), whole);
}

/// The target read again later, unchanged or with some records repaired.
fn read_again(folder: &Path, later: i64, rows: Vec<ManifestRow>) {
    for content in [ManifestContentV1::Source, ManifestContentV1::Target] {
        let path = folder.join(content.to_string());
        let rows = match content {
            ManifestContentV1::Target => rows.clone(),
            _ => read_rows(&Manifest::open(&path).unwrap()),
        };
        crate::manifest::remove_folder(&path).unwrap();
        let as_of = jiff::Timestamp::from_second(TARGET_AS_OF + later).unwrap();
        write_titled(&path, ManifestTitle { as_of, ..make_title(content) }, rows).unwrap();
    }
}

#[test]
fn a_difference_is_seen_then_confirmed_and_keeps_its_age_until_it_is_resolved() {
    let mut corpus = Corpus::default();
    for number in 1..=3_u128 {
        let mut case = Case::honest(number << 120, number << 8);
        FAULTS[1].2(&mut case);
        corpus.add(case);
    }
    corpus.add(Case::honest(9 << 120, 9 << 8));
    let folder = TempDir::new().unwrap();
    corpus.write(folder.path()).unwrap();
    let first = folder.path().join("first");
    let to = CompareSettings { breaks: Some(&first), ..settings() };
    let dataset = make_dataset();
    let seen = compare_manifests(&dataset, &manifests(folder.path()), &to).unwrap();
    assert_eq!((seen.breaks.opened, seen.breaks.confirmed.len()), (3, 0));
    assert_eq!(judge(folder.path(), &seen).outcome, RunOutcome::Unconfirmed);

    // The same state again confirms nothing: it is the same look.
    let breaks = Some(Manifest::open(&first).unwrap());
    let same = ComparedManifests { breaks: breaks.clone(), ..manifests(folder.path()) };
    let again = compare_manifests(&dataset, &same, &settings()).unwrap();
    assert_eq!((again.breaks.continued, again.breaks.confirmed.len()), (3, 0));

    // One was repaired; the others are confirmed by a later look, as old as they are.
    let repaired = Case::honest(1 << 120, 1 << 8).target;
    read_again(folder.path(), 100, [repaired, Case::honest(9 << 120, 9 << 8).target].concat());
    let later = ComparedManifests { breaks, ..manifests(folder.path()) };
    let second = folder.path().join("second");
    let to = CompareSettings { breaks: Some(&second), ..settings() };
    let confirmed = compare_manifests(&dataset, &later, &to).unwrap();
    assert_eq!(
        (confirmed.breaks.continued, confirmed.breaks.resolved, confirmed.breaks.opened),
        (2, 1, 1),
        "the repaired one has no receipt"
    );
    assert_eq!(confirmed.breaks.confirmed[&RecordClass::Missing], 2);
    assert_eq!(confirmed.breaks.oldest, Some(TARGET_AS_OF));
    assert_eq!(judge(folder.path(), &confirmed).outcome, RunOutcome::OverBudget);
    assert!(read_rows(&Manifest::open(&second).unwrap()).iter().all(|row| row.has(CONFIRMED)));
}

#[test]
fn a_look_without_isolation_confirms_nothing() {
    let mut corpus = Corpus::default();
    let mut case = Case::honest(1 << 120, 1 << 8);
    FAULTS[1].2(&mut case);
    corpus.add(case);
    let folder = TempDir::new().unwrap();
    corpus.write(folder.path()).unwrap();
    let path = folder.path().join("first");
    let to = CompareSettings { breaks: Some(&path), ..settings() };
    compare_manifests(&make_dataset(), &manifests(folder.path()), &to).unwrap();
    let target = folder.path().join("target");
    crate::manifest::remove_folder(&target).unwrap();
    let title = ManifestTitle {
        isolation: ManifestIsolationV1::None,
        as_of: jiff::Timestamp::from_second(TARGET_AS_OF + 100).unwrap(),
        ..make_title(ManifestContentV1::Target)
    };
    write_titled(&target, title, Case::honest(9 << 120, 0).target).unwrap();
    let breaks = Some(Manifest::open(&path).unwrap());
    let later = ComparedManifests { breaks, ..manifests(folder.path()) };
    let comparison = compare_manifests(&make_dataset(), &later, &settings()).unwrap();
    assert_eq!((comparison.breaks.continued, comparison.breaks.confirmed.len()), (1, 0));
    let judgement = judge(folder.path(), &comparison);
    assert_eq!(judgement.outcome, RunOutcome::Unconfirmed);
    assert!(judgement.notes[0].contains("confirms no difference"), "{:?}", judgement.notes);
}

#[test]
fn what_was_seen_gone_is_remembered_until_it_is_back() {
    let mut corpus = Corpus::default();
    let mut case = Case::honest(3 << 120, 3 << 8);
    FAULTS.iter().find(|(name, ..)| *name == "deleted").unwrap().2(&mut case);
    corpus.add(case);
    corpus.add(Case::honest(9 << 120, 9 << 8));
    let folder = TempDir::new().unwrap();
    corpus.write(folder.path()).unwrap();
    let (first, second) = (folder.path().join("gone-1"), folder.path().join("gone-2"));
    let to = CompareSettings { gone: Some(&first), ..settings() };
    compare_manifests(&make_dataset(), &manifests(folder.path()), &to).unwrap();
    let gone = Some(Manifest::open(&first).unwrap());
    assert_eq!(gone.as_ref().unwrap().header().rows, 1);
    let back = [Case::honest(3 << 120, 3 << 8).target, Case::honest(9 << 120, 9 << 8).target].concat();
    read_again(folder.path(), 100, back);
    let with = ComparedManifests { gone, ..manifests(folder.path()) };
    let to = CompareSettings { gone: Some(&second), ..settings() };
    let found = counts(&compare_manifests(&make_dataset(), &with, &to).unwrap());
    assert_eq!(found.get(&RecordClass::Resurrected), Some(&1));
    assert_eq!(Manifest::open(&second).unwrap().header().rows, 1, "and it is known in the run after that");
    let without = ComparedManifests { gone: None, ..manifests(folder.path()) };
    let found = counts(&compare_manifests(&make_dataset(), &without, &settings()).unwrap());
    assert_eq!(
        found.get(&RecordClass::Undeleted),
        Some(&1),
        "without the memory it is as bad, by another name"
    );
}

#[test]
fn a_late_arrival_is_reported_once() {
    let mut corpus = Corpus::default();
    let mut case = Case::honest(3 << 120, 3 << 8);
    FAULTS.iter().find(|(name, ..)| *name == "late").unwrap().2(&mut case);
    let arrived = case.target[0].time;
    corpus.add(case);
    let folder = TempDir::new().unwrap();
    corpus.write(folder.path()).unwrap();
    let late = |since| {
        let settings = CompareSettings { late_since: since, ..settings() };
        let comparison = compare_manifests(&make_dataset(), &manifests(folder.path()), &settings).unwrap();
        counts(&comparison).get(&RecordClass::Late).copied()
    };
    assert_eq!((late(None), late(Some(arrived - 1)), late(Some(arrived))), (Some(1), Some(1), None));
}

#[test]
fn manifests_that_do_not_belong_together_are_refused() {
    let corpus = Corpus::make(1, 3, 0, 0);
    let folder = TempDir::new().unwrap();
    corpus.write(folder.path()).unwrap();
    let all = manifests(folder.path());
    let refuse = |manifests: ComparedManifests| {
        compare_manifests(&make_dataset(), &manifests, &settings()).unwrap_err().kind
    };
    let (source, target) = (all.source.clone(), all.target.clone());
    assert_eq!(
        refuse(ComparedManifests { source: target, target: source, ..all.clone() }),
        FaultKind::Swapped
    );
    assert_eq!(
        refuse(ComparedManifests { rejects: all.receipts.clone(), ..all.clone() }),
        FaultKind::Swapped
    );
    let scope = ManifestScopeV1::Only { breaks: (&portcullis_model::digest::Digest::of(b"x")).into() };
    let path = folder.path().join("only");
    let title = ManifestTitle { scope, ..make_title(ManifestContentV1::Target) };
    let only = write_titled(&path, title, Vec::new()).unwrap();
    assert_eq!(refuse(ComparedManifests { target: only, ..all.clone() }), FaultKind::OtherScope);
    let path = folder.path().join("other");
    let title = ManifestTitle { key_id: "8899".into(), ..make_title(ManifestContentV1::Target) };
    let other = write_titled(&path, title, Vec::new()).unwrap();
    assert_eq!(refuse(ComparedManifests { target: other, ..all }), FaultKind::OtherKey);
}

#[test]
fn a_manifest_that_is_damaged_gives_no_result_and_leaves_no_outputs() {
    let corpus = Corpus::make(1, 2000, 0, 0);
    let folder = TempDir::new().unwrap();
    corpus.write(folder.path()).unwrap();
    let file = folder.path().join("target").join("bucket-200.bin");
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    let breaks = folder.path().join("breaks");
    let to = CompareSettings { breaks: Some(&breaks), ..settings() };
    assert!(compare_manifests(&make_dataset(), &manifests(folder.path()), &to).is_err());
    assert!(!breaks.exists() && !folder.path().join("breaks.partial").exists());
}

#[test]
fn the_table_names_each_class_once_by_its_precedence() {
    let rules: Vec<_> = RULES.iter().map(|rule| rule.class).collect();
    assert_eq!(rules, RecordClass::ALL[..17]);
    assert_eq!(write_table().lines().count(), 2 + RecordClass::ALL.len());
    let page = include_str!("../../../docs/record-classes.md");
    assert!(page.contains(&write_table()), "docs/record-classes.md has another table:\n{}", write_table());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]
    #[test]
    fn every_seed_is_counted_exactly(seed: u64) {
        let corpus = Corpus::make(seed, 50, 1, 1);
        let folder = TempDir::new().unwrap();
        corpus.write(folder.path()).unwrap();
        let comparison = compare(folder.path());
        prop_assert_eq!(counts(&comparison), corpus.expected);
        prop_assert_eq!(judge(folder.path(), &comparison).faults, vec![]);
    }
}

proptest! {
    #[test]
    fn the_quick_way_says_what_the_table_says(
        operations in 0_u64..3, records in 0_u64..3, letter in 0_usize..3, marks in 0_u8..8, target_marks in 0_u8..8,
        digest in 0_u128..2, sequence in 0_i64..2, answers in 0_u8..16, times in 0_u8..16, timed: bool,
    ) {
        let bit = |bits: u8, bit: u8| bits >> bit & 1 == 1;
        let facts = RecordFacts {
            operations, records,
            operation: if operations == 0 { 0 } else { b"UAD"[letter] },
            source_marks: if operations == 0 { 0 } else { marks },
            target_marks: if records == 0 { 0 } else { target_marks },
            target_digest: digest, target_sequence: sequence, sequence: 1,
            rejected: bit(answers, 0), refused: bit(answers, 1), accepted: bit(answers, 2), answered: bit(answers, 3),
            seen_gone: bit(times, 0), overdue: bit(times, 1), answer_overdue: bit(times, 2), loaded_late: bit(times, 3),
            settled: timed,
            ..RecordFacts::default()
        };
        let clock = make_clock();
        prop_assert_eq!(classify_quickly(&facts, &clock), classify(&facts, &clock));
    }
}
