//! Datasets whose records are uploaded to another system, and what is asked of their arrival:
//! fields and their rules, deadlines, budgets, floors. Values of the policy's
//! `[reconciliation.NAME]`, without a word about how a system is read.

pub mod accepted;
pub mod class;
pub mod connector;
pub mod definition;
pub mod facts;
pub mod field;
pub mod run;
pub mod system;

pub use accepted::AcceptedDifference;
pub use class::RecordClass;
pub use connector::ConnectorSettings;
pub use facts::{DatasetRuns, KnownRun, ReconciliationFacts, RecordedDeployment};
pub use field::{DatasetField, FieldRule};
pub use run::{ClassCount, ReconciliationRun, RunOutcome, RunPopulation, RunShare};
pub use system::{AnswerWords, OperationColumn, SystemSettings, TimeColumn};

use crate::path::RepoPath;
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// A dataset: what is sent, what has to arrive, and by when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Its name in the policy: lower-case letters, digits and hyphens.
    pub name: String,
    /// Names of the policy's areas whose code prepares or sends these records.
    pub areas: Vec<String>,
    /// The fields of the key, in the order in which they enter the keyed key. At least one.
    pub key: Vec<DatasetField>,
    /// The fields that are compared, in the order in which they enter the digest.
    pub fields: Vec<DatasetField>,
    /// Deadlines of uploads and amendments, by rising share; the last share is 1 000 000.
    pub deadlines: Vec<DeadlineShare>,
    /// Deadlines of deletions, by rising share; the last share is 1 000 000.
    pub deletion_deadlines: Vec<DeadlineShare>,
    /// Until when the receiver's answer (receipt or reject) is awaited; `None`: no receipts come.
    pub acknowledged_within: Option<SignedDuration>,
    /// The greatest known difference of the clocks of both sides. It is added to each deadline.
    pub clock_skew: SignedDuration,
    /// How many records of a class a run may show, as absolute numbers. A class that is not here
    /// has the budget 0, if it needs one at all ([`RecordClass::needs_budget`]).
    pub budgets: BTreeMap<RecordClass, u64>,
    /// What a run must have read at least.
    pub floors: Floors,
    /// Keys that only test data has.
    pub reserved: Vec<ReservedKeys>,
    /// Longest time between two runs over the whole population.
    pub full_every: Option<SignedDuration>,
    /// Longest time between two runs of any kind.
    pub expected_every: Option<SignedDuration>,
    /// Longest time from a deployment that touches `areas` to the end of the next run.
    pub after_deployment: Option<SignedDuration>,
    /// Oldest green run that a deployment which touches `areas` may rest on.
    pub green_within: Option<SignedDuration>,
    /// Names of the parties of `[notification]` who rely on these records.
    pub recipients: Vec<String>,
    /// Differences that a person accepts until a day.
    pub accepted: Vec<AcceptedDifference>,
    /// Where the keys are that runs have to be signed with: a file of the repository; `None` where
    /// none needs a signature.
    pub signers: Option<RepoPath>,
    /// Where the keys are that manifests have to be signed with: a file of the repository; `None`
    /// where none needs a signature.
    pub manifest_signers: Option<RepoPath>,
    /// What was meant to be sent; `None`: its manifest is brought as a file.
    pub source: Option<SystemSettings>,
    /// What the receiver holds; likewise.
    pub target: Option<SystemSettings>,
    /// What the receiver refused, where it says so.
    pub rejects: Option<SystemSettings>,
    /// What the receiver acknowledged, where it says so.
    pub receipts: Option<SystemSettings>,
    /// Reasons of the reject log that hold no content and are kept by name. Every other reason is
    /// kept as a keyed code.
    pub reject_codes: Vec<String>,
    /// What the words of receipts mean.
    pub answer_words: AnswerWords,
}

impl Dataset {
    /// A dataset of this name of which nothing is asked, and whose manifests are brought as files.
    #[must_use]
    pub fn blank(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            areas: Vec::new(),
            key: Vec::new(),
            fields: Vec::new(),
            deadlines: Vec::new(),
            deletion_deadlines: Vec::new(),
            acknowledged_within: None,
            clock_skew: SignedDuration::ZERO,
            budgets: BTreeMap::new(),
            floors: Floors::default(),
            reserved: Vec::new(),
            full_every: None,
            expected_every: None,
            after_deployment: None,
            green_within: None,
            recipients: Vec::new(),
            accepted: Vec::new(),
            signers: None,
            manifest_signers: None,
            source: None,
            target: None,
            rejects: None,
            receipts: None,
            reject_codes: Vec::new(),
            answer_words: AnswerWords::default(),
        }
    }
}

/// A share of the records, and how long they may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadlineShare {
    /// The share in millionths: 900 000 is 90 %. Whole numbers, so that no run depends on how a
    /// machine rounds.
    pub share: u32,
    /// Longest time from the operation's effective time to its arrival.
    pub within: SignedDuration,
}

/// What a run must have read at least; below it the run is broken and never green.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floors {
    /// Least number of rows of the source.
    pub source_rows: u64,
    /// Least number of rows of the target.
    pub target_rows: u64,
    /// Greatest fall of either side's rows against the run before, in millionths; `None`:
    /// unbounded.
    pub fall: Option<u32>,
}

/// Keys that are reserved for test data. A target that holds one has test data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReservedKeys {
    /// The canonical text of a key field begins with this.
    Prefix {
        /// The key field.
        field: String,
        /// How its text begins.
        prefix: String,
    },
    /// The canonical text of a key field is between these two, both included, by code points.
    Range {
        /// The key field.
        field: String,
        /// The first reserved text.
        first: String,
        /// The last reserved text.
        last: String,
    },
    /// A compared or extra column has this text (a marker of test records).
    Marker {
        /// The column.
        field: String,
        /// Its text.
        text: String,
    },
}

/// One of the two systems that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatasetSide {
    /// What was meant to be sent.
    Source,
    /// What the receiver holds.
    Target,
}

impl DatasetSide {
    /// As manifests and people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}

/// What was meant to happen to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordOperation {
    /// A new record.
    Upload,
    /// A record that is there already changes.
    Amend,
    /// A record goes away.
    Delete,
}

impl RecordOperation {
    /// The letter that manifests hold.
    #[must_use]
    pub const fn letter(self) -> u8 {
        match self {
            Self::Upload => b'U',
            Self::Amend => b'A',
            Self::Delete => b'D',
        }
    }

    /// The operation of a letter.
    #[must_use]
    pub const fn from_letter(letter: u8) -> Option<Self> {
        match letter {
            b'U' => Some(Self::Upload),
            b'A' => Some(Self::Amend),
            b'D' => Some(Self::Delete),
            _ => None,
        }
    }
}

/// How the rows of one extraction hold together in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isolation {
    /// Nothing holds them together: a difference can be a row in motion. Such a run never confirms.
    None,
    /// A file, read whole while its size and time did not change.
    File,
    /// A transaction that sees one state (`REPEATABLE READ`).
    Repeatable,
    /// A snapshot of the database (`SNAPSHOT`, `CONSISTENT SNAPSHOT`).
    Snapshot,
}

impl Isolation {
    /// As manifests and people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::File => "file",
            Self::Repeatable => "repeatable",
            Self::Snapshot => "snapshot",
        }
    }
}
