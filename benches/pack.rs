//! How long does the pack of an audit of ten thousand landings take, how much memory, and how long does its verification?
//!
//! `cargo bench --bench pack` writes every page and table of a made-up audit, and prints time, size and the most memory that was
//! in use, beside the time that it takes to read the audit alone.
//!
//! `-- --smoke` uses a small audit: it shows that the benchmark runs. So does `cargo test --benches`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark asks clock and environment, and prints"
)]

use portcullis_model::digest::Digest;
use portcullis_pack::derive::derive_files;
use portcullis_pack::item_path::BadPath;
use portcullis_pack::report::ReportInput;
use portcullis_pack::testing::made_up_audit;
use portcullis_wire::audit::v1::{AuditV1, write_audit};
use portcullis_wire::pack::v1::PeopleV1;
use std::time::Instant;

/// The most memory that the pack of ten thousand landings may take, in MiB.
const MOST: u64 = 300;

fn main() {
    // `cargo bench` says `--bench`; without it this runs as one test among others.
    let told = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    let smoke = told("--smoke") || !told("--bench");
    let landings = if smoke { 100 } else { 10_000 };
    // In a process of its own, so that making the audit up does not count.
    match std::env::args().find_map(|argument| argument.strip_prefix("--audit=").map(String::from)) {
        Some(file) => measure(&file, smoke),
        None => {
            let file = std::env::temp_dir().join(format!("portcullis-bench-{}.json", std::process::id()));
            std::fs::write(&file, write_audit(&made_up_audit(landings)).unwrap()).unwrap();
            let more = if smoke { "--smoke" } else { "--bench" };
            let program = std::env::current_exe().unwrap();
            let status = std::process::Command::new(program)
                .args([&format!("--audit={}", file.display()), more])
                .status();
            std::fs::remove_file(&file).unwrap();
            assert!(status.unwrap().success());
        }
    }
}

fn measure(file: &str, smoke: bool) {
    let begin = Instant::now();
    let audit: AuditV1 = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let read = begin.elapsed();
    let begin = Instant::now();
    let input = ReportInput { audit: &audit, people: PeopleV1::Logins, procedure: None };
    let (mut files, mut bytes) = (0, 0);
    derive_files::<BadPath>(&input, &mut |_, text, _| {
        files += 1;
        bytes += text.len();
        std::hint::black_box(Digest::of(&text));
        Ok(())
    })
    .unwrap();
    let written = begin.elapsed();
    let peak = peak_of_memory();
    println!(
        "{} landings: {files} files, {} MiB in {written:.1?} (reading the audit: {read:.1?}), {peak} MiB of memory",
        audit.landings.len(),
        bytes >> 20
    );
    assert!(smoke || peak < MOST, "{peak} MiB of memory, of at most {MOST}");
}

/// The most memory that was in use, in MiB; 0 where the system does not say.
fn peak_of_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) >> 10
}
