//! Do the times that an opening names fit together?
//!
//! The last good run comes before the first bad load, that one before a run that finds it, and both
//! before anyone knows of it. None of them lies in the future of the entry.

use jiff::Timestamp;
use portcullis_model::incident::OpenedIncident;

/// A time that an opening names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpeningTime {
    /// The last run in which all was well.
    LastGood,
    /// The first load whose records were wrong.
    FirstBad,
    /// When a run found it.
    Detection,
    /// When the organisation became aware of it.
    Awareness,
}

/// Which times may not be later than which others.
const ORDER: [(OpeningTime, OpeningTime); 6] = [
    (OpeningTime::LastGood, OpeningTime::FirstBad),
    (OpeningTime::LastGood, OpeningTime::Detection),
    (OpeningTime::LastGood, OpeningTime::Awareness),
    (OpeningTime::FirstBad, OpeningTime::Detection),
    (OpeningTime::FirstBad, OpeningTime::Awareness),
    (OpeningTime::Awareness, OpeningTime::Detection),
];

impl OpeningTime {
    const ALL: [Self; 4] = [Self::LastGood, Self::FirstBad, Self::Detection, Self::Awareness];

    fn words(self) -> &'static str {
        match self {
            Self::LastGood => "the last good run",
            Self::FirstBad => "the first bad load",
            Self::Detection => "the run that found it",
            Self::Awareness => "the moment of awareness",
        }
    }

    fn of(self, opened: &OpenedIncident) -> Option<Timestamp> {
        match self {
            Self::LastGood => opened.last_good.as_ref().map(|run| run.time),
            Self::FirstBad => opened.first_bad.as_ref().map(|run| run.time),
            Self::Detection => opened.detected_by.as_ref().map(|run| run.time),
            Self::Awareness => Some(opened.aware_at),
        }
    }
}

/// Times of an opening that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpeningFault {
    /// One is later than the entry itself.
    Future {
        /// Which.
        what: OpeningTime,
        /// When it says that it was.
        time: Timestamp,
        /// When the entry was written.
        entry: Timestamp,
    },
    /// One that comes first is later than one that follows it.
    Reversed {
        /// What comes first.
        first: (OpeningTime, Timestamp),
        /// What follows.
        then: (OpeningTime, Timestamp),
    },
}

impl OpeningFault {
    /// Do clocks begin later than they would otherwise, because awareness is said to have begun
    /// after a run had found it? People may know why; a draft has no one who could.
    pub fn is_late_awareness(&self) -> bool {
        let late = (OpeningTime::Awareness, OpeningTime::Detection);
        matches!(self, Self::Reversed { first, then } if (first.0, then.0) == late)
    }
}

impl std::fmt::Display for OpeningFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Future { what, time, entry } => {
                write!(f, "{}, {time}, is in the future: it was entered at {entry}", what.words())
            }
            Self::Reversed { first: (first, time), then: (then, other) } => {
                write!(f, "{}, {time}, is after {}, {other}", first.words(), then.words())
            }
        }
    }
}

/// What contradicts itself in the times of an opening that was entered at this moment.
pub fn find_opening_faults(opened: &OpenedIncident, entry: Timestamp) -> Vec<OpeningFault> {
    let future = OpeningTime::ALL.into_iter().filter_map(|what| {
        let time = what.of(opened).filter(|time| *time > entry)?;
        Some(OpeningFault::Future { what, time, entry })
    });
    let reversed = ORDER.into_iter().filter_map(|(first, then)| {
        let (early, late) = (first.of(opened)?, then.of(opened)?);
        (early > late).then_some(OpeningFault::Reversed { first: (first, early), then: (then, late) })
    });
    future.chain(reversed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{moment, opened};
    use OpeningTime::{Awareness, Detection, FirstBad, LastGood};

    /// The faults of an opening of which one time was changed, as pairs of what is after what.
    fn faults(what: OpeningTime, time: &str) -> Vec<(OpeningTime, Option<OpeningTime>)> {
        let (mut changed, time) = (opened(), moment(time));
        match what {
            LastGood => changed.last_good.as_mut().unwrap().time = time,
            FirstBad => changed.first_bad.as_mut().unwrap().time = time,
            Detection => changed.detected_by.as_mut().unwrap().time = time,
            Awareness => changed.aware_at = time,
        }
        let pair = |fault| match fault {
            OpeningFault::Future { what, .. } => (what, None),
            OpeningFault::Reversed { first, then } => (first.0, Some(then.0)),
        };
        find_opening_faults(&changed, moment("2026-03-02T10:30:00Z")).into_iter().map(pair).collect()
    }

    #[test]
    fn each_time_out_of_its_order_is_named() {
        let after = |first, then| (first, Some(then));
        let late = after(Awareness, Detection);
        // In the scene a run finds it half an hour before the organisation is aware.
        for (what, time, expected) in [
            (LastGood, "2026-02-28T03:00:01Z", vec![after(LastGood, FirstBad), late]),
            (FirstBad, "2026-03-02T09:30:01Z", vec![after(FirstBad, Detection), late]),
            (FirstBad, "2026-02-27T09:29:59Z", vec![after(LastGood, FirstBad), late]),
            (Detection, "2026-02-28T02:59:59Z", vec![after(FirstBad, Detection), late]),
            (Detection, "2026-03-02T10:30:01Z", vec![(Detection, None)]),
            (Awareness, "2026-02-28T02:59:59Z", vec![after(FirstBad, Awareness)]),
            (Awareness, "2026-03-02T10:30:01Z", vec![(Awareness, None), late]),
        ] {
            assert_eq!(faults(what, time), expected, "{what:?} {time}");
        }
        let message = find_opening_faults(&opened(), moment("2026-03-02T10:30:00Z"))[0].to_string();
        assert_eq!(
            message,
            "the moment of awareness, 2026-03-02T10:00:00Z, is after the run that found it, 2026-03-02T09:30:00Z"
        );
    }

    #[test]
    fn times_that_meet_and_times_that_are_not_known_are_no_contradiction() {
        for (what, time) in [
            (LastGood, "2026-02-28T03:00:00Z"),
            (FirstBad, "2026-03-02T09:30:00Z"),
            (Detection, "2026-03-02T10:30:00Z"),
            (Awareness, "2026-03-02T09:30:00Z"),
        ] {
            assert!(faults(what, time).iter().all(|(first, _)| *first == Awareness), "{what:?} {time}");
        }
        let mut unknown = opened();
        (unknown.last_good, unknown.first_bad, unknown.detected_by) = (None, None, None);
        assert_eq!(find_opening_faults(&unknown, unknown.aware_at), []);
    }
}
