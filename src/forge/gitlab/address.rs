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

/// The address of the server, where its git repositories are below; `None` where the API is at an
/// address that GitLab does not document.
pub(super) fn server_address(api: &Api) -> Option<&str> {
    api.base().strip_suffix("/api/v4")
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

/// Does a project lie in a group, or in one below it? Hosts do not tell capitals apart.
pub(super) fn is_below(project: &ProjectPath, group: &str) -> bool {
    let above = project.0.get(..group.len()).filter(|above| above.eq_ignore_ascii_case(group));
    above.is_some() && project.0[group.len()..].starts_with('/')
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
    fn a_project_lies_below_its_groups() {
        let is_in = |project, group| is_below(&ProjectPath::parse(project).unwrap(), group);
        for (project, group) in [("g/p", "g"), ("G/p", "g"), ("g/s/p", "g"), ("g/s/p", "g/S")] {
            assert!(is_in(project, group), "{project} {group}");
        }
        for (project, group) in
            [("gg/p", "g"), ("h/p", "g"), ("g/p", "g/s"), ("g/sp/p", "g/s"), ("g/p", "g/p")]
        {
            assert!(!is_in(project, group), "{project} {group}");
        }
    }

    #[test]
    fn the_git_server_is_above_the_api() {
        let address = |url| server_address(&Api::new(url).unwrap()).map(str::to_string);
        assert_eq!(address("https://gitlab.com/api/v4").as_deref(), Some("https://gitlab.com"));
        let below = "https://git.example.test/gitlab/api/v4/";
        assert_eq!(address(below).as_deref(), Some("https://git.example.test/gitlab"));
        assert_eq!(address("https://git.example.test/rest"), None);
    }

    #[test]
    fn a_server_has_its_own_domain() {
        let domains = |url| own_domains(&Api::new(url).unwrap());
        assert_eq!(domains("https://gitlab.com/api/v4"), ["gitlab.com"]);
        assert_eq!(domains("https://Git.example.test/gitlab/api/v4"), ["git.example.test"]);
        assert_eq!(domains("http://127.0.0.1:8080/api/v4"), ["127.0.0.1", "gitlab.com"]);
    }
}
