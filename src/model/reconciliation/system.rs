//! A system of a dataset: how it is read, and which of its columns are no fields of the dataset.

use super::connector::ConnectorSettings;

/// One of the systems that a run reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemSettings {
    /// How it is read.
    pub connector: ConnectorSettings,
    /// The column that says what was meant to happen to a record. `None`: every row is an upload.
    pub operation: Option<OperationColumn>,
    /// The column that orders the operations of one key, or the version of a record. `None`: 0.
    pub sequence: Option<String>,
    /// The column with the time from which an operation counts, or at which a record was loaded.
    pub time: Option<TimeColumn>,
    /// The column with the reason of a reject, or the answer of a receipt.
    pub reason: Option<String>,
}

/// A column that holds operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationColumn {
    /// The column.
    pub column: String,
    /// What it holds for an upload.
    pub upload: Vec<String>,
    /// What it holds for an amendment.
    pub amend: Vec<String>,
    /// What it holds for a deletion.
    pub delete: Vec<String>,
}

/// A column that holds times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeColumn {
    /// The column.
    pub column: String,
    /// How text writes it, as `strftime` does; RFC 3339 where this is empty.
    pub format: String,
    /// The IANA time zone of values without one.
    pub zone: Option<String>,
}

/// What a receipt says where the operation was accepted, refused, or only received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerWords {
    /// The operation was accepted: its record has to be there.
    pub accepted: Vec<String>,
    /// It was refused.
    pub refused: Vec<String>,
    /// It was received. Nothing follows for its record, and an answer came.
    pub received: Vec<String>,
}

impl Default for AnswerWords {
    fn default() -> Self {
        let word = |word: &str| vec![word.to_string()];
        Self { accepted: word("accepted"), refused: word("rejected"), received: word("received") }
    }
}
