//! Comparisons that are made elsewhere: a text that the user's own Spark runs, and buckets that
//! other machines compare.

use super::accepting::{self, AnswerArguments};
use super::comparing::open_manifests;
use super::exchange::{self, ExchangeCommand};
use super::inputs::{find_dataset, manifest_failure, read_dataset_policy};
use super::plan::{self, PlanArguments, read_plan};
use super::spark::SparkArguments;
use super::{ManifestArguments, PolicyArguments};
use crate::exit::{Exit, Failure, Result};
use crate::output;
use clap::{Args, Subcommand, ValueEnum};
use portcullis_reconcile::engine::answer_bucket;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Commands around a comparison that is made elsewhere.
#[derive(Debug, Subcommand)]
pub enum EngineCommand {
    /// Write the comparison as one SQL text, with what it reads and what to run it with.
    Plan(PlanArguments),
    /// Run the text of a plan with your own Spark.
    ///
    /// Its answer is worth nothing before `judge --engine-result` accepted it.
    Start(StartArguments),
    /// Compare some buckets of a plan here, for a machine that has only these.
    Bucket(BucketArguments),
    /// Accept the answers of all buckets of a plan, in whatever order they come.
    ///
    /// Exit codes: as of `judge`; 6 also where the answers do not add up to the manifests.
    Combine(CombineArguments),
    /// Find the differences with a partner, message by message, and show each other nothing else.
    #[command(subcommand)]
    Exchange(ExchangeCommand),
}

/// Runs a command.
pub(super) fn run(directory: &Path, command: &EngineCommand) -> Result {
    match command {
        EngineCommand::Plan(arguments) => plan::run(directory, arguments),
        EngineCommand::Start(arguments) => start(directory, arguments),
        EngineCommand::Bucket(arguments) => compare_bucket(directory, arguments),
        EngineCommand::Combine(arguments) => {
            accepting::accept(directory, &arguments.manifests, &arguments.policy, &arguments.answer)
        }
        EngineCommand::Exchange(command) => exchange::run(directory, command),
    }
}

/// An engine that this program can start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum StartedEngine {
    /// Apache Spark.
    #[default]
    Spark,
}

/// Arguments of `start`.
#[derive(Debug, Args)]
pub struct StartArguments {
    /// Folder of the plan.
    plan: PathBuf,
    /// Engine.
    #[arg(long, value_enum, default_value_t)]
    engine: StartedEngine,
    /// Folder for the answer; it must not exist.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    spark: SparkArguments,
}

/// Arguments of `bucket`.
#[derive(Debug, Args)]
pub struct BucketArguments {
    #[command(flatten)]
    manifests: ManifestArguments,
    #[command(flatten)]
    policy: PolicyArguments,
    /// Folder of the plan.
    #[arg(long, value_name = "DIR")]
    plan: PathBuf,
    /// Bucket to compare, 0 to 255; once for each.
    #[arg(long = "bucket", value_name = "N", required = true)]
    buckets: Vec<u8>,
    /// Folder for the answers: a file for each bucket.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// Arguments of `combine`.
#[derive(Debug, Args)]
pub struct CombineArguments {
    #[command(flatten)]
    manifests: ManifestArguments,
    #[command(flatten)]
    policy: PolicyArguments,
    #[command(flatten)]
    answer: AnswerArguments,
}

/// Compares buckets of a plan, and writes their answers.
fn compare_bucket(directory: &Path, arguments: &BucketArguments) -> Result {
    let policy = read_dataset_policy(directory, &arguments.policy)?;
    let manifests = open_manifests(directory, &arguments.manifests)?;
    let dataset = find_dataset(&policy, &manifests.source.header().dataset)?;
    let plan = read_plan(&directory.join(&arguments.plan), dataset, &manifests)?;
    let folder = directory.join(&arguments.output);
    let cannot = |place: &Path, error: std::io::Error| {
        Failure::environment(format!("cannot write {}: {error}", place.display()))
    };
    std::fs::create_dir_all(&folder).map_err(|error| cannot(&folder, error))?;
    for bucket in arguments.buckets.iter().collect::<BTreeSet<_>>() {
        let answer = answer_bucket(&plan, *bucket).map_err(manifest_failure)?;
        let whole = folder.join(format!("bucket-{bucket:03}.csv"));
        // A name with `_` before it is none of the answer.
        let partial = folder.join(format!("_bucket-{bucket:03}.partial"));
        let written = File::create(&partial).and_then(|file| {
            let mut output = BufWriter::new(file);
            answer.write(&mut output, &plan.marks())?;
            output.flush()?;
            std::fs::rename(&partial, &whole)
        });
        written.map_err(|error| cannot(&whole, error))?;
    }
    Ok(Exit::Allowed)
}

/// Starts the user's own Spark.
fn start(directory: &Path, arguments: &StartArguments) -> Result {
    let StartedEngine::Spark = arguments.engine;
    let (plan, output) = (directory.join(&arguments.plan), directory.join(&arguments.output));
    let text = plan.join("run.sql");
    if !text.is_file() {
        let message = format!("there is no text in {}", plan.display());
        return Err(Failure::usage(message).hint("write it with `portcullis reconcile plan --engine spark`"));
    }
    let answer = arguments.spark.find(directory)?.run(&plan, &output)?;
    output::text(&format!(
        "answer in {}; it counts when `portcullis reconcile judge` accepts it, the last command that `plan` printed",
        answer.display()
    ))?;
    Ok(Exit::Allowed)
}
