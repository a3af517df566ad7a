//! Would the gate raise a false alarm over real histories?
//!
//! `PORTCULLIS_HISTORIES="a.git b.git" cargo bench --bench histories` takes the last landings of each repository (git
//! directories, separated by blanks) and lets us say what of each is explained. The host is not asked: a merge names its
//! requests by its other parents. For squashes, rebased series and trains git itself makes the landing, from the requests of
//! those same merges; so every content is real.
//!
//! | row | the landing | its request |
//! | --- | --- | --- |
//! | `merged` | a merge as it stands in the history | its other parents |
//! | `squashed` | one commit with the tree of git's merge | the merge's second parent |
//! | `rebased` | the request's commits, picked one by one by git | the merge's second parent |
//! | `in a train` | two to four merges that follow each other, as one | their second parents |
//! | `squash style` | a landing of one parent as it stands | the same change, set back some landings by git |
//! | `conflict left in` | what git leaves of a merge with conflicts; nothing may explain it | the merge's second parent |
//!
//! The yardstick is `git merge-tree --write-tree` without attributes and configuration. A *false alarm* is a landing that git
//! arrives at by a clean merge and we do not explain; *too kind* is one that we explain and git does not arrive at.
//! The run fails when there is any. *Left out* is counted apart: git arrives at the landing, but over a merge base that the branch
//! holds without its content, because the merge that brought it was settled by hand or was none of git's; see
//! `collect::git::landing::prover::basis`.
//!
//! - `PORTCULLIS_HISTORIES_LANDINGS` says how many landings back (otherwise 1000).
//! - `-- --smoke` uses a small history of its own. So does `cargo test --benches`.
//!
//! Nothing is written into the repositories: git writes to a temporary one that has the other as its alternate.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a harness asks the environment, starts git and prints"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use tempfile::TempDir;

mod cases;
mod sample;
mod table;
mod why;
mod yardstick;

fn main() -> ExitCode {
    // `cargo bench` says `--bench`; without it this runs as one test among others.
    let told = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    let smoke = told("--smoke") || !told("--bench");
    let landings =
        std::env::var("PORTCULLIS_HISTORIES_LANDINGS").map_or(1000, |n| n.parse().expect("a number"));
    let scratch = TempDir::new().expect("a temporary directory");
    let given = std::env::var("PORTCULLIS_HISTORIES").ok().filter(|_| !smoke);
    let repositories: Vec<PathBuf> = match given {
        Some(given) => given.split_whitespace().map(PathBuf::from).collect(),
        None => vec![sample::history(scratch.path())],
    };
    let defects: usize = repositories.iter().map(|repository| judge(repository, landings)).sum();
    if defects == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints the table of one repository; how many defects it shows.
fn judge(repository: &std::path::Path, landings: usize) -> usize {
    let git = yardstick::Git::beside(repository);
    let history = cases::History::read(&git, landings);
    println!("\n{}: the last {} landings", repository.display(), history.steps.len());
    let mut table = table::Table::begin();
    for (row, cases) in history.rows(&git) {
        table.add(&git, row, &cases);
    }
    table.print();
    table.defects()
}
