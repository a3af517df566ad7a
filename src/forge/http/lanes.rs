//! One way to a host for several clients at once: so many requests in flight and no more, one pause
//! for all of them when the host limits its rate, and one answer for a question that several put.
//!
//! Answers do not depend on the order in which they come in: each client gets the answer to its own
//! question, and what was answered once in a run is answered the same again.
//!
//! A client says which questions it is about to put ([`Transport::foresee`]). They go out at once,
//! as far as there are places, and each of their answers, a refusal too, waits for the client.

use super::transport::{Live, Request, Response, Transport, TransportError};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many requests are in flight at most. GitHub allows a hundred, and asks for few.
pub const LANES: usize = 8;

/// How many of a gate, which asks for seconds and not for hours: GitHub's hundred are for all that
/// use the token.
pub const GATE_LANES: usize = 60;

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
    /// Questions that were foreseen and have not gone out.
    foreseen: VecDeque<(Vec<u8>, Request)>,
    /// How many threads send them.
    helpers: usize,
    /// Did the host fail, or limit its rate? Then nothing more is asked before its turn.
    is_troubled: bool,
    /// What came of those that went out, where it is not remembered; each is taken once.
    handed: BTreeMap<Vec<u8>, Outcome>,
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
            foreseen: VecDeque::new(),
            helpers: 0,
            is_troubled: false,
            handed: BTreeMap::new(),
            young: BTreeMap::new(),
            old: BTreeMap::new(),
            bytes: 0,
            paused_until: None,
            left: None,
            allowed: 0,
        };
        Lanes(Arc::new(Shared { live, keeper, traffic: Mutex::new(traffic), changed: Condvar::new() }))
    }

    /// So many requests are in flight at most, instead of [`LANES`].
    #[must_use]
    pub fn in_flight(self, most: usize) -> Self {
        self.0.lock().open = most.max(1);
        self
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
        Box::new(Lane { shared: Arc::clone(&self.0), idle: Cell::default() })
    }
}

/// What came of a question, and for how long the host was waited for.
type Outcome = (Result<Response, TransportError>, Duration);

/// What is to be done about a question.
enum Turn {
    /// It is answered.
    Answered(Outcome),
    /// This lane asks.
    Ask,
}

struct Lane {
    shared: Arc<Shared>,
    /// For how long this lane waited for others, and not for the host.
    idle: Cell<Duration>,
}

impl Transport for Lane {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let began = Instant::now();
        let key = key_of(request);
        let (answer, took) = match self.shared.claim(&key) {
            Turn::Answered(outcome) => outcome,
            Turn::Ask => self.shared.ask(&Claim { shared: &self.shared, key }, request),
        };
        self.idle.set(self.idle.get() + began.elapsed().saturating_sub(took));
        answer
    }

    fn foresee(&self, questions: Vec<Request>) {
        for _ in 0..self.shared.line_up(questions) {
            let shared = Arc::clone(&self.shared);
            // A thread that cannot be started leaves its part to the lanes.
            if std::thread::Builder::new().spawn(move || shared.help()).is_err() {
                self.shared.lock().helpers -= 1;
            }
        }
    }

    fn elapsed(&self) -> Duration {
        self.shared.live.elapsed().saturating_sub(self.idle.get())
    }

    fn refusal(&self) -> Option<String> {
        let traffic = self.shared.lock();
        let is_spent = traffic.left == Some(0);
        is_spent.then(|| format!("the {} requests of this run are spent", traffic.allowed))
    }

    /// The host asked for a pause: every lane keeps it, and fewer requests are in flight after it.
    fn hold(&self, time: Duration) {
        let until = Instant::now() + time;
        {
            let mut traffic = self.shared.lock();
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

    /// What is known already, also when another lane is just asking; else this lane asks.
    fn claim(&self, key: &[u8]) -> Turn {
        let mut traffic = self.lock();
        loop {
            if let Some(outcome) = traffic.take(key) {
                return Turn::Answered(outcome);
            }
            if traffic.asked.insert(key.to_vec()) {
                traffic.foreseen.retain(|(other, _)| other != key);
                return Turn::Ask;
            }
            traffic = self.wait(traffic);
        }
    }

    /// Asks what this lane claimed: what was kept, and else the host.
    fn ask(&self, claim: &Claim<'_>, request: &Request) -> Outcome {
        if let Some(kept) = self.keeper.as_ref().and_then(|keeper| keeper.find(request)) {
            claim.remember(&kept);
            return (Ok(kept), Duration::ZERO);
        }
        let outcome = self.exchange(request);
        if let Ok(answer) = &outcome.0 {
            if let Some(keeper) = self.keeper.as_ref().filter(|_| answer.status == 200) {
                keeper.keep(request, answer);
            }
            if is_final(answer) {
                claim.remember(answer);
            }
        }
        outcome
    }

    /// Sends the request as soon as there is a place for it.
    fn exchange(&self, request: &Request) -> Outcome {
        let mut paused = Duration::ZERO;
        loop {
            let mut traffic = self.lock();
            while traffic.in_flight >= traffic.open {
                traffic = self.wait(traffic);
            }
            let now = Instant::now();
            match traffic.paused_until.filter(|until| *until > now) {
                Some(until) => {
                    drop(traffic);
                    paused += until - now;
                    std::thread::sleep(until - now);
                }
                None if traffic.left == Some(0) => {
                    let spent = TransportError("the requests of this run are spent".to_string());
                    return (Err(spent), paused);
                }
                None => {
                    traffic.in_flight += 1;
                    traffic.left = traffic.left.map(|left| left.saturating_sub(1));
                    break;
                }
            }
        }
        let began = Instant::now();
        let answer = self.live.send(request);
        self.lock().in_flight -= 1;
        self.changed.notify_all();
        (answer, paused + began.elapsed())
    }

    /// Takes in questions that are foreseen; says how many more threads are to send them.
    fn line_up(&self, questions: Vec<Request>) -> usize {
        let mut traffic = self.lock();
        // What may be kept of an answer depends on those before it: they come in order then.
        if traffic.is_troubled || self.keeper.is_some() {
            return 0;
        }
        for question in questions {
            let key = key_of(&question);
            if !traffic.is_known(&key) {
                traffic.foreseen.push_back((key, question));
            }
        }
        let more = traffic.foreseen.len().min(traffic.open.saturating_sub(traffic.helpers));
        traffic.helpers += more;
        more
    }

    /// Sends what is foreseen until there is no more of it.
    fn help(&self) {
        while let Some((key, request)) = self.next_foreseen() {
            let claim = Claim { shared: self, key };
            let outcome = self.ask(&claim, &request);
            self.lock().hand_over(&claim.key, outcome);
        }
    }

    fn next_foreseen(&self) -> Option<(Vec<u8>, Request)> {
        let mut traffic = self.lock();
        let next = traffic.foreseen.pop_front();
        match &next {
            Some((key, _)) => drop(traffic.asked.insert(key.clone())),
            None => traffic.helpers -= 1,
        }
        next
    }
}

/// Is this an answer that another question of the run would not change? A refusal may be one for a
/// moment.
fn is_final(answer: &Response) -> bool {
    matches!(answer.status, 200 | 404)
}

/// May this be a limit of the host, or its failure? A plain refusal is neither.
fn is_trouble(answer: &Result<Response, TransportError>) -> bool {
    let Ok(answer) = answer else { return true };
    match answer.status {
        403 => {
            let names_limit = || String::from_utf8_lossy(&answer.body).to_ascii_lowercase().contains("limit");
            answer.header("retry-after").is_some() || names_limit()
        }
        status => status == 429 || status >= 500,
    }
}

impl Traffic {
    /// What is remembered of a question, or waits for the one who foresaw it.
    fn take(&mut self, key: &[u8]) -> Option<Outcome> {
        let known = self.remembered(key).map(|known| (Ok(known), Duration::ZERO));
        known.or_else(|| self.handed.remove(key))
    }

    fn is_known(&self, key: &[u8]) -> bool {
        let is_answered =
            self.young.contains_key(key) || self.old.contains_key(key) || self.handed.contains_key(key);
        is_answered || self.asked.contains(key) || self.foreseen.iter().any(|(other, _)| other == key)
    }

    fn hand_over(&mut self, key: &[u8], outcome: Outcome) {
        if is_trouble(&outcome.0) {
            self.is_troubled = true;
            self.foreseen.clear();
        }
        if !self.young.contains_key(key) {
            self.handed.insert(key.to_vec(), outcome);
        }
    }

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

/// A question that is being asked; dropped when it is answered, or not.
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
