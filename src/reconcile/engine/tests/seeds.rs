//! The oracle over many seeds: each gives another corpus with every fault and every pair of faults,
//! and all that counts has to count what the reference counts.
//!
//! `PORTCULLIS_SEEDS=10000` sets how many, `PORTCULLIS_FIRST_SEED` where they begin. Where DuckDB
//! is there, it answers for some of them: `.ci/reconcile-engines seeds 10000`.

use super::differential::{Counts, Scene, assert_same, open_engines, settings, sum};
use super::engines::Engine;
use crate::compare::{CompareSettings, compare_manifests};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Few honest records, each fault and each pair of faults once.
const SMALL: (usize, usize) = (20, 1);

/// One of so many seeds goes through the engines too.
const ASKED: u64 = 100;

/// How often progress is told.
const TOLD: u64 = 500;

fn read_number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn every_seed_is_counted_as_the_reference_counts_it() {
    let (count, first) = (read_number("PORTCULLIS_SEEDS", 4), read_number("PORTCULLIS_FIRST_SEED", 1));
    let (folder, mut engines) = open_engines();
    engines.retain(|engine| matches!(engine, Engine::Duckdb(_)));
    let (next, begun, done) = (AtomicU64::new(first), Instant::now(), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(seed) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < first + count)
                {
                    let asked: &[Engine] = if seed % ASKED == 0 { &engines[..] } else { &[] };
                    check_seed(seed, folder.path(), asked);
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if done % TOLD == 0 {
                        println!("| seeds | {done} of {count} | {:.0} s |", begun.elapsed().as_secs_f32());
                    }
                }
            });
        }
    });
    let asked = (first..first + count).filter(|seed| seed % ASKED == 0).count() * engines.len();
    println!(
        "| seeds {first} to {} | reference, core and buckets alike; {asked} of them also DuckDB | {:.0} s |",
        first + count - 1,
        begun.elapsed().as_secs_f32()
    );
}

fn check_seed(seed: u64, folder: &std::path::Path, engines: &[Engine]) {
    let scene = Scene::of_oracle(seed, folder, SMALL);
    let one = CompareSettings { threads: 1, ..settings(100_000) };
    let comparison = compare_manifests(&scene.dataset, &scene.manifests, &one).unwrap();
    let mut counts: Counts = sum(&comparison.buckets);
    counts.retain(|_, count| *count > 0);
    assert_eq!(Some(&counts), scene.reference.as_ref(), "seed {seed}");
    assert_same(&scene.ask_shards(1000), &comparison);
    for engine in engines {
        assert_same(&scene.ask(engine, 1000, &|_| ()).unwrap(), &comparison);
    }
    scene.remove();
}
