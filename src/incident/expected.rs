//! What should have happened by a moment, from whatever source, and did not.

use jiff::{SignedDuration, Timestamp};
use portcullis_model::fact::Gap;

/// Something that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedDeed {
    /// The source that expects it: a name of the table of sources.
    pub source: &'static str,
    /// What it is about: a dataset, a person, a branch.
    pub subject: String,
    /// What should happen, as a noun phrase.
    pub what: String,
    /// Until when. That moment itself is in time.
    pub due: Timestamp,
    /// What it is, for calendars: it stays the same when its time moves.
    pub about: String,
    /// When what it follows from was last changed, where that is known.
    pub since: Option<Timestamp>,
    /// How often what it follows from was changed.
    pub changes: u64,
    /// What to do, in one imperative sentence.
    pub remedy: String,
}

impl ExpectedDeed {
    /// Has its time passed?
    pub fn is_overdue(&self, at: Timestamp) -> bool {
        crate::clock::whole_second(at) > self.due
    }
}

/// What one source has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceAnswer {
    /// The source.
    pub source: &'static str,
    /// What it expects; empty where all has happened.
    pub deeds: Vec<ExpectedDeed>,
    /// What it could not see.
    pub gaps: Vec<Gap>,
    /// What it does not expect, although someone may think that it does.
    pub notes: Vec<String>,
    /// Why it expects nothing at all, where that is so: the policy does not ask for it.
    pub idle: Option<&'static str>,
}

impl SourceAnswer {
    /// A source that the policy does not set.
    pub fn idle(source: &'static str, why: &'static str) -> Self {
        SourceAnswer { source, deeds: Vec::new(), gaps: Vec::new(), notes: Vec::new(), idle: Some(why) }
    }

    /// A source that looked.
    pub fn of(source: &'static str, seen: Result<Vec<ExpectedDeed>, Gap>) -> Self {
        let (deeds, gaps) = match seen {
            Ok(deeds) => (deeds, Vec::new()),
            Err(gap) => (Vec::new(), vec![gap]),
        };
        SourceAnswer { source, deeds, gaps, notes: Vec::new(), idle: None }
    }
}

/// Everything that was expected at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectationReport {
    /// The moment.
    pub at: Timestamp,
    /// The time after it that was looked at, too.
    pub within: SignedDuration,
    /// What each source said, in the order of the table.
    pub answers: Vec<SourceAnswer>,
}

impl ExpectationReport {
    /// What is overdue, oldest first.
    pub fn overdue(&self) -> Vec<&ExpectedDeed> {
        self.sorted(|deed| deed.is_overdue(self.at))
    }

    /// What comes within the time that was asked for, soonest first.
    pub fn coming(&self) -> Vec<&ExpectedDeed> {
        let end = self.at.saturating_add(self.within).unwrap_or(Timestamp::MAX);
        self.sorted(|deed| !deed.is_overdue(self.at) && deed.due <= end)
    }

    /// What could not be seen, with the source.
    pub fn gaps(&self) -> impl Iterator<Item = (&'static str, &Gap)> {
        self.answers.iter().flat_map(|answer| answer.gaps.iter().map(|gap| (answer.source, gap)))
    }

    fn sorted(&self, keep: impl Fn(&ExpectedDeed) -> bool) -> Vec<&ExpectedDeed> {
        let mut deeds: Vec<_> =
            self.answers.iter().flat_map(|answer| &answer.deeds).filter(|deed| keep(deed)).collect();
        deeds.sort_by(|a, b| {
            (a.due, a.source, &a.subject, &a.what).cmp(&(b.due, b.source, &b.subject, &b.what))
        });
        deeds
    }
}
