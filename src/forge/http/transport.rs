//! One HTTP exchange, behind a trait: live, or from a table.
//!
//! A transport carries one request and waits when it is told to. Everything that needs judgement
//! (retries, rate limits, redirects, who may see the token) is the client's.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take to begin, and again to end.
const READ: Duration = Duration::from_secs(30);
/// The longest body that is read, in bytes after decompression.
const BODY: u64 = 32 * 1024 * 1024;

/// A request as it goes out.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The whole address.
    pub url: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// A body makes it a POST; otherwise it is a GET.
    pub body: Option<Vec<u8>>,
}

impl std::fmt::Debug for Request {
    /// Shows the names of the headers only: one of them holds a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request").field("url", &self.url).field("headers", &names).finish_non_exhaustive()
    }
}

/// An answer as it came in: any status, redirects included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

/// Why there was no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError(pub String);

/// Carries one request and brings its answer. It neither retries nor follows redirects.
pub trait Transport {
    /// Sends the request.
    ///
    /// # Errors
    /// The answer did not arrive whole.
    fn send(&self, request: &Request) -> Result<Response, TransportError>;

    /// Hears which questions are put next, so that they can go out side by side. Only one with
    /// several lanes makes use of it.
    fn foresee(&self, _questions: Vec<Request>) {}

    /// How long ago the transport was made, without the time that it waited for other clients. One
    /// from a table has no clock: there all answers come at once.
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    /// Why no more questions are put in this run; `None`: they are. Only one that is limited says
    /// so.
    fn refusal(&self) -> Option<String> {
        None
    }

    /// Waits before the next try. Only a transport waits, so that one from a table need not.
    fn wait(&self, time: Duration) {
        std::thread::sleep(time);
    }

    /// Waits because the host limits the rate of requests, of this client and of all others.
    fn hold(&self, time: Duration) {
        self.wait(time);
    }
}

/// The network. TLS is judged by the machine's own certificate store; proxies come from
/// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, as ureq reads them.
#[derive(Debug)]
pub struct Live {
    began: Instant,
    outside: Agent,
    /// This machine is never on the far side of a proxy.
    loopback: Agent,
}

impl Live {
    /// A client with time-outs of ten seconds to connect and thirty to answer.
    pub fn new() -> Self {
        Live::with_time_out(READ)
    }

    /// A client that gives an answer this long to begin, and again to end, however its bytes are
    /// spread over that time.
    pub fn with_time_out(read: Duration) -> Self {
        let (outside, loopback) = (agent(Proxy::try_from_env(), read), agent(None, read));
        Live { began: Instant::now(), outside, loopback }
    }

    fn agent_for(&self, url: &str) -> &Agent {
        let uri: Option<Uri> = url.parse().ok();
        if uri.as_ref().and_then(Uri::host).is_some_and(is_loopback) { &self.loopback } else { &self.outside }
    }
}

impl Default for Live {
    fn default() -> Self {
        Live::new()
    }
}

/// Is this name or address (IPv6 with or without brackets) the machine itself?
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn agent(proxy: Option<Proxy>, read: Duration) -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(proxy)
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_send_request(Some(read))
        .timeout_send_body(Some(read))
        .timeout_recv_response(Some(read))
        .timeout_recv_body(Some(read))
        .build()
        .new_agent()
}

/// How many requests this program sent over the network.
static SENT: AtomicU64 = AtomicU64::new(0);

/// How many requests this program sent so far, tries again and redirects included.
pub fn count_sent() -> u64 {
    SENT.load(Ordering::Relaxed)
}

impl Transport for Live {
    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        SENT.fetch_add(1, Ordering::Relaxed);
        exchange(self.agent_for(&request.url), request).map_err(|error| TransportError(error.to_string()))
    }
}

fn exchange(agent: &Agent, request: &Request) -> Result<Response, ureq::Error> {
    let mut answer = match &request.body {
        Some(body) => with_headers(agent.post(&request.url), request).send(&body[..])?,
        None => with_headers(agent.get(&request.url), request).call()?,
    };
    let headers = answer.headers().iter().map(|(name, value)| {
        (name.as_str().to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let headers = headers.collect();
    let body = answer.body_mut().with_config().limit(BODY).read_to_vec()?;
    Ok(Response { status: answer.status().as_u16(), headers, body })
}

fn with_headers<B>(builder: ureq::RequestBuilder<B>, request: &Request) -> ureq::RequestBuilder<B> {
    request.headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_from_names_that_look_like_it() {
        for host in ["127.0.0.1", "127.8.8.8", "[::1]", "localhost", "LOCALHOST"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["127.0.0.1.example.test", "localhost.example.test", "10.0.0.1", "example.test"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn a_request_shows_no_token() {
        let secret = ("authorization".to_string(), "Bearer hidden".to_string());
        let request = Request { url: "https://example.test/".into(), headers: vec![secret], body: None };
        assert!(!format!("{request:?}").contains("hidden"));
    }
}
