//! The records of the made-up year: a load goes out every week, and a weekly run compares both
//! sides. After a deployment amendments and then deletions fail, until all is sent again; in the
//! summer no one runs the comparison; in autumn a few records go missing, within the budget.

use crate::demo::reconciliation::books::StoryBooks;
use crate::exit::{Failure, Result};
use crate::policy_file::parse_policy;
use crate::story::check::moment;
use crate::story::world::{BEGIN, DAY, HOUR, StoryFault, StoryRecord, StoryWorld, WorldState};
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::digest::Digest;
use portcullis_model::host::HostProfile;
use portcullis_model::incident::{
    ClosingOutcome, IncidentClosing, IncidentEvent, IncidentId, NoticeKind, RecordedNotice,
};
use portcullis_model::reconciliation::{ReconciliationRun, RunOutcome};
use std::path::Path;

/// What the policy says of records and notices.
pub(super) const MORE: &str = include_str!("policy.toml");

/// A week in seconds.
const WEEK: i64 = 7 * DAY;

/// How many weeks are compared.
const WEEKS: i64 = 39;

/// The weeks in which no one runs the comparison.
const SILENT: [i64; 2] = [20, 21];

/// From which week on records are missing: one more in each week of the list.
const LOST: [i64; 3] = [30, 33, 36];

/// Compares the records of the year, whose first load is sent on this second's day.
///
/// # Errors
/// The repository cannot be written, or the year does not go as it is told.
pub(super) fn compare_records(directory: &Path, policy: &str, first: i64) -> Result<()> {
    let policy: Policy =
        parse_policy("the policy of the year", policy, &HostProfile::github_com(), &HouseTexts::none())?;
    let weeks = RecordWeeks::begin(first);
    let mut books = StoryBooks::begin(&policy, directory.to_path_buf())?;
    let mut incident = None;
    for week in (0..WEEKS).filter(|week| !SILENT.contains(week)) {
        let at = first + week * WEEK + 9 * HOUR;
        let (run, _) = books.run_check(at, &|now| weeks.at(now))?;
        match (&incident, run.outcome) {
            (None, RunOutcome::OverBudget) => incident = Some(open_incident(&books, &run)?),
            (Some(id), RunOutcome::Green) if books.incident(at)?.history.closed.is_none() => {
                close_incident(&books, id, at)?;
            }
            (_, RunOutcome::Green | RunOutcome::OverBudget) => {}
            (_, outcome) => {
                let why = run.faults.join("; ");
                let word = outcome.as_str();
                return Err(Failure::environment(format!("run {} of the year is {word}: {why}", run.number)));
            }
        }
    }
    Ok(())
}

/// The draft that the run opens; its users are told in time, and the authority is not.
fn open_incident(books: &StoryBooks<'_>, run: &ReconciliationRun) -> Result<IncidentId> {
    let id = books.open_incident(run)?;
    let found = run.time.as_second();
    notify(books, &id, "records-users", NoticeKind::EarlyWarning, found + 3 * HOUR)?;
    notify(books, &id, "supervisor", NoticeKind::EarlyWarning, found + 4 * DAY)?;
    Ok(id)
}

fn close_incident(books: &StoryBooks<'_>, id: &IncidentId, at: i64) -> Result<()> {
    notify(books, id, "records-users", NoticeKind::Final, at + 2 * HOUR)?;
    let reason = "All records are as they should be, and everyone was told.".to_string();
    let closing = IncidentClosing { incident: id.clone(), outcome: ClosingOutcome::Resolved, reason };
    books.enter(at + 3 * HOUR, IncidentEvent::Closed(closing)).map(drop)
}

fn notify(books: &StoryBooks<'_>, id: &IncidentId, party: &str, kind: NoticeKind, sent: i64) -> Result<()> {
    let letter = format!("The made-up {} to {party}.", kind.words());
    let notice = RecordedNotice {
        incident: id.clone(),
        party: party.to_string(),
        kind,
        sender: "alex-example".to_string(),
        recipient: format!("{party}@example.test"),
        sent_at: moment(sent),
        file: format!("{party}-{}.txt", kind.as_str()),
        size: letter.len() as u64,
        digest: Digest::of(letter.as_bytes()),
        reference: None,
    };
    books.enter(sent + 300, IncidentEvent::Notified(Box::new(notice))).map(drop)
}

/// The days of the story, one for each week of the year.
struct RecordWeeks {
    world: StoryWorld,
    first: i64,
}

impl RecordWeeks {
    fn begin(first: i64) -> Self {
        let faults = [StoryFault::FailedAmendments, StoryFault::FailedDeletions].into();
        let repaired = Some(BEGIN + 4 * DAY + 20 * HOUR);
        RecordWeeks { world: StoryWorld { faults, repaired, arrival: HOUR }, first }
    }

    /// Both sides at a moment of the year.
    fn at(&self, now: i64) -> WorldState {
        let mut state = self.world.at(self.day_of_story(now));
        state.operations.iter_mut().for_each(|sent| sent.time = self.week_of_year(sent.time));
        state.records.values_mut().for_each(|held| held.loaded = self.week_of_year(held.loaded));
        state.answers.iter_mut().for_each(|answer| answer.time = self.week_of_year(answer.time));
        let lost = LOST.iter().filter(|week| self.first + **week * WEEK <= now).count();
        for number in (1..=u32::try_from(lost).unwrap_or_default()).map(|place| 20 + place) {
            state.records.remove(&StoryRecord::Plain(number));
        }
        state
    }

    /// The first day of a week is the day of the story; what comes after it is its end.
    fn day_of_story(&self, now: i64) -> i64 {
        let since = now - self.first;
        BEGIN + since.div_euclid(WEEK) * DAY + since.rem_euclid(WEEK).min(DAY - 1)
    }

    fn week_of_year(&self, time: i64) -> i64 {
        let since = time - BEGIN;
        self.first + since.div_euclid(DAY) * WEEK + since.rem_euclid(DAY)
    }
}
