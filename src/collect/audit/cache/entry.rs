//! One kept answer: what it is bound to, when it was given, and a code that no one can make without
//! the key.
//!
//! ```text
//! portcullis answer 1
//! HMAC-SHA-256 of everything below, in hexadecimal digits
//! {"bound": …, "asked": …, "status": …, "headers": …, "length": …}
//! the body, byte for byte
//! ```

use super::key::CacheKey;
use jiff::Timestamp;
use portcullis_forge::http::transport::{Request, Response};
use portcullis_model::digest::Digest;
use serde::{Deserialize, Serialize};

const MAGIC: &str = "portcullis answer 1";

/// Headers of questions that are no secret, and say what is asked.
const PUBLIC: [&str; 4] = ["accept", "content-type", "user-agent", "x-github-api-version"];

/// Headers of answers that readers look at. No other is kept: one may hold a secret.
const KEPT: [&str; 6] = ["content-type", "link", "x-next-page", "x-total", "x-total-count", "x-total-pages"];

/// Is this header of a question no secret?
pub(super) fn is_public(name: &str) -> bool {
    PUBLIC.contains(&name)
}

/// Everything that an answer depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bound {
    /// The program with its version and the commit that it was built from: another one may ask
    /// otherwise, and may read answers otherwise.
    program: String,
    /// The kind of host.
    host: String,
    /// The repository that is audited, as the host names it.
    repository: String,
    /// GET or POST.
    method: String,
    /// The whole address, with the commits and numbers that are asked about.
    url: String,
    /// The public headers.
    headers: Vec<(String, String)>,
    /// Was a token shown? Which one is kept nowhere.
    anonymous: bool,
    /// The SHA-256 of what was sent.
    sent: Option<Digest>,
}

impl Bound {
    pub(super) fn of(question: &Request, program: &str, host: &str, repository: &str) -> Self {
        let (public, secret): (Vec<_>, Vec<_>) =
            question.headers.iter().cloned().partition(|(name, _)| is_public(name));
        Bound {
            program: program.to_string(),
            host: host.to_string(),
            repository: repository.to_string(),
            method: if question.body.is_some() { "POST" } else { "GET" }.to_string(),
            url: question.url.clone(),
            headers: public,
            anonymous: secret.is_empty(),
            sent: question.body.as_deref().map(Digest::of),
        }
    }

    /// The bytes that the name of the entry is the digest of.
    pub(super) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) bound: Bound,
    /// When the host gave it.
    pub(super) asked: Timestamp,
    pub(super) answer: Response,
}

/// The line above the body.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    bound: Bound,
    asked: Timestamp,
    status: u16,
    headers: Vec<(String, String)>,
    length: usize,
}

impl Entry {
    /// The entry as it is written.
    pub(super) fn bytes(&self, key: &CacheKey) -> Vec<u8> {
        let is_kept = |(name, _): &&(String, String)| KEPT.contains(&name.as_str());
        let head = Head {
            bound: self.bound.clone(),
            asked: self.asked,
            status: self.answer.status,
            headers: self.answer.headers.iter().filter(is_kept).cloned().collect(),
            length: self.answer.body.len(),
        };
        let mut signed = serde_json::to_vec(&head).unwrap_or_default();
        signed.push(b'\n');
        signed.extend(&self.answer.body);
        let mut bytes = format!("{MAGIC}\n{}\n", key.code_of(&signed)).into_bytes();
        bytes.extend(signed);
        bytes
    }

    /// Reads an entry; `None` where anything about it is not as it was written with this key.
    pub(super) fn read(bytes: &[u8], key: &CacheKey) -> Option<Entry> {
        let rest = bytes.strip_prefix(MAGIC.as_bytes())?.strip_prefix(b"\n")?;
        let (code, signed) = split_line(rest)?;
        if !key.is_code_of(code, signed) {
            return None;
        }
        let (head, body) = split_line(signed)?;
        let Head { bound, asked, status, headers, length } = serde_json::from_slice(head).ok()?;
        let answer = Response { status, headers, body: body.to_vec() };
        (body.len() == length && status == 200).then_some(Entry { bound, asked, answer })
    }
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}
