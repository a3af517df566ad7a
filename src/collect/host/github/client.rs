//! One question to GitHub and its answer: headers, retries, redirects, and what a refusal means.

use crate::collect::host::github::address::{Api, Origin, resolve};
use crate::collect::host::github::patience::{Patience, Step, exhausted, step};
use crate::collect::host::github::whole;
use crate::collect::transport::{Request, Response, Transport};
use crate::model::fact::{Gap, GapReason};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::cell::Cell;
use std::time::Duration;

/// Where GitHub says which permission an answer needs.
const PERMISSIONS: &str = "x-accepted-github-permissions";

/// What to do about a token that the host does not know.
const REFUSED: &str = "Give a token that the host accepts: the one in GITHUB_TOKEN has expired, was taken back, or is another host's.";

/// How many redirects one question may take.
const REDIRECTS: u32 = 5;

/// Asks GitHub.
pub(super) struct Client {
    pub api: Api,
    token: Option<String>,
    transport: Box<dyn Transport>,
    patience: Patience,
    waited: Cell<Duration>,
}

/// An answer with the address that gave it in the end.
pub(super) struct Reply {
    pub url: String,
    /// Did the host send us on?
    pub moved: bool,
    /// Was it asked without a token?
    pub anonymous: bool,
    pub response: Response,
}

impl Client {
    pub fn new(api: Api, token: Option<String>, transport: Box<dyn Transport>, patience: Patience) -> Self {
        Client { api, token, transport, patience, waited: Cell::new(Duration::ZERO) }
    }

    /// The gap, or where no token was sent that one is missing.
    pub fn without_token(&self, gap: Gap) -> Gap {
        if self.token.is_none() { unsent(gap, None) } else { gap }
    }

    /// Asks for a resource and reads the answer as `T`.
    pub fn get<T: DeserializeOwned>(&self, what: &str, segments: &[&str]) -> Result<T, Gap> {
        self.get_with(what, segments, &[])
    }

    /// The same, with a query.
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
        self.api.url(segments, query).map_err(|why| malformed(what, why))
    }

    /// Asks at a whole address, follows redirects, and waits where the host asks for it.
    pub fn fetch(&self, what: &str, url: &str, body: Option<&[u8]>) -> Result<Reply, Gap> {
        let mut url = url.to_string();
        // Once the token was left behind it stays behind, even if the way leads back.
        let mut trusted = true;
        for step in 0..=REDIRECTS {
            let origin = Origin::of(&url).ok_or_else(|| malformed(what, format!("`{url}` is no address")))?;
            trusted &= origin == self.api.origin;
            let response = self.exchange(what, &self.request(&url, body, trusted))?;
            match redirect(what, &origin, &response)? {
                Some(next) => url = next,
                None => {
                    let anonymous = self.token.is_none();
                    return Ok(Reply { url, moved: step > 0, anonymous, response });
                }
            }
        }
        Err(Gap::new(what, GapReason::Unreachable, "too many redirects", "Check the address of the API."))
    }

    fn request(&self, url: &str, body: Option<&[u8]>, trusted: bool) -> Request {
        let agent = concat!("portcullis/", env!("CARGO_PKG_VERSION"));
        let mut headers = vec![
            ("accept".to_string(), "application/vnd.github+json".to_string()),
            ("user-agent".to_string(), agent.to_string()),
            ("x-github-api-version".to_string(), "2022-11-28".to_string()),
        ];
        if let Some(token) = self.token.as_ref().filter(|_| trusted) {
            headers.push(("authorization".to_string(), format!("Bearer {token}")));
        }
        if body.is_some() {
            headers.push(("content-type".to_string(), "application/json".to_string()));
        }
        Request { url: url.to_string(), headers, body: body.map(<[u8]>::to_vec) }
    }

    fn exchange(&self, what: &str, request: &Request) -> Result<Response, Gap> {
        let mut attempt = 1;
        loop {
            self.is_patient(what)?;
            let began = self.transport.elapsed();
            let outcome = step(what, self.transport.send(request), attempt);
            let took = self.transport.elapsed().saturating_sub(began);
            self.has_waited(took.saturating_sub(self.patience.prompt));
            let (wait, gap) = match outcome {
                Step::Done(response) => return Ok(response),
                Step::Again { wait, gap } => (wait, gap),
            };
            if attempt >= self.patience.attempts || !self.can_wait(wait) {
                return Err(self.without_token(gap));
            }
            self.transport.wait(wait);
            attempt += 1;
        }
    }

    /// May the host be asked once more? A host that answers a byte at a time would otherwise be waited for at every question.
    fn is_patient(&self, what: &str) -> Result<(), Gap> {
        let waited = self.waited.get();
        if waited > self.patience.longest_wait { Err(exhausted(what, waited)) } else { Ok(()) }
    }

    fn has_waited(&self, time: Duration) {
        self.waited.set(self.waited.get().saturating_add(time));
    }

    fn can_wait(&self, wait: Duration) -> bool {
        let total = self.waited.get().saturating_add(wait);
        let affordable = total <= self.patience.longest_wait;
        if affordable {
            self.waited.set(total);
        }
        affordable
    }
}

/// Where an answer sends us, if it does.
fn redirect(what: &str, origin: &Origin, response: &Response) -> Result<Option<String>, Gap> {
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
        serde_json::from_value(self.value(what)?).map_err(|error| undocumented(what, &error))
    }

    /// The body of a 200: one JSON value, in which no key stands twice, and which does not say that it is none.
    pub fn value(&self, what: &str) -> Result<Value, Gap> {
        if self.response.status != 200 {
            return Err(self.refusal(what));
        }
        if let Some(kind) = self.response.header("content-type").filter(|kind| !is_json(kind)) {
            return Err(malformed(what, format!("the answer is not what GitHub documents: it is `{kind}`")));
        }
        let value = whole::read(&self.response.body).map_err(|error| undocumented(what, &error))?;
        match whole::disclaimer(&value) {
            Some(why) => Err(malformed(what, format!("the answer is not what GitHub documents: {why}"))),
            None => Ok(value),
        }
    }

    /// The `message` of a refusal; empty when it gives none.
    pub fn message(&self) -> String {
        #[derive(Deserialize)]
        struct Refusal {
            message: String,
        }
        let text = serde_json::from_slice(&self.response.body)
            .map_or_else(|_| String::new(), |r: Refusal| r.message);
        text.chars().take(200).collect()
    }

    /// Does the host say that the plan of the repository has no protection at all? ("Upgrade to GitHub Pro or make this
    /// repository public to enable this feature.")
    pub fn plan_lacks_it(&self) -> bool {
        let message = self.message();
        self.response.status == 403
            && message.starts_with("Upgrade to GitHub")
            && message.contains("to enable this feature")
    }

    /// What an answer other than 200 means: a 404 never says that a thing does not exist.
    pub fn refusal(&self, what: &str) -> Gap {
        let status = self.response.status;
        let detail = format!("the host answered {status} {}", self.message());
        let (reason, remedy) = match status {
            401 if !self.anonymous => (GapReason::NotVisible, REFUSED.to_string()),
            401 | 403 | 404 => (GapReason::NotVisible, self.permission()),
            _ => (
                GapReason::Malformed,
                "Check the address of the API and the version of the host.".to_string(),
            ),
        };
        self.without_token(Gap::new(what, reason, detail.trim_end(), remedy))
    }

    /// A permission that the token lacks. The host names it (GitHub docs, "Permissions required for fine-grained personal access
    /// tokens": `X-Accepted-GitHub-Permissions`).
    fn permission(&self) -> String {
        match self.response.header(PERMISSIONS).map(str::trim).filter(|named| !named.is_empty()) {
            Some(named) => format!("Give the token the permission `{named}`, and check the name."),
            None => "Give a token that may read it, and check the name.".to_string(),
        }
    }

    /// Where no token was sent, a better one is not what is missing.
    pub fn without_token(&self, gap: Gap) -> Gap {
        if !self.anonymous {
            return gap;
        }
        unsent(gap, self.response.header(PERMISSIONS).map(str::trim).filter(|named| !named.is_empty()))
    }
}

/// The gap of what nobody may see who shows no token.
fn unsent(gap: Gap, permission: Option<&str>) -> Gap {
    if !matches!(gap.reason, GapReason::NotVisible | GapReason::RateLimited) {
        return gap;
    }
    let needs = permission.map_or_else(String::new, |named| format!(" with the permission `{named}`"));
    let remedy = format!(
        "No token was sent: set GITHUB_TOKEN to one{needs} (in a job under `env`). A job that Dependabot or a fork starts gets no \
         secrets of Actions: give it a secret of Dependabot's own, or judge on `pull_request_target`."
    );
    Gap { detail: format!("{}, and no token was sent", gap.detail), remedy, ..gap }
}

fn undocumented(what: &str, error: &serde_json::Error) -> Gap {
    malformed(what, format!("the answer is not what GitHub documents: {error}"))
}

/// `application/json`, or a type of GitHub's that ends in `+json`.
fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// The gap of an answer that does not have its documented form.
pub(super) fn malformed(what: &str, detail: impl Into<String>) -> Gap {
    let remedy = "Check the address of the API and the version of the host.";
    Gap::new(what, GapReason::Malformed, detail, remedy)
}

/// The gap of a list that stops early.
pub(super) fn truncated(what: &str, detail: impl Into<String>) -> Gap {
    Gap::new(what, GapReason::Truncated, detail, "Run again; if it stays, look at the list by hand.")
}

/// The gap of two answers that cannot both be true.
pub(super) fn contradiction(what: &str, detail: impl Into<String>) -> Gap {
    let remedy = "Run again: something may have changed while it was read.";
    Gap::new(what, GapReason::Contradiction, detail, remedy)
}
