//! Objects stored as a difference from another one (gitformat-pack(5), "Deltified representation").
//!
//! The sizes of both, then instructions: copy a stretch of the base, or insert the bytes that
//! follow.

use crate::pack::SIZE_LIMIT;

/// How many bytes a difference says that it makes.
pub fn made_size(difference: &[u8]) -> Option<u64> {
    let (_, rest) = read_size(difference)?;
    read_size(rest).map(|(to, _)| to)
}

/// The object that a difference makes of its base; `None` when it is none of this base.
pub fn apply_delta(base: &[u8], difference: &[u8]) -> Option<Vec<u8>> {
    let (from, rest) = read_size(difference)?;
    let (to, mut rest) = read_size(rest)?;
    if from != base.len() as u64 || to > SIZE_LIMIT {
        return None;
    }
    let to = to as usize;
    let mut made = Vec::with_capacity(to);
    while let Some((instruction, after)) = rest.split_first() {
        let (piece, after) = match instruction {
            0 => return None,
            1..0x80 => after.split_at_checked(usize::from(*instruction))?,
            _ => copy_instruction(base, *instruction, after)?,
        };
        if piece.len() > to - made.len() {
            return None;
        }
        made.extend_from_slice(piece);
        rest = after;
    }
    (made.len() == to).then_some(made)
}

/// A stretch of the base: its low bits say which bytes of place and length follow; those that do
/// not are zero.
fn copy_instruction<'b, 'd>(
    base: &'b [u8],
    instruction: u8,
    mut rest: &'d [u8],
) -> Option<(&'b [u8], &'d [u8])> {
    let mut values = [0_usize; 7];
    for (bit, value) in values.iter_mut().enumerate().filter(|(bit, _)| instruction & (1 << bit) != 0) {
        let (byte, after) = rest.split_first()?;
        *value = usize::from(*byte) << (8 * if bit < 4 { bit } else { bit - 4 });
        rest = after;
    }
    let (place, length) = (values[..4].iter().sum::<usize>(), values[4..].iter().sum::<usize>());
    let length = if length == 0 { 0x1_0000 } else { length };
    Some((base.get(place..place.checked_add(length)?)?, rest))
}

/// Seven bits in each byte, the lowest first, as long as the highest bit is set.
fn read_size(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let last = bytes.iter().take(9).position(|byte| byte & 0x80 == 0)?;
    let (digits, rest) = bytes.split_at(last + 1);
    Some((digits.iter().rev().fold(0, |size, byte| (size << 7) | u64::from(byte & 0x7f)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn copies_and_inserts() {
        let difference = [&[5, 6, 0x91, 1, 3, 3][..], b"abc"].concat();
        assert_eq!(apply_delta(b"01234", &difference).unwrap(), b"123abc");
        assert_eq!(apply_delta(b"01234", &[5, 2, 0b1001_0000, 2]).unwrap(), b"01");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for difference in [
            &[4, 1, 1, b'a'][..], // another base
            &[5, 2, 1, b'a'],     // shorter than promised
            &[5, 1, 2, b'a', b'b'],
            &[5, 1, 2, b'a'],
            &[5, 1, 0],
            &[5, 3, 0x91, 3, 3],
            &[5],
            &[0x80; 12],
        ] {
            assert_eq!(apply_delta(b"01234", difference), None, "{difference:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_do(base in proptest::collection::vec(any::<u8>(), 0..40), mut bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(first) = bytes.first_mut() {
                *first = base.len() as u8;
            }
            apply_delta(&base, &bytes);
        }
    }
}
