//! Errors of reports: what is wrong, and in which line.

/// A report that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportError {
    /// The line, counted from 1, where reading ended; `None` when the error is about the whole
    /// file.
    pub line: Option<u64>,
    /// What is wrong, in one sentence that calls the report "it".
    pub message: String,
}

impl ReportError {
    /// An error in a line, counted from 1.
    pub(super) fn at(line: usize, message: impl Into<String>) -> Self {
        ReportError { line: Some(line as u64), message: message.into() }
    }

    /// An error about the whole file.
    pub(super) fn whole(message: impl Into<String>) -> Self {
        ReportError { line: None, message: message.into() }
    }

    /// An error right after these bytes, which were fine.
    pub(super) fn after(before: &[u8], message: impl Into<String>) -> Self {
        let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        ReportError { line: Some(line), message: message.into() }
    }
}

impl std::fmt::Display for ReportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for ReportError {}

/// What is wrong with an element, an event or a line of a report. Whoever reads the file adds the
/// place, which makes it a [`ReportError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentError(String);

impl From<&str> for ContentError {
    fn from(message: &str) -> Self {
        ContentError(message.to_string())
    }
}

impl From<String> for ContentError {
    fn from(message: String) -> Self {
        ContentError(message)
    }
}

impl From<ContentError> for String {
    fn from(error: ContentError) -> String {
        error.0
    }
}

impl std::fmt::Display for ContentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
