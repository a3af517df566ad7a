//! What two decisions, as JSON, do not have in common.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Two decisions, compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Compared {
    /// The same bytes.
    Identical,
    /// The same outcome, and the same controls find the same of the same; only the words differ.
    OtherWords(DecisionDifference),
    /// Another outcome, or other findings; in one sentence.
    Differs(DecisionDifference, String),
    /// One of them is not of the form of a decision.
    Unreadable,
}

/// What differs between a decision that is kept and the one that was taken again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionDifference {
    /// The outcome that is kept, and the other.
    pub outcomes: [String; 2],
    /// Findings that are not in the decision that is kept.
    pub added: Vec<Value>,
    /// Findings that are only in the decision that is kept.
    pub removed: Vec<Value>,
    /// Findings of one control about one subject that say something else: as kept, and the other.
    pub changed: Vec<[Value; 2]>,
    /// Other members of the decision that differ.
    pub members: Vec<String>,
}

impl DecisionDifference {
    /// Is there none?
    pub fn is_empty(&self) -> bool {
        let [kept, again] = &self.outcomes;
        let lists = [self.added.is_empty(), self.removed.is_empty(), self.changed.is_empty()];
        kept == again && lists == [true; 3] && self.members.is_empty()
    }

    /// What differs between two decisions; `None` where one of them is not of the form of one.
    pub fn between(kept: &[u8], again: &[u8]) -> Option<Self> {
        let [kept, again] = [read_members(kept)?, read_members(again)?];
        let outcomes = [outcome_of(&kept)?, outcome_of(&again)?];
        let [before, after] = [findings_of(&kept)?, findings_of(&again)?];
        let mut difference = DecisionDifference { outcomes, ..DecisionDifference::default() };
        let subjects: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        for subject in subjects {
            let [kept, again] = [&before, &after].map(|all| all.get(subject).cloned().unwrap_or_default());
            difference.take_subject(kept, again);
        }
        let names: BTreeSet<&String> = kept.keys().chain(again.keys()).collect();
        let is_other = |name: &&&String| {
            !["outcome", "findings"].contains(&name.as_str()) && kept.get(**name) != again.get(**name)
        };
        difference.members = names.iter().filter(is_other).map(ToString::to_string).collect();
        Some(difference)
    }

    /// What one control finds of one subject, there and here. What is in both is no difference.
    fn take_subject(&mut self, kept: Vec<Value>, mut again: Vec<Value>) {
        let is_gone = |finding: &Value| match again.iter().position(|other| other == finding) {
            Some(at) => {
                again.remove(at);
                false
            }
            None => true,
        };
        let mut gone: Vec<Value> = kept.into_iter().filter(is_gone).collect();
        let paired = gone.len().min(again.len());
        let [more_gone, more_new] = [gone.split_off(paired), again.split_off(paired)];
        self.changed.extend(gone.into_iter().zip(again).map(|(before, after)| [before, after]));
        self.removed.extend(more_gone);
        self.added.extend(more_new);
    }
}

/// Compares a decision that is kept with the one that was taken again.
pub fn compare_decisions(kept: &[u8], again: &[u8]) -> Compared {
    if kept == again {
        return Compared::Identical;
    }
    let gists = Gist::of(kept).zip(Gist::of(again));
    match (gists, DecisionDifference::between(kept, again)) {
        (Some((kept, again)), Some(difference)) if kept == again => Compared::OtherWords(difference),
        (Some((kept, again)), Some(difference)) => Compared::Differs(difference, kept.difference(&again)),
        _ => Compared::Unreadable,
    }
}

fn read_members(decision: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(decision).ok()? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

fn outcome_of(decision: &Map<String, Value>) -> Option<String> {
    decision.get("outcome")?.as_str().map(str::to_string)
}

/// The findings by control and subject.
fn findings_of(decision: &Map<String, Value>) -> Option<BTreeMap<[String; 3], Vec<Value>>> {
    let mut findings: BTreeMap<[String; 3], Vec<Value>> = BTreeMap::new();
    for finding in decision.get("findings")?.as_array()? {
        let subject = ["/control", "/subject/kind", "/subject/name"].map(|at| text_at(finding, at));
        findings.entry(subject).or_default().push(finding.clone());
    }
    Some(findings)
}

fn text_at(finding: &Value, at: &str) -> String {
    finding.pointer(at).and_then(Value::as_str).unwrap_or_default().to_string()
}

/// What every version has to agree upon: the outcome, and which control finds what of what.
#[derive(PartialEq, Eq)]
struct Gist {
    outcome: String,
    findings: BTreeSet<String>,
}

impl Gist {
    fn of(decision: &[u8]) -> Option<Gist> {
        let decision: Value = serde_json::from_slice(decision).ok()?;
        let finding = |found: &Value| {
            let [verdict, control, kind, name] =
                ["/verdict", "/control", "/subject/kind", "/subject/name"].map(|at| text_at(found, at));
            format!("{control} is {verdict} for {kind} {name}")
        };
        let findings = decision["findings"].as_array()?.iter().map(finding).collect();
        Some(Gist { outcome: decision["outcome"].as_str()?.to_string(), findings })
    }

    fn difference(&self, again: &Gist) -> String {
        if self.outcome != again.outcome {
            let stops = |found: &&String| found.contains(" is broken ") || found.contains(" is unproven ");
            let why = again.findings.iter().find(stops).map(|found| format!(": {found}")).unwrap_or_default();
            return format!("they give the outcome {}{why}", again.outcome);
        }
        match again.findings.symmetric_difference(&self.findings).next() {
            Some(found) => format!("they differ in a finding: {found}"),
            None => "they differ in words".to_string(),
        }
    }
}
