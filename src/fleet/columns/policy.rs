//! `policy`: the default branch holds a policy, and it is valid.

use super::{Column, ColumnCase, SeenPolicy, advise, finding, unseen};
use portcullis_model::facts::POLICY_PATH;
use portcullis_model::fleet::{FleetFinding, FleetVerdict};

pub(super) static COLUMN: Column =
    Column { name: "policy", about: "the default branch holds a valid policy", judge };

/// So many mistakes are told.
const TOLD: usize = 3;

fn judge(case: &ColumnCase<'_>) -> Vec<FleetFinding> {
    let found = match case.policy {
        SeenPolicy::Empty => return Vec::new(),
        SeenPolicy::Valid(policy) => finding(
            FleetVerdict::Met,
            POLICY_PATH,
            format!("it is valid, for project \"{}\"", policy.project),
        ),
        SeenPolicy::Invalid(mistakes) => advise(
            FleetVerdict::Broken,
            POLICY_PATH,
            describe_mistakes(mistakes),
            "Run `portcullis policy check` in the repository, and correct what it names.",
        ),
        SeenPolicy::Absent => advise(
            FleetVerdict::Broken,
            POLICY_PATH,
            "the default branch holds no policy",
            "Write one with `portcullis init`, and land it.",
        ),
        SeenPolicy::Unseen(gap) => unseen(POLICY_PATH, gap),
    };
    vec![found]
}

fn describe_mistakes(mistakes: &[String]) -> String {
    let told: Vec<&str> = mistakes.iter().take(TOLD).map(String::as_str).collect();
    let more = mistakes.len().saturating_sub(TOLD);
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    format!("it is not valid: {}{more}", told.join("; "))
}
