//! The attack catalogue (`tests/ATTACKS.md`) speaks of tests that exist, and each kind has enough of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The example of an issue, and three more of its kind.
const LEAST: usize = 4;

const CATALOGUE: &str = include_str!("../ATTACKS.md");

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The sections, each with its heading and its rows.
fn sections() -> Vec<(&'static str, Vec<Vec<&'static str>>)> {
    let mut sections: Vec<(&str, Vec<Vec<&str>>)> = Vec::new();
    for line in CATALOGUE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            sections.push((heading, Vec::new()));
        } else if line.starts_with('|')
            && let Some((_, rows)) = sections.last_mut()
        {
            rows.push(line.trim_matches('|').split(" | ").map(str::trim).collect());
        }
    }
    sections
}

/// The names between backticks that look like tests.
fn tests_in(cell: &str) -> Vec<&str> {
    let names = cell.split('`').skip(1).step_by(2);
    names.filter(|name| name.contains("::")).collect()
}

/// Every function of the tests and of the product's own test modules, as `fn name`.
fn functions() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for folder in ["tests", "src"] {
        collect(&root().join(folder), &mut found);
    }
    found
}

fn collect(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let module = module_of(path.strip_prefix(root()).unwrap());
            let text = std::fs::read_to_string(&path).unwrap();
            for line in text.lines() {
                let name = line.trim_start().strip_prefix("fn ").and_then(|rest| rest.split_once('('));
                found.extend(name.map(|(name, _)| (module.clone(), name.to_string())));
            }
        }
    }
}

/// `tests/it/waivers.rs` is `waivers`, `src/pattern/glob.rs` is `pattern::glob`.
fn module_of(path: &Path) -> String {
    let parts: Vec<_> =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts[1..]
        .iter()
        .filter(|part| !["it", "mod"].contains(&part.as_str()))
        .cloned()
        .collect::<Vec<_>>()
        .join("::")
}

fn exists(test: &str, functions: &BTreeSet<(String, String)>) -> bool {
    let (module, name) = test.rsplit_once("::").unwrap();
    let is_here = |module: &str| functions.contains(&(module.to_string(), name.to_string()));
    // Tests within a file stand in its module `tests`.
    is_here(module) || module.strip_suffix("::tests").is_some_and(is_here)
}

#[test]
fn every_test_that_the_catalogue_names_exists() {
    let functions = functions();
    let named = CATALOGUE.lines().filter(|line| line.starts_with('|')).flat_map(tests_in);
    let missing: Vec<&str> = named.filter(|test| !exists(test, &functions)).collect();
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
}

#[test]
fn each_kind_has_its_example_three_more_and_honest_twins() {
    let with_twins = sections()
        .into_iter()
        .filter(|(_, rows)| rows.first().is_some_and(|row| row.contains(&"honest twin")));
    let kinds: Vec<_> = with_twins.collect();
    assert!(kinds.len() >= 14, "{}", kinds.len());
    for (kind, rows) in kinds {
        let attacks: Vec<_> = rows.into_iter().skip(2).collect();
        assert!(attacks.len() >= LEAST, "{kind}: {} rows", attacks.len());
        for row in attacks {
            assert_eq!(row.len(), 3, "{kind}: {row:?}");
            assert!(row[1..].iter().all(|cell| !tests_in(cell).is_empty()), "{kind}: {row:?}");
        }
    }
}
