//! Looking at many landings side by side: what is found of one does not hang on the others.

use super::super::Repository;
use super::super::object::Objects;
use crate::model::fact::Gap;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// More threads than this would mostly wait for memory, of which each takes its own share.
const THREAD_LIMIT: usize = 4;

/// How many threads are worth it for so many jobs.
pub fn threads_for(jobs: usize) -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    cores.min(THREAD_LIMIT).min(jobs).max(1)
}

/// The objects of a repository once for each of so many threads.
pub fn for_threads(repository: &Repository, count: usize) -> Result<Vec<Objects<'_>>, Gap> {
    (0..count).map(|_| repository.trusted_objects()).collect()
}

/// The jobs that wait for a worker.
pub type Jobs<'w, J> = &'w dyn Fn() -> Option<J>;

/// Where a result goes, with its number.
pub type Results<'w, R> = &'w dyn Fn(usize, R);

/// One thread runs `feed` and so hands out jobs; one for each of `objects` runs `work` and takes them. `each` gets the
/// results in the order of their numbers, which count from zero, in the thread of the caller.
pub fn side_by_side<J: Send, R: Send>(
    objects: Vec<Objects<'_>>,
    feed: impl FnOnce(&dyn Fn(J)) + Send,
    work: impl Fn(&Objects<'_>, Jobs<'_, J>, Results<'_, R>) + Sync,
    each: impl FnMut(usize, R),
) {
    let (hand_out, jobs) = channel();
    let (give, results) = channel();
    let jobs = Mutex::new(jobs);
    thread::scope(|scope| {
        // A send fails when nobody listens any more: then a thread panicked, and the scope passes that on.
        scope.spawn(move || feed(&|job| drop(hand_out.send(job))));
        for objects in objects {
            let (give, jobs, work) = (give.clone(), &jobs, &work);
            scope.spawn(move || {
                let next = || jobs.lock().ok()?.recv().ok();
                work(&objects, &next, &|number, result| drop(give.send((number, result))));
            });
        }
        drop(give);
        in_order(&results, each);
    });
}

fn in_order<R>(results: &Receiver<(usize, R)>, mut each: impl FnMut(usize, R)) {
    let (mut waiting, mut next) = (BTreeMap::new(), 0);
    for (number, result) in results {
        waiting.insert(number, result);
        while let Some(result) = waiting.remove(&next) {
            each(next, result);
            next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_their_numbers() {
        let (give, results) = channel();
        for number in [2, 0, 3, 1] {
            give.send((number, number * 10)).unwrap();
        }
        drop(give);
        let mut found = Vec::new();
        in_order(&results, |number, result| found.push((number, result)));
        assert_eq!(found, [(0, 0), (1, 10), (2, 20), (3, 30)]);
    }
}
