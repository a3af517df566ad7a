//! When a fault of the story is found, by the runs that a policy makes sure of.
//!
//! A run is made when the policy says that one is due, and not a minute earlier: `expected-every`,
//! `full-every`, and with the control `reconciled` after each deployment and before it. Each fault
//! is played by itself, so that one does not hide another. Faults only grow, so that a run after
//! the first one that finds a fault finds it, too: the first one is looked for between those.

use crate::exit::{Exit, Failure, Result};
use crate::progress::{Progress, ProgressView};
use crate::story::check::{StoryCheck, StorySystem};
use crate::story::values::{MadeSystem, show_rows};
use crate::story::world::{BEGIN, DAY, DAYS, HOUR, StoryFault, StoryWorld, day_of};
use jiff::SignedDuration;
use portcullis_model::reconciliation::connector::{CsvSettings, InputFiles};
use portcullis_model::reconciliation::run::{ExceededBudget, find_exceeded};
use portcullis_model::reconciliation::{
    AnswerWords, ConnectorSettings, Dataset, Floors, OperationColumn, RunOutcome, SystemSettings, TimeColumn,
};
use std::cell::Cell;
use std::collections::BTreeSet;

/// When the first run of the story is, and after a deployment the one that the control asks for.
const FIRST_RUN: i64 = BEGIN + 9 * HOUR;

/// When the deployment with the test data is; the ones after it follow every two weeks.
const DEPLOYMENT: i64 = BEGIN + 18 * HOUR;

/// Seconds between two deployments.
const BETWEEN: i64 = 14 * DAY;

/// By when a run is due after a deployment, where the dataset does not say.
const AFTER: SignedDuration = SignedDuration::from_hours(24);

/// The longest time that a load takes to arrive.
const ARRIVAL: i64 = HOUR;

/// How many runs were played, for the one who waits.
pub struct PlayedRuns {
    progress: Progress,
    count: Cell<usize>,
}

impl PlayedRuns {
    /// Before the first.
    #[must_use]
    pub fn begin(view: ProgressView) -> Self {
        Self { progress: Progress::begin(view, "runs played", None), count: Cell::new(0) }
    }

    fn add(&self) {
        self.progress.at(self.count.get());
        self.count.set(self.count.get() + 1);
    }
}

/// What is drilled.
#[derive(Clone)]
pub struct DrillSubject<'p> {
    /// The dataset.
    pub dataset: Dataset,
    /// Is the control `reconciled` on?
    pub reconciled: bool,
    played: &'p PlayedRuns,
}

/// The run that found a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// When it was due.
    pub time: i64,
    /// How it ended.
    pub outcome: RunOutcome,
    /// The classes over their budgets.
    pub exceeded: Vec<ExceededBudget>,
}

impl Detection {
    /// The day of the story, counted from 1.
    #[must_use]
    pub const fn day(&self) -> i64 {
        day_of(self.time)
    }
}

impl<'p> DrillSubject<'p> {
    /// A dataset of a policy, as the story can be played against it. How many rows a run must have
    /// read is set aside: the story has its own. So are accepted
    /// differences, words of receipts and signatures.
    #[must_use]
    pub fn of(dataset: &Dataset, reconciled: bool, played: &'p PlayedRuns) -> Self {
        let mut dataset = dataset.clone();
        dataset.floors = Floors { source_rows: 1, target_rows: 1, fall: None };
        (dataset.accepted, dataset.answer_words) = (Vec::new(), AnswerWords::default());
        (dataset.signers, dataset.manifest_signers) = (None, None);
        let operation = OperationColumn {
            column: "operation".to_string(),
            upload: vec!["U".to_string()],
            amend: vec!["A".to_string()],
            delete: vec!["D".to_string()],
        };
        dataset.source.get_or_insert_with(|| assumed_system(Some(operation), "effective"));
        dataset.target.get_or_insert_with(|| assumed_system(None, "loaded"));
        Self { dataset, reconciled, played }
    }

    /// How often a run is due, by itself.
    #[must_use]
    pub fn every(&self) -> Option<SignedDuration> {
        [self.dataset.expected_every, self.dataset.full_every].into_iter().flatten().min()
    }

    /// When runs are due, in order.
    #[must_use]
    pub fn run_times(&self) -> BTreeSet<i64> {
        let end = BEGIN + DAYS * DAY;
        let series = |first: i64, step: i64| {
            (0..)
                .map(move |number: i64| first.saturating_add(step.saturating_mul(number)))
                .take_while(move |time| *time < end)
        };
        let mut times = BTreeSet::new();
        if let Some(every) = self.every() {
            times.extend(series(FIRST_RUN, every.as_secs().max(60)));
        }
        if self.reconciled {
            let after = self.dataset.after_deployment.unwrap_or(AFTER).as_secs();
            times.extend(series(DEPLOYMENT.saturating_add(after), BETWEEN));
            times.extend(series(DEPLOYMENT + BETWEEN - HOUR, BETWEEN));
        }
        times
    }

    /// The first run that finds a fault; `None` where none does in half a year.
    ///
    /// # Errors
    /// The temporary directory cannot be written.
    pub fn find_first(&self, fault: StoryFault) -> Result<Option<Detection>> {
        let times: Vec<i64> = self.run_times().into_iter().filter(|time| *time >= fault.begins()).collect();
        let Some(last) = times.len().checked_sub(1) else { return Ok(None) };
        let Some(mut found) = self.play(Some(fault), times[last])? else { return Ok(None) };
        // Found at `high`, not before `low`. The first steps are short: most faults are found soon.
        let (mut low, mut high, mut step) = (0, last, 1);
        while low < high {
            let middle = (low + step - 1).min(low + (high - low) / 2);
            match self.play(Some(fault), times[middle])? {
                Some(detection) => (found, high, step) = (detection, middle, 1),
                None => (low, step) = (middle + 1, step * 4),
            }
        }
        Ok(Some(found))
    }

    /// Does the last run find the fault?
    ///
    /// # Errors
    /// The temporary directory cannot be written.
    pub fn is_found(&self, fault: StoryFault) -> Result<bool> {
        match self.run_times().into_iter().next_back().filter(|time| *time >= fault.begins()) {
            Some(last) => Ok(self.play(Some(fault), last)?.is_some()),
            None => Ok(false),
        }
    }

    /// Checks that a run on healthy days is green: otherwise a finding would say nothing.
    ///
    /// # Errors
    /// It is not, or the temporary directory cannot be written.
    pub fn check_healthy(&self) -> Result<()> {
        let times = self.run_times();
        for time in [times.first(), times.last()].into_iter().flatten() {
            if let Some(found) = self.play(None, *time)? {
                let classes: Vec<&str> = found.exceeded.iter().map(|one| one.class.as_str()).collect();
                let name = &self.dataset.name;
                return Err(Failure {
                    exit: Exit::Undetermined,
                    ..Failure::environment(format!(
                        "the story cannot be played against `{name}`: on a healthy day its run is {} ({})",
                        found.outcome.as_str(),
                        classes.join(", ")
                    ))
                    .hint("a field or reserved key of the dataset does not fit the made-up records")
                });
            }
        }
        Ok(())
    }

    /// What a run at a moment finds.
    fn play(&self, fault: Option<StoryFault>, time: i64) -> Result<Option<Detection>> {
        self.played.add();
        let world = StoryWorld { faults: fault.into_iter().collect(), ..StoryWorld::healthy(self.arrival()) };
        let dataset = &self.dataset;
        let open = |system: StorySystem<'_>| {
            let StorySystem { system, content, columns, now } = system;
            Ok(show_rows(MadeSystem { dataset, system, content, columns }, &world.at(now)))
        };
        let compared = StoryCheck::begin(dataset)?.run(&open, time, &[])?.compared;
        let outcome = compared.judgement.outcome;
        let exceeded = find_exceeded(&compared.judgement.classes, &dataset.budgets);
        Ok((outcome != RunOutcome::Green).then_some(Detection { time, outcome, exceeded }))
    }

    /// Loads arrive in an hour, or sooner where that would be late.
    fn arrival(&self) -> i64 {
        let shares = self.dataset.deadlines.iter().chain(&self.dataset.deletion_deadlines);
        shares.map(|share| share.within.as_secs() / 2).min().unwrap_or(ARRIVAL).min(ARRIVAL)
    }
}

/// What is assumed of a system that the policy does not describe, because its manifest is brought
/// as a file.
fn assumed_system(operation: Option<OperationColumn>, time: &str) -> SystemSettings {
    SystemSettings {
        connector: ConnectorSettings::Csv(CsvSettings::of_files(InputFiles::matching("made-up.csv"))),
        operation,
        sequence: Some("sequence".to_string()),
        time: Some(TimeColumn { column: time.to_string(), format: String::new(), zone: None }),
        reason: None,
    }
}
