//! Tests of a policy: cases with what is expected of them, judged by the judge itself.
//!
//! | module | what it does |
//! | --- | --- |
//! | `text` | TOML to cases; what expects nothing is a mistake |
//! | `compose` | a short description to facts |
//! | this one | a decision held against what is expected |

pub mod compose;
pub mod text;

use portcullis_judge::decide::decide_facts;
use portcullis_judge::policy::{Policy, Problem};
use portcullis_model::decision::{Decision, Finding, Outcome, Verdict};
use portcullis_model::gathered::GatheredFacts;
use text::{CaseText, ExpectText, ExpectedOutcome, ExpectedVerdict};

/// So many findings are told where a case fails.
const TOLD: usize = 5;

/// Judges the facts of a case: what is wrong, with its place in the file of cases; `None`: all is
/// as expected.
pub fn check_case(policy: &Policy, case: &CaseText, facts: &GatheredFacts) -> Option<Problem> {
    let decision = decide_facts(policy, facts);
    let expect = case.expect.get_ref();
    let is_expected = decision.outcome == outcome_of(expect.outcome) && has_finding(expect, &decision);
    let help = (!is_expected).then(|| format!("found: {}", describe_found(&decision)));
    (!is_expected).then(|| Problem {
        span: case.expect.span(),
        message: format!("case `{}`: expected: {}", case.name, describe_expected(expect)),
        help,
    })
}

fn outcome_of(expected: ExpectedOutcome) -> Outcome {
    match expected {
        ExpectedOutcome::Allowed => Outcome::Allow,
        ExpectedOutcome::Undetermined => Outcome::Undetermined,
        ExpectedOutcome::Blocked => Outcome::Block,
    }
}

/// The verdict that a control has to have, where only the outcome says what is meant.
fn verdict_of(expect: &ExpectText) -> Verdict {
    match (expect.verdict, expect.outcome) {
        (Some(ExpectedVerdict::Broken), _) | (None, ExpectedOutcome::Blocked) => Verdict::Broken,
        (Some(ExpectedVerdict::Unproven), _) | (None, ExpectedOutcome::Undetermined) => Verdict::Unproven,
        (Some(ExpectedVerdict::Waived), _) => Verdict::Waived,
        (Some(ExpectedVerdict::Noted), _) => Verdict::Noted,
        (Some(ExpectedVerdict::Exempt), _) => Verdict::Exempt,
        (Some(ExpectedVerdict::Met), _) | (None, ExpectedOutcome::Allowed) => Verdict::Met,
    }
}

fn has_finding(expect: &ExpectText, decision: &Decision) -> bool {
    let Some(control) = &expect.control else { return true };
    let verdict = verdict_of(expect);
    let says =
        |found: &Finding| expect.reason.as_ref().is_none_or(|reason| found.reason.contains(reason.as_str()));
    let is_it = |found: &&Finding| found.control == *control && found.verdict == verdict && says(found);
    decision.findings.iter().find(is_it).is_some()
}

fn describe_expected(expect: &ExpectText) -> String {
    let control =
        expect.control.as_ref().map(|control| format!(", {control} {}", verdict_word(verdict_of(expect))));
    let reason = expect.reason.as_ref().map(|reason| format!(", because \"{reason}\""));
    let outcome = outcome_word(outcome_of(expect.outcome));
    format!("{outcome}{}{}", control.unwrap_or_default(), reason.unwrap_or_default())
}

fn describe_found(decision: &Decision) -> String {
    let stops = |found: &&Finding| matches!(found.verdict, Verdict::Broken | Verdict::Unproven);
    let count = decision.findings.iter().filter(stops).count();
    let told = decision.findings.iter().filter(stops).take(TOLD).map(|found| {
        format!("{} {} for {}: {}", found.control, verdict_word(found.verdict), found.subject, found.reason)
    });
    let mut words: Vec<String> = vec![outcome_word(decision.outcome).to_string()];
    words.extend(told);
    words.extend((count > TOLD).then(|| format!("and {} more", count - TOLD)));
    words.join("; ")
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "allowed",
        Outcome::Undetermined => "undetermined",
        Outcome::Block => "blocked",
    }
}

fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Broken => "broken",
        Verdict::Unproven => "unproven",
        Verdict::Waived => "waived",
        Verdict::Noted => "noted",
        Verdict::Met => "met",
        Verdict::Exempt => "exempt",
    }
}
