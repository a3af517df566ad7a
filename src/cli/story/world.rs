//! The made-up days: what was meant to be sent, and what the receiver made of it.
//!
//! Each day a load goes out at 02:00: 40 uploads in five files, 12 amendments and 6 deletions of
//! records that were uploaded eight days before. Day 1 is Monday, 1 June 2020. Eight loads were
//! sent before it, in one. Nothing depends on chance.

use portcullis_model::reconciliation::RecordOperation;
use std::collections::{BTreeMap, BTreeSet};

/// The first moment of day 1, in seconds since 1970.
pub const BEGIN: i64 = 1_590_969_600;

/// An hour in seconds.
pub const HOUR: i64 = 3600;

/// A day in seconds.
pub const DAY: i64 = 24 * HOUR;

/// How long nobody found out in the story: half a year.
pub const DAYS: i64 = 182;

/// Records of a load.
const UPLOADS: u32 = 40;

/// The first record of the file that is refused.
const REFUSED_FROM: u32 = 32;

/// Of the records that are as old as this in days, some are amended and some deleted.
const AGE: i64 = 8;

/// How many of them are amended.
const AMENDED: u32 = 12;

/// The first of them that is not deleted.
const KEPT_FROM: u32 = 18;

/// Records of test data in the first load that brings some, and in each later one.
const TEST_RECORDS: (u32, u32) = (12, 4);

/// Why the receiver refuses a file.
pub const REFUSAL: &str = "schema-version";

/// What goes wrong in the story, in the order in which it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoryFault {
    /// A deployment brings test data into the loads.
    TestData,
    /// The receiver refuses one file of each load.
    RefusedFiles,
    /// Amendments are not applied.
    FailedAmendments,
    /// Deletions are not applied.
    FailedDeletions,
}

impl StoryFault {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::TestData, Self::RefusedFiles, Self::FailedAmendments, Self::FailedDeletions];

    /// The day of the first load that has it, counted from 1.
    #[must_use]
    pub const fn first_day(self) -> i64 {
        self as i64 + 2
    }

    /// As results write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TestData => "test-data",
            Self::RefusedFiles => "refused-files",
            Self::FailedAmendments => "failed-amendments",
            Self::FailedDeletions => "failed-deletions",
        }
    }

    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::TestData => "test data goes live",
            Self::RefusedFiles => "files are refused",
            Self::FailedAmendments => "amendments fail",
            Self::FailedDeletions => "deletions fail",
        }
    }

    /// When the first load that has it arrives, if it arrives at once.
    #[must_use]
    pub const fn begins(self) -> i64 {
        sent_on(self.first_day())
    }
}

/// What a record is called, apart from how a field writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoryRecord {
    /// A record of a made-up person's case.
    Plain(u32),
    /// A record that only tests need.
    Test(u32),
}

/// An operation that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentOperation {
    /// The record.
    pub name: StoryRecord,
    /// What was meant to happen.
    pub operation: RecordOperation,
    /// Its place among the operations.
    pub sequence: i64,
    /// When it takes effect.
    pub time: i64,
    /// Which version of the content it leads to.
    pub version: u32,
}

/// A record that the receiver holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldRecord {
    /// The record.
    pub name: StoryRecord,
    /// The sequence of the operation that was applied last.
    pub sequence: i64,
    /// When that was.
    pub loaded: i64,
    /// Which version of the content it has.
    pub version: u32,
}

/// An answer of the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentAnswer {
    /// The record.
    pub name: StoryRecord,
    /// The sequence of the operation.
    pub sequence: i64,
    /// When it was given.
    pub time: i64,
    /// Was the operation accepted?
    pub accepted: bool,
}

/// Both sides at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorldState {
    /// What was sent, in order.
    pub operations: Vec<SentOperation>,
    /// What the receiver holds.
    pub records: BTreeMap<StoryRecord, HeldRecord>,
    /// What it answered, in order.
    pub answers: Vec<SentAnswer>,
}

/// The made-up days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryWorld {
    /// What goes wrong.
    pub faults: BTreeSet<StoryFault>,
    /// From when on all is well again: what had failed was sent again, and test data was taken out.
    pub repaired: Option<i64>,
    /// Seconds from the sending of a load to its arrival.
    pub arrival: i64,
}

/// When the load of a day is sent.
const fn sent_on(day: i64) -> i64 {
    BEGIN + (day - 1) * DAY + 2 * HOUR
}

/// The day of a moment, counted from 1.
#[must_use]
pub const fn day_of(time: i64) -> i64 {
    (time - BEGIN).div_euclid(DAY) + 1
}

impl StoryWorld {
    /// Days on which nothing goes wrong.
    #[must_use]
    pub const fn healthy(arrival: i64) -> Self {
        Self { faults: BTreeSet::new(), repaired: None, arrival }
    }

    /// Both sides at a moment.
    #[must_use]
    pub fn at(&self, now: i64) -> WorldState {
        let mut state = WorldState::default();
        for day in (0..).take_while(|day| sent_on(*day) <= now) {
            for operation in operations_of(day) {
                self.receive(&mut state, operation, now);
                state.operations.push(operation);
            }
            self.receive_tests(&mut state, day, now);
        }
        state
    }

    fn receive(&self, state: &mut WorldState, operation: SentOperation, now: i64) {
        let arrival = operation.time + self.arrival;
        if arrival > now {
            return;
        }
        let fault = self.fault_of(&operation);
        let refused = fault == Some(StoryFault::RefusedFiles);
        let SentOperation { name, sequence, .. } = operation;
        state.answers.push(SentAnswer { name, sequence, time: arrival, accepted: !refused });
        let again = self.repaired.filter(|repaired| *repaired <= now);
        match (fault, again) {
            (None, _) => apply(state, operation, arrival),
            (Some(_), Some(repaired)) => {
                if refused {
                    state.answers.push(SentAnswer { name, sequence, time: repaired, accepted: true });
                }
                apply(state, operation, repaired);
            }
            (Some(_), None) => {}
        }
    }

    /// What keeps an operation from being applied.
    fn fault_of(&self, operation: &SentOperation) -> Option<StoryFault> {
        let fault = match operation.operation {
            RecordOperation::Upload if is_refused(operation.name) => StoryFault::RefusedFiles,
            RecordOperation::Upload => return None,
            RecordOperation::Amend => StoryFault::FailedAmendments,
            RecordOperation::Delete => StoryFault::FailedDeletions,
        };
        self.has(fault, operation.time).then_some(fault)
    }

    fn has(&self, fault: StoryFault, sent: i64) -> bool {
        let is_over = self.repaired.is_some_and(|repaired| repaired <= sent);
        self.faults.contains(&fault) && fault.begins() <= sent && !is_over
    }

    fn receive_tests(&self, state: &mut WorldState, day: i64, now: i64) {
        let loaded = sent_on(day) + self.arrival;
        let is_out = self.repaired.is_some_and(|repaired| repaired <= now);
        if !self.has(StoryFault::TestData, sent_on(day)) || loaded > now || is_out {
            return;
        }
        let earlier = u32::try_from(day - StoryFault::TestData.first_day()).unwrap_or(0);
        let (first, later) = TEST_RECORDS;
        let numbers = match earlier {
            0 => 0..first,
            _ => first + later * (earlier - 1)..first + later * earlier,
        };
        for number in numbers {
            let name = StoryRecord::Test(number + 1);
            let sequence = sequence_of(day, UPLOADS + number % UPLOADS);
            state.records.insert(name, HeldRecord { name, sequence, loaded, version: 1 });
        }
    }
}

fn apply(state: &mut WorldState, operation: SentOperation, loaded: i64) {
    let SentOperation { name, sequence, version, .. } = operation;
    match operation.operation {
        RecordOperation::Delete => drop(state.records.remove(&name)),
        RecordOperation::Upload | RecordOperation::Amend => {
            state.records.insert(name, HeldRecord { name, sequence, loaded, version });
        }
    }
}

/// Was the record in the file that is refused?
const fn is_refused(name: StoryRecord) -> bool {
    matches!(name, StoryRecord::Plain(number) if (number - 1) % UPLOADS >= REFUSED_FROM)
}

/// The number of a record of a load; loads are counted from that of eight days before day 0.
fn name_of(day: i64, place: u32) -> StoryRecord {
    let load = u32::try_from(day + AGE - 1).unwrap_or(0);
    StoryRecord::Plain(load * UPLOADS + place + 1)
}

fn sequence_of(day: i64, place: u32) -> i64 {
    day * 1000 + i64::from(place)
}

/// What is sent on a day. On day 0 everything that was sent before is sent.
fn operations_of(day: i64) -> Vec<SentOperation> {
    let time = sent_on(day);
    let mut operations = Vec::new();
    let mut send = |name, operation, version| {
        let sequence = sequence_of(day, u32::try_from(operations.len()).unwrap_or(0));
        operations.push(SentOperation { name, operation, sequence, time, version });
    };
    let first = if day == 0 { 1 - AGE } else { day };
    for load in first..=day {
        (0..UPLOADS).for_each(|place| send(name_of(load, place), RecordOperation::Upload, 1));
    }
    if day > 0 {
        let old = day - AGE;
        (0..AMENDED).for_each(|place| send(name_of(old, place), RecordOperation::Amend, 2));
        (AMENDED..KEPT_FROM).for_each(|place| send(name_of(old, place), RecordOperation::Delete, 2));
    }
    operations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(fault: StoryFault) -> StoryWorld {
        StoryWorld { faults: BTreeSet::from([fault]), ..StoryWorld::healthy(HOUR) }
    }

    #[test]
    fn on_healthy_days_the_receiver_holds_what_was_sent() {
        let state = StoryWorld::healthy(HOUR).at(sent_on(3) + HOUR);
        assert_eq!(state.operations.len(), 8 * 40 + 3 * 58);
        assert_eq!(state.records.len(), 8 * 40 + 3 * 40 - 3 * 6);
        let before = StoryWorld::healthy(HOUR).at(sent_on(3) + HOUR - 1);
        assert_eq!(before.records.len(), 8 * 40 + 2 * 40 - 2 * 6);
    }

    #[test]
    fn each_fault_begins_on_its_day_and_grows_with_each_load() {
        for fault in StoryFault::ALL {
            let differs = |day: i64| {
                let now = sent_on(day) + HOUR;
                let (healthy, faulty) = (StoryWorld::healthy(HOUR).at(now), with(fault).at(now));
                let all: BTreeSet<_> = healthy.records.keys().chain(faulty.records.keys()).collect();
                all.into_iter().filter(|name| healthy.records.get(name) != faulty.records.get(name)).count()
            };
            assert_eq!(differs(fault.first_day() - 1), 0, "{fault:?}");
            let counts: Vec<usize> = (0..3).map(|day| differs(fault.first_day() + day)).collect();
            assert!(counts.is_sorted() && counts[0] > 0 && counts[0] < counts[2], "{fault:?}: {counts:?}");
        }
    }

    #[test]
    fn after_the_repair_nothing_differs_but_the_time_of_arrival() {
        let repaired = sent_on(6) + 10 * HOUR;
        let world = StoryWorld { faults: StoryFault::ALL.into(), repaired: Some(repaired), arrival: HOUR };
        let content = |state: WorldState| -> Vec<_> {
            state.records.into_values().map(|record| (record.name, record.version)).collect()
        };
        let now = sent_on(7) + HOUR;
        assert_eq!(content(world.at(now)), content(StoryWorld::healthy(HOUR).at(now)));
        assert_ne!(content(world.at(repaired - 1)), content(StoryWorld::healthy(HOUR).at(repaired - 1)));
    }
}
