//! Reports that real tools wrote, green and red, through the whole gate: its answer is that of the tool's own exit status.
//!
//! The reports and their table lie in `tests/runners`. Only the report speaks here, without the exit status that
//! `evidence record` would add. A row that is `not read yet` may be undetermined when it is green; when it is red, it never passes.
#![cfg(unix)]

use crate::support::gate::Verdict;
use crate::support::reported::{judged_by_lines, judged_by_tests};
use std::path::{Path, PathBuf};

const TABLE: &str = include_str!("../runners/README.md");
/// Where the tools ran.
const BUILDS: &str = "/builds/records";

/// One report of the table.
struct Row<'t> {
    report: &'t str,
    what: &'t str,
    exit: &'t str,
    state: &'t str,
}

/// What a row says of the gate.
#[derive(Debug, PartialEq, Eq)]
enum State {
    /// It reads the report and agrees with the tool.
    Read,
    /// Nobody reads it yet.
    NotYet,
    /// It says too little to be read: undetermined, whatever the tool said.
    Refused,
}

impl<'t> Row<'t> {
    fn of(line: &'t str) -> Option<Self> {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [report, _, what, exit, state] = cells[..] else { return None };
        let report = report.strip_prefix('`')?.strip_suffix('`')?;
        Some(Row { report, what, exit, state })
    }

    fn file(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runners").join(self.report)
    }

    fn is_green(&self) -> bool {
        match self.exit {
            "0" | "100 %" => true,
            red => {
                let number = red.trim_end_matches(" %").parse::<f64>();
                assert!(number.is_ok(), "{}: `{red}` is no exit status", self.report);
                false
            }
        }
    }

    fn state(&self) -> State {
        match self.state {
            "read" => State::Read,
            "not read yet" => State::NotYet,
            "says too little" => State::Refused,
            other => panic!("{}: nobody knows what `{other}` means", self.report),
        }
    }

    /// The measured source beside it, with its path in the repository.
    fn source(&self) -> (String, String) {
        let files = std::fs::read_dir(self.file().parent().unwrap()).unwrap();
        let mut files = files.map(|file| file.unwrap().path());
        let is_source = |file: &PathBuf| file.file_stem().unwrap().eq_ignore_ascii_case("load");
        let file = files.find(is_source).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        (format!("services/upload/{name}"), std::fs::read_to_string(&file).unwrap())
    }

    fn judge(&self) -> Verdict {
        let report = std::fs::read_to_string(self.file()).unwrap();
        match self.what {
            "tests" => judged_by_tests(&report),
            "lines" => {
                let strip = report.contains(BUILDS).then(|| format!("strip = \"{BUILDS}\"\n"));
                let (path, text) = self.source();
                judged_by_lines(&report, &strip.unwrap_or_default(), &path, &text)
            }
            other => panic!("{}: nobody knows what `{other}` are", self.report),
        }
    }
}

fn rows() -> Vec<Row<'static>> {
    TABLE.lines().filter_map(Row::of).collect()
}

/// What is wrong with the gate's answer, if anything is.
fn mistake(row: &Row<'_>) -> Option<String> {
    let verdict = row.judge();
    let right = match (row.state(), row.is_green()) {
        (State::Read, true) => verdict.exit == 0,
        (State::Read, false) => verdict.exit == 1,
        (State::NotYet, true) => matches!(verdict.exit, 0 | 3),
        (State::NotYet, false) => matches!(verdict.exit, 1 | 3),
        (State::Refused, _) => verdict.exit == 3,
    };
    let said =
        |finding: &&serde_json::Value| matches!(finding["verdict"].as_str(), Some("broken" | "unproven"));
    let findings = verdict.json["findings"].as_array().into_iter().flatten().filter(said);
    let findings: Vec<String> =
        findings.map(|finding| format!("{} {}", finding["reason"], finding["details"])).collect();
    (!right).then(|| format!("{}: exit {} for `{}`: {findings:?}", row.report, verdict.exit, row.exit))
}

fn agree(what: &str) {
    let rows = rows();
    let mistakes: Vec<String> = rows.iter().filter(|row| row.what == what).filter_map(mistake).collect();
    assert_eq!(mistakes, Vec::<String>::new());
}

#[test]
fn reports_of_test_runs_agree_with_the_exit_status_of_their_runner() {
    agree("tests");
}

#[test]
fn reports_of_line_coverage_agree_with_the_exit_status_of_their_tool() {
    agree("lines");
}

#[test]
fn every_file_is_in_the_table_once_and_green_and_red_come_in_pairs() {
    let mut listed: Vec<&str> = rows().iter().map(|row| row.report).collect();
    assert!(listed.len() > 100 && listed.len().is_multiple_of(2), "{listed:?}");
    for row in rows() {
        let (tool, name) = row.report.split_once('/').unwrap();
        let (colour, rest) = name.split_at(name.find(['-', '.']).unwrap());
        assert_eq!(row.is_green(), colour == "green", "{}", row.report);
        let twin = format!("{tool}/{}{rest}", if row.is_green() { "red" } else { "green" });
        assert!(listed.contains(&twin.as_str()), "{} has no twin {twin}", row.report);
        let _ = row.state();
    }
    listed.sort_unstable();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runners");
    let mut found = Vec::new();
    for directory in
        std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for file in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if !file.file_stem().unwrap().eq_ignore_ascii_case("load") {
                found.push(file.strip_prefix(&root).unwrap().to_str().unwrap().to_string());
            }
        }
    }
    found.sort_unstable();
    assert_eq!(found, listed);
}
