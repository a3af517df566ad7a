//! Errors of connectors: the place, what was found, what to do. Never the content of a record.

use portcullis_reconcile::source::SourceError;

/// An error of three parts.
pub(crate) fn fail(
    place: impl Into<String>,
    problem: impl Into<String>,
    remedy: impl Into<String>,
) -> SourceError {
    SourceError { place: place.into(), problem: problem.into(), remedy: remedy.into() }
}

/// An operating system's error while a file is read.
pub(crate) fn fail_reading(place: impl Into<String>, error: &std::io::Error) -> SourceError {
    fail(
        place,
        format!("The file cannot be read: {error}."),
        "Check that it is there and that this account may read it.",
    )
}
