//! What git shows of a change.

use super::fact::{FactV4, GapV4};
use crate::form::{SortedList, choices, objects};
use crate::text::{CommitText, GlobText, ObjectText, PathText};
use portcullis_model::change::{
    Basis, Change, Commit, Content, Entry, EntryKind, FileChange, FileStatus, Match, Nature, Side, Updates,
};
use portcullis_model::governs::{GovernedMatch, Governs};
use portcullis_model::person::Mailbox;
use portcullis_model::test_source::{Loss, TestSources, Weakening};

objects! {
    /// What the head would bring to the base.
    ChangeV4 = Change {
        /// The tip of the branch that would receive the change.
        base: CommitText,
        /// The tip of the change.
        head: CommitText,
        /// The best common ancestors, sorted; empty for unrelated histories.
        merge_bases: Vec<CommitText>,
        /// The commits that the head has and the base does not, sorted by name.
        commits: Vec<CommitV4>,
        /// The paths that differ, sorted.
        files: Vec<FileChangeV4>,
        /// Paths that single commits touch on the way.
        on_the_way: FactV4<Vec<FileChangeV4>>,
        /// What the change takes away from the sources of tests.
        test_sources: FactV4<TestSourcesV4>,
        /// The merges of the base into the change that brought nothing else.
        updates: UpdatesV4,
        /// The tree that merging the head into the base gives; missing where it was not asked for,
        /// or is not certain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        landing_tree: Option<ObjectText>,
        /// Why merging the head brings all that it holds beyond the base.
        basis: FactV4<BasisV4>,
    }

    /// Merges of the base into the change that brought nothing else.
    UpdatesV4 = Updates {
        /// The first parents of one such merge after the other, from the head down.
        before: Vec<CommitText>,
        /// Why it could not be seen whether there are more; null when there are none.
        unseen: Option<GapV4>,
        /// Such merges further down, sorted by name.
        earlier: Vec<CommitText>,
    }

    /// A commit.
    CommitV4 = Commit {
        /// The name of the commit.
        id: CommitText,
        /// The name of its tree.
        tree: ObjectText,
        /// The names of its parents, in order.
        parents: Vec<CommitText>,
        /// The author, by their own account.
        author: MailboxV4,
        /// The committer, by their own account.
        committer: MailboxV4,
        /// The people in `Co-authored-by` trailers.
        co_authors: Vec<MailboxV4>,
        /// The first line of the message: text from outside.
        subject: String,
    }

    /// A name and an e-mail address: text from outside.
    MailboxV4 = Mailbox {
        /// The name to show.
        name: String,
        /// The address.
        email: String,
    }

    /// A changed path, or a pair of paths for a rename or copy.
    FileChangeV4 = FileChange {
        /// What happened to the path.
        status: FileStatusV4,
        /// The entry before; null where there was none.
        old: Option<EntryV4>,
        /// The entry after; null where there is none.
        new: Option<EntryV4>,
        /// What the content says.
        content: FactV4<ContentV4>,
        /// What the changed lines of a `.gitattributes` or a similar file apply to; null for other
        /// files.
        governs: Option<GovernsV4>,
    }

    /// An entry of a tree.
    EntryV4 = Entry {
        /// The path.
        path: PathText,
        /// The kind of entry.
        kind: EntryKindV4,
        /// The name of the blob; of a submodule, of its commit.
        id: ObjectText,
    }

    /// How far the content of a file was read, and what matches in it.
    ContentV4 = Content {
        /// How far content patterns can see.
        nature: NatureV4,
        /// The content patterns that match.
        matches: Vec<ContentMatchV4>,
        /// How many lines were added; 0 where lines were not counted.
        added: u64,
        /// How many lines were removed; 0 where lines were not counted.
        removed: u64,
    }

    /// A content pattern that matches.
    ContentMatchV4 = Match {
        /// The pattern, as the policy writes it.
        pattern: String,
        /// The side on which it matches.
        side: SideV4,
        /// The first line that matches, counted from 1; null in binary content.
        line: Option<u64>,
    }

    /// What the changed lines of a `.gitattributes`, `.gitignore`, `.gitmodules` or `.lfsconfig`
    /// apply to.
    GovernsV4 = Governs {
        /// Patterns of paths, from the root of the repository.
        patterns: Vec<GlobText>,
        /// Files in the head that the lines apply to, sorted.
        files: Vec<PathText>,
        /// Files among them that match a content pattern.
        matches: Vec<GovernedMatchV4>,
        /// Submodules whose settings changed.
        submodules: Vec<PathText>,
        /// True when there are more files than are listed.
        cut: bool,
        /// True when the lines may apply to everything in the directory of the file and below.
        all: bool,
    }

    /// A file with a content pattern that it matches.
    GovernedMatchV4 = GovernedMatch {
        /// The pattern, as the policy writes it.
        pattern: String,
        /// The file.
        path: PathText,
    }

    /// What was read of the test sources that a change touches.
    TestSourcesV4 = TestSources {
        /// The files that were read on both sides, and in which tests or assertions were
        /// recognised.
        read: SortedList<PathText>,
        /// What was taken away, in the order of the files.
        weakened: Vec<WeakeningV4>,
    }

    /// Something that a test had before the change and does not have after it.
    WeakeningV4 = Weakening {
        /// The file.
        path: PathText,
        /// The line in the file, counted from 1; null when it is gone.
        line: Option<u64>,
        /// The test; null for what is outside of tests.
        test: Option<String>,
        /// What happened.
        loss: LossV4,
    }
}

choices! {
    /// Why what merging a head brings is all that the head holds beyond the base branch.
    BasisV4 = Basis {
        /// Each merge base is on the first-parent line of the base branch, or the head brings
        /// nothing.
        FirstParent,
        /// Merging over the newest commit of that line which the head reaches gives the same tree.
        SameTree,
        /// When a merge base that is not on that line came to the branch, its content came as well.
        Incorporated,
    }

    /// What happened to a path (git-diff(1), `--name-status`).
    FileStatusV4 = FileStatus {
        /// The path is new.
        Added,
        /// The path is gone.
        Deleted,
        /// The content changed.
        Modified,
        /// Only the permission to execute changed.
        ModeChanged,
        /// It became another kind of entry.
        TypeChanged,
        /// It moved; the old path is gone.
        Renamed,
        /// It was copied; the old path stays.
        Copied,
    }

    /// The kind of a tree entry.
    EntryKindV4 = EntryKind {
        /// A file.
        File,
        /// A file that can be executed.
        Executable,
        /// A symbolic link, with the path that it leads to; null when that is outside of the
        /// repository.
        Symlink(target: Option<PathText>),
        /// A submodule.
        Submodule,
    }

    /// How far content patterns can see.
    NatureV4 = Nature {
        /// Text.
        Text,
        /// An image or a font.
        Media,
        /// Other content that is not text.
        Binary,
        /// The content lies elsewhere: a Git LFS pointer, a submodule, a file over the size limit.
        Opaque,
    }

    /// A side of a change.
    SideV4 = Side {
        /// The content before.
        Removed,
        /// The content after.
        Added,
    }

    /// What was taken away from a test.
    LossV4 = Loss {
        /// The test is gone.
        Gone,
        /// The body of the test is empty.
        Emptied,
        /// The test is skipped, or expected to fail.
        Ignored,
        /// Other tests are marked to run alone.
        Alone,
        /// The test makes fewer assertions.
        Assertions {
            /// How many assertions there were.
            before: u64,
            /// How many there are.
            after: u64,
        },
    }
}
