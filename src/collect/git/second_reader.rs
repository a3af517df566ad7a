//! A second thread, for what a change costs beside finding its paths.
//!
//! Reading, hashing and comparing contents is most of it, and one file has nothing to do with another.
//! libgit2's handles are not to be shared, so the second thread opens one of its own. It reads the objects of the same
//! directory and checks them against their names as the first does; when it cannot be opened, the first does all. Both
//! take what comes next in small portions, and the answers are put back into their order: they are those of one thread.

use super::object::{Objects, SharedIndexes};
use super::trust::CloneKind;
use crate::model::fact::Gap;
use git2::{Repository, RepositoryOpenFlags};
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A thread is not worth its start for fewer.
const WORTH: usize = 4;

/// How many are taken at a time, at most.
const PORTION: usize = 16;

/// In no less portions, if there are so many, so that none is left with a long one.
const PORTIONS: usize = 16;

/// As much as the first thread has on most systems, in bytes.
const STACK: usize = 8 * 1024 * 1024;

/// The answers for each portion, by its number.
pub type Answers<T> = BTreeMap<usize, Result<Vec<T>, Gap>>;

/// What opens a repository once more that is open already.
pub struct SecondReader {
    directory: PathBuf,
    clone: CloneKind,
    indexes: SharedIndexes,
}

impl SecondReader {
    /// For an open repository, and what the first thread knows of the places of its objects.
    pub fn of(git: &Repository, clone: CloneKind, indexes: &SharedIndexes) -> Self {
        SecondReader { directory: git.path().to_path_buf(), clone, indexes: SharedIndexes::clone(indexes) }
    }

    /// Does some work, and something else on a second thread beside it. `None` when there is no such thread.
    pub fn beside<T, A: Send>(
        &self,
        work: impl FnOnce() -> T,
        aside: impl FnOnce(&Self) -> A + Send,
    ) -> (T, Option<A>) {
        thread::scope(|scope| {
            let builder = thread::Builder::new().stack_size(STACK);
            let helper = builder.spawn_scoped(scope, || aside(self));
            let done = work();
            (done, helper.ok().map(|helper| helper.join().unwrap_or_else(|panic| resume_unwind(panic))))
        })
    }

    /// Answers all items in their order; when they are many, `work` runs on a second thread too, with objects of its own.
    ///
    /// # Errors
    /// The first gap, in the order of the items.
    pub fn share<I: Sync, T: Send>(
        &self,
        objects: &Objects<'_>,
        items: &[I],
        work: impl Fn(&Objects<'_>, &Queue<'_, I>) -> Answers<T> + Sync,
    ) -> Result<Vec<T>, Gap> {
        let portion = (items.len() / PORTIONS).clamp(1, PORTION);
        let queue = Queue { items, portion, taken: AtomicUsize::new(0) };
        let here = || work(objects, &queue);
        let (mut answers, helped) = match items.len() < WORTH {
            true => (here(), None),
            false => self.beside(here, |second| second.with_objects(|objects| work(objects, &queue))),
        };
        answers.extend(helped.flatten().unwrap_or_default());
        let portions: Result<Vec<Vec<T>>, Gap> = answers.into_values().collect();
        Ok(portions?.into_iter().flatten().collect())
    }

    /// Lets somebody have objects of its own; `None` when the repository cannot be opened once more.
    pub fn with_objects<T>(&self, work: impl FnOnce(&Objects<'_>) -> T) -> Option<T> {
        let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT;
        let git = Repository::open_ext(&self.directory, flags, &[] as &[&Path]).ok()?;
        let objects = Objects::of(&git, self.clone).ok()?;
        Some(work(&objects.sharing(&self.indexes)))
    }
}

/// Items of which each thread takes the next portion.
pub struct Queue<'i, I> {
    items: &'i [I],
    portion: usize,
    taken: AtomicUsize,
}

impl<I> Queue<'_, I> {
    /// Answers portions until there are none, or one has no answer. Those before it were taken before, so they are answered.
    pub fn answer<T>(&self, each: impl Fn(&[I]) -> Result<Vec<T>, Gap>) -> Answers<T> {
        let mut answers = Answers::new();
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
    use super::super::tests::fixture::Fixture;
    use super::*;
    use crate::model::fact::GapReason;

    fn shared(second: &SecondReader, items: &[usize], bad: &[usize]) -> Result<Vec<usize>, String> {
        let fixture = Fixture::new();
        let objects = Objects::of(&fixture.git, CloneKind::Full).unwrap();
        let one = |item: &usize| match bad.contains(item) {
            true => Err(Gap::new(item.to_string(), GapReason::Malformed, "", "")),
            false => Ok(item * 2),
        };
        let each = |portion: &[usize]| portion.iter().map(one).collect();
        second.share(&objects, items, |_, queue| queue.answer(each)).map_err(|gap| gap.what)
    }

    /// One that opens the repository, and one that cannot.
    fn readers(fixture: &Fixture) -> [SecondReader; 2] {
        let here = || SecondReader::of(&fixture.git, CloneKind::Full, &SharedIndexes::default());
        [here(), SecondReader { directory: "nowhere".into(), ..here() }]
    }

    #[test]
    fn what_is_done_beside_is_answered_too() {
        let fixture = Fixture::new();
        let [here, nowhere] = readers(&fixture);
        assert_eq!(here.beside(|| 1, |second| second.with_objects(|_| 2)), (1, Some(Some(2))));
        assert_eq!(nowhere.beside(|| 1, |second| second.with_objects(|_| 2)), (1, Some(None)));
    }

    #[test]
    fn answers_keep_their_order_and_the_first_gap_is_the_answer() {
        let fixture = Fixture::new();
        for second in readers(&fixture) {
            for many in [0, 1, WORTH - 1, WORTH, PORTION * PORTIONS - 1, 3 * PORTION * PORTIONS + 1] {
                let items: Vec<usize> = (0..many).collect();
                let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
                assert_eq!(shared(&second, &items, &[]), Ok(doubled));
            }
            let items: Vec<usize> = (0..500).collect();
            assert_eq!(shared(&second, &items, &[400, 88, 38]), Err("38".into()));
        }
    }
}
