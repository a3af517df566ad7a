//! How long does it take to compare two sides, and how much memory?
//!
//! `cargo bench -p portcullis-reconcile --features testing --bench reconcile` makes two manifests of a million records each, of which some are
//! missing, stale or extra, compares them in a process of its own, and prints time and memory (the kernel's `VmHWM`). Where
//! Python has `duckdb`, the same rows as Parquet go through DuckDB's full outer join in the same run, and the ratio is printed.
//!
//! `PORTCULLIS_RECORDS=10000000` sets how many, `PORTCULLIS_PYTHON` names the Python, `TMPDIR` the place: 110 bytes a record.
//!
//! `-- --smoke` uses few records: it shows that the benchmark runs. So does `cargo test --benches`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark asks clock, environment and other programs, prints, and may end at any error"
)]

use portcullis_model::reconciliation::Dataset;
use portcullis_model::reconciliation::RecordClass;
use portcullis_reconcile::compare::{CompareSettings, ComparedManifests, compare_manifests};
use portcullis_reconcile::judge::judge_comparison;
use portcullis_reconcile::manifest::{Manifest, ManifestWriter};
use portcullis_reconcile::oracle::{Numbers, SOURCE_AS_OF, TARGET_AS_OF, make_dataset, make_title};
use portcullis_reconcile::row::{ManifestRow, split_halves};
use portcullis_wire::manifest::v1::ManifestContentV1;
use std::env;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const THREADS: usize = 2;

/// One of so many records is missing, one stale, one extra.
const FAULTY: u64 = 1000;

fn main() {
    let told = |wanted: &str| env::args().any(|argument| argument == wanted);
    if let Some(folder) = env::args().skip_while(|argument| argument != "--compare").nth(1) {
        return compare(Path::new(&folder));
    }
    let smoke = told("--smoke") || !told("--bench");
    let asked = env::var("PORTCULLIS_RECORDS").ok().and_then(|number| number.parse().ok());
    let records: u64 = if smoke { 20_000 } else { asked.unwrap_or(1_000_000) };
    let folder = tempfile::TempDir::new().unwrap();
    let began = Instant::now();
    write_side(folder.path(), ManifestContentV1::Source, records);
    write_side(folder.path(), ManifestContentV1::Target, records);
    println!("{records} x {records} records: made in {:.1?}", began.elapsed());
    let (ours, memory) = run_compare(folder.path());
    println!("compared, sorted bucket by bucket   {ours:>8.2} s {memory:>8} kB");
    match run_duckdb(folder.path()) {
        Some((theirs, memory)) => {
            println!("DuckDB, full outer join of Parquet  {theirs:>8.2} s {memory:>8} kB");
            println!("ratio                               {:>8.2}", ours / theirs);
        }
        None => println!("DuckDB was left out: Python has no module `duckdb` (PORTCULLIS_PYTHON)"),
    }
}

/// The rows of a bucket on one side, sorted. Both sides draw the same records.
fn make_rows(content: ManifestContentV1, bucket: u8, records: u64) -> Vec<ManifestRow> {
    let is_target = content == ManifestContentV1::Target;
    let mut numbers = Numbers(u64::from(bucket) << 32 | 16);
    let mut rows = Vec::new();
    for number in 0..records / 256 {
        let key = u128::from(bucket) << 120 | numbers.draw_wide() >> 8;
        let digest = numbers.draw_wide();
        let (effective, loaded) = (SOURCE_AS_OF - 90_000, SOURCE_AS_OF - 89_000);
        let time = if is_target { loaded } else { effective };
        let row = ManifestRow { key, digest, sequence: 1, time, operation: b'U', marks: 0 };
        match number % FAULTY {
            7 if is_target => {}
            8 if is_target => rows.push(ManifestRow { digest: digest ^ 1, ..row }),
            9 if !is_target => {}
            _ => rows.push(row),
        }
    }
    rows.sort_unstable_by_key(ManifestRow::order);
    rows
}

fn write_side(folder: &Path, content: ManifestContentV1, records: u64) {
    let writer = ManifestWriter::create(&folder.join(content.to_string()), content, 0).unwrap();
    let buckets = (0..=255).map(|bucket| {
        let mut file = writer.begin_bucket(bucket).unwrap();
        make_rows(content, bucket, records).into_iter().for_each(|row| file.push(row, &[]).unwrap());
        file.finish().unwrap()
    });
    let buckets = buckets.collect();
    writer.finish(make_title(content), buckets).unwrap();
}

/// Compares in a process of its own, so that its memory is its own.
fn run_compare(folder: &Path) -> (f64, u64) {
    let output = Command::new(env::current_exe().unwrap()).arg("--compare").arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    read_numbers(&String::from_utf8(output.stdout).unwrap()).unwrap()
}

/// Seconds and kilobytes.
fn read_numbers(text: &str) -> Option<(f64, u64)> {
    let (seconds, memory) = text.trim().split_once(' ')?;
    Some((seconds.parse().ok()?, memory.parse().ok()?))
}

fn compare(folder: &Path) {
    let began = Instant::now();
    let open = |name: &str| Manifest::open(&folder.join(name)).unwrap();
    let manifests = ComparedManifests {
        source: open("source"),
        target: open("target"),
        rejects: None,
        receipts: None,
        gone: None,
        breaks: None,
    };
    let settings = CompareSettings {
        seed: None,
        listed: 100,
        threads: THREADS,
        again: None,
        late_since: None,
        breaks: None,
        gone: None,
        generator: "bench",
    };
    // Two sides alone: no answers of the receiver are awaited.
    let dataset = Dataset { acknowledged_within: None, ..make_dataset() };
    let answer = compare_manifests(&dataset, &manifests, &settings).unwrap();
    let judgement = judge_comparison(&dataset, manifests.headers(), &answer, &[]);
    assert!(judgement.faults.is_empty(), "{:?}", judgement.faults);
    assert!(judgement.classes[&RecordClass::Ok].seen > 0);
    println!("{} {}", began.elapsed().as_secs_f64(), read_peak());
}

/// The most memory that this process had, in kilobytes, as the kernel counts it.
fn read_peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The same rows as Parquet, and the classes by one SQL text.
const PYTHON: &str = r#"
import sys, time, resource, os
import duckdb
duckdb.sql("SET enable_progress_bar=false")
folder, as_of, deadline = sys.argv[1], int(sys.argv[2]), 7260
columns = "{'k1':'BIGINT','k2':'BIGINT','d1':'BIGINT','d2':'BIGINT','op':'VARCHAR','seq':'BIGINT','moment':'BIGINT'}"
if sys.argv[3] != 'join':
    duckdb.sql(f"COPY (FROM read_csv('/dev/stdin', header=false, columns={columns})) TO '{folder}/{sys.argv[3]}.parquet'")
    sys.exit(0)
duckdb.sql("SET threads=2")
duckdb.sql(f"SET temp_directory='{folder}/duckdb'")
began = time.time()
rows = duckdb.sql(f"""
WITH t AS (SELECT k1,k2,count(*) n,max(seq) seq,max(d1) d1,max(d2) d2,min(moment) moment FROM '{folder}/target.parquet' GROUP BY k1,k2)
SELECT CASE WHEN s.op IS NULL THEN 'extra' WHEN n IS NULL AND s.moment+{deadline}>{as_of} THEN 'pending' WHEN n IS NULL THEN 'missing'
  WHEN n>1 THEN 'duplicate' WHEN t.seq<s.seq OR t.d1<>s.d1 OR t.d2<>s.d2 THEN 'stale' WHEN t.moment>s.moment+{deadline} THEN 'late' ELSE 'ok' END class, count(*)
FROM '{folder}/source.parquet' s FULL OUTER JOIN t ON s.k1=t.k1 AND s.k2=t.k2 GROUP BY 1""").fetchall()
assert len(rows) >= 1
print(time.time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"#;

fn run_duckdb(folder: &Path) -> Option<(f64, u64)> {
    for content in [ManifestContentV1::Source, ManifestContentV1::Target] {
        let mut child = python(folder, &content.to_string()).stdin(Stdio::piped()).spawn().ok()?;
        write_csv(folder, content, child.stdin.take()?);
        child.wait().ok().filter(std::process::ExitStatus::success)?;
    }
    let output = python(folder, "join").stdout(Stdio::piped()).output().ok()?;
    read_numbers(&String::from_utf8(output.stdout).ok()?)
}

fn python(folder: &Path, what: &str) -> Command {
    let program = env::var("PORTCULLIS_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let mut command = Command::new(program);
    command.args(["-c", PYTHON]).arg(folder).arg(TARGET_AS_OF.to_string()).arg(what).stderr(Stdio::null());
    command
}

fn write_csv(folder: &Path, content: ManifestContentV1, mut to: impl std::io::Write) {
    let manifest = Manifest::open(&folder.join(content.to_string())).unwrap();
    let mut text = String::new();
    for bucket in 0..=255 {
        let mut rows = manifest.open_bucket(bucket).unwrap();
        while let Some(row) = rows.next_row().unwrap() {
            let ((k1, k2), (d1, d2)) = (split_halves(row.key), split_halves(row.digest));
            let _ = writeln!(text, "{k1},{k2},{d1},{d2},U,{},{}", row.sequence, row.time);
        }
        // A Python without the module has closed the pipe.
        if to.write_all(text.as_bytes()).is_err() {
            return;
        }
        text.clear();
    }
}
