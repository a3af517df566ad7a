//! Who pushed, by what the server knows of it.
//!
//! | way | known by | trusted because |
//! | --- | --- | --- |
//! | signed push | `GIT_PUSH_CERT_STATUS` `G`, `…_NONCE_STATUS` `OK` | git verified it, and the nonce is of this push |
//! | ssh | the key in the file that `SSH_USER_AUTH` names (`ExposeAuthInfo yes`) | the allowed signers of the policy say whose it is |
//! | gitolite | `GL_USER`, beside `GL_REPO` | gitolite sets it by the key |
//! | HTTP | `REMOTE_USER`, beside `GATEWAY_INTERFACE` | the web server sets it |
//!
//! The first that is there counts. Where two of them name different people of the allowed signers,
//! no one is known.

use super::environment::Lookup;
use portcullis_attest::signers::{AllowedSigners, Principal};
use std::path::PathBuf;

/// No file of sshd's about a login is longer, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Who pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pusher {
    /// The name; `None` where it is not known.
    pub name: Option<String>,
    /// By what, or why not.
    pub source: String,
}

impl Pusher {
    fn known(name: impl Into<String>, source: impl Into<String>) -> Self {
        Pusher { name: Some(name.into()), source: source.into() }
    }

    fn unknown(source: impl Into<String>) -> Self {
        Pusher { name: None, source: source.into() }
    }

    /// Who pushed, by the environment of a hook.
    pub fn find(lookup: Lookup<'_>, signers: &AllowedSigners, now: jiff::Timestamp) -> Self {
        let text = |name: &str| {
            lookup(name).map(|value| value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
        };
        let ways =
            [by_certificate(&text), by_key(&text, signers, now), by_gitolite(&text), by_web_server(&text)];
        let ways: Vec<Pusher> = ways.into_iter().flatten().collect();
        let people = ways.iter().filter_map(|way| signers.person(way.name.as_deref()?));
        let people: Vec<Principal> = people.collect();
        if let [first, others @ ..] = people.as_slice()
            && let Some(other) = others.iter().find(|other| *other != first)
        {
            return Pusher::unknown(format!("the server names two people: {first} and {other}"));
        }
        let named = ways.iter().find(|way| way.name.is_some()).or(ways.first());
        named.cloned().unwrap_or_else(|| {
            Pusher::unknown(
                "neither sshd (`ExposeAuthInfo yes`), gitolite, a web server nor a signed push says it",
            )
        })
    }
}

type Text<'a> = &'a dyn Fn(&str) -> Option<String>;

fn by_certificate(text: Text<'_>) -> Option<Pusher> {
    text("GIT_PUSH_CERT")?;
    let status = text("GIT_PUSH_CERT_STATUS").unwrap_or_default();
    let nonce = text("GIT_PUSH_CERT_NONCE_STATUS").unwrap_or_default();
    Some(match text("GIT_PUSH_CERT_SIGNER") {
        Some(signer) if status == "G" && nonce == "OK" => Pusher::known(signer, "a signed push"),
        _ => Pusher::unknown(format!(
            "the push is signed, but git says `{}` of the signature and `{}` of its nonce",
            plain_word(&status),
            plain_word(&nonce)
        )),
    })
}

/// A status of git's is one word.
fn plain_word(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).take(20).collect()
}

fn by_key(text: Text<'_>, signers: &AllowedSigners, now: jiff::Timestamp) -> Option<Pusher> {
    let file = PathBuf::from(text("SSH_USER_AUTH")?);
    let is_small = std::fs::metadata(&file).is_ok_and(|about| about.is_file() && about.len() <= LONGEST);
    let Some(shown) = is_small.then(|| std::fs::read_to_string(&file).ok()).flatten() else {
        return Some(Pusher::unknown("the file that `SSH_USER_AUTH` names cannot be read"));
    };
    let key = shown.lines().find_map(|line| line.strip_prefix("publickey "))?;
    Some(match signers.owner_of(key, now) {
        Ok(owner) => match owner.principals.iter().find_map(|principal| signers.person(principal.as_str())) {
            Some(person) => Pusher::known(person.as_str(), "the key of the ssh login"),
            None => Pusher::unknown(format!(
                "the allowed signers name no one for the key {} of the ssh login",
                owner.key
            )),
        },
        Err(error) => Pusher::unknown(format!("of the key of the ssh login: {error}")),
    })
}

fn by_gitolite(text: Text<'_>) -> Option<Pusher> {
    text("GL_REPO")?;
    Some(Pusher::known(text("GL_USER")?, "gitolite (`GL_USER`)"))
}

fn by_web_server(text: Text<'_>) -> Option<Pusher> {
    text("GATEWAY_INTERFACE")?;
    Some(Pusher::known(text("REMOTE_USER")?, "the web server (`REMOTE_USER`)"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    const KIM: &str = include_str!("../../attest/vectors/ed25519.pub");

    fn find(set: &[(&str, &str)], signers: &str) -> Pusher {
        let lookup =
            |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        let signers = AllowedSigners::read(signers.replace("KEY", KIM.trim_end()).as_bytes()).unwrap();
        Pusher::find(&lookup, &signers, "2026-06-01T00:00:00Z".parse().unwrap())
    }

    fn login_file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text.replace("KEY", KIM.trim_end())).unwrap();
        file
    }

    #[test]
    fn the_key_of_a_login_is_looked_up_in_the_allowed_signers() {
        let file = login_file("publickey KEY\n");
        let set = [("SSH_USER_AUTH", file.path().to_str().unwrap())];
        let name = |signers: &str| find(&set, signers).name;
        assert_eq!(name("kim@example.test,kim KEY").as_deref(), Some("kim"));
        assert_eq!(name("kim valid-before=\"20260101Z\" KEY"), None, "it is retired");
        assert_eq!(name("*@example.test KEY"), None, "a pattern is no one");
        assert_eq!(name(""), None);
        let none = login_file("password\n");
        assert_eq!(find(&[("SSH_USER_AUTH", none.path().to_str().unwrap())], "kim KEY").name, None);
    }

    #[test]
    fn a_name_counts_only_beside_what_sets_it() {
        let gitolite = [("GL_USER", "kim"), ("GL_REPO", "upload")];
        assert_eq!(find(&gitolite, "").name.as_deref(), Some("kim"));
        assert_eq!(find(&gitolite[..1], "").name, None);
        let http = [("REMOTE_USER", "kim"), ("GATEWAY_INTERFACE", "CGI/1.1")];
        assert_eq!(find(&http, "").name.as_deref(), Some("kim"));
        assert_eq!(find(&http[..1], "").name, None);
    }

    #[test]
    fn a_signed_push_counts_only_verified_and_with_a_nonce_of_this_push() {
        let signed = |status, nonce| {
            let set = [
                ("GIT_PUSH_CERT", "1f3b"),
                ("GIT_PUSH_CERT_STATUS", status),
                ("GIT_PUSH_CERT_NONCE_STATUS", nonce),
                ("GIT_PUSH_CERT_SIGNER", "kim@example.test"),
            ];
            find(&set, "").name
        };
        assert_eq!(signed("G", "OK").as_deref(), Some("kim@example.test"));
        for (status, nonce) in [("U", "OK"), ("B", "OK"), ("N", "OK"), ("G", "SLOP"), ("G", "BAD"), ("G", "")]
        {
            assert_eq!(signed(status, nonce), None, "{status} {nonce}");
        }
    }

    #[test]
    fn two_people_are_no_one_and_two_names_of_one_person_are_that_person() {
        let file = login_file("publickey KEY\n");
        let both = |user: &'static str| {
            [
                ("SSH_USER_AUTH", file.path().to_str().unwrap().to_string()),
                ("GL_USER", user.into()),
                ("GL_REPO", "x".into()),
            ]
        };
        let find_both = |user, signers: &str| {
            let set = both(user);
            let set: Vec<(&str, &str)> = set.iter().map(|(name, value)| (*name, value.as_str())).collect();
            find(&set, signers)
        };
        let other = "robin ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk7udRaZBSXA2BNDh5klHGVaagRWFArQF+6n9O5t7Ea";
        let signers = format!("kim@example.test,kim KEY\n{other}\n");
        assert_eq!(find_both("kim", &signers).name.as_deref(), Some("kim"));
        assert_eq!(find_both("robin", &signers).name, None);
    }
}
