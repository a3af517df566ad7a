//! Projects of a GitLab, and what follows from the address of its API: `https://HOST/api/v4`, or
//! below the path that a server is installed at.

use crate::http::address::Api;
use crate::http::transport::is_loopback;
use std::collections::BTreeSet;

/// The domain of the host's own addresses: the name of the server. A server on this machine stands
/// in for gitlab.com as well.
pub(super) fn own_domains(api: &Api) -> Vec<String> {
    let host = api.origin.host();
    let public = is_loopback(host).then_some("gitlab.com");
    let domains: BTreeSet<&str> = [host].into_iter().chain(public).collect();
    domains.into_iter().map(str::to_string).collect()
}

/// A project as `group/name`, where groups may be nested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProjectPath(String);

impl ProjectPath {
    /// Reads `group/subgroup/name`: two or more parts of letters, digits, `-`, `_` and `.`, none of
    /// which begins with `-` or `.` (GitLab docs, "Reserved project and group names", and the rules
    /// for paths). `None` for any other text.
    pub fn parse(text: &str) -> Option<ProjectPath> {
        (text.contains('/') && text.split('/').all(is_part)).then(|| ProjectPath(text.to_string()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_part(part: &str) -> bool {
    let letters = part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    letters && !part.is_empty() && !part.starts_with(['-', '.'])
}

/// A group, which may lie in others.
pub(super) fn is_group(text: &str) -> bool {
    text.split('/').all(is_part)
}

impl std::fmt::Display for ProjectPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_lie_in_one_or_more_groups() {
        for text in ["group/project", "group/sub/sub/data.load", "a_b/c-d"] {
            assert_eq!(ProjectPath::parse(text).unwrap().as_str(), text);
        }
        for text in
            ["", "name", "/name", "group/", "a//b", "../etc", "group/..", "a b/c", "a/b?x", "a/b%2f", "a/-/b"]
        {
            assert!(ProjectPath::parse(text).is_none(), "{text}");
        }
        assert!(is_group("group") && is_group("group/sub") && !is_group("group/../sub"));
    }

    #[test]
    fn a_server_has_its_own_domain() {
        let domains = |url| own_domains(&Api::new(url).unwrap());
        assert_eq!(domains("https://gitlab.com/api/v4"), ["gitlab.com"]);
        assert_eq!(domains("https://Git.example.test/gitlab/api/v4"), ["git.example.test"]);
        assert_eq!(domains("http://127.0.0.1:8080/api/v4"), ["127.0.0.1", "gitlab.com"]);
    }
}
