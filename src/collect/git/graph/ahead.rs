//! A history that two threads read.
//!
//! The one that paints reads the youngest commits first, and never waits. A helper reads those that are going to be asked
//! for soon, and leaves the very next ones alone. Nobody knows where painting ends, so it does not go far ahead either.

use super::super::commit::Header;
use super::super::object::Objects;
use super::Graph;
use crate::model::fact::Gap;
use git2::Oid;
use std::collections::{BinaryHeap, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// So many of the youngest the helper leaves to the other thread, which would soon have to read them once more.
pub const LEAVE: usize = 16;

/// So many the helper takes at once at most, because leaving the others alone has its price.
const TAKE: usize = 8;

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
    next: BinaryHeap<(i64, Oid)>,
    is_called: bool,
    is_over: bool,
}

/// Sends the helper home when it is dropped.
pub struct Closing<'a>(&'a Ahead);

impl Ahead {
    /// From now on help is needed. These commits were read, and those, each with the date of a child, were not.
    pub fn call(&self, read: impl IntoIterator<Item = Oid>, unread: impl IntoIterator<Item = (i64, Oid)>) {
        let mut state = self.state();
        state.seen.extend(read.into_iter().map(|id| (id, None)));
        state.next.extend(unread);
        state.is_called = true;
        self.changed.notify_one();
    }

    /// Nobody needs help any more when this is dropped.
    pub fn closing(&self) -> Closing<'_> {
        Closing(self)
    }

    /// What a commit says of itself, by whomever it was read. Each is to be asked for once.
    pub fn header_if_here(&self, objects: &Objects<'_>, id: Oid) -> Read {
        if let Some(read) = self.state().seen.insert(id, None).flatten() {
            return *read;
        }
        let read = objects.header_if_here(id);
        let mut state = self.state();
        state.expand(&read);
        if state.is_called && state.next.len() > LEAVE {
            self.changed.notify_one();
        }
        read
    }

    /// Reads ahead of the other thread, when it calls and until it needs no more.
    pub fn help(&self, objects: &Objects<'_>) {
        while let Some(claimed) = self.claim() {
            let read: Vec<_> = claimed.into_iter().map(|id| (id, objects.header_if_here(id))).collect();
            let mut state = self.state();
            for (id, read) in read {
                state.expand(&read);
                state.seen.insert(id, Some(Box::new(read)));
            }
        }
    }

    /// The next commits for the helper; `None` when there will be none.
    fn claim(&self) -> Option<Vec<Oid>> {
        let mut state = self.state();
        loop {
            if state.is_over {
                return None;
            }
            let claimed = if state.is_called { state.claim() } else { Vec::new() };
            if !claimed.is_empty() {
                return Some(claimed);
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

impl Graph<'_, '_> {
    /// Far more is going to be read.
    pub fn call_help(&mut self) {
        let Some(ahead) = self.ahead.filter(|_| !self.is_helped) else { return };
        let nodes = || (0..self.nodes.len()).map(|place| self.nodes.at(place));
        let parents = nodes().flat_map(|(_, node)| node.parents().map(|at| (node.date, self.parents[at])));
        ahead
            .call(nodes().map(|(id, _)| id), parents.filter(|(_, parent)| self.nodes.get(*parent).is_none()));
        self.is_helped = true;
    }
}

impl State {
    fn expand(&mut self, read: &Read) {
        let Ok(Some(header)) = read else { return };
        let fresh = header.parents.iter().filter(|parent| !self.seen.contains_key(parent));
        self.next.extend(fresh.map(|parent| (header.date, *parent)));
    }

    /// The youngest but those that are left.
    fn claim(&mut self) -> Vec<Oid> {
        let mut left: Vec<(i64, Oid)> = std::iter::from_fn(|| self.unseen()).take(LEAVE + TAKE).collect();
        let claimed: Vec<Oid> = left.drain(LEAVE.min(left.len())..).map(|(_, id)| id).collect();
        self.next.extend(left);
        self.seen.extend(claimed.iter().map(|id| (*id, None)));
        claimed
    }

    fn unseen(&mut self) -> Option<(i64, Oid)> {
        std::iter::from_fn(|| self.next.pop()).find(|(_, id)| !self.seen.contains_key(id))
    }
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.state().is_over = true;
        self.0.changed.notify_all();
    }
}
