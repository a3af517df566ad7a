//! Which keys are on both of two sides, told from their hashes.
//!
//! A run may have a million tests, and most of them have nothing to do with any of another. So the
//! hash of each key comes first; only keys whose hashes are on both sides are compared. Two keys
//! may have one hash: hashes decide how long a comparison takes, and never how it ends.

use std::iter;

/// The hashes of keys, those of one side before those of the other.
pub(super) struct Hashes {
    all: Vec<u32>,
    /// How many are of the one side.
    first: usize,
    /// Where the hashes are that both sides have, those that are equal together.
    shared: Vec<u32>,
}

impl Hashes {
    /// Those of the keys of these names.
    pub(super) fn of<'a>(sides: [&[&'a str]; 2], mut hash: impl FnMut(&'a str) -> u32) -> Self {
        let [one, other] = sides;
        let all: Vec<u32> = one.iter().chain(other).map(|name| hash(name)).collect();
        let (before, after) = all.split_at(one.len());
        let found = |hashes: &[u32], others: &[u32], from: u32| {
            let others = Marks::of(others);
            let found = (from..).zip(hashes).filter(move |(_, hash)| others.may_have(**hash));
            found.map(|(at, _)| at).collect::<Vec<u32>>()
        };
        let mut shared = found(before, after, 0);
        shared.extend(found(after, before, before.len() as u32));
        shared.sort_unstable_by_key(|at| (all[*at as usize], *at));
        Hashes { first: one.len(), all, shared }
    }

    /// The places of the names of one hash, those of one side and those of the other, for each hash
    /// that both sides have.
    pub(super) fn groups(&self) -> impl Iterator<Item = Sides<impl Iterator<Item = usize>>> {
        let at = |place: &u32| *place as usize;
        let alike = move |one: &u32, next: &u32| self.all[at(one)] == self.all[at(next)];
        self.shared.chunk_by(alike).filter_map(move |group| {
            let (one, other) = group.split_at(group.partition_point(|place| at(place) < self.first));
            let is_shared = !one.is_empty() && !other.is_empty();
            is_shared.then(|| {
                [(one, 0), (other, self.first)]
                    .map(|(side, from)| side.iter().map(move |place| at(place) - from))
            })
        })
    }
}

/// What is of one side, and what is of the other.
type Sides<T> = [T; 2];

/// A filter of hashes: a few bits for each one in the set, so it rejects nearly every hash that is
/// not in it, and none that is.
struct Marks(Vec<u64>);

/// So many hashes share a word of 64 bits.
const IN_A_WORD: usize = 4;

impl Marks {
    fn of(hashes: &[u32]) -> Self {
        let mut marks = Marks(vec![0; (hashes.len() / IN_A_WORD).next_power_of_two()]);
        for hash in hashes {
            let word = marks.word(*hash);
            marks.0[word] |= Marks::bits(*hash);
        }
        marks
    }

    fn may_have(&self, hash: u32) -> bool {
        let bits = Marks::bits(hash);
        self.0[self.word(hash)] & bits == bits
    }

    fn word(&self, hash: u32) -> usize {
        (hash >> 12) as usize & (self.0.len() - 1)
    }

    fn bits(hash: u32) -> u64 {
        (1 << (hash & 63)) | (1 << ((hash >> 6) & 63)) | (1 << (hash >> 26))
    }
}

/// The hash of a key, sixteen bytes at a time, the last sixteen once more.
pub(super) fn hash_key(key: &[u8]) -> u32 {
    const ODD: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];
    let mix = |one: u64, other: u64| {
        let product = u128::from(one) * u128::from(other);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let step = |hash: u64, bytes: &[u8; 16]| {
        let both = u128::from_le_bytes(*bytes);
        mix((both as u64) ^ hash, ((both >> 64) as u64) ^ ODD[0])
    };
    let (whole, rest) = key.as_chunks();
    let mut short = [0; 16];
    let last = key.last_chunk().unwrap_or_else(|| {
        short.iter_mut().zip(rest).for_each(|(byte, of)| *byte = *of);
        &short
    });
    let hash = whole.iter().chain(iter::once(last)).fold(ODD[1], step);
    (mix(hash ^ ODD[1], ODD[0] ^ key.len() as u64) >> 32) as u32
}

/// Two names whose keys have one hash.
#[cfg(test)]
pub(super) fn twins(name: impl Fn(u32) -> String, key: impl Fn(&str) -> Vec<u8>) -> [String; 2] {
    let mut seen = std::collections::BTreeMap::new();
    let twins = (0..1_000_000).find_map(|number| {
        let name = name(number);
        seen.insert(hash_key(&key(&name)), name.clone()).map(|before| [before, name])
    });
    let mut twins = twins.unwrap_or_default();
    twins.sort();
    twins
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        /// Also where many names have one hash.
        #[test]
        fn groups_are_those_of_a_map(
            one in proptest::collection::vec("[a-d]{1,4}", 0..40), other in proptest::collection::vec("[a-d]{1,4}", 0..40), coarse: bool,
        ) {
            let of = |name: &str| if coarse { name.len() as u32 } else { hash_key(name.as_bytes()) };
            let [one, other] = [&one, &other].map(|names| names.iter().map(String::as_str).collect::<Vec<_>>());
            let mut expected: BTreeMap<u32, [Vec<usize>; 2]> = BTreeMap::new();
            for (side, names) in [&one, &other].into_iter().enumerate() {
                for (at, name) in names.iter().enumerate() {
                    expected.entry(of(name)).or_default()[side].push(at);
                }
            }
            expected.retain(|_, [one, other]| !one.is_empty() && !other.is_empty());
            let hashes = Hashes::of([&one, &other], of);
            let groups: Vec<_> = hashes.groups().map(|sides| sides.map(Iterator::collect::<Vec<_>>)).collect();
            prop_assert_eq!(groups, expected.into_values().collect::<Vec<_>>());
        }
    }

    #[test]
    fn short_and_long_keys_have_hashes_of_their_own() {
        let keys = (0..100).flat_map(|length| {
            (0..=length).map(move |at| {
                let mut key = vec![b'a'; length];
                key.iter_mut().skip(at).take(1).for_each(|byte| *byte = b'b');
                key
            })
        });
        let keys: BTreeSet<Vec<u8>> = keys.collect();
        let hashes: BTreeSet<u32> = keys.iter().map(|key| hash_key(key)).collect();
        assert_eq!(hashes.len(), keys.len());
    }
}
