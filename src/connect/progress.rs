//! Progress: how many rows were read so far, and what share of all of them that is.

use portcullis_model::reconciliation::Isolation;
use portcullis_reconcile::source::{RawValue, RecordSource, SourceError};

/// A source that tells how far it is.
pub struct WatchedSource<'w> {
    source: Box<dyn RecordSource>,
    every: u64,
    rows: u64,
    /// How many rows the system announced before the first one.
    announced: Option<u64>,
    tell: Box<dyn FnMut(u64, Option<f64>) + 'w>,
}

impl<'w> WatchedSource<'w> {
    /// Calls `tell` with the number of rows, and the share of all rows where that is known, after
    /// each `every` rows and after the last one.
    #[must_use]
    pub fn new(source: Box<dyn RecordSource>, every: u64, tell: impl FnMut(u64, Option<f64>) + 'w) -> Self {
        let announced = source.announced_rows().filter(|rows| *rows > 0);
        Self { source, every: every.max(1), rows: 0, announced, tell: Box::new(tell) }
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
            let share = self.share_read();
            (self.tell)(self.rows, share);
        }
        Ok(more)
    }

    fn announced_rows(&self) -> Option<u64> {
        self.source.announced_rows()
    }

    fn share_read(&self) -> Option<f64> {
        let of_rows = self.announced.map(|announced| (self.rows as f64 / announced as f64).min(1.0));
        self.source.share_read().or(of_rows)
    }

    fn place(&self) -> String {
        self.source.place()
    }
}
