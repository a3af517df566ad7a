//! Differences that are open at the end, with their age.

use jiff::Timestamp;
use portcullis_model::reconciliation::run::RecordBreak;
use portcullis_model::reconciliation::{ReconciliationRun, RecordClass};
use portcullis_wire::audit::v1::{AgedClassV1, OpenBreakV1, OpenBreaksV1};
use std::collections::BTreeMap;

/// So many of the oldest are listed one by one.
const LISTED: usize = 50;

/// A day, in seconds.
const DAY: u64 = 86_400;

/// What a run lists as open; `None` where it lists nothing.
pub(super) fn open_breaks(run: &ReconciliationRun) -> Option<OpenBreaksV1> {
    let total = (run.breaks.len() as u64).saturating_add(run.unlisted_breaks);
    if total == 0 {
        return None;
    }
    let mut classes: BTreeMap<RecordClass, Vec<&RecordBreak>> = BTreeMap::new();
    for one in &run.breaks {
        classes.entry(one.class).or_default().push(one);
    }
    let mut sorted: Vec<&RecordBreak> = run.breaks.iter().collect();
    sorted.sort_by_key(|one| (one.since, one.class, &one.key));
    Some(OpenBreaksV1 {
        run: run.number,
        time: run.time.to_string(),
        total,
        unlisted: run.unlisted_breaks,
        classes: classes.into_iter().filter_map(|(class, all)| age_class(class, &all, run.time)).collect(),
        oldest: sorted.into_iter().take(LISTED).map(|one| open_break(one, run.time)).collect(),
    })
}

fn age_class(class: RecordClass, all: &[&RecordBreak], at: Timestamp) -> Option<AgedClassV1> {
    let oldest = all.iter().map(|one| one.since).min()?;
    let between = |from: u64, to: u64| {
        let ages = all.iter().map(|one| age_of(one.since, at));
        ages.filter(|age| (from..to).contains(age)).count() as u64
    };
    Some(AgedClassV1 {
        class: class.as_str().to_string(),
        count: all.len() as u64,
        accepted: all.iter().filter(|one| one.accepted).count() as u64,
        day: between(0, DAY + 1),
        week: between(DAY + 1, 7 * DAY + 1),
        month: between(7 * DAY + 1, 30 * DAY + 1),
        older: between(30 * DAY + 1, u64::MAX),
        oldest_since: oldest.to_string(),
        oldest_age: age_of(oldest, at),
    })
}

fn open_break(one: &RecordBreak, at: Timestamp) -> OpenBreakV1 {
    OpenBreakV1 {
        key: one.key.clone(),
        class: one.class.as_str().to_string(),
        opened: one.opened,
        since: one.since.to_string(),
        age: age_of(one.since, at),
        confirmed: one.confirmed,
        accepted: one.accepted,
    }
}

fn age_of(since: Timestamp, at: Timestamp) -> u64 {
    u64::try_from(at.duration_since(since).as_secs()).unwrap_or_default()
}
