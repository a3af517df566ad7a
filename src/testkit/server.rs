//! A host on this machine: serves a [`World`] or a [`Forge`] over HTTP/1.1, counts what it is
//! asked, and misbehaves when told to.

use crate::world::World;
use crate::world::forge::Forge;
use portcullis_forge::http::transport::Response;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A host that can be served.
pub trait Site: Send + 'static {
    /// Says under which address it is reached.
    fn move_to(&mut self, address: &str);
    /// Answers a request for a path from the root.
    fn answer(&self, method: &str, path: &str, authorization: Option<&str>) -> Response;
    /// Answers a request that may have a body.
    fn answer_to(&self, seen: &Seen) -> Response {
        self.answer(&seen.method, &seen.path, seen.credentials().as_deref())
    }
}

impl Site for World {
    fn move_to(&mut self, address: &str) {
        self.address = address.to_string();
    }

    fn answer(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        World::answer(self, method, path, authorization)
    }
}

impl Site for Forge {
    fn move_to(&mut self, address: &str) {
        self.worlds.iter_mut().for_each(|world| world.move_to(address));
    }

    fn answer(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        Forge::answer(self, method, path, authorization)
    }
}

impl Site for Box<dyn Site> {
    fn move_to(&mut self, address: &str) {
        (**self).move_to(address);
    }

    fn answer(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        (**self).answer(method, path, authorization)
    }

    fn answer_to(&self, seen: &Seen) -> Response {
        (**self).answer_to(seen)
    }
}

/// What came in.
#[derive(Clone, Debug)]
pub struct Seen {
    /// GET or POST.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// What came after them.
    pub body: Vec<u8>,
}

impl Seen {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// What shows who asks: the `authorization`, or a token in a header of GitLab's, with the name
    /// of the header before it.
    pub fn credentials(&self) -> Option<String> {
        let own = ["private-token", "job-token"].into_iter();
        let token = own.filter_map(|name| Some(format!("{name} {}", self.header(name)?))).next();
        self.header("authorization").map(str::to_string).or(token)
    }
}

/// What to do instead of answering.
#[derive(Clone, Debug)]
pub enum Act {
    /// Wait, then answer.
    Delay(Duration),
    /// Answer this.
    Answer {
        /// The status code.
        status: u16,
        /// Names and values.
        headers: Vec<(String, String)>,
        /// The text of the answer.
        body: String,
    },
    /// Send the path on to another origin, `http://host:port`.
    Redirect {
        /// The status code, 301 to 308.
        status: u16,
        /// The origin: scheme, host and port.
        to: String,
    },
    /// Promise the whole body and send half of it.
    CutBody,
    /// Send a byte at a time, and wait before each.
    Drip {
        /// The wait before each byte.
        every: Duration,
    },
    /// Close the connection without a word.
    Close,
}

impl Act {
    /// An answer with GitHub's `message` and headers.
    pub fn message(status: u16, text: &str, headers: &[(&str, &str)]) -> Act {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Act::Answer { status, headers, body: format!("{{\"message\":\"{text}\"}}") }
    }
}

/// A misbehaviour: what to do at paths that contain a text, and how often before behaving again.
#[derive(Clone, Debug)]
pub struct Trick {
    at: String,
    times: usize,
    act: Act,
}

/// A running host; it stops when dropped.
pub struct Server<S: Site = World> {
    state: Arc<State<S>>,
    address: String,
    port: u16,
    thread: Option<JoinHandle<()>>,
}

struct State<S> {
    world: Mutex<S>,
    tricks: Mutex<Vec<Trick>>,
    seen: Mutex<Vec<Seen>>,
    /// How many are being answered now, and how many were at once at most.
    busy: AtomicUsize,
    busiest: AtomicUsize,
    stop: AtomicBool,
}

impl<S: Site> Server<S> {
    /// Serves a world at the root.
    pub fn start(world: S) -> Server<S> {
        Server::start_below("", world)
    }

    /// Serves a world below a path, `/api/v3` for an Enterprise Server.
    pub fn start_below(path: &str, mut world: S) -> Server<S> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = format!("http://127.0.0.1:{port}{path}");
        world.move_to(&address);
        let state = Arc::new(State {
            world: Mutex::new(world),
            tricks: Mutex::default(),
            seen: Mutex::default(),
            busy: AtomicUsize::new(0),
            busiest: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || serve(&listener, &shared));
        Server { state, address, port, thread: Some(thread) }
    }

    /// The address of the API.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Misbehaves so many times at paths that contain a text.
    #[must_use]
    pub fn trick(self, at: &str, times: usize, act: Act) -> Server<S> {
        self.state.tricks.lock().unwrap().push(Trick { at: at.to_string(), times, act });
        self
    }

    /// Changes the world while it is served.
    pub fn change(&self, change: impl FnOnce(&mut S)) {
        change(&mut self.state.world.lock().unwrap());
    }

    /// Everything that was asked so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// How many requests were being answered at once at most.
    pub fn most_at_once(&self) -> usize {
        self.state.busiest.load(Ordering::SeqCst)
    }

    /// How many requests had this text in their path.
    pub fn count(&self, part: &str) -> usize {
        self.seen().iter().filter(|seen| seen.path.contains(part)).count()
    }
}

impl<S: Site> Drop for Server<S> {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::SeqCst);
        // Wakes the listener.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Each connection has a thread of its own: a client may ask for several things at once.
fn serve<S: Site>(listener: &TcpListener, state: &Arc<State<S>>) {
    for stream in listener.incoming() {
        if state.stop.load(Ordering::SeqCst) {
            return;
        }
        // A client that goes away is its own business.
        if let Ok(stream) = stream {
            let state = Arc::clone(state);
            std::thread::spawn(move || {
                drop(converse(stream, &state));
            });
        }
    }
}

fn converse<S: Site>(mut stream: TcpStream, state: &State<S>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let Some(seen) = read_request(&stream)? else { return Ok(()) };
    state.seen.lock().unwrap().push(seen.clone());
    let act = next_act(&mut state.tricks.lock().unwrap(), &seen.path);
    // Before the answer goes out: with its last byte the client may ask the next.
    state.busiest.fetch_max(state.busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    if let Some(Act::Delay(time)) = &act {
        std::thread::sleep(*time);
    }
    state.busy.fetch_sub(1, Ordering::SeqCst);
    let answer_of = || {
        let world = state.world.lock().unwrap();
        world.answer_to(&seen)
    };
    match act {
        None | Some(Act::Delay(_)) => write_response(&mut stream, &answer_of(), false),
        Some(Act::Answer { status, headers, body }) => {
            write_response(&mut stream, &Response { status, headers, body: body.into_bytes() }, false)
        }
        Some(Act::Redirect { status, to }) => {
            let headers = vec![("location".to_string(), format!("{to}{}", seen.path))];
            write_response(&mut stream, &Response { status, headers, body: Vec::new() }, false)
        }
        Some(Act::CutBody) => write_response(&mut stream, &answer_of(), true),
        Some(Act::Drip { every }) => {
            let mut answer = Vec::new();
            write_response(&mut answer, &answer_of(), false)?;
            drip(&mut stream, &answer, every, &state.stop)
        }
        Some(Act::Close) => Ok(()),
    }
}

fn next_act(tricks: &mut [Trick], path: &str) -> Option<Act> {
    let trick = tricks.iter_mut().find(|trick| trick.times > 0 && path.contains(&trick.at))?;
    trick.times -= 1;
    Some(trick.act.clone())
}

/// Reads a request to the end of its body; `None` when the other side said nothing.
fn read_request(stream: &TcpStream) -> std::io::Result<Option<Seen>> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_string()));
    }
    let mut seen = Seen { method: method.to_string(), path: path.to_string(), headers, body: Vec::new() };
    let length = seen.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_end(&mut seen.body)?;
    Ok(Some(seen))
}

fn drip(stream: &mut TcpStream, bytes: &[u8], every: Duration, stop: &AtomicBool) -> std::io::Result<()> {
    for byte in bytes.chunks(1) {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        std::thread::sleep(every);
        stream.write_all(byte)?;
        stream.flush()?;
    }
    Ok(())
}

fn write_response(stream: &mut impl Write, response: &Response, cut: bool) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Status\r\nconnection: close\r\n", response.status);
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", response.body.len()));
    let end = if cut { response.body.len() / 2 } else { response.body.len() };
    stream.write_all(head.as_bytes())?;
    stream.write_all(&response.body[..end])?;
    stream.flush()
}
