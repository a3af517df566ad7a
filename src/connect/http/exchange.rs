//! Requests for pages: the credential, limits of time and size, and patience with an API that asks
//! for it.

use crate::failure::{fail, fail_reading};
use crate::opening::Opening;
use crate::secret::{SecretText, read_secret};
use portcullis_model::reconciliation::connector::{HttpCredential, HttpSettings};
use portcullis_reconcile::source::SourceError;
use std::thread::sleep;
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::http::{HeaderMap, Response};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// How often a page is asked for that the API cannot give now.
const TRIES: u32 = 5;
/// Longest time that an API may ask to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// A page as it came.
pub(super) struct ReceivedPage {
    pub body: Vec<u8>,
    /// The target of `rel="next"` in the header `Link`.
    pub next_link: Option<String>,
}

/// Sends requests, not faster than the policy says.
pub(super) struct Exchange {
    agent: Agent,
    credential: Option<(String, String, SecretText)>,
    pause: Duration,
    longest_page: u64,
    last: Option<Instant>,
}

impl Exchange {
    pub(super) fn new(
        settings: &HttpSettings,
        opening: &Opening<'_>,
        place: &str,
    ) -> Result<Self, SourceError> {
        let roots = match &settings.ca_file {
            Some(file) => RootCerts::Specific(read_authorities(file, opening)?.into()),
            None => RootCerts::PlatformVerifier,
        };
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .http_status_as_error(false)
            // A redirect would take the token elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::try_from(settings.timeout).unwrap_or_default()))
            .user_agent("portcullis")
            .build();
        let credential =
            settings.credential.as_ref().map(|credential| read_credential(credential, opening, place));
        Ok(Self {
            agent: config.new_agent(),
            credential: credential.transpose()?,
            pause: Duration::try_from(settings.pause).unwrap_or_default(),
            longest_page: settings.longest_page,
            last: None,
        })
    }

    /// A page, whole.
    pub(super) fn fetch_page(&mut self, address: &str, place: &str) -> Result<ReceivedPage, SourceError> {
        for attempt in 1..=TRIES {
            let mut response = self.send(address).map_err(|error| fail_request(place, &error))?;
            let status = response.status().as_u16();
            if status == 200 {
                return self.read_body(&mut response, place);
            }
            let may_repeat = matches!(status, 429 | 502 | 503 | 504);
            if !may_repeat || attempt == TRIES {
                return Err(fail_status(place, status));
            }
            let wait = find_wait(response.headers(), attempt);
            if wait > LONGEST_WAIT {
                let remedy = "Read at another time, or raise `pause`.";
                let problem = format!("The API asks to wait {} seconds.", wait.as_secs());
                return Err(fail(place, problem, remedy));
            }
            sleep(wait);
        }
        Err(fail_status(place, 0))
    }

    fn send(&mut self, address: &str) -> Result<Response<ureq::Body>, ureq::Error> {
        if let Some(last) = self.last {
            sleep(self.pause.saturating_sub(last.elapsed()));
        }
        self.last = Some(Instant::now());
        let mut request = self.agent.get(address).header("Accept", "application/json");
        if let Some((header, prefix, secret)) = &self.credential {
            request = request.header(header, format!("{prefix}{}", secret.reveal()));
        }
        request.call()
    }

    fn read_body(
        &self,
        response: &mut Response<ureq::Body>,
        place: &str,
    ) -> Result<ReceivedPage, SourceError> {
        let next_link = find_next_link(response.headers());
        let body = response.body_mut().with_config().limit(self.longest_page).read_to_vec();
        let body = body.map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(limit) => fail(
                place,
                format!("The page is longer than {limit} bytes."),
                "Ask the API for smaller pages, or raise `longest-page`.",
            ),
            error => fail_request(place, &error),
        })?;
        Ok(ReceivedPage { body, next_link })
    }
}

fn read_credential(
    credential: &HttpCredential,
    opening: &Opening<'_>,
    place: &str,
) -> Result<(String, String, SecretText), SourceError> {
    let secret = read_secret(&credential.secret, opening)?;
    let is_visible = |text: &str| text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_header = !credential.header.is_empty() && credential.header.bytes().all(is_name);
    if is_header && is_visible(&credential.prefix) && is_visible(secret.reveal()) {
        return Ok((credential.header.clone(), credential.prefix.clone(), secret));
    }
    let remedy = "Check the header's name and the secret: visible ASCII characters, one line.";
    Err(fail(place, "The credential cannot be written into a header.", remedy))
}

fn read_authorities(file: &str, opening: &Opening<'_>) -> Result<Vec<Certificate<'static>>, SourceError> {
    let path = opening.resolve_path(file);
    let place = path.display().to_string();
    let text = std::fs::read(&path).map_err(|error| fail_reading(&place, &error))?;
    let certificates: Vec<_> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        let remedy = "Export the certificate of the authority as PEM.";
        return Err(fail(place, "The file holds no certificate in PEM.", remedy));
    }
    Ok(certificates)
}

/// How long to wait: as the API says in whole seconds, or twice as long each time.
fn find_wait(headers: &HeaderMap, attempt: u32) -> Duration {
    let told = headers.get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Duration::from_secs(told.unwrap_or(1 << attempt.min(6)))
}

/// The target of `rel="next"` (RFC 8288).
fn find_next_link(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
    let mut links = values.flat_map(|value| value.split(",").map(str::trim));
    links.find_map(|link| {
        let (target, parameters) = link.strip_prefix('<')?.split_once('>')?;
        let is_next = parameters.split(';').map(|part| part.trim().to_ascii_lowercase());
        is_next
            .into_iter()
            .any(|part| part == "rel=\"next\"" || part == "rel=next")
            .then(|| target.to_string())
    })
}

fn fail_status(place: &str, status: u16) -> SourceError {
    let remedy = match status {
        401 | 403 => "Check the credential and what it may read.",
        404 => "Check the address in the policy.",
        300..=399 => "Write the address that the API redirects to; a token is sent nowhere else.",
        429 => "Raise `pause`, so that the API is asked more slowly.",
        _ => "Ask the API's operator; then read again from the beginning.",
    };
    fail(place, format!("The API answered with status {status}."), remedy)
}

/// What went wrong, without the address and the headers, which may hold a token.
fn fail_request(place: &str, error: &ureq::Error) -> SourceError {
    let problem = match error {
        ureq::Error::Timeout(_) => "the page did not come in time".to_string(),
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::HostNotFound => "the host is unknown".to_string(),
        ureq::Error::ConnectionFailed => "the host does not answer".to_string(),
        ureq::Error::Tls(what) => (*what).to_string(),
        ureq::Error::Rustls(error) => error.to_string(),
        _ => "the exchange was not as HTTP has it".to_string(),
    };
    let remedy = "Check the address, the network and the certificate; then read again from the beginning.";
    fail(place, format!("The page cannot be read: {problem}."), remedy)
}
