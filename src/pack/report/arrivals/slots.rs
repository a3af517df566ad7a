//! A period in slots of equal length: in each the run with the most differences.

use super::words::{differing, is_difference, seen};
use jiff::Timestamp;
use portcullis_wire::audit::v1::{AuditPeriodV1, AuditedDatasetV1, AuditedRunV1};
use portcullis_wire::run::v1::RunOutcomeV1;

/// A day in seconds.
const DAY: i64 = 86_400;

/// So many slots a chart has at most.
const MOST: i64 = 56;

/// So many classes a chart shows by themselves.
pub(super) const CLASSES: usize = 6;

/// The lengths of slots that can be, in days, each with its name.
const LENGTHS: [(i64, &str); 5] =
    [(1, "day"), (7, "week"), (28, "four weeks"), (91, "quarter"), (365, "year")];

/// A slot.
pub(super) struct Slot<'a> {
    /// Its first second.
    pub(super) from: i64,
    /// How many runs ended in it.
    pub(super) runs: u64,
    /// The run with the most differences; of several the newest.
    pub(super) worst: Option<&'a AuditedRunV1>,
    /// Was a run due, and none came?
    pub(super) silent: bool,
}

/// A slot in which something is to be seen.
pub(super) struct SlotRow<'a> {
    pub(super) day: String,
    pub(super) runs: u64,
    pub(super) worst: Option<&'a AuditedRunV1>,
    pub(super) silent: bool,
}

/// The slots of a period.
pub(super) struct Slots<'a> {
    pub(super) all: Vec<Slot<'a>>,
    /// The first second of the period, and the first after it.
    pub(super) ends: (i64, i64),
    unit: &'static str,
}

impl<'a> Slots<'a> {
    /// The slots of a dataset; `None` for a period without times.
    pub(super) fn of(dataset: &'a AuditedDatasetV1, period: &AuditPeriodV1) -> Option<Slots<'a>> {
        let (since, until) = (second(period.since.as_deref()?)?, second(period.until.as_deref()?)?);
        let length = until.checked_sub(since)?.max(1);
        let fits = |(days, _): &&(i64, &str)| length.div_euclid(days * DAY) < MOST;
        let (days, unit) = LENGTHS.iter().find(fits).or(LENGTHS.last()).copied()?;
        let step = (days * DAY).max(length / MOST);
        let count = length.div_euclid(step) + i64::from(length.rem_euclid(step) > 0);
        let slot = |place: i64| slot_of(dataset, since + place * step, step);
        Some(Slots { all: (0..count).map(slot).collect(), ends: (since, until), unit })
    }

    /// What a slot is, in a word.
    pub(super) fn unit(&self) -> &'static str {
        self.unit
    }

    /// The classes that differ anywhere, by falling precedence, as many as a chart shows.
    pub(super) fn classes(&self) -> Vec<&'a str> {
        let worst: Vec<&AuditedRunV1> = self.all.iter().filter_map(|slot| slot.worst).collect();
        let mut names: Vec<&str> = Vec::new();
        for class in worst.iter().flat_map(|run| &run.classes) {
            if is_difference(&class.class) && !names.contains(&class.class.as_str()) {
                names.push(&class.class);
            }
        }
        let most = |name: &str| worst.iter().map(|run| seen(run, name)).max().unwrap_or(0);
        names.sort_by_key(|name| std::cmp::Reverse(most(name)));
        names.truncate(CLASSES);
        names.sort_by_key(|name| portcullis_model::reconciliation::RecordClass::from_name(name));
        names
    }

    /// The slots in which a record differed, a run showed nothing, or none came.
    pub(super) fn rows(&self) -> Vec<SlotRow<'a>> {
        let is_shown = |slot: &&Slot<'_>| slot.silent || slot.worst.is_some_and(|run| !is_quiet(run));
        let row = |slot: &Slot<'a>| SlotRow {
            day: day_of(slot.from),
            runs: slot.runs,
            worst: slot.worst,
            silent: slot.silent,
        };
        self.all.iter().filter(is_shown).map(row).collect()
    }

    /// How many slots have runs and nothing to tell.
    pub(super) fn quiet(&self) -> u64 {
        let is_quiet = |slot: &&Slot<'_>| !slot.silent && slot.worst.is_some_and(is_quiet);
        self.all.iter().filter(is_quiet).count() as u64
    }

    /// What the chart shows, in a sentence.
    pub(super) fn caption(&self) -> String {
        format!(
            "A column for each {}: the records that differed, by class, at its run with the most. A dot: compared, and nothing differed.",
            self.unit
        )
    }

    /// The chart in words, for those who do not see it.
    pub(super) fn label(&self) -> String {
        let most = self.all.iter().filter_map(|slot| Some((slot.from, differing(slot.worst?))));
        let most = most.max_by_key(|(from, count)| (*count, std::cmp::Reverse(*from)));
        let silent = self.all.iter().filter(|slot| slot.silent).count();
        let peak = match most {
            Some((from, count)) if count > 0 => {
                format!("The most are {count}, in the {} from {}", self.unit, day_of(from))
            }
            Some(_) => "No record differed".to_string(),
            None => "There was no run".to_string(),
        };
        format!(
            "Records that differed, by class, in each {} of the period. {peak}; in {silent} a run was due and none came. The table beside holds the numbers.",
            self.unit
        )
    }
}

fn is_quiet(run: &AuditedRunV1) -> bool {
    differing(run) == 0 && run.outcome == RunOutcomeV1::Green
}

fn slot_of(dataset: &AuditedDatasetV1, from: i64, step: i64) -> Slot<'_> {
    let to = from + step;
    let is_in = |run: &&AuditedRunV1| second(&run.time).is_some_and(|time| (from..to).contains(&time));
    let runs: Vec<&AuditedRunV1> = dataset.runs.iter().filter(is_in).collect();
    let weight = |run: &&&AuditedRunV1| (differing(run), run.outcome != RunOutcomeV1::Green, run.number);
    let silent = dataset.silences.iter().any(|silence| {
        let (due, until) = (second(&silence.due), second(&silence.until));
        due.zip(until).is_some_and(|(due, until)| due < to && until > from)
    });
    Slot { from, runs: runs.len() as u64, worst: runs.iter().max_by_key(weight).copied(), silent }
}

/// A moment in seconds.
pub(super) fn second(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

/// The day of a second.
pub(super) fn day_of(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%d").to_string())
}
