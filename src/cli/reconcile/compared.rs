//! One comparison with what it is worth, and the run that it becomes.

use super::inputs::{manifest_failure, threads};
use crate::exit::Result;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::digest::Digest;
use portcullis_model::reconciliation::run::{ComparedManifest, RecordBreak, RunManifests, RunOutcome};
use portcullis_model::reconciliation::{ClassCount, Dataset, RecordClass, RunPopulation, RunShare};
use portcullis_reconcile::compare::{CompareSettings, ComparedManifests, Comparison, compare_manifests};
use portcullis_reconcile::judge::{JudgedHeaders, JudgedShare, PastRun, RunJudgement, judge_comparison};
use portcullis_reconcile::manifest::Manifest;
use portcullis_record::TOOL;
use portcullis_record::run::{RunChain, RunDraft, RunLink};
use std::collections::BTreeMap;
use std::path::Path;

/// How many records of each class are named.
const LISTED: usize = 200;

/// How many are named where they have to be sent again.
const MOST: usize = 1_000_000;

/// How many earlier runs a run is held against.
const PAST: usize = 10;

/// What a comparison reads beside the manifests, and what it writes.
#[derive(Clone, Copy, Default)]
pub struct ComparisonFiles<'f> {
    /// Where differences are written.
    pub breaks: Option<&'f Path>,
    /// Where differences are written with what a second look reads for shares.
    pub again: Option<&'f Path>,
    /// Where deleted records that are gone are written.
    pub gone: Option<&'f Path>,
    /// Whether every record that differs is named, and not only some of each class.
    pub all: bool,
}

/// A comparison and its judgement.
pub struct JudgedComparison {
    /// What was compared.
    pub manifests: ComparedManifests,
    /// What the comparison found.
    pub answer: Comparison,
    /// What it is worth.
    pub judgement: RunJudgement,
}

/// Compares and judges; `past` are the runs before, the newest first.
///
/// # Errors
/// A manifest is refused, or what is to be written cannot be.
pub fn compare(
    dataset: &Dataset,
    manifests: ComparedManifests,
    past: &[PastRun],
    files: ComparisonFiles<'_>,
) -> Result<JudgedComparison> {
    let settings = CompareSettings {
        seed: None,
        listed: if files.all { MOST } else { LISTED },
        threads: threads(),
        late_since: late_since(past),
        breaks: files.breaks,
        again: files.again,
        gone: files.gone,
        generator: TOOL,
    };
    let answer = compare_manifests(dataset, &manifests, &settings).map_err(manifest_failure)?;
    let judgement = judge_comparison(dataset, headers_of(&manifests), &answer, past);
    Ok(JudgedComparison { manifests, answer, judgement })
}

pub(super) fn headers_of(manifests: &ComparedManifests) -> JudgedHeaders<'_> {
    JudgedHeaders {
        source: manifests.source.header(),
        target: manifests.target.header(),
        rejects: manifests.rejects.as_ref().map(Manifest::header),
        receipts: manifests.receipts.as_ref().map(Manifest::header),
    }
}

/// The runs of a chain that the next one is held against, the newest first: those of this
/// definition alone.
pub fn past_runs(chain: Option<&RunChain>, dataset: &Dataset) -> Vec<PastRun> {
    let links = chain.map_or(&[][..], |chain| &chain.links);
    let own = links.iter().rev().filter(|link| dataset.is_defined_by(&link.run.definition)).take(PAST);
    own.map(past_run).collect()
}

/// When the last run that counts read the target: late arrivals before it were reported. A broken
/// run and one over some records reported nothing that anyone could rely on.
pub(super) fn late_since(past: &[PastRun]) -> Option<i64> {
    past.iter().find(|run| run.target_read.is_some()).map(|run| run.target_as_of)
}

/// The same before some manifests were compared: an answer may be judged twice, and the run that it
/// became the first time says nothing of what was reported before it.
pub(super) fn late_before(
    chain: Option<&RunChain>,
    dataset: &Dataset,
    manifests: &ComparedManifests,
) -> Option<i64> {
    let is_other = |link: &RunLink| {
        let compared = &link.run.manifests;
        compared.source.header != *manifests.source.digest()
            || compared.target.header != *manifests.target.digest()
    };
    let before = chain.map(|chain| {
        let mut before = chain.clone();
        before.links.retain(is_other);
        before
    });
    late_since(&past_runs(before.as_ref(), dataset))
}

fn past_run(link: &RunLink) -> PastRun {
    let manifests = &link.run.manifests;
    // What a broken run read is no measure: the next one would only have to fail likewise.
    let counts = link.run.population == RunPopulation::Full && link.run.outcome != RunOutcome::Broken;
    let whole = |rows: u64| counts.then_some(rows);
    PastRun {
        source_read: whole(manifests.source.rows),
        target_read: whole(manifests.target.rows),
        source_as_of: manifests.source.as_of.as_second(),
        target_as_of: manifests.target.as_of.as_second(),
        reasons: link.run.reasons.clone(),
    }
}

impl JudgedComparison {
    /// The run that it becomes on top of the newest of a chain.
    pub fn draft(&self, policy: &Digest, last: Option<&RunLink>, time: Timestamp) -> RunDraft {
        // As the run keeps it: in whole seconds.
        let time = Timestamp::from_second(time.as_second()).unwrap_or(time);
        let confirming = self.manifests.is_confirming();
        let breaks = self.breaks(last, time);
        let open: u64 = self
            .judgement
            .classes
            .iter()
            .filter(|(class, _)| class.needs_budget())
            .map(|(_, count)| count.seen)
            .sum();
        RunDraft {
            time,
            policy: policy.clone(),
            population: if confirming { RunPopulation::Changes } else { RunPopulation::Full },
            manifests: RunManifests {
                source: name_manifest(&self.manifests.source),
                target: name_manifest(&self.manifests.target),
                rejects: self.manifests.rejects.as_ref().map(name_manifest),
                receipts: self.manifests.receipts.as_ref().map(name_manifest),
            },
            classes: self.judgement.classes.clone(),
            shares: self.shares(),
            reasons: self.judgement.reasons.clone(),
            faults: self.judgement.faults.iter().map(ToString::to_string).collect(),
            doubts: self.doubts(),
            unlisted_breaks: open.saturating_sub(breaks.len() as u64),
            breaks,
            drift: self.judgement.drift.clone(),
            result: None,
        }
    }

    /// The last share of each deadline is that of all records: classes are its measure.
    fn shares(&self) -> Vec<RunShare> {
        let partial = self.judgement.shares.iter().filter(|share| share.required < 1_000_000);
        partial
            .map(|share| RunShare {
                of_deletions: share.of_deletions,
                required: share.required,
                within: u64::try_from(share.within).unwrap_or_default(),
                due: share.due,
                arrived: share.arrived,
            })
            .collect()
    }

    /// Shares that one look saw missed, and that a later look may show met. One that is missed for
    /// certain leaves no doubt, where all records were compared.
    fn doubts(&self) -> Vec<String> {
        let (shares, is_partial) = (&self.judgement.shares, self.manifests.is_confirming());
        if !is_partial && shares.iter().any(JudgedShare::is_missed) {
            return Vec::new();
        }
        let unmet = shares.iter().filter(|share| !share.met);
        unmet.map(|share| describe_doubt(share, is_partial)).collect()
    }

    /// Whether a second look at shares is needed.
    pub fn has_shares_in_doubt(&self) -> bool {
        self.judgement.outcome != RunOutcome::Broken
            && self.judgement.shares.iter().any(JudgedShare::is_in_doubt)
    }

    /// The differences that are open, oldest first, each with the run that saw it first.
    fn breaks(&self, last: Option<&RunLink>, time: Timestamp) -> Vec<RecordBreak> {
        let number = last.map_or(1, |link| link.run.number.saturating_add(1));
        let known: BTreeMap<(&str, RecordClass), &RecordBreak> = last
            .iter()
            .flat_map(|link| &link.run.breaks)
            .map(|one| ((one.key.as_str(), one.class), one))
            .collect();
        let seen = self.answer.seen.iter().filter(|seen| seen.class.needs_budget());
        let mut breaks: Vec<RecordBreak> = seen
            .map(|seen| {
                let key = format!("{:032x}", seen.key);
                let before = known.get(&(key.as_str(), seen.class)).copied();
                RecordBreak {
                    opened: before.map_or(number, |one| one.opened),
                    since: before.map_or(time, |one| one.since),
                    key,
                    class: seen.class,
                    sequence: seen.sequence,
                    confirmed: seen.confirmed,
                    accepted: seen.accepted,
                }
            })
            .collect();
        breaks.sort_by(|a, b| (a.since, a.class, &a.key).cmp(&(b.since, b.class, &b.key)));
        breaks
    }

    /// Some difference was seen once. A broken comparison shows none.
    pub fn has_unconfirmed(&self) -> bool {
        let is_open = |(class, count): (&RecordClass, &ClassCount)| {
            class.needs_budget() && count.seen > count.confirmed
        };
        self.has_shares_in_doubt()
            || self.judgement.outcome != RunOutcome::Broken && self.judgement.classes.iter().any(is_open)
    }

    /// Takes over what a later look at the differences alone found: those that are still there
    /// count, and the others arrived meanwhile. `of_shares` says whether it read those that missed
    /// a share, too.
    pub fn confirm(&mut self, later: JudgedComparison, of_shares: bool) {
        if of_shares {
            let both = self.judgement.shares.iter_mut().zip(&later.judgement.shares);
            both.for_each(|(first, second)| first.look_again(second));
        }
        let first = std::mem::take(&mut self.judgement.classes);
        let second = later.judgement.classes;
        let of = |counts: &BTreeMap<RecordClass, ClassCount>, class| {
            counts.get(&class).copied().unwrap_or_default()
        };
        let add = |a: ClassCount, b: ClassCount| ClassCount {
            seen: a.seen + b.seen,
            confirmed: a.confirmed + b.confirmed,
            accepted: a.accepted + b.accepted,
        };
        let combined = RecordClass::ALL.into_iter().map(|class| {
            let count = match class {
                RecordClass::Superseded => of(&first, class),
                // Late records are no differences any more: the second look has only those that
                // arrived between both.
                RecordClass::Late => add(of(&first, class), of(&second, class)),
                _ if class.needs_budget() => of(&second, class),
                _ => add(of(&first, class), of(&second, class)),
            };
            (class, count)
        });
        self.judgement.classes = combined.filter(|(_, count)| count.seen > 0).collect();
        self.judgement.faults.extend(later.judgement.faults);
        self.answer.seen.retain(|seen| seen.class == RecordClass::Late);
        self.answer.seen.extend(later.answer.seen);
    }
}

fn describe_doubt(share: &JudgedShare, is_partial: bool) -> String {
    let within = SignedDuration::from_secs(share.within);
    let why = match is_partial {
        true => "Only the differences of an earlier look were compared",
        false => "One look saw it, and rows may be on their way",
    };
    format!(
        "{} of {} {} arrived within {within:#}, and {} % are required. {why}: extract both sides whole again, and compare \
         them with `--previous`.",
        share.arrived,
        share.due,
        if share.of_deletions { "deletions" } else { "uploads and amendments" },
        f64::from(share.required) / 10_000.0,
    )
}

fn name_manifest(manifest: &Manifest) -> ComparedManifest {
    let header = manifest.header();
    ComparedManifest {
        header: manifest.digest().clone(),
        as_of: Timestamp::from_second(header.as_of_second()).unwrap_or_default(),
        rows: header.rows,
        isolation: manifest.isolation(),
    }
}
