//! What does a round over many repositories take?
//!
//! `cargo bench --bench fleet` starts a made-up GitHub with five thousand repositories on this machine, looks at them once, looks at
//! them again when nothing changed, and then twenty times kills a round at a random moment and goes on. It prints requests for
//! each repository, the time by the clock, and the memory by the kernel's figure (`VmHWM`). It fails where a repository takes ten requests in the
//! first round or two in the second, a round takes 300 MiB, or one that was killed ends with another result.
//!
//! - `-- --smoke` uses 60 repositories and kills one round. So does `cargo test --benches`.
//! - `PORTCULLIS_FLEET` says how many repositories.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark asks clock and environment, starts programs and prints"
)]

use portcullis_testkit::fleet::{FleetSite, ORGANISATION};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::POLICY;
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The most memory of a round, in MiB.
const MOST: u64 = 300;

fn main() {
    // `cargo bench` says `--bench`; without it this runs as one test among others.
    let told = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    let smoke = told("--smoke") || !told("--bench");
    let asked = std::env::var("PORTCULLIS_FLEET").ok().and_then(|number| number.parse().ok());
    let count = if smoke { 60 } else { asked.unwrap_or(5000) };
    let mut site = FleetSite::of(count, POLICY);
    for number in (0..count).step_by(50) {
        site.repository(&format!("{ORGANISATION}/service-{number:04}")).change_rulesets(Vec::new());
    }
    let server = Server::start(site);
    let home = TempDir::new().expect("a temporary directory");
    let made = Command::new("git").args(["init", "-q"]).current_dir(home.path()).status().expect("git");
    assert!(made.success());

    let (first, took) = timed(&server, home.path(), "first", &["--record"]);
    report("first round", &server, 0, count, &took);
    assert!(server.seen().len() < count * 10, "a repository takes ten requests");
    let before = server.seen().len();
    let (second, took) = timed(&server, home.path(), "second", &["--record"]);
    report("second round, nothing changed", &server, before, count, &took);
    assert!(server.seen().len() - before < count * 2, "a repository takes two requests");
    assert_eq!(first, second, "two rounds differ although nothing changed");
    let kills = if smoke { 1 } else { 20 };
    kill_and_go_on(&server, home.path(), kills, took.time, &first);
    println!("{kills} rounds were killed, and ended with the same result when they went on");
}

/// What a round took.
struct Taken {
    time: Duration,
    peak: u64,
}

fn report(what: &str, server: &Server<FleetSite>, before: usize, count: usize, took: &Taken) {
    let requests = (server.seen().len() - before) as f64 / count as f64;
    println!(
        "{what}: {count} repositories, {:.1} s, {requests:.2} requests each, {} MiB",
        took.time.as_secs_f64(),
        took.peak
    );
    assert!(took.peak < MOST, "{what}: {} MiB", took.peak);
}

fn start(server: &Server<FleetSite>, home: &Path, out: &str, more: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().env("GITHUB_API_URL", server.address()).env("GITHUB_TOKEN", "a-token-of-the-job");
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(home);
    command.args(["fleet", "--host", "github", "--organisation", ORGANISATION, "--quiet"]).args(more);
    command.arg(format!("--format=json={out}.json"));
    command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().expect("the program")
}

/// The repositories of a round, without the times that follow from when it was.
fn timed(server: &Server<FleetSite>, home: &Path, out: &str, more: &[&str]) -> (Value, Taken) {
    let began = Instant::now();
    let mut child = start(server, home, out, more);
    let mut peak = 0;
    let status = loop {
        peak = peak.max(peak_of(child.id()));
        if let Some(status) = child.try_wait().expect("a process") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert_eq!(status.code(), Some(1), "some repositories are not protected");
    (read_verdicts(home, out), Taken { time: began.elapsed(), peak })
}

fn read_verdicts(home: &Path, out: &str) -> Value {
    let bytes = std::fs::read(home.join(format!("{out}.json"))).expect("a round");
    let mut round: Value = serde_json::from_slice(&bytes).expect("JSON");
    let mut repositories = round["repositories"].take();
    for item in repositories.as_array_mut().expect("a list") {
        item["looked"] = Value::Null;
        for standing in item["standings"].as_array_mut().expect("a list") {
            standing["since"] = Value::Null;
        }
    }
    repositories
}

/// `VmHWM` in MiB; 0 where the process is gone.
fn peak_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Kills rounds that look at everything, at moments that differ, and goes on with each.
fn kill_and_go_on(server: &Server<FleetSite>, home: &Path, kills: u32, usual: Duration, whole: &Value) {
    let more = ["--resume", "journal", "--full-every", "0"];
    let mut moment = 7_u64;
    for _ in 0..kills {
        // A linear congruence: moments that look random, the same in each run.
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wait = usual.mul_f64((moment >> 33) as f64 / f64::from(1_u32 << 31));
        let mut child = start(server, home, "killed", &more);
        std::thread::sleep(wait);
        child.kill().expect("a process that can be killed");
        child.wait().expect("a process");
        let (again, _) = timed(server, home, "again", &more);
        assert_eq!(&again, whole, "a round that was killed after {wait:?} ended with another result");
    }
}
