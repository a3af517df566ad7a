//! `portcullis audit`: every landing and deployment of a period, what each is worth, and what shows
//! that none is missing.

use super::exit::{Exit, Failure, Result};
use super::pack::option::PackOptions;
use super::pack::sealed::list_seals;
use super::progress::ProgressView;
use super::{HostName, opening};
use clap::Args;
use jiff::Timestamp;
use people_seen::PeopleSeen;
use period::AskedPeriod;
use portcullis_audit::sample::SampleRequest;
use portcullis_model::environment::Environment;
use portcullis_wire::audit::v1::AuditOutcomeV1;
use std::path::{Path, PathBuf};

mod arrivals;
pub(super) mod asking;
pub(super) mod branch;
mod context;
mod environments;
mod gather;
mod output;
mod people_seen;
pub(super) mod period;
mod policies;
pub(super) mod population;
mod snapshots;

/// Arguments of `audit`.
#[derive(Debug, Default, Args)]
pub struct AuditArguments {
    /// Audit this range of commits of the first-parent line instead of a period of time.
    #[arg(value_name = "FROM..TO", conflicts_with_all = ["since", "until"])]
    range: Option<String>,
    /// First moment of the period: a date (from its first moment in UTC), or an RFC 3339 time.
    #[arg(long, value_name = "DATE", requires = "until")]
    since: Option<String>,
    /// End of the period: a date (the whole day belongs to it), or an RFC 3339 time (which does
    /// not).
    #[arg(long, value_name = "DATE", requires = "since")]
    until: Option<String>,
    /// Branch to audit. Repeatable. Default: the policy's, if it names only one.
    #[arg(long = "branch", value_name = "NAME", help_heading = "What to audit")]
    branches: Vec<String>,
    /// Environment whose deployments are audited. Repeatable. Default: each that has records here,
    /// and each that the policy lists.
    #[arg(long = "environment", value_name = "NAME", help_heading = "What to audit")]
    environments: Vec<Environment>,
    /// Audit landings only: that there are no deployment records is then no gap.
    #[arg(long, conflicts_with = "environments", help_heading = "What to audit")]
    no_deployments: bool,
    /// Host to ask for requests and reviews. Default: `none`; what was saved when landings were
    /// deployed is used in any case where no host is asked.
    #[arg(long, value_enum, help_heading = "Where facts come from")]
    host: Option<HostName>,
    /// Repository on the host.
    #[arg(long, value_name = "OWNER/NAME", help_heading = "Where facts come from")]
    repository: Option<String>,
    /// Keep answers of the host in this folder, so that an audit that was interrupted goes on where
    /// it was. Only answers about what is over are kept; each is used for a day, and checked.
    #[arg(long, value_name = "DIR", help_heading = "Where facts come from")]
    cache: Option<PathBuf>,
    /// Facts of a deployment that `portcullis facts` wrote. Repeatable.
    #[arg(long = "facts", value_name = "FILE", help_heading = "Where facts come from")]
    facts: Vec<PathBuf>,
    /// Policy outside the repository, in the place of the one that was in force and of that of
    /// today.
    #[arg(long, value_name = "FILE", help_heading = "Where facts come from")]
    policy: Option<PathBuf>,
    /// The moment to take for the present, as RFC 3339: for reviews that are due, and for dates in
    /// the future. Default: now.
    #[arg(long, value_name = "TIME", help_heading = "Where facts come from")]
    as_of: Option<Timestamp>,
    /// Draw a sample of so many landings.
    #[arg(long, value_name = "N", requires = "seed", help_heading = "Sample")]
    sample: Option<usize>,
    /// Seed of the sample: any text.
    #[arg(long, value_name = "TEXT", requires = "sample", help_heading = "Sample")]
    seed: Option<String>,
    /// Draw from each stratum: `area` takes so many landings of each data-processing area.
    #[arg(long, value_name = "BY", value_parser = ["area"], requires = "sample", help_heading = "Sample")]
    stratify: Option<String>,
    /// `terminal`, `json`, `markdown` or `csv` (the worksheet: the sample, or all landings); to a
    /// file with `=FILE`. Repeatable. Default: `terminal`.
    #[arg(long = "format", value_name = "NAME[=FILE]", help_heading = "Output")]
    formats: Vec<String>,
    #[command(flatten)]
    pack: PackOptions,
    /// Do not show on stderr how far the work has come.
    #[arg(short, long, help_heading = "Output")]
    quiet: bool,
    /// Also list what is met.
    #[arg(short, long, help_heading = "Output")]
    verbose: bool,
}

impl AuditArguments {
    fn host_choice(&self) -> asking::HostChoice<'_> {
        asking::HostChoice {
            host: self.host,
            repository: self.repository.as_deref(),
            cache: self.cache.as_deref(),
            requests: None,
        }
    }

    fn sample_request(&self) -> Option<SampleRequest> {
        let (size, seed) = (self.sample?, self.seed.clone()?);
        Some(SampleRequest { size, seed, by_area: self.stratify.is_some() })
    }
}

/// Audits a period.
///
/// Exit codes: 0 no exceptions, 1 exceptions, 3 something could not be shown or the period is
/// empty, 4 no policy, 5 no such branch or file, 6 records do not verify.
///
/// # Errors
/// Usage, environment or policy errors; exceptions are no error.
pub fn run(directory: &Path, arguments: &AuditArguments) -> Result {
    let plan = output::OutputPlan::read(&arguments.formats)?;
    let as_of = arguments.as_of.unwrap_or_else(Timestamp::now);
    let period = AskedPeriod::read(arguments)?;
    let repository = opening::open(directory)?;
    let seals = arguments.pack.read_seals()?;
    let people = PeopleSeen::if_wanted(arguments.pack.names_no_one());
    let mut audit = gather::gather_audit(&repository, directory, arguments, (&period, as_of), &people)?;
    list_seals(&seals, &mut audit)?;
    plan.write(&audit, arguments.verbose)?;
    let outcome = audit.outcome;
    let view = ProgressView::of(arguments.quiet);
    arguments.pack.write(&repository, audit, (&seals, people.into_finder()), view)?;
    Ok(exit_of(outcome))
}

/// Audits a period from what the repository holds alone.
///
/// # Errors
/// See [`run`].
#[cfg(feature = "demo")]
pub fn audit_period(
    directory: &Path,
    since: &str,
    until: &str,
    as_of: Timestamp,
) -> Result<portcullis_wire::audit::v1::AuditV1> {
    let (since, until) = (Some(since.to_string()), Some(until.to_string()));
    let arguments = AuditArguments { since, until, ..AuditArguments::default() };
    let period = AskedPeriod::read(&arguments)?;
    let repository = opening::open(directory)?;
    gather::gather_audit(&repository, directory, &arguments, (&period, as_of), &PeopleSeen::default())
}

fn exit_of(outcome: AuditOutcomeV1) -> Exit {
    match outcome {
        AuditOutcomeV1::NoExceptions => Exit::Allowed,
        AuditOutcomeV1::Exceptions => Exit::Blocked,
        AuditOutcomeV1::Empty | AuditOutcomeV1::Undetermined => Exit::Undetermined,
        AuditOutcomeV1::Unverified => Exit::Unverified,
    }
}

/// The gap of something that could not be seen, as a failure of the command.
pub(super) fn unseen_failure(gap: &portcullis_model::fact::Gap) -> Failure {
    Failure::unseen(Exit::Undetermined, gap)
}
