//! Statements of test runs: found in files and notes. `recording` makes them, and
//! `command` how a run is watched.

use crate::reading::{Opened, unreadable_report};
use crate::reports::{native_path, path_below};
use portcullis_attest::evidence::predicate::read_any;
use portcullis_attest::evidence::predicate_type::AnyStatement;
use portcullis_attest::evidence::{self, NOTES, StatementLines, note_lines};
use portcullis_attest::signers::AllowedSigners;
use portcullis_git::Repository;
use portcullis_model::change::{Change, ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::evidence::{Checkout, EvidenceFacts, Found, Statement, StatementPlace, Trees};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::inquiry::{Inquiry, TextPurpose, Topic};
use portcullis_model::line_coverage::LineCoverage;
use portcullis_model::path::RepoPath;
use portcullis_model::test_run::Report;
use std::collections::BTreeSet;
use std::io::{self, BufReader, Seek as _};
use std::path::{Path, PathBuf};

mod command;
mod recording;

pub use command::run;
pub use recording::{Measurement, Order, RecordedStatement, record};

/// From the root of the work tree; of a file elsewhere only its own name, because the way there can
/// name people.
fn name_of(root: Option<&Path>, file: &Path) -> String {
    let inside = root.and_then(|root| path_below(root, file)).map(|path| path.to_string());
    let name = || file.file_name().map(|name| name.to_string_lossy().into_owned());
    inside.or_else(name).unwrap_or_default()
}

/// What evidence is sought for.
pub struct Sought<'a> {
    /// What it lands on.
    pub base: &'a Revision,
    /// What is judged.
    pub head: &'a Revision,
    /// What it brings.
    pub change: &'a Fact<Change>,
    /// The reports that were found.
    pub reports: &'a Fact<Vec<Report>>,
    /// The reports of line coverage that were found.
    pub coverage: &'a Fact<LineCoverage>,
    /// Files of statements that were handed over.
    pub files: &'a [PathBuf],
    /// What is asked.
    pub inquiry: &'a Inquiry,
    /// The moment of judgement: keys must be valid then.
    pub observed: jiff::Timestamp,
}

/// Finds every statement of the judged trees and of those that they began from.
///
/// The whole fact is a gap when nothing asks for it and nothing was handed over, or when git does
/// not show what it would be evidence of.
pub fn gather(repository: &Repository, directory: &Path, sought: &Sought<'_>) -> Fact<EvidenceFacts> {
    if sought.files.is_empty() && !sought.inquiry.topics.contains(&Topic::Evidence) {
        let remedy = "Use a policy that asks for it";
        return Fact::Gap(Gap::not_asked("test evidence that is bound to a tree", remedy));
    }
    let signers = read_signers(repository, sought);
    StatementSearch { repository, directory, sought, signers }.all().into()
}

/// The list of signers at the base.
fn read_signers(repository: &Repository, sought: &Sought<'_>) -> Result<AllowedSigners, Gap> {
    let Some(path) = sought.inquiry.path_of(TextPurpose::EvidenceSigners) else {
        return Err(Gap::not_asked("who may sign evidence", "Name `signers` in the policy"));
    };
    let what = || format!("who may sign evidence, in {path}");
    let Some(bytes) = repository.file_at(sought.base, path)? else {
        let detail = format!("there is no such file at the base {}", sought.base.short());
        let remedy = "Land the list of signers on the branch first, in a change of its own";
        return Err(Gap::new(what(), GapReason::Untrusted, detail, remedy));
    };
    AllowedSigners::read(&bytes).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Gap::new(what(), GapReason::Malformed, all.join("; "), "Mend the list of signers on the branch")
    })
}

struct StatementSearch<'a> {
    signers: Result<AllowedSigners, Gap>,
    repository: &'a Repository,
    directory: &'a Path,
    sought: &'a Sought<'a>,
}

impl StatementSearch<'_> {
    fn all(&self) -> Result<EvidenceFacts, Gap> {
        let change = self.sought.change.known()?;
        let checkout = self.repository.checkout(&self.written());
        let mut statements = Vec::new();
        for file in self.sought.files {
            statements.extend(self.file(file));
        }
        let trees = self.trees(change, &checkout, &statements)?;
        let asked: BTreeSet<&ObjectName> =
            [&trees.head, &trees.base].into_iter().chain(&trees.merged).chain(&trees.merge_bases).collect();
        for tree in asked {
            statements.extend(self.note(tree));
        }
        statements.sort_by(|one, other| (&one.place, &one.digest).cmp(&(&other.place, &other.digest)));
        let notes = self.repository.has_notes(NOTES)?;
        Ok(EvidenceFacts { checkout, trees, newest: self.newest(change)?, notes, statements })
    }

    /// The reports and statements of the job itself, from the root of the work tree.
    fn written(&self) -> BTreeSet<RepoPath> {
        let Some(root) = self.repository.work_tree() else { return BTreeSet::new() };
        let reports = self.sought.reports.value().into_iter().flatten();
        let reports = reports.filter(|report| !report.tracked).map(|report| &report.path);
        let coverage = self.sought.coverage.value().into_iter().flat_map(|coverage| &coverage.reports);
        let coverage = coverage.filter(|report| !report.tracked).map(|report| &report.path);
        let paths = reports.chain(coverage).cloned();
        let files = paths.filter_map(|path| RepoPath::try_from(path).ok()).map(|path| native_path(&path));
        let files = files.chain(self.sought.files.iter().cloned());
        files.filter_map(|file| path_below(root, &self.directory.join(file))).collect()
    }

    fn file(&self, file: &Path) -> Vec<Found> {
        let file = self.directory.join(file);
        let root = self.repository.work_tree();
        let path = name_of(root, &file);
        let tracked = match root.and_then(|root| path_below(root, &file)) {
            Some(inside) => self.brought(&inside),
            None => Ok(false),
        };
        let place = StatementPlace::File { path: path.clone(), tracked: *tracked.as_ref().unwrap_or(&true) };
        match tracked.and_then(|_| self.lines_of(&place, &file, &path)) {
            Ok(found) => found,
            Err(gap) => vec![unread_statement(place, gap)],
        }
    }

    /// A file can be long, and is read line by line.
    fn lines_of(&self, place: &StatementPlace, file: &Path, path: &str) -> Result<Vec<Found>, Gap> {
        let opened = Opened::of(file, path)?;
        let mut source = BufReader::new(&opened.file);
        let mut lines = StatementLines::of(&mut source);
        let found = lines.by_ref().map(|line| Ok(self.line(place, line?))).collect::<io::Result<Vec<_>>>();
        let found = found.map_err(|error| unreadable_report(path, &error))?;
        let length = source.stream_position().map_err(|error| unreadable_report(path, &error))?;
        opened.is_still(length)?;
        if found.is_empty() {
            return Err(malformed_statement(place, "it is empty".to_string()));
        }
        Ok(found)
    }

    /// Is a file of this path part of the head or the base?
    fn brought(&self, path: &RepoPath) -> Result<bool, Gap> {
        let Sought { base, head, .. } = self.sought;
        Ok(self.repository.brings(head, path)? || self.repository.brings(base, path)?)
    }

    fn note(&self, tree: &ObjectName) -> Vec<Found> {
        let place = StatementPlace::Note(tree.clone());
        match self.repository.note(NOTES, tree) {
            Ok(bytes) => note_lines(&bytes).map(|line| self.line(&place, line.to_vec())).collect(),
            Err(gap) => vec![unread_statement(place, gap)],
        }
    }

    fn line(&self, place: &StatementPlace, line: Vec<u8>) -> Found {
        let (place, digest) = (place.clone(), Digest::of(&line));
        let read = match evidence::is_envelope(&line) {
            true => self.open(&place, line),
            false => read_any(&line)
                .map(|statement| (statement, BTreeSet::new()))
                .map_err(|error| malformed_statement(&place, error.to_string())),
        };
        match read {
            Ok((AnyStatement::TestRun(statement), signers)) => {
                let statement = Fact::Known(self.of_change(statement));
                Found { place, digest, signers: Fact::Known(signers), statement }
            }
            Err(gap) => Found { place, digest, signers: Fact::Gap(gap.clone()), statement: Fact::Gap(gap) },
        }
    }

    /// Of line coverage only what it says of the files that the change leaves there: nothing else
    /// is asked.
    fn of_change(&self, mut statement: Statement) -> Statement {
        let files = self.sought.change.value().map_or(&[][..], |change| &change.files);
        let left: BTreeSet<&RepoPath> =
            files.iter().filter_map(|file| Some(&file.new.as_ref()?.path)).collect();
        for report in &mut statement.predicate.coverage {
            report.files.retain(|file| left.contains(&file.path));
        }
        statement
    }

    /// A signature that does not hold is no gap of ours: what it is on was not signed by who may.
    fn open(&self, place: &StatementPlace, line: Vec<u8>) -> Result<(AnyStatement, BTreeSet<String>), Gap> {
        let allowed = self.signers.as_ref().map_err(Clone::clone)?;
        evidence::open(line, allowed, self.sought.observed, read_any).map_err(|error| {
            let remedy =
                "Sign the statement as it was recorded, with a key that the policy's list of signers allows";
            Gap::new(
                format!("the signed statement in {place}"),
                GapReason::Untrusted,
                error.to_string(),
                remedy,
            )
        })
    }

    fn trees(&self, change: &Change, checkout: &Fact<Checkout>, found: &[Found]) -> Result<Trees, Gap> {
        let tree = |commit: &Revision| self.repository.subject(commit).map(|subject| subject.tree);
        let head = tree(self.sought.head)?;
        let said = found.iter().filter_map(|found| found.statement.value()).map(|said| &said.subject.commit);
        let candidates = checkout.value().map(|checkout| &checkout.subject.commit).into_iter().chain(said);
        let mut merged = self.merge_results(candidates.collect(), &head)?;
        let merge_bases: BTreeSet<ObjectName> =
            change.merge_bases.iter().map(tree).collect::<Result<_, _>>()?;
        let (base, head_lands) = (tree(self.sought.base)?, change.basis.value().is_some());
        if head_lands {
            let told =
                found.iter().filter_map(|found| found.statement.value()).map(|said| &said.subject.tree);
            let told = told.chain(checkout.value().map(|checkout| &checkout.subject.tree)).cloned();
            let is_open = |tree: &ObjectName| {
                *tree != head && *tree != base && !merged.contains(tree) && !merge_bases.contains(tree)
            };
            merged.extend(self.merged_earlier(told.filter(is_open).collect()));
        }
        Ok(Trees { head, head_lands, merged, base, merge_bases })
    }

    /// The trees of those commits that are the head merged into the base, but for the head's own.
    fn merge_results(
        &self,
        commits: BTreeSet<&Revision>,
        head: &ObjectName,
    ) -> Result<BTreeSet<ObjectName>, Gap> {
        let mut merged = BTreeSet::new();
        for commit in commits.into_iter().filter(|commit| self.repository.has_commit(commit)) {
            let tree = self.repository.subject(commit)?.tree;
            if tree != *head && self.is_merge_result(commit) {
                merged.insert(tree);
            }
        }
        Ok(merged)
    }

    /// Those of some trees that are the head merged into the base as it was a little while ago: a
    /// CI system merges when it starts, and the base has moved since. What the base was tested with
    /// then is between the head alone and what would land now, and the head alone is enough, if it
    /// lands with all that it holds.
    fn merged_earlier(&self, trees: BTreeSet<ObjectName>) -> BTreeSet<ObjectName> {
        let Sought { base, head, .. } = *self.sought;
        if trees.is_empty() {
            return trees;
        }
        self.repository.merged_earlier(base, head, trees).unwrap_or_default()
    }

    /// Is this commit the head merged into the base, and nothing else? It is recomputed.
    fn is_merge_result(&self, commit: &Revision) -> bool {
        let Sought { base, head, .. } = *self.sought;
        self.repository.is_merge_of(base, head, commit).unwrap_or(false)
    }

    fn newest(&self, change: &Change) -> Result<Option<jiff::Timestamp>, Gap> {
        let dates = change.commits.iter().map(|commit| self.repository.committed(&commit.id));
        Ok(dates.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().max())
    }
}

fn unread_statement(place: StatementPlace, gap: Gap) -> Found {
    let digest = Digest::of(b"");
    Found { place, digest, signers: Fact::Gap(gap.clone()), statement: Fact::Gap(gap) }
}

fn malformed_statement(place: &StatementPlace, error: String) -> Gap {
    let remedy = "Record the run again with `portcullis evidence record`";
    Gap::new(format!("the statement in {place}"), GapReason::Malformed, error, remedy)
}
