//! Where an API is, and how addresses on it are built.
//!
//! Names from outside (branches, logins, teams) become single, percent-encoded path segments. The
//! segments `.` and `..` are refused, because servers resolve them even when they are encoded.

use crate::http::transport::is_loopback;
use ureq::http::Uri;

/// Scheme, host and port. A token goes to no other origin than that of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of a whole `http` or `https` address that names no user.
    pub fn of(url: &str) -> Option<Origin> {
        let uri: Uri = url.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let authority = uri.authority()?;
        let port = match (authority.port_u16(), scheme.as_str()) {
            (Some(port), "http" | "https") => port,
            (None, "http") => 80,
            (None, "https") => 443,
            _ => return None,
        };
        let host = authority.host().to_ascii_lowercase();
        (!host.is_empty() && !authority.as_str().contains('@')).then_some(Origin { scheme, host, port })
    }

    /// Is the way there safe from readers and writers? It is with TLS, and on this machine.
    pub fn is_private(&self) -> bool {
        self.scheme == "https" || is_loopback(&self.host)
    }

    /// The host, in lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    fn base(&self) -> String {
        format!("{}://{}:{}", self.scheme, self.host, self.port)
    }
}

/// Makes a `Location` or `Link` target whole; `None` when it is neither whole nor a path from the
/// root.
pub(super) fn resolve(origin: &Origin, target: &str) -> Option<String> {
    if Origin::of(target).is_some() {
        return Some(target.to_string());
    }
    (target.starts_with('/') && !target.starts_with("//")).then(|| format!("{}{target}", origin.base()))
}

/// Makes a reference in an answer from this address whole: it is whole already, from the root, in
/// the same directory, or another query of the same path (RFC 3986, section 5.2). One with `..` is
/// refused.
pub(super) fn resolve_beside(url: &str, target: &str) -> Option<String> {
    let origin = Origin::of(url)?;
    if let Some(whole) = resolve(&origin, target) {
        return Some(whole);
    }
    let path = url.split(['?', '#']).next()?;
    if target.starts_with('?') {
        return Some(format!("{path}{target}"));
    }
    let first = target.split(['?', '#']).next()?;
    let walks = first.split('/').any(|part| matches!(part, "" | "." | ".."));
    (!walks && !first.contains(':'))
        .then(|| format!("{}/{target}", path.rsplit_once('/').map_or(path, |(parent, _)| parent)))
}

/// The path of an address, and its query in pairs without percent-encoding.
pub(super) fn path_and_query(url: &str) -> Option<(String, Vec<(String, String)>)> {
    let uri: Uri = url.parse().ok()?;
    let pairs = uri.query().unwrap_or("").split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let pairs = pairs.map(|(name, value)| (percent_decode(name), percent_decode(value)));
    Some((percent_decode(uri.path()), pairs.collect()))
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The address of an API: where all its resources are below.
#[derive(Clone, Debug)]
pub struct Api {
    base: String,
    pub(crate) origin: Origin,
}

/// Why an address cannot be that of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// It is no whole `http` or `https` address, or it names a user.
    NotAnAddress(String),
    /// It has a query or a fragment.
    HasQuery(String),
    /// It is not encrypted, and not on this machine.
    NotEncrypted(String),
}

impl std::fmt::Display for AddressError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AddressError::NotAnAddress(url) => write!(f, "`{url}` is not the address of an API"),
            AddressError::HasQuery(url) => write!(f, "`{url}` is not the address of an API: it has a query"),
            AddressError::NotEncrypted(url) => {
                write!(f, "`{url}` is not encrypted: anyone on the network path could change the answers")
            }
        }
    }
}

impl std::error::Error for AddressError {}

impl Api {
    /// Reads the address. One without TLS is accepted for this machine only.
    ///
    /// # Errors
    /// It cannot be the address of an API.
    pub fn new(url: &str) -> Result<Api, AddressError> {
        let base = url.trim_end_matches('/').to_string();
        let given = url.to_string();
        let Some(origin) = Origin::of(&base) else { return Err(AddressError::NotAnAddress(given)) };
        if base.contains(['?', '#']) {
            return Err(AddressError::HasQuery(given));
        }
        if !origin.is_private() {
            return Err(AddressError::NotEncrypted(given));
        }
        Ok(Api { base, origin })
    }

    /// The address as it was given, without a `/` at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The address of a resource. Every segment is one name and is percent-encoded.
    ///
    /// # Errors
    /// The segment that cannot be part of an address.
    pub fn url<'s>(&self, segments: &[&'s str], query: &[(&str, &str)]) -> Result<String, &'s str> {
        let mut url = self.base.clone();
        for segment in segments {
            if matches!(*segment, "" | "." | "..") {
                return Err(segment);
            }
            url = url + "/" + &percent_encode(segment);
        }
        let pairs: Vec<String> =
            query.iter().map(|(key, value)| format!("{key}={}", percent_encode(value))).collect();
        Ok(if pairs.is_empty() { url } else { format!("{url}?{}", pairs.join("&")) })
    }
}

/// One segment of an address.
pub(crate) fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_is_encrypted_or_on_this_machine() {
        for url in ["https://api.github.com", "https://ghe.example.test/api/v3/", "http://127.0.0.1:8080"] {
            assert!(Api::new(url).is_ok(), "{url}");
        }
        for url in [
            "",
            "api.github.com",
            "ftp://example.test",
            "http://ghe.example.test",
            "https://u:p@example.test",
        ] {
            assert!(Api::new(url).is_err(), "{url}");
        }
        assert!(Api::new("https://example.test/?x=1").is_err());
    }

    #[test]
    fn names_stay_single_segments() {
        let api = Api::new("https://api.github.com").unwrap();
        let url = api.url(&["repos", "o", "r", "branches", "release/1.0 ü"], &[("per_page", "100")]).unwrap();
        assert_eq!(url, "https://api.github.com/repos/o/r/branches/release%2F1.0%20%C3%BC?per_page=100");
        assert!(api.url(&["orgs", "o", "teams", "..", "members"], &[]).is_err());
        assert!(api.url(&["orgs", ""], &[]).is_err());
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = |url| Origin::of(url);
        assert_eq!(origin("https://API.github.com/x"), origin("https://api.github.com:443/y"));
        assert_ne!(origin("https://api.github.com"), origin("http://api.github.com"));
        assert_ne!(origin("http://127.0.0.1:1"), origin("http://127.0.0.1:2"));
        assert_eq!(origin("https://api.github.com@evil.example.test/"), None);
        let base = origin("https://api.github.com").unwrap();
        assert_eq!(resolve(&base, "/x").as_deref(), Some("https://api.github.com:443/x"));
        assert_eq!(resolve(&base, "//evil.example.test/x"), None);
        assert_eq!(resolve(&base, "x"), None);
    }
}
