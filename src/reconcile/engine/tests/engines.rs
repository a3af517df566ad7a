//! Engines that tests start: DuckDB in Python, PostgreSQL of Debian, Spark. Where one is missing, a
//! test says so and goes on without it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// An engine that can run the folder of a plan.
pub(super) enum Engine {
    /// A Python that has DuckDB.
    Duckdb(PathBuf),
    /// A server of its own.
    Postgresql(Postgresql),
    /// The program `spark-sql` and what it is told.
    Spark(PathBuf, Vec<String>),
    /// A server that speaks Spark Connect, by its address.
    #[cfg(feature = "spark-connect")]
    Remote(crate::spark_connect::SparkAddress),
}

impl Engine {
    pub(super) fn dialect(&self) -> super::super::EngineDialect {
        match self {
            Self::Duckdb(_) => super::super::EngineDialect::Duckdb,
            Self::Postgresql(_) => super::super::EngineDialect::Postgresql,
            Self::Spark(..) => super::super::EngineDialect::Spark,
            #[cfg(feature = "spark-connect")]
            Self::Remote(_) => super::super::EngineDialect::Spark,
        }
    }

    /// What a table calls it.
    pub(super) fn name(&self) -> String {
        match self {
            #[cfg(feature = "spark-connect")]
            Self::Remote(address) => address.to_string(),
            _ => self.dialect().to_string(),
        }
    }

    /// Runs the text of a plan; the answer is in the file.
    pub(super) fn run(&self, plan: &Path, answer: &Path) {
        let output = File::create(answer).unwrap();
        let mut command = match self {
            #[cfg(feature = "spark-connect")]
            Self::Remote(address) => return run_remotely(address, plan, output),
            Self::Duckdb(python) => {
                let mut command = Command::new(python);
                command.args(["-c", DUCKDB]).arg(plan.join("run.sql"));
                command
            }
            Self::Postgresql(server) => {
                let mut command = Command::new(server.programs.join("psql"));
                command.args([
                    "-X",
                    "-q",
                    "-A",
                    "-t",
                    "-F",
                    ",",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-U",
                    "portcullis",
                ]);
                command
                    .args(["-d", "postgres", "-h"])
                    .arg(&server.folder)
                    .arg("-f")
                    .arg(plan.join("run.sql"));
                command
            }
            Self::Spark(program, arguments) => {
                let mut command = Command::new(program);
                command.args(arguments).arg("-f").arg(plan.join("run.sql")).current_dir(plan);
                command
                    .env("PYSPARK_PYTHON", program.with_file_name("python"))
                    .env("SPARK_LOCAL_IP", "127.0.0.1");
                command
            }
        };
        let ended = command.stdout(Stdio::from(output)).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        let tail: Vec<_> = said.lines().rev().take(40).collect();
        assert!(ended.status.success(), "{}: {tail:#?}", self.dialect());
    }
}

#[cfg(feature = "spark-connect")]
fn run_remotely(address: &crate::spark_connect::SparkAddress, plan: &Path, output: File) {
    let read = |name: &str| fs::read_to_string(plan.join(name)).unwrap();
    let text = crate::spark_connect::RemoteText::new(&read("setup.sql"), &read("query.sql"));
    crate::spark_connect::run_text(address, text, std::time::Duration::from_secs(600), output).unwrap();
}

/// Servers that speak Spark Connect. `PORTCULLIS_SPARK_CONNECT` names them, with blanks between.
#[cfg(feature = "spark-connect")]
fn find_remote() -> Vec<Engine> {
    let named = std::env::var("PORTCULLIS_SPARK_CONNECT").unwrap_or_default();
    let parse = |address: &str| Engine::Remote(crate::spark_connect::SparkAddress::parse(address).unwrap());
    named.split_whitespace().map(parse).collect()
}

#[cfg(not(feature = "spark-connect"))]
fn find_remote() -> Vec<Engine> {
    println!("left out: Spark Connect (built without its client)");
    Vec::new()
}

/// Runs a file of statements and prints the last result as CSV.
const DUCKDB: &str = "
import duckdb, sys
rows = duckdb.connect().execute(open(sys.argv[1]).read())
while True:
    some = rows.fetchmany(10000)
    if not some:
        break
    sys.stdout.write(''.join(','.join(str(value) for value in row) + '\\n' for row in some))
";

/// The engines that are there. `PORTCULLIS_ENGINES` names a Python environment with `duckdb`, and,
/// where `PORTCULLIS_SPARK` is set, `pyspark`.
pub(super) fn find_engines(folder: &Path) -> Vec<Engine> {
    let mut engines = Vec::new();
    let environment = std::env::var_os("PORTCULLIS_ENGINES").map(PathBuf::from);
    match environment.as_ref().map(|place| place.join("bin/python")).filter(|python| python.exists()) {
        Some(python) => engines.push(Engine::Duckdb(python)),
        None => println!("left out: DuckDB (PORTCULLIS_ENGINES names no Python environment)"),
    }
    match Postgresql::start(folder) {
        Some(server) => engines.push(Engine::Postgresql(server)),
        None => println!("left out: PostgreSQL (there is no server of Debian)"),
    }
    match std::env::var("PORTCULLIS_SPARK") {
        Ok(master) => engines.extend(environment.map(|place| {
            let settings = [
                "spark.driver.host=127.0.0.1",
                "spark.ui.enabled=false",
                "spark.sql.shuffle.partitions=4",
                "spark.sql.catalogImplementation=in-memory",
                "spark.executor.memory=1g",
            ];
            let settings =
                settings.into_iter().flat_map(|setting| ["--conf".to_string(), setting.to_string()]);
            let arguments = ["--master".to_string(), master].into_iter().chain(settings).collect();
            Engine::Spark(place.join("bin/spark-sql"), arguments)
        })),
        Err(_) => println!("left out: Spark (PORTCULLIS_SPARK names no master)"),
    }
    engines.extend(find_remote());
    engines
}

/// A PostgreSQL server with a folder of its own and no port.
pub(super) struct Postgresql {
    programs: PathBuf,
    folder: PathBuf,
}

impl Postgresql {
    fn start(folder: &Path) -> Option<Self> {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        let programs = versions.flatten().map(|entry| entry.path().join("bin")).max()?;
        if !["initdb", "psql"].iter().all(|program| programs.join(program).exists()) {
            return None;
        }
        // Paths of sockets are short.
        let folder = folder.join("pg");
        fs::create_dir(&folder).ok()?;
        let server = Self { programs, folder };
        if is_root() {
            Command::new("chown").arg("postgres").arg(&server.folder).status().ok()?;
        }
        let data = server.folder.join("data");
        let data = data.to_str()?;
        server.call("initdb", &["-D", data, "-A", "trust", "-U", "portcullis", "--no-sync", "-E", "UTF8"])?;
        let options = format!("-k {} -h '' -F", server.folder.display());
        let log = server.folder.join("log");
        server.call("pg_ctl", &["-D", data, "-l", log.to_str()?, "-w", "-o", &options, "start"])?;
        Some(server)
    }

    fn call(&self, program: &str, arguments: &[&str]) -> Option<()> {
        let program = self.programs.join(program);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        let command = command.args(arguments).current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
        command.status().ok()?.success().then_some(())
    }
}

impl Drop for Postgresql {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        self.call("pg_ctl", &["-D", data.to_str().unwrap(), "-m", "immediate", "-w", "stop"]);
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
