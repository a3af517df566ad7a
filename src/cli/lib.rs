//! The command line: arguments in, exit code out; one file per command.
#![allow(
    clippy::disallowed_methods,
    reason = "this room is where arguments, environment and output meet the program"
)]

use clap::builder::PossibleValue;
use clap::error::ErrorKind;
use clap::{Args, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use exit::Failure;
use portcullis_forge::{self as host, HostKind};
use portcullis_model::host::NO_HOST;
use portcullis_model::reading::ReportReaders;
use portcullis_model::test_run::ReportFormat;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;

pub mod approve;
mod asserted;
pub mod audit;
mod bare;
mod batching;
pub mod check;
mod clauses;
pub mod completions;
pub mod decide;
#[cfg(feature = "demo")]
pub mod demo;
mod deploying;
pub mod deployment;
#[cfg(feature = "demo")]
pub mod drill;
pub mod due;
pub mod evidence;
pub mod examples;
pub mod exit;
pub mod explain;
pub mod facts;
pub mod facts_check;
pub mod failed;
mod file_kind;
mod filled;
pub mod fleet;
mod given;
pub mod hook;
mod hosts;
pub mod incident;
pub mod init;
mod listener;
mod look;
pub mod man;
mod meant;
mod names;
pub mod opening;
pub mod output;
pub mod pack;
pub mod people;
pub mod policy;
mod policy_file;
pub mod prepare;
pub mod program;
pub mod progress;
#[cfg(feature = "reconcile")]
pub mod reconcile;
pub mod record;
pub mod rehearse;
pub mod remedy;
pub mod replay;
pub mod replayed;
pub mod reviews;
mod saved_case;
pub mod schema;
mod screen;
pub mod seal;
pub mod signature;
mod signing;
pub mod simulate;
pub mod snapshot;
mod sources;
pub mod status;
mod stop;
#[cfg(feature = "demo")]
pub mod story;
pub mod trace;
mod what_helps;

/// Gate for merges and deployments: a change to data-processing code needs branch protection,
/// independent review and regression evidence.
///
/// Exit codes, the same for every format: 0 allowed, 1 blocked, 2 invalid command line, 3
/// undetermined (must not land either), 4 policy missing or not valid, 5 no repository, no such
/// commit, or a file that cannot be read or written, 6 a deployment record or a signature does not
/// verify, a decision that is taken again differs, or another commit was deployed, 7 something was
/// simulated and nothing decided.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version = program::VERSION, max_term_width = 100)]
pub struct Cli {
    /// Run as if started in DIR; all paths are relative to it.
    #[arg(short = 'C', value_name = "DIR", global = true, default_value = ".", hide_default_value = true)]
    directory: PathBuf,
    /// Colour in text for people. `auto`: on a terminal, where `NO_COLOR` is not set.
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value_t = ColorChoice::Auto, hide_default_value = true)]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look at the repository, and propose a policy with the evidence for every line.
    Init(init::InitArguments),
    /// Judge a change request or a deployment: gather the facts and decide.
    Check(check::CheckArguments),
    /// Audit the landings and deployments of a period.
    Audit(audit::AuditArguments),
    /// Rehearse a policy: what would it have said of the landings of the past?
    Rehearse(rehearse::RehearseArguments),
    /// Gather the facts that `check` would judge, and write them as JSON.
    Facts(facts::FactsArguments),
    /// Sign a review of a commit, and add it to your chain of reviews in the repository.
    Approve(approve::ApproveArguments),
    /// List and verify signed reviews.
    #[command(subcommand)]
    Reviews(reviews::ReviewsCommand),
    /// Print the exact change of the host's settings that would satisfy the policy.
    Remedy(remedy::RemedyArguments),
    /// Simulate: what would the judge say if someone approved, or a suite passed?
    Simulate(simulate::SimulateArguments),
    /// Decide from gathered facts, without git and network.
    Decide(decide::DecideArguments),
    /// Explain a control, the data-processing areas of a path, or how a commit landed.
    Explain(explain::ExplainArguments),
    /// Write a policy or check it.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// The register of people and their training: check it, and add training to it.
    #[command(subcommand)]
    People(people::PeopleCommand),
    /// Compare what was sent to another system with what it holds; list, show and verify the runs.
    #[cfg(feature = "reconcile")]
    #[command(subcommand)]
    Reconcile(reconcile::ReconcileCommand),
    /// List, show and verify the records of allowed deployments.
    #[command(subcommand)]
    Record(record::RecordCommand),
    /// Take a decision again, of a sealed file or a deployment record, and compare it.
    Replay(replay::ReplayArguments),
    /// Write down what protects the deployment branches, list and verify that.
    Snapshot(snapshot::SnapshotArguments),
    /// Look at many repositories: policy, protection, waivers and records of each, in rounds.
    Fleet(fleet::FleetArguments),
    /// The register of incidents: open one, draft and record notices, see which are overdue.
    #[command(subcommand)]
    Incident(incident::IncidentCommand),
    /// List everything that should have happened and did not.
    Due(due::DueArguments),
    /// Show what is deployed to an environment, what waits, and what blocks it.
    Status(status::StatusArguments),
    /// Record test runs as statements bound to a tree; sign, verify and compare them.
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),
    /// Verify an evidence pack of an audit.
    #[command(subcommand)]
    Pack(pack::PackCommand),
    /// Sign a file that somebody keeps, such as a pack or a sealed decision; verify who signed it.
    #[command(subcommand)]
    Signature(signature::SignatureCommand),
    /// The gate on a git server: install it, and run it in the server's hooks.
    #[command(subcommand)]
    Hook(hook::HookCommand),
    /// Play the story of 2020 against your policy: which control and which run would have found it.
    #[cfg(feature = "demo")]
    Drill(drill::DrillArguments),
    /// Print the JSON Schema of a file that Portcullis reads or writes, or list the schemas.
    Schema(schema::SchemaArguments),
    /// Print the script by which a shell completes command lines.
    Completions(completions::CompletionArguments),
    /// Print a page of the manual, or write all of them.
    Man(man::ManArguments),
    /// See the gate at work on a made-up repository; no account and no network needed.
    #[cfg(feature = "demo")]
    Demo(demo::Arguments),
}

/// What to judge, and where its facts come from.
#[derive(Debug, Default, Args)]
pub struct SubjectArguments {
    /// Host to ask. Default in a job of GitHub, GitLab, Gitea or Forgejo: that host.
    #[arg(long, value_enum, help_heading = "What to judge")]
    host: Option<HostName>,
    /// Repository on the host. Default in a job of such a host: the job's repository.
    #[arg(long, value_name = "OWNER/NAME", help_heading = "What to judge")]
    repository: Option<String>,
    /// Number of the change request. Default in a GitHub Actions job: the event's request, or for a
    /// merge queue every request of the batch.
    #[arg(long, value_name = "N", value_parser = parse_request, help_heading = "What to judge")]
    request: Option<String>,
    /// Branch that would receive the change, with `--host bare`.
    #[arg(long, value_name = "BRANCH", help_heading = "What to judge")]
    onto: Option<String>,
    /// Tip of the branch that would receive the change. Default with a host: the tip that the host
    /// reports.
    #[arg(long, value_name = "REV", help_heading = "What to judge")]
    base: Option<String>,
    /// Tip of the change. Default with a host: the head of the event or of the request. A GitHub
    /// Actions job judges only the commit that its check is shown on.
    #[arg(long, value_name = "REV", help_heading = "What to judge")]
    head: Option<String>,
    /// Policy outside the repository; a path in the work tree means the file at the base commit.
    /// Default: `portcullis.toml` at the base commit.
    #[arg(long, value_name = "FILE", help_heading = "What to judge it by")]
    policy: Option<PathBuf>,
    /// Test reports.
    #[arg(
        long = "report",
        value_name = "[SUITE=][FORMAT:]FILE",
        help = report_help(),
        help_heading = "What to judge it by"
    )]
    reports: Vec<String>,
    /// File of statements that `portcullis evidence record` wrote, for the suites that they name.
    /// Repeatable.
    #[arg(long = "evidence", value_name = "FILE", help_heading = "What to judge it by")]
    evidence: Vec<PathBuf>,
}

/// A change request of any kind of host; the host that is asked reads it again.
fn parse_request(text: &str) -> Result<String, String> {
    let is_any = host::TABLE.iter().any(|kind| kind.read_request(text).is_ok());
    if is_any { Ok(text.to_string()) } else { Err("no host has such a change request".to_string()) }
}

fn report_help() -> String {
    let names: Vec<&str> = ReportFormat::ALL.iter().map(|format| format.name()).collect();
    format!(
        "Test report, for the suites whose patterns match its path, or for SUITE. The format is recognised by content unless \
         FORMAT names it: {}. Repeatable",
        names.join(", ")
    )
}

/// The host that an argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostName {
    /// A host of this kind.
    Kind(&'static HostKind),
    /// No host: what only a host knows stays unseen.
    None,
}

static HOST_NAMES: LazyLock<Vec<HostName>> =
    LazyLock::new(|| host::TABLE.iter().map(|kind| HostName::Kind(kind)).chain([HostName::None]).collect());

impl ValueEnum for HostName {
    fn value_variants<'a>() -> &'a [Self] {
        HOST_NAMES.as_slice()
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            HostName::Kind(kind) => PossibleValue::new(kind.name).help(kind.about),
            HostName::None => PossibleValue::new(NO_HOST)
                .help("No host: facts that only a host knows are reported as unproven"),
        })
    }
}

/// The command line of the program, with examples in the help of every command.
pub fn command() -> clap::Command {
    examples::add_to(Cli::command())
}

/// Parses the process's own arguments. Help and complaints obey `--color` before it is parsed.
fn parse_arguments() -> Result<Cli, clap::Error> {
    let choice = screen::choice_in(std::env::args_os());
    screen::choose(choice);
    let mut command = command().color(choice);
    let mut matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// Runs the program on the process's own arguments, with these parsers of reports.
pub fn main(readers: &dyn ReportReaders) -> ExitCode {
    let ended = match parse_arguments() {
        Ok(cli) => run(cli, readers),
        Err(help) if help.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            print_help(&help);
            failed::annotate_job(&Failure::usage("the command is not complete"));
            return exit::Exit::Usage.into();
        }
        Err(error) if error.use_stderr() => Err(refuse_arguments(&error)),
        Err(help) => return print_help(&help),
    };
    match ended {
        Ok(exit) => {
            if exit == exit::Exit::Unverified {
                failed::annotate_job(&Failure::unverified("the log of this step says which, and why"));
            }
            exit.into()
        }
        Err(failure) => {
            failed::report_failure(&failure);
            failure.exit.into()
        }
    }
}

/// The message repeats arguments, which in a job can come from the author of the request: it is
/// written like any other complaint.
fn refuse_arguments(error: &clap::Error) -> exit::Failure {
    Failure::usage(error.render().to_string())
}

/// `--help`, `--version` and the help where a command is missing, which repeat nothing.
fn print_help(help: &clap::Error) -> ExitCode {
    match help.print() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => exit::Exit::Environment.into(),
        _ => exit::Exit::Allowed.into(),
    }
}

/// Every path that the user names is meant from the directory that `-C` names, as with git.
fn run(cli: Cli, readers: &dyn ReportReaders) -> exit::Result {
    screen::choose(cli.color);
    std::env::set_current_dir(&cli.directory).map_err(|error| {
        Failure::environment(format!("cannot enter the directory {}: {error}", cli.directory.display()))
    })?;
    let directory = Path::new(".");
    match cli.command {
        Command::Init(arguments) => init::run(directory, &arguments),
        Command::Check(arguments) => check::run(directory, &arguments, readers),
        Command::Audit(arguments) => audit::run(directory, &arguments),
        Command::Rehearse(arguments) => rehearse::run(directory, &arguments),
        Command::Facts(arguments) => facts::run(directory, &arguments, readers),
        Command::Approve(arguments) => approve::run(directory, &arguments),
        Command::Reviews(command) => reviews::run(directory, &command),
        Command::Remedy(arguments) => remedy::run(directory, &arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Decide(arguments) => decide::run(directory, &arguments, readers),
        Command::Explain(arguments) => explain::run(directory, &arguments),
        Command::Policy(command) => policy::run(directory, &command),
        Command::People(command) => people::run(&command),
        #[cfg(feature = "reconcile")]
        Command::Reconcile(command) => reconcile::run(directory, &command),
        Command::Record(command) => record::run(directory, &command),
        Command::Replay(arguments) => replay::run(directory, &arguments),
        Command::Snapshot(arguments) => snapshot::run(directory, &arguments),
        Command::Fleet(arguments) => fleet::run(directory, &arguments),
        Command::Incident(command) => incident::run(directory, &command),
        Command::Due(arguments) => due::run(directory, &arguments),
        Command::Status(arguments) => status::run(directory, &arguments, readers),
        Command::Evidence(command) => evidence::run(directory, &command, readers),
        Command::Pack(command) => pack::run(directory, &command),
        Command::Signature(command) => signature::run(directory, &command),
        Command::Hook(command) => hook::run(&command),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
        #[cfg(feature = "demo")]
        Command::Drill(arguments) => drill::run(directory, &arguments, readers),
        #[cfg(feature = "demo")]
        Command::Demo(arguments) => demo::run(&arguments, readers),
    }
}
