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

/// Where results go, each with its number, several at once: to wake the caller takes time.
pub type Results<'w, R> = &'w dyn Fn(Vec<(usize, R)>);

/// One thread runs `feed` and so hands out jobs; one for each of `objects` runs `work` and takes them. `each` gets the
/// results in the order of their numbers, which count from zero, in the thread of the caller. How many it got: less than
/// there are jobs only if the result of one never came.
pub fn side_by_side<J: Send, R: Send>(
    objects: Vec<Objects<'_>>,
    feed: impl FnOnce(&dyn Fn(J)) + Send,
    work: impl Fn(&Objects<'_>, Jobs<'_, J>, Results<'_, R>) + Sync,
    each: impl FnMut(usize, R),
) -> usize {
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
                work(&objects, &next, &|results| drop(give.send(results)));
            });
        }
        drop(give);
        in_order(&results, each)
    })
}

fn in_order<R>(results: &Receiver<Vec<(usize, R)>>, mut each: impl FnMut(usize, R)) -> usize {
    let (mut waiting, mut next) = (BTreeMap::new(), 0);
    for some in results {
        waiting.extend(some);
        while let Some(result) = waiting.remove(&next) {
            each(next, result);
            next += 1;
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_their_numbers() {
        let (give, results) = channel();
        for some in [vec![3], vec![0, 5], vec![4, 8], vec![2, 1]] {
            give.send(some.into_iter().map(|number| (number, number * 10)).collect()).unwrap();
        }
        drop(give);
        let mut found = Vec::new();
        let count = in_order(&results, |number, result| found.push((number, result)));
        assert_eq!(found, [(0, 0), (1, 10), (2, 20), (3, 30), (4, 40), (5, 50)]);
        // The rest waits for one that never came.
        assert_eq!(count, 6);
    }
}
