//! What was read last.

use std::collections::HashMap;
use std::hash::Hash;

/// Values by key. Those that were not asked for since the last time that it became too much are let
/// go then.
pub struct ByteCache<K, T> {
    young: HashMap<K, (usize, T)>,
    old: HashMap<K, (usize, T)>,
    bytes: usize,
    limit: usize,
}

impl<K: Copy + Eq + Hash, T: Clone> ByteCache<K, T> {
    /// Keeps up to this many bytes, and as many of those before.
    pub fn up_to(limit: usize) -> Self {
        ByteCache { young: HashMap::new(), old: HashMap::new(), bytes: 0, limit }
    }

    /// What is kept under this key.
    pub fn get(&mut self, at: K) -> Option<T> {
        if let Some((_, value)) = self.young.get(&at) {
            return Some(value.clone());
        }
        let (bytes, value) = self.old.remove(&at)?;
        self.add(at, bytes, value.clone());
        Some(value)
    }

    /// Keeps a value of so many bytes.
    pub fn add(&mut self, at: K, bytes: usize, value: T) {
        if self.bytes > self.limit {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.young.insert(at, (bytes, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays() {
        let mut kept = ByteCache::up_to(10);
        kept.add(0, 1, "asked for");
        kept.add(1, 1, "forgotten");
        for at in 2..12 {
            kept.add(at, 6, "large");
            assert_eq!(kept.get(0), Some("asked for"));
        }
        assert_eq!(kept.get(1), None);
    }
}
