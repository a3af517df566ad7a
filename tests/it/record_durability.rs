//! Recorders that race, are killed, or run out of space: the chain is never broken, and no record that somebody was told
//! of is ever lost.

use crate::support::recorder::{chain, commit, count, deploy, deploy_on, deployed, init, insist, production};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A project with one record.
fn project() -> TempDir {
    let directory = TempDir::new().unwrap();
    init(directory.path());
    deployed(directory.path(), 1);
    directory
}

/// Not a test of its own: what the tests below start as a process.
#[test]
#[ignore = "started by other tests"]
fn a_recorder() {
    let Some(directory) = std::env::var_os("RECORDER_DIRECTORY") else { return };
    let name = std::env::var("RECORDER_NAME").unwrap();
    let times: usize = std::env::var("RECORDER_TIMES").unwrap().parse().unwrap();
    for n in 1..=times {
        let appended = insist(Path::new(&directory), &commit(&format!("{name} {n}")), &name);
        println!("\nrecorded {}", appended.commit);
    }
}

fn recorder(directory: &Path, name: &str, times: usize) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "record_durability::a_recorder", "--ignored", "--nocapture"]);
    command.env("RECORDER_DIRECTORY", directory).env("RECORDER_NAME", name);
    command.env("RECORDER_TIMES", times.to_string()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The records that a process was told of before it ended.
fn told(mut child: Child) -> Vec<String> {
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    child.wait().unwrap();
    // A line that was cut is no promise.
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.filter_map(|line| line.trim().strip_prefix("recorded ").map(str::to_string)).collect()
}

fn recorded(directory: &Path) -> BTreeSet<String> {
    chain(directory).unwrap().commits.iter().map(ToString::to_string).collect()
}

#[test]
fn racing_threads_lose_no_record() {
    let directory = TempDir::new().unwrap();
    init(directory.path());
    let run = |name: usize| {
        let path = directory.path();
        move || -> Vec<String> {
            let each = (0..6).map(|n| insist(path, &commit(&format!("{name} {n}")), "kim-example"));
            each.map(|appended| appended.commit.to_string()).collect()
        }
    };
    let told: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|name| scope.spawn(run(name))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(told.len(), 36);
    assert_eq!(recorded(directory.path()), told.into_iter().collect());
}

#[test]
fn racing_processes_lose_no_record() {
    let directory = TempDir::new().unwrap();
    init(directory.path());
    let names = ["robin", "kim", "alex", "sam"];
    let children: Vec<Child> =
        names.iter().map(|name| recorder(directory.path(), name, 8).spawn().unwrap()).collect();
    let told: Vec<String> = children.into_iter().flat_map(told).collect();
    assert_eq!(told.len(), 32);
    assert_eq!(recorded(directory.path()), told.into_iter().collect());
}

#[test]
fn whoever_comes_second_is_told_what_is_there() {
    let directory = project();
    let seen = chain(directory.path());
    let first = deploy(directory.path(), &production(), &commit("a"), "kim").unwrap();
    let second = deploy_on(directory.path(), &production(), seen.as_ref(), &commit("b"), "alex");
    let failure: portcullis_cli::exit::Failure = second.unwrap_err().into();
    assert!(failure.message.contains(first.commit.as_str()), "{}", failure.message);
    assert!(failure.message.contains("judge again"), "{}", failure.message);
    assert_eq!(count(directory.path()), 2);
}

#[test]
fn killed_recorders_break_nothing_and_lose_nothing() {
    let directory = project();
    let lock = directory.path().join(".git/refs/portcullis/deployments/production.lock");
    let mut promised = BTreeSet::new();
    let mut locked = 0;
    // A machine that has much else to do comes to its first record late: later rounds wait longer.
    for round in 0..400_u64 {
        if round >= 40 && !promised.is_empty() {
            break;
        }
        let mut child = recorder(directory.path(), &format!("round {round}"), 1_000).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(20 + round * 37 % 61 + round / 40 * 100));
        child.kill().unwrap();
        promised.extend(told(child));
        // What the message about a lock tells people to do.
        locked += usize::from(std::fs::remove_file(&lock).is_ok());
        let recorded = recorded(directory.path());
        assert!(promised.is_subset(&recorded), "round {round} lost {:?}", promised.difference(&recorded));
    }
    assert!(!promised.is_empty(), "every recorder was killed before its first record");
    println!(
        "{} records, {} of them told of, {locked} locks left behind",
        count(directory.path()),
        promised.len()
    );
    insist(directory.path(), &commit("after"), "robin");
}

/// Every call that changes a file, and those beside them.
const CALLS: &[&str] = &["mkdir", "openat", "write", "fsync", "link", "rename", "unlink", "close"];

/// A recorder that is killed when it makes a call for the n-th time.
fn killed_at(call: &str, n: usize, directory: &Path) -> Command {
    let recorder = recorder(directory, &format!("{call} {n}"), 1);
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
    traced.args(["-e", &format!("inject={call}:signal=KILL:when={n}")]).arg(recorder.get_program());
    traced.args(recorder.get_args()).stdout(Stdio::piped()).stderr(Stdio::null());
    traced.envs(recorder.get_envs().filter_map(|(name, value)| Some((name, value?))));
    traced
}

#[test]
#[cfg(target_os = "linux")]
fn killed_at_each_step_in_turn() {
    let works = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: strace cannot be used here; see the test that kills at random");
        return;
    }
    let directory = project();
    let lock = directory.path().join(".git/refs/portcullis/deployments/production.lock");
    let reference = directory.path().join(".git/refs/portcullis/deployments/production");
    let begun = std::fs::read(&reference).unwrap();
    let (mut killed, mut stored, mut locked) = (0, 0, 0);
    for call in CALLS {
        for n in 1.. {
            assert!(n < 500, "{call}: a recorder makes ever more calls");
            // From the same state each time: a longer chain takes more calls to read.
            std::fs::write(&reference, &begun).unwrap();
            let before = recorded(directory.path());
            let told = told(killed_at(call, n, directory.path()).spawn().unwrap());
            let lock = std::fs::remove_file(&lock).is_ok();
            let after = recorded(directory.path());
            assert!(before.is_subset(&after) && after.len() <= before.len() + 1, "{call} {n}");
            assert!(told.iter().all(|commit| after.contains(commit)), "{call} {n}");
            if !told.is_empty() {
                break;
            }
            killed += 1;
            locked += usize::from(lock);
            stored += after.len() - before.len();
        }
    }
    println!(
        "killed at {killed} steps: {stored} times after the ref had moved, {locked} times with the lock"
    );
    assert!(killed > 50 && stored > 0 && locked > 0, "{killed} {stored} {locked}");
    insist(directory.path(), &commit("after"), "robin");
}

#[test]
fn a_lock_that_was_left_behind_is_named_and_never_broken() {
    let directory = project();
    let lock = directory.path().join(".git/refs/portcullis/deployments/production.lock");
    std::fs::write(&lock, "").unwrap();
    let failure: portcullis_cli::exit::Failure =
        deploy(directory.path(), &production(), &commit("next"), "kim").unwrap_err().into();
    assert!(failure.message.contains("production.lock"), "{}", failure.message);
    assert_eq!((lock.exists(), count(directory.path())), (true, 1));
    let listed = crate::support::recorder::said(directory.path(), &["list"]);
    assert!(listed.0 == 0 && listed.1.contains("production: 1 record"), "{listed:?}");
    std::fs::remove_file(&lock).unwrap();
    insist(directory.path(), &commit("next"), "kim");
}

/// A small disk; it goes away with the test.
struct Disk(TempDir);

impl Disk {
    /// `None` where nobody lets us mount one.
    fn mount() -> Option<Disk> {
        let directory = TempDir::new().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(directory.path())
            .output();
        mount.is_ok_and(|output| output.status.success()).then_some(Disk(directory))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills the disk but for so many pages.
    fn fill(&self, pages: usize) {
        let filler = self.path().join("filler");
        let mut size = 0;
        let mut step = 1 << 20;
        while step >= 4096 {
            let grown = std::fs::write(&filler, vec![1; size + step]).is_ok();
            size += if grown { step } else { 0 };
            step = if grown { step } else { step / 2 };
        }
        std::fs::write(&filler, vec![1; size.saturating_sub(pages * 4096)]).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0.path()).output());
    }
}

#[test]
fn a_full_disk_leaves_the_record_as_it_was() {
    let Some(disk) = Disk::mount() else {
        eprintln!(
            "SKIPPED: a small disk cannot be mounted here (root is needed); see the test with a limit on files"
        );
        return;
    };
    init(disk.path());
    deployed(disk.path(), 1);
    let mut refused = BTreeSet::new();
    for pages in (0..12).rev() {
        disk.fill(pages);
        let before = chain(disk.path()).unwrap();
        match deploy(disk.path(), &production(), &commit(&format!("with {pages}")), "kim") {
            Ok(appended) => assert_eq!(chain(disk.path()).unwrap().tip(), Some(&appended.commit)),
            Err(unrecorded) => {
                assert_eq!(chain(disk.path()), Some(before), "with {pages} pages");
                refused.insert(portcullis_cli::exit::Failure::from(unrecorded).message);
            }
        }
    }
    println!("{refused:#?}");
    assert!(refused.iter().any(|message| message.contains("blob")), "{refused:?}");
    assert!(refused.iter().any(|message| message.contains("the ref")), "{refused:?}");
    std::fs::remove_file(disk.path().join("filler")).unwrap();
    insist(disk.path(), &commit("with space"), "kim");
}

#[test]
#[cfg(unix)]
fn a_limit_on_files_leaves_the_record_as_it_was() {
    let directory = project();
    let before = chain(directory.path());
    let recorder = recorder(directory.path(), "limited", 1);
    // The test's own output goes through pipes, which the limit does not touch; the layer of configuration is a file.
    for blocks in ["0", "1"] {
        let mut limited = Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", blocks]);
        limited.arg(recorder.get_program()).args(recorder.get_args());
        limited.envs(recorder.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = limited.output().unwrap();
        if output.status.success() {
            assert_eq!((blocks, count(directory.path())), ("1", 2), "the limit does not hold here");
        } else {
            assert_eq!(chain(directory.path()), before);
        }
    }
}
