//! Answers of a host, kept in a folder from one run of an audit to the next, so that one that was
//! interrupted goes on where it was.
//!
//! - Only answers are kept. What they mean is judged again in each run, by the policies of that
//!   run.
//! - Only answers about what is over are kept ([`portcullis_forge::settled`]), and they are used
//!   for [`WINDOW`] after they were given: hosts let people dismiss a review or run a check again
//!   long after a landing.
//! - Each is bound to all that it depends on, in an `entry` that is authenticated with a key. The
//!   key is not in the folder, so who can write to the folder alone can make no entry that counts.
//! - An entry that is not what it should be is no entry: the host is asked.

use entry::{Bound, Entry};
use jiff::{SignedDuration, Timestamp};
use key::CacheKey;
use portcullis_forge::HostKind;
use portcullis_forge::http::lanes::AnswerKeeper;
use portcullis_forge::http::transport::{Request, Response};
use portcullis_forge::settled::{AnsweredQuestion, Settlement, Settles};
use portcullis_model::digest::Digest;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

mod entry;
mod folder;
pub mod key;

pub use folder::{CacheFault, CacheFolder};

/// So long after it was given an answer is used: as long as a run may take.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// So far a moment in an entry may be ahead of the clock.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Where an entry is, and what it has to be of.
pub struct AnswerCache {
    folder: CacheFolder,
    key: CacheKey,
    /// The program, as it says its version.
    program: String,
    host: &'static str,
    repository: String,
    settles: Settles,
    clock: fn() -> Timestamp,
    /// The requests that were seen to have landed.
    over: Mutex<BTreeSet<String>>,
    counts: Counts,
    /// Says once that nothing more can be kept.
    complain: fn(&str),
}

/// What became of entries.
#[derive(Debug, Default)]
struct Counts {
    spoiled: AtomicU64,
    is_full: AtomicBool,
}

/// Whose answers are kept, and who says so.
pub struct CacheOwner {
    /// The program, as it says its version.
    pub program: String,
    /// The kind of host.
    pub host: &'static HostKind,
    /// The repository on it.
    pub repository: String,
    /// The present.
    pub clock: fn() -> Timestamp,
    /// Says something to people, once for each kind of trouble.
    pub complain: fn(&str),
}

impl AnswerCache {
    /// The answers of a host in a folder.
    pub fn of(folder: CacheFolder, key: CacheKey, owner: CacheOwner) -> Self {
        let CacheOwner { program, host, repository, clock, complain } = owner;
        AnswerCache {
            folder,
            key,
            program,
            host: host.name,
            repository,
            settles: host.settles,
            clock,
            over: Mutex::default(),
            counts: Counts::default(),
            complain,
        }
    }

    fn bound(&self, question: &Request) -> Bound {
        Bound::of(question, &self.program, self.host, &self.repository)
    }

    fn place(&self, bound: &Bound) -> PathBuf {
        let name = Digest::of(&bound.bytes());
        self.folder.place(name.hex())
    }

    /// The entry of a question; `None` where there is none that counts.
    fn read(&self, bound: &Bound) -> Option<Response> {
        let bytes = self.folder.read(&self.place(bound))?;
        let found = Entry::read(&bytes, &self.key).filter(|entry| entry.bound == *bound);
        let Some(entry) = found else {
            self.note_spoiled();
            return None;
        };
        let now = (self.clock)();
        let is_fresh = entry.asked <= now + AHEAD && now.duration_since(entry.asked) <= WINDOW;
        is_fresh.then_some(entry.answer)
    }

    fn note_spoiled(&self) {
        if self.counts.spoiled.fetch_add(1, Ordering::Relaxed) == 0 {
            (self.complain)(
                "an entry of the cache is not one that was kept by this program for this repository; the host is asked again",
            );
        }
    }

    /// What an answer is about. A request that has landed is remembered.
    fn settlement(&self, question: &Request, answer: &Response) -> Settlement {
        let Ok(value) = serde_json::from_slice::<Value>(&answer.body) else { return Settlement::Open };
        if !is_whole(question, answer, &value) {
            return Settlement::Open;
        }
        let over = || self.over.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |number: &str| over().contains(number);
        let path = path_of(&question.url);
        let is_post = question.body.is_some();
        let settled = (self.settles)(&AnsweredQuestion { path, is_post, answer: &value, is_over: &is_over });
        if let Settlement::Request(number) = &settled {
            over().insert(number.clone());
        }
        settled
    }
}

impl AnswerKeeper for AnswerCache {
    fn find(&self, question: &Request) -> Option<Response> {
        let answer = self.read(&self.bound(question))?;
        // What would not be kept now is not used either.
        (self.settlement(question, &answer) != Settlement::Open).then_some(answer)
    }

    fn keep(&self, question: &Request, answer: &Response) {
        if self.settlement(question, answer) == Settlement::Open || tells_secret(question, answer) {
            return;
        }
        let bound = self.bound(question);
        let place = self.place(&bound);
        let entry = Entry { bound, asked: (self.clock)(), answer: answer.clone() };
        let kept = self.folder.write(&place, &entry.bytes(&self.key));
        if let Err(why) = kept
            && !self.counts.is_full.swap(true, Ordering::Relaxed)
        {
            (self.complain)(&format!("nothing more is kept in the cache: {why}"));
        }
    }
}

/// The path of an address, in its segments as they were sent.
fn path_of(url: &str) -> Vec<&str> {
    let below = url.split_once("://").map_or(url, |(_, below)| below);
    below.split(['?', '#']).next().unwrap_or_default().split('/').skip(1).collect()
}

/// Is the answer a whole list, or no list? Of a list in pages the first may be old and the second
/// new: what went from one to the other between would be in neither.
fn is_whole(question: &Request, answer: &Response, value: &Value) -> bool {
    let query = question.url.split_once('?').map_or("", |(_, query)| query);
    let pairs = || query.split('&').filter_map(|pair| pair.split_once('='));
    let size = pairs().find(|(name, _)| matches!(*name, "per_page" | "limit"));
    let size: usize = size.and_then(|(_, size)| size.parse().ok()).unwrap_or(usize::MAX);
    let is_first = pairs().all(|(name, value)| !matches!(name, "page" | "after" | "before") || value == "1");
    let names_more = answer.header("link").is_some_and(|links| links.contains("next"));
    let has_next = answer.header("x-next-page").is_some_and(|next| !next.trim().is_empty());
    let lists = value.as_array().into_iter().chain(value.as_object().into_iter().flat_map(lists_in));
    is_first && !names_more && !has_next && lists.into_iter().all(|list| list.len() < size)
}

fn lists_in(object: &serde_json::Map<String, Value>) -> impl Iterator<Item = &Vec<Value>> {
    object.values().filter_map(Value::as_array)
}

/// Does the answer repeat the token that it was asked with?
fn tells_secret(question: &Request, answer: &Response) -> bool {
    let secrets = question.headers.iter().filter(|(name, _)| !entry::is_public(name));
    let mut words = secrets.flat_map(|(_, value)| value.split(' ')).filter(|word| word.len() >= 8);
    let holds = |text: &[u8], word: &str| text.windows(word.len()).any(|part| part == word.as_bytes());
    words.any(|word| holds(&answer.body, word) || holds(question.url.as_bytes(), word))
}

/// Opens the folder of a cache and reads its key, where that can be.
///
/// # Errors
/// The folder is another's, or neither it nor the key can be written.
pub fn open_cache(
    folder: &Path,
    git_directory: &Path,
    named: Option<String>,
) -> Result<(CacheFolder, CacheKey), CacheFault> {
    let key = match named {
        Some(text) => CacheKey::named(&text)?,
        None => CacheKey::of_clone(git_directory)?,
    };
    Ok((CacheFolder::open(folder)?, key))
}

#[cfg(test)]
mod tests;
