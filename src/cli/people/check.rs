//! `portcullis people check`: who is trained, what ends soon, who fills a role without training.

use super::status::{CourseStatus, Horizon, PersonStatus, RegisterStatus};
use super::{ReadRegister, RegisterArguments, parse_moment};
use crate::exit::{Exit, Failure, Result};
use crate::output;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use portcullis_judge::control::shared::training::read_days;
use std::fmt::Write as _;

/// Arguments of `people check`.
#[derive(Debug, Args)]
pub struct RegisterCheckArguments {
    #[command(flatten)]
    register: RegisterArguments,
    /// How long before its end training is mentioned: days, as `60d`.
    #[arg(long, value_name = "DAYS", default_value = "60d", value_parser = parse_days)]
    within: SignedDuration,
    /// The moment that it is about, such as `2026-12-18`. Default: now.
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    at: Option<Timestamp>,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

fn parse_days(text: &str) -> Result<SignedDuration> {
    read_days(text, 0..=u16::MAX).ok_or_else(|| Failure::usage("write days, as \"60d\""))
}

/// Shows the register.
///
/// # Errors
/// The policy or the register cannot be read, or is not valid.
pub fn run(arguments: &RegisterCheckArguments) -> Result {
    let read = arguments.register.read()?;
    let horizon = Horizon { at: arguments.at.unwrap_or_else(Timestamp::now), within: arguments.within };
    let status = RegisterStatus::of(&read, horizon);
    let text = if arguments.json {
        let json = serde_json::to_string_pretty(&status);
        json.map_err(|error| Failure::environment(error.to_string()))? + "\n"
    } else {
        describe(&read, &status)
    };
    output::text(&text)?;
    Ok(if status.remarks.is_empty() { Exit::Allowed } else { Exit::Blocked })
}

fn describe(read: &ReadRegister, status: &RegisterStatus) -> String {
    let name = read.file.display();
    let people = match status.people.len() {
        1 => "1 entry".to_string(),
        number => format!("{number} entries"),
    };
    let mut text = format!("{name} is valid: {people}\n");
    status.people.iter().for_each(|person| describe_person(person, &mut text));
    for team in &status.unseen_teams {
        let _ = writeln!(text, "not seen: the members of the team {team}");
    }
    for remark in &status.remarks {
        let place = remark.line.map_or_else(|| name.to_string(), |line| format!("{name}:{line}"));
        let _ = writeln!(text, "{place}: {}", remark.text);
    }
    text
}

fn describe_person(person: &PersonStatus, text: &mut String) {
    let left = if person.left { " (left)" } else { "" };
    let _ = writeln!(text, "  {}{left}", person.name);
    if person.courses.is_empty() {
        let _ = writeln!(text, "    no training");
    }
    for (name, course) in &person.courses {
        let _ = writeln!(text, "    {name}: {}", describe_course(course));
    }
}

fn describe_course(course: &CourseStatus) -> String {
    let waived = course.waived.as_ref().map(|why| format!(", waived: {why}")).unwrap_or_default();
    match (&course.why, &course.until) {
        (Some(why), _) => format!("not valid: {why}"),
        (None, Some(until)) => format!("until {until}{waived}"),
        (None, None) => format!("without end{waived}"),
    }
}
