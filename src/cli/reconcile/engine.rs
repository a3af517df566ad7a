//! Comparisons that are made elsewhere: a text that the user's own Spark runs, buckets that other
//! machines compare, and what their answers are worth.

use super::compared::{JudgedComparison, headers_of, past_runs};
use super::comparing::{open_manifests, preview, show_result};
use super::exchange::{self, ExchangeCommand};
use super::inputs::{find_dataset, manifest_failure, read_dataset_policy};
use super::manifest_signing::check_signatures;
use super::plan::{self, PlanArguments, read_plan};
use super::storing::{Keeping, chain_of, keep_run};
use super::{KeepingArguments, ManifestArguments, PolicyArguments, RunFormat, exit_of};
use crate::cli::exit::{Exit, Failure, Result};
use crate::cli::{opening, output};
use clap::{Args, Subcommand, ValueEnum};
use portcullis_model::digest::{Digest, Digester};
use portcullis_reconcile::engine::{
    AnswerReader, EngineFault, EnginePlan, JudgedAnswer, answer_bucket, compare_buckets_again, judge_answer,
    make_comparison,
};
use portcullis_reconcile::judge::judge_comparison;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many faults of an answer are told.
const TOLD: usize = 20;

/// How many records of each class are named.
const LISTED: usize = 200;

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
            accept(directory, &arguments.manifests, &arguments.policy, &arguments.answer)
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
    /// The program `spark-sql` or `spark-submit` of your Spark. Default: `spark-sql` of
    /// SPARK_HOME, or of the path.
    #[arg(long, value_name = "PROGRAM", env = "PORTCULLIS_SPARK_SQL")]
    spark_sql: Option<PathBuf>,
    /// Arguments for Spark, such as `--master yarn`.
    #[arg(last = true)]
    arguments: Vec<String>,
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

/// An answer that was made elsewhere.
#[derive(Debug, Args)]
pub struct AnswerArguments {
    /// Folder with the answer of an engine, to be accepted or refused.
    #[arg(long, value_name = "DIR", requires = "plan")]
    engine_result: Option<PathBuf>,
    /// Folder of the plan that the answer is to.
    #[arg(long, value_name = "DIR", requires = "engine_result")]
    plan: Option<PathBuf>,
    /// Compare this many buckets again here; which, follows from the answer.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(0..=256), requires = "engine_result")]
    again: u16,
    /// Keep the run in the repository.
    #[arg(long, requires = "engine_result")]
    record: bool,
    #[command(flatten)]
    keeping: KeepingArguments,
    /// How to write the result of an engine.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: RunFormat,
}

impl AnswerArguments {
    /// Whether an answer is to be judged.
    pub(super) const fn is_given(&self) -> bool {
        self.engine_result.is_some()
    }
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

/// Starts the user's own Spark. The answer has its name when Spark ended well, and not before.
fn start(directory: &Path, arguments: &StartArguments) -> Result {
    let StartedEngine::Spark = arguments.engine;
    let (plan, output) = (directory.join(&arguments.plan), directory.join(&arguments.output));
    let text = plan.join("run.sql");
    if !text.is_file() {
        let message = format!("there is no text in {}", plan.display());
        return Err(Failure::usage(message).hint("write it with `portcullis reconcile plan --engine spark`"));
    }
    let cannot =
        |error: std::io::Error| Failure::environment(format!("cannot write {}: {error}", output.display()));
    std::fs::create_dir(&output).map_err(cannot)?;
    let (partial, whole) = (output.join("answer.tsv.partial"), output.join("answer.tsv"));
    let file = File::create(&partial).map_err(cannot)?;
    let program = find_spark(arguments);
    let mut command = Command::new(&program);
    command.args(&arguments.arguments).args(["--conf", "spark.sql.catalogImplementation=in-memory"]);
    if program.file_stem().is_some_and(|name| name == "spark-submit") {
        command.args([
            "--class",
            "org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver",
            "spark-internal",
        ]);
    }
    let text = std::path::absolute(&text).map_err(cannot)?;
    command.arg("-f").arg(text).current_dir(&output).stdin(Stdio::null()).stdout(Stdio::from(file));
    let status = command.status().map_err(|error| {
        Failure::environment(format!("cannot start {}: {error}", program.display()))
            .hint("name `spark-sql` or `spark-submit` of your Spark with --spark-sql, or set SPARK_HOME")
    })?;
    if !status.success() {
        let message = format!("{} ended with {status}; what it wrote is no answer", program.display());
        return Err(Failure::environment(message).hint("see what Spark says above"));
    }
    std::fs::rename(&partial, &whole).map_err(cannot)?;
    output::text(&format!(
        "answer in {}; it counts when `portcullis reconcile judge --plan {} --engine-result {} SOURCE TARGET …` accepts it",
        whole.display(),
        arguments.plan.display(),
        arguments.output.display()
    ))?;
    Ok(Exit::Allowed)
}

fn find_spark(arguments: &StartArguments) -> PathBuf {
    let at_home = || std::env::var_os("SPARK_HOME").map(|home| PathBuf::from(home).join("bin/spark-sql"));
    arguments.spark_sql.clone().or_else(at_home).unwrap_or_else(|| PathBuf::from("spark-sql"))
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
        let partial = whole.with_extension("csv.partial");
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

/// Accepts the answer of an engine or of many buckets, or says by name what is wrong with it.
pub(super) fn accept(
    directory: &Path,
    manifests: &ManifestArguments,
    policy: &PolicyArguments,
    arguments: &AnswerArguments,
) -> Result {
    let (Some(answer), Some(folder)) = (&arguments.engine_result, &arguments.plan) else {
        return Err(Failure::usage("the answer and its plan are needed: --engine-result DIR --plan DIR"));
    };
    let policy = read_dataset_policy(directory, policy)?;
    let manifests = open_manifests(directory, manifests)?;
    let dataset = find_dataset(&policy, &manifests.source.header().dataset)?;
    check_signatures(directory, dataset, &manifests)?;
    let plan = read_plan(&directory.join(folder), dataset, &manifests)?;
    let (judged, digest) = match read_answer(&plan, &directory.join(answer))? {
        Ok(accepted) => accepted,
        Err(faults) => return refuse(&dataset.name, &faults),
    };
    let again = draw_buckets(&digest, arguments.again);
    let faults = compare_buckets_again(&plan, &judged, &again).map_err(manifest_failure)?;
    if !faults.is_empty() {
        return refuse(&dataset.name, &faults);
    }
    let chain = match opening::open(directory) {
        Ok(_) => chain_of(directory, dataset)?,
        Err(_) => None,
    };
    let unlisted: u64 = judged.unlisted.values().sum();
    let mut answer = make_comparison(&plan, judged, LISTED).map_err(manifest_failure)?;
    answer.breaks.opened = answer.breaks.opened.max(unlisted);
    let past = past_runs(chain.as_ref(), dataset);
    let mut judgement = judge_comparison(dataset, headers_of(&manifests), &answer, &past);
    judgement.notes.push(format!(
        "An engine made this comparison by the text {}; its answer has the digest {}. All totals, control records \
         and lists add up, and {} buckets were compared again here.",
        plan.write_text().digest.as_str(),
        digest.as_str(),
        again.len()
    ));
    if unlisted > 0 {
        judgement
            .notes
            .push(format!("{unlisted} records are counted and not listed, so they are unconfirmed."));
    }
    let compared = JudgedComparison { manifests: manifests.clone(), answer, judgement };
    let keeping = Keeping { directory, dataset, policy: &policy.digest, arguments: &arguments.keeping };
    let (run, kept) = if arguments.record {
        let (run, commit) = keep_run(&keeping, &compared)?;
        (run, Some(commit))
    } else {
        (preview(&compared, dataset, &policy.digest, None)?, None)
    };
    let kept = kept.as_ref().map(|commit| commit.short());
    show_result(&run, dataset, kept, &compared.judgement.notes, arguments.format)?;
    Ok(exit_of(run.outcome))
}

fn refuse(dataset: &str, faults: &[EngineFault]) -> Result {
    for fault in faults.iter().take(TOLD) {
        output::complain(&format!("{dataset}: {}: {fault}", fault.name()));
    }
    let more = faults.len().saturating_sub(TOLD);
    if more > 0 {
        output::complain(&format!("{dataset}: {more} more"));
    }
    let remedy = faults.first().map_or("", EngineFault::remedy);
    Err(Failure::unverified(format!("{dataset}: the answer is not accepted")).hint(remedy))
}

type AcceptedAnswer = std::result::Result<(JudgedAnswer, Digest), Vec<EngineFault>>;

/// Reads and judges every file of a folder. Hidden files and Spark's marks (`_SUCCESS`) are none of
/// the answer.
fn read_answer(plan: &EnginePlan<'_>, folder: &Path) -> Result<AcceptedAnswer> {
    let cannot =
        |error: std::io::Error| Failure::environment(format!("cannot read {}: {error}", folder.display()));
    let entries = std::fs::read_dir(folder).map_err(cannot)?;
    let files: std::io::Result<Vec<_>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut files = files.map_err(cannot)?;
    files.sort();
    let mut reader = AnswerReader::new(plan.marks());
    let mut digest = Digester::default();
    for file in files.iter().filter(|file| is_of_answer(file)) {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let input = File::open(file).map_err(cannot)?;
        let mut input = DigestedInput { input, digest: &mut digest };
        reader.read_file(&name, BufReader::new(&mut input)).map_err(cannot)?;
    }
    let judged = reader.finish().and_then(|answer| judge_answer(&plan.demand(), &answer));
    Ok(judged.map(|judged| (judged, digest.digest())))
}

fn is_of_answer(file: &Path) -> bool {
    let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    file.is_file() && !name.starts_with(['.', '_'])
}

/// A file whose digest is taken while it is read.
struct DigestedInput<'d> {
    input: File,
    digest: &'d mut Digester,
}

impl Read for DigestedInput<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.digest.take(&buffer[..read]);
        Ok(read)
    }
}

/// Buckets that follow from the digest of an answer, so that its maker cannot choose them.
fn draw_buckets(digest: &Digest, count: u16) -> BTreeSet<u8> {
    let mut drawn = BTreeSet::new();
    let mut text = digest.as_str().to_string();
    while drawn.len() < usize::from(count) {
        let hex = Digest::of(text.as_bytes());
        drawn.extend(hex.hex().get(..2).and_then(|byte| u8::from_str_radix(byte, 16).ok()));
        text = hex.as_str().to_string();
    }
    drawn
}
