//! `reconcile run --engine`: the comparison of a run is made by an engine, and judged as any answer
//! is that was made elsewhere.

use super::accepting::{AnswerJudging, JudgedEngine};
use super::compared::late_since;
use super::engine::StartedEngine;
use super::inputs::manifest_failure;
use super::plan::{make_plan, write_plan};
use super::run_folder::create_run_folder;
use super::spark::{FoundSpark, SparkArguments};
use crate::exit::{Exit, Failure, Result};
use clap::Args;
use portcullis_model::reconciliation::Dataset;
use portcullis_reconcile::compare::ComparedManifests;
use portcullis_reconcile::engine::{EngineDialect, write_breaks};
use portcullis_reconcile::judge::PastRun;
use portcullis_record::TOOL;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How many records of each class are named at most: all that are listed are looked at again.
const MOST: usize = 1_000_000;

/// The engine of a run.
#[derive(Debug, Args)]
pub struct RunEngineArguments {
    /// Compare on this engine of yours. Both sides are read here, and its answer counts when it
    /// adds up to what was read.
    #[arg(long, value_enum, conflicts_with = "state")]
    engine: Option<StartedEngine>,
    /// Folder that every machine of the engine sees under this name. Each run makes a folder in it
    /// for its plan, the answer and what the engine says. Default: a temporary one, for an engine
    /// on this machine.
    #[arg(long, value_name = "DIR", requires = "engine")]
    engine_folder: Option<PathBuf>,
    /// Have the engine list all records of a bucket and class up to this number; of more, only the
    /// first, and the run is at most unconfirmed.
    #[arg(long, value_name = "N", default_value_t = 1000, requires = "engine",
        value_parser = clap::value_parser!(u64).range(1..=100_000))]
    list: u64,
    /// Compare this many buckets again here, drawn at random, and all that have differences.
    #[arg(long, value_name = "N", default_value_t = 16, requires = "engine",
        value_parser = clap::value_parser!(u16).range(0..=256))]
    again: u16,
    #[command(flatten)]
    spark: SparkArguments,
}

impl RunEngineArguments {
    /// The engine that was asked for, found before anything is read.
    ///
    /// # Errors
    /// It is not there, or its arguments are given without it.
    pub(super) fn find(&self, directory: &Path) -> Result<Option<RunEngine<'_>>> {
        match self.engine {
            None if self.spark.is_given() => {
                Err(Failure::usage("arguments for Spark are given without --engine spark"))
            }
            None => Ok(None),
            Some(StartedEngine::Spark) => {
                let spark = self.spark.find(directory)?;
                if self.engine_folder.is_none() && spark.is_elsewhere() {
                    let message = "a Spark on another machine does not see a temporary folder of this one";
                    return Err(Failure::usage(message).hint(
                        "name a folder with --engine-folder that it sees under the same name, and that it may read",
                    ));
                }
                let place = EnginePlace::open(directory, self.engine_folder.as_deref())?;
                Ok(Some(RunEngine { spark, place, arguments: self }))
            }
        }
    }
}

/// An engine that is there, and where it works.
pub(super) struct RunEngine<'a> {
    spark: FoundSpark<'a>,
    place: EnginePlace,
    arguments: &'a RunEngineArguments,
}

impl RunEngine<'_> {
    /// Has the engine compare, and judges its answer. Differences that are all listed are also
    /// written to `breaks`.
    ///
    /// # Errors
    /// The engine fails or takes too long, or its answer is refused.
    pub(super) fn compare(
        self,
        dataset: &Dataset,
        manifests: &ComparedManifests,
        past: &[PastRun],
        breaks: &Path,
    ) -> Result<JudgedEngine> {
        let late = late_since(past);
        let plan = make_plan(dataset, manifests, EngineDialect::Spark, self.arguments.list, late)?;
        let (folder, answer) = (self.place.path().join("plan"), self.place.path().join("answer"));
        write_plan(&plan, dataset, late, &folder, None)?;
        if let Err(failure) = self.spark.run(&folder, &answer) {
            if self.spark.writes_log() {
                self.place.keep_what_was_said(&folder);
            }
            return Err(failure);
        }
        let judging = AnswerJudging { dataset, plan: &plan, past, again: self.arguments.again, listed: MOST };
        let judged = judging.judge(&answer)?;
        if judged.unlisted == 0 {
            let found = &judged.compared.answer;
            write_breaks(dataset, manifests, found, breaks, TOOL).map_err(manifest_failure)?;
        }
        Ok(judged)
    }
}

/// Records that are counted and not listed cannot be sent again.
pub(super) fn check_all_listed(unlisted: u64) -> Result<()> {
    if unlisted == 0 {
        return Ok(());
    }
    let message = format!(
        "the engine counted {unlisted} records that it did not list, so none can be listed to be sent again"
    );
    Err(Failure { exit: Exit::Undetermined, ..Failure::environment(message) }
        .hint("give a larger --list, or run without --engine"))
}

/// Where the engine works.
enum EnginePlace {
    /// A folder that stays.
    Kept(PathBuf),
    /// A folder that goes away with the run.
    Temporary(TempDir),
}

impl EnginePlace {
    fn open(directory: &Path, named: Option<&Path>) -> Result<Self> {
        match named {
            Some(folder) => create_run_folder(&directory.join(folder)).map(Self::Kept),
            None => {
                let made = tempfile::Builder::new().prefix("portcullis-engine-").tempdir();
                made.map(Self::Temporary).map_err(|error| Failure::environment(error.to_string()))
            }
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(folder) => folder,
            Self::Temporary(folder) => folder.path(),
        }
    }

    /// After a failure, what the engine said stays where the message says, without the rows.
    fn keep_what_was_said(self, plan: &Path) {
        if let Self::Temporary(folder) = self {
            drop(std::fs::remove_dir_all(plan));
            drop(folder.keep());
        }
    }
}
