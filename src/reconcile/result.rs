//! The result of a comparison as a document: it follows from the manifests and the policy to the
//! last byte.

use crate::compare::{ComparedManifests, Comparison};
use crate::join::SeenDifference;
use crate::judge::{JudgedHeaders, RunJudgement};
use crate::manifest::{Manifest, ManifestFault};
use crate::totals::{BucketTotals, ShareTotals};
use jiff::Timestamp;
use portcullis_model::digest::{Digest, Digester};
use portcullis_model::reconciliation::{ClassCount, Dataset, RecordClass, RunOutcome};
use portcullis_wire::form::{Form as _, MomentText};
use portcullis_wire::reconciliation::v1::{
    ReconciledBreaksV1, ReconciledClassV1, ReconciledManifestV1, ReconciledReasonV1, ReconciledRecordV1,
    ReconciledShareV1, ReconciliationEngineV1, ReconciliationOutcomeV1, ReconciliationV1, VERSION,
};

impl ComparedManifests {
    /// The headers by which an answer is judged.
    #[must_use]
    pub fn headers(&self) -> JudgedHeaders<'_> {
        JudgedHeaders {
            source: self.source.header(),
            target: self.target.header(),
            rejects: self.rejects.as_ref().map(Manifest::header),
            receipts: self.receipts.as_ref().map(Manifest::header),
        }
    }
}

/// The engine that is the program itself.
#[must_use]
pub fn name_core(version: &str) -> ReconciliationEngineV1 {
    ReconciliationEngineV1 { name: "core".to_string(), version: version.to_string(), sql: None }
}

/// Writes down what came of a comparison.
///
/// # Errors
/// Digests of columns cannot be read, which name the fields of stale records.
pub fn make_result(
    dataset: &Dataset,
    manifests: &ComparedManifests,
    answer: &Comparison,
    judgement: &RunJudgement,
    engine: ReconciliationEngineV1,
) -> Result<ReconciliationV1, ManifestFault> {
    let records = answer.seen.iter().map(|seen| make_record(manifests, seen)).collect::<Result<_, _>>()?;
    let late_since = Some(answer.clock.late_since).filter(|since| *since != i64::MIN);
    Ok(ReconciliationV1 {
        schema: VERSION,
        dataset: dataset.name.clone(),
        definition: manifests.source.header().definition.clone(),
        outcome: name_outcome(judgement.outcome),
        confirming: manifests.is_confirming(),
        manifests: list_manifests(manifests),
        engine,
        seed: answer.seed.to_text(),
        late_since: late_since.map(name_moment),
        classes: RecordClass::ALL
            .into_iter()
            .map(|class| make_class(dataset, answer, judgement, class))
            .collect(),
        shares: list_shares(judgement),
        controls: answer.controls.len() as u64,
        totals: (&digest_totals(&answer.buckets)).into(),
        breaks: ReconciledBreaksV1 {
            opened: answer.breaks.opened,
            continued: answer.breaks.continued,
            resolved: answer.breaks.resolved,
            oldest: answer.breaks.oldest.map(name_moment),
        },
        reasons: list_reasons(judgement),
        faults: judgement.faults.iter().map(ToString::to_string).collect(),
        drift: judgement.drift.clone(),
        notes: judgement.notes.clone(),
        records,
    })
}

const fn name_outcome(outcome: RunOutcome) -> ReconciliationOutcomeV1 {
    match outcome {
        RunOutcome::Green => ReconciliationOutcomeV1::Green,
        RunOutcome::Unconfirmed => ReconciliationOutcomeV1::Unconfirmed,
        RunOutcome::OverBudget => ReconciliationOutcomeV1::OverBudget,
        RunOutcome::Broken => ReconciliationOutcomeV1::Broken,
    }
}

fn name_moment(second: i64) -> MomentText {
    let fitting = second.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    MomentText::of(Timestamp::from_second(fitting).unwrap_or_default())
}

fn list_manifests(manifests: &ComparedManifests) -> Vec<ReconciledManifestV1> {
    let others = [&manifests.rejects, &manifests.receipts, &manifests.gone, &manifests.breaks];
    let sides = [&manifests.source, &manifests.target].into_iter();
    let named = sides.chain(others.into_iter().flatten()).map(|manifest| {
        let header = manifest.header();
        ReconciledManifestV1 {
            content: header.content,
            header: manifest.digest().into(),
            as_of: header.as_of,
            isolation: header.isolation,
            rows: header.rows,
            read: header.read,
            generator: header.generator.clone(),
        }
    });
    named.collect()
}

fn make_class(
    dataset: &Dataset,
    answer: &Comparison,
    judgement: &RunJudgement,
    class: RecordClass,
) -> ReconciledClassV1 {
    let totals = judgement.totals.class(class);
    let count = judgement.classes.get(&class).copied().unwrap_or_default();
    let ClassCount { confirmed, .. } = count;
    ReconciledClassV1 {
        class: class.as_str().to_string(),
        records: totals.records,
        confirmed,
        source_rows: totals.source_rows,
        target_rows: totals.target_rows,
        budget: class.needs_budget().then(|| dataset.budgets.get(&class).copied().unwrap_or(0)),
        listed: answer.seen.iter().filter(|seen| seen.class == class).count() as u64,
    }
}

fn list_shares(judgement: &RunJudgement) -> Vec<ReconciledShareV1> {
    let shares = judgement.shares.iter().map(|share| ReconciledShareV1 {
        deletions: share.of_deletions,
        share: share.required,
        within: share.within,
        due: share.due,
        arrived: share.arrived,
        met: share.met,
    });
    shares.collect()
}

fn list_reasons(judgement: &RunJudgement) -> Vec<ReconciledReasonV1> {
    let reasons = judgement.reasons.iter();
    reasons
        .map(|(reason, rejects)| ReconciledReasonV1 { reason: reason.clone(), rejects: *rejects })
        .collect()
}

fn make_record(
    manifests: &ComparedManifests,
    seen: &SeenDifference,
) -> Result<ReconciledRecordV1, ManifestFault> {
    Ok(ReconciledRecordV1 {
        key: format!("{:032x}", seen.key),
        class: seen.class.as_str().to_string(),
        operation: char::from(seen.operation).to_string(),
        sequence: seen.sequence,
        since: name_moment(seen.opened),
        confirmed: seen.confirmed,
        fields: if seen.class == RecordClass::Stale { find_fields(manifests, seen)? } else { Vec::new() },
    })
}

/// The fields in which both sides of a record differ. None, where a manifest has no digests of
/// columns.
fn find_fields(manifests: &ComparedManifests, seen: &SeenDifference) -> Result<Vec<String>, ManifestFault> {
    let (source, target) = (&manifests.source, &manifests.target);
    if source.header().columns != target.header().columns {
        return Ok(Vec::new());
    }
    let bucket = seen.key.to_be_bytes()[0];
    let (first, second) =
        (source.read_columns(bucket, seen.places.0)?, target.read_columns(bucket, seen.places.1)?);
    let both = source.header().columns.iter().zip(first.iter().zip(&second));
    Ok(both.filter(|(_, (first, second))| first != second).map(|(name, _)| name.clone()).collect())
}

/// The SHA-256 of what each bucket counts.
#[must_use]
pub fn digest_totals(buckets: &[BucketTotals]) -> Digest {
    let mut digester = Digester::default();
    for bucket in buckets {
        for class in RecordClass::ALL {
            let totals = bucket.class(class);
            for number in [totals.records, totals.source_rows, totals.target_rows] {
                digester.take(&number.to_be_bytes());
            }
        }
        for shares in [&bucket.uploads, &bucket.deletions] {
            digester.take(&(shares.len() as u64).to_be_bytes());
            for ShareTotals { due, arrived } in shares {
                digester.take(&due.to_be_bytes());
                digester.take(&arrived.to_be_bytes());
            }
        }
    }
    digester.digest()
}
