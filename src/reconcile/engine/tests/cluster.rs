//! A cluster of Spark on the loopback: a master, two workers, and one of them killed (-9) while the
//! text runs. Only where `PORTCULLIS_SPARK_CLUSTER` is set: `.ci/reconcile-engines` sets it.

use super::corpus::{Corpus, dataset};
use super::differential::{assert_same, judge, plan, read_answer, settings};
use crate::compare::compare_manifests;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The longest time that a part of the cluster may take to come up, or a query to end.
const PATIENCE: Duration = Duration::from_secs(600);

struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    master: Child,
    address: String,
    workers: Vec<(Child, PathBuf)>,
}

impl Cluster {
    fn start(programs: PathBuf, folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let arguments = ["--host", "127.0.0.1", "--port", &port.to_string(), "--webui-port", "0"];
        let log = folder.join("master.log");
        let master = start_class(&programs, "org.apache.spark.deploy.master.Master", &arguments, &log);
        wait_for("the master", || {
            fs::read_to_string(&log).is_ok_and(|log| log.contains("I have been elected leader"))
        });
        let address = format!("spark://127.0.0.1:{port}");
        let mut cluster =
            Self { programs, folder: folder.to_path_buf(), master, address, workers: Vec::new() };
        cluster.add_worker();
        cluster.add_worker();
        cluster
    }

    fn add_worker(&mut self) {
        let number = fs::read_dir(&self.folder).unwrap().count();
        let work = self.folder.join(format!("worker-{number}"));
        fs::create_dir(&work).unwrap();
        let log = self.folder.join(format!("worker-{number}.log"));
        let place = work.to_str().unwrap();
        let arguments = [
            "--host",
            "127.0.0.1",
            "--cores",
            "1",
            "--memory",
            "1500m",
            "--webui-port",
            "0",
            "--work-dir",
            place,
            &self.address,
        ];
        let worker = start_class(&self.programs, "org.apache.spark.deploy.worker.Worker", &arguments, &log);
        wait_for("a worker", || {
            fs::read_to_string(&log).is_ok_and(|log| log.contains("Successfully registered"))
        });
        self.workers.push((worker, work));
    }

    /// How many tasks the executors of a worker have finished.
    fn count_finished(&self, worker: usize) -> usize {
        let executors = fs::read_dir(&self.workers[worker].1).unwrap().flatten().map(|app| app.path());
        let folders = executors.filter_map(|app| fs::read_dir(app).ok()).flatten().flatten();
        let logs = folders.filter_map(|executor| fs::read_to_string(executor.path().join("stderr")).ok());
        logs.map(|log| log.matches("Finished task").count()).sum()
    }

    /// Kills a worker and its executors, all of which this test started.
    fn kill_worker(&mut self, worker: usize) -> usize {
        let (mut child, _) = self.workers.remove(worker);
        let executors = children_of(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        for executor in &executors {
            Command::new("kill").args(["-9", &executor.to_string()]).status().unwrap();
        }
        executors.len()
    }

    /// Starts the text on the cluster.
    fn start_query(&self, plan: &Path, answer: &Path) -> Child {
        let mut command = spark(&self.programs, "spark-sql");
        command.args(["--master", &self.address]);
        for setting in [
            "spark.driver.host=127.0.0.1",
            "spark.driver.memory=1g",
            "spark.ui.enabled=false",
            "spark.sql.shuffle.partitions=8",
            "spark.sql.catalogImplementation=in-memory",
            "spark.executor.memory=1g",
            "spark.executor.cores=1",
            "spark.cores.max=2",
            "spark.sql.adaptive.coalescePartitions.enabled=false",
        ] {
            command.args(["--conf", setting]);
        }
        command.arg("-f").arg(plan.join("run.sql")).current_dir(&self.folder);
        let errors = File::create(answer.with_extension("log")).unwrap();
        command.stdout(File::create(answer).unwrap()).stderr(errors).spawn().unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for (worker, _) in &mut self.workers {
            let executors = children_of(worker.id());
            let _ = worker.kill();
            let _ = worker.wait();
            for executor in executors {
                let _ = Command::new("kill").args(["-9", &executor.to_string()]).status();
            }
        }
        let _ = self.master.kill();
        let _ = self.master.wait();
    }
}

fn spark(programs: &Path, program: &str) -> Command {
    let mut command = Command::new(programs.join(program));
    command
        .env("PYSPARK_PYTHON", programs.join("python"))
        .env("SPARK_LOCAL_IP", "127.0.0.1")
        .stdin(Stdio::null());
    command
}

fn start_class(programs: &Path, class: &str, arguments: &[&str], log: &Path) -> Child {
    let output = File::create(log).unwrap();
    let mut command = spark(programs, "spark-class");
    command.arg(class).args(arguments).current_dir(log.parent().unwrap());
    command.stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap()
}

fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < PATIENCE, "{what} did not come");
        sleep(Duration::from_millis(100));
    }
}

/// The processes that a process started.
fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parent_of = |process: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    numbers.filter(|process| parent_of(*process) == Some(parent)).collect()
}

#[test]
fn a_cluster_counts_the_same_with_a_worker_killed_in_the_middle() {
    let environment = std::env::var_os("PORTCULLIS_ENGINES")
        .filter(|_| std::env::var_os("PORTCULLIS_SPARK_CLUSTER").is_some());
    let Some(environment) = environment else {
        return println!("left out: a cluster of Spark (PORTCULLIS_SPARK_CLUSTER is not set)");
    };
    let folder = tempfile::tempdir().unwrap();
    let manifests = Corpus::new(3, 100_000).write(folder.path(), &dataset());
    let comparison = compare_manifests(&dataset(), &manifests, &settings(1_000_000)).unwrap();
    let plan = plan(&manifests, super::super::EngineDialect::Spark, 1000);
    let place = folder.path().join("plan");
    plan.write_folder(&place, place.join("inputs").to_str().unwrap()).unwrap();
    let work = folder.path().join("cluster");
    fs::create_dir(&work).unwrap();
    let mut cluster = Cluster::start(PathBuf::from(environment).join("bin"), &work);
    println!(
        "| cluster of Spark, master and two workers, {} + {} rows | seconds | |",
        rows(&manifests.source),
        rows(&manifests.target)
    );
    println!("| --- | --- | --- |");
    for (number, kill_after) in [None, Some(1), Some(20), Some(60)].into_iter().enumerate() {
        let answer = folder.path().join(format!("answer-{number}.tsv"));
        let start = Instant::now();
        let before = cluster.count_finished(0);
        let mut query = cluster.start_query(&place, &answer);
        let mut what = "undisturbed".to_string();
        if let Some(tasks) = kill_after {
            wait_for("a task", || cluster.count_finished(0) >= before + tasks || query_ended(&answer));
            let finished = cluster.count_finished(0) - before;
            let executors = cluster.kill_worker(0);
            assert!(executors > 0, "the worker had an executor");
            what = format!("worker and executor killed (-9) after {finished} of its tasks");
        }
        let status = query.wait().unwrap();
        let seconds = start.elapsed().as_secs();
        assert!(status.success(), "{}", fs::read_to_string(answer.with_extension("log")).unwrap());
        let judged = read_answer(&plan, &answer).and_then(|answer| judge(&plan, &answer));
        let judged = judged.unwrap_or_else(|faults| panic!("{what}: {:#?}", &faults[..faults.len().min(5)]));
        assert_same(&judged, &comparison);
        println!("| {what} | {seconds} | accepted, the same counts |");
        if kill_after.is_some() {
            cluster.add_worker();
        }
    }
}

fn rows(manifest: &crate::manifest::Manifest) -> u64 {
    manifest.header().rows
}

fn query_ended(answer: &Path) -> bool {
    fs::metadata(answer).is_ok_and(|file| file.len() > 0)
}
