//! What an engine got wrong. Each fault has a name, a place, and what to do.

use portcullis_model::digest::Digest;
use portcullis_model::reconciliation::{DatasetSide, RecordClass};
use std::fmt;

/// Why an engine's answer is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineFault {
    /// The answer has no line.
    Empty,
    /// The answer, or one line of it, is longer than the text can give.
    TooLong {
        /// File and line.
        place: String,
    },
    /// A line is not what the text gives.
    Unreadable {
        /// File and line.
        place: String,
        /// What is wrong with it. Never the line itself.
        why: String,
    },
    /// A line is of another run.
    OtherRun {
        /// File and line.
        place: String,
        /// The run that was planned.
        expected: String,
    },
    /// A line was made by another SQL text: an older one, or one that somebody changed.
    OtherText {
        /// File and line.
        place: String,
        /// The digest of the planned text.
        expected: Digest,
    },
    /// Two lines count one bucket and class: the answer is there twice, or parts of two answers.
    CellTwice {
        /// File and line of the second.
        place: String,
        /// The bucket.
        bucket: u8,
        /// The class.
        class: RecordClass,
    },
    /// The answer has nothing of a bucket, not even its control rows.
    BucketMissing {
        /// The bucket.
        bucket: u8,
    },
    /// The classes of a bucket cover fewer rows of a side than its manifest has.
    RowsLost {
        /// The bucket.
        bucket: u8,
        /// The side.
        side: DatasetSide,
        /// Rows by the manifest's header.
        expected: u64,
        /// Rows that the classes cover.
        found: u64,
    },
    /// The classes of a bucket cover more rows of a side than its manifest has.
    RowsRepeated {
        /// The bucket.
        bucket: u8,
        /// The side.
        side: DatasetSide,
        /// Rows by the manifest's header.
        expected: u64,
        /// Rows that the classes cover.
        found: u64,
    },
    /// The classes of a bucket cover as many rows of a side as its manifest has, and other ones.
    RowsOther {
        /// The bucket.
        bucket: u8,
        /// The side.
        side: DatasetSide,
    },
    /// A class cannot have the rows that the engine counted for it.
    ClassImpossible {
        /// The bucket.
        bucket: u8,
        /// The class.
        class: RecordClass,
        /// What the class means for its rows.
        rule: &'static str,
    },
    /// A control row did not come back.
    ControlLost {
        /// The bucket.
        bucket: u8,
        /// The class that it was made for.
        class: RecordClass,
    },
    /// A control row came back in another class.
    ControlMoved {
        /// The bucket.
        bucket: u8,
        /// The class that it was made for.
        class: RecordClass,
        /// The class that it came back in.
        found: RecordClass,
    },
    /// A record was listed twice.
    ListedTwice {
        /// Its bucket.
        bucket: u8,
        /// Its class.
        class: RecordClass,
    },
    /// The listed records of a bucket and class are not as many as were counted.
    ListDiffers {
        /// The bucket.
        bucket: u8,
        /// The class.
        class: RecordClass,
        /// Records by the count.
        counted: u64,
        /// Records in the list.
        listed: u64,
    },
    /// A bucket was compared again here, and the engine counted otherwise.
    BucketDiffers {
        /// The bucket.
        bucket: u8,
        /// The class.
        class: RecordClass,
        /// Records by the engine.
        engine: u64,
        /// Records by the comparison here.
        here: u64,
    },
    /// A bucket was compared again here, and the engine listed other records.
    ListOther {
        /// The bucket.
        bucket: u8,
        /// The class that it listed a record in.
        class: RecordClass,
    },
}

impl EngineFault {
    /// The name by which people and tests call it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty-answer",
            Self::TooLong { .. } => "answer-too-long",
            Self::Unreadable { .. } => "unreadable-line",
            Self::OtherRun { .. } => "other-run",
            Self::OtherText { .. } => "other-text",
            Self::CellTwice { .. } => "counted-twice",
            Self::BucketMissing { .. } => "bucket-missing",
            Self::RowsLost { .. } => "rows-lost",
            Self::RowsRepeated { .. } => "rows-repeated",
            Self::RowsOther { .. } => "other-rows",
            Self::ClassImpossible { .. } => "impossible-class",
            Self::ControlLost { .. } => "control-row-lost",
            Self::ControlMoved { .. } => "control-row-moved",
            Self::ListedTwice { .. } => "listed-twice",
            Self::ListDiffers { .. } => "list-differs",
            Self::BucketDiffers { .. } => "bucket-differs",
            Self::ListOther { .. } => "other-records-listed",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::OtherRun { .. } => "Run the engine with the text of this plan, and give its answer alone.",
            Self::OtherText { .. } => {
                "Write the plan again with this version of the program, and run its text unchanged."
            }
            Self::Empty | Self::Unreadable { .. } | Self::TooLong { .. } | Self::CellTwice { .. } => {
                "Empty the folder of the answer, run the text again, and keep nothing else in it."
            }
            Self::BucketMissing { .. } | Self::RowsLost { .. } | Self::RowsOther { .. } => {
                "See that the engine read every file of the plan's inputs, then run the text again."
            }
            Self::RowsRepeated { .. } => {
                "See that no file of the inputs is there twice and that the tables were empty, then run the text again."
            }
            Self::ClassImpossible { .. }
            | Self::ControlLost { .. }
            | Self::ControlMoved { .. }
            | Self::ListedTwice { .. }
            | Self::ListDiffers { .. }
            | Self::BucketDiffers { .. }
            | Self::ListOther { .. } => {
                "Run the text again. If it comes back, the engine computes wrongly: compare without it (`portcullis reconcile compare`)."
            }
        }
    }
}

impl fmt::Display for EngineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |class: &RecordClass| class.as_str();
        match self {
            Self::Empty => write!(f, "The answer is empty."),
            Self::TooLong { place } => write!(f, "{place}: the answer is longer than this text can give."),
            Self::Unreadable { place, why } => write!(f, "{place}: the line cannot be read: {why}."),
            Self::OtherRun { place, expected } => {
                write!(f, "{place}: the line is of another run; {expected} was planned.")
            }
            Self::OtherText { place, expected } => {
                write!(f, "{place}: the line was made by another SQL text; {expected} was planned.")
            }
            Self::CellTwice { place, bucket, class } => {
                write!(f, "{place}: bucket {bucket} and class {} are counted a second time.", of(class))
            }
            Self::BucketMissing { bucket } => {
                write!(f, "Bucket {bucket} is missing, with the control rows that were in it.")
            }
            Self::ClassImpossible { bucket, class, rule } => {
                write!(f, "Bucket {bucket}: {} is counted with rows that it cannot have: {rule}.", of(class))
            }
            Self::ControlLost { bucket, class } => {
                write!(f, "Bucket {bucket}: the control row of {} did not come back.", of(class))
            }
            Self::ControlMoved { bucket, class, found } => {
                write!(f, "Bucket {bucket}: the control row of {} came back as {}.", of(class), of(found))
            }
            Self::ListedTwice { bucket, class } => {
                write!(f, "Bucket {bucket}: a record of {} is listed twice.", of(class))
            }
            _ => self.write_difference(f),
        }
    }
}

impl EngineFault {
    /// Writes how the rows or the listed records of a bucket differ.
    fn write_difference(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |class: &RecordClass| class.as_str();
        match self {
            Self::RowsLost { bucket, side, expected, found } => write!(
                f,
                "Bucket {bucket}: the classes cover {found} of the {expected} rows of the {}: {} were lost.",
                side.as_str(),
                expected - found
            ),
            Self::RowsRepeated { bucket, side, expected, found } => write!(
                f,
                "Bucket {bucket}: the classes cover {found} rows of the {}, which has {expected}: {} were read or counted again.",
                side.as_str(),
                found - expected
            ),
            Self::RowsOther { bucket, side } => write!(
                f,
                "Bucket {bucket}: the classes cover as many rows of the {} as it has, and other ones: the sums of keys or digests differ.",
                side.as_str()
            ),
            Self::ListDiffers { bucket, class, counted, listed } => write!(
                f,
                "Bucket {bucket}: {counted} records of {} were counted and {listed} listed.",
                of(class)
            ),
            Self::BucketDiffers { bucket, class, engine, here } => write!(
                f,
                "Bucket {bucket}, compared again here, has {here} records of {}; the engine counted {engine}.",
                of(class)
            ),
            Self::ListOther { bucket, class } => write!(
                f,
                "Bucket {bucket}, compared again here, does not have the records that the engine listed as {}.",
                of(class)
            ),
            _ => Ok(()),
        }
    }
}
