//! Where a GitHub is, and how addresses on it are built.
//!
//! Names from outside (branches, logins, teams) become single, percent-encoded path segments; a
//! segment that walks (`.`, `..`) is refused, because servers resolve it even when it is encoded.

use crate::collect::transport::is_loopback;
use std::collections::BTreeSet;
use ureq::http::Uri;

/// Scheme, host and port: what has to be equal for a token to go along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
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

    /// Can nobody on the way read or change what is said? True of TLS, and of this machine.
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

/// Makes a `Location` or `Link` target whole; `None` when it is neither whole nor a path from the root.
pub(super) fn resolve(origin: &Origin, target: &str) -> Option<String> {
    if Origin::of(target).is_some() {
        return Some(target.to_string());
    }
    (target.starts_with('/') && !target.starts_with("//")).then(|| format!("{}{target}", origin.base()))
}

/// Makes a reference whole that stands in an answer from this address: whole already, from the root, in the same directory, or
/// another query of the same path (RFC 3986, section 5.2). One that walks is refused.
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
    let pairs = pairs.map(|(name, value)| (decoded(name), decoded(value)));
    Some((decoded(uri.path()), pairs.collect()))
}

fn decoded(text: &str) -> String {
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

/// The address of the REST API: `https://api.github.com`, or `https://HOST/api/v3` for a GitHub
/// Enterprise Server (GitHub docs, "Getting started with the REST API").
#[derive(Clone, Debug)]
pub(super) struct Api {
    base: String,
    pub origin: Origin,
}

impl Api {
    /// Reads the address.
    pub fn new(url: &str) -> Result<Api, String> {
        let base = url.trim_end_matches('/').to_string();
        let origin = Origin::of(&base).ok_or_else(|| format!("`{url}` is not the address of an API"))?;
        if base.contains(['?', '#']) {
            return Err(format!("`{url}` is not the address of an API: it has a query"));
        }
        if !origin.is_private() {
            return Err(format!("`{url}` is not encrypted: anybody on the way could change the answers"));
        }
        Ok(Api { base, origin })
    }

    /// The domains of the host's own addresses: `github.com`; of an Enterprise Server its host name, which its API may have an
    /// `api.` before (GitHub docs, "Enabling subdomain isolation"). A server on this machine, and one whose name no network
    /// has (RFC 6761, section 6.2), stands in for github.com.
    pub fn domains(&self) -> Vec<String> {
        let host = self.origin.host.as_str();
        let is_enterprise = self.base.ends_with("/api/v3");
        let stands_in = is_loopback(host) || (!is_enterprise && host.ends_with(".test"));
        let own = [host.strip_prefix("api.").unwrap_or(host), host];
        let own =
            own.into_iter().take(if is_enterprise { 2 } else { 1 }).filter(|_| is_enterprise || !stands_in);
        let domains: BTreeSet<&str> = own.chain(stands_in.then_some("github.com")).collect();
        domains.into_iter().map(str::to_string).collect()
    }

    /// The address of a resource.
    pub fn url(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<String, String> {
        let mut url = self.base.clone();
        for segment in segments {
            if matches!(*segment, "" | "." | "..") {
                return Err(format!("`{segment}` cannot be part of an address"));
            }
            url = url + "/" + &encoded(segment);
        }
        let pairs: Vec<String> =
            query.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
        Ok(if pairs.is_empty() { url } else { format!("{url}?{}", pairs.join("&")) })
    }

    /// The address of the GraphQL API: beside `v3` on an Enterprise Server, below the base otherwise.
    pub fn graphql(&self) -> String {
        let root = self.base.strip_suffix("/v3").unwrap_or(&self.base);
        format!("{root}/graphql")
    }
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

/// A repository as `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Repository {
    pub owner: String,
    pub name: String,
}

impl Repository {
    /// Reads `owner/name`: two parts of letters, digits, `-`, `_` and `.`, neither of them `.` or `..`.
    pub fn new(text: &str) -> Result<Repository, String> {
        let plain = |part: &str| {
            let letters = part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
            letters && !matches!(part, "" | "." | "..")
        };
        match text.split_once('/') {
            Some((owner, name)) if plain(owner) && plain(name) => {
                Ok(Repository { owner: owner.to_string(), name: name.to_string() })
            }
            _ => Err(format!("`{text}` is not a repository; write `owner/name`")),
        }
    }
}

impl std::fmt::Display for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_have_two_plain_parts() {
        assert_eq!(Repository::new("example-org/data.load").unwrap().to_string(), "example-org/data.load");
        for text in ["", "name", "/name", "owner/", "a/b/c", "../etc", "owner/..", "a b/c", "a/b?x", "a/b%2f"]
        {
            assert!(Repository::new(text).is_err(), "{text}");
        }
    }

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
    fn graphql_stands_beside_version_three() {
        let graphql = |url| Api::new(url).unwrap().graphql();
        assert_eq!(graphql("https://api.github.com"), "https://api.github.com/graphql");
        assert_eq!(graphql("https://ghe.example.test/api/v3"), "https://ghe.example.test/api/graphql");
    }

    #[test]
    fn each_host_has_its_own_domain() {
        let domains = |url| Api::new(url).unwrap().domains();
        assert_eq!(domains("https://api.github.com"), ["github.com"]);
        assert_eq!(domains("https://GHE.example.test/api/v3"), ["ghe.example.test"]);
        assert_eq!(
            domains("https://api.ghe.example.test/api/v3"),
            ["api.ghe.example.test", "ghe.example.test"]
        );
        assert_eq!(domains("https://api.tenant.ghe.com"), ["tenant.ghe.com"]);
        assert_eq!(domains("https://api.github.example.test"), ["github.com"]);
        assert_eq!(domains("http://127.0.0.1:8080"), ["github.com"]);
        assert_eq!(domains("http://127.0.0.1:8080/api/v3"), ["127.0.0.1", "github.com"]);
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
