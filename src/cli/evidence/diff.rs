//! `portcullis evidence diff`: what became of the tests from one run to another.

use super::unseen_failure;
use crate::exit::{Exit, Failure, Result};
use crate::file_kind::recognise_no_evidence;
use crate::output::{self, PlainJson, unknown};
use clap::Args;
use portcullis_attest::evidence::predicate::read_as;
use portcullis_attest::evidence::{NOTES, StatementLines};
use portcullis_git::notes::FETCH;
use portcullis_model::evidence::coverage::{
    CoverageChange, RecordedCoverage, Share, coverage_changes, fold_reports,
};
use portcullis_model::evidence::difference::Difference;
use portcullis_model::evidence::inventory::{NameTooLong, TestInventory, Written, differing_tests};
use portcullis_model::evidence::{ExitStatus, RecordedRun, Statement};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Write as _};
use std::path::Path;

/// How many tests of each kind are shown as text; JSON has all.
const SHOWN: usize = 50;

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// Earlier run: a file of statements, or a commit whose tree has a note.
    before: String,
    /// Later run to compare with it.
    after: String,
    /// Compare only this suite.
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

/// Suite and configuration.
type SuiteName = (String, Option<String>);

#[derive(Serialize)]
struct SuiteDifference<'a> {
    suite: &'a str,
    configuration: Option<&'a str>,
    #[serde(flatten)]
    difference: Difference<'a>,
    /// Files whose line coverage is not what it was.
    coverage: Vec<CoverageChange<'a>>,
    /// How the commands ended, before and after, where that is another. Of several runs the worst.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_status: Option<[Option<String>; 2]>,
}

/// What one side holds of a suite and configuration.
#[derive(Default)]
struct SuiteSide {
    tests: TestInventory,
    coverage: Vec<RecordedCoverage>,
    exit_status: Option<ExitStatus>,
}

/// Compares.
///
/// # Errors
/// One side has no statements, or they cannot be read.
pub fn run(directory: &Path, arguments: &DiffArguments) -> Result {
    let mut before = read_sides(directory, &arguments.before, arguments.suite.as_deref())?;
    let mut after = read_sides(directory, &arguments.after, arguments.suite.as_deref())?;
    let names: BTreeSet<SuiteName> = before.keys().chain(after.keys()).cloned().collect();
    let differing: Vec<_> =
        names.iter().map(|name| test_names([before.get_mut(name), after.get_mut(name)])).collect();
    let nothing = SuiteSide::default();
    let sides = |name| [&before, &after].map(|sides| sides.get(name).unwrap_or(&nothing));
    let entries = names.iter().zip(&differing).map(|(name, tests)| compare_suite(name, sides(name), tests));
    let entries: Vec<SuiteDifference<'_>> = entries.collect();
    if arguments.json {
        output::stdout_with(|out| json_of(&entries, out))?;
    } else {
        output::text(&text_of(&entries))?;
    }
    Ok(Exit::Allowed)
}

fn json_of(entries: &[SuiteDifference<'_>], out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = PlainJson::to(out);
    serde_json::to_writer_pretty(&mut out, entries)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The tests that are not the same on both sides. The sides have none any more: both together take
/// too much.
fn test_names(sides: [Option<&mut SuiteSide>; 2]) -> (Written, Written) {
    let [before, after] =
        sides.map(|side| side.map(|side| std::mem::take(&mut side.tests)).unwrap_or_default());
    differing_tests(before, after)
}

fn compare_suite<'a>(
    name: &'a SuiteName,
    [before, after]: [&'a SuiteSide; 2],
    tests: &'a (Written, Written),
) -> SuiteDifference<'a> {
    SuiteDifference {
        suite: &name.0,
        configuration: name.1.as_deref(),
        difference: Difference::of(tests.0.iter(), tests.1.iter()),
        coverage: coverage_changes(&fold_reports(&before.coverage), &fold_reports(&after.coverage)),
        exit_status: (before.exit_status != after.exit_status)
            .then(|| [before, after].map(|side| side.exit_status.map(|status| status.to_string()))),
    }
}

/// What each suite and configuration has. Several statements of one are folded: of tests the worst
/// outcome counts, and a line that was executed in any was executed.
fn read_sides(directory: &Path, name: &str, suite: Option<&str>) -> Result<BTreeMap<SuiteName, SuiteSide>> {
    let mut all: BTreeMap<SuiteName, SuiteSide> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for line in statement_lines(directory, name)? {
        let line = line.map_err(|error| Failure::environment(format!("cannot read {name}: {error}")))?;
        let unread = |error: &dyn std::fmt::Display| {
            let other = recognise_no_evidence(&directory.join(name)).map(str::to_string);
            Failure::environment(format!("{name}: {}", other.unwrap_or_else(|| error.to_string())))
        };
        let read = read_as::<RecordedRun<TestInventory>>(&line);
        let Some(Statement { predicate: run, .. }) = read.map_err(|error| unread(&error))? else {
            continue;
        };
        seen.insert(run.suite.clone());
        if suite.is_none_or(|suite| suite == run.suite) {
            let side = all.entry((run.suite.clone(), run.configuration.clone())).or_default();
            side.take(run).map_err(|error| unread(&error))?;
        }
    }
    if all.is_empty() {
        return Err(none_of(directory, name, suite, &seen));
    }
    Ok(all)
}

impl SuiteSide {
    /// One more run of the suite. Lists that are sorted are merged in one walk.
    fn take(&mut self, run: RecordedRun<TestInventory>) -> std::result::Result<(), NameTooLong> {
        if self.exit_status.is_none_or(ExitStatus::is_success) {
            self.exit_status = run.exit_status.or(self.exit_status);
        }
        self.coverage.extend(run.coverage);
        self.tests = std::mem::take(&mut self.tests).worst_with(run.tests)?;
        Ok(())
    }
}

/// Why there is nothing to compare: another suite was named, or there are no statements at all.
fn none_of(directory: &Path, name: &str, suite: Option<&str>, seen: &BTreeSet<String>) -> Failure {
    let help = match suite {
        Some(suite) if !seen.is_empty() => {
            return Failure::usage(format!(
                "in `{name}`, {}",
                unknown("suite", suite, seen.iter().map(String::as_str))
            ));
        }
        _ if directory.join(name).is_file() => {
            "record a run into it with `portcullis evidence record -o FILE`".to_string()
        }
        _ => format!("a clone does not bring notes by itself: {FETCH}"),
    };
    Failure::environment(format!("`{name}` holds no evidence")).hint(help)
}

/// The statements of a file, or of the note on the tree of a commit, a line each.
fn statement_lines(directory: &Path, name: &str) -> Result<StatementLines<Box<dyn BufRead>>> {
    let file = directory.join(name);
    if file.is_file() {
        let file = File::open(&file);
        let file = file.map_err(|error| Failure::environment(format!("cannot read {name}: {error}")))?;
        return Ok(StatementLines::of(Box::new(BufReader::new(file))));
    }
    let repository = crate::opening::open(directory)?;
    let subject = repository.subject(&repository.resolve_short(name)?).map_err(unseen_failure)?;
    Ok(StatementLines::of(Box::new(Cursor::new(
        repository.note(NOTES, &subject.tree).map_err(unseen_failure)?,
    ))))
}

fn text_of(entries: &[SuiteDifference<'_>]) -> String {
    let mut text = String::new();
    for SuiteDifference { suite, configuration, difference, coverage, exit_status } in entries {
        let configuration = configuration.map(|name| format!(" ({name})")).unwrap_or_default();
        let _ = writeln!(text, "{suite}{configuration}");
        let lists = [
            ("removed", &difference.removed),
            ("added", &difference.added),
            ("newly skipped", &difference.newly_skipped),
            ("newly failing", &difference.newly_failing),
            ("newly flaky", &difference.newly_flaky),
            ("fixed", &difference.fixed),
        ];
        lists
            .iter()
            .for_each(|(what, list)| write_list(&mut text, what, list.iter().map(ToString::to_string)));
        let renamed = difference.renamed.iter().map(|(old, new)| format!("{old} -> {new}"));
        write_list(&mut text, "of these probably renamed", renamed);
        write_list(&mut text, "line coverage changed", coverage.iter().map(describe_coverage));
        if let Some(statuses) = exit_status {
            let [before, after] = statuses.each_ref().map(|one| one.as_deref().unwrap_or("not recorded"));
            let _ = writeln!(text, "  the command ended with: {before} before, {after} now");
        }
        if difference.is_empty() && coverage.is_empty() && exit_status.is_none() {
            text.push_str("  no difference\n");
        }
    }
    text
}

/// "services/load.py: 8 of 10 lines before, 7 of 10 now; no longer executed: 13".
fn describe_coverage(change: &CoverageChange<'_>) -> String {
    let share = |share: Option<Share>| {
        share.map_or("not measured".to_string(), |share| {
            format!("{} of {} lines", share.hit, share.executable)
        })
    };
    let mut text = format!("{}: {} before, {} now", change.path, share(change.before), share(change.after));
    for (what, lines) in [("no longer executed", &change.lost), ("newly executed", &change.gained)] {
        if !lines.is_empty() {
            let _ = write!(text, "; {what}: {lines}");
        }
    }
    text
}

fn write_list(text: &mut String, what: &str, list: impl ExactSizeIterator<Item = String>) {
    let length = list.len();
    if length == 0 {
        return;
    }
    let _ = writeln!(text, "  {what}: {length}");
    list.take(SHOWN).for_each(|line| text.push_str(&format!("    {line}\n")));
    if length > SHOWN {
        let _ = writeln!(text, "    and {} more", length - SHOWN);
    }
}
