//! Who has to be told of an incident, and by when: the policy's `[notification]`.

use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// What a policy says of notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationRules {
    /// When people work.
    pub calendar: WorkCalendar,
    /// Who has to be told, by name.
    pub parties: Vec<NotifiedParty>,
    /// The longest time from the sending of a notice to its entry in the register. One that was
    /// entered later does not stop a clock.
    pub recorded_within: NoticeSpan,
    /// What an overdue notice does to a deployment.
    pub overdue: OverdueEffect,
}

impl NotificationRules {
    /// The party of this name.
    pub fn party(&self, name: &str) -> Option<&NotifiedParty> {
        self.parties.iter().find(|party| party.name == name)
    }

    /// The parties that have to be told of an incident with this dataset.
    pub fn parties_of<'r>(&'r self, dataset: &str) -> impl Iterator<Item = &'r NotifiedParty> {
        let concerned = self
            .parties
            .iter()
            .filter(|party| party.datasets.is_empty() || party.datasets.iter().any(|name| name == dataset));
        concerned.collect::<Vec<_>>().into_iter()
    }
}

/// When people work: what a term in working hours is counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkCalendar {
    /// The time zone, by the rules that the program carries.
    pub zone: TimeZone,
    /// The working days of the week, from Monday.
    pub days: [bool; 7],
    /// The first minute of the working day, counted from midnight.
    pub from: u16,
    /// The end of the working day, likewise: at most 1440.
    pub until: u16,
    /// Days on which no one works, whatever day of the week they are.
    pub holidays: BTreeSet<Date>,
}

/// Someone who has to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifiedParty {
    /// The name by which entries and commands name it.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it is to the records.
    pub role: PartyRole,
    /// The datasets that it is told of; empty: all.
    pub datasets: Vec<String>,
    /// Until when it has to hear that there is something.
    pub early_warning: Option<NoticeSpan>,
    /// How often it has to hear what is known by now.
    pub phased: Option<NoticeSpan>,
    /// Until when it has to hear what it was.
    pub last: Option<NoticeSpan>,
}

/// What a party is to the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartyRole {
    /// It relies on the records.
    Recipient,
    /// It decides with others what they are used for.
    JointController,
    /// The Information Commissioner, or another supervisory authority.
    Commissioner,
    /// Someone else.
    Other,
}

/// A term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeSpan {
    /// How long.
    pub length: SignedDuration,
    /// Of what time.
    pub counting: Counting,
}

impl std::fmt::Display for NoticeSpan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hours = self.length.as_hours();
        match self.counting {
            Counting::Working if hours == 1 => f.write_str("1 working hour"),
            Counting::Working => write!(f, "{hours} working hours"),
            Counting::Clock => write!(f, "{hours}h"),
        }
    }
}

/// Which hours count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// All.
    Clock,
    /// Those of the working day.
    Working,
}

/// What an overdue notice does to a deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverdueEffect {
    /// It is blocked.
    #[default]
    Block,
    /// A note in the decision says so.
    Warn,
}
