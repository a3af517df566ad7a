//! The change that an evidence file states.

use super::names::{Names, mailbox_of};
use super::{known, never_stated, not_stated};
use portcullis_git::content_of_lines;
use portcullis_model::change::{
    Basis, Change, Commit, Content, Entry, EntryKind, FileChange, FileStatus, Nature, ObjectName, Side,
    Updates,
};
use portcullis_model::digest::Digest;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::inquiry::Inquiry;
use portcullis_model::path::RepoPath;
use portcullis_model::test_source::TestSources;
use portcullis_wire::evidence_file::v1::{
    EvidenceFileV1, StatedChangeV1, StatedDifferenceV1, StatedEntryKindV1, StatedEntryV1, StatedFileV1,
    StatedLineV1, StatedLinesV1, StatedStatusV1,
};

pub const CHANGE: &str = "the change";
pub const SINGLE_REVISIONS: &str = "what single revisions of the change touched";

/// The change. It was made on its base, revision after revision, so that it brings what it states.
pub fn read_change(file: &EvidenceFileV1, names: &Names<'_>, inquiry: &Inquiry) -> Result<Change, Gap> {
    let stated = known(file, CHANGE, &file.change)?;
    if stated.revisions.is_empty() && stated.base != stated.head {
        return Err(not_stated(file, "the revisions of the change"));
    }
    let base = names.revision(&stated.base);
    let mut files: Vec<FileChange> =
        stated.files.iter().map(|one| read_file(file, stated, one, inquiry)).collect();
    files.sort_by(|one, other| one.path().cmp(&other.path()));
    Ok(Change {
        merge_bases: vec![base.clone()],
        base,
        head: names.revision(&stated.head),
        commits: read_commits(stated, names),
        files,
        on_the_way: Fact::Gap(never_stated(file, SINGLE_REVISIONS)),
        test_sources: match inquiry.tests.is_empty() {
            true => Fact::Known(TestSources::default()),
            false => Fact::Gap(never_stated(file, "what the change takes away from the sources of tests")),
        },
        updates: Updates::default(),
        landing_tree: None,
        basis: Fact::Known(Basis::FirstParent),
    })
}

fn read_commits(stated: &StatedChangeV1, names: &Names<'_>) -> Vec<Commit> {
    let mut parent = names.revision(&stated.base);
    let mut commits = Vec::new();
    for revision in &stated.revisions {
        let id = names.revision(&revision.id);
        commits.push(Commit {
            tree: stand_in(&["tree", id.as_str()]),
            parents: vec![std::mem::replace(&mut parent, id.clone())],
            id,
            author: mailbox_of(revision.author.as_ref()),
            committer: mailbox_of(revision.committer.as_ref()),
            co_authors: revision.others.iter().map(|other| mailbox_of(Some(other))).collect(),
            subject: revision.message.lines().next().unwrap_or_default().to_string(),
        });
    }
    commits.sort_by(|one, other| one.id.cmp(&other.id));
    commits
}

/// A name for what another system has no name for: of no object of git.
fn stand_in(parts: &[&str]) -> ObjectName {
    Digest::of(parts.join("\0").as_bytes()).into()
}

fn read_file(
    file: &EvidenceFileV1,
    change: &StatedChangeV1,
    stated: &StatedFileV1,
    inquiry: &Inquiry,
) -> FileChange {
    let entry = |side: &Option<StatedEntryV1>, at: &str| side.as_ref().map(|entry| read_entry(entry, at));
    FileChange {
        status: read_status(stated.status),
        old: entry(&stated.before, &change.base),
        new: entry(&stated.after, &change.head),
        content: read_content(file, stated, inquiry).into(),
        governs: None,
    }
}

fn read_entry(stated: &StatedEntryV1, at: &str) -> Entry {
    let target = || stated.target.as_deref().map(RepoPath::from);
    Entry {
        path: stated.path.as_str().into(),
        kind: match stated.kind {
            StatedEntryKindV1::File => EntryKind::File,
            StatedEntryKindV1::Executable => EntryKind::Executable,
            StatedEntryKindV1::Link => EntryKind::Symlink(target()),
            StatedEntryKindV1::External => EntryKind::Submodule,
        },
        id: stand_in(&["entry", at, &stated.path]),
    }
}

fn read_status(status: StatedStatusV1) -> FileStatus {
    match status {
        StatedStatusV1::Added => FileStatus::Added,
        StatedStatusV1::Deleted => FileStatus::Deleted,
        StatedStatusV1::Modified => FileStatus::Modified,
        StatedStatusV1::ModeChanged => FileStatus::ModeChanged,
        StatedStatusV1::TypeChanged => FileStatus::TypeChanged,
        StatedStatusV1::Renamed => FileStatus::Renamed,
        StatedStatusV1::Copied => FileStatus::Copied,
    }
}

fn read_content(file: &EvidenceFileV1, stated: &StatedFileV1, inquiry: &Inquiry) -> Result<Content, Gap> {
    let of_nature = |nature| Content { nature, matches: Vec::new(), added: 0, removed: 0 };
    let is_external = |entry: &StatedEntryV1| entry.kind == StatedEntryKindV1::External;
    if stated.before.iter().chain(&stated.after).any(is_external) {
        return Ok(of_nature(Nature::Opaque));
    }
    match &stated.lines {
        _ if inquiry.patterns.is_empty() => Ok(of_nature(Nature::Text)),
        StatedLinesV1::Binary => Ok(of_nature(Nature::Binary)),
        StatedLinesV1::NotStated => {
            let entry = stated.after.as_ref().or(stated.before.as_ref());
            let path = entry.map_or("", |entry| entry.path.as_str());
            Err(not_stated(file, &format!("the changed lines of {}", RepoPath::from(path))))
        }
        StatedLinesV1::Stated(difference) => read_lines(difference, inquiry),
    }
}

/// Puts the content patterns to the lines; the number of a match is that of the line in its file.
fn read_lines(stated: &StatedDifferenceV1, inquiry: &Inquiry) -> Result<Content, Gap> {
    let (removed, added) = (join_lines(&stated.removed), join_lines(&stated.added));
    let mut content = content_of_lines(removed.as_bytes(), added.as_bytes(), &inquiry.patterns)?;
    for found in &mut content.matches {
        let lines = match found.side {
            Side::Removed => &stated.removed,
            Side::Added => &stated.added,
        };
        let at = found.line.and_then(|line| usize::try_from(line).ok()?.checked_sub(1));
        found.line = at.and_then(|at| lines.get(at)).map(|line| line.number);
    }
    (content.added, content.removed) = (stated.added.len() as u64, stated.removed.len() as u64);
    Ok(content)
}

fn join_lines(lines: &[StatedLineV1]) -> String {
    lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect()
}
