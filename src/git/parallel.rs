//! Threads that read one repository.
//!
//! Reading, hashing and comparing contents is most of the work, and one file or landing has nothing
//! to do with another. What [`Objects`] remembers is not to be shared between threads, so each
//! thread gets objects of its own out of a pool. All threads of this room start here:
//!
//! - [`Readers::beside`]: one task beside another;
//! - [`Readers::map`]: answers for many items, in portions of which each thread takes the next;
//! - [`Readers::pipeline`]: jobs that one thread hands out while others work on them.
//!
//! Answers are put back into the order of their questions: they are those of one thread.

use crate::Repository;
use crate::object::Objects;
use portcullis_model::fact::Gap;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// More threads than this would mostly wait for memory, of which each takes its own share.
const THREAD_LIMIT: usize = 4;

/// Fewer items than this are not worth the start of a thread.
const FEW: usize = 4;

/// How many items a thread takes at a time, at most.
const PORTION: usize = 16;

/// At least so many portions, if there are so many items, so that no thread is left with a long
/// one.
const PORTIONS: usize = 16;

/// As much stack as the first thread has on most systems, in bytes.
const STACK: usize = 8 * 1024 * 1024;

/// The answers for each portion, by its number.
pub type PortionAnswers<T> = BTreeMap<usize, Result<Vec<T>, Gap>>;

/// The jobs that wait for a worker.
pub type JobSource<'w, J> = &'w dyn Fn() -> Option<J>;

/// Where results go, each with its number, several at once: to wake the caller takes time.
pub type ResultSink<'w, R> = &'w dyn Fn(Vec<(usize, R)>);

/// How many threads are worth it for so many jobs.
pub fn threads_for(jobs: usize) -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    cores.min(THREAD_LIMIT).min(jobs).max(1)
}

/// A pool of readers of one repository. Each is lent to one thread at a time.
pub struct Readers<'r>(RefCell<Vec<Objects<'r>>>);

impl<'r> Readers<'r> {
    /// So many readers.
    ///
    /// # Errors
    /// The repository cannot be trusted, or has no objects.
    pub fn of(repository: &'r Repository, count: usize) -> Result<Self, Gap> {
        let readers = (0..count).map(|_| repository.trusted_objects());
        Ok(Readers(RefCell::new(readers.collect::<Result<_, _>>()?)))
    }

    /// Does some work, and lends a reader to a task on a second thread beside it. The task has no
    /// answer where all readers are lent already, or no thread can be started.
    pub fn beside<T, A: Send>(
        &self,
        work: impl FnOnce() -> T,
        task: impl FnOnce(&Objects<'r>) -> A + Send,
    ) -> (T, Option<A>) {
        let Some(reader) = self.0.borrow_mut().pop() else { return (work(), None) };
        thread::scope(|scope| {
            let builder = thread::Builder::new().stack_size(STACK);
            let helper = builder.spawn_scoped(scope, move || (task(&reader), reader));
            let done = work();
            let joined = helper.ok().map(|helper| helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
            let answer = joined.map(|(answer, reader)| {
                self.0.borrow_mut().push(reader);
                answer
            });
            (done, answer)
        })
    }

    /// Answers all items in their order. `work` runs on this thread with `objects`, and if there
    /// are many items on a second thread too.
    ///
    /// # Errors
    /// The first gap, in the order of the items.
    pub fn map<I: Sync, T: Send>(
        &self,
        objects: &Objects<'_>,
        items: &[I],
        work: impl Fn(&Objects<'_>, &Queue<'_, I>) -> PortionAnswers<T> + Sync,
    ) -> Result<Vec<T>, Gap> {
        let portion = (items.len() / PORTIONS).clamp(1, PORTION);
        let queue = Queue { items, portion, taken: AtomicUsize::new(0) };
        let here = || work(objects, &queue);
        let (mut answers, helped) = match items.len() < FEW {
            true => (here(), None),
            false => self.beside(here, |reader| work(reader, &queue)),
        };
        answers.extend(helped.unwrap_or_default());
        let portions: Result<Vec<Vec<T>>, Gap> = answers.into_values().collect();
        Ok(portions?.into_iter().flatten().collect())
    }

    /// One thread runs `feed` and so hands out jobs; one for each reader runs `work` and takes
    /// them. `each` gets the results in the order of their numbers, which count from zero, in the
    /// thread of the caller. Returns how many it got: fewer than there are jobs only if the result
    /// of one never came.
    pub fn pipeline<J: Send, R: Send>(
        self,
        feed: impl FnOnce(&dyn Fn(J)) + Send,
        work: impl Fn(&Objects<'_>, JobSource<'_, J>, ResultSink<'_, R>) + Sync,
        each: impl FnMut(usize, R),
    ) -> usize {
        let (hand_out, jobs) = channel();
        let (give, results) = channel();
        let jobs = Mutex::new(jobs);
        thread::scope(|scope| {
            // Sending fails when no thread listens any more: then a thread panicked, and the scope
            // passes that on.
            scope.spawn(move || feed(&|job| drop(hand_out.send(job))));
            for reader in self.0.into_inner() {
                let (give, jobs, work) = (give.clone(), &jobs, &work);
                scope.spawn(move || {
                    let next = || jobs.lock().ok()?.recv().ok();
                    work(&reader, &next, &|results| drop(give.send(results)));
                });
            }
            drop(give);
            hand_in_order(&results, each)
        })
    }
}

/// Hands on each result once all before it have come; how many those were.
fn hand_in_order<R>(results: &Receiver<Vec<(usize, R)>>, mut each: impl FnMut(usize, R)) -> usize {
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

/// Items of which each thread takes the next portion.
pub struct Queue<'i, I> {
    items: &'i [I],
    portion: usize,
    taken: AtomicUsize,
}

impl<I> Queue<'_, I> {
    /// Answers portions until there are none, or one has no answer. Those before it were taken
    /// before, so they are answered too.
    pub fn answer<T>(&self, each: impl Fn(&[I]) -> Result<Vec<T>, Gap>) -> PortionAnswers<T> {
        let mut answers = PortionAnswers::new();
        loop {
            let number = self.taken.fetch_add(1, Ordering::Relaxed);
            let Some(portion) = self.items.chunks(self.portion).nth(number) else { return answers };
            let answer = each(portion);
            if answer.is_err() {
                self.taken.store(self.items.len(), Ordering::Relaxed);
            }
            answers.insert(number, answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixture::Fixture;
    use portcullis_model::fact::GapReason;

    fn mapped(readers: &Readers<'_>, items: &[usize], bad: &[usize]) -> Result<Vec<usize>, String> {
        let fixture = Fixture::new();
        let opened = fixture.open();
        let objects = opened.trusted_objects().unwrap();
        let one = |item: &usize| match bad.contains(item) {
            true => Err(Gap::new(item.to_string(), GapReason::Malformed, "", "")),
            false => Ok(item * 2),
        };
        let each = |portion: &[usize]| portion.iter().map(one).collect();
        readers.map(&objects, items, |_, queue| queue.answer(each)).map_err(|gap| gap.what)
    }

    #[test]
    fn what_is_done_beside_is_answered_too_where_a_reader_is_left() {
        let fixture = Fixture::new();
        let (opened, blob) = (fixture.open(), fixture.blob(b"x"));
        let [one, none] = [1, 0].map(|count| Readers::of(&opened, count).unwrap());
        for _ in 0..2 {
            let inner = || one.beside(|| 1, |_| 2);
            assert_eq!(one.beside(inner, |_| 3), ((1, None), Some(3)), "the only reader was lent");
        }
        assert_eq!(none.beside(|| 1, |_| 2), (1, None));
        assert_eq!(one.beside(|| (), |reader| reader.blob_size(blob)), ((), Some(Ok(1))));
    }

    #[test]
    fn answers_keep_their_order_and_the_first_gap_is_the_answer() {
        let fixture = Fixture::new();
        let opened = fixture.open();
        for readers in [0, 1].map(|count| Readers::of(&opened, count).unwrap()) {
            for many in [0, 1, FEW - 1, FEW, PORTION * PORTIONS - 1, 3 * PORTION * PORTIONS + 1] {
                let items: Vec<usize> = (0..many).collect();
                let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
                assert_eq!(mapped(&readers, &items, &[]), Ok(doubled));
            }
            let items: Vec<usize> = (0..500).collect();
            assert_eq!(mapped(&readers, &items, &[400, 88, 38]), Err("38".into()));
        }
    }

    #[test]
    fn results_come_in_the_order_of_their_numbers() {
        let (give, results) = channel();
        for some in [vec![3], vec![0, 5], vec![4, 8], vec![2, 1]] {
            give.send(some.into_iter().map(|number| (number, number * 10)).collect()).unwrap();
        }
        drop(give);
        let mut found = Vec::new();
        let count = hand_in_order(&results, |number, result| found.push((number, result)));
        assert_eq!(found, [(0, 0), (1, 10), (2, 20), (3, 30), (4, 40), (5, 50)]);
        // The rest waits for one that never came.
        assert_eq!(count, 6);
    }
}
