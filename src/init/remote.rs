//! The address of a remote, and the host that it is on.

/// Where a repository is, by the address of its remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePlace {
    /// The domain, in lower case.
    pub domain: String,
    /// The repository, as the host names it.
    pub repository: String,
    /// The name of the kind of host, where the domain tells it.
    pub host: Option<&'static str>,
}

/// Domains, or words in domains, and the hosts that are there.
const HOSTS: &[(&str, &str)] = &[
    ("github", "github"),
    ("gitlab", "gitlab"),
    ("codeberg.org", "forgejo"),
    ("forgejo", "forgejo"),
    ("gitea", "gitea"),
];

impl RemotePlace {
    /// Reads an address, as git writes it. Users, passwords and ports in it are left out; `None`
    /// for a path on this machine, and for what no name can be read from.
    pub fn of_address(address: &str) -> Option<RemotePlace> {
        let (authority, path) = match address.split_once("://") {
            Some(("file", _)) => return None,
            Some((_, rest)) => rest.split_once('/')?,
            None => address.split_once(':').filter(|(host, _)| !host.contains('/') && host.len() > 1)?,
        };
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let domain = host.split_once(':').map_or(host, |(domain, _)| domain).to_ascii_lowercase();
        let repository = path.trim_matches('/');
        let repository = repository.strip_suffix(".git").unwrap_or(repository);
        let is_plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~/".contains(&b))
        };
        (is_plain(&domain) && is_plain(repository)).then(|| RemotePlace {
            host: HOSTS.iter().find(|(word, _)| domain.contains(word)).map(|(_, host)| *host),
            domain,
            repository: repository.to_string(),
        })
    }

    /// The name of the repository without those of its owners.
    pub fn name(&self) -> &str {
        crate::listing::name_of(&self.repository)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Option<(String, String, Option<&'static str>)> {
        RemotePlace::of_address(address).map(|place| (place.domain, place.repository, place.host))
    }

    #[test]
    fn addresses_are_read_in_each_form_and_secrets_in_them_are_not_kept() {
        let of =
            |domain: &str, repository: &str, host| Some((domain.to_string(), repository.to_string(), host));
        for address in [
            "https://github.com/acme/upload.git",
            "https://kim:s3cret@github.com/acme/upload",
            "git@github.com:acme/upload.git",
            "ssh://git@GitHub.com:22/acme/upload.git/",
        ] {
            assert_eq!(read(address), of("github.com", "acme/upload", Some("github")), "{address}");
        }
        assert_eq!(
            read("https://gitlab.example.test/a/b/c.git"),
            of("gitlab.example.test", "a/b/c", Some("gitlab"))
        );
        assert_eq!(read("https://codeberg.org/a/b"), of("codeberg.org", "a/b", Some("forgejo")));
        assert_eq!(read("https://git.example.test/a/b"), of("git.example.test", "a/b", None));
    }

    #[test]
    fn paths_and_oddities_are_no_places() {
        for address in [
            "/srv/git/a.git",
            "../a",
            "C:\\a\\b",
            "file:///srv/a",
            "https://github.com",
            "https://x/a b",
            "",
            "https://h/a\nb",
        ] {
            assert_eq!(read(address), None, "{address}");
        }
    }
}
