//! Progress: how many rows were read so far.

use portcullis_model::reconciliation::Isolation;
use portcullis_reconcile::source::{RawValue, RecordSource, SourceError};

/// A source that tells how far it is.
pub struct WatchedSource<'w> {
    source: Box<dyn RecordSource>,
    every: u64,
    rows: u64,
    tell: Box<dyn FnMut(u64) + 'w>,
}

impl<'w> WatchedSource<'w> {
    /// Calls `tell` with the number of rows after each `every` rows and after the last one.
    #[must_use]
    pub fn new(source: Box<dyn RecordSource>, every: u64, tell: impl FnMut(u64) + 'w) -> Self {
        Self { source, every: every.max(1), rows: 0, tell: Box::new(tell) }
    }
}

impl RecordSource for WatchedSource<'_> {
    fn isolation(&self) -> Isolation {
        self.source.isolation()
    }

    fn read_row(&mut self, values: &mut Vec<RawValue>) -> Result<bool, SourceError> {
        let more = self.source.read_row(values)?;
        self.rows += u64::from(more);
        if !more || self.rows.is_multiple_of(self.every) {
            (self.tell)(self.rows);
        }
        Ok(more)
    }

    fn announced_rows(&self) -> Option<u64> {
        self.source.announced_rows()
    }

    fn place(&self) -> String {
        self.source.place()
    }
}
