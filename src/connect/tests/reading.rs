//! Reads a source whole, as an extraction does.

use crate::{AnySource, Opening, open_source};
use portcullis_model::reconciliation::connector::SqlExtraction;
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
    let source = open_source(settings, &Opening { columns: &columns, directory, environment })?;
    read_to_end(source, columns.len())
}

/// Reads the rest of a source, whose rows have so many values.
pub fn read_to_end(mut source: AnySource, width: usize) -> Result<Extracted, SourceError> {
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
        assert_eq!(values.len(), width, "at {}", source.place());
        rows.push(values.clone());
    }
    // A source that is over stays so.
    assert!(!source.read_row(&mut values)?);
    Ok(Extracted { rows, isolation: source.isolation(), announced: source.announced_rows() })
}

/// Reads a file of these bytes, in a directory of its own.
pub fn extract_file(
    settings: &ConnectorSettings,
    name: &str,
    bytes: &[u8],
    columns: &[&str],
) -> Result<Extracted, SourceError> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(name), bytes).unwrap();
    extract(settings, columns, directory.path())
}

/// A table, as a policy names it.
pub fn table(name: &str) -> SqlExtraction {
    SqlExtraction::Table { schema: None, table: name.to_string(), condition: None }
}

/// A query of a policy.
pub fn query(text: &str) -> SqlExtraction {
    SqlExtraction::Query(text.to_string())
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
