//! Test evidence that is bound to a tree.

use super::fact::FactV4;
use crate::form::{MomentText, SortedList, choices, objects};
use crate::statement::v1::{RecordedRunV1, RunSubjectV1, WorkTreeV1};
use crate::text::{DigestText, ObjectText};
use portcullis_model::evidence::{Checkout, EvidenceFacts, Found, Settled, Statement, StatementPlace, Trees};

objects! {
    /// Test evidence that is bound to a tree.
    EvidenceFactsV4 = EvidenceFacts {
        /// What is checked out where the reports were found.
        checkout: FactV4<CheckoutV4>,
        /// Which trees count for what.
        trees: TreesV4,
        /// When the newest commit of the change was made, by its own account.
        newest: Option<MomentText>,
        /// True when the repository holds notes of evidence.
        notes: bool,
        /// The statements, sorted by place and digest.
        statements: Vec<FoundStatementV4>,
    }

    /// Which trees count for what.
    TreesV4 = Trees {
        /// The tree of the judged head.
        head: ObjectText,
        /// True when the head lands with all that it holds.
        head_lands: bool,
        /// Trees that are the head merged into the base.
        merged: SortedList<ObjectText>,
        /// The tree of the base.
        base: ObjectText,
        /// The trees of the merge bases.
        merge_bases: SortedList<ObjectText>,
    }

    /// What is checked out.
    CheckoutV4 = Checkout {
        /// The commit and its tree.
        subject: RunSubjectV1,
        /// What differs from the tree.
        work_tree: WorkTreeV1,
        /// Since when it has been that; null where that is not known.
        settled: Option<SettledV4>,
    }

    /// The last time that the work tree came to be what it is.
    SettledV4 = Settled {
        /// The moment, by the clock of the machine.
        at: MomentText,
        /// What happened then.
        by: String,
    }

    /// A statement of a test run, and how it was found.
    FoundStatementV4 = Found {
        /// Where it was found.
        place: StatementPlaceV4,
        /// The SHA-256 of its bytes.
        digest: DigestText,
        /// The signers whose signatures are valid.
        signers: FactV4<SortedList<String>>,
        /// What it says.
        statement: FactV4<RunStatementV4>,
    }

    /// A statement of a test run.
    RunStatementV4 = Statement {
        /// The commit that was run, and its tree.
        subject: RunSubjectV1,
        /// The run.
        run / predicate: RecordedRunV1,
    }
}

choices! {
    /// Where a statement was found.
    StatementPlaceV4 = StatementPlace {
        /// In a file that was handed over.
        File {
            /// The path.
            path: String,
            /// True when a file of this path is in the repository: then it is no product of a run.
            tracked: bool,
        },
        /// In a note on this tree.
        Note(tree: ObjectText),
    }
}
