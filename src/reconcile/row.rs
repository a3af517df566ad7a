//! A row of a manifest. It holds no content: key and digest are keyed (HMAC), so that neither can
//! be guessed from outside.

/// One operation of the source, or one record of the target.
///
/// Key and digest are two signed 64-bit integers each, in big-endian order of the 128-bit value,
/// because every SQL engine joins integers and few agree on how binary columns compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManifestRow {
    /// First half of the keyed key.
    pub k1: i64,
    /// Second half of the keyed key.
    pub k2: i64,
    /// First half of the keyed digest.
    pub d1: i64,
    /// Second half of the keyed digest.
    pub d2: i64,
    /// `U`, `A` or `D` in a source; `U` in a target.
    pub operation: u8,
    /// The row's order among those of its key: sequence of the operation, version of the record.
    pub sequence: i64,
    /// Seconds since 1970 in UTC: when the operation takes effect, or when the record was loaded.
    pub time: i64,
}

impl ManifestRow {
    /// The bucket: the first byte of the keyed key, 0 to 255.
    #[must_use]
    pub const fn bucket(&self) -> u8 {
        self.k1.to_be_bytes()[0]
    }
}
