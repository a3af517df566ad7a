//! Values by object name, found in one step.
//!
//! A walk asks for hundreds of thousands of names. A name is a hash already, so its first bytes say
//! where to look. Entries keep the order in which they came, and there is no other one: no answer
//! depends on how names are spread. Whoever grinds names that begin alike slows their own judgement
//! down, no more.

use git2::Oid;

/// Values by name. The place of an entry never changes while it is kept.
pub struct OidMap<T> {
    entries: Vec<(Oid, T)>,
    /// One more than the place of an entry, or zero; at least half of them are zero.
    slots: Vec<u32>,
}

impl<T> OidMap<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        OidMap { entries: Vec::new(), slots: vec![0; 64] }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The place of a name.
    pub fn place(&self, id: Oid) -> Option<usize> {
        let place = self.slots[self.slot(id)] as usize;
        place.checked_sub(1)
    }

    /// The value of a name.
    pub fn get(&self, id: Oid) -> Option<&T> {
        self.place(id).map(|place| &self.entries[place].1)
    }

    /// The name and value at a place.
    pub fn at(&self, place: usize) -> (Oid, &T) {
        let (id, value) = &self.entries[place];
        (*id, value)
    }

    /// Adds a name, which must not be there yet; its place.
    pub fn add(&mut self, id: Oid, value: T) -> usize {
        if self.entries.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot(id);
        self.entries.push((id, value));
        self.slots[slot] = self.entries.len() as u32;
        self.entries.len() - 1
    }

    /// Where this name is, or where it would come.
    fn slot(&self, id: Oid) -> usize {
        let mut slot = self.home(id);
        while let Some(place) = (self.slots[slot] as usize).checked_sub(1) {
            if self.entries[place].0.as_bytes() == id.as_bytes() {
                break;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        slot
    }

    fn home(&self, id: Oid) -> usize {
        let first = id.as_bytes().first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        first as usize & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        for place in 0..self.entries.len() {
            let slot = self.slot(self.entries[place].0);
            self.slots[slot] = place as u32 + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(first: u8, last: u8) -> Oid {
        let mut bytes = [0; 20];
        (bytes[0], bytes[19]) = (first, last);
        Oid::from_bytes(&bytes).unwrap()
    }

    #[test]
    fn names_that_begin_alike_are_kept_apart() {
        let mut table = OidMap::new();
        for number in 0..=255 {
            assert_eq!(table.place(id(7, number)), None);
            assert_eq!(table.add(id(7, number), number), usize::from(number));
        }
        for number in 0..=255 {
            assert_eq!(table.get(id(7, number)), Some(&number));
        }
        assert_eq!((table.len(), table.get(id(8, 0))), (256, None));
    }
}
