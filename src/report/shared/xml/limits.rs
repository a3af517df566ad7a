//! What a document may hold.

/// Bounds of a document. Beyond them it is refused, never cut.
#[derive(Clone, Copy, Debug)]
pub struct XmlLimits {
    /// How deep elements may nest.
    pub depth: usize,
    /// How many attributes one element may have.
    pub attributes: usize,
    /// The length of one attribute's value in bytes, as it is written.
    pub attribute: usize,
    /// May it name a document type? It is never fetched, and may declare nothing. Test reports have
    /// none, some coverage reports do.
    pub document_type: bool,
    /// May texts, and attributes that hold output, hold characters that XML does not allow? Only
    /// where no text of the format is a name.
    pub control_characters: bool,
}

/// The bounds of a test report.
pub const LIMITS: XmlLimits = XmlLimits {
    depth: 64,
    attributes: 1000,
    attribute: 1 << 20,
    document_type: false,
    control_characters: true,
};

/// The bounds of a coverage report. Some declare a document type; their texts are names of
/// directories.
pub const COVERAGE: XmlLimits = XmlLimits { document_type: true, control_characters: false, ..LIMITS };

/// Attributes that hold what a program printed or said of a failure, or a setting of its
/// environment.
pub const OUTPUT: &[&str] = &["message", "value", "details", "output", "reason", "stacktrace"];
