//! Patterns and named files to parsed test reports.
//!
//! A report that was found is never dropped: one that cannot be read or understood is listed with
//! the gap in place of its run. Links are not followed: a change could bring a link to evidence of
//! its own making. A link in the place of a report is a gap; directories that are links are not
//! entered.

use super::reading::{report_name, take};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::inquiry::{Inquiry, SaidFormat, Topic};
use portcullis_model::path::RepoPath;
use portcullis_model::reading::{NO_READERS, ReportReaders};
use portcullis_model::test_run::{Report, ReportFormat};
use portcullis_pattern::error::PatternError;
use portcullis_pattern::glob::Glob;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A report file named on the command line: `FILE`, with `SUITE=`, `FORMAT:` or both before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedReport {
    /// The suite that it is for, if it was named.
    pub suite: Option<String>,
    /// The format that it is said to be in; otherwise the policy or its content tells.
    pub format: Option<ReportFormat>,
    /// The file.
    pub file: PathBuf,
}

/// Where reports are looked for, and with what they are read.
#[derive(Clone, Copy)]
pub struct ReportFiles<'a> {
    /// The directory below which patterns are looked for.
    pub directory: &'a Path,
    /// The reports named on the command line.
    pub named: &'a [NamedReport],
    /// The parsers.
    pub readers: &'a dyn ReportReaders,
}

impl<'a> ReportFiles<'a> {
    /// None are named, and one that a pattern finds is not read.
    pub fn unread(directory: &'a Path) -> Self {
        ReportFiles { directory, named: &[], readers: NO_READERS }
    }
}

/// Reads the named reports and those that the inquiry's patterns find below the directory.
/// `tracked` says whether a file is part of the repository and not of a run; it is asked for every
/// report, by the place where it was found. The reports are sorted by path and suite.
///
/// The whole fact is a gap when nothing asks for reports, when a pattern is not one, or when a
/// directory that can hold reports cannot be listed.
pub fn gather(
    files: ReportFiles<'_>,
    inquiry: &Inquiry,
    tracked: &dyn Fn(&Path) -> Fact<bool>,
) -> Fact<Vec<Report>> {
    if files.named.is_empty() && !inquiry.topics.contains(&Topic::Reports) {
        return Fact::Gap(Gap::not_asked("test reports", "Use a policy that asks for test reports."));
    }
    gather_asked(files, inquiry, tracked).into()
}

fn gather_asked(
    files: ReportFiles<'_>,
    inquiry: &Inquiry,
    tracked: &dyn Fn(&Path) -> Fact<bool>,
) -> Result<Vec<Report>, Gap> {
    let ReportFiles { directory, named, readers } = files;
    let read = |file: &Path, path, suite, format| read_named(readers, (file, path), suite, format, tracked);
    let mut reports = BTreeMap::new();
    for path in find(directory, &inquiry.reports)? {
        let format = said_format(inquiry, &path.to_string(), None);
        let report = read(&directory.join(native_path(&path)), path.to_string(), None, format);
        reports.insert((report.path.clone(), None), report);
    }
    for NamedReport { suite, format, file } in named {
        let text = path_below(directory, file).map_or_else(|| shown_path(file), |path| path.to_string());
        let format =
            format.map_or_else(|| said_format(inquiry, &text, suite.as_deref()), |format| Ok(Some(format)));
        let report = read(file, text, suite.clone(), format);
        reports.insert((report.path.clone(), suite.clone()), report);
    }
    Ok(reports.into_values().collect())
}

/// The format that the policy gives a report, if it does: by the suite that it was handed over for,
/// or by the patterns that match its path.
fn said_format(inquiry: &Inquiry, path: &str, suite: Option<&str>) -> Result<Option<ReportFormat>, Gap> {
    let matches = |pattern: &String| Glob::new(pattern).is_ok_and(|glob| glob.matches(path.as_bytes()));
    let is_for = |said: &&SaidFormat| match suite {
        Some(suite) => said.suite == suite,
        None => said.reports.iter().any(matches),
    };
    let formats: BTreeSet<_> = inquiry.formats.iter().filter(is_for).map(|said| said.format).collect();
    if formats.len() > 1 {
        let remedy = "Let the suites of the policy that take this report name one format.";
        let detail = "the policy says that it is in several formats";
        return Err(Gap::new(report_name(path), GapReason::Malformed, detail, remedy));
    }
    Ok(formats.first().copied())
}

fn read_named(
    readers: &dyn ReportReaders,
    (file, path): (&Path, String),
    suite: Option<String>,
    format: Result<Option<ReportFormat>, Gap>,
    tracked: &dyn Fn(&Path) -> Fact<bool>,
) -> Report {
    let (digest, mut run, written) = match take(readers, file, &path, format) {
        Ok(taken) => (Some(taken.digest), Fact::from(taken.run), taken.written),
        Err(gap) => (None, Fact::Gap(gap), None),
    };
    let tracked = match tracked(file) {
        Fact::Known(tracked) => tracked,
        Fact::Gap(gap) => {
            run = Fact::Gap(gap);
            false
        }
    };
    Report { path, suite, digest, written, tracked, run }
}

/// Every path below `directory` that a pattern matches and that is no directory, sorted.
pub(super) fn find(directory: &Path, patterns: &BTreeSet<String>) -> Result<Vec<RepoPath>, Gap> {
    let patterns = patterns.iter().map(|text| ReportPattern::new(text)).collect::<Result<Vec<_>, _>>()?;
    let mut found = Vec::new();
    let mut left = if patterns.is_empty() { Vec::new() } else { vec![Vec::new()] };
    while let Some(parents) = left.pop() {
        let components: Vec<&[u8]> = parents.split(|b| *b == b'/').filter(|part| !part.is_empty()).collect();
        if patterns.iter().any(|pattern| pattern.enters(&components)) {
            list_files(directory, &parents, &patterns, &mut found, &mut left)?;
        }
    }
    found.sort();
    Ok(found)
}

fn list_files(
    directory: &Path,
    parents: &[u8],
    patterns: &[ReportPattern],
    found: &mut Vec<RepoPath>,
    left: &mut Vec<Vec<u8>>,
) -> Result<(), Gap> {
    let place = directory.join(native_path(&RepoPath::new(parents)));
    let unlisted = |error: io::Error| {
        let remedy = "Let the gate read the directory, or name the reports more narrowly in the policy.";
        Gap::new(
            format!("the directory {}", shown_path(&place)),
            GapReason::Unreachable,
            error.to_string(),
            remedy,
        )
    };
    for entry in fs::read_dir(&place).map_err(unlisted)? {
        let entry = entry.map_err(unlisted)?;
        let name = entry.file_name();
        let separator: &[u8] = if parents.is_empty() { b"" } else { b"/" };
        let path = [parents, separator, name.as_encoded_bytes()].concat();
        let kind = entry.file_type().map_err(unlisted)?;
        if kind.is_dir() {
            if !name.eq_ignore_ascii_case(".git") {
                left.push(path);
            }
        } else if patterns.iter().any(|pattern| pattern.glob.matches(&path))
            && !(kind.is_symlink() && fs::metadata(entry.path()).is_ok_and(|target| target.is_dir()))
        {
            found.push(RepoPath::new(path));
        }
    }
    Ok(())
}

/// A pattern, and which directories can hold what it matches.
struct ReportPattern {
    glob: Glob,
    steps: Vec<PatternStep>,
}

/// One component of a pattern.
enum PatternStep {
    /// A component that matches this.
    One(Box<Glob>),
    /// Anything from here on: `**`, or braces and classes, which can hold a `/`.
    Rest,
}

impl ReportPattern {
    fn new(text: &str) -> Result<Self, Gap> {
        let bad = |error: PatternError| {
            let what = format!("the reports that `{text}` matches");
            Gap::new(
                what,
                GapReason::Malformed,
                error.to_string(),
                "Write the pattern in the dialect of the policy.",
            )
        };
        let glob = Glob::new(text).map_err(bad)?;
        let steps = text.split('/').map(read_step).collect::<Result<_, _>>().map_err(bad)?;
        Ok(ReportPattern { glob, steps })
    }

    /// Can something below this directory match?
    fn enters(&self, components: &[&[u8]]) -> bool {
        for (index, step) in self.steps.iter().enumerate() {
            match (step, components.get(index)) {
                (PatternStep::Rest, _) | (PatternStep::One(_), None) => return true,
                (PatternStep::One(glob), Some(component)) if glob.matches(component) => {}
                (PatternStep::One(_), Some(_)) => return false,
            }
        }
        false
    }
}

fn read_step(component: &str) -> Result<PatternStep, PatternError> {
    if component == "**" || component.contains(['{', '}', '[', ']', '\\']) {
        return Ok(PatternStep::Rest);
    }
    Glob::new(component).map(|glob| PatternStep::One(Box::new(glob)))
}

/// The path of a file from `directory`, when it really lies below it: links on the way are
/// resolved.
pub fn path_below(directory: &Path, file: &Path) -> Option<RepoPath> {
    let directory = directory.canonicalize().ok()?;
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = parent.canonicalize().ok()?.join(file.file_name()?);
    let components = file.strip_prefix(directory).ok()?.components();
    let parts: Option<Vec<&[u8]>> = components
        .map(|component| match component {
            Component::Normal(part) => Some(part.as_encoded_bytes()),
            _ => None,
        })
        .collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| RepoPath::new(parts.join(&b'/')))
}

/// A path as the command line has it, `/` between its components.
fn shown_path(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

#[cfg(unix)]
pub(super) fn native_path(path: &RepoPath) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(path.as_bytes()))
}

#[cfg(not(unix))]
pub(super) fn native_path(path: &RepoPath) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(path.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::digest::Digest;
    use portcullis_report::READERS;
    use tempfile::TempDir;

    const GOOD: &str = "<testsuite name='s'><testcase name='a'/></testsuite>";

    fn directory(files: &[(&str, &str)]) -> TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let file = directory.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        directory
    }

    fn inquiry(patterns: &[&str]) -> Inquiry {
        Inquiry {
            topics: [Topic::Reports].into(),
            reports: patterns.iter().map(ToString::to_string).collect(),
            ..Inquiry::default()
        }
    }

    fn files<'a>(directory: &'a Path, named: &'a [NamedReport]) -> ReportFiles<'a> {
        ReportFiles { directory, named, readers: READERS }
    }

    fn no(_: &Path) -> Fact<bool> {
        Fact::Known(false)
    }

    fn reports(directory: &Path, named: &[NamedReport], patterns: &[&str]) -> Vec<Report> {
        gather(files(directory, named), &inquiry(patterns), &no).known().unwrap().clone()
    }

    fn paths(reports: &[Report]) -> Vec<&str> {
        reports.iter().map(|report| report.path.as_str()).collect()
    }

    fn gap(report: &Report) -> &Gap {
        match &report.run {
            Fact::Gap(gap) => gap,
            Fact::Known(run) => panic!("{run:?}"),
        }
    }

    #[test]
    fn patterns_find_reports_and_nothing_else() {
        let files =
            ["t/a/junit.xml", "t/b/junit.xml", "t/b/c/junit.xml", ".git/t/a/junit.xml", "junit.xml", "t/a/x"];
        let directory = directory(&files.map(|file| (file, GOOD)));
        for (pattern, found) in [
            ("t/*/junit.xml", vec!["t/a/junit.xml", "t/b/junit.xml"]),
            ("t/{a,b/c}/junit.xml", vec!["t/a/junit.xml", "t/b/c/junit.xml"]),
            ("**/junit.xml", vec!["junit.xml", "t/a/junit.xml", "t/b/c/junit.xml", "t/b/junit.xml"]),
            ("t/b/**", vec!["t/b/c/junit.xml", "t/b/junit.xml"]),
            ("t/[a]/junit.xml", vec!["t/a/junit.xml"]),
            ("nowhere/junit.xml", vec![]),
            ("t", vec![]),
        ] {
            assert_eq!(paths(&reports(directory.path(), &[], &[pattern])), found, "{pattern}");
        }
        let report = &reports(directory.path(), &[], &["junit.xml"])[0];
        assert_eq!(report.digest, Some(Digest::of(GOOD.as_bytes())));
        assert_eq!(report.run.value().unwrap().tests[0].id, "s > a");
    }

    #[test]
    fn directories_that_cannot_match_are_not_entered() {
        let pattern = |text| ReportPattern::new(text).unwrap();
        assert!(pattern("a/*/c.xml").enters(&[]));
        assert!(pattern("a/*/c.xml").enters(&[b"a"]));
        assert!(pattern("a/*/c.xml").enters(&[b"a", b"x"]));
        assert!(!pattern("a/*/c.xml").enters(&[b"b"]));
        assert!(!pattern("a/*/c.xml").enters(&[b"a", b"x", b"c.xml"]));
        assert!(pattern("a/**/c.xml").enters(&[b"a", b"x", b"y"]));
    }

    #[test]
    fn what_cannot_be_read_or_understood_is_listed_with_its_gap() {
        let directory =
            directory(&[("r/cut.xml", "<testsuite>\n<testcase"), ("r/empty.xml", ""), ("r/good.xml", GOOD)]);
        let reports = reports(directory.path(), &[], &["r/*.xml"]);
        assert_eq!(paths(&reports), ["r/cut.xml", "r/empty.xml", "r/good.xml"]);
        assert_eq!(gap(&reports[0]).reason, GapReason::Malformed);
        assert!(gap(&reports[0]).detail.starts_with("line 2: "));
        assert_eq!(gap(&reports[1]).detail, "it is empty");
        assert!(reports[2].run.value().is_some());
    }

    #[test]
    fn named_files_are_read_from_where_they_are() {
        let inside = directory(&[("out/a.xml", GOOD)]);
        let outside = directory(&[("b.xml", GOOD)]);
        let named = |suite: Option<&str>, file: PathBuf| NamedReport {
            suite: suite.map(String::from),
            format: None,
            file,
        };
        let files = [
            named(Some("upload"), inside.path().join("out/../out/a.xml")),
            named(None, outside.path().join("b.xml")),
            named(None, inside.path().join("missing.xml")),
        ];
        let reports = reports(inside.path(), &files, &["out/*.xml"]);
        let suites: Vec<_> = reports.iter().map(|report| report.suite.as_deref()).collect();
        let outside = shown_path(&outside.path().join("b.xml"));
        assert_eq!(paths(&reports), [&outside, "missing.xml", "out/a.xml", "out/a.xml"]);
        assert_eq!(suites, [None, None, None, Some("upload")]);
        assert_eq!(gap(&reports[1]).reason, GapReason::Unreachable);
    }

    #[test]
    fn the_policy_and_the_command_line_can_say_the_format() {
        let directory = directory(&[("r/a.out", "noise\n1..1\nok 1 - a\n"), ("r/b.xml", GOOD)]);
        let said = |suite: &str, pattern: &str, format| SaidFormat {
            suite: suite.into(),
            reports: [pattern.to_string()].into(),
            format,
        };
        let read = |formats: &[SaidFormat], named: &[NamedReport]| {
            let inquiry = Inquiry { formats: formats.iter().cloned().collect(), ..inquiry(&["r/*"]) };
            let reports = gather(files(directory.path(), named), &inquiry, &no).known().unwrap().clone();
            reports.iter().map(|report| report.run.known().is_ok()).collect::<Vec<_>>()
        };
        let (tap, junit) = (ReportFormat::Tap, ReportFormat::Junit);
        assert_eq!(read(&[said("s", "r/*.out", tap), said("t", "r/*.xml", junit)], &[]), [true, true]);
        assert_eq!(read(&[said("s", "r/*", tap)], &[]), [true, false]);
        assert_eq!(read(&[said("s", "r/*.out", tap), said("t", "r/*.out", junit)], &[]), [false, true]);
        let file =
            |format| NamedReport { suite: Some("t".into()), format, file: directory.path().join("r/b.xml") };
        assert_eq!(read(&[said("t", "x", tap)], &[file(None)]), [true, true, false]);
        assert_eq!(read(&[said("t", "x", tap)], &[file(Some(junit))]), [true, true, true]);
    }

    #[test]
    fn a_report_of_the_repository_is_marked_and_doubt_is_a_gap() {
        let directory = directory(&[("a.xml", GOOD)]);
        let named =
            [NamedReport { suite: Some("x".into()), format: None, file: directory.path().join("a.xml") }];
        let asked = |answer: Fact<bool>| {
            let tracked = |file: &Path| {
                assert_eq!(file, directory.path().join("a.xml"));
                answer.clone()
            };
            gather(files(directory.path(), &named), &inquiry(&["*.xml"]), &tracked).known().unwrap().clone()
        };
        assert!(asked(Fact::Known(true)).iter().all(|report| report.tracked));
        let doubt = Gap::new("the tree", GapReason::MissingObject, "gone", "fetch");
        for report in asked(Fact::Gap(doubt.clone())) {
            assert_eq!(report.run, Fact::Gap(doubt.clone()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        use std::os::unix::fs::symlink;
        let directory = directory(&[("evidence/a.xml", GOOD), ("out/keep", "")]);
        symlink("../evidence/a.xml", directory.path().join("out/a.xml")).unwrap();
        symlink("nowhere", directory.path().join("out/b.xml")).unwrap();
        symlink("../evidence", directory.path().join("out/d.xml")).unwrap();
        symlink("evidence", directory.path().join("linked")).unwrap();
        let found = reports(directory.path(), &[], &["out/*.xml", "linked/*.xml"]);
        assert_eq!(paths(&found), ["out/a.xml", "out/b.xml"]);
        assert!(found.iter().all(|report| gap(report).reason == GapReason::Untrusted));
        // Named through a linked directory, it counts under the path where it really is.
        let named = [NamedReport { suite: None, format: None, file: directory.path().join("linked/a.xml") }];
        assert_eq!(paths(&reports(directory.path(), &named, &[])), ["evidence/a.xml"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_text_is_quoted_and_read_all_the_same() {
        use std::os::unix::ffi::OsStrExt;
        let directory = directory(&[]);
        fs::write(directory.path().join(std::ffi::OsStr::from_bytes(b"a\xff.xml")), GOOD).unwrap();
        let reports = reports(directory.path(), &[], &["*.xml"]);
        assert_eq!(paths(&reports), [r#""a\377.xml""#]);
        assert!(reports[0].run.value().is_some());
    }

    #[test]
    fn a_directory_that_cannot_be_listed_makes_the_whole_fact_a_gap() {
        let gone = tempfile::tempdir().unwrap().path().join("gone");
        let fact = gather(files(&gone, &[]), &inquiry(&["*.xml"]), &no);
        assert_eq!(fact.known().unwrap_err().reason, GapReason::Unreachable);
        assert_eq!(gather(files(&gone, &[]), &inquiry(&[]), &no), Fact::Known(vec![]));
    }

    #[test]
    fn nobody_asked_and_a_pattern_that_is_none_are_gaps() {
        let fact = gather(files(Path::new("."), &[]), &Inquiry::default(), &no);
        assert_eq!(fact.known().unwrap_err().reason, GapReason::NotAsked);
        let fact = gather(files(Path::new("."), &[]), &inquiry(&["/abs"]), &no);
        assert_eq!(fact.known().unwrap_err().reason, GapReason::Malformed);
    }
}
