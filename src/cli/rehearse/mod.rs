//! `portcullis rehearse`: what would this policy have said of the landings of the past?

use super::audit::asking::HostChoice;
use super::audit::period::AskedPeriod;
use super::exit::{Exit, Failure, Result};
use super::progress::ProgressView;
use super::{HostName, opening};
use clap::Args;
use jiff::Timestamp;
use portcullis_wire::decision::v1::OutcomeV1;
use std::path::{Path, PathBuf};

mod gather;
mod output;
mod policies;

/// So many steps are looked at where nothing is said.
const USUAL: usize = 100;

/// Arguments of `rehearse`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is recorded, and nothing is decided: no gate saw these landings. Exit codes: 0 every landing \
                        would have been allowed; 1 some would have been blocked; 3 something could not be seen, or there is \
                        no landing; 4 a policy is missing or not valid; 5 no such branch or file."
)]
pub struct RehearseArguments {
    /// Look at the last N steps of the first-parent line. Default: 100.
    #[arg(long, value_name = "N", conflicts_with = "since", help_heading = "Which landings")]
    last: Option<usize>,
    /// Look at everything since then: a date (from its first moment in UTC), or an RFC 3339 time.
    #[arg(long, value_name = "DATE", help_heading = "Which landings")]
    since: Option<String>,
    /// Branch to look at. Default: the policy's, if it names only one; else the one that is checked
    /// out, if the policy names it.
    #[arg(long, value_name = "NAME", help_heading = "Which landings")]
    branch: Option<String>,
    /// Policy to rehearse; it need not be committed. Default: `portcullis.toml` as it is here now,
    /// else the one at the tip of the branch.
    #[arg(long, value_name = "FILE", help_heading = "Policy")]
    policy: Option<PathBuf>,
    /// Also tell which landings this other policy judges otherwise.
    #[arg(long, value_name = "FILE", help_heading = "Policy")]
    compare: Option<PathBuf>,
    /// Host to ask for requests and reviews. Default: `none`, which leaves to git what git knows.
    #[arg(long, value_enum, help_heading = "Where facts come from")]
    host: Option<HostName>,
    /// Repository on the host.
    #[arg(long, value_name = "OWNER/NAME", help_heading = "Where facts come from")]
    repository: Option<String>,
    /// Keep answers of the host in this folder, so that the next run goes on where this one ended.
    #[arg(long, value_name = "DIR", help_heading = "Where facts come from")]
    cache: Option<PathBuf>,
    /// Send at most N requests to the host. What would take more is undetermined.
    #[arg(long, value_name = "N", default_value_t = 5000, help_heading = "Where facts come from")]
    requests: u64,
    /// The moment to take for the present, as RFC 3339. Default: now.
    #[arg(long, value_name = "TIME", help_heading = "Where facts come from")]
    as_of: Option<Timestamp>,
    /// `terminal`, `json` or `html`; to a file with `=FILE`. Repeatable. Default: `terminal`.
    #[arg(long = "format", value_name = "NAME[=FILE]", help_heading = "Output")]
    formats: Vec<String>,
    /// Do not show on stderr how far the work has come.
    #[arg(short, long, help_heading = "Output")]
    quiet: bool,
}

impl RehearseArguments {
    fn host_choice(&self) -> HostChoice<'_> {
        HostChoice {
            host: self.host,
            repository: self.repository.as_deref(),
            cache: self.cache.as_deref(),
            requests: Some(self.requests),
        }
    }

    fn view(&self) -> ProgressView {
        ProgressView::of(self.quiet)
    }

    fn period(&self, now: Timestamp) -> Result<AskedPeriod> {
        match (&self.since, self.last) {
            (Some(since), _) => AskedPeriod::since(since, now),
            (None, Some(0)) => Err(Failure::usage("--last wants 1 or more")),
            (None, last) => Ok(AskedPeriod::Last(last.unwrap_or(USUAL))),
        }
    }
}

/// Rehearses a policy.
///
/// # Errors
/// Usage, environment or policy errors; landings that would have been blocked are no error.
pub fn run(directory: &Path, arguments: &RehearseArguments) -> Result {
    let plan = output::RehearsalPlan::read(&arguments.formats)?;
    let as_of = arguments.as_of.unwrap_or_else(Timestamp::now);
    let period = arguments.period(as_of)?;
    let repository = opening::open(directory)?;
    let rehearsal = gather::gather_rehearsal(&repository, directory, arguments, (&period, as_of))?;
    plan.write(&rehearsal)?;
    Ok(match rehearsal.outcome {
        OutcomeV1::Allow => Exit::Allowed,
        OutcomeV1::Block => Exit::Blocked,
        OutcomeV1::Undetermined => Exit::Undetermined,
    })
}
