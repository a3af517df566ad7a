//! The user's own Spark: a program that is started here, or a server that listens for clients.

mod program;
mod remote;

use super::run_folder::{create_private_file, create_private_folder};
use crate::exit::{Failure, Result};
use clap::Args;
use program::{SparkProgram, find_program};
use remote::RemoteSpark;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest time, where the command line does not say.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);

/// The answer on its way. Names with `_` before them are none of the answer.
const PARTIAL: &str = "_answer.partial";

/// Which Spark, for how long, and with which arguments.
#[derive(Debug, Args)]
pub struct SparkArguments {
    /// The program `spark-sql` or `spark-submit` of your Spark. Default: that of SPARK_HOME, or of
    /// the path.
    #[arg(long, value_name = "PROGRAM", env = "PORTCULLIS_SPARK_SQL")]
    spark_sql: Option<PathBuf>,
    /// Address of a Spark that listens for clients (Spark Connect), such as
    /// `sc://spark.example:15002`; no program is started then. Its token belongs into
    /// SPARK_CONNECT_AUTHENTICATE_TOKEN.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "arguments")]
    spark_remote: Option<String>,
    /// Longest time for Spark, such as `30m` or `8h`: it is ended then, and there is no answer.
    /// Default: 12h.
    #[arg(long, value_name = "TIME", value_parser = parse_limit)]
    spark_limit: Option<Duration>,
    /// Arguments for Spark, such as `--master yarn`.
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

/// A Spark that can be asked.
pub(super) enum FoundSpark<'s> {
    /// A program that is started.
    Program(SparkProgram<'s>),
    /// A server that listens.
    Remote(RemoteSpark),
}

impl SparkArguments {
    /// Whether the command line says something that is for Spark alone.
    pub(super) fn is_given(&self) -> bool {
        self.spark_limit.is_some() || self.spark_remote.is_some() || !self.arguments.is_empty()
    }

    /// The Spark that is asked.
    ///
    /// # Errors
    /// There is no such program, with what to install; the address is none, or cannot be used by
    /// this program.
    pub(super) fn find(&self, directory: &Path) -> Result<FoundSpark<'_>> {
        let limit = self.spark_limit.unwrap_or(LONGEST);
        if let Some(address) = &self.spark_remote {
            return RemoteSpark::new(address, limit).map(FoundSpark::Remote);
        }
        let program = find_program(directory, self.spark_sql.as_deref())?;
        Ok(FoundSpark::Program(SparkProgram { program, arguments: &self.arguments, limit }))
    }
}

fn parse_limit(text: &str) -> Result<Duration> {
    let wrong = || Failure::usage(format!("`{text}` is no time; write 30m, 8h or 90s"));
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return Err(wrong()),
    };
    let digits = text.trim_end_matches(unit);
    let number = digits.parse::<u32>().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

impl FoundSpark<'_> {
    /// Whether it listens on another machine.
    pub(super) fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Remote(remote) if remote.is_elsewhere())
    }

    /// Whether what it says goes to a file beside its answer.
    pub(super) fn writes_log(&self) -> bool {
        matches!(self, Self::Program(_))
    }

    /// Runs the text of a plan and leaves its answer in a new folder. The answer has its name when
    /// Spark ended well, and not before.
    ///
    /// # Errors
    /// The folder cannot be made, or Spark cannot be reached, fails, or takes too long.
    pub(super) fn run(&self, plan: &Path, folder: &Path) -> Result<PathBuf> {
        let folder = AnswerFolder::create_new(folder)?;
        let (answer, partial) = folder.create(PARTIAL)?;
        let ran = match self {
            Self::Program(program) => program.run(plan, answer, &folder),
            Self::Remote(remote) => remote.run(plan, answer),
        };
        if let Err(failure) = ran {
            drop(std::fs::remove_file(&partial));
            return Err(failure);
        }
        let whole = folder.path.join("answer.tsv");
        std::fs::rename(&partial, &whole).map_err(|error| folder.cannot(error))?;
        Ok(whole)
    }
}

/// The folder of an answer.
pub(super) struct AnswerFolder<'f> {
    path: &'f Path,
}

impl<'f> AnswerFolder<'f> {
    fn create_new(path: &'f Path) -> Result<Self> {
        let folder = Self { path };
        create_private_folder(path).map_err(|error| {
            folder.cannot(error).hint("name a folder that does not exist; the answer has it for itself")
        })?;
        Ok(folder)
    }

    /// Makes a file in it.
    fn create(&self, name: &str) -> Result<(File, PathBuf)> {
        let path = self.path.join(name);
        let file = create_private_file(&path).map_err(|error| self.cannot(error))?;
        Ok((file, path))
    }

    fn cannot(&self, error: std::io::Error) -> Failure {
        Failure::environment(format!("cannot write {}: {error}", self.path.display()))
    }
}
