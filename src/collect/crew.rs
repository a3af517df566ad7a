//! Threads that ask a host side by side, each with a repository and a host of its own.
//!
//! What one thread asks has nothing to do with what another asks, and the answers are put back into
//! the order of the questions: they are those of one thread.

use portcullis_forge::Forge;
use portcullis_git::Repository;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

/// As much stack as the first thread has on most systems, in bytes.
const STACK: usize = 8 * 1024 * 1024;

/// What a thread works with.
pub struct CrewMember {
    /// The repository, opened once more.
    pub repository: Repository,
    /// The host of it, asked over a lane of its own.
    pub host: Box<dyn Forge>,
}

/// Opens what a thread works with; `None` where that cannot be.
pub type OpenMember<'a> = Box<dyn Fn() -> Option<CrewMember> + Sync + 'a>;

/// Threads for questions to a host.
pub struct Crew<'a> {
    open: OpenMember<'a>,
    size: usize,
}

impl<'a> Crew<'a> {
    /// A crew of so many members at most, which are opened so.
    pub fn of(size: usize, open: OpenMember<'a>) -> Self {
        Crew { open, size }
    }

    /// Does something on a thread of its own beside the work of this one; `None` where no thread
    /// could do it.
    pub fn beside<T: Send, R>(
        &self,
        work: impl FnOnce(&CrewMember) -> T + Send,
        own: impl FnOnce() -> R,
    ) -> (Option<T>, R) {
        thread::scope(|scope| {
            let run = move || (self.open)().map(|member| work(&member));
            let started = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
            let own = own();
            let done = started.ok().and_then(|thread| match thread.join() {
                Ok(done) => done,
                Err(panic) => resume_unwind(panic),
            });
            (done, own)
        })
    }

    /// Does some work for each item, with what threads have of their own, and tells after each how
    /// many are done. The result for an item is `None` where no thread could do it.
    pub fn map<I: Sync, T: Send>(
        &self,
        items: &[I],
        work: impl Fn(&CrewMember, &I) -> T + Sync,
        done: &dyn Fn(usize),
    ) -> Vec<Option<T>> {
        let taken = AtomicUsize::new(0);
        let mut found: Vec<Option<T>> = items.iter().map(|_| None).collect();
        let (give, results) = channel();
        // One thread after the other opens its repository: they would only wait for the same disk.
        let opening = Mutex::new(());
        let run = |give: std::sync::mpsc::Sender<(usize, T)>| {
            let member = {
                let _turn = opening.lock();
                (self.open)()
            };
            let Some(member) = member else { return };
            loop {
                let place = taken.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(place) else { return };
                // Sending fails when no thread listens any more: then a thread panicked, and the
                // scope passes that on.
                drop(give.send((place, work(&member, item))));
            }
        };
        thread::scope(|scope| {
            for _ in 0..self.size.min(items.len()) {
                let (give, run) = (give.clone(), &run);
                // A thread that cannot be started leaves its part to the others.
                drop(thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || run(give)));
            }
            drop(give);
            for (count, (place, result)) in results.into_iter().enumerate() {
                if let Some(slot) = found.get_mut(place) {
                    *slot = Some(result);
                }
                done(count + 1);
            }
        });
        found
    }
}
