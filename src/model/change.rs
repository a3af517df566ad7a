//! What a change consists of, as git's objects show it.

use crate::digest::Digest;
use crate::fact::{Fact, Gap};
use crate::governs::{Governing, Governor, Governs};
use crate::path::RepoPath;
use crate::person::Mailbox;
use crate::test_source::TestSources;
use serde::{Deserialize, Serialize};

macro_rules! object_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The full hexadecimal form.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The first ten digits, for people.
            pub fn short(&self) -> &str {
                &self.0[..10]
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if hex && matches!(text.len(), 40 | 64) {
                    Ok($name(text))
                } else {
                    Err(format!("`{text}` is not a full object name (40 or 64 lower-case hexadecimal digits)"))
                }
            }
        }

        /// A name for what has none of its own: the digits of its digest.
        impl From<Digest> for $name {
            fn from(digest: Digest) -> Self {
                $name(digest.hex().to_string())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

object_name! {
    /// The full object name of a commit. Names that can move (branches, tags) and abbreviations are
    /// resolved once, at the edge; judgement knows only these.
    Revision
}
object_name! {
    /// The full object name of a tree or a blob (for a submodule: of the commit that it points to).
    ObjectName
}

/// The name of a branch without `refs/heads/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct BranchName(String);

impl BranchName {
    /// A branch, named with or without `refs/heads/`.
    pub fn new(text: &str) -> Self {
        BranchName(text.strip_prefix("refs/heads/").unwrap_or(text).to_string())
    }

    /// The name without `refs/heads/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name without `refs/heads/`, taken as it is.
impl From<String> for BranchName {
    fn from(name: String) -> Self {
        BranchName(name)
    }
}

impl std::fmt::Display for BranchName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One proposed landing: what `head` would bring to `base`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The tip of the branch that would receive the change.
    pub base: Revision,
    /// The tip of the change.
    pub head: Revision,
    /// The best common ancestors, sorted; empty for unrelated histories.
    pub merge_bases: Vec<Revision>,
    /// Every commit that `head` reaches and `base` does not, over all parents, sorted by name.
    pub commits: Vec<Commit>,
    /// Every path that differs between a merge base and `head`, sorted by path; over several merge
    /// bases the union, without what stands in one of them as in `head` and is proved to stay as
    /// `base` has it. Renames and copies are told apart only as evidence: old and new path both
    /// count.
    pub files: Vec<FileChange>,
    /// Paths that some commit on the way touched, if they were asked for; see
    /// [`crate::inquiry::Inquiry::each_commit`].
    pub on_the_way: Fact<Vec<FileChange>>,
    /// What is taken away from the sources of tests, if the inquiry says which they are.
    pub test_sources: Fact<TestSources>,
    /// What the head is, but for clean merges of the base into the change.
    pub updates: Updates,
    /// The tree that merging the head into the base gives. `None` where nobody asked, in facts of
    /// an earlier form, and where a person or the version of git decides what it is.
    pub landing_tree: Option<ObjectName>,
    /// Does merging the head bring all that it holds beyond the base branch? A gap where it brings
    /// other content: then nobody can say what an approval of the head is of.
    pub basis: Fact<Basis>,
}

/// Why what merging a head brings is all that the head holds beyond the base branch.
///
/// A merge brings what lies between a merge base and the head. What the merge base is, the base
/// branch decides: whatever it holds of the head's history counts as brought, also if its content
/// was left out (`git merge -s ours`) or taken back at once. So a merge base has to be a former tip
/// of the branch, or it has to make no difference that it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Each merge base is on the first-parent line of the base branch, or the head brings nothing.
    FirstParent,
    /// Merging over the newest commit of that line which the head reaches gives the same tree.
    SameTree,
    /// When a merge base that is not on that line came to the branch, its content came as well.
    Incorporated,
}

/// The commits that a head is, but for clean merges of the base: whoever approved one of them
/// approved all that the head would bring.
///
/// An update is a merge of two parents, of which the second is reached from the base and the first
/// is not, and whose tree is what merging them gives without a conflict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Updates {
    /// The first parents of one update after the other, from the head down; empty when the head is
    /// no update.
    pub before: Vec<Revision>,
    /// What kept us from seeing whether the last of them (or the head) is an update as well; `None`
    /// when it is none.
    pub unseen: Option<Gap>,
    /// Updates further down, on which others went on: they brought nothing either, but no approval
    /// from before them is one of the head. Sorted by name. In facts of an earlier form there are
    /// none.
    pub earlier: Vec<Revision>,
}

impl Updates {
    /// Is this head the commit, but for updates?
    pub fn reach(&self, commit: &Revision) -> bool {
        self.before.contains(commit)
    }
}

/// A commit, read from its raw object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its name.
    pub id: Revision,
    /// Its tree.
    pub tree: ObjectName,
    /// Its parents, in order, as the object itself says (never as `info/grafts` or `refs/replace`
    /// say).
    pub parents: Vec<Revision>,
    /// Who wrote it, by their own account.
    pub author: Mailbox,
    /// Who committed it, by their own account.
    pub committer: Mailbox,
    /// Everybody in a `Co-authored-by` trailer.
    pub co_authors: Vec<Mailbox>,
    /// The first line of the message.
    pub subject: String,
}

/// One changed path, or a pair of paths for a rename or copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// What happened.
    pub status: FileStatus,
    /// The entry before, where there was one.
    pub old: Option<Entry>,
    /// The entry after, where there is one.
    pub new: Option<Entry>,
    /// What the content says, or why it could not be read.
    pub content: Fact<Content>,
    /// Of a file that decides what a checkout holds of others: what its changed lines govern.
    /// `None` for such a file: nobody looked, and it may be all that lies in its directory and
    /// below.
    pub governs: Option<Governs>,
}

impl FileChange {
    /// The path to show: the new one, or the old one of a deletion.
    pub fn path(&self) -> Option<&RepoPath> {
        self.new.as_ref().or(self.old.as_ref()).map(|entry| &entry.path)
    }

    /// Both entries, old first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.old.iter().chain(&self.new)
    }

    /// The names under which it governs others.
    pub fn governing(&self) -> impl Iterator<Item = Governing<'_>> {
        let governs = self.governs.as_ref();
        let paths = self.entries().map(|entry| &entry.path).filter(|path| Governor::of(path).is_some());
        paths.map(move |path| Governing { path, governs })
    }
}

/// What happened to a path (git-diff(1), `--name-status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileStatus {
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
    /// Its content changed.
    Modified,
    /// Only its permission to execute changed.
    ModeChanged,
    /// It became another kind of thing: a link, a submodule, a file.
    TypeChanged,
    /// It moved; `old` is gone.
    Renamed,
    /// It was copied from `old`, which stays.
    Copied,
}

/// One side of a changed path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub path: RepoPath,
    /// What it is.
    pub kind: EntryKind,
    /// Its blob, or the commit of a submodule.
    pub id: ObjectName,
}

/// What a tree entry is, from its mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Mode 100644 (and the old 100664).
    File,
    /// Mode 100755.
    Executable,
    /// Mode 120000, with the path it leads to from the root of the repository; `None` when it leads
    /// outside.
    Symlink(Option<RepoPath>),
    /// Mode 160000.
    Submodule,
}

/// What the content of a change is, and which content patterns it matches.
///
/// An inquiry without patterns asks nothing of the content: then nothing is read, the nature is
/// [`Nature::Opaque`] for submodules and [`Nature::Text`] otherwise, and 0 stands for "not
/// counted".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// How far the content can be read; the less readable of the two sides.
    pub nature: Nature,
    /// The patterns that match, at most one entry for each pattern and side.
    pub matches: Vec<Match>,
    /// How many lines were added and removed; 0 where lines mean nothing or were not counted.
    pub added: u64,
    /// See `added`.
    pub removed: u64,
}

/// How far content patterns can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// Text: patterns were matched line by line over the added and removed lines, as they stand and
    /// without escapes, compatibility letters and characters that nobody sees. Where more changed
    /// than lines (a name, a mode, the type, the encoding) both sides are searched whole, so that
    /// moving code is never a way to hide it.
    Text,
    /// An image or a font of a short list, known by its content: what a program shows, and nothing
    /// that it runs. Patterns were matched over all of its bytes.
    Media,
    /// Not text, or not in an encoding that shows its letters: archives, packages, byte code,
    /// executables, databases, PDF, UTF-16 without its mark. Patterns were matched over all of its
    /// bytes, and again without NUL bytes, but what it holds may not show in them.
    Binary,
    /// What counts lies elsewhere: an LFS pointer, a submodule, a file over the size limit.
    /// Patterns cannot see it.
    Opaque,
}

/// A content pattern that matches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// The pattern, as the policy writes it.
    pub pattern: String,
    /// Where it matched.
    pub side: Side,
    /// The first line that matches, counted from 1; `None` in binary content.
    pub line: Option<u64>,
}

/// Which side of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The content before.
    Removed,
    /// The content after.
    Added,
}
