//! The records that live on one side: after all operations of the source, or in the target.

use super::fault::{ExchangeFault, ExchangeWrong};
use crate::manifest::{Manifest, ManifestFault};
use crate::row::{ManifestRow, UNKEYED};
use portcullis_wire::exchange::v1::ExchangeSideV1;
use portcullis_wire::manifest::v1::{ManifestContentV1, ManifestScopeV1, ManifestV1};
use portcullis_wire::text::DigestText;

/// The living records of one side, bucket by bucket.
pub trait LivingRecords {
    /// The header of the manifest that they are in.
    fn header(&self) -> &ManifestV1;

    /// The SHA-256 of the header.
    fn header_digest(&self) -> DigestText;

    /// The side.
    fn side(&self) -> ExchangeSideV1;

    /// Gives the key and digest of each living record of a bucket, by rising key.
    ///
    /// # Errors
    /// The manifest cannot be read, or what `take` says.
    fn read_living(
        &self,
        bucket: u8,
        take: &mut dyn FnMut(u128, u128) -> Result<(), ExchangeFault>,
    ) -> Result<(), ExchangeFault>;
}

/// A manifest whose records take part in an exchange.
#[derive(Clone, Debug)]
pub struct ManifestParty {
    manifest: Manifest,
    side: ExchangeSideV1,
}

impl ManifestParty {
    /// The party with a manifest.
    ///
    /// # Errors
    /// It holds neither a source nor a target, not all of its records, or rows that cannot be
    /// compared.
    pub fn new(manifest: Manifest) -> Result<Self, ExchangeFault> {
        let header = manifest.header();
        let unfit = |problem: String| Err(ExchangeFault::new(ExchangeWrong::OwnManifest, problem));
        let side = match header.content {
            ManifestContentV1::Source => ExchangeSideV1::Source,
            ManifestContentV1::Target => ExchangeSideV1::Target,
            other => {
                return unfit(format!("A source or a target is required, and the manifest holds {other}"));
            }
        };
        if header.scope != ManifestScopeV1::Whole {
            return unfit("The manifest holds only some records".to_string());
        }
        let sum = |count: fn(&portcullis_wire::manifest::v1::ManifestBucketV1) -> u64| {
            header.buckets.iter().map(count).sum::<u64>()
        };
        let (unkeyed, incomparable) = (sum(|bucket| bucket.unkeyed), sum(|bucket| bucket.incomparable));
        if unkeyed + incomparable > 0 {
            return unfit(format!(
                "An exchange would be silent about {unkeyed} rows without a whole key and {incomparable} that cannot be compared"
            ));
        }
        Ok(Self { manifest, side })
    }
}

impl LivingRecords for ManifestParty {
    fn header(&self) -> &ManifestV1 {
        self.manifest.header()
    }

    fn header_digest(&self) -> DigestText {
        self.manifest.digest().into()
    }

    fn side(&self) -> ExchangeSideV1 {
        self.side
    }

    fn read_living(
        &self,
        bucket: u8,
        take: &mut dyn FnMut(u128, u128) -> Result<(), ExchangeFault>,
    ) -> Result<(), ExchangeFault> {
        let mut rows = self.manifest.open_bucket(bucket)?;
        let mut next = || -> Result<Option<ManifestRow>, ManifestFault> { rows.next_row() };
        let mut last: Option<ManifestRow> = None;
        loop {
            let row = next()?;
            let replaced = |last: &ManifestRow| {
                self.side == ExchangeSideV1::Source && row.is_some_and(|row| row.key == last.key)
            };
            let lives = |last: &ManifestRow| last.operation != b'D' && !last.has(UNKEYED) && !replaced(last);
            if let Some(row) = last.filter(lives) {
                take(row.key, row.digest)?;
            }
            if row.is_none() {
                return Ok(());
            }
            last = row;
        }
    }
}
