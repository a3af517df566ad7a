//! Fields of a dataset and the rule that puts each into its canonical form.

/// A field, and where each side has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetField {
    /// Its name in the policy. It enters the canonical form.
    pub name: String,
    /// The column of the source.
    pub source: String,
    /// The column of the target.
    pub target: String,
    /// How its values are put into their canonical form.
    pub rule: FieldRule,
}

/// The declared type of a field, with what counts as equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldRule {
    /// Text, in Unicode's form NFC.
    Text {
        /// Whether blanks at the end are cut off (a CHAR column pads with them).
        trim_end: bool,
        /// Whether an empty text is NULL (Oracle cannot tell them apart).
        empty_is_null: bool,
    },
    /// A decimal number.
    Decimal {
        /// Digits after the point. A value with more of them that are not zero is incomparable.
        scale: u8,
    },
    /// A day of the Gregorian calendar.
    Date {
        /// How text writes it, as `strftime` does; ISO 8601 where this is empty.
        format: String,
    },
    /// A point in time.
    Instant {
        /// The IANA time zone of values without one; `None`: such a value is incomparable.
        zone: Option<String>,
        /// Digits of a second that count, 0 to 9. What is finer is cut off.
        digits: u8,
        /// How text writes it, as `strftime` does; RFC 3339 where this is empty.
        format: String,
    },
    /// True or false.
    Boolean {
        /// What means true, for example `1`, `t`, `Y`.
        truths: Vec<String>,
        /// What means false.
        falsehoods: Vec<String>,
    },
    /// Bytes.
    Bytes {
        /// How text writes them.
        encoding: BytesEncoding,
    },
}

/// How text writes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesEncoding {
    /// Two hexadecimal digits for each byte, of either case, with or without `\x` or `0x`.
    Hexadecimal,
    /// RFC 4648, section 4, with padding.
    Base64,
    /// The text's own bytes in UTF-8.
    Utf8,
}
