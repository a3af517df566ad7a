//! What to do where a demand does not hold.

use super::Shortfall;
use crate::control::shared::approval::Approvals;
use crate::control::{Case, ReviewBasis};
use portcullis_model::host::NO_HOST;
use portcullis_model::shell::quote_word;

/// What to do about the first thing that is lacking.
pub(super) fn remedy_for(case: &Case<'_>, approvals: &Approvals, shortfalls: &[Shortfall]) -> Option<String> {
    let command = case.facts.host.is_without_requests().then(|| approve_command(case));
    let derived = shortfalls.first().and_then(|_| remedy_for_derived(approvals));
    let first = shortfalls.first();
    derived.or_else(|| {
        first.map(|shortfall| shortfall.remedy(command.as_deref(), unknown_people(approvals, shortfall)))
    })
}

/// The command by which someone signs a review of the change, and publishes it where others push
/// to the same server.
fn approve_command(case: &Case<'_>) -> String {
    let head = case.facts.change.value().map_or("COMMIT", |change| change.head.as_str());
    let request = case.facts.host.request.value();
    let branch = request.map_or("BRANCH", |request| request.base_branch.as_str());
    match case.facts.host.kind.as_str() {
        NO_HOST => format!("portcullis approve {head} --onto {}", quote_word(branch)),
        _ => {
            let onto = format!("origin/{branch}");
            format!("portcullis approve {head} --onto {} --push origin", quote_word(&onto))
        }
    }
}

/// The unknown people of the commits that a shortfall has not counted yet.
fn unknown_people(approvals: &Approvals, shortfall: &Shortfall) -> usize {
    match shortfall {
        Shortfall::People { spare, .. } | Shortfall::Role { spare, .. } => {
            approvals.unattributed.len().saturating_sub(*spare)
        }
        _ => 0,
    }
}

/// More approvals on the same host are derived as well: only another way to give them helps.
fn remedy_for_derived(approvals: &Approvals) -> Option<String> {
    let logins = approvals.derived.join(", ");
    (!approvals.derived.is_empty()).then(|| {
        format!(
            "Have the approvals of {logins} given by signed reviews, which state the commit; or, where the host's own \
             record suffices, set `derived = \"accept\"` in `[controls.{}]`.",
            ReviewBasis::set_by()
        )
    })
}
