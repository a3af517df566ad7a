//! `spark-sql` and `spark-submit`: which program it is, how long it may take, and where what it
//! says goes.

use super::AnswerFolder;
use crate::exit::{Failure, Result};
use crate::output;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The programs of Spark that run a text, the first one that is there.
const PROGRAMS: [&str; 2] = ["spark-sql", "spark-submit"];

/// What `spark-submit` is told so that it does what `spark-sql` does.
const AS_SPARK_SQL: [&str; 3] =
    ["--class", "org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver", "spark-internal"];

/// How often it is looked whether Spark has ended.
const PAUSE: Duration = Duration::from_millis(50);

/// How long Spark may take to give back what it has on the cluster, after it was told to end.
const FAREWELL: Duration = Duration::from_secs(20);

/// What Spark says, in the folder of the answer. Names with `_` before them are none of the answer.
const LOG: &str = "_spark.log";

/// Where a Spark that `pip` installed looks for the Python that has it.
const PYTHON_VARIABLE: &str = "PYSPARK_PYTHON";

/// How much of what Spark said last is looked through, in bytes.
const TAIL: u64 = 64 << 10;

/// How many lines of it are told.
const TOLD: usize = 4;

/// A program of Spark that can be started.
pub(in crate::reconcile) struct SparkProgram<'s> {
    pub(super) program: PathBuf,
    pub(super) arguments: &'s [String],
    pub(super) limit: Duration,
}

/// The program that is started: one that was named, or that of SPARK_HOME or the path.
///
/// # Errors
/// It is not there, with what to install.
pub(super) fn find_program(directory: &Path, named: Option<&Path>) -> Result<PathBuf> {
    named.map_or_else(find_usual, |named| find_named(directory, named))
}

/// A program that was named: by a path, or by a name in the path.
fn find_named(directory: &Path, named: &Path) -> Result<PathBuf> {
    let by_name = named.components().count() == 1;
    // It is started in another folder.
    let found = if by_name {
        find_in_path(named)
    } else {
        std::path::absolute(directory.join(named)).ok().filter(|program| is_program(program))
    };
    found.ok_or_else(|| absent(&format!("`{}` is no program that can be started", named.display())))
}

fn find_usual() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("SPARK_HOME").filter(|home| !home.is_empty()) {
        let folder = PathBuf::from(home).join("bin");
        let found = PROGRAMS.map(|name| folder.join(name)).into_iter().find(|program| is_program(program));
        let why = format!("SPARK_HOME is set, and there is no `spark-sql` in {}", folder.display());
        return found.and_then(|program| std::path::absolute(program).ok()).ok_or_else(|| absent(&why));
    }
    let found = PROGRAMS.iter().find_map(|name| find_in_path(Path::new(name)));
    found.ok_or_else(|| absent("there is no `spark-sql` in the path, and SPARK_HOME is not set"))
}

fn absent(why: &str) -> Failure {
    Failure::environment(format!("Spark cannot be started: {why}"))
        .hint("name `spark-sql` or `spark-submit` of your Spark with --spark-sql, or set SPARK_HOME")
        .hint(
            "without one, install Java 17 or later and Spark: on Debian `apt-get install default-jre-headless`, then \
             `pip install pyspark` in an environment of Python, whose `bin` has `spark-sql`",
        )
        .hint("on one machine `portcullis reconcile compare` needs neither, and takes less time")
}

fn find_in_path(name: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join(name));
    found.filter(|program| is_program(program)).find_map(|program| std::path::absolute(program).ok())
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

impl SparkProgram<'_> {
    /// Runs the text of a plan. What Spark says is beside its answer, in `_spark.log`.
    ///
    /// # Errors
    /// Spark cannot be started, fails, or takes too long.
    pub(super) fn run(&self, plan: &Path, answer: File, folder: &AnswerFolder<'_>) -> Result<()> {
        let text = std::path::absolute(plan.join("run.sql")).map_err(|error| folder.cannot(error))?;
        let (said, log) = folder.create(LOG)?;
        let mut command = self.command(&text);
        command.current_dir(folder.path).stdin(Stdio::null()).stdout(answer).stderr(said);
        output::remark(&format!("{} runs; what it says is in {}", self.program.display(), log.display()));
        let mut child = command.spawn().map_err(|error| absent(&error.to_string()))?;
        let status = wait_for(&mut child, self.limit).map_err(|error| folder.cannot(error))?;
        self.find_failure(status).map_or(Ok(()), |why| Err(tell_failure(&why, &log)))
    }

    fn command(&self, text: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.arguments).args(["--conf", "spark.sql.catalogImplementation=in-memory"]);
        if self.program.file_stem().is_some_and(|name| name == "spark-submit") {
            command.args(AS_SPARK_SQL);
        }
        command.arg("-f").arg(text);
        if let Some(python) = self.find_python() {
            command.env(PYTHON_VARIABLE, python);
        }
        command
    }

    /// The Python beside a Spark that `pip` installed, which finds the rest of it.
    fn find_python(&self) -> Option<PathBuf> {
        let python = self.program.with_file_name("python3");
        let is_named = std::env::var_os(PYTHON_VARIABLE).is_some();
        (!is_named && self.program.with_file_name("find_spark_home.py").exists() && is_program(&python))
            .then_some(python)
    }

    fn find_failure(&self, status: Option<ExitStatus>) -> Option<String> {
        let program = self.program.display();
        match status {
            Some(status) if status.success() => None,
            Some(status) => Some(format!("{program} ended with {status}; what it wrote is no answer")),
            None => Some(format!("{program} took more than {} s and was ended", self.limit.as_secs())),
        }
    }
}

/// How Spark ended; `None`: it took too long and was ended.
fn wait_for(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    if let Some(status) = wait_until(child, limit)? {
        return Ok(Some(status));
    }
    ask_to_end(child);
    if wait_until(child, FAREWELL)?.is_none() {
        child.kill()?;
        child.wait()?;
    }
    Ok(None)
}

fn wait_until(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() > limit {
            return Ok(None);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Spark then gives back the executors of the cluster.
#[cfg(unix)]
fn ask_to_end(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    // One that has ended meanwhile needs no telling.
    let _asked = kill_process(Pid::from_child(child), Signal::TERM);
}

#[cfg(not(unix))]
fn ask_to_end(_: &Child) {}

fn tell_failure(why: &str, log: &Path) -> Failure {
    let last = read_last_lines(log).unwrap_or_default();
    let failure = Failure::environment(why).hint(format!("see what it said in {}", log.display()));
    last.into_iter().fold(failure, |failure, line| failure.hint(format!("it said: {line}")))
}

/// What Spark said last, without the lines that only say where in its code it was.
fn read_last_lines(log: &Path) -> std::io::Result<Vec<String>> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let says = |line: &&str| !line.is_empty() && !line.starts_with("at ") && !line.starts_with("...");
    let mut last: Vec<String> =
        text.lines().rev().map(str::trim).filter(says).take(TOLD).map(shorten).collect();
    last.reverse();
    Ok(last)
}

fn shorten(line: &str) -> String {
    line.chars().take(300).collect()
}
