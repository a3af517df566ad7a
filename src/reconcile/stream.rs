//! Rows of a bucket with control rows among them, as one sorted stream.

use crate::manifest::{BucketRows, Manifest, ManifestFault};
use crate::row::ManifestRow;
use std::vec;

/// Rows of one manifest and one bucket, with control rows among them. A manifest that is not there
/// has control rows alone.
pub(crate) struct RowStream {
    file: Option<BucketRows>,
    waiting: Option<ManifestRow>,
    controls: vec::IntoIter<ManifestRow>,
    control: Option<ManifestRow>,
    /// Where the row that was taken last is in its file.
    at: u64,
}

impl RowStream {
    pub(crate) fn open(
        manifest: Option<&Manifest>,
        bucket: u8,
        mut controls: Vec<ManifestRow>,
    ) -> Result<Self, ManifestFault> {
        controls.sort_by_key(ManifestRow::order);
        let mut controls = controls.into_iter();
        let mut file = manifest.map(|manifest| manifest.open_bucket(bucket)).transpose()?;
        let waiting = file.as_mut().map_or(Ok(None), BucketRows::next_row)?;
        let control = controls.next();
        Ok(Self { file, waiting, controls, control, at: 0 })
    }

    /// The key of the next row.
    #[inline]
    pub(crate) fn next_key(&self) -> Option<u128> {
        match (&self.waiting, &self.control) {
            (Some(row), None) => Some(row.key),
            (None, control) => control.map(|control| control.key),
            (Some(row), Some(control)) => Some(row.key.min(control.key)),
        }
    }

    /// The next row, if it is of this key.
    #[inline]
    pub(crate) fn take(&mut self, key: u128) -> Result<Option<ManifestRow>, ManifestFault> {
        let is_control = match (&self.waiting, &self.control) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(row), Some(control)) => control.order() < row.order(),
        };
        let next = if is_control { self.control } else { self.waiting };
        let Some(row) = next.filter(|row| row.key == key) else { return Ok(None) };
        if is_control {
            self.control = self.controls.next();
        } else if let Some(file) = &mut self.file {
            self.at = file.read_rows() - 1;
            self.waiting = file.next_row()?;
        }
        Ok(Some(row))
    }

    /// Where the row that was taken last is in its file.
    pub(crate) const fn place(&self) -> u64 {
        self.at
    }
}
