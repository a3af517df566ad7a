//! The streams of a TAP report: one for each open level, the innermost last.

use super::line::{INDENT, TapLine, TestPoint};
use portcullis_report_shared::attempts::Attempts;
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::said::{self, Hint};
use portcullis_report_shared::summary::add_sentences;
use portcullis_testrun::test_run::{SEPARATOR, TestOutcome, TestRun};
use std::collections::BTreeSet;

/// How deep subtests may nest.
const DEPTH: usize = 64;

/// How long the names of subtests may be together. Each level puts its own before those below it.
const NAMES: usize = 1 << 26;

/// A report while it is read.
#[derive(Default)]
pub struct Streams {
    open: Vec<TapStream>,
    diagnostics: Option<usize>,
    /// The test point before the diagnostics is `ok`.
    ok: bool,
    /// The last line was a test point of this level; only there diagnostics begin.
    after_point: Option<usize>,
    started: bool,
    /// It is KTAP: plans of subtests may be missing.
    pub kernel: bool,
    /// The version that it names; 12 where it names none.
    version: Version,
    /// The worst that its comments say of failures.
    told: Option<&'static str>,
    names: usize,
    tests: Attempts,
    run: TestRun,
}

/// A version of TAP.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Version {
    #[default]
    Before14,
    /// Blank lines are part of it.
    From14,
}

/// One level.
#[derive(Default)]
struct TapStream {
    /// Is a line that is no TAP an error? Nothing when the level around it decides.
    strict: Option<bool>,
    /// The name of its test point, where that precedes it.
    name: Option<String>,
    plan: Option<Option<u64>>,
    planned_after: u64,
    /// The numbers of tests that the plan itself calls work to be done.
    todo: BTreeSet<u64>,
    shown: u64,
    /// Tests of subtests whose test point has not come yet, by their names below it.
    inner: Vec<(String, TestOutcome)>,
    out_of_sequence: bool,
}

impl Streams {
    /// Takes a line, knowing the next.
    ///
    /// # Errors
    /// A sentence about what does not belong there.
    pub fn take(&mut self, line: &str, next: &str) -> Result<(), ContentError> {
        if self.in_diagnostics(line) {
            return Ok(());
        }
        let written = line;
        let (indent, line) = TapLine::of(line);
        let after_point = self.after_point.take();
        match line {
            TapLine::BailOut => self.bail_out(),
            TapLine::Diagnostics if after_point.is_some_and(|level| indent == level * INDENT + 2) => {
                self.diagnostics = Some(indent);
            }
            TapLine::Comment(text) => self.comment(text),
            TapLine::Pragma(switches) if indent.is_multiple_of(INDENT) => {
                self.pragma(indent / INDENT, switches)?
            }
            _ if matches!(line, TapLine::Other | TapLine::Diagnostics | TapLine::Pragma(_))
                || !indent.is_multiple_of(INDENT) =>
            {
                self.no_tap(indent, written);
            }
            line => self.protocol(indent / INDENT, line, next)?,
        }
        Ok(())
    }

    /// Is the line part of the diagnostics that follow a test point?
    fn in_diagnostics(&mut self, line: &str) -> bool {
        let Some(indent) = self.diagnostics else { return false };
        let text = line.trim_start_matches(' ');
        let inside = text.trim().is_empty() || line.len() - text.len() >= indent;
        if !inside {
            add_sentences(&mut self.run.contradictions, ["diagnostics of a test are not closed"]);
        }
        if inside && self.ok && line.len() - text.len() == indent && says_failed(text) {
            add_sentences(
                &mut self.run.contradictions,
                ["a test point is `ok` and its diagnostics say that it failed"],
            );
        }
        if !inside || (text.trim_end() == "..." && line.len() - text.len() == indent) {
            self.diagnostics = None;
        }
        inside
    }

    /// Has anything of a report been seen?
    pub fn has_begun(&self) -> bool {
        self.started
    }

    fn pragma(&mut self, level: usize, switches: &str) -> Result<(), ContentError> {
        if level >= DEPTH {
            return Err(format!("subtests nest deeper than {DEPTH}").into());
        }
        for switch in switches.split(',').map(str::trim) {
            if let Some(on) = [("+strict", true), ("-strict", false)].iter().find(|(word, _)| *word == switch)
            {
                self.level(level)?.strict = Some(on.1);
            }
        }
        Ok(())
    }

    /// A line that is none of the protocol's. It says nothing, unless the report asks to be read
    /// strictly.
    fn no_tap(&mut self, indent: usize, line: &str) {
        // What prove prints around the TAP of programs.
        if line.starts_with("Result: FAIL") || line.starts_with("Dubious, test returned") {
            self.told = Some("the runner says that the run failed, and shows no test that did");
        }
        if line.trim().is_empty() && self.version == Version::From14 {
            return;
        }
        let levels = self.open.iter().take(indent / INDENT + 1).rev();
        if levels.filter_map(|stream| stream.strict).next() == Some(true) {
            add_sentences(
                &mut self.run.errors,
                ["a line is no TAP, and `pragma +strict` says that the run has failed then"],
            );
        }
    }

    /// Comments are for people, but some runners say only there that they failed.
    fn comment(&mut self, text: &str) {
        const ENDS: &[&str] = &[
            "Looks like your test exited",
            "Looks like your test died",
            "Looks like you planned",
            "Dubious, test returned",
        ];
        let words = || text.split_ascii_whitespace();
        let counts = |word: &str| matches!(word, "fail" | "failed" | "cancelled");
        let failures = words().next().filter(|word| counts(word) && words().count() == 2).and(words().nth(1));
        // `# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:0 error:0`
        let totals =
            || words().filter(|_| text.starts_with("Totals:")).filter_map(|word| word.split_once(':'));
        let totals = totals().filter(|(word, _)| matches!(*word, "fail" | "error")).map(|(_, number)| number);
        let numbers = failures.into_iter().chain(totals).filter_map(|number| number.parse::<u64>().ok());
        let failures = numbers.max().unwrap_or(0);
        if ENDS.iter().any(|end| text.starts_with(end)) {
            add_sentences(
                &mut self.run.errors,
                ["the runner says in a comment that the test program did not end well"],
            );
        } else if failures > 0 || text.starts_with("Looks like you failed") {
            self.told = Some("the runner says in a comment that tests failed, and shows none that did");
        }
    }

    fn bail_out(&mut self) {
        add_sentences(&mut self.run.errors, ["the run was given up (`Bail out!`)"]);
    }

    fn protocol(&mut self, level: usize, line: TapLine<'_>, next: &str) -> Result<(), ContentError> {
        if level >= DEPTH {
            return Err(format!("subtests nest deeper than {DEPTH}").into());
        }
        match line {
            TapLine::Version(version) => self.version(level, version)?,
            TapLine::Plan(plan) => self.level(level)?.planned(plan)?,
            TapLine::OldPlan(plan, todo) => {
                let stream = self.level(level)?;
                stream.planned(plan)?;
                let numbers = todo.split(|c: char| !c.is_ascii_digit());
                stream.todo = numbers.filter_map(|number| number.parse().ok()).collect();
            }
            TapLine::Test(point) => self.test(level, point, next)?,
            TapLine::Close => self.level(level).map(|_| ())?,
            _ => {}
        }
        self.started = true;
        Ok(())
    }

    fn version(&mut self, level: usize, version: &str) -> Result<(), ContentError> {
        if level == 0 && self.started {
            return Err("a second document begins here; a report is one document".into());
        }
        self.version = match version.trim() {
            "12" | "13" => self.version,
            "14" => Version::From14,
            _ => return Err("it is of a version of TAP that is not known here".into()),
        };
        Ok(())
    }

    /// The stream of a level, once what is open below it is closed. A test point closes the subtest
    /// that it explains itself.
    fn level(&mut self, level: usize) -> Result<&mut TapStream, ContentError> {
        while self.open.len() > level + 1 {
            self.close(None)?;
        }
        while self.open.len() <= level {
            self.open.push(TapStream::default());
        }
        Ok(&mut self.open[level])
    }

    fn test(&mut self, level: usize, point: TestPoint<'_>, next: &str) -> Result<(), ContentError> {
        while self.open.len() > level + 2 {
            self.close(None)?;
        }
        let stream = self.open.get(level);
        let place = stream.map_or(0, |stream| stream.shown) + 1;
        let opens = point.opens && TapLine::of(next).0 == (level + 1) * INDENT;
        let name = point_name(point, opens, place);
        if self.open.len() == level + 2 {
            self.close(Some((&name, point)))?;
        }
        let stream = self.level(level)?;
        let outcome =
            point_outcome(TestPoint { excused: point.excused || stream.todo.contains(&place), ..point });
        stream.shown = place;
        stream.out_of_sequence |= point.number.is_some_and(|number| number != place);
        self.record(level, name.clone(), outcome)?;
        if opens {
            self.level(level)?;
            self.open.push(TapStream { name: Some(name), ..TapStream::default() });
        }
        self.after_point = Some(level);
        self.ok = outcome == TestOutcome::Passed;
        Ok(())
    }

    /// Closes the innermost stream. `point`: the test point that explains it, if it follows it.
    fn close(&mut self, point: Option<(&str, TestPoint<'_>)>) -> Result<(), ContentError> {
        let Some(stream) = self.open.pop() else { return Ok(()) };
        let unplanned = self.kernel && stream.plan.is_none();
        let said = stream.contradictions("a subtest");
        add_sentences(&mut self.run.contradictions, said.into_iter().skip(usize::from(unplanned)));
        let name = match (stream.name, point) {
            (Some(name), _) => Some(name),
            (None, Some((name, point))) => {
                let failed = stream.inner.iter().any(|(_, outcome)| *outcome > TestOutcome::Skipped);
                if failed && point.ok && !point.excused {
                    add_sentences(
                        &mut self.run.contradictions,
                        ["a test point is `ok` and a subtest of it is not"],
                    );
                }
                Some(name.to_string())
            }
            (None, None) => {
                add_sentences(&mut self.run.contradictions, ["a subtest has no test point"]);
                None
            }
        };
        let level = self.open.len().saturating_sub(1);
        for (inner, outcome) in stream.inner {
            let inner =
                name.as_ref().map_or_else(|| inner.clone(), |name| format!("{name}{SEPARATOR}{inner}"));
            self.record(level, inner, outcome)?;
        }
        Ok(())
    }

    /// A test of a level: the outermost are known by their whole name, others wait for their test
    /// point.
    fn record(&mut self, level: usize, name: String, outcome: TestOutcome) -> Result<(), ContentError> {
        if level == 0 {
            return self.tests.add(name, outcome);
        }
        self.names += name.len();
        if self.names > NAMES {
            return Err(format!("the names of its subtests are longer than {NAMES} bytes").into());
        }
        if let Some(stream) = self.open.get_mut(level) {
            stream.inner.push((name, outcome));
        }
        Ok(())
    }

    /// The run, once the report has ended.
    ///
    /// # Errors
    /// A sentence, when its end is missing.
    pub fn finish(mut self) -> Result<TestRun, ContentError> {
        if self.diagnostics.is_some() {
            return Err("it is cut off in the diagnostics of a test".into());
        }
        while self.open.len() > 1 {
            self.close(None)?;
        }
        let whole = self.open.pop().unwrap_or_default();
        if whole.plan.is_none() && self.run.errors.is_empty() {
            return Err("it has no plan; its end may be missing".into());
        }
        add_sentences(&mut self.run.contradictions, whole.contradictions("the report"));
        let tests = self.tests.finish();
        let failed = tests.iter().any(|test| test.outcome > TestOutcome::Skipped);
        let told = self.told.filter(|_| !failed && self.run.errors.is_empty());
        add_sentences(&mut self.run.errors, told);
        Ok(TestRun { tests, ..self.run })
    }
}

impl TapStream {
    fn planned(&mut self, plan: Option<u64>) -> Result<(), ContentError> {
        if self.plan.is_some() {
            return Err(
                "there is a second plan; a report is one document, so each test program needs its own".into(),
            );
        }
        self.plan = Some(plan);
        self.planned_after = self.shown;
        Ok(())
    }

    fn contradictions(&self, label: &str) -> Vec<String> {
        let mut found = Vec::new();
        match self.plan {
            None => found.push(format!("{label} has no plan")),
            Some(None) => found.push(format!("{label} has a plan that is not a number")),
            Some(Some(plan)) if plan != self.shown => {
                found.push(format!("{label} plans {plan} tests and shows {}", self.shown));
            }
            Some(_) if self.planned_after > 0 && self.planned_after != self.shown => {
                found.push(format!("{label} has its plan in the middle"));
            }
            Some(_) => {}
        }
        if self.out_of_sequence {
            found.push(format!("{label} has numbers that are out of sequence"));
        }
        found
    }
}

/// Does a line of diagnostics say that the test failed? `outcome: failed`, `exitcode: 1`; other
/// names are for people.
fn says_failed(line: &str) -> bool {
    let plain = |text: &str| text.trim().trim_matches(['"', '\'']).to_string();
    line.split_once(':').is_some_and(|(name, value)| said::property(&plain(name), &plain(value)) == Hint::Bad)
}

fn point_outcome(point: TestPoint<'_>) -> TestOutcome {
    match (point.excused, point.ok) {
        (true, _) => TestOutcome::Skipped,
        (false, true) => TestOutcome::Passed,
        (false, false) => TestOutcome::Failed,
    }
}

/// What a test point is called. A brace that opens no subtest is part of the name.
fn point_name(point: TestPoint<'_>, opens: bool, place: u64) -> String {
    if point.description.is_empty() {
        return format!("(test {place})");
    }
    let brace = if point.opens && !opens { " {" } else { "" };
    format!("{}{brace}", point.description.replace("\\#", "#").replace("\\\\", "\\"))
}
