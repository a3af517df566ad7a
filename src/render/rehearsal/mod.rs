//! A rehearsal for people: for the terminal, and as a page. Both are made of the form alone.

use super::plural;
use portcullis_wire::decision::v1::{OutcomeV1, VerdictV1};
use portcullis_wire::rehearsal::v1::{
    RehearsalV1, RehearsedCountsV1, RehearsedLandingV1, RehearsedPolicyV1, RehearsedSettingV1,
};

pub mod html;
pub mod terminal;

/// What it is not, in one sentence.
const NO_DECISION: &str = "A rehearsal: nothing was decided, and nothing is recorded.";

/// What to do where there is no more to tell than what was touched.
const GIT_ALONE: &str = "Name the host, with --host and --repository: git alone shows only what was touched.";

/// Was no host asked, and nothing found without one?
fn is_git_alone(rehearsal: &RehearsalV1) -> bool {
    let mut findings = rehearsal.landings.iter().flat_map(|landing| &landing.findings);
    let found_nothing = findings.all(|finding| finding.verdict == VerdictV1::Unproven);
    rehearsal.host == "none" && rehearsal.counts.undetermined > 0 && found_nothing
}

fn outcome_word(outcome: OutcomeV1) -> &'static str {
    match outcome {
        OutcomeV1::Allow => "allowed",
        OutcomeV1::Undetermined => "undetermined",
        OutcomeV1::Block => "blocked",
    }
}

fn verdict_word(verdict: VerdictV1) -> &'static str {
    match verdict {
        VerdictV1::Broken => "broken",
        VerdictV1::Unproven => "unproven",
        VerdictV1::Waived => "waived",
        VerdictV1::Noted => "noted",
        VerdictV1::Met => "met",
        VerdictV1::Exempt => "exempt",
    }
}

fn headline(rehearsal: &RehearsalV1) -> String {
    let RehearsedCountsV1 { landings, allowed, undetermined, blocked } = rehearsal.counts;
    match landings {
        0 => {
            "No landing could be looked at: nothing is known of what the policy would have said.".to_string()
        }
        _ => format!(
            "Of {} it would have allowed {allowed}, blocked {blocked}, and could not tell of {undetermined}.",
            plural(landings, "landing")
        ),
    }
}

fn describe_policy(policy: &RehearsedPolicyV1) -> String {
    let where_from = if policy.in_force { "in force at the tip" } else { "not the one at the tip" };
    let digest: String = policy.digest.as_str().chars().take("sha256:".len() + 12).collect();
    format!("{} ({digest}, {where_from})", policy.file)
}

fn describe_past(rehearsal: &RehearsalV1) -> String {
    let past = &rehearsal.past;
    let asked = match (&past.since, past.last) {
        (Some(since), _) => format!("since {since}"),
        (None, Some(last)) => format!("the last {last}"),
        (None, None) => String::new(),
    };
    let tip: String = past.tip.as_str().chars().take(10).collect();
    format!(
        "{} of {}, {asked}: {} up to {tip} ({})",
        plural(past.steps, "step"),
        past.branch,
        plural(rehearsal.counts.landings, "landing"),
        past.tip_source
    )
}

fn describe_facts(rehearsal: &RehearsalV1) -> String {
    match &rehearsal.repository {
        Some(repository) => format!("git, and {}: {repository}", rehearsal.host),
        None => "git alone: who reviewed what, only a host knows".to_string(),
    }
}

fn day_of(landing: &RehearsedLandingV1) -> &str {
    landing.time.at.as_deref().and_then(|at| at.get(..10)).unwrap_or("unknown")
}

fn short_id(id: &str) -> String {
    let commit = id.rsplit_once('@').map_or(id, |(_, commit)| commit);
    commit.chars().take(10).collect()
}

fn find_landing<'r>(rehearsal: &'r RehearsalV1, id: &str) -> Option<&'r RehearsedLandingV1> {
    rehearsal.landings.iter().find(|landing| landing.id == id)
}

/// What is changed: `approvals: 2 becomes 1`.
fn describe_change(setting: &RehearsedSettingV1) -> String {
    match &setting.to {
        Some(to) => format!("{} = {} instead of {}", setting.setting, to, setting.from),
        None if setting.from.starts_with("a table of ") => format!("without [{}]", setting.setting),
        None => format!("{} without {}", setting.setting, setting.from),
    }
}

fn describe_effect(setting: &RehearsedSettingV1) -> String {
    let counts = setting.counts;
    format!("{} allowed, {} blocked, {} undetermined", counts.allowed, counts.blocked, counts.undetermined)
}
