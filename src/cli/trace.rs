//! What each control looked at: for whoever wonders why a verdict is what it is.

use crate::control::Control;
use crate::model::fact::Fact;
use crate::model::facts::Facts;
use crate::model::inquiry::{Inquiry, TextPurpose, Topic};
use crate::policy::Policy;

/// The facts of a change that each control of the policy asked for, and what was seen of them.
pub fn looked_at(policy: &Policy, facts: &Facts) -> String {
    let mut lines = vec!["what each control looked at:".to_string()];
    for (name, control) in &policy.controls {
        let mut seen = vec![count("files", &facts.change, |change| change.files.len())];
        seen.extend(topics(control.as_ref()).into_iter().flat_map(|topic| of_topic(topic, facts)));
        lines.push(format!("  {name}"));
        lines.extend(seen.into_iter().map(|seen| format!("    {seen}")));
    }
    lines.join("\n")
}

fn topics(control: &dyn Control) -> Vec<Topic> {
    let mut inquiry = Inquiry::default();
    control.ask(&mut inquiry);
    inquiry.topics.into_iter().collect()
}

fn of_topic(topic: Topic, facts: &Facts) -> Vec<String> {
    let host = &facts.host;
    match topic {
        Topic::Reviews => {
            let permissions = host.permissions.iter().map(|(login, permission)| {
                said(&format!("what {login} may do"), permission, |permission| {
                    format!("{permission:?}").to_lowercase()
                })
            });
            let mut seen = vec![count("reviews", &host.reviews, Vec::len)];
            seen.extend(permissions);
            seen.push(count("commits with the accounts behind them", &host.attribution, |all| all.len()));
            seen
        }
        Topic::Pushes => vec![said("who pushed the head", &host.last_push, |push| {
            push.actor.as_ref().map_or("a deleted account".to_string(), |actor| actor.login.to_string())
        })],
        Topic::CodeOwners => vec![said("CODEOWNERS", &facts.gate, |gate| {
            gate.find(TextPurpose::CodeOwners).map_or("none".to_string(), |(path, _)| path.to_string())
        })],
        Topic::Protection => vec![said("branch protection", &host.protection, |_| "seen".to_string())],
        Topic::Checks => vec![count("checks of the head", &host.checks, Vec::len)],
        Topic::Evidence => {
            vec![count("statements of test runs", &facts.evidence, |all| all.statements.len())]
        }
        Topic::Reports => vec![count("test reports", &facts.reports, Vec::len)],
    }
}

fn count<T>(what: &str, fact: &Fact<T>, count: impl Fn(&T) -> usize) -> String {
    said(what, fact, |value| count(value).to_string())
}

fn said<T>(what: &str, fact: &Fact<T>, show: impl Fn(&T) -> String) -> String {
    match fact {
        Fact::Known(value) => format!("{what}: {}", show(value)),
        Fact::Gap(gap) => format!("{what}: {gap}"),
    }
}
