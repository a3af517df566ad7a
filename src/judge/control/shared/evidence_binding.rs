//! What evidence has to be bound to before it counts: the tree that would land, a clean work tree,
//! a time, and someone who vouches for it.
//!
//! Tests and line coverage are bound alike: `regression-tests` and `changed-line-coverage` ask
//! here.

use super::named_check::NamedCheck;
use crate::control::Case;
use jiff::SignedDuration;
use portcullis_model::change::ObjectName;
use portcullis_model::decision::{Finding, Verdict};
use portcullis_model::evidence::{EvidenceFacts, Found, Statement, StatementPlace, Trees, WorkTree};
use portcullis_model::fact::{Fact, Gap, GapReason};
use serde::Deserialize;

mod times;

pub use times::{LocalReport, TimeFindings, TimeQuestion};

/// Which evidence counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// Reports in a clean checkout in the gate's own job, and statements of `evidence record` that
    /// name the judged tree.
    Local,
    /// The same, and the check under `check` vouches for the job that ran the tests.
    Host,
    /// Only statements with a signature of an allowed signer.
    Signed,
}

/// How old a run may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String", extend("pattern" = "^[0-9]+[mhd]$")))]
#[serde(try_from = "String")]
pub struct Age(pub SignedDuration);

impl TryFrom<String> for Age {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = |digits: &str| {
            digits.parse::<u16>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let minutes = |suffix: char, each: i64| {
            text.strip_suffix(suffix).and_then(number).map(|number| i64::from(number) * each)
        };
        let minutes = minutes('m', 1).or_else(|| minutes('h', 60)).or_else(|| minutes('d', 24 * 60));
        let positive = minutes.filter(|minutes| (1..=366 * 24 * 60).contains(minutes));
        positive.map(|minutes| Age(SignedDuration::from_mins(minutes))).ok_or_else(|| {
            format!("`{text}` is not an age; write \"30m\", \"24h\" or \"7d\", at most a year")
        })
    }
}

/// What of the trust and the check that vouches does not belong together.
pub fn mistake(trust: Option<Trust>, check: Option<&NamedCheck>) -> Option<&'static str> {
    match (trust == Some(Trust::Host), check.is_some()) {
        (true, false) => {
            Some("`trust = \"host\"` needs a check that vouches: add `check = { name = \"…\", app = \"…\" }`")
        }
        (false, true) => Some("`check` has no effect without `trust = \"host\"`"),
        _ => None,
    }
}

/// What keeps a run on a tree from counting.
pub fn objection_to(trees: &Trees, tree: &ObjectName, work_tree: &WorkTree) -> Option<String> {
    if *tree == trees.head && !trees.is_judged(tree) {
        return Some(format!(
            "they are of the head's own tree {}, and it could not be shown that merging the head brings all of its content",
            tree.short()
        ));
    }
    if !trees.is_judged(tree) {
        return Some(format!(
            "they are of tree {}, but tree {} would land",
            tree.short(),
            trees.head.short()
        ));
    }
    let first = work_tree.differences.first()?;
    let others = work_tree.differences.len() as u64 - 1 + work_tree.more;
    let more = if others > 0 { format!(", and {others} more") } else { String::new() };
    Some(format!("the work tree differed from the commit ({first}{more})"))
}

/// What keeps the reports that lie here from counting.
///
/// # Errors
/// A gap: no one can say what is checked out.
pub fn objection_here(facts: &EvidenceFacts, trust: Option<Trust>) -> Result<Option<String>, Gap> {
    match trust {
        None => Ok(None),
        Some(Trust::Signed) => Ok(Some("reports are not signed, so they do not count".to_string())),
        Some(Trust::Local | Trust::Host) => {
            let here = facts.checkout.known()?;
            let why = objection_to(&facts.trees, &here.subject.tree, &here.work_tree);
            Ok(why.map(|why| format!("the reports: {why}")))
        }
    }
}

/// What keeps a statement from counting.
pub fn why_not(trees: &Trees, trust: Option<Trust>, found: &Found, statement: &Statement) -> Option<String> {
    let signed = found.signers.value().is_some_and(|signers| !signers.is_empty());
    let stored = match (&found.place, trust) {
        (_, Some(Trust::Signed)) if !signed => Some("it is not signed"),
        (_, Some(Trust::Signed)) => None,
        (StatementPlace::File { tracked: true, .. }, _) => {
            Some("git tracks it, so it is not the output of a run")
        }
        (StatementPlace::File { .. }, _) => None,
        (StatementPlace::Note(_), _) => Some("it was not handed over by this job"),
    };
    stored
        .map(str::to_string)
        .or_else(|| objection_to(trees, &statement.subject.tree, &statement.predicate.work_tree))
}

/// Was it handed over by the job, and not found in a note?
pub fn is_handed_over(found: &Found) -> bool {
    matches!(found.place, StatementPlace::File { .. })
}

/// Was it handed over to be compared with?
pub fn is_baseline(trees: &Trees, statement: &Statement) -> bool {
    let tree = &statement.subject.tree;
    !trees.is_judged(tree) && (*tree == trees.base || trees.merge_bases.contains(tree))
}

/// Is the gap that a statement leaves an answer? A signature that does not hold, or that no one
/// asked for, is one; of what cannot be read no one knows what it says.
pub fn is_answer(gap: &Gap) -> bool {
    matches!(gap.reason, GapReason::Untrusted | GapReason::NotAsked)
}

/// What to do about pieces of evidence that do not count: about signatures what their gaps say, and
/// about the others, if there are any, how evidence counts.
pub fn about(mut signatures: Vec<String>, pieces: usize, how: String) -> String {
    let others = pieces > signatures.len();
    signatures.sort();
    signatures.dedup();
    let all: Vec<String> = signatures.into_iter().chain(others.then_some(how)).collect();
    all.join(". ")
}

/// The finding of `control` about the check that should vouch for the job; `None` when it does
/// vouch.
///
/// # Errors
/// A gap: the checks of the head, or whether a cancelled one was superseded, could not be seen.
pub fn unvouched(control: &str, wanted: &NamedCheck, case: &Case<'_>) -> Result<Option<Finding>, Gap> {
    let checks = case.facts.host.checks.known()?;
    let head = &case.facts.change.known()?.head;
    let judged = wanted.judge(control, checks, &case.facts.host.workflow_runs, head)?;
    Ok((judged.verdict != Verdict::Met).then_some(judged))
}

/// The statements that were found, when evidence was asked for or handed over.
pub fn handed(facts: &Fact<EvidenceFacts>) -> impl Iterator<Item = &Found> {
    let found = facts.value().into_iter().flat_map(|facts| &facts.statements);
    found.filter(|found| is_handed_over(found))
}
