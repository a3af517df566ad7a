//! Repositories of a GitHub, and what follows from the address of its API:
//! `https://api.github.com`, or `https://HOST/api/v3` for a GitHub Enterprise Server (GitHub docs,
//! "Getting started with the REST API").

use crate::http::address::Api;
use crate::http::transport::is_loopback;
use std::collections::BTreeSet;

/// The domains of the host's own addresses: `github.com`; of an Enterprise Server its host name,
/// which its API may have an `api.` before (GitHub docs, "Enabling subdomain isolation"). A server
/// on this machine, and one whose name no network has (RFC 6761, section 6.2), stands in for
/// github.com.
pub(super) fn own_domains(api: &Api) -> Vec<String> {
    let host = api.origin.host();
    let is_enterprise = api.base().ends_with("/api/v3");
    let stands_in = is_loopback(host) || (!is_enterprise && host.ends_with(".test"));
    let own = [host.strip_prefix("api.").unwrap_or(host), host];
    let own = own.into_iter().take(if is_enterprise { 2 } else { 1 }).filter(|_| is_enterprise || !stands_in);
    let domains: BTreeSet<&str> = own.chain(stands_in.then_some("github.com")).collect();
    domains.into_iter().map(str::to_string).collect()
}

/// The address of the GraphQL API: beside `v3` on an Enterprise Server, below the base otherwise.
pub(super) fn graphql_url(api: &Api) -> String {
    let root = api.base().strip_suffix("/v3").unwrap_or(api.base());
    format!("{root}/graphql")
}

/// A repository as `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RepositoryName {
    pub owner: String,
    pub name: String,
}

impl RepositoryName {
    /// Reads `owner/name`: two parts of letters, digits, `-`, `_` and `.`, neither of them `.` or
    /// `..`. `None` for any other text.
    pub fn parse(text: &str) -> Option<RepositoryName> {
        let plain = |part: &str| {
            let letters = part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
            letters && !matches!(part, "" | "." | "..")
        };
        let (owner, name) = text.split_once('/').filter(|(owner, name)| plain(owner) && plain(name))?;
        Some(RepositoryName { owner: owner.to_string(), name: name.to_string() })
    }
}

impl std::fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_have_two_plain_parts() {
        assert_eq!(
            RepositoryName::parse("example-org/data.load").unwrap().to_string(),
            "example-org/data.load"
        );
        for text in ["", "name", "/name", "owner/", "a/b/c", "../etc", "owner/..", "a b/c", "a/b?x", "a/b%2f"]
        {
            assert!(RepositoryName::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn graphql_is_beside_version_three() {
        let graphql = |url| graphql_url(&Api::new(url).unwrap());
        assert_eq!(graphql("https://api.github.com"), "https://api.github.com/graphql");
        assert_eq!(graphql("https://ghe.example.test/api/v3"), "https://ghe.example.test/api/graphql");
    }

    #[test]
    fn each_host_has_its_own_domain() {
        let domains = |url| own_domains(&Api::new(url).unwrap());
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
}
