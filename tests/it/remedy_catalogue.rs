//! The catalogue of remedies (`tests/REMEDIES.md`) names everything that the program can tell somebody to do, and how it was followed.
//!
//! What counts as one is found in the code by its form: a text of three words or more that begins with a verb of [`VERBS`], outside of
//! tests, documentation and the made-up repository. A new one that stands in no row fails here, and so does a row about none.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CATALOGUE: &str = include_str!("../REMEDIES.md");

/// How sentences begin that tell somebody what to do.
const VERBS: &str = "add ask begin bring change check choose clone commit convert correct delete deploy dismiss empty end exclude fetch find \
    gather give hand have judge keep land leave let list look make measure mend move name open protect push put rebase record \
    remove repair report restore rewrite run say search see set sign split switch take test unpack unset update upgrade use wait write";

/// What begins like one and is none: parts of sentences that say what was found.
const NONE: &[&str] = &[
    "test data ",
    "Change audit",
    "Check it yourself",
    "Let through by",
    "commit to deploy",
    "end of the period",
    "let through by a waiver",
    "Report: ",
    "Retry: ",
    "Upgrade to GitHub",
    "check run {} is of another commit",
    "commit {}",
    "commit {}, which is now the head of request {},",
    "commit {}, which is now the tip of {},",
    "let the run it began from",
    "let {said} through",
    "let {} through, and {said} lies before it",
    "record {",
    "run {} of {producer} {}",
    "list of receipts",
    "run {number} s",
    "run {number}, which",
    "run {number} ended it",
    "run {first} is over budget",
    "run {} says that it is",
    "run {} was good again",
    "run {} (",
    "run {} is ",
    "run {} read ",
    "run {}: too few",
    "judge a deployment",
    "list of texts",
    "test evidence that is bound to a tree",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The rows: where it stands below `src`, how it begins, how it was followed.
fn rows() -> Vec<[&'static str; 3]> {
    let rows = CATALOGUE.lines().filter(|line| line.starts_with("| ") && line.contains(".rs | "));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        <[&str; 3]>::try_from(cells).unwrap_or_else(|cells| panic!("no row of three: {cells:?}"))
    })
    .collect()
}

/// Files that only name commands or write documents.
const ASIDE: [&str; 5] = [
    "cli/build.rs",
    "cli/examples/lines.rs",
    "cli/lib.rs",
    "judge/control/schema.rs",
    "judge/policy/reference.rs",
];

/// Does the file write the procedure for staff, or the table of clauses? What these tell people to do is the way of a
/// change or what a standard asks for, and no remedy.
fn is_procedure(name: &str) -> bool {
    let is_room = name.starts_with("judge/") || name.starts_with("render/");
    is_room && name.ends_with("/procedure.rs") || name.starts_with("judge/clauses/")
}

/// The sources that speak to people, each with its path below `src`.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root().join("src")).unwrap().to_string_lossy().into_owned();
        let aside = ["tests", "demo", "testkit", "testing.rs", "sample.rs"];
        if aside.iter().any(|part| name.split('/').any(|one| one == *part || one == format!("{part}.rs"))) {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else if name.ends_with(".rs") && !ASIDE.contains(&name.as_str()) && !is_procedure(&name) {
            let text = fs::read_to_string(&path).unwrap();
            let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_string();
            found.push((name, product));
        }
    }
}

/// The texts between double quotes of a source, as they are meant, without comments.
fn texts(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = source.chars().peekable();
    let mut last = ' ';
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => while rest.next_if(|c| *c != '\n').is_some() {},
            // A character, not a lifetime.
            '\'' if rest.peek() == Some(&'\\') => drop(rest.nth(1)),
            '\'' if rest.peek() == Some(&'"') => drop(rest.next()),
            '"' => found.push(text(&mut rest, matches!(last, 'r' | '#'))),
            _ => {}
        }
        last = c;
    }
    found
}

fn text(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, raw: bool) -> String {
    let mut text = String::new();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' if !raw => match rest.next() {
                Some('\n') => while rest.next_if(|c| c.is_whitespace()).is_some() {},
                Some('n') => text.push('\n'),
                Some(c) => text.push(c),
                None => {}
            },
            c => text.push(c),
        }
    }
    text
}

fn is_remedy(text: &str) -> bool {
    let mut words = text.split(' ');
    let first = words.next().unwrap_or_default().to_lowercase();
    let verb = VERBS.split_whitespace().any(|verb| verb == first);
    verb && words.count() >= 2 && !text.contains('\n') && !NONE.iter().any(|none| text.starts_with(none))
}

fn remedies() -> Vec<(String, String)> {
    let mut all = Vec::new();
    sources(&root().join("src"), &mut all);
    let mut found: Vec<(String, String)> = all
        .iter()
        .flat_map(|(name, source)| texts(source).into_iter().map(|text| (name.clone(), text)))
        .filter(|(_, text)| is_remedy(text))
        .collect();
    found.sort();
    found
}

fn stands_for([place, begins, _]: &[&str; 3], (name, text): &(String, String)) -> bool {
    name == place && (*begins == "*" || text.starts_with(begins.trim_end_matches("...")))
}

#[test]
fn every_remedy_in_the_code_has_a_row() {
    let rows = rows();
    let lacking: Vec<String> = remedies()
        .iter()
        .filter(|remedy| !rows.iter().any(|row| stands_for(row, remedy)))
        .map(|(name, text)| format!("| {name} | {text} | |"))
        .collect();
    assert!(lacking.is_empty(), "follow these, and say in tests/REMEDIES.md how:\n{}", lacking.join("\n"));
}

#[test]
fn every_row_is_about_a_remedy_and_names_tests_that_exist() {
    let remedies = remedies();
    let tests = functions();
    for row in rows() {
        assert!(
            remedies.iter().any(|remedy| stands_for(&row, remedy)),
            "nothing in the code says so: {row:?}"
        );
        let named = row[2].split('`').skip(1).step_by(2).filter(|name| name.contains("::"));
        let named: Vec<&str> = named.collect();
        assert!(
            !named.is_empty() || row[2].starts_with("by hand: ") || row[2].starts_with("by reading: "),
            "{row:?}"
        );
        for name in named {
            let (file, test) = name.rsplit_once("::").unwrap();
            assert!(tests.contains(&(file.to_string(), test.to_string())), "there is no test {name}");
        }
    }
}

/// The functions of all tests, each with its file's name or its module's path.
fn functions() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for folder in ["tests", "src"] {
        collect(&root().join(folder), &mut found);
    }
    found
}

fn collect(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path.strip_prefix(root()).unwrap().with_extension("").to_string_lossy().into_owned();
            // Sources of other programs, such as those of `tests/runners`, hold no tests of ours.
            let Some(name) = name.strip_prefix("tests/it/").or(name.strip_prefix("src/")) else { continue };
            let name = name.replace('/', "::");
            let module = name.trim_end_matches("::mod").to_string();
            for line in fs::read_to_string(&path).unwrap().lines() {
                let test = line.trim_start().strip_prefix("fn ").and_then(|rest| rest.split_once('('));
                found.extend(test.map(|(test, _)| (module.clone(), test.to_string())));
            }
        }
    }
}

#[test]
fn texts_are_found_as_they_are_meant() {
    let source = "let a = \"Run it, \\\n    and \\\"wait\\\"\"; // \"Run that\"\nlet b = '\"'; f(\"Let it be\"); r#\"Use C:\\x or y\"#";
    assert_eq!(texts(source), ["Run it, and \"wait\"", "Let it be", "Use C:\\x or y"]);
    assert!(
        is_remedy("Let it be")
            && !is_remedy("Let it")
            && !is_remedy("It is so")
            && !is_remedy("record {} of {}")
    );
}
