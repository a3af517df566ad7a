//! The period that was asked for.

use super::AuditArguments;
use crate::exit::{Failure, Result};
use jiff::{SignedDuration, Timestamp};
use portcullis_audit::period::AuditedPeriod;
use portcullis_model::moment::Moment;

/// A period of time, or a range of commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedPeriod {
    /// From one moment to another.
    Time(AuditedPeriod),
    /// From one commit, which is not part of it, to another.
    Range {
        /// The commit before the first landing.
        from: String,
        /// The last landing.
        to: String,
    },
    /// The last steps of the line.
    Last(usize),
}

impl AskedPeriod {
    /// What the arguments say.
    ///
    /// # Errors
    /// They name no period, or one that ends before it begins.
    pub fn read(arguments: &AuditArguments) -> Result<Self> {
        match (&arguments.range, &arguments.since, &arguments.until) {
            (Some(range), _, _) => read_range(range),
            (None, Some(since), Some(until)) => read_times(since, until),
            _ => Err(Failure::usage(
                "name the period: --since 2026-01-01 --until 2026-12-31, or a range of commits, FROM..TO",
            )),
        }
    }

    /// From a moment to the present.
    ///
    /// # Errors
    /// The text names no moment, or one after the present.
    pub fn since(text: &str, now: Timestamp) -> Result<Self> {
        let since = read_moment(text)?;
        if since >= now {
            return Err(Failure::usage(format!("--since {text} is not before {now}")));
        }
        Ok(AskedPeriod::Time(AuditedPeriod { since, until: now }))
    }

    /// The two ends, where it is a time.
    pub fn ends(&self) -> Option<(Timestamp, Timestamp)> {
        match self {
            AskedPeriod::Time(period) => Some((period.since, period.until)),
            AskedPeriod::Range { .. } | AskedPeriod::Last(_) => None,
        }
    }
}

fn read_range(text: &str) -> Result<AskedPeriod> {
    let ends = text.split_once("..").filter(|(from, to)| {
        !from.is_empty() && !to.is_empty() && !to.starts_with('.') && !to.contains("..")
    });
    match ends {
        Some((from, to)) => Ok(AskedPeriod::Range { from: from.to_string(), to: to.to_string() }),
        None => Err(Failure::usage(format!("`{text}` is no range of commits; write FROM..TO"))),
    }
}

fn read_times(since: &str, until: &str) -> Result<AskedPeriod> {
    let (first, end) = (read_moment(since)?, read_end(until)?);
    if first >= end {
        return Err(Failure::usage(format!(
            "the period ends before it begins: --since {since} --until {until}"
        )));
    }
    Ok(AskedPeriod::Time(AuditedPeriod { since: first, until: end }))
}

fn read_moment(text: &str) -> Result<Timestamp> {
    let Moment(moment) = Moment::try_from(text.to_string()).map_err(Failure::usage)?;
    Ok(moment)
}

/// Of a date the whole day belongs to the period.
fn read_end(text: &str) -> Result<Timestamp> {
    let moment = read_moment(text)?;
    if text.len() > "2026-12-31".len() {
        return Ok(moment);
    }
    moment.checked_add(SignedDuration::from_hours(24)).map_err(|error| Failure::usage(error.to_string()))
}
