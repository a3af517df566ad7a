//! Answers that prove something, and answers that do not.

use super::*;
use crate::compare::{CompareSettings, ComparedManifests, compare_manifests};
use crate::control::RunSeed;
use crate::manifest::{Manifest, ManifestTitle, remove_folder};
use crate::oracle::{Corpus, make_dataset, make_title, write_titled};
use crate::result::{make_result, name_core};
use crate::row::ManifestRow;
use portcullis_model::reconciliation::Floors;
use portcullis_wire::manifest::v1::ManifestContentV1;
use portcullis_wire::reconciliation::v1::{read_result, write_result};
use std::path::Path;
use tempfile::TempDir;

/// A corpus of honest records and its comparison.
struct Scene {
    _folder: TempDir,
    dataset: Dataset,
    manifests: ComparedManifests,
    answer: Comparison,
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

fn open(folder: &Path, name: &str) -> Manifest {
    Manifest::open(&folder.join(name)).unwrap()
}

fn scene_with(change: impl FnOnce(&Path)) -> Scene {
    let folder = TempDir::new().unwrap();
    Corpus::make(3, 3000, 0, 0).write(folder.path()).unwrap();
    change(folder.path());
    let manifests = ComparedManifests {
        source: open(folder.path(), "source"),
        target: open(folder.path(), "target"),
        rejects: Some(open(folder.path(), "rejects")),
        receipts: Some(open(folder.path(), "receipts")),
        gone: None,
        breaks: None,
    };
    let dataset = make_dataset();
    let answer = compare_manifests(&dataset, &manifests, &settings()).unwrap();
    Scene { _folder: folder, dataset, manifests, answer }
}

fn scene() -> Scene {
    scene_with(|_| {})
}

impl Scene {
    fn judge(&self, past: &[PastRun]) -> RunJudgement {
        judge_comparison(&self.dataset, self.manifests.headers(), &self.answer, past)
    }

    /// The faults of an answer that was changed.
    fn lie(&self, change: impl FnOnce(&mut Comparison)) -> Vec<AnswerFaultKind> {
        let mut answer = self.answer.clone();
        change(&mut answer);
        let judgement = judge_comparison(&self.dataset, self.manifests.headers(), &answer, &[]);
        assert_eq!(judgement.outcome == RunOutcome::Broken, !judgement.faults.is_empty());
        judgement.faults.iter().map(|fault| fault.kind).collect()
    }

    fn past(&self) -> PastRun {
        let (source, target) = (self.manifests.source.header(), self.manifests.target.header());
        PastRun {
            source_read: Some(source.read),
            target_read: Some(target.read),
            source_as_of: source.as_of_second(),
            target_as_of: target.as_of_second(),
            reasons: BTreeMap::from([("E1".to_string(), 3)]),
        }
    }
}

#[test]
fn an_honest_comparison_is_green() {
    let judgement = scene().judge(&[]);
    assert_eq!((judgement.outcome, judgement.faults), (RunOutcome::Green, vec![]));
    assert_eq!(judgement.classes[&RecordClass::Ok].seen, 3000);
    assert_eq!(judgement.classes[&RecordClass::Superseded].seen, 3000);
    assert_eq!(judgement.shares.len(), 3);
    assert!(judgement.shares[0].met && judgement.shares[0].due == 3000);
}

#[test]
fn an_engine_that_lies_is_named() {
    use AnswerFaultKind::{Buckets, Controls, Rows};
    let scene = scene();
    let lost = |answer: &mut Comparison, bucket: usize, rows: u64| {
        let totals = answer.buckets[bucket].class_mut(RecordClass::Ok);
        totals.records -= rows;
        totals.source_rows -= rows;
        totals.target_rows -= rows;
    };
    assert_eq!(scene.lie(|_| {}), []);
    assert_eq!(scene.lie(|answer| answer.buckets.truncate(255)), [Buckets]);
    assert_eq!(scene.lie(|answer| answer.buckets.clear()), [Buckets]);
    assert_eq!(scene.lie(|answer| lost(answer, 17, 1)), [Rows]);
    // A row lost in one bucket and doubled in another one: equal sums, and named all the same.
    assert_eq!(
        scene.lie(|answer| {
            lost(answer, 17, 1);
            answer.buckets[18].class_mut(RecordClass::Ok).source_rows += 1;
        }),
        [Rows]
    );
    assert_eq!(scene.lie(|answer| answer.buckets.swap(1, 2)), [Rows]);
    let doubled = |answer: &mut Comparison| {
        let twice = answer.buckets[9].clone();
        answer.buckets[9].add(&twice);
    };
    assert_eq!(scene.lie(doubled), [Rows]);
    assert_eq!(scene.lie(|answer| answer.controls.clear()), [Controls]);
    assert_eq!(scene.lie(|answer| answer.controls.truncate(100)), [Controls]);
    assert_eq!(scene.lie(|answer| answer.controls[40].found = Some(RecordClass::Pending)), [Controls]);
    assert_eq!(scene.lie(|answer| answer.controls[40].found = None), [Controls]);
    let twice = |answer: &mut Comparison| answer.controls[40] = answer.controls[41];
    assert_eq!(scene.lie(twice), [Controls]);
    // The answer to another run: by the expected seed its control records are unknown.
    let other = |answer: &mut Comparison| {
        let settings = CompareSettings { seed: Some(RunSeed([7; 32])), ..settings() };
        *answer = compare_manifests(&scene.dataset, &scene.manifests, &settings).unwrap();
    };
    assert_eq!(scene.lie(other), [], "its own seed is as good");
    let hidden = |answer: &mut Comparison| {
        let totals = answer.buckets[3].class_mut(RecordClass::TestData);
        totals.records += 1;
    };
    assert_eq!(scene.lie(hidden), [Rows]);
}

#[test]
fn a_side_that_was_not_read_whole_is_named() {
    let rewrite = |folder: &Path, content: ManifestContentV1, rows: Vec<ManifestRow>, announced| {
        let path = folder.join(content.to_string());
        remove_folder(&path).unwrap();
        write_titled(&path, ManifestTitle { announced, ..make_title(content) }, rows).unwrap();
    };
    let empty = scene_with(|folder| rewrite(folder, ManifestContentV1::Target, Vec::new(), None));
    let judgement = empty.judge(&[]);
    assert_eq!(judgement.outcome, RunOutcome::Broken);
    assert!(judgement.faults[0].text.contains("The target has no rows"), "{:?}", judgement.faults);
    let both = scene_with(|folder| {
        for content in [ManifestContentV1::Source, ManifestContentV1::Target] {
            rewrite(folder, content, Vec::new(), None);
        }
    });
    assert_eq!(both.judge(&[]).outcome, RunOutcome::Broken, "two empty sides are equal and prove nothing");
    let half = scene_with(|folder| {
        let rows = Corpus::make(3, 3000, 0, 0).rows(|case| &case.target);
        rewrite(folder, ManifestContentV1::Target, rows[..1500].to_vec(), Some(3000));
    });
    assert!(half.judge(&[]).faults[0].text.contains("says that it has 3000 rows, and 1500 were read"));
}

#[test]
fn floors_falls_and_ages_hold_against_the_run_before() {
    let mut scene = scene();
    let kinds = |scene: &Scene, past: &[PastRun]| -> Vec<_> {
        scene.judge(past).faults.iter().map(|fault| fault.kind).collect()
    };
    let past = scene.past();
    assert_eq!(kinds(&scene, std::slice::from_ref(&past)), []);
    scene.dataset.floors = Floors { source_rows: 6001, target_rows: 3000, fall: None };
    assert_eq!(kinds(&scene, &[]), [AnswerFaultKind::Floor]);
    scene.dataset.floors = Floors { source_rows: 0, target_rows: 0, fall: Some(100_000) };
    let grown = PastRun { target_read: Some(3400), ..past.clone() };
    assert_eq!(kinds(&scene, &[grown]), [AnswerFaultKind::Floor]);
    let grown = PastRun { target_read: Some(3333), ..past.clone() };
    assert_eq!(kinds(&scene, &[grown]), []);
    let newer = PastRun { target_as_of: past.target_as_of + 1, ..past };
    assert_eq!(kinds(&scene, &[newer]), [AnswerFaultKind::Older]);
}

#[test]
fn a_clock_that_runs_ahead_is_no_reason_to_wait() {
    let ahead = scene_with(|folder| {
        let mut rows = Corpus::make(3, 3000, 0, 0).rows(|case| &case.target);
        rows[0].time = crate::oracle::TARGET_AS_OF + 61;
        remove_folder(&folder.join("target")).unwrap();
        write_titled(&folder.join("target"), make_title(ManifestContentV1::Target), rows).unwrap();
    });
    let judgement = ahead.judge(&[]);
    assert_eq!(judgement.faults[0].kind, AnswerFaultKind::Clock);
}

#[test]
fn half_of_the_records_in_time_is_not_nine_tenths() {
    let mut scene = scene();
    for bucket in &mut scene.answer.buckets {
        bucket.uploads[0].arrived = bucket.uploads[0].due * 4 / 10;
    }
    let doubtful = scene.judge(&[]);
    assert_eq!(doubtful.outcome, RunOutcome::Unconfirmed, "one look saw it");
    assert!(doubtful.shares[0].is_in_doubt() && !doubtful.shares[0].is_missed());
    let look = |certain| crate::looks::TermLooks { certain, ..Default::default() };
    let due = doubtful.shares[0].due;
    scene.answer.looks.uploads = vec![look(due / 10), look(0)];
    assert!(scene.judge(&[]).shares[0].is_in_doubt(), "half are required, and nine tenths can still arrive");
    scene.answer.looks.uploads = vec![look(due * 6 / 10), look(0)];
    let judgement = scene.judge(&[]);
    assert_eq!(judgement.outcome, RunOutcome::OverBudget, "every record is there, and too few came in time");
    assert!(!judgement.shares[0].met);
}

#[test]
fn a_new_reason_is_a_finding_though_the_budget_holds() {
    let mut scene = scene();
    scene.dataset.reject_codes = vec!["E1".into(), "E2".into()];
    let past = [scene.past()];
    scene.answer.reasons = BTreeMap::from([("E1".to_string(), 4), ("E2".to_string(), 1)]);
    assert_eq!(scene.judge(&past).drift, ["Reason `E2` has 1 rejects, and none in the last 1 runs."]);
    scene.answer.reasons = BTreeMap::from([("E1".to_string(), 13)]);
    assert_eq!(scene.judge(&past).drift.len(), 1, "more than twice as many, and ten more");
    scene.answer.reasons = BTreeMap::from([("E1".to_string(), 12)]);
    assert_eq!(scene.judge(&past).drift, Vec::<String>::new());
    assert_eq!(scene.judge(&[]).drift, Vec::<String>::new(), "there is nothing to compare with");
    // The text of a reason is kept nowhere.
    scene.answer.reasons = BTreeMap::from([("Archer is unknown".to_string(), 4)]);
    let judgement = scene.judge(&past);
    assert!(judgement.drift[0].contains("Reason `other` has 4 rejects"), "{:?}", judgement.drift);
    assert_eq!(judgement.reasons, BTreeMap::from([("other".to_string(), 4)]));
}

#[test]
fn the_result_is_the_same_to_the_byte_whenever_it_is_made() {
    let scene = scene();
    let write = || {
        let settings = CompareSettings { threads: 5, ..settings() };
        let answer = compare_manifests(&scene.dataset, &scene.manifests, &settings).unwrap();
        let judgement = judge_comparison(&scene.dataset, scene.manifests.headers(), &answer, &[]);
        let result = make_result(&scene.dataset, &scene.manifests, &answer, &judgement, name_core("0"));
        write_result(&result.unwrap()).unwrap()
    };
    let bytes = write();
    assert_eq!(bytes, write());
    let result = read_result(&bytes).unwrap();
    assert_eq!(result.classes.iter().map(|class| class.source_rows).sum::<u64>(), 6000);
    assert_eq!(result.controls, 256 * 17);
}

#[test]
fn a_stale_record_names_the_field_that_differs_and_not_its_content() {
    let folder = TempDir::new().unwrap();
    let columns = vec!["name".to_string(), "town".to_string()];
    for content in [ManifestContentV1::Source, ManifestContentV1::Target] {
        let is_source = content == ManifestContentV1::Source;
        let title = ManifestTitle { columns: columns.clone(), ..make_title(content) };
        let path = folder.path().join(content.to_string());
        let writer = crate::manifest::ManifestWriter::create(&path, content, 2).unwrap();
        let buckets = (0..=255_u8).map(|bucket| {
            let mut file = writer.begin_bucket(bucket).unwrap();
            let row = ManifestRow {
                key: u128::from(bucket) << 120 | 5,
                digest: if is_source { 1 } else { 2 },
                sequence: 1,
                time: 0,
                operation: b'U',
                marks: 0,
            };
            file.push(row, &[7, if is_source { 8 } else { 9 }]).unwrap();
            file.finish().unwrap()
        });
        let buckets = buckets.collect();
        writer.finish(title, buckets).unwrap();
    }
    let (source, target) = (open(folder.path(), "source"), open(folder.path(), "target"));
    let manifests =
        ComparedManifests { source, target, rejects: None, receipts: None, gone: None, breaks: None };
    let dataset = make_dataset();
    let answer = compare_manifests(&dataset, &manifests, &settings()).unwrap();
    let judgement = judge_comparison(&dataset, manifests.headers(), &answer, &[]);
    let result = make_result(&dataset, &manifests, &answer, &judgement, name_core("0")).unwrap();
    assert_eq!((result.records.len(), result.records[0].fields.as_slice()), (5, &["town".to_string()][..]));
    let stale = result.classes.iter().find(|class| class.class == "stale").unwrap();
    assert_eq!((stale.records, stale.listed), (256, 5), "what is not listed is counted");
}
