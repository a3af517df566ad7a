//! Reads a source whole, as an extraction does.

use crate::{Opening, open_source};
use portcullis_model::reconciliation::{ConnectorSettings, Isolation};
use portcullis_reconcile::source::{RawValue, SourceError};
use std::path::Path;

/// What a whole extraction gave.
#[derive(Debug)]
pub struct Extracted {
    pub rows: Vec<Vec<RawValue>>,
    pub isolation: Isolation,
    pub announced: Option<u64>,
}

/// Reads everything, or says why not. `directory` is where paths begin.
pub fn extract(
    settings: &ConnectorSettings,
    columns: &[&str],
    directory: &Path,
) -> Result<Extracted, SourceError> {
    extract_with(settings, columns, directory, &|_| None)
}

/// Reads everything, with these variables in the environment.
pub fn extract_with(
    settings: &ConnectorSettings,
    columns: &[&str],
    directory: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Extracted, SourceError> {
    let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let mut source = open_source(settings, &Opening { columns: &columns, directory, environment })?;
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    loop {
        match source.read_row(&mut values) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                // A source that failed never looks as if it were over.
                assert_eq!(source.read_row(&mut values), Err(error.clone()));
                return Err(error);
            }
        }
        assert_eq!(values.len(), columns.len(), "at {}", source.place());
        rows.push(values.clone());
    }
    // A source that is over stays so.
    assert!(!source.read_row(&mut values)?);
    Ok(Extracted { rows, isolation: source.isolation(), announced: source.announced_rows() })
}

/// A text value.
pub fn text(text: &str) -> RawValue {
    RawValue::Text(text.to_string())
}

/// Rows of texts.
pub fn texts(rows: &[&[&str]]) -> Vec<Vec<RawValue>> {
    rows.iter().map(|row| row.iter().map(|value| text(value)).collect()).collect()
}

/// That the error names the place, and tells nothing of the content.
pub fn assert_names(error: &SourceError, place: &str, problem: &str) {
    assert!(error.place.contains(place), "{error}");
    assert!(error.problem.contains(problem), "{error}");
    assert!(!error.remedy.is_empty() && !error.to_string().contains("SECRET"), "{error}");
}
