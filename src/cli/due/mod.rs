//! `portcullis due`: everything that should have happened and did not.
//!
//! A check that no longer runs looks like a check that finds nothing. So silence is loud here: each
//! source of the table says until when it expects what.

use super::exit::{Exit, Failure, Result};
use super::hosts::{kind_of, open_host, profile_of};
use super::incident::parse_time;
use super::look::{LookArguments, Looked};
use super::policy_file::{POLICY, read_policy};
use super::record::pretty_json;
use super::{HostName, filled, opening};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use portcullis_forge::Forge;
use portcullis_incident::clock::whole_second;
use portcullis_incident::expected::{ExpectationReport, ExpectedDeed, SourceAnswer};
use portcullis_incident::icalendar::{CalendarEvent, write_calendar};
use portcullis_model::change::Revision;
use portcullis_model::environment::Environment;
use portcullis_model::fact::Gap;
use portcullis_wire::due::v1::{
    DueKindV1, DueNoteV1, DueSourceV1, DueV1, ExpectedDeedV1, UnseenSourceV1, VERSION,
};
use portcullis_wire::form::Form as _;
use portcullis_wire::form::MomentText;
use source::{DueView, StatedDeployment};
use std::path::{Path, PathBuf};

mod source;
mod sources;

/// Arguments of `due`.
#[derive(Debug, Args)]
#[command(
    after_help = "Something is overdue one second after its time. Exit codes: 0 nothing is overdue; 1 something is overdue; 3 \
                  nothing is, and something could not be seen; 2 invalid command line; 4 policy missing or not valid; 5 no \
                  repository, a file cannot be written, or COMMAND failed."
)]
pub struct DueArguments {
    /// Policy; the files that it names are read from the same directory.
    #[arg(long, value_name = "FILE", default_value = POLICY)]
    policy: PathBuf,
    /// Host to ask for deployments. Default: none.
    #[arg(long, value_enum)]
    host: Option<HostName>,
    /// Repository on the host.
    #[arg(long, value_name = "OWNER/NAME", requires = "host")]
    repository: Option<String>,
    /// What is deployed, where no host lists it: `ENVIRONMENT=COMMIT@TIME`. Repeatable.
    #[arg(long = "deployed", value_name = "ENVIRONMENT=COMMIT@TIME", value_parser = parse_deployed)]
    deployed: Vec<StatedDeployment>,
    /// Only this source. Repeatable. Default: all.
    #[arg(long = "source", value_name = "NAME", value_parser = sources::names())]
    sources: Vec<String>,
    /// Moment to look at. Default: now.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    /// Also show what is due within this time: `7d`, `12h`.
    #[arg(long, value_name = "TIME", value_parser = parse_within)]
    within: Option<SignedDuration>,
    #[command(flatten)]
    look: LookArguments,
}

fn parse_within(text: &str) -> Result<SignedDuration> {
    let number =
        |digits: &str| digits.parse::<u16>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
    let days = text.strip_suffix('d').and_then(number).map(|days| i64::from(days) * 24);
    let hours = days.or_else(|| text.strip_suffix('h').and_then(number).map(i64::from));
    hours
        .map(SignedDuration::from_hours)
        .ok_or_else(|| Failure::usage(format!("`{text}` is no time; write 7d or 12h")))
}

fn parse_deployed(text: &str) -> Result<StatedDeployment> {
    let parts = text.split_once('=').and_then(|(environment, rest)| {
        let (commit, time) = rest.rsplit_once('@')?;
        Some((environment, commit, time))
    });
    let (environment, commit, time) = parts.ok_or_else(|| Failure::usage("write ENVIRONMENT=COMMIT@TIME"))?;
    Ok(StatedDeployment {
        environment: environment.parse::<Environment>().map_err(Failure::usage)?,
        commit: Revision::try_from(commit.to_string()).map_err(Failure::usage)?,
        time: parse_time(time)?,
    })
}

/// Lists what is due.
///
/// # Errors
/// The command line, the policy, the repository, or what is to be written.
pub fn run(directory: &Path, arguments: &DueArguments) -> Result {
    arguments.look.publish("due", look(directory, arguments))
}

fn look(directory: &Path, arguments: &DueArguments) -> Result<Looked> {
    let policy = read_policy(&arguments.policy, &profile_of(arguments.host))?;
    let at = whole_second(arguments.at.unwrap_or_else(Timestamp::now));
    let view = DueView {
        policy: &policy,
        root: arguments.policy.parent().map(Path::to_path_buf).unwrap_or_default(),
        repository: opening::open(directory)?,
        host: open_asked_host(arguments)?,
        deployed: &arguments.deployed,
        at,
    };
    let meant = sources::TABLE.iter().filter(|source| {
        arguments.sources.is_empty() || arguments.sources.iter().any(|name| name == source.name())
    });
    let answers = meant.map(|source| source.look(&view)).collect();
    let within = arguments.within.unwrap_or_default();
    let report = ExpectationReport { at, within, answers };
    let form = form_of(&policy.project, &report);
    let exit = match (form.overdue.is_empty(), form.unseen.is_empty()) {
        (false, _) => Exit::Blocked,
        (true, false) => Exit::Undetermined,
        (true, true) => Exit::Allowed,
    };
    Ok(Looked {
        exit,
        text: portcullis_render::due::describe_due(&form, filled::columns()),
        json: pretty_json(&form)?,
        calendar: write_calendar(&policy.project, &events_of(&report)),
    })
}

fn open_asked_host(arguments: &DueArguments) -> Result<Option<Box<dyn Forge>>> {
    let (Some(HostName::Kind(_)), Some(name)) = (arguments.host, &arguments.repository) else {
        return Ok(None);
    };
    let kind = kind_of(arguments.host).map_err(|gap| Failure::unseen(Exit::Undetermined, &gap))?;
    open_host(kind, name, None).map(Some)
}

fn form_of(project: &str, report: &ExpectationReport) -> DueV1 {
    let deeds = |all: Vec<&ExpectedDeed>| all.into_iter().map(deed_of).collect();
    let unseen = |(source, gap): (&'static str, &Gap)| UnseenSourceV1 {
        source: source.to_string(),
        why: gap.to_string(),
        remedy: gap.remedy.clone(),
    };
    DueV1 {
        schema: VERSION,
        kind: DueKindV1::Due,
        project: project.to_string(),
        at: MomentText::of(report.at),
        within_seconds: report.within.as_secs().unsigned_abs(),
        overdue: deeds(report.overdue()),
        coming: deeds(report.coming()),
        unseen: report.gaps().map(unseen).collect(),
        notes: report.answers.iter().flat_map(notes_of).collect(),
        sources: report
            .answers
            .iter()
            .map(|answer| DueSourceV1 {
                name: answer.source.to_string(),
                idle: answer.idle.map(ToString::to_string),
            })
            .collect(),
    }
}

fn notes_of(answer: &SourceAnswer) -> Vec<DueNoteV1> {
    let note = |note: &String| DueNoteV1 { source: answer.source.to_string(), note: note.clone() };
    answer.notes.iter().map(note).collect()
}

fn deed_of(deed: &ExpectedDeed) -> ExpectedDeedV1 {
    ExpectedDeedV1 {
        source: deed.source.to_string(),
        subject: deed.subject.clone(),
        what: deed.what.clone(),
        due: MomentText::of(deed.due),
        remedy: deed.remedy.clone(),
    }
}

/// A date for everything that is expected, overdue or not.
fn events_of(report: &ExpectationReport) -> Vec<CalendarEvent> {
    let deeds = report.answers.iter().flat_map(|answer| &answer.deeds);
    let mut events: Vec<CalendarEvent> = deeds
        .map(|deed| CalendarEvent {
            about: deed.about.clone(),
            summary: format!("{}: {} is due", deed.subject, deed.what),
            description: deed.remedy.clone(),
            at: deed.due,
            changed: deed.since.unwrap_or(report.at),
            sequence: deed.changes,
            cancelled: false,
        })
        .collect();
    events.sort_by(|a, b| (a.at, &a.about).cmp(&(b.at, &b.about)));
    events
}
