//! Repositories of a Gitea, and where its API is.

/// Where the API of a server is: below its address, `/api/v1`.
const API_PATH: &str = "/api/v1";

/// The address of the API, from that of the server or from its own.
pub(super) fn api_address(named: &str) -> String {
    let base = named.trim_end_matches('/');
    if base.to_ascii_lowercase().ends_with(API_PATH) { base.to_string() } else { format!("{base}{API_PATH}") }
}

/// A repository as `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GiteaRepository {
    pub owner: String,
    pub name: String,
}

impl GiteaRepository {
    /// Reads `owner/name`: two parts of letters, digits, `-`, `_` and `.`, neither of them `.` or
    /// `..`. `None` for any other text.
    pub fn parse(text: &str) -> Option<GiteaRepository> {
        let plain = |part: &str| {
            let letters = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            letters && !matches!(part, "" | "." | "..")
        };
        let (owner, name) = text.split_once('/').filter(|(owner, name)| plain(owner) && plain(name))?;
        Some(GiteaRepository { owner: owner.to_string(), name: name.to_string() })
    }
}

impl std::fmt::Display for GiteaRepository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_below_the_server() {
        for (named, api) in [
            ("https://git.example.test", "https://git.example.test/api/v1"),
            ("https://git.example.test/", "https://git.example.test/api/v1"),
            ("https://example.test/git", "https://example.test/git/api/v1"),
            ("https://git.example.test/api/v1/", "https://git.example.test/api/v1"),
        ] {
            assert_eq!(api_address(named), api);
        }
    }

    #[test]
    fn repositories_have_two_plain_parts() {
        assert_eq!(
            GiteaRepository::parse("example-org/data.load").unwrap().to_string(),
            "example-org/data.load"
        );
        for text in ["", "name", "/name", "owner/", "a/b/c", "../etc", "owner/..", "a b/c", "a/b?x", "a/b%2f"]
        {
            assert!(GiteaRepository::parse(text).is_none(), "{text}");
        }
    }
}
