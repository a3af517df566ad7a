//! An audit in the forms that people read, from its JSON form alone.

pub mod arrivals;
pub mod csv;
pub mod markdown;
pub mod terminal;

use crate::{escape, plural};
use portcullis_wire::audit::v1::{
    AuditOutcomeV1, AuditPeriodV1, AuditV1, AuditedLandingV1, ExceptionStandingV1, ExceptionV1, FollowUpV1,
    PassageV1, PassedByV1,
};
use portcullis_wire::decision::v1::{OutcomeV1, RequestV1, VerdictV1};
use std::io::{self, Write};

/// What an audit came to, in one sentence.
fn headline(audit: &AuditV1) -> String {
    let counts = &audit.counts;
    match audit.outcome {
        AuditOutcomeV1::NoExceptions => format!(
            "no exceptions: each of {} met the policy that was in force for it",
            plural(counts.landings, "landing")
        ),
        AuditOutcomeV1::Empty => {
            "the period is empty: no landing and no deployment belongs to it, so nothing is shown".to_string()
        }
        AuditOutcomeV1::Undetermined => {
            format!("undetermined: {} could not be shown", plural(audit.gaps.len() as u64, "thing"))
        }
        AuditOutcomeV1::Exceptions => {
            format!("{}, {} of them open", plural(counts.exceptions, "exception"), counts.open_exceptions)
        }
        AuditOutcomeV1::Unverified => "records of the period do not verify".to_string(),
    }
}

/// The period, in a few words.
fn describe_period(period: &AuditPeriodV1) -> String {
    match (&period.since, &period.until, &period.range) {
        (Some(since), Some(until), _) => format!("from {since} to before {until}"),
        (_, _, Some(range)) => format!("the range {range}"),
        _ => "unknown".to_string(),
    }
}

fn outcome_word(outcome: OutcomeV1) -> &'static str {
    match outcome {
        OutcomeV1::Allow => "allow",
        OutcomeV1::Undetermined => "undetermined",
        OutcomeV1::Block => "block",
    }
}

fn request_name(request: &RequestV1) -> String {
    match request {
        RequestV1::Number(number) => number.to_string(),
        RequestV1::Name(name) => name.clone(),
    }
}

/// The id with the first ten digits of its commit.
fn short_item(item: &str) -> String {
    match item.rsplit_once('@') {
        Some((branch, commit)) => format!("{branch}@{}", commit.get(..10).unwrap_or(commit)),
        None => item.to_string(),
    }
}

/// What an exception passed by, in a few words.
fn describe_passage(passage: &PassageV1) -> String {
    let who = passage.who.as_deref().unwrap_or("unknown");
    match passage.by {
        PassedByV1::Waiver => format!("waiver {}, granted by {who}", passage.what),
        PassedByV1::WaiverAtDeployment => {
            format!("waiver {}, granted by {who}, when it was deployed", passage.what)
        }
        PassedByV1::Bypass => passage.what.clone(),
        PassedByV1::Administrator => format!("{who} {}", passage.what),
    }
}

fn standing_word(exception: &ExceptionV1) -> &'static str {
    match exception.standing {
        ExceptionStandingV1::Open => "open",
        ExceptionStandingV1::Waived => "waived",
    }
}

fn follow_up_word(follow_up: FollowUpV1) -> &'static str {
    match follow_up {
        FollowUpV1::None => "nothing is owed",
        FollowUpV1::Due => "a review is due",
        FollowUpV1::Done => "reviewed in time",
        FollowUpV1::Late => "reviewed late",
        FollowUpV1::Overdue => "the review is overdue",
        FollowUpV1::Unseen => {
            "the text of the waiver was not seen, so it is not known whether a review is owed"
        }
    }
}

/// The findings of a landing that stop it, in a few words each.
fn stopping(landing: &AuditedLandingV1) -> impl Iterator<Item = String> + '_ {
    let stops = |verdict| matches!(verdict, VerdictV1::Broken | VerdictV1::Unproven | VerdictV1::Waived);
    let found = landing.then.findings.iter().filter(move |found| stops(found.verdict));
    found.map(|found| format!("{}: {}", found.control, found.reason))
}

/// The head of a table in Markdown.
fn write_table(out: &mut dyn Write, header: &[&str]) -> io::Result<()> {
    writeln!(out, "| {} |", header.join(" | "))?;
    writeln!(out, "|{}", " --- |".repeat(header.len()))
}

/// A row of it.
fn write_cells(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    let cells: Vec<String> = cells.iter().map(|cell| escape::prose(cell)).collect();
    writeln!(out, "| {} |", cells.join(" | "))
}

/// A span of time in words.
fn describe_seconds(seconds: u64) -> String {
    match seconds {
        0..7_200 => plural(seconds / 60, "minute"),
        7_200..172_800 => plural(seconds / 3_600, "hour"),
        _ => plural(seconds / 86_400, "day"),
    }
}
