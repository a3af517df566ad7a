//! One way to a host for several clients at once: so many requests in flight and no more, one pause
//! for all of them when the host limits its rate, and one answer for a question that several put.
//!
//! Answers do not depend on the order in which they come in: each client gets the answer to its own
//! question, and what was answered once in a run is answered the same again.

use super::transport::{Live, Request, Response, Transport, TransportError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many requests are in flight at most. GitHub allows a hundred, and asks for few.
pub const LANES: usize = 8;

/// Answers up to this size are remembered for the rest of the run, in bytes.
const LARGEST: usize = 1 << 20;

/// How much of them is remembered, in bytes, and as much again of what came before.
const REMEMBERED: usize = 32 << 20;

/// Keeps answers from one run to the next.
pub trait AnswerKeeper: Send + Sync {
    /// The answer to this question, where one is kept that may still be used.
    fn find(&self, question: &Request) -> Option<Response>;

    /// Keeps an answer, if it may be kept.
    fn keep(&self, question: &Request, answer: &Response);
}

/// The shared way to a host.
pub struct Lanes(Arc<Shared>);

struct Shared {
    live: Live,
    keeper: Option<Box<dyn AnswerKeeper>>,
    traffic: Mutex<Traffic>,
    changed: Condvar,
}

/// What all lanes know.
struct Traffic {
    /// How many requests may be in flight.
    open: usize,
    in_flight: usize,
    /// Questions that a lane is about to have answered.
    asked: BTreeSet<Vec<u8>>,
    young: BTreeMap<Vec<u8>, Response>,
    old: BTreeMap<Vec<u8>, Response>,
    bytes: usize,
    /// No request goes out before this.
    paused_until: Option<Instant>,
    /// How many requests may still go out; `None`: as many as there are questions.
    left: Option<u64>,
    /// How many were allowed at first.
    allowed: u64,
}

impl Lanes {
    /// A way over the network, with what was kept of earlier runs.
    pub fn new(live: Live, keeper: Option<Box<dyn AnswerKeeper>>) -> Self {
        let traffic = Traffic {
            open: LANES,
            in_flight: 0,
            asked: BTreeSet::new(),
            young: BTreeMap::new(),
            old: BTreeMap::new(),
            bytes: 0,
            paused_until: None,
            left: None,
            allowed: 0,
        };
        Lanes(Arc::new(Shared { live, keeper, traffic: Mutex::new(traffic), changed: Condvar::new() }))
    }

    /// No more than so many requests go out: what would take another one is not seen. Answers that
    /// were kept are none.
    #[must_use]
    pub fn at_most(self, requests: u64) -> Self {
        {
            let mut traffic = self.0.lock();
            (traffic.left, traffic.allowed) = (Some(requests), requests);
        }
        self
    }

    /// One lane of it, for one client.
    pub fn lane(&self) -> Box<dyn Transport> {
        Box::new(Lane(Arc::clone(&self.0)))
    }
}

struct Lane(Arc<Shared>);

impl Transport for Lane {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let key = key_of(request);
        if let Some(known) = self.0.claim(&key) {
            return Ok(known);
        }
        let claim = Claim { shared: &self.0, key };
        if let Some(kept) = self.0.keeper.as_ref().and_then(|keeper| keeper.find(request)) {
            claim.remember(&kept);
            return Ok(kept);
        }
        let answer = self.0.exchange(request)?;
        if answer.status == 200 {
            if let Some(keeper) = &self.0.keeper {
                keeper.keep(request, &answer);
            }
            claim.remember(&answer);
        }
        Ok(answer)
    }

    fn elapsed(&self) -> Duration {
        self.0.live.elapsed()
    }

    fn refusal(&self) -> Option<String> {
        let traffic = self.0.lock();
        let is_spent = traffic.left == Some(0);
        is_spent.then(|| format!("the {} requests of this run are spent", traffic.allowed))
    }

    /// The host asked for a pause: every lane keeps it, and fewer requests are in flight after it.
    fn hold(&self, time: Duration) {
        let until = Instant::now() + time;
        {
            let mut traffic = self.0.lock();
            if traffic.paused_until.is_none_or(|known| known < Instant::now()) {
                traffic.open = (traffic.open / 2).max(1);
            }
            traffic.paused_until = traffic.paused_until.max(Some(until));
        }
        self.wait(time);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Traffic> {
        // A thread that panicked leaves counts that are whole: each is changed in one step.
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'t>(&self, traffic: MutexGuard<'t, Traffic>) -> MutexGuard<'t, Traffic> {
        self.changed.wait(traffic).unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known already, also when another lane is just asking; `None`: this lane asks.
    fn claim(&self, key: &[u8]) -> Option<Response> {
        let mut traffic = self.lock();
        loop {
            if let Some(known) = traffic.remembered(key) {
                return Some(known);
            }
            if traffic.asked.insert(key.to_vec()) {
                return None;
            }
            traffic = self.wait(traffic);
        }
    }

    /// Sends the request as soon as there is a place for it.
    fn exchange(&self, request: &Request) -> Result<Response, TransportError> {
        loop {
            let mut traffic = self.lock();
            while traffic.in_flight >= traffic.open {
                traffic = self.wait(traffic);
            }
            let now = Instant::now();
            match traffic.paused_until.filter(|until| *until > now) {
                Some(until) => {
                    drop(traffic);
                    std::thread::sleep(until - now);
                }
                None if traffic.left == Some(0) => {
                    return Err(TransportError("the requests of this run are spent".to_string()));
                }
                None => {
                    traffic.in_flight += 1;
                    traffic.left = traffic.left.map(|left| left.saturating_sub(1));
                    break;
                }
            }
        }
        let answer = self.live.send(request);
        self.lock().in_flight -= 1;
        self.changed.notify_all();
        answer
    }
}

impl Traffic {
    fn remembered(&mut self, key: &[u8]) -> Option<Response> {
        if let Some(known) = self.young.get(key) {
            return Some(known.clone());
        }
        let known = self.old.remove(key)?;
        self.remember(key, &known);
        Some(known)
    }

    fn remember(&mut self, key: &[u8], answer: &Response) {
        if answer.body.len() > LARGEST {
            return;
        }
        if self.bytes > REMEMBERED {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += answer.body.len();
        self.young.insert(key.to_vec(), answer.clone());
    }
}

/// A question that this lane is asking; dropped when it is answered, or not.
struct Claim<'s> {
    shared: &'s Shared,
    key: Vec<u8>,
}

impl Claim<'_> {
    fn remember(&self, answer: &Response) {
        self.shared.lock().remember(&self.key, answer);
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.shared.lock().asked.remove(&self.key);
        self.shared.changed.notify_all();
    }
}

/// What tells a question from every other: the address, the headers, and the body.
fn key_of(request: &Request) -> Vec<u8> {
    let mut key = request.url.clone().into_bytes();
    for (name, value) in &request.headers {
        key.extend([0]);
        key.extend(name.bytes().chain([b':']).chain(value.bytes()));
    }
    key.extend([0, u8::from(request.body.is_some())]);
    key.extend(request.body.iter().flatten());
    key
}

#[cfg(test)]
mod tests;
