//! Engines that hide a difference: a record is taken out of its cell and put into another one, with
//! all of its rows, so that every sum still holds.

use super::super::answer::{CellPlace, EngineCell};
use super::super::judge::judge_bucket;
use super::super::{
    AnswerReader, EngineAnswer, EngineDemand, EngineDialect, EnginePlan, JudgedAnswer, find_doubtful_buckets,
};
use super::corpus::{Corpus, dataset};
use super::differential::plan;
use super::honest::answer_honestly;
use portcullis_model::reconciliation::RecordClass;
use std::collections::BTreeSet;

/// The honest answer, bucket by bucket.
pub(super) fn answers_by_bucket(plan: &EnginePlan<'_>, corpus: &Corpus) -> Vec<EngineAnswer> {
    let text = answer_honestly(plan, corpus).print();
    let mut reader = AnswerReader::new(plan.marks());
    reader.read_file("answer", text.as_bytes()).unwrap();
    let whole = reader.finish().unwrap();
    let mut buckets = vec![EngineAnswer::default(); 256];
    for (place, cell) in whole.cells {
        buckets[usize::from(place.0)].cells.insert(place, cell);
    }
    for row in whole.rows {
        buckets[usize::from(row.place.0)].rows.push(row);
    }
    buckets
}

/// The answer with a listed record in another cell, where nothing lists it.
fn hide(honest: &EngineAnswer, number: usize, to: CellPlace, superseded: bool) -> Option<EngineAnswer> {
    let mut answer = honest.clone();
    let row = answer.rows.remove(number);
    let from = answer.cells.get(&row.place)?.minus(row.part)?;
    answer.cells.insert(row.place, from);
    let part = match superseded {
        true => EngineCell { keys: 0, records: 0, superseded: row.part.source.rows, ..row.part },
        false => row.part,
    };
    let cell = answer.cells.get(&to).copied().unwrap_or_default().plus(part)?;
    answer.cells.insert(to, cell);
    Some(answer)
}

/// A place for a hidden record, and whether its operations are called replaced ones there.
type Hiding = (CellPlace, bool);

/// The places where no record is listed, in every band that the bucket has.
fn find_places(honest: &EngineAnswer) -> Vec<Hiding> {
    let places: BTreeSet<_> = honest.cells.keys().map(|place| (place.0, place.2)).collect();
    let classes = [RecordClass::Ok, RecordClass::Pending];
    let each =
        |(bucket, band)| classes.map(|class| [((bucket, class, band), false), ((bucket, class, band), true)]);
    places.into_iter().flat_map(each).flatten().collect()
}

/// As what the only difference of a bucket can be hidden: then nothing makes anyone look at it again.
fn find_ways(demand: &EngineDemand<'_>, bucket: u8, honest: &EngineAnswer, key: u128) -> BTreeSet<String> {
    let number = honest.rows.iter().position(|row| row.key == key).unwrap();
    let from = honest.rows[number].place;
    let mut ways = BTreeSet::new();
    for (to, superseded) in find_places(honest) {
        let Some(hidden) = hide(honest, number, to, superseded) else { continue };
        if judge_bucket(demand, bucket, &hidden).is_some() {
            let band = if from.2 == to.2 { "" } else { " of another band" };
            let way = if superseded { "replaced" } else { to.1.as_str() };
            ways.insert(format!("{} as {way}{band}", from.1.as_str()));
        }
    }
    ways
}

/// What is left are lies about times, versions and answers, which no header has, and a changed record
/// among some with replaced operations. A bucket that is compared again shows them.
#[test]
fn attack_the_only_difference_of_a_bucket_is_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = Corpus::new(5, 2000);
    let manifests = corpus.write(folder.path(), &dataset());
    let plan = plan(&manifests, EngineDialect::Spark, 1000);
    let doubtful = find_doubtful_buckets(&plan, &JudgedAnswer::default());
    let mut ways = BTreeSet::new();
    for (bucket, honest) in (0_u8..=255).zip(answers_by_bucket(&plan, &corpus)) {
        let judged = judge_bucket(&plan.demand(), bucket, &honest).unwrap();
        if let ([row], false) = (judged.rows.as_slice(), doubtful.contains(&bucket)) {
            ways.extend(find_ways(&plan.demand(), bucket, &honest, row.key));
        }
    }
    let known = [
        "acknowledged-absent as pending of another band",
        "extra as pending",
        "late as ok of another band",
        "late as pending",
        "late as pending of another band",
        "missing as pending of another band",
        "rejected as ok of another band",
        "rejected as pending",
        "rejected as pending of another band",
        "rejected-unlogged as pending of another band",
        "stale as ok of another band",
        "stale as pending",
        "stale as pending of another band",
        "unacknowledged as ok",
        "unacknowledged as ok of another band",
        "unacknowledged as pending of another band",
    ];
    assert_eq!(ways, known.map(str::to_string).into());
}
