//! What the answer of a comparison is worth: the headers and the totals, and nothing else.
//!
//! The answer may be of our own join or of an engine that is not trusted. It is worth something if
//! the classes say something of every row of both sides, each control record came back in its
//! class, and both sides were read whole. Only then budgets count.

mod checks;
mod drift;
#[cfg(test)]
mod tests;

use crate::compare::Comparison;
use crate::looks::TermLooks;
use crate::reason::without_content;
use crate::record::ALL_RECORDS;
use crate::totals::{BucketTotals, ShareTotals};
use portcullis_model::reconciliation::run::judge_run;
use portcullis_model::reconciliation::{ClassCount, Dataset, RecordClass, RunOutcome};
use portcullis_wire::manifest::v1::{ManifestScopeV1, ManifestV1};
use std::collections::BTreeMap;
use std::fmt;

/// The headers of the manifests that were compared.
#[derive(Clone, Copy, Debug)]
pub struct JudgedHeaders<'h> {
    /// Of the source.
    pub source: &'h ManifestV1,
    /// Of the target.
    pub target: &'h ManifestV1,
    /// Of the reject log.
    pub rejects: Option<&'h ManifestV1>,
    /// Of the receipts.
    pub receipts: Option<&'h ManifestV1>,
}

/// An earlier run, as far as the next one is judged by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastRun {
    /// Rows of the source that were read; `None` where it was not a whole run.
    pub source_read: Option<u64>,
    /// Rows of the target that were read.
    pub target_read: Option<u64>,
    /// When the source was read.
    pub source_as_of: i64,
    /// When the target was read.
    pub target_as_of: i64,
    /// Rejects for each reason; empty where no reject log was read.
    pub reasons: BTreeMap<String, u64>,
}

/// Why nothing can be concluded from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerFault {
    /// What is wrong, in one word.
    pub kind: AnswerFaultKind,
    /// What was required, what was found, and what to do.
    pub text: String,
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnswerFaultKind {
    /// Buckets are missing.
    Buckets,
    /// The classes do not say something of exactly the rows of the headers.
    Rows,
    /// A control record did not come back in its class.
    Controls,
    /// A side is empty or below its floor, or fell too far since the run before.
    Floor,
    /// A system said that it has another number of rows than were read.
    Announced,
    /// The receiver's answers are awaited, and were not read.
    Receipts,
    /// A side is older than in the run before.
    Older,
    /// Records were loaded after the target was read, by its own clock.
    Clock,
}

impl fmt::Display for AnswerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How many of the records whose term has passed arrived within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgedShare {
    /// Of deletions; otherwise of uploads and amendments.
    pub of_deletions: bool,
    /// The share that was required, in millionths.
    pub required: u32,
    /// The term, in seconds.
    pub within: i64,
    /// Records whose term has passed.
    pub due: u64,
    /// Those that arrived within it.
    pub arrived: u64,
    /// Whether enough of them did.
    pub met: bool,
    /// What is certain of the others, and what a second look reads again.
    pub looks: TermLooks,
}

impl JudgedShare {
    /// Too few arrived, whatever a later look may show of those that only one look missed.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        let possible = ShareTotals { due: self.due, arrived: self.due.saturating_sub(self.looks.certain) };
        !self.met && !possible.meets(self.required)
    }

    /// Too few arrived, and a later look may show more.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        !self.met && !self.is_missed()
    }

    /// Takes over what a second look saw of the records that were to be read again.
    pub fn look_again(&mut self, later: &Self) {
        let TermLooks { again, again_certain, .. } = self.looks;
        self.due = (self.due + later.due).saturating_sub(again.due);
        self.arrived = (self.arrived + later.arrived).saturating_sub(again.arrived);
        let certain = (self.looks.certain + later.looks.certain).saturating_sub(again_certain);
        self.looks = TermLooks { certain, ..TermLooks::default() };
        self.met = ShareTotals { due: self.due, arrived: self.arrived }.meets(self.required)
            || self.required == ALL_RECORDS;
    }
}

/// What an answer is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunJudgement {
    /// How the run ends.
    pub outcome: RunOutcome,
    /// Records of each class that has any.
    pub classes: BTreeMap<RecordClass, ClassCount>,
    /// Why nothing can be concluded; empty where something can.
    pub faults: Vec<AnswerFault>,
    /// Shares and their terms. The last share of each is that of all records: classes are its
    /// measure.
    pub shares: Vec<JudgedShare>,
    /// What changed in kind, though no budget is exceeded.
    pub drift: Vec<String>,
    /// Rejects for each reason, without its text.
    pub reasons: BTreeMap<String, u64>,
    /// What is worth knowing and blocks nothing.
    pub notes: Vec<String>,
    /// The sum of all buckets.
    pub totals: BucketTotals,
}

/// Judges an answer. `past` are earlier runs of the dataset, the newest first; ten are enough.
#[must_use]
pub fn judge_comparison(
    dataset: &Dataset,
    headers: JudgedHeaders<'_>,
    answer: &Comparison,
    past: &[PastRun],
) -> RunJudgement {
    let totals = add_buckets(answer);
    let classes = count_classes(&totals, answer);
    let shares = judge_shares(&totals, answer);
    let faults = checks::find_faults(dataset, headers, answer, past);
    let texts: Vec<String> = faults.iter().map(|fault| fault.text.clone()).collect();
    let mut outcome = judge_run(&classes, &texts, &dataset.budgets);
    if outcome == RunOutcome::Green && shares.iter().any(|share| !share.met) {
        // Some records say nothing of a share of all.
        let is_certain = !is_confirming(headers) && shares.iter().any(JudgedShare::is_missed);
        outcome = if is_certain { RunOutcome::OverBudget } else { RunOutcome::Unconfirmed };
    }
    let reasons = without_content(dataset, &answer.reasons);
    RunJudgement {
        outcome,
        classes,
        faults,
        shares,
        drift: drift::find_drift(&reasons, &list_past_reasons(dataset, past)),
        reasons,
        notes: checks::write_notes(headers, answer),
        totals,
    }
}

/// Earlier versions kept texts.
fn list_past_reasons(dataset: &Dataset, past: &[PastRun]) -> Vec<BTreeMap<String, u64>> {
    past.iter().map(|run| without_content(dataset, &run.reasons)).collect()
}

fn add_buckets(answer: &Comparison) -> BucketTotals {
    let mut totals = BucketTotals::new(&answer.clock);
    answer.buckets.iter().for_each(|bucket| totals.add(bucket));
    totals
}

fn count_classes(totals: &BucketTotals, answer: &Comparison) -> BTreeMap<RecordClass, ClassCount> {
    let count = |class: RecordClass| {
        let seen = totals.class(class).records;
        let confirmed = match class {
            // What is over, or no difference, needs no second look.
            _ if !class.needs_budget() || class == RecordClass::Late => seen,
            _ => answer.breaks.confirmed.get(&class).copied().unwrap_or(0).min(seen),
        };
        let accepted = answer.breaks.accepted.get(&class).copied().unwrap_or(0).min(confirmed);
        (class, ClassCount { seen, confirmed, accepted })
    };
    RecordClass::ALL.into_iter().map(count).filter(|(_, count)| count.seen > 0).collect()
}

fn judge_shares(totals: &BucketTotals, answer: &Comparison) -> Vec<JudgedShare> {
    let clock = &answer.clock;
    let looks = &answer.looks;
    let sides = [
        (false, &clock.terms, &totals.uploads, &looks.uploads),
        (true, &clock.deletion_terms, &totals.deletions, &looks.deletions),
    ];
    let judged = sides.into_iter().flat_map(|(of_deletions, terms, shares, looks)| {
        let last = terms.len().saturating_sub(1);
        terms.iter().zip(shares).enumerate().map(move |(number, (term, share))| JudgedShare {
            of_deletions,
            required: term.share,
            within: term.within,
            due: share.due,
            arrived: share.arrived,
            met: number == last || share.meets(term.share),
            looks: looks.get(number).copied().unwrap_or_default(),
        })
    });
    judged.collect()
}

/// Whether the headers are of some records only, to confirm what a run saw.
fn is_confirming(headers: JudgedHeaders<'_>) -> bool {
    headers.source.scope != ManifestScopeV1::Whole
}
