//! `reconcile plan`: the comparison as an SQL text for an engine, with what it reads and what to
//! run it with.

mod instructions;

use super::compared::late_before;
use super::comparing::open_manifests;
use super::inputs::{find_dataset, manifest_failure, read_dataset_policy};
use super::manifest_signing::check_signatures;
use super::run_folder::create_private_file;
use super::storing::chain_of;
use super::{ManifestArguments, PolicyArguments};
use crate::exit::{Exit, Failure, Result};
use crate::{opening, output};
use clap::{Args, ValueEnum};
use portcullis_model::reconciliation::Dataset;
use portcullis_reconcile::compare::ComparedManifests;
use portcullis_reconcile::engine::{EngineDialect, EnginePlan, is_plain_place};
use portcullis_reconcile::manifest::Manifest;
use portcullis_reconcile::record::Clock;
use portcullis_record::TOOL;
use portcullis_wire::engine_plan::v1::{
    EnginePlanKindV1, EnginePlanV1, VERSION, read_engine_plan, write_engine_plan,
};
use portcullis_wire::text::DigestText;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The file of a plan that says what its answer is held against.
const PLAN_FILE: &str = "plan.json";

/// What runs the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// Apache Spark.
    Spark,
    /// Another engine, whose dialect `--dialect` names.
    Sql,
    /// This program, bucket by bucket on as many machines as you like: `reconcile bucket`.
    Buckets,
}

/// The dialect of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DialectName {
    /// BigQuery.
    Bigquery,
    /// ClickHouse.
    Clickhouse,
    /// DuckDB.
    Duckdb,
    /// PostgreSQL.
    Postgresql,
    /// Apache Spark.
    Spark,
    /// Trino.
    Trino,
}

impl DialectName {
    const fn dialect(self) -> EngineDialect {
        match self {
            Self::Bigquery => EngineDialect::Bigquery,
            Self::Clickhouse => EngineDialect::Clickhouse,
            Self::Duckdb => EngineDialect::Duckdb,
            Self::Postgresql => EngineDialect::Postgresql,
            Self::Spark => EngineDialect::Spark,
            Self::Trino => EngineDialect::Trino,
        }
    }
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct PlanArguments {
    #[command(flatten)]
    manifests: ManifestArguments,
    #[command(flatten)]
    policy: PolicyArguments,
    /// What runs the text.
    #[arg(long, value_enum)]
    engine: EngineName,
    /// Dialect of the text, for `--engine sql`.
    #[arg(long, value_enum, required_if_eq("engine", "sql"))]
    dialect: Option<DialectName>,
    /// Folder to write; it must not exist.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Where the engine sees the plan's folder `inputs`, such as `s3://bucket/run-7/inputs`.
    /// Default: where it is here.
    #[arg(long, value_name = "PLACE")]
    inputs_at: Option<String>,
    /// List all records of a bucket and class up to this number; of more, only the first.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    list: u64,
}

pub(super) fn run(directory: &Path, arguments: &PlanArguments) -> Result {
    let policy = read_dataset_policy(directory, &arguments.policy)?;
    let manifests = open_manifests(directory, &arguments.manifests)?;
    let dataset = find_dataset(&policy, &manifests.source.header().dataset)?;
    check_signatures(directory, dataset, &manifests)?;
    let chain = match opening::open(directory) {
        Ok(_) => chain_of(directory, dataset)?,
        Err(_) => None,
    };
    let late_since = late_before(chain.as_ref(), dataset, &manifests);
    let dialect = match (arguments.engine, arguments.dialect) {
        (EngineName::Sql, Some(dialect)) => dialect.dialect(),
        (_, None) => EngineDialect::Spark,
        (EngineName::Spark | EngineName::Buckets, Some(_)) => {
            return Err(Failure::usage("--dialect belongs to --engine sql"));
        }
    };
    let plan = make_plan(dataset, &manifests, dialect, arguments.list, late_since)?;
    let folder = directory.join(&arguments.output);
    let form = if arguments.engine == EngineName::Buckets {
        std::fs::create_dir(&folder).map_err(|error| cannot_write(&folder, &error))?;
        write_form(&plan, dataset, late_since, &folder)?
    } else {
        write_plan(&plan, dataset, late_since, &folder, arguments.inputs_at.as_deref())?
    };
    output::text(&instructions::explain_plan(arguments, &form, dialect))?;
    Ok(Exit::Allowed)
}

/// Writes the folder of a plan; `inputs_at` is where the engine sees its inputs, if not here.
pub(super) fn write_plan(
    plan: &EnginePlan<'_>,
    dataset: &Dataset,
    late_since: Option<i64>,
    folder: &Path,
    inputs_at: Option<&str>,
) -> Result<EnginePlanV1> {
    let place = find_place(folder, inputs_at)?;
    plan.write_folder(folder, &place).map_err(manifest_failure)?;
    write_form(plan, dataset, late_since, folder)
}

/// Writes what an answer is held against.
fn write_form(
    plan: &EnginePlan<'_>,
    dataset: &Dataset,
    late_since: Option<i64>,
    folder: &Path,
) -> Result<EnginePlanV1> {
    let form = describe_plan(plan, dataset, late_since);
    let bytes = write_engine_plan(&form).map_err(|error| Failure::environment(error.to_string()))?;
    let file = folder.join(PLAN_FILE);
    let written = create_private_file(&file).and_then(|mut output| output.write_all(&bytes));
    written.map_err(|error| cannot_write(&file, &error))?;
    Ok(form)
}

/// The plan of some manifests, which have to belong together.
pub(super) fn make_plan<'p>(
    dataset: &Dataset,
    manifests: &'p ComparedManifests,
    dialect: EngineDialect,
    bound: u64,
    late_since: Option<i64>,
) -> Result<EnginePlan<'p>> {
    manifests.check(dataset).map_err(manifest_failure)?;
    let (source, target) = (manifests.source.header(), manifests.target.header());
    let clock = Clock::new(dataset, source, target, manifests.receipts.is_some(), late_since);
    Ok(EnginePlan { manifests, clock, seed: manifests.seed(), dialect, bound })
}

/// Reads a plan that was written for these manifests, by this version of the text.
///
/// # Errors
/// It is of other manifests, or another version wrote its text.
pub(super) fn read_plan<'p>(
    folder: &Path,
    dataset: &Dataset,
    manifests: &'p ComparedManifests,
) -> Result<EnginePlan<'p>> {
    let file = folder.join(PLAN_FILE);
    let bytes = std::fs::read(&file)
        .map_err(|error| Failure::environment(format!("cannot read {}: {error}", file.display())))?;
    let form = read_engine_plan(&bytes)
        .map_err(|error| Failure::unverified(format!("{} is no plan: {error}", file.display())))?;
    let again = "write it again with `portcullis reconcile plan`, and run its text";
    let dialect = EngineDialect::from_name(&form.dialect).filter(|_| form.schema == VERSION);
    let Some(dialect) = dialect else {
        let message = format!("{}: another version of the program wrote this plan", file.display());
        return Err(Failure::unverified(message).hint(again));
    };
    let plan = make_plan(dataset, manifests, dialect, form.bound, form.late_since)?;
    let own = describe_plan(&plan, dataset, form.late_since);
    let same_run = EnginePlanV1 { text: own.text.clone(), generator: own.generator.clone(), ..form.clone() };
    if same_run != own {
        let message =
            format!("{}: the plan is of another run: other manifests were given to it", file.display());
        return Err(Failure::unverified(message).hint("give the manifests that the plan was written for"));
    }
    if form.text != own.text {
        return Err(refuse_text(&file, form.generator == own.generator).hint(again));
    }
    check_texts(folder, &plan.write_text().text).map(|()| plan)
}

/// The manifests are those of the plan, and its text is another: the version of the program, or the
/// deadlines of the policy changed.
fn refuse_text(file: &Path, same_version: bool) -> Failure {
    let why = match same_version {
        true => {
            "the plan has another text than this policy gives: `deadline`, `deletion-deadline`, `clock-skew` or \
             `acknowledged-within` changed since it was written"
        }
        false => "the plan has an older text than this version writes",
    };
    Failure::unverified(format!("{}: {why}", file.display()))
}

/// The texts that lie beside a plan were not changed: the digest in them would stay the same.
fn check_texts(folder: &Path, text: &str) -> Result<()> {
    for (name, end) in [("query.sql", ""), ("run.sql", ";")] {
        let file = folder.join(name);
        let Ok(found) = std::fs::read_to_string(&file) else { continue };
        let found = found.trim_end().trim_end_matches(end).trim_end();
        if !found.ends_with(text.trim_end()) {
            let message = format!("{}: somebody changed the text of the plan", file.display());
            return Err(Failure::unverified(message)
                .hint("write it again with `portcullis reconcile plan`, and run its text"));
        }
    }
    Ok(())
}

fn describe_plan(plan: &EnginePlan<'_>, dataset: &Dataset, late_since: Option<i64>) -> EnginePlanV1 {
    let digest = |manifest: &Manifest| DigestText::from(manifest.digest());
    let optional = |manifest: &Option<Manifest>| manifest.as_ref().map(digest);
    EnginePlanV1 {
        schema: VERSION,
        kind: EnginePlanKindV1::EnginePlan,
        dataset: dataset.name.clone(),
        run: plan.run(),
        text: (&plan.write_text().digest).into(),
        dialect: plan.dialect.as_str().to_string(),
        bound: plan.bound,
        late_since,
        source: digest(&plan.manifests.source),
        target: digest(&plan.manifests.target),
        rejects: optional(&plan.manifests.rejects),
        receipts: optional(&plan.manifests.receipts),
        gone: optional(&plan.manifests.gone),
        breaks: optional(&plan.manifests.breaks),
        generator: TOOL.to_string(),
    }
}

/// Where the engine finds the inputs: written into the text, so without what could end a literal.
fn find_place(folder: &Path, named: Option<&str>) -> Result<String> {
    let place = match named {
        Some(place) => place.trim_end_matches('/').to_string(),
        None => std::path::absolute(folder)
            .map_err(|error| cannot_write(folder, &error))?
            .join("inputs")
            .display()
            .to_string(),
    };
    if is_plain_place(&place) {
        return Ok(place);
    }
    let message = format!("`{}` cannot be written into an SQL text", place.escape_debug());
    Err(Failure::usage(message)
        .hint("name a place of letters, digits and `/ . _ - : = @ + ~ ,`: of a plan with --inputs-at, of a run with --engine-folder"))
}

fn cannot_write(place: &Path, error: &std::io::Error) -> Failure {
    let failure = Failure::environment(format!("cannot write {}: {error}", place.display()));
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => failure.hint("remove it, or name another folder"),
        _ => failure,
    }
}
