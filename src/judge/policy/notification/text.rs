//! `[notification]` as serde reads it.

use crate::control::shared::text::InvalidSetting;
use jiff::SignedDuration;
use jiff::civil::Date;
use portcullis_model::notification::{Counting, NoticeSpan, OverdueEffect, PartyRole};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A list with the place of every element.
type PlacedList<T> = Spanned<Vec<Spanned<T>>>;

/// What a policy says of notices.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NotificationText {
    /// The time zone of the working hours, by its name in the IANA database: `"Europe/London"`.
    /// Portcullis carries the rules of all zones.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(super) zone: Spanned<String>,
    /// The working days: `"mon"`, `"tue"`, `"wed"`, `"thu"`, `"fri"`, `"sat"`, `"sun"`. Default:
    /// Monday to Friday.
    #[cfg_attr(test, schemars(with = "Option<Vec<WorkingDay>>"))]
    pub(super) working_days: Option<PlacedList<WorkingDay>>,
    /// The working hours, in local time: `"09:00-17:00"`, at most `"00:00-24:00"`. Default:
    /// `"09:00-17:00"`.
    pub(super) working_hours: Option<WorkingHours>,
    /// Days on which no one works, as dates: `"2026-12-25"`. Default: none.
    #[cfg_attr(test, schemars(with = "Option<Vec<Holiday>>"))]
    pub(super) holidays: Option<PlacedList<Holiday>>,
    /// How long after its sending a notice may be entered into the register: a term as for
    /// parties. One that is entered later stops no clock. Default: `"72h"`.
    pub(super) recorded_within: Option<TermText>,
    /// What an overdue notice does to a deployment, where the control of notices is on. Default:
    /// `"block"`.
    #[serde(default)]
    pub(super) overdue: OverdueWord,
    /// Who has to be told, by the names that commands and the register use.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, PartyText>"))]
    pub(super) parties: BTreeMap<Spanned<String>, Spanned<PartyText>>,
}

/// Someone who has to be told.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PartyText {
    /// What people call the party, as letters address it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub title: Spanned<String>,
    /// What the party is to the records.
    pub role: RoleWord,
    /// The datasets that the party is told of. Default: all.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub datasets: Option<PlacedList<String>>,
    /// How long after awareness the party has to hear that there is something: `"24h"`, `"7d"` (of
    /// 24 hours each), or `"8 working hours"`; at most a year. Default: no early warning.
    pub early_warning: Option<TermText>,
    /// How long after each notice the party has to hear what is known by now, until the final
    /// notice. Default: no phased information.
    pub phased: Option<TermText>,
    /// How long after awareness the party has to hear what it was. Default: no final notice.
    #[serde(rename = "final")]
    pub last: Option<TermText>,
}

/// A working day.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(super) enum WorkingDay {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl WorkingDay {
    /// Its place in the week, from Monday.
    pub fn place(self) -> usize {
        self as usize
    }
}

/// From when to when people work, in minutes since midnight.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(with = "String", extend("pattern" = "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$"))
)]
#[serde(try_from = "String")]
pub(super) struct WorkingHours {
    pub from: u16,
    pub until: u16,
}

impl Default for WorkingHours {
    fn default() -> Self {
        WorkingHours { from: 9 * 60, until: 17 * 60 }
    }
}

impl TryFrom<String> for WorkingHours {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let read = || {
            let (from, until) = text.split_once('-')?;
            let hours = WorkingHours { from: read_minute(from)?, until: read_minute(until)? };
            (hours.from < hours.until).then_some(hours)
        };
        read().ok_or_else(|| {
            format!("`{text}` are no working hours; write \"09:00-17:00\", the end after the beginning, at most \"00:00-24:00\"")
        })
    }
}

/// `HH:MM` in minutes since midnight, up to `24:00`.
fn read_minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |digits: &str| {
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (minutes < 60).then_some(hours * 60 + minutes).filter(|minute| *minute <= 24 * 60)
}

/// A day on which no one works.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(with = "String", extend("pattern" = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))
)]
#[serde(try_from = "String")]
pub(super) struct Holiday(pub Date);

impl TryFrom<String> for Holiday {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let shape = |(place, byte): (usize, u8)| {
            if matches!(place, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() }
        };
        let plain = text.len() == 10 && text.bytes().enumerate().all(shape);
        let date = plain.then(|| text.parse::<Date>().ok()).flatten();
        date.map(Holiday).ok_or_else(|| format!("`{text}` is no date; write \"2026-12-25\""))
    }
}

/// A term of a notice.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(with = "String", extend("pattern" = "^[0-9]+([hd]| working hours?)$"))
)]
#[serde(try_from = "String")]
pub(super) struct TermText(pub NoticeSpan);

impl TryFrom<String> for TermText {
    type Error = InvalidSetting;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        read_term(&text).map(TermText)
    }
}

/// Hours, days of 24 hours, or working hours; from one hour to a year.
fn read_term(text: &str) -> Result<NoticeSpan, InvalidSetting> {
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<u16>().ok()).flatten().map(i64::from)
    };
    let (hours, counting) =
        if let Some(rest) = text.strip_suffix(" working hours").or(text.strip_suffix(" working hour")) {
            (number(rest), Counting::Working)
        } else if let Some(rest) = text.strip_suffix('d') {
            (number(rest).map(|days| days * 24), Counting::Clock)
        } else {
            (text.strip_suffix('h').and_then(number), Counting::Clock)
        };
    let hours = hours.filter(|hours| (1..=366 * 24).contains(hours));
    let term = hours.map(|hours| NoticeSpan { length: SignedDuration::from_hours(hours), counting });
    term.ok_or_else(|| {
        InvalidSetting::from(format!(
            "`{text}` is no term; write \"24h\", \"7d\" or \"8 working hours\", at most a year"
        ))
    })
}

/// What a party is to the records.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(super) enum RoleWord {
    /// It relies on the records.
    Recipient,
    /// It decides with others what the records are used for.
    JointController,
    /// The Information Commissioner, or another supervisory authority.
    Commissioner,
    /// Someone else.
    Other,
}

impl From<RoleWord> for PartyRole {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Recipient => PartyRole::Recipient,
            RoleWord::JointController => PartyRole::JointController,
            RoleWord::Commissioner => PartyRole::Commissioner,
            RoleWord::Other => PartyRole::Other,
        }
    }
}

/// What an overdue notice does to a deployment.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(super) enum OverdueWord {
    /// The deployment is blocked.
    #[default]
    Block,
    /// A note in the decision says so.
    Warn,
}

impl From<OverdueWord> for OverdueEffect {
    fn from(word: OverdueWord) -> Self {
        match word {
            OverdueWord::Block => OverdueEffect::Block,
            OverdueWord::Warn => OverdueEffect::Warn,
        }
    }
}
