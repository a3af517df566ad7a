//! The sentences in which an audit says what is wrong with runs and notices.

use portcullis_model::plural::plural;
use portcullis_wire::audit::v1::{AuditedNoticeV1, BadStretchV1, RunSilenceV1};
use portcullis_wire::incident::v1::ExposedDeploymentV1;
use portcullis_wire::incident_status::v1::DutyStateV1;
use portcullis_wire::run::v1::RunPopulationV1;

/// How many deployments a finding names.
const NAMED: usize = 10;

/// A time in the largest unit that it is a whole number of, or nearly.
pub(super) fn span_in_words(seconds: u64) -> String {
    match seconds {
        0..120 => plural(seconds, "second"),
        120..7_200 => plural(seconds / 60, "minute"),
        7_200..172_800 => plural(seconds / 3_600, "hour"),
        _ => plural(seconds / 86_400, "day"),
    }
}

pub(super) fn tell_stretch(stretch: &BadStretchV1) -> String {
    let over: Vec<String> = stretch
        .over
        .iter()
        .map(|one| format!("{} {} ({} allowed)", one.class, one.count, one.budget))
        .collect();
    let found = match over.is_empty() {
        true => "too few records arrived in time".to_string(),
        false => over.join(", "),
    };
    let first = stretch.first_bad.number;
    let which = match stretch.runs {
        1 => format!("run {first} is over budget"),
        runs => format!("{runs} runs are over budget, from run {first} to run {}", stretch.last_bad.number),
    };
    let end = match &stretch.good_again {
        Some(again) => format!("run {} was good again", again.number),
        None => "no later run was good".to_string(),
    };
    format!("{which}: {found}; {end}")
}

/// Between which runs it went wrong, and what was deployed between them.
pub(super) fn tell_turn(stretch: &BadStretchV1) -> Vec<String> {
    let good = match &stretch.last_good {
        Some(good) => format!("last good: run {}, which had read both sides by {}", good.number, good.as_of),
        None => "no earlier run was good".to_string(),
    };
    let bad = &stretch.first_bad;
    let mut told =
        vec![good, format!("first bad: run {}, which had read both sides by {}", bad.number, bad.as_of)];
    let Some(exposure) = &stretch.exposure else {
        told.push("no deployment is recorded, so what was deployed before it is not known".to_string());
        return told;
    };
    let (what, named) = match (exposure.between.as_slice(), stretch.last_good.is_some()) {
        ([], _) => ("deployed before it", exposure.before.as_slice()),
        (between, true) => ("deployed between the two", between),
        (between, false) => ("deployed at that moment", between),
    };
    told.extend(named.iter().take(NAMED).map(|one| format!("{what}: {}", tell_deployment(one))));
    let more = named.len().saturating_sub(NAMED);
    told.extend((more > 0).then(|| format!("{what}: {more} more")));
    told
}

fn tell_deployment(one: &ExposedDeploymentV1) -> String {
    let commit = one.candidate.as_str();
    format!("{}#{} ({}), {}", one.environment, one.number, commit.get(..10).unwrap_or(commit), one.time)
}

pub(super) fn tell_silence(silence: &RunSilenceV1) -> String {
    let after = match silence.after {
        Some(number) => format!("after run {number}"),
        None => "since the policy asks for runs".to_string(),
    };
    let which = match silence.of {
        RunPopulationV1::Full => "no run over all records",
        RunPopulationV1::Changes => "no run",
    };
    let end = match silence.ended_by {
        Some(number) => format!("run {number} ended it at {}", silence.until),
        None => format!("there was none up to {}", silence.until),
    };
    format!(
        "{which} that shows anything came {after} by {}, when one was due (every {}); {end}",
        silence.due,
        span_in_words(silence.every)
    )
}

/// What is wrong with a notice; `None` where nothing is.
pub(super) fn tell_notice(notice: &AuditedNoticeV1, closed_at: Option<&str>) -> Option<String> {
    let what = format!("the {} to {}", notice.kind.words(), notice.title);
    let due = notice.due.as_deref().unwrap_or("an unknown time");
    let sent = notice.sent_at.as_deref().unwrap_or("an unknown time");
    match notice.state {
        DutyStateV1::Overdue => Some(format!("{what} was due by {due} and is not sent")),
        DutyStateV1::Late => Some(format!("{what} was due by {due} and was sent at {sent}")),
        DutyStateV1::Missed => Some(format!(
            "{what} was due by {due} and was not sent; the incident was closed at {}",
            closed_at.unwrap_or("an unknown time")
        )),
        DutyStateV1::Unseen | DutyStateV1::Waiting | DutyStateV1::Met | DutyStateV1::Ended => None,
    }
}
