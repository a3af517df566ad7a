//! Reasons of rejects against the last ten runs: a new reason is a finding though the budget holds.

use std::collections::BTreeMap;

/// How many runs are looked back on.
const LOOKED_BACK: usize = 10;

/// A reason grew if it has more than twice as many rejects as in any of those runs, and this many
/// more.
const GROWTH: u64 = 10;

/// What changed in kind. Without an earlier run that read a reject log there is nothing to compare
/// with.
pub(super) fn find_drift(reasons: &BTreeMap<String, u64>, past: &[BTreeMap<String, u64>]) -> Vec<String> {
    let known: Vec<_> = past.iter().take(LOOKED_BACK).collect();
    if known.iter().all(|reasons| reasons.is_empty()) {
        return Vec::new();
    }
    let most = |reason: &str| known.iter().filter_map(|run| run.get(reason).copied()).max();
    let judge = |(reason, count): (&String, &u64)| {
        let name = if reason.is_empty() { "(none)" } else { reason };
        match most(reason) {
            None => Some(format!(
                "Reason `{name}` has {count} rejects, and none in the last {} runs.",
                known.len()
            )),
            Some(most) if *count > most.saturating_mul(2) && *count >= most.saturating_add(GROWTH) => {
                Some(format!(
                    "Reason `{name}` has {count} rejects, and at most {most} in each of the last {} runs.",
                    known.len()
                ))
            }
            Some(_) => None,
        }
    };
    reasons.iter().filter_map(judge).collect()
}
