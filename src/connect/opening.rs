//! What a connector is opened with.

use portcullis_model::reconciliation::Isolation;
use portcullis_reconcile::source::{RawValue, RecordSource, SourceError};
use std::fmt;
use std::path::{Path, PathBuf};

/// A source of any kind.
pub type AnySource = Box<dyn RecordSource>;

/// What a connector is opened with, besides its settings.
#[derive(Clone, Copy)]
pub struct Opening<'o> {
    /// The columns, in the order in which a row has its values. Several may have one name.
    pub columns: &'o [String],
    /// Where a path begins that is not absolute.
    pub directory: &'o Path,
    /// The environment: the value of a variable.
    pub environment: &'o dyn Fn(&str) -> Option<String>,
}

impl Opening<'_> {
    /// A path of the settings, from the directory on.
    pub(crate) fn resolve_path(&self, path: &str) -> PathBuf {
        self.directory.join(path)
    }
}

impl fmt::Debug for Opening<'_> {
    /// Without the environment, which holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("columns", &self.columns).field("directory", &self.directory).finish()
    }
}

/// A source that failed once fails for ever: asked again, it must not look as if it were over.
pub(crate) struct FailingSource {
    source: AnySource,
    failure: Option<SourceError>,
}

impl FailingSource {
    pub(crate) fn new(source: AnySource) -> Self {
        Self { source, failure: None }
    }
}

impl RecordSource for FailingSource {
    fn isolation(&self) -> Isolation {
        self.source.isolation()
    }

    fn read_row(&mut self, values: &mut Vec<RawValue>) -> Result<bool, SourceError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let result = self.source.read_row(values);
        self.failure = result.as_ref().err().cloned();
        result
    }

    fn announced_rows(&self) -> Option<u64> {
        self.source.announced_rows()
    }

    fn share_read(&self) -> Option<f64> {
        self.source.share_read()
    }

    fn place(&self) -> String {
        self.source.place()
    }
}
