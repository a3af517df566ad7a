//! Where a decision comes from, for programs: the repository, the moment, the commit with its tree.
//! What is not known is absent and never guessed.

use super::{Context, escape, summary};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::decision::Decision;
use portcullis_model::facts::Facts;
use serde_json::{Value, json};

/// The outcome, that the gate only advises, and what was judged: in every document of ours that has
/// a place for members of its own.
pub(super) fn outcome_properties(decision: &Decision, advisory: bool) -> Value {
    let judged = &decision.judged;
    let text = |text: &str| escape::line(text);
    let mut properties = json!({
        "outcome": summary::outcome(decision.outcome),
        "advisory": advisory,
        "judged": text(&summary::judged(judged)),
        "repository": judged.repository.as_deref().map(text),
        "environment": judged.environment.as_deref().map(text),
        "request": judged.request.as_ref().map(|request| text(&request.to_string())),
        "branch": judged.branch.as_ref().map(|branch| text(branch.as_str())),
        "base": judged.base.as_ref().map(Revision::as_str),
        "head": judged.head.as_ref().map(Revision::as_str),
        "policy": decision.policy.as_ref().map(|policy| policy.digest.as_str()),
    });
    if let Some(house) = decision.policy.as_ref().and_then(|policy| policy.house.as_ref()) {
        properties["house"] = house.digest.as_str().into();
    }
    properties
}

/// The address of the repository; `None` where the host's own domain is not known.
pub(super) fn repository_address(decision: &Decision, context: &Context<'_>) -> Option<String> {
    let facts = context.facts?.whole();
    let domain = facts.host.domains.first()?;
    let repository = decision.judged.repository.as_deref()?;
    let plain = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte));
    plain.then(|| format!("https://{domain}/{}", escape::uri_path(repository.as_bytes())))
}

/// The moment of judgement, as the facts have it; nothing here reads a clock.
pub(super) fn moment(context: &Context<'_>) -> Option<jiff::Timestamp> {
    context.facts?.whole().observed.value().copied()
}

/// Where no facts say when something was seen, and a schema wants a moment: we read no clock.
pub(super) const UNKNOWN_MOMENT: &str = "1970-01-01T00:00:00Z";

/// The moment of judgement to the second, in UTC.
pub(super) fn moment_text(context: &Context<'_>) -> Option<String> {
    moment(context).map(|moment| moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The tree of a commit, where the facts hold the commit.
pub(super) fn tree_of<'f>(facts: &'f Facts, commit: &Revision) -> Option<&'f ObjectName> {
    let commits = &facts.change.value()?.commits;
    commits.iter().find(|known| known.id == *commit).map(|known| &known.tree)
}
