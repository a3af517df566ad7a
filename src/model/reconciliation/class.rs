//! What a comparison says of one record. Each record has exactly one class.

/// The class of a record, by falling precedence: where two apply, the earlier one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordClass {
    /// A row without a whole key: it cannot be compared with anything.
    Unkeyed,
    /// A value could not be put into its canonical form, so the row could not be compared.
    Incomparable,
    /// The source holds two operations of one key with the same sequence.
    SourceDuplicate,
    /// The target holds a reserved key or marker.
    TestData,
    /// The target holds the key more than once.
    Duplicate,
    /// The receiver acknowledged the upload and does not have the record.
    AcknowledgedAbsent,
    /// The record was deleted, was seen to be gone, and is there again.
    Resurrected,
    /// The record was deleted and is still there after the deadline.
    Undeleted,
    /// The target has a record that was never sent.
    Extra,
    /// The receiver refused the operation with a reason in its reject log.
    Rejected,
    /// The receiver's receipts say that it refused, and its reject log does not.
    RejectedUnlogged,
    /// The record is absent after its deadline, or before its deletion takes effect.
    Missing,
    /// The target has an older version or other content after the deadline.
    Stale,
    /// The receiver gave no answer by its deadline, though the record is as it should be.
    Unacknowledged,
    /// The record is right, and arrived after its deadline.
    Late,
    /// The record is not as it should be, and its deadline has not passed.
    Pending,
    /// The record is as it should be.
    Ok,
    /// An operation that a later one of the same key replaced. It says nothing of the target.
    Superseded,
}

impl RecordClass {
    /// All classes, by falling precedence.
    pub const ALL: [Self; 18] = [
        Self::Unkeyed,
        Self::Incomparable,
        Self::SourceDuplicate,
        Self::TestData,
        Self::Duplicate,
        Self::AcknowledgedAbsent,
        Self::Resurrected,
        Self::Undeleted,
        Self::Extra,
        Self::Rejected,
        Self::RejectedUnlogged,
        Self::Missing,
        Self::Stale,
        Self::Unacknowledged,
        Self::Late,
        Self::Pending,
        Self::Ok,
        Self::Superseded,
    ];

    /// As policies, results and people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unkeyed => "unkeyed",
            Self::Incomparable => "incomparable",
            Self::SourceDuplicate => "source-duplicate",
            Self::TestData => "test-data",
            Self::Duplicate => "duplicate",
            Self::AcknowledgedAbsent => "acknowledged-absent",
            Self::Resurrected => "resurrected",
            Self::Undeleted => "undeleted",
            Self::Extra => "extra",
            Self::Rejected => "rejected",
            Self::RejectedUnlogged => "rejected-unlogged",
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Unacknowledged => "unacknowledged",
            Self::Late => "late",
            Self::Pending => "pending",
            Self::Ok => "ok",
            Self::Superseded => "superseded",
        }
    }

    /// The class of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }

    /// What it means, in one sentence for people.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Unkeyed => "The row has no whole key and cannot be compared with anything.",
            Self::Incomparable => "A value could not be put into its canonical form.",
            Self::SourceDuplicate => "The source holds two operations of one key with the same sequence.",
            Self::TestData => "The target holds a reserved key or marker of test data.",
            Self::Duplicate => "The target holds the key more than once.",
            Self::AcknowledgedAbsent => "The receiver acknowledged the record and does not have it.",
            Self::Resurrected => "The record was deleted, was seen to be gone, and is there again.",
            Self::Undeleted => "The record was deleted and is still there after the deadline.",
            Self::Extra => "The target has a record that was never sent.",
            Self::Rejected => "The receiver refused the operation and logged why.",
            Self::RejectedUnlogged => {
                "The receiver refused the operation, and its reject log does not say so."
            }
            Self::Missing => "The record is absent after its deadline, or was deleted before its time.",
            Self::Stale => "The target has an older version or other content after the deadline.",
            Self::Unacknowledged => "The record is right, and the receiver gave no answer by its deadline.",
            Self::Late => "The record is right and arrived after its deadline.",
            Self::Pending => "The record is not right yet, and its deadline has not passed.",
            Self::Ok => "The record is as it should be.",
            Self::Superseded => "A later operation of the same key replaced this one.",
        }
    }

    /// Whether a record of this class is a difference that a budget limits.
    #[must_use]
    pub const fn needs_budget(self) -> bool {
        !matches!(self, Self::Ok | Self::Superseded | Self::Pending)
    }
}
