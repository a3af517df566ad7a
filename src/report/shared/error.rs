//! Errors of reports: what is wrong, and in which line.

pub use portcullis_testrun::reading::ReportError;

/// What is wrong with an element, an event or a line of a report. The reader of the file adds the
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
