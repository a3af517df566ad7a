//! Reading history ahead of the thread that paints it.
//!
//! The painter reads the youngest commits first, and never waits. A helper on another thread reads
//! those that are going to be asked for soon, and leaves the very next ones alone. It is not known
//! where painting ends, so it does not go far ahead either.

use crate::commit::Header;
use crate::graph::Graph;
use crate::object::Objects;
use git2::Oid;
use portcullis_model::fact::Gap;
use std::collections::{BinaryHeap, HashMap};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many of the youngest commits the helper leaves to the painter, which would soon have to read
/// them once more.
pub const LEAVE: usize = 16;

/// So many commits the helper takes at once at most, because leaving the others alone has its
/// price.
const TAKE: usize = 8;

/// What a commit says of itself; `None` when it is not here.
type ReadHeader = Result<Option<Header>, Gap>;

/// What the painter and its helper know together.
#[derive(Default)]
struct PrefetchState {
    /// Commits that were read or are being read. What the helper read of one is here until the
    /// painter takes it.
    seen: HashMap<Oid, Option<Box<ReadHeader>>>,
    /// Parents of those, some of them already seen; the date is that of the child.
    next: BinaryHeap<(i64, Oid)>,
    is_called: bool,
}

/// The painter's end. The helper ends when it is dropped.
pub struct Prefetch {
    state: Arc<Mutex<PrefetchState>>,
    /// Wakes the helper. One call that waits is enough.
    wake: SyncSender<()>,
}

/// The helper's end.
pub struct Prefetcher {
    state: Arc<Mutex<PrefetchState>>,
    woken: Receiver<()>,
}

/// A painter's end and its helper's.
pub fn prefetch_pair() -> (Prefetch, Prefetcher) {
    let (wake, woken) = sync_channel(1);
    let state = Arc::default();
    (Prefetch { state: Arc::clone(&state), wake }, Prefetcher { state, woken })
}

fn lock_state(state: &Mutex<PrefetchState>) -> MutexGuard<'_, PrefetchState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Prefetch {
    /// From now on help is needed. These commits were read, and those, each with the date of a
    /// child, were not.
    pub fn call(&self, read: impl IntoIterator<Item = Oid>, unread: impl IntoIterator<Item = (i64, Oid)>) {
        let mut state = lock_state(&self.state);
        state.seen.extend(read.into_iter().map(|id| (id, None)));
        state.next.extend(unread);
        state.is_called = true;
        self.wake();
    }

    /// A call that waits already, or no helper: both are fine.
    fn wake(&self) {
        let _ = self.wake.try_send(());
    }

    /// What a commit says of itself, by whichever thread it was read. Each is to be asked for once.
    pub fn header_if_here(&self, objects: &Objects<'_>, id: Oid) -> ReadHeader {
        if let Some(read) = lock_state(&self.state).seen.insert(id, None).flatten() {
            return *read;
        }
        let read = objects.header_if_here(id);
        let mut state = lock_state(&self.state);
        state.expand(&read);
        if state.is_called && state.next.len() > LEAVE {
            self.wake();
        }
        read
    }

    /// How much the helper has read that was not taken.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        lock_state(&self.state).seen.values().flatten().count()
    }
}

impl Prefetcher {
    /// Reads ahead of the painter, when it calls and until it needs no more.
    pub fn run(self, objects: &Objects<'_>) {
        loop {
            let claimed = lock_state(&self.state).claim();
            if claimed.is_empty() {
                match self.woken.recv() {
                    Ok(()) => continue,
                    Err(_) => return,
                }
            }
            if self.woken.try_recv() == Err(TryRecvError::Disconnected) {
                return;
            }
            let read: Vec<_> = claimed.into_iter().map(|id| (id, objects.header_if_here(id))).collect();
            let mut state = lock_state(&self.state);
            for (id, read) in read {
                state.expand(&read);
                state.seen.insert(id, Some(Box::new(read)));
            }
        }
    }
}

impl Graph<'_, '_> {
    /// Far more is going to be read.
    pub fn call_help(&mut self) {
        let Some(prefetch) = self.prefetch.as_ref().filter(|_| !self.is_helped) else { return };
        let nodes = || (0..self.nodes.len()).map(|place| self.nodes.at(place));
        let parents = nodes().flat_map(|(_, node)| node.parents().map(|at| (node.date, self.parents[at])));
        prefetch
            .call(nodes().map(|(id, _)| id), parents.filter(|(_, parent)| self.nodes.get(*parent).is_none()));
        self.is_helped = true;
    }
}

impl PrefetchState {
    fn expand(&mut self, read: &ReadHeader) {
        let Ok(Some(header)) = read else { return };
        let fresh = header.parents.iter().filter(|parent| !self.seen.contains_key(parent));
        self.next.extend(fresh.map(|parent| (header.date, *parent)));
    }

    /// The youngest but those that are left to the painter; none before it calls.
    fn claim(&mut self) -> Vec<Oid> {
        if !self.is_called {
            return Vec::new();
        }
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
