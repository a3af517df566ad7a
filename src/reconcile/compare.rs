//! The comparison of two sides: bucket by bucket, on several threads, without a connection to
//! either system and without the key of the dataset.

#[cfg(test)]
mod tests;

pub use crate::compared::ComparedManifests;

use crate::canonical::digest_definition;
use crate::control::RunSeed;
use crate::join::{
    BreakCounts, BucketFindings, ControlAnswer, JoinOutputs, JoinSettings, SeenDifference, join_bucket,
};
use crate::looks::ShareLooks;
use crate::manifest::{BucketWriter, FaultKind, ManifestFault, ManifestTitle, ManifestWriter, WrittenBucket};
use crate::record::Clock;
use crate::totals::BucketTotals;
use portcullis_model::reconciliation::{Dataset, RecordClass};
use portcullis_wire::form::Form as _;
use portcullis_wire::manifest::v1::{BUCKETS, ManifestContentV1, ManifestIsolationV1, ManifestScopeV1};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How a comparison runs.
#[derive(Clone, Debug)]
pub struct CompareSettings<'c> {
    /// What control rows follow from; `None`: [`ComparedManifests::seed`].
    pub seed: Option<RunSeed>,
    /// How many records of each class are listed.
    pub listed: usize,
    /// How many threads work; at least one does.
    pub threads: usize,
    /// When the run before read the target: records that were late then are not late again.
    pub late_since: Option<i64>,
    /// Where the manifest of breaks is written.
    pub breaks: Option<&'c Path>,
    /// Where the manifest of breaks is written with the pending records that missed a term: what a
    /// second look has to read where a share is missed.
    pub again: Option<&'c Path>,
    /// Where the manifest of records that are gone is written.
    pub gone: Option<&'c Path>,
    /// The program, with its version.
    pub generator: &'c str,
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The clock by which it judged.
    pub clock: Clock,
    /// What its control rows follow from.
    pub seed: RunSeed,
    /// What each bucket counts.
    pub buckets: Vec<BucketTotals>,
    /// What became of the control records.
    pub controls: Vec<ControlAnswer>,
    /// Records that are not as they should be: of each class the first ones by key.
    pub seen: Vec<SeenDifference>,
    /// What became of earlier differences.
    pub breaks: BreakCounts,
    /// What a later look can still change of shares.
    pub looks: ShareLooks,
    /// Rejects for each reason.
    pub reasons: BTreeMap<String, u64>,
    /// Rows of the reject log and receipts whose key neither side has.
    pub unmatched_answers: u64,
    /// Rows of the target that were loaded after it was read, by its own clock.
    pub future_rows: u64,
    /// Operations that take effect after the source was read.
    pub scheduled: u64,
}

/// Compares both sides.
///
/// # Errors
/// A manifest is refused, or an output cannot be written. There is then no result.
pub fn compare_manifests(
    dataset: &Dataset,
    manifests: &ComparedManifests,
    settings: &CompareSettings<'_>,
) -> Result<Comparison, ManifestFault> {
    manifests.check(dataset)?;
    let join = prepare_join(dataset, manifests, settings);
    let columns = 0;
    let open = |path: Option<&Path>, content| {
        path.map(|path| ManifestWriter::create(path, content, columns)).transpose()
    };
    let breaks = open(settings.breaks, ManifestContentV1::Breaks)?;
    let again = open(settings.again, ManifestContentV1::Breaks)?;
    let gone = open(settings.gone, ManifestContentV1::Gone)?;
    let writers = [&breaks, &again, &gone];
    let finished = join_buckets(&join, settings.threads, writers.map(Option::as_ref))?;
    let (mut all, mut written) = (Vec::new(), [Vec::new(), Vec::new(), Vec::new()]);
    for bucket in finished {
        all.push(bucket.findings);
        written.iter_mut().zip(bucket.written).for_each(|(all, one)| all.extend(one));
    }
    for (writer, written) in [breaks, again, gone].into_iter().zip(written) {
        if let Some(writer) = writer {
            let title = make_title(dataset, manifests, settings.generator, writer.content());
            writer.finish(title, written)?;
        }
    }
    Ok(combine(join, manifests, settings, all))
}

/// Compares one bucket, for a machine that has only this one. Nothing is written.
///
/// # Errors
/// A manifest is refused.
pub fn compare_bucket(
    dataset: &Dataset,
    manifests: &ComparedManifests,
    settings: &CompareSettings<'_>,
    bucket: u8,
) -> Result<BucketFindings, ManifestFault> {
    manifests.check(dataset)?;
    let join = prepare_join(dataset, manifests, settings);
    Ok(join_bucket(&join, bucket, JoinOutputs::default())?.0)
}

/// What all buckets together say, where each was compared apart ([`compare_bucket`]). They come in
/// the order of their numbers.
///
/// # Errors
/// The manifests do not belong together, or there are not 256 buckets.
pub fn combine_buckets(
    dataset: &Dataset,
    manifests: &ComparedManifests,
    settings: &CompareSettings<'_>,
    all: Vec<BucketFindings>,
) -> Result<Comparison, ManifestFault> {
    manifests.check(dataset)?;
    if all.len() != BUCKETS {
        let problem = format!("{} of {BUCKETS} buckets were compared", all.len());
        let remedy = "Compare the others, and combine all of them.";
        return Err(ManifestFault::new(FaultKind::WrongCount, manifests.source.path(), problem, remedy));
    }
    let join = prepare_join(dataset, manifests, settings);
    Ok(combine(join, manifests, settings, all))
}

fn prepare_join<'j>(
    dataset: &Dataset,
    manifests: &'j ComparedManifests,
    settings: &CompareSettings<'_>,
) -> JoinSettings<'j> {
    let (source, target) = (manifests.source.header(), manifests.target.header());
    let clock = Clock::new(dataset, source, target, manifests.receipts.is_some(), settings.late_since);
    let seed = settings.seed.unwrap_or_else(|| manifests.seed());
    let accepted = manifests.accepted_of(dataset);
    JoinSettings { manifests, clock, seed, listed: settings.listed as u64, accepted }
}

/// A bucket that was compared, and what was written of it.
struct FinishedBucket {
    findings: BucketFindings,
    written: [Option<WrittenBucket>; 3],
}

/// Of breaks, of what a second look reads, and of what is gone.
type Writers<'w> = [Option<&'w ManifestWriter>; 3];

/// Compares all buckets on some threads. Each takes the next bucket that no other has.
fn join_buckets(
    join: &JoinSettings<'_>,
    threads: usize,
    writers: Writers<'_>,
) -> Result<Vec<FinishedBucket>, ManifestFault> {
    let next = AtomicUsize::new(0);
    let finished = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, BUCKETS) {
            scope.spawn(|| {
                while let Ok(bucket) = u8::try_from(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = finish_bucket(join, bucket, writers);
                    if result.is_err() {
                        next.store(BUCKETS, Ordering::Relaxed);
                    }
                    if let Ok(mut finished) = finished.lock() {
                        finished.insert(bucket, result);
                    }
                }
            });
        }
    });
    let finished = finished.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    // After an error buckets are missing, and the error is among the results.
    finished.into_values().collect()
}

fn finish_bucket(
    join: &JoinSettings<'_>,
    bucket: u8,
    writers: Writers<'_>,
) -> Result<FinishedBucket, ManifestFault> {
    let begin =
        |writer: Option<&ManifestWriter>| writer.map(|writer| writer.begin_bucket(bucket)).transpose();
    let [breaks, again, gone] = writers;
    let outputs = JoinOutputs { breaks: begin(breaks)?, again: begin(again)?, gone: begin(gone)? };
    let (findings, outputs) = join_bucket(join, bucket, outputs)?;
    let finish = |output: Option<BucketWriter>| output.map(BucketWriter::finish).transpose();
    let written = [finish(outputs.breaks)?, finish(outputs.again)?, finish(outputs.gone)?];
    Ok(FinishedBucket { findings, written })
}

fn combine(
    join: JoinSettings<'_>,
    manifests: &ComparedManifests,
    settings: &CompareSettings<'_>,
    all: Vec<BucketFindings>,
) -> Comparison {
    let mut comparison = Comparison {
        clock: join.clock,
        seed: join.seed,
        buckets: Vec::new(),
        controls: Vec::new(),
        seen: Vec::new(),
        breaks: BreakCounts::default(),
        looks: ShareLooks::default(),
        reasons: BTreeMap::new(),
        unmatched_answers: 0,
        future_rows: 0,
        scheduled: 0,
    };
    let names = manifests.rejects.as_ref().map_or(&[][..], |rejects| &rejects.header().reasons);
    let mut listed: BTreeMap<RecordClass, usize> = BTreeMap::new();
    for findings in all {
        comparison.buckets.push(findings.totals);
        comparison.controls.extend(findings.controls);
        comparison.breaks.add(&findings.breaks);
        comparison.looks.add(&findings.looks);
        comparison.unmatched_answers += findings.unmatched_answers;
        comparison.future_rows += findings.future_rows;
        comparison.scheduled += findings.scheduled;
        for (reason, count) in findings.reasons {
            let name = usize::try_from(reason).ok().and_then(|place| names.get(place));
            *comparison.reasons.entry(name.cloned().unwrap_or_default()).or_default() += count;
        }
        for seen in findings.seen {
            let count = listed.entry(seen.class).or_default();
            *count += usize::from(!seen.accepted);
            if seen.accepted || *count <= settings.listed {
                comparison.seen.push(seen);
            }
        }
    }
    comparison
}

/// What the header of a manifest that a comparison writes says.
pub(crate) fn make_title(
    dataset: &Dataset,
    manifests: &ComparedManifests,
    generator: &str,
    content: ManifestContentV1,
) -> ManifestTitle {
    let (source, target) = (manifests.source.header(), manifests.target.header());
    let isolated =
        source.isolation != ManifestIsolationV1::None && target.isolation != ManifestIsolationV1::None;
    ManifestTitle {
        dataset: dataset.name.clone(),
        content,
        scope: ManifestScopeV1::Whole,
        as_of: target.as_of.model().unwrap_or_default(),
        isolation: if isolated { ManifestIsolationV1::File } else { ManifestIsolationV1::None },
        key_id: source.key_id.clone(),
        definition: digest_definition(dataset),
        settings: None,
        read: None,
        announced: None,
        timed: true,
        sequenced: true,
        columns: Vec::new(),
        reasons: Vec::new(),
        generator: generator.to_string(),
    }
}
