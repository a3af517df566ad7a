//! Coverage reports to facts: what they say of the changed files, and no more.
//!
//! Like a test report, one that was found is never dropped, and links are not followed. Names
//! become paths exactly (see `resolve_name`); where a name could be two files, or two names are
//! one file, the fact says so instead of choosing.

use crate::coverage_paths::resolve_name;
use crate::line_checksum::may_be_checksum_of;
use crate::reading::read;
use crate::reading::{local_offset, malformed_report};
use crate::reports::{ReportFiles, find, native_path};
use crate::sources::Sources;
use portcullis_git::{Repository, count_lines};
use portcullis_model::change::{Change, ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::evidence::coverage::{Doubt, RecordedCoverage, RecordedFile};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::inquiry::Inquiry;
use portcullis_model::line_coverage::{
    CoverageFormat, CoverageReport, CoverageSource, Covered, FileLines, LineCoverage, Reported, ReportedFile,
};
use portcullis_model::lines::Lines;
use portcullis_model::path::RepoPath;
use portcullis_model::reading::ReportReaders;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// How many names a report may hint at, and how much of each.
const HINTS: usize = 5;
const HINT: usize = 300;

/// Reads the coverage reports that the inquiry's sources find below the directory, and which lines
/// changed. `tracked` says whether a file is part of the repository and not of a run.
pub fn gather(
    sources: &Sources<'_>,
    inquiry: &Inquiry,
    change: &Fact<Change>,
    tracked: &dyn Fn(&Path) -> Fact<bool>,
) -> Fact<LineCoverage> {
    if inquiry.line_coverage.is_empty() {
        return Fact::Gap(Gap::not_asked("which lines changed", "use a policy that asks for line coverage"));
    }
    gather_asked(sources, inquiry, change, tracked).into()
}

fn gather_asked(
    sources: &Sources<'_>,
    inquiry: &Inquiry,
    change: &Fact<Change>,
    tracked: &dyn Fn(&Path) -> Fact<bool>,
) -> Result<LineCoverage, Gap> {
    let Sources { repository, files: ReportFiles { directory, readers, .. }, .. } = *sources;
    let change = change.known()?;
    let changed = repository.changed_lines(change)?;
    let files = changed.iter().map(|(path, lines)| (path, lines.value().is_some())).collect();
    let checkout = ReportedFiles { repository, readers, head: &change.head, files };
    let mut reports = Vec::new();
    for source in &inquiry.line_coverage {
        for path in find(directory, &BTreeSet::from([source.files.clone()]))? {
            reports.push(read_report(&directory.join(native_path(&path)), &path, source, &checkout, tracked));
        }
    }
    let inert = inert_files(repository, change, &reports)?;
    Ok(LineCoverage { changed, reports, inert })
}

/// Only a file that no report names is looked at: of the others the reports say it.
fn inert_files(
    repository: &Repository,
    change: &Change,
    reports: &[CoverageReport],
) -> Result<BTreeMap<RepoPath, Lines>, Gap> {
    let named = |path: &RepoPath| {
        let mut read = reports.iter().filter_map(|report| report.content.value());
        read.any(|covered| covered.files.contains_key(path))
    };
    let mut inert = BTreeMap::new();
    let after = change.files.iter().filter_map(|file| file.new.as_ref());
    for path in after.map(|new| &new.path).filter(|path| !named(path)) {
        let lines = repository.inert_lines(&change.head, path)?;
        if !lines.is_empty() {
            inert.insert(path.clone(), lines);
        }
    }
    Ok(inert)
}

fn read_report(
    file: &Path,
    path: &RepoPath,
    source: &CoverageSource,
    checkout: &ReportedFiles<'_>,
    tracked: &dyn Fn(&Path) -> Fact<bool>,
) -> CoverageReport {
    let (digest, written, content) = match read(file, &path.to_string()) {
        Ok(read) => {
            let content =
                checkout.content(&read.bytes, &path.to_string(), source).map(|(covered, _)| covered);
            (Some(Digest::of(&read.bytes)), read.written, content)
        }
        Err(gap) => (None, None, Err(gap)),
    };
    let (tracked, content) = match tracked(file) {
        Fact::Known(tracked) => (tracked, content),
        Fact::Gap(gap) => (false, Err(gap)),
    };
    CoverageReport {
        source: source.clone(),
        path: path.to_string(),
        digest,
        written,
        tracked,
        content: content.into(),
    }
}

/// A report of a run that is recorded: what it says of the files of a commit, each with its blob.
///
/// # Errors
/// It cannot be read or understood, or an object is missing.
pub(super) fn recorded(
    (repository, readers): (&Repository, &dyn ReportReaders),
    commit: &Revision,
    blobs: &BTreeMap<RepoPath, ObjectName>,
    bytes: &[u8],
    source: &CoverageSource,
) -> Result<(RecordedCoverage, Covered), Gap> {
    let files = blobs.keys().map(|path| (path, true)).collect();
    let checkout = ReportedFiles { repository, readers, head: commit, files };
    let (covered, elsewhere) = checkout.content(bytes, &source.files, source)?;
    let file = |(path, lines): (&RepoPath, &FileLines)| {
        Some(RecordedFile {
            path: path.clone(),
            blob: blobs.get(path)?.clone(),
            executable: lines.executable.clone(),
            hit: lines.hit.clone(),
            doubt: doubt_about(&covered, path),
        })
    };
    let recorded = RecordedCoverage {
        path: source.files.clone(),
        format: covered.format,
        digest: Digest::of(bytes),
        files: covered.files.iter().filter_map(file).collect(),
        elsewhere,
        contradictions: covered.contradictions.len() as u64,
    };
    Ok((recorded, covered))
}

fn doubt_about(covered: &Covered, path: &RepoPath) -> Option<Doubt> {
    let other = covered.stale.get(path).map(|how| Doubt::OtherVersion(how.clone()));
    other.or_else(|| covered.ambiguous.contains_key(path).then_some(Doubt::SeveralEntries))
}

/// What the names in a report are held against.
struct ReportedFiles<'a> {
    repository: &'a Repository,
    readers: &'a dyn ReportReaders,
    head: &'a Revision,
    /// The files that it may be about, each with whether its lines can be counted.
    files: BTreeMap<&'a RepoPath, bool>,
}

impl ReportedFiles<'_> {
    /// What it says of the files, and how many entries are of none of them.
    fn content(&self, bytes: &[u8], path: &str, source: &CoverageSource) -> Result<(Covered, u64), Gap> {
        let read = self.readers.read_coverage(bytes, source.format);
        let (format, reported) = read.map_err(|error| malformed_report(path, &error))?;
        self.covered(format, reported, source)
    }

    fn covered(
        &self,
        format: CoverageFormat,
        reported: Reported,
        source: &CoverageSource,
    ) -> Result<(Covered, u64), Gap> {
        let root = self.repository.work_tree().and_then(Path::to_str);
        let mut covered = Covered {
            format,
            files: BTreeMap::new(),
            ambiguous: BTreeMap::new(),
            stale: BTreeMap::new(),
            unmatched: Vec::new(),
            contradictions: reported.contradictions,
            times: reported.times.read_here(local_offset()),
        };
        let mut others = Vec::new();
        for file in &reported.files {
            let paths: BTreeSet<RepoPath> =
                file.names.iter().flat_map(|name| resolve_name(name, source, root)).collect();
            let known: Vec<&RepoPath> = paths.iter().filter(|path| self.files.contains_key(path)).collect();
            for path in &known {
                self.take(file, path, self.has_rival(&paths, path)?, &mut covered)?;
            }
            if known.is_empty() {
                others.push(file);
            }
        }
        covered.unmatched = self.hints(&others, &covered);
        Ok((covered, others.len() as u64))
    }

    /// May the entry be about another file of the repository?
    fn has_rival(&self, paths: &BTreeSet<RepoPath>, path: &RepoPath) -> Result<bool, Gap> {
        for other in paths.iter().filter(|other| *other != path) {
            if self.repository.brings(self.head, other)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn take(
        &self,
        file: &ReportedFile,
        path: &RepoPath,
        rival: bool,
        covered: &mut Covered,
    ) -> Result<(), Gap> {
        if let Some(how) = self.stale(file, path)? {
            covered.stale.insert(path.clone(), how);
        }
        let again = covered.files.insert(path.clone(), file.lines.clone()).is_some();
        if rival || again {
            let names = covered.ambiguous.entry(path.clone()).or_default();
            names.extend(file.names.iter().take(HINTS).map(|name| shortened_name(name)));
        }
        Ok(())
    }

    /// How it shows that the entry is about another version of the file.
    fn stale(&self, file: &ReportedFile, path: &RepoPath) -> Result<Option<String>, Gap> {
        if !self.files.get(path).is_some_and(|countable| *countable) {
            return Ok(None);
        }
        let Some(text) = self.repository.file_at(self.head, path)? else { return Ok(None) };
        let total = count_lines(&text);
        // Some tools give an empty file one line.
        if let Some(last) = file.lines.executable.last().filter(|last| u64::from(*last) > total.max(1)) {
            return Ok(Some(format!("it has a line {last}, and the file has {total}")));
        }
        if self.is_other_text_checked_out(path, &text) {
            return Ok(Some("the work tree that it was measured in holds other lines".to_string()));
        }
        let other = other_line(&text, &file.checksums);
        Ok(other.map(|line| format!("its checksum of line {line} is that of another line")))
    }

    /// A report that lies here was measured here. No file says nothing: there may be no work tree
    /// at all.
    fn is_other_text_checked_out(&self, path: &RepoPath, text: &[u8]) -> bool {
        let Some(root) = self.repository.work_tree() else { return false };
        let file = root.join(native_path(path));
        let is_same = |here: &[u8]| here == text || without_returns(here) == without_returns(text);
        fs::symlink_metadata(&file).is_ok()
            && !read(&file, &path.to_string()).is_ok_and(|here| is_same(&here.bytes))
    }

    fn hints(&self, others: &[&ReportedFile], covered: &Covered) -> Vec<String> {
        let missing = self.files.keys().filter(|path| !covered.files.contains_key(**path));
        let wanted: BTreeSet<&[u8]> = missing.map(|path| last_component(path.as_bytes())).collect();
        let names = others.iter().flat_map(|file| &file.names);
        let alike = names.filter(|name| wanted.contains(last_component(name.as_bytes())));
        alike.take(HINTS).map(|name| shortened_name(name)).collect()
    }
}

/// Checkouts may end lines with a carriage return as well. A lone one is not looked at here: such a
/// text has no lines to count.
fn without_returns(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|byte| *byte != b'\r').collect()
}

/// The first line of which the report has another checksum.
fn other_line(text: &[u8], checksums: &BTreeMap<u32, String>) -> Option<u32> {
    let mut lines = (1..).zip(text.split(|byte| *byte == b'\n'));
    let differs = |line: &[u8], digest: &str| {
        let bare = line.strip_suffix(b"\r").unwrap_or(line);
        ![line, bare].iter().any(|line| may_be_checksum_of(digest, line))
    };
    lines
        .find(|(number, line)| checksums.get(number).is_some_and(|digest| differs(line, digest)))
        .map(|(number, _)| number)
}

fn last_component(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or(path)
}

fn shortened_name(name: &str) -> String {
    name.chars().take(HINT).collect()
}
