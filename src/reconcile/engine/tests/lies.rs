//! Engines that lie, by accident or otherwise: each lie is found, and has its name.

use super::super::answer::EngineCell;
use super::super::judge::judge_bucket;
use super::super::{AnswerReader, EngineDialect, EngineFault, EnginePlan, JudgedAnswer};
use super::corpus::{Corpus, dataset};
use super::differential::{assert_same, judge, plan, settings};
use super::hiding::answers_by_bucket;
use super::honest::{Line, Lines, answer_honestly};
use crate::compare::{ComparedManifests, compare_manifests};
use portcullis_model::digest::Digest;
use portcullis_model::reconciliation::RecordClass;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use tempfile::TempDir;

/// Manifests, the corpus in them, and the honest answer.
struct Scene {
    _folder: TempDir,
    corpus: Corpus,
    manifests: ComparedManifests,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| scene(5));

fn scene(seed: u64) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let corpus = Corpus::new(seed, 2000);
    let manifests = corpus.write(folder.path(), &dataset());
    Scene { _folder: folder, corpus, manifests }
}

fn the_plan() -> EnginePlan<'static> {
    plan(&SCENE.manifests, EngineDialect::Spark, 1000)
}

/// A number of a cell that an engine may get wrong.
type CellChange = (&'static str, fn(&mut EngineCell, u64));

/// The numbers of a cell that have to follow from something else.
const CELL_CHANGES: [CellChange; 7] = [
    ("keys", |cell, by| cell.keys = cell.keys.wrapping_add(by)),
    ("records", |cell, by| cell.records = cell.records.wrapping_add(by)),
    ("superseded", |cell, by| cell.superseded = cell.superseded.wrapping_add(by)),
    ("rows of the source", |cell, by| cell.source.rows = cell.source.rows.wrapping_add(by)),
    ("rows of the target", |cell, by| cell.target.rows = cell.target.rows.wrapping_add(by)),
    ("future", |cell, _| cell.future = cell.keys + 1),
    ("scheduled", |cell, _| cell.scheduled = cell.keys + 1),
];

static HONEST: LazyLock<Lines> = LazyLock::new(|| answer_honestly(&the_plan(), &SCENE.corpus));

fn honest() -> Lines {
    HONEST.clone()
}

/// Reads and judges what an engine printed into some files.
fn judge_files(plan: &EnginePlan<'_>, files: &[String]) -> Result<JudgedAnswer, Vec<EngineFault>> {
    let mut reader = AnswerReader::new(plan.marks());
    for (number, text) in files.iter().enumerate() {
        reader.read_file(&format!("part-{number}"), text.as_bytes()).unwrap();
    }
    judge(plan, &reader.finish()?)
}

/// The names of what is wrong with a changed answer.
fn names(change: impl FnOnce(&mut Lines)) -> BTreeSet<&'static str> {
    let mut lines = honest();
    change(&mut lines);
    let faults = judge_files(&the_plan(), &[lines.print()]).unwrap_err();
    for fault in &faults {
        assert!(fault.to_string().len() > 20 && fault.remedy().ends_with('.'), "{fault:?}");
    }
    faults.iter().map(EngineFault::name).collect()
}

/// A cell of this class that has more than its control record.
fn some_cell(lines: &Lines, class: RecordClass) -> usize {
    let is_it = |line: &Line| line.part == "cell" && line.class == class && line.numbers[0] > 1;
    lines.lines.iter().position(is_it).unwrap()
}

#[test]
fn an_honest_answer_is_the_comparison_however_it_is_printed() {
    let comparison = compare_manifests(&dataset(), &SCENE.manifests, &settings(100_000)).unwrap();
    let text = honest().print();
    let tabs = text.replace(',', "\t");
    let quoted: String = text
        .lines()
        .map(|line| line.split(',').map(|v| format!("\"{v}\"")).collect::<Vec<_>>().join(",") + "\r\n")
        .collect();
    let (first, second) = text.split_at(text.match_indices('\n').nth(4000).unwrap().0 + 1);
    let parts = [Lines::head() + second, Lines::head() + first];
    for files in [vec![text.clone()], vec![tabs], vec![quoted], vec![Lines::head() + &text], parts.to_vec()] {
        assert_same(&judge_files(&the_plan(), &files).unwrap(), &comparison);
    }
}

#[test]
fn a_bound_of_one_lists_one_record_of_each_cell_and_counts_the_others() {
    let plan = plan(&SCENE.manifests, EngineDialect::Spark, 1);
    let judged = judge_files(&plan, &[answer_honestly(&plan, &SCENE.corpus).print()]).unwrap();
    let comparison = compare_manifests(&dataset(), &SCENE.manifests, &settings(100_000)).unwrap();
    assert_same(&judged, &comparison);
    let unlisted: u64 = judged.unlisted.values().sum();
    assert_eq!(unlisted + judged.rows.len() as u64, comparison.seen.len() as u64);
    assert!(unlisted > 0);
}

#[test]
fn a_lost_file_of_the_inputs_is_named() {
    let lost = |side: fn(&mut Corpus) -> &mut Vec<crate::row::ManifestRow>| {
        let mut corpus = SCENE.corpus.clone();
        side(&mut corpus).retain(|row| row.bucket() != 17);
        let text = answer_honestly(&the_plan(), &corpus).print();
        judge_files(&the_plan(), &[text]).unwrap_err()
    };
    for faults in [lost(|corpus| &mut corpus.source), lost(|corpus| &mut corpus.target)] {
        assert!(faults.iter().all(|fault| fault.to_string().contains("ucket 17")), "{faults:?}");
        assert_eq!(faults[0].name(), "rows-lost");
    }
}

#[test]
fn a_file_of_the_inputs_that_was_read_twice_is_named() {
    let mut corpus = SCENE.corpus.clone();
    let again: Vec<_> = corpus.target.iter().filter(|row| row.bucket() == 200).copied().collect();
    corpus.target.extend(again);
    let faults = judge_files(&the_plan(), &[answer_honestly(&the_plan(), &corpus).print()]).unwrap_err();
    assert_eq!(faults[0].name(), "rows-repeated");
    assert!(faults[0].to_string().contains("Bucket 200"), "{}", faults[0]);
}

#[test]
fn rows_that_were_changed_on_their_way_are_named_though_all_counts_agree() {
    let mut corpus = SCENE.corpus.clone();
    for rows in [&mut corpus.source, &mut corpus.target] {
        rows.iter_mut().filter(|row| row.bucket() == 3).for_each(|row| row.digest ^= 1 << 5);
    }
    let faults = judge_files(&the_plan(), &[answer_honestly(&the_plan(), &corpus).print()]).unwrap_err();
    let names: BTreeSet<_> = faults.iter().map(EngineFault::name).collect();
    assert_eq!(names, BTreeSet::from(["other-rows"]));
}

#[test]
fn one_changed_bucket_is_named() {
    // Five missing records become right ones, in the count and in the list.
    let found = names(|lines| {
        let from = some_cell(lines, RecordClass::Stale);
        let place = (lines.lines[from].bucket, lines.lines[from].band);
        lines
            .lines
            .iter_mut()
            .filter(|l| (l.bucket, l.band) == place && l.class == RecordClass::Stale)
            .for_each(|l| {
                l.class = RecordClass::Undeleted;
            });
    });
    assert!(found.contains("control-row-moved"), "{found:?}");
    // A count alone.
    let found = names(|lines| {
        let at = some_cell(lines, RecordClass::Missing);
        lines.lines[at].numbers[0] -= 1;
        lines.lines[at].numbers[1] -= 1;
    });
    assert!(found.contains("impossible-class") && found.contains("list-differs"), "{found:?}");
    // A count with its rows.
    let found = names(|lines| {
        let at = some_cell(lines, RecordClass::Missing);
        lines.lines[at].numbers[0] -= 1;
        lines.lines[at].numbers[1] -= 1;
        lines.lines[at].numbers[3] -= 1;
    });
    assert!(found.contains("rows-lost"), "{found:?}");
}

/// So many records of a class are moved: each judgement reads a whole answer.
const TRIED: usize = 6;

/// A record that is missing, stale or still there moves to those that are as they should be: its rows are counted there, and it is
/// in no list. All sums are those of the headers.
#[test]
fn attack_a_difference_is_counted_among_the_records_that_are_right() {
    use RecordClass::{Missing, Ok, Stale, Undeleted};
    let plan = the_plan();
    let honest = honest();
    let is_control = |line: &Line| {
        let controls = crate::control::make_controls(&plan.seed, line.bucket, &plan.clock);
        controls.iter().any(|control| control.key == line.key)
    };
    let (mut tried, mut seen) = (BTreeSet::new(), BTreeMap::new());
    for (at, row) in honest.lines.iter().enumerate().filter(|(_, line)| line.part == "row") {
        let of_class = seen.entry(row.class).or_insert(0);
        if ![Missing, Stale, Undeleted].contains(&row.class) || is_control(row) || *of_class == TRIED {
            continue;
        }
        *of_class += 1;
        let cell = |class, band| {
            move |line: &Line| {
                line.part == "cell" && line.bucket == row.bucket && line.class == class && line.band == band
            }
        };
        let from = honest.lines.iter().position(cell(row.class, row.band)).unwrap();
        let bands = honest.lines.iter().filter(|line| line.part == "cell" && line.class == Ok);
        let bands: BTreeSet<u16> = bands.map(|line| line.band).chain([row.band]).collect();
        for band in bands {
            let mut lines = honest.clone();
            let part = row.numbers;
            lines.lines[from].numbers.iter_mut().zip(part).for_each(|(number, part)| *number -= part);
            let to = lines.lines.iter().position(cell(Ok, band));
            match to {
                Some(to) => {
                    let number = lines.lines[to].numbers.iter_mut();
                    number.zip(part).for_each(|(number, part)| *number += part);
                }
                None => lines.lines.push(Line {
                    part: "cell",
                    class: Ok,
                    band,
                    key: 0,
                    sequence: 0,
                    operation: 0,
                    ..row.clone()
                }),
            }
            lines.lines.remove(at);
            let has_history = to.is_some_and(|to| honest.lines[to].numbers[2] > 0);
            let judged = judge_files(&plan, &[lines.print()]);
            tried.insert((row.class, judged.is_err()));
            // Where later operations replaced others, and where contents agree and only the versions do not, the sums leave room:
            // buckets that are compared again show it.
            let is_plain = !has_history && part[2] == 0 && part[5] != part[8];
            let is_bounded = part[6] == 0 && band < 20_000 || is_plain;
            assert!(
                judged.is_err() || !is_bounded,
                "{:?} in band {band} of bucket {}",
                row.class,
                row.bucket
            );
        }
    }
    for class in [Missing, Stale, Undeleted] {
        assert!(tried.contains(&(class, true)), "{class:?}: {tried:?}");
    }
}

#[test]
fn a_bucket_that_is_missing_is_named() {
    assert_eq!(
        names(|lines| lines.lines.retain(|line| line.bucket != 9)),
        BTreeSet::from(["bucket-missing"])
    );
    let faults = judge_files(&the_plan(), &[Lines::head()]).unwrap_err();
    assert_eq!(faults.iter().map(EngineFault::name).collect::<Vec<_>>(), ["empty-answer"]);
}

#[test]
fn the_answer_of_another_run_and_of_an_older_text_is_named() {
    let other = scene(6);
    let text = answer_honestly(&plan(&other.manifests, EngineDialect::Spark, 1000), &other.corpus).print();
    let faults = judge_files(&the_plan(), &[text]).unwrap_err();
    assert_eq!(faults.iter().map(EngineFault::name).collect::<Vec<_>>(), ["other-run"]);
    let found = names(|lines| lines.text = Digest::of(b"an older text").hex().to_string());
    assert_eq!(found, BTreeSet::from(["other-text"]));
    // One file of the folder is left over from an earlier answer.
    let old = Lines { text: "0".repeat(64), lines: honest().lines[..3].to_vec(), ..honest() };
    let faults = judge_files(&the_plan(), &[honest().print(), old.print()]).unwrap_err();
    assert_eq!(faults.iter().map(EngineFault::name).collect::<Vec<_>>(), ["other-text"]);
}

#[test]
fn an_answer_that_is_there_twice_is_named() {
    let text = honest().print();
    let faults = judge_files(&the_plan(), &[text.clone(), text]).unwrap_err();
    assert_eq!(faults.iter().map(EngineFault::name).collect::<Vec<_>>(), ["counted-twice"]);
}

#[test]
fn a_list_that_does_not_add_up_is_named() {
    let row = |lines: &Lines, class| {
        let controls: BTreeSet<_> = lines.lines.iter().filter(|l| l.part == "row").map(|l| l.class).collect();
        assert!(controls.contains(&class));
        lines.lines.iter().rposition(|line| line.part == "row" && line.class == class).unwrap()
    };
    let found = names(|lines| {
        let at = row(lines, RecordClass::Stale);
        lines.lines.remove(at);
    });
    assert!(found.contains("list-differs"), "{found:?}");
    let found = names(|lines| {
        let at = row(lines, RecordClass::Stale);
        let again = lines.lines[at].clone();
        lines.lines.push(again);
    });
    assert!(found.contains("listed-twice") && found.contains("list-differs"), "{found:?}");
    let found = names(|lines| {
        let at = row(lines, RecordClass::Stale);
        lines.lines[at].numbers[5] += 1;
    });
    assert_eq!(found, BTreeSet::from(["impossible-class"]));
}

#[test]
fn a_control_row_that_is_lost_or_comes_back_otherwise_is_named() {
    let plan = the_plan();
    let mut controls = crate::control::make_controls(&plan.seed, 40, &plan.clock).into_iter();
    let control = controls.find(|control| control.class == RecordClass::Undeleted).unwrap();
    let at = |lines: &Lines| lines.lines.iter().position(|line| line.key == control.key).unwrap();
    let found = names(|lines| {
        let at = at(lines);
        lines.lines.remove(at);
    });
    assert!(found.contains("control-row-lost"), "{found:?}");
    let found = names(|lines| {
        let at = at(lines);
        lines.lines[at].class = RecordClass::Ok;
    });
    assert!(found.contains("control-row-moved") || found.contains("control-row-lost"), "{found:?}");
}

/// The numbers that get through when they are wrong by one or by many, with the class of their cell.
fn find_numbers_that_get_through(bound: u64) -> BTreeSet<(&'static str, RecordClass)> {
    let plan = plan(&SCENE.manifests, EngineDialect::Spark, bound);
    let mut through = BTreeSet::new();
    for (bucket, honest) in (0_u8..=255).zip(answers_by_bucket(&plan, &SCENE.corpus)) {
        assert!(judge_bucket(&plan.demand(), bucket, &honest).is_some(), "{bucket}");
        let places = honest.cells.keys().flat_map(|place| CELL_CHANGES.map(|change| (place, change)));
        for ((place, (name, change)), by) in
            places.flat_map(|change| [1, u64::MAX, 500_000].map(|by| (change, by)))
        {
            let mut answer = honest.clone();
            change(answer.cells.get_mut(place).unwrap(), by);
            if judge_bucket(&plan.demand(), bucket, &answer).is_some() {
                through.insert((name, place.1));
            }
        }
    }
    through
}

/// Answers hid superseded operations behind control rows, or counted half a million keys of two
/// rows. Where no record is listed, two numbers follow from nothing; no count of differences
/// depends on them.
#[test]
fn attack_a_number_of_a_cell_is_wrong_by_one_or_by_many() {
    assert_eq!(find_numbers_that_get_through(1000), BTreeSet::new());
    let unlisted = [("keys", RecordClass::Unkeyed), ("superseded", RecordClass::SourceDuplicate)];
    assert_eq!(find_numbers_that_get_through(1), BTreeSet::from(unlisted));
}

/// A cluster lost an executor, ended with success, and had classified 2,501,055 of 2,000,050 rows,
/// 128 of them as missing instead of 100: some tasks ran twice, and their results counted.
#[test]
fn tasks_that_were_counted_twice_after_a_lost_executor_are_named() {
    let found = names(|lines| {
        for line in lines.lines.iter_mut().filter(|line| line.part == "cell" && line.bucket % 4 == 0) {
            line.numbers.iter_mut().for_each(|number| *number *= 2);
        }
    });
    assert!(found.contains("rows-repeated") && found.contains("list-differs"), "{found:?}");
    let faults = {
        let mut lines = honest();
        let cells = lines.lines.iter_mut().filter(|l| l.part == "cell" && l.bucket == 8);
        cells.for_each(|line| line.numbers.iter_mut().for_each(|number| *number *= 2));
        judge_files(&the_plan(), &[lines.print()]).unwrap_err()
    };
    assert!(faults[0].to_string().contains("rows of the source, which has"), "{}", faults[0]);
}

#[test]
fn noise_is_no_answer() {
    for noise in ["hello\n", "1,2,3\n", "\u{0}\n", "a\tb\n", &",".repeat(20), &"x".repeat(5000)] {
        let faults = judge_files(&the_plan(), &[noise.to_string()]).unwrap_err();
        assert!(
            matches!(faults[0].name(), "unreadable-line" | "answer-too-long" | "other-run"),
            "{faults:?}"
        );
    }
    let found = names(|lines| lines.lines[0].numbers[0] = -1);
    assert!(found.contains("unreadable-line"));
    let found = names(|lines| {
        let cell = lines.lines[0].clone();
        let more = (0..5_000_u16).map(|band| Line { band: 30_000 + band, ..cell.clone() });
        lines.lines.extend(more);
    });
    assert!(!found.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever number of whatever line an engine gets wrong, its answer is refused. The last two
    /// follow from no header; a bucket that is compared again shows them.
    #[test]
    fn no_wrong_number_gets_through(at in any::<prop::sample::Index>(), number in 0_usize..9, by in prop_oneof![Just(-1_i128), Just(1), Just(500_000)]) {
        let mut lines = honest();
        let at = at.index(lines.lines.len());
        lines.lines[at].numbers[number] += by;
        prop_assert!(judge_files(&the_plan(), &[lines.print()]).is_err());
    }

    #[test]
    fn no_line_can_be_left_out_or_told_twice(at in any::<prop::sample::Index>(), twice: bool) {
        let mut lines = honest();
        let at = at.index(lines.lines.len());
        let line = lines.lines.remove(at);
        if twice {
            lines.lines.extend([line.clone(), line]);
        }
        prop_assert!(judge_files(&the_plan(), &[lines.print()]).is_err());
    }
}
