//! A history that two threads read.
//!
//! The one that paints reads the youngest commits first, and nothing else; it never waits. Another one may help: it begins with
//! the oldest that are known of and works from there. Where they meet, the rest has been read.

use super::super::commit::Header;
use super::super::object::Objects;
use crate::model::fact::Gap;
use git2::Oid;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::hash_map::{Entry, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The helper reads so many at once.
const PORTION: usize = 32;

/// What a commit says of itself; `None` when it is not here.
type Read = Result<Option<Header>, Gap>;

/// What the two know.
#[derive(Default)]
pub struct Ahead {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Commits that somebody reads or has read. What the helper read of one is here until it is taken.
    seen: HashMap<Oid, Option<Box<Read>>>,
    /// Parents of those, some of them already seen; the date is that of the child.
    next: BinaryHeap<Reverse<(i64, Oid)>>,
    is_called: bool,
    is_over: bool,
}

/// Sends the helper home when it is dropped.
pub struct Closing<'a>(&'a Ahead);

impl Ahead {
    /// From now on help is needed.
    pub fn call(&self) {
        self.state().is_called = true;
        self.changed.notify_one();
    }

    /// Nobody needs help any more when this is dropped.
    pub fn closing(&self) -> Closing<'_> {
        Closing(self)
    }

    /// What a commit says of itself, by whomever it was read. Each is asked for once.
    pub fn header_if_here(&self, objects: &Objects<'_>, id: Oid) -> Read {
        if let Some(read) = self.state().seen.insert(id, None).flatten() {
            return *read;
        }
        let read = objects.header_if_here(id);
        let mut state = self.state();
        state.expand(&read);
        if state.is_called {
            self.changed.notify_one();
        }
        read
    }

    /// Reads ahead of the other thread, when it calls and until it needs no more.
    pub fn help(&self, objects: &Objects<'_>) {
        while let Some(portion) = self.portion() {
            let read: Vec<(Oid, Read)> =
                portion.into_iter().map(|id| (id, objects.header_if_here(id))).collect();
            let mut state = self.state();
            for (id, read) in read {
                state.expand(&read);
                state.seen.insert(id, Some(Box::new(read)));
            }
        }
    }

    /// The next commits that nobody has seen; `None` when there will be none.
    fn portion(&self) -> Option<Vec<Oid>> {
        let mut state = self.state();
        loop {
            if state.is_over {
                return None;
            }
            let portion = if state.is_called { state.portion() } else { Vec::new() };
            if !portion.is_empty() {
                return Some(portion);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// How much the helper has read that was not taken.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.state().seen.values().flatten().count()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn expand(&mut self, read: &Read) {
        let Ok(Some(header)) = read else { return };
        let fresh = header.parents.iter().filter(|parent| !self.seen.contains_key(parent));
        self.next.extend(fresh.map(|parent| Reverse((header.date, *parent))));
    }

    fn portion(&mut self) -> Vec<Oid> {
        let mut portion = Vec::new();
        while portion.len() < PORTION {
            let Some(Reverse((_, id))) = self.next.pop() else { break };
            if let Entry::Vacant(entry) = self.seen.entry(id) {
                entry.insert(None);
                portion.push(id);
            }
        }
        portion
    }
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.state().is_over = true;
        self.0.changed.notify_all();
    }
}
