//! What a look at clocks came to, and who gets it: stdout, a calendar, and a command of the user's
//! own. Each gets it whatever became of the others.

use super::exit::{Exit, Failure, Result};
use super::listener::ListenerArguments;
use super::output;
use super::record::pretty_json;
use clap::{Args, ValueEnum};
use portcullis_wire::look_failure::v1::{LookFailureKindV1, LookFailureV1, VERSION};
use std::path::PathBuf;

/// Who gets what a look came to.
#[derive(Debug, Args)]
pub struct LookArguments {
    /// How to write it.
    #[arg(long, value_enum, default_value_t = DueFormat::Text)]
    format: DueFormat,
    /// Also write the dates to this file, as iCalendar.
    #[arg(long, value_name = "FILE")]
    ical: Option<PathBuf>,
    #[command(flatten)]
    listener: ListenerArguments,
}

/// How to write what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DueFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For calendars: RFC 5545.
    Ical,
}

/// What a look came to, in each form.
pub struct Looked {
    /// How the program ends.
    pub exit: Exit,
    /// For people.
    pub text: String,
    /// For programs.
    pub json: String,
    /// For calendars.
    pub calendar: String,
}

impl LookArguments {
    /// Shows what a look of this name came to, and tells the command, where it did not end well. A
    /// look that ended in an error told no one anything else, so the command hears of that too.
    ///
    /// # Errors
    /// Those of the look, and what cannot be written or told.
    pub fn publish(&self, look: &str, looked: Result<Looked>) -> Result {
        let looked = looked.map_err(|failure| self.tell_failure(look, failure))?;
        let shown = self.show(&looked);
        let told = match looked.exit {
            Exit::Allowed => Ok(()),
            _ => self.listener.tell(&looked.json),
        };
        shown.and(told).map(|()| looked.exit)
    }

    fn show(&self, looked: &Looked) -> Result<()> {
        let file = self.ical.as_ref();
        let kept = file.map_or(Ok(()), |file| output::write_file(file, looked.calendar.as_bytes()));
        match self.format {
            DueFormat::Text => output::text(&looked.text),
            DueFormat::Json => output::stdout(looked.json.as_bytes()),
            DueFormat::Ical => output::data(looked.calendar.as_bytes()),
        }
        .and(kept)
    }

    /// Tells the command of an error. A wrong command line is for the person who wrote it.
    fn tell_failure(&self, look: &str, failure: Failure) -> Failure {
        if failure.exit == Exit::Usage {
            return failure;
        }
        let told = describe_failure(look, &failure).and_then(|json| self.listener.tell(&json));
        if let Err(untold) = told {
            output::complain(&untold.to_string());
        }
        failure
    }
}

fn describe_failure(look: &str, failure: &Failure) -> Result<String> {
    pretty_json(&LookFailureV1 {
        schema: VERSION,
        kind: LookFailureKindV1::LookFailure,
        look: look.to_string(),
        exit: failure.exit as u8,
        error: failure.message.clone(),
        help: failure.hints.clone(),
    })
}
