//! The words that all formats share, so that one thing is called the same everywhere.

use super::escape;
use portcullis_model::change::Revision;
use portcullis_model::decision::{
    Decision, Finding, HouseReference, Judged, Outcome, Place, PolicyOrigin, PolicyReference, Touch, Verdict,
};
use portcullis_model::id::RequestId;
pub(super) use portcullis_model::plural::plural;
use std::collections::BTreeMap;

/// Verdicts that call for a reader, worst first; the others are summed up.
pub(super) const SHOWN: [Verdict; 4] = [Verdict::Broken, Verdict::Unproven, Verdict::Waived, Verdict::Noted];

/// Verdicts that are summed up.
pub(super) const SUMMED: [Verdict; 2] = [Verdict::Met, Verdict::Exempt];

/// Characters of the first line of a message. With [`TEXT`] it keeps the whole below the 4096 that
/// a runner of GitHub shows.
pub(super) const FIRST_LINE: usize = 1500;

/// Characters of any other text of a message.
const TEXT: usize = 250;

/// How many details go into one message.
const DETAILS: usize = 5;

/// What became of the change, in one word.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "allowed",
        Outcome::Undetermined => "undetermined",
        Outcome::Block => "blocked",
    }
}

/// What a finding says, in one word.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Broken => "broken",
        Verdict::Unproven => "unproven",
        Verdict::Waived => "waived",
        Verdict::Noted => "noted",
        Verdict::Met => "met",
        Verdict::Exempt => "exempt",
    }
}

/// The outcome, and that the gate only advises.
pub(super) fn outcome_and_advice(decision: &Decision, advisory: bool) -> String {
    let advice = if advisory { " (advisory: the exit code is 0)" } else { "" };
    format!("{}{advice}", outcome(decision.outcome))
}

/// What was judged, in one line: `acme/upload request 7 into main (3 commits, 5 files) at
/// 1a2b3c4d5e`.
pub(super) fn judged(judged: &Judged) -> String {
    let (change, way) = match (&judged.environment, &judged.request) {
        (Some(environment), _) => (format!("deployment to {environment}"), "from"),
        (None, Some(name)) if is_no_request(judged, name) => ("change".to_string(), "into"),
        (None, Some(number)) => (format!("request {number}"), "into"),
        (None, None) if !judged.requests.is_empty() => (format!("batch of {}", requests(judged)), "into"),
        (None, None) => ("change".to_string(), "into"),
    };
    let before = judged.repository.clone().into_iter();
    let after = [
        judged.branch.as_ref().map(|branch| format!("{way} {branch}")),
        size(judged).map(|size| format!("({size})")),
        judged.head.as_ref().map(|head| format!("at {}", head_name(judged, head))),
        judged.asserted.as_ref().map(|asserted| format!("({})", asserted.label())),
    ];
    let parts: Vec<String> = before.chain([change]).chain(after.into_iter().flatten()).collect();
    if parts.len() == 1 { format!("a {} of which nothing else is known", parts[0]) } else { parts.join(" ") }
}

/// Is it only the branch and the head, which name a change without a request?
fn is_no_request(judged: &Judged, id: &RequestId) -> bool {
    let RequestId::Name(name) = id else { return false };
    let (Some(branch), Some(head)) = (&judged.branch, &judged.head) else { return false };
    let rest = name.strip_prefix(branch.as_str()).and_then(|rest| rest.strip_prefix('@'));
    rest.is_some_and(|rest| !rest.is_empty() && head.as_str().starts_with(rest))
}

/// The head as its system names it, or the first digits of a commit of git.
fn head_name<'a>(judged: &'a Judged, head: &'a Revision) -> &'a str {
    let own = judged.asserted.as_ref().map(|asserted| asserted.name_of(head));
    own.filter(|name| *name != head.as_str()).unwrap_or_else(|| head.short())
}

/// The requests of a batch: `requests 7, 8`.
fn requests(judged: &Judged) -> String {
    let names: Vec<String> = judged.requests.iter().map(ToString::to_string).collect();
    let word = if names.len() == 1 { "request" } else { "requests" };
    format!("{word} {}", names.join(", "))
}

/// How large the change is: `3 commits, 5 files`; `None` when no one could count.
pub(super) fn size(judged: &Judged) -> Option<String> {
    let commits = judged.commits.map(|n| plural(n, "commit"));
    let files = judged.files.map(|n| plural(n, "file"));
    let parts: Vec<String> = commits.into_iter().chain(files).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The house policy that a policy extends: its file, its digest, and where it comes from.
pub(super) fn house(house: &HouseReference) -> String {
    let origin = house.origin.as_ref();
    let origin = origin.map(|origin| format!(", of {} at {}", origin.repository, origin.commit.short()));
    format!("{}, {}{}", house.file, house.digest, origin.unwrap_or_default())
}

/// Where the text of the policy came from.
pub(super) fn origin(policy: &PolicyReference) -> &'static str {
    match policy.origin {
        PolicyOrigin::Base => "from the base of the change",
        PolicyOrigin::Given => "given to the gate, not from the base of the change",
    }
}

/// `FILE` or `FILE:LINE`.
pub(super) fn place(place: &Place) -> String {
    location_text(&place.path.to_string(), place.line)
}

/// Where a file was touched: `FILE` or `FILE:LINE`.
pub(super) fn touched(touch: &Touch) -> String {
    location_text(&touch.path.to_string(), touch.line)
}

fn location_text(path: &str, line: Option<u64>) -> String {
    line.map_or_else(|| path.to_string(), |line| format!("{path}:{line}"))
}

/// The findings of one verdict, in the order of the decision.
pub(super) fn of(decision: &Decision, verdict: Verdict) -> impl Iterator<Item = &Finding> {
    decision.findings.iter().filter(move |finding| finding.verdict == verdict)
}

/// How many findings of each verdict there are: `2 broken, 1 unproven, 9 met`.
pub(super) fn counts(decision: &Decision) -> String {
    let count = |v: &Verdict| (of(decision, *v).count(), verdict(*v));
    let counts = SHOWN.iter().chain(&SUMMED).map(count).filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, verdict)| format!("{count} {verdict}")).collect();
    if counts.is_empty() {
        "no findings, so nothing was shown to hold".to_string()
    } else {
        counts.join(", ")
    }
}

/// How many findings of a verdict each control has: `protected-branch 7, required-reviews 2`.
pub(super) fn by_control(decision: &Decision, verdict: Verdict) -> String {
    let mut controls = BTreeMap::<&str, usize>::new();
    for finding in of(decision, verdict) {
        *controls.entry(&finding.control).or_default() += 1;
    }
    let controls: Vec<String> =
        controls.iter().map(|(control, count)| format!("{control} {count}")).collect();
    controls.join(", ")
}

/// The finding in lines that are harmless and of limited length; the remedy comes before the
/// details, because a long message loses its end.
pub(super) fn message_lines(finding: &Finding) -> Vec<String> {
    let first = format!("{}: {}: {}", finding.control, finding.subject, finding.reason);
    let mut lines = vec![escape::clip(&escape::line(&first), FIRST_LINE)];
    lines.extend(finding.place.iter().map(|at| format!("at {}", message_text(&place(at)))));
    lines.extend(finding.remedy.iter().map(|remedy| format!("help: {}", message_text(remedy))));
    lines.extend(finding.details.iter().take(DETAILS).map(|detail| format!("- {}", message_text(detail))));
    if finding.details.len() > DETAILS {
        lines.push(format!("and {} more", finding.details.len() - DETAILS));
    }
    lines
}

/// A text of a message, harmless and of limited length.
pub(super) fn message_text(text: &str) -> String {
    escape::clip(&escape::line(text), TEXT)
}

/// The outcome, what was judged, and how many findings there are: two lines.
pub(super) fn outcome_lines(decision: &Decision, advisory: bool) -> Vec<String> {
    let outcome = outcome_and_advice(decision, advisory);
    vec![format!("{outcome}: {}", message_text(&judged(&decision.judged))), counts(decision)]
}

/// A word as JSON has it, without the quotes.
pub(super) fn word_of(word: &impl serde::Serialize) -> String {
    serde_json::to_value(word).ok().and_then(|word| Some(word.as_str()?.to_string())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::change::BranchName;

    #[test]
    fn a_branch_and_a_head_are_no_request() {
        let head: Revision = "308b00cb91".repeat(4).try_into().unwrap();
        let of = |name: &str| Judged {
            request: Some(RequestId::Name(name.to_string())),
            branch: Some(BranchName::new("master")),
            head: Some(head.clone()),
            ..Judged::default()
        };
        assert_eq!(judged(&of("master@308b00cb91")), "change into master at 308b00cb91");
        // The twin: a request whose system gives names.
        assert_eq!(judged(&of("I308b00")), "request I308b00 into master at 308b00cb91");
    }
}
