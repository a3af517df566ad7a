//! `portcullis reconcile`: was everything that was sent received?

use super::exit::{Exit, Failure, Result};
use clap::{Args, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

mod accepting;
mod by_engine;
pub mod compared;
mod comparing;
mod copied_database;
mod engine;
mod exchange;
mod explain;
mod extract;
pub mod incident;
pub mod inputs;
mod manifest_signing;
mod plan;
mod reasons;
pub mod resend;
mod run_folder;
mod running;
mod show;
mod spark;
mod storing;
mod workplace;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum ReconcileCommand {
    /// Read one side of a dataset and write its manifest: keyed keys and digests, without content.
    Extract(ExtractArguments),
    /// Compare two manifests and say what did not arrive.
    ///
    /// Exit codes: 0 green, 1 over budget, 3 nothing could be shown (a manifest of something else,
    /// too few rows, differences that were seen once), 5 a file cannot be read or written, 6 a
    /// manifest is not what its header says.
    Compare(CompareArguments),
    /// Read both sides, compare them, and keep the run in the repository.
    ///
    /// Differences are looked at again before they count. Exit codes: as of `compare`; with
    /// `--engine` 5 also where the engine is not there, fails or takes too long, and 6 where its
    /// answer does not add up. Nothing is kept then.
    Run(RunArguments),
    /// Compare kept manifests again and hold the run that a file or the chain has against it.
    ///
    /// Exit codes: 0 the same, 6 the run says something else.
    Judge(JudgeArguments),
    /// Show the canonical form of one record on both sides, where the key of the dataset is at
    /// hand.
    Explain(ExplainRecordArguments),
    /// List the runs of every dataset, or of one.
    List {
        /// Name of the dataset.
        dataset: Option<String>,
    },
    /// Show a run: its classes, what is open, and the deployments since the last good one.
    Show(ShowArguments),
    /// Verify the runs of every dataset, or of one.
    Verify(RunExpectations),
    /// Comparisons that are made elsewhere, and exchanges with a partner.
    #[command(flatten)]
    Engine(engine::EngineCommand),
}

/// Which dataset, and by which policy.
#[derive(Debug, Args)]
pub struct DatasetArguments {
    /// Name of the dataset in the policy.
    dataset: String,
    #[command(flatten)]
    policy: PolicyArguments,
}

/// The policy.
#[derive(Debug, Default, Args)]
pub struct PolicyArguments {
    /// Policy that defines the dataset. Default: `portcullis.toml`.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// Where the key of the dataset is.
#[derive(Debug, Args)]
pub struct KeyArguments {
    /// File with the key of the dataset, which only its owner can read. Default: the environment
    /// variable PORTCULLIS_DATASET_KEY.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReadSide {
    /// What was meant to be sent.
    Source,
    /// What the receiver holds.
    Target,
    /// What the receiver refused.
    Rejects,
    /// What the receiver answered.
    Receipts,
}

/// How a manifest is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum WrittenForm {
    /// A folder with a file for each of the 256 buckets.
    #[default]
    Plain,
    /// One Parquet file, for engines that read such files.
    Parquet,
}

impl From<WrittenForm> for portcullis_reconcile::manifest::ManifestForm {
    fn from(form: WrittenForm) -> Self {
        match form {
            WrittenForm::Plain => Self::Plain,
            WrittenForm::Parquet => Self::Parquet,
        }
    }
}

/// Arguments of `extract`.
#[derive(Debug, Args)]
pub struct ExtractArguments {
    #[command(flatten)]
    dataset: DatasetArguments,
    /// Which system to read.
    #[arg(long, value_enum)]
    side: ReadSide,
    /// Folder to write, or file with `--form parquet`; it must not exist.
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
    /// How to write the manifest. Both forms have the same digest, and `compare` takes both.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    form: WrittenForm,
    #[command(flatten)]
    key: KeyArguments,
    /// Read only the records of these differences: a manifest of breaks that `compare` wrote.
    #[arg(long, value_name = "DIR")]
    only: Option<PathBuf>,
    /// Also give each field a digest of 16 bits, so that a comparison can name the field that
    /// differs.
    #[arg(long)]
    columns: bool,
    /// Go on with an extraction to the same folder that was interrupted after its last row was
    /// read. Without one it begins again.
    #[arg(long)]
    resume: bool,
    /// Sign the manifest with this key, or with the key that git signs with.
    #[arg(long, value_name = "KEY", num_args = 0..=1, default_missing_value = "")]
    sign: Option<PathBuf>,
}

/// The manifests of a comparison.
#[derive(Debug, Args)]
pub struct ManifestArguments {
    /// Manifest of what was meant to be sent.
    source: PathBuf,
    /// Manifest of what the receiver holds.
    target: PathBuf,
    /// Manifest of the receiver's reject log.
    #[arg(long, value_name = "DIR")]
    rejects: Option<PathBuf>,
    /// Manifest of the receiver's receipts.
    #[arg(long, value_name = "DIR")]
    receipts: Option<PathBuf>,
    /// Differences that the run before saw: what differs again is confirmed.
    #[arg(long, value_name = "DIR")]
    previous: Option<PathBuf>,
    /// Deleted records that earlier runs saw gone.
    #[arg(long, value_name = "DIR")]
    gone: Option<PathBuf>,
}

/// How to write a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// A table for people.
    #[default]
    Text,
    /// The run as it would be kept: see `portcullis schema run`.
    Json,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArguments {
    #[command(flatten)]
    manifests: ManifestArguments,
    #[command(flatten)]
    policy: PolicyArguments,
    /// Write the differences to this folder, to confirm them and for the next run.
    #[arg(long, value_name = "DIR")]
    breaks: Option<PathBuf>,
    /// Write the deleted records that are gone to this folder, for the next run.
    #[arg(long, value_name = "DIR")]
    still_gone: Option<PathBuf>,
    /// Keep the run in the repository.
    #[arg(long)]
    record: bool,
    #[command(flatten)]
    keeping: KeepingArguments,
    /// How to write the result.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: RunFormat,
}

/// How a run is kept.
#[derive(Debug, Args)]
pub struct KeepingArguments {
    /// Sign the run with this key, or with the key that git signs with. A dataset with `signers`
    /// always needs a signature.
    #[arg(long, value_name = "KEY", num_args = 0..=1, default_missing_value = "")]
    sign: Option<PathBuf>,
    /// Push the runs to this remote.
    #[arg(long, value_name = "REMOTE")]
    push: Option<String>,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    #[command(flatten)]
    dataset: DatasetArguments,
    #[command(flatten)]
    key: KeyArguments,
    /// Folder that keeps what the next run needs: open differences, and deleted records that are
    /// gone. Default: nothing is kept, and a record that comes back is `extra`.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Folder in which each run makes one for its manifests, named by its time; they stay there.
    /// Default: they are removed.
    #[arg(long, value_name = "DIR")]
    manifests: Option<PathBuf>,
    /// Seconds to wait before differences are looked at again, 1 to 86400 (a day).
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    confirm_after: u64,
    /// Write the operations that have to be sent again to this file: one JSON object a line, in the
    /// order of their sequence, with the reason. It holds content, and only its owner can read it.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Compare, and keep nothing in the repository.
    #[arg(long)]
    dry_run: bool,
    /// Open the draft of an incident where the run is over budget; its clocks run from the end of
    /// the run.
    #[arg(long, conflicts_with = "dry_run")]
    open_incident: bool,
    #[command(flatten)]
    keeping: KeepingArguments,
    #[command(flatten)]
    engine: by_engine::RunEngineArguments,
    /// How to write the result.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: RunFormat,
}

/// Arguments of `judge`.
#[derive(Debug, Args)]
pub struct JudgeArguments {
    #[command(flatten)]
    manifests: ManifestArguments,
    #[command(flatten)]
    policy: PolicyArguments,
    /// Run to hold against the manifests: a file `run.json`, or the number of a run in the chain.
    #[arg(
        long,
        value_name = "FILE|NUMBER",
        required_unless_present = "engine_result",
        conflicts_with = "engine_result"
    )]
    run: Option<String>,
    #[command(flatten)]
    answer: accepting::AnswerArguments,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainRecordArguments {
    #[command(flatten)]
    dataset: DatasetArguments,
    #[command(flatten)]
    key: KeyArguments,
    /// Value of a field of the key, `FIELD=VALUE`; once for each field of the key.
    #[arg(long = "key", value_name = "FIELD=VALUE", required_unless_present = "reasons")]
    fields: Vec<String>,
    /// Show the text of each reason in the reject log, with the code that runs keep of it.
    #[arg(long, conflicts_with = "fields")]
    reasons: bool,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Name of the dataset.
    dataset: String,
    /// Number of the run. Default: the newest.
    number: Option<u64>,
    /// Environment whose deployments the run is held against. Default: all that have records.
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<String>,
    /// How to write it.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: RunFormat,
}

/// What the runs must hold.
#[derive(Debug, Args)]
pub struct RunExpectations {
    /// Name of the dataset. Default: every dataset that has runs.
    dataset: Option<String>,
    /// Commit of a run that you kept elsewhere, such as the newest one of last time. The chain must
    /// still hold it.
    #[arg(long, value_name = "COMMIT", requires = "dataset")]
    expect_tip: Option<String>,
    /// Smallest number of runs that must exist.
    #[arg(long, value_name = "N", requires = "dataset")]
    at_least: Option<u64>,
}

/// Runs a command of `reconcile`.
///
/// # Errors
/// Usage, policy or environment errors, manifests that are refused, runs that do not verify.
pub fn run(directory: &Path, command: &ReconcileCommand) -> Result {
    match command {
        ReconcileCommand::Extract(arguments) => extract::run(directory, arguments),
        ReconcileCommand::Compare(arguments) => comparing::run(directory, arguments),
        ReconcileCommand::Run(arguments) => running::run(directory, arguments),
        ReconcileCommand::Engine(command) => engine::run(directory, command),
        ReconcileCommand::Judge(arguments) if arguments.answer.is_given() => {
            accepting::accept(directory, &arguments.manifests, &arguments.policy, &arguments.answer)
        }
        ReconcileCommand::Judge(arguments) => comparing::judge(directory, arguments),
        ReconcileCommand::Explain(arguments) => explain::run(directory, arguments),
        ReconcileCommand::List { dataset } => show::list(directory, dataset.as_deref()),
        ReconcileCommand::Show(arguments) => show::show(directory, arguments),
        ReconcileCommand::Verify(expected) => show::verify(directory, expected),
    }
}

/// The exit code of an outcome.
fn exit_of(outcome: portcullis_model::reconciliation::RunOutcome) -> Exit {
    use portcullis_model::reconciliation::RunOutcome;
    match outcome {
        RunOutcome::Green => Exit::Allowed,
        RunOutcome::OverBudget => Exit::Blocked,
        RunOutcome::Unconfirmed | RunOutcome::Broken => Exit::Undetermined,
    }
}

/// A failure with its exit code.
fn failure(exit: Exit, message: impl Into<String>) -> Failure {
    Failure { exit, ..Failure::environment(message) }
}
