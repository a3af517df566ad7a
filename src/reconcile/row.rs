//! A row of a manifest, and its plain form. It holds no content: key and digest are keyed (HMAC),
//! so that neither can be guessed from outside.

/// The version of the plain form of rows.
pub const ROWS_FORM: u32 = 1;

/// How many bytes a row has in the plain form.
pub const ROW_BYTES: usize = 50;

/// The row has no whole key; its key says nothing but where it lies.
pub const UNKEYED: u8 = 1;
/// A compared value could not be put into its canonical form; the digest says nothing.
pub const INCOMPARABLE: u8 = 2;
/// The row has a reserved key or the marker of test data.
pub const MARKED: u8 = 4;
/// A difference that two looks saw: only in a manifest of breaks.
pub const CONFIRMED: u8 = 8;
/// All marks that a row may have.
const KNOWN_MARKS: u8 = UNKEYED | INCOMPARABLE | MARKED | CONFIRMED;

/// The digest of a receipt that refuses the operation.
pub const REFUSED: u128 = 0;
/// Of one that accepts it.
pub const ACCEPTED: u128 = 1 << 64;
/// Of one that says no more than that it came.
pub const RECEIVED: u128 = 2 << 64;

/// One operation of the source, or one record of the target.
///
/// Engines see key and digest as two signed 64-bit integers each, because every SQL engine joins
/// integers and few agree on how binary columns compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ManifestRow {
    /// The keyed key.
    pub key: u128,
    /// The keyed digest of the compared fields; 0 where a record is deleted.
    pub digest: u128,
    /// The row's order among those of its key: sequence of the operation, version of the record.
    pub sequence: i64,
    /// Seconds since 1970 in UTC: when the operation takes effect, or when the record was loaded.
    pub time: i64,
    /// `U`, `A` or `D` in a source; `U` in a target.
    pub operation: u8,
    /// [`UNKEYED`], [`INCOMPARABLE`], [`MARKED`], [`CONFIRMED`], or several of them.
    pub marks: u8,
}

impl ManifestRow {
    /// The bucket: the first byte of the keyed key.
    #[must_use]
    pub const fn bucket(&self) -> u8 {
        self.key.to_be_bytes()[0]
    }

    /// Whether the row has one of these marks.
    #[must_use]
    pub const fn has(&self, marks: u8) -> bool {
        self.marks & marks != 0
    }

    /// What rows of a manifest are sorted by. Rows of a key come one after the other, the latest
    /// sequence last.
    #[must_use]
    pub const fn order(&self) -> (u128, i64, u8, u128, i64, u8) {
        (self.key, self.sequence, self.operation, self.digest, self.time, self.marks)
    }

    /// The row as 50 bytes: key, digest, sequence, time, operation, marks; numbers in big-endian
    /// order.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ROW_BYTES] {
        let mut bytes = [0; ROW_BYTES];
        bytes[..16].copy_from_slice(&self.key.to_be_bytes());
        bytes[16..32].copy_from_slice(&self.digest.to_be_bytes());
        bytes[32..40].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[40..48].copy_from_slice(&self.time.to_be_bytes());
        bytes[48] = self.operation;
        bytes[49] = self.marks;
        bytes
    }

    /// The row of 50 bytes; `None` where operation or marks are none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; ROW_BYTES]) -> Option<Self> {
        let row = Self {
            key: u128::from_be_bytes(*bytes.first_chunk()?),
            digest: u128::from_be_bytes(*bytes.get(16..)?.first_chunk()?),
            sequence: i64::from_be_bytes(*bytes.get(32..)?.first_chunk()?),
            time: i64::from_be_bytes(*bytes.get(40..)?.first_chunk()?),
            operation: bytes[48],
            marks: bytes[49],
        };
        (matches!(row.operation, b'U' | b'A' | b'D') && row.marks & !KNOWN_MARKS == 0).then_some(row)
    }
}

/// The two signed halves of a keyed key or digest, as engines see them.
#[must_use]
pub const fn split_halves(value: u128) -> (i64, i64) {
    ((value >> 64) as i64, value as i64)
}

/// The keyed key or digest of its two signed halves.
#[must_use]
pub const fn join_halves(first: i64, second: i64) -> u128 {
    ((first as u64 as u128) << 64) | second as u64 as u128
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_row_comes_back_from_its_bytes(key: u128, digest: u128, sequence: i64, time: i64, marks in 0_u8..16) {
            let row = ManifestRow { key, digest, sequence, time, operation: b'A', marks };
            prop_assert_eq!(ManifestRow::from_bytes(&row.to_bytes()), Some(row));
            let (first, second) = split_halves(key);
            prop_assert_eq!(join_halves(first, second), key);
        }
    }

    #[test]
    fn a_row_with_an_unknown_operation_or_mark_is_none() {
        let row = ManifestRow { operation: b'U', ..ManifestRow::default() };
        for (at, byte) in [(48, b'X'), (48, 0), (49, 16), (49, 255)] {
            let mut bytes = row.to_bytes();
            bytes[at] = byte;
            assert_eq!(ManifestRow::from_bytes(&bytes), None);
        }
    }
}
