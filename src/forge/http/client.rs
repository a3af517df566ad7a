//! One question to a host and its answer: headers, retries, redirects, and what a refusal means.

use super::ApiStyle;
use super::address::{Api, Origin, resolve};
use super::gaps::{CHECK_HOST, malformed};
use super::json;
use super::retry::{Attempt, RetryPolicy, exhausted, judge_attempt, spent};
use super::transport::{Request, Response, Transport};
use portcullis_model::fact::{Gap, GapReason};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::cell::Cell;
use std::time::Duration;

/// How many redirects one question may take.
const REDIRECTS: u32 = 5;

/// Asks one API. All its questions share one allowance of time for waiting.
pub struct Client {
    pub api: Api,
    pub style: &'static ApiStyle,
    token: Option<String>,
    transport: Box<dyn Transport>,
    retry: RetryPolicy,
    waited: Cell<Duration>,
}

/// An answer with the address that gave it in the end.
pub struct Reply {
    pub url: String,
    /// Did the host redirect the question?
    pub moved: bool,
    /// Was the question put without a token?
    pub anonymous: bool,
    pub response: Response,
    style: &'static ApiStyle,
}

impl Client {
    pub fn new(
        api: Api,
        style: &'static ApiStyle,
        token: Option<String>,
        transport: Box<dyn Transport>,
        retry: RetryPolicy,
    ) -> Self {
        Client { api, style, token, transport, retry, waited: Cell::new(Duration::ZERO) }
    }

    /// The gap; where no token was sent, with the advice to send one.
    pub fn without_token(&self, gap: Gap) -> Gap {
        if self.token.is_none() { advise_token(gap, None, self.style) } else { gap }
    }

    /// Asks for a resource and reads the answer as `T`.
    pub fn get<T: DeserializeOwned>(&self, what: &str, segments: &[&str]) -> Result<T, Gap> {
        self.get_with(what, segments, &[])
    }

    /// Asks for a resource with a query and reads the answer as `T`.
    pub fn get_with<T: DeserializeOwned>(
        &self,
        what: &str,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Gap> {
        let url = self.url(what, segments, query)?;
        self.fetch(what, &url, None)?.read(what)
    }

    /// Asks for a resource; the answer may be a refusal.
    pub fn look(&self, what: &str, segments: &[&str]) -> Result<Reply, Gap> {
        let url = self.url(what, segments, &[])?;
        self.fetch(what, &url, None)
    }

    /// The address of a resource.
    pub fn url(&self, what: &str, segments: &[&str], query: &[(&str, &str)]) -> Result<String, Gap> {
        self.api
            .url(segments, query)
            .map_err(|segment| malformed(what, format!("`{segment}` cannot be part of an address")))
    }

    /// Asks at a whole address, follows redirects, and waits where the host asks for it.
    pub fn fetch(&self, what: &str, url: &str, body: Option<&[u8]>) -> Result<Reply, Gap> {
        self.exchange_at(self.style, what, url, body)
    }

    /// Asks at a whole address beside the API, in the ways of what is there. The token goes to the
    /// server of the API alone, here too.
    pub fn fetch_beside(&self, style: &'static ApiStyle, what: &str, url: &str) -> Result<Reply, Gap> {
        self.exchange_at(style, what, url, None)
    }

    fn exchange_at(
        &self,
        style: &'static ApiStyle,
        what: &str,
        url: &str,
        body: Option<&[u8]>,
    ) -> Result<Reply, Gap> {
        let mut url = url.to_string();
        // A token that was left behind once stays behind, even if a later redirect leads back.
        let mut trusted = true;
        for redirects in 0..=REDIRECTS {
            let origin = Origin::of(&url).ok_or_else(|| malformed(what, format!("`{url}` is no address")))?;
            trusted &= origin == self.api.origin;
            let response = self.exchange(what, &self.request(style, &url, body, trusted))?;
            match redirect_target(what, &origin, &response)? {
                Some(next) => url = next,
                None => {
                    let anonymous = self.token.is_none();
                    return Ok(Reply { url, moved: redirects > 0, anonymous, response, style });
                }
            }
        }
        Err(Gap::new(what, GapReason::Unreachable, "too many redirects", "Check the address of the API."))
    }

    /// Says which addresses are asked next.
    pub fn foresee(&self, urls: Vec<String>) {
        let request = |url: &String| self.request(self.style, url, None, true);
        self.transport.foresee(urls.iter().map(request).collect());
    }

    fn request(&self, style: &'static ApiStyle, url: &str, body: Option<&[u8]>, trusted: bool) -> Request {
        let agent = concat!("portcullis/", env!("CARGO_PKG_VERSION"));
        let own = style.headers.iter().copied().chain([("user-agent", agent)]);
        let mut headers: Vec<(String, String)> =
            own.map(|(name, value)| (name.to_string(), value.to_string())).collect();
        if let Some(token) = self.token.as_ref().filter(|_| trusted) {
            let (name, value) = (style.authorization)(token);
            headers.push((name.to_string(), value));
        }
        if body.is_some() {
            headers.push(("content-type".to_string(), "application/json".to_string()));
        }
        Request { url: url.to_string(), headers, body: body.map(<[u8]>::to_vec) }
    }

    fn exchange(&self, what: &str, request: &Request) -> Result<Response, Gap> {
        let mut attempt = 1;
        loop {
            self.check_allowance(what)?;
            let began = self.transport.elapsed();
            let outcome = judge_attempt(what, self.transport.send(request), attempt, &self.style.limits);
            let took = self.transport.elapsed().saturating_sub(began);
            self.add_wait(took.saturating_sub(self.retry.prompt));
            let (wait, gap) = match outcome {
                Attempt::Done(response) => return Ok(response),
                Attempt::Again { wait, gap } => (wait, gap),
            };
            if let Some(why) = self.transport.refusal() {
                return Err(spent(what, why));
            }
            if attempt >= self.retry.attempts || !self.take_wait(wait) {
                return Err(self.without_token(gap));
            }
            match gap.reason {
                GapReason::RateLimited => self.transport.hold(wait),
                _ => self.transport.wait(wait),
            }
            attempt += 1;
        }
    }

    /// Is there time for one more question? A host that answers a byte at a time would otherwise be
    /// waited for at each.
    fn check_allowance(&self, what: &str) -> Result<(), Gap> {
        let waited = self.waited.get();
        if waited > self.retry.longest_wait { Err(exhausted(what, waited)) } else { Ok(()) }
    }

    fn add_wait(&self, time: Duration) {
        self.waited.set(self.waited.get().saturating_add(time));
    }

    fn take_wait(&self, wait: Duration) -> bool {
        let total = self.waited.get().saturating_add(wait);
        let affordable = total <= self.retry.longest_wait;
        if affordable {
            self.waited.set(total);
        }
        affordable
    }
}

/// The address that an answer redirects to, if it does.
fn redirect_target(what: &str, origin: &Origin, response: &Response) -> Result<Option<String>, Gap> {
    if !matches!(response.status, 301 | 302 | 307 | 308) {
        return Ok(None);
    }
    let target = response.header("location").and_then(|target| resolve(origin, target));
    let target = target.ok_or_else(|| malformed(what, "a redirect without a usable address"))?;
    match Origin::of(&target) {
        Some(next) if next.is_private() => Ok(Some(target)),
        _ => {
            let detail = "the host redirects to an address that is not encrypted";
            Err(Gap::new(what, GapReason::Unreachable, detail, "Check the address of the API."))
        }
    }
}

impl Reply {
    /// Reads a 200 as `T`; everything else is a gap.
    pub fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, Gap> {
        serde_json::from_value(self.value(what)?).map_err(|error| self.undocumented(what, &error))
    }

    /// The body of a 200: one JSON value in which no object has a key twice, and which does not
    /// deny that it is an answer.
    pub fn value(&self, what: &str) -> Result<Value, Gap> {
        if self.response.status != 200 {
            return Err(self.refusal(what));
        }
        if let Some(kind) = self.response.header("content-type").filter(|kind| !self.is_json(kind)) {
            return Err(self.undocumented(what, &format_args!("it is `{kind}`")));
        }
        let value =
            json::parse_strict(&self.response.body).map_err(|error| self.undocumented(what, &error))?;
        match (self.style.disclaimer)(&value) {
            Some(why) => Err(self.undocumented(what, &why)),
            None => Ok(value),
        }
    }

    /// The body of a 200 of another media type than JSON (in lower case); everything else is a gap.
    pub fn bytes(&self, what: &str, media_type: &str) -> Result<&[u8], Gap> {
        if self.response.status != 200 {
            return Err(self.refusal(what));
        }
        match self.response.header("content-type").map(media_type_of) {
            Some(given) if given == media_type => Ok(&self.response.body),
            Some(given) => Err(self.undocumented(what, &format_args!("it is `{given}`"))),
            None => Err(self.undocumented(what, &"it does not say what it is")),
        }
    }

    /// The gap of an answer that is not what the host documents.
    pub fn undocumented(&self, what: &str, why: &dyn std::fmt::Display) -> Gap {
        malformed(what, format!("the answer is not what {} documents: {why}", self.style.product))
    }

    fn is_json(&self, content_type: &str) -> bool {
        (self.style.is_json)(&media_type_of(content_type))
    }

    /// The `message` of a refusal, or its `error` where it has none; empty when it gives neither.
    pub fn message(&self) -> String {
        let body: Value = serde_json::from_slice(&self.response.body).unwrap_or_default();
        let text = ["message", "error"].iter().find_map(|field| body.get(field)?.as_str());
        text.unwrap_or_default().chars().take(200).collect()
    }

    /// What an answer other than 200 means: a 404 never says that a thing does not exist.
    pub fn refusal(&self, what: &str) -> Gap {
        let status = self.response.status;
        let detail = format!("the host answered {status} {}", self.message());
        let (reason, remedy) = match status {
            401 if !self.anonymous => (GapReason::NotVisible, self.style.token_rejected.to_string()),
            401 | 403 | 404 => (GapReason::NotVisible, self.permission_advice()),
            _ => (GapReason::Malformed, CHECK_HOST.to_string()),
        };
        self.without_token(Gap::new(what, reason, detail.trim_end(), remedy))
    }

    /// The permission that the token lacks, where the host names it.
    fn missing_permission(&self) -> Option<&str> {
        let named = self.response.header(self.style.permission_header?)?.trim();
        (!named.is_empty()).then_some(named)
    }

    fn permission_advice(&self) -> String {
        match self.missing_permission() {
            Some(named) => format!("Give the token the permission `{named}`, and check the name."),
            None => self.style.permission_missing.to_string(),
        }
    }

    /// The gap; where no token was sent, with the advice to send one, because a better one is not
    /// what is missing.
    pub fn without_token(&self, gap: Gap) -> Gap {
        if self.anonymous { advise_token(gap, self.missing_permission(), self.style) } else { gap }
    }
}

/// The media type of a `content-type`, in lower case and without parameters.
fn media_type_of(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// The gap of what the host shows to no one without a token.
fn advise_token(gap: Gap, permission: Option<&str>, style: &ApiStyle) -> Gap {
    if !matches!(gap.reason, GapReason::NotVisible | GapReason::RateLimited) {
        return gap;
    }
    let remedy = (style.token_missing)(permission);
    Gap { detail: format!("{}, and no token was sent", gap.detail), remedy, ..gap }
}
