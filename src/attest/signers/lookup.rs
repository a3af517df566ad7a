//! Whose a key is, and who a name means, by a list of allowed signers.

use super::{AllowedSigners, Principal, line};
use crate::{AttestError, Signer};
use jiff::Timestamp;

impl AllowedSigners {
    /// Whose key this is, where the list allows it at this moment: its kind and its base64, as
    /// sshd names the key that somebody logged in with (sshd_config(5), `ExposeAuthInfo`).
    ///
    /// # Errors
    /// It is no key that counts, or the list does not allow it at this moment.
    pub fn owner_of(&self, key: &str, at: Timestamp) -> Result<Signer, AttestError> {
        let key = line::public_key(key).map_err(|problem| AttestError::Signature(problem.into()))?;
        self.owner(&key, at)
    }

    /// The one name of the person that a name belongs to: of all lines of this person the first name
    /// that is neither a pattern nor an address, else the first address. So two names of one person
    /// are never two people, and the name is one that a policy can hold. `None` where the list does
    /// not have the name.
    pub fn person(&self, name: &str) -> Option<&Principal> {
        let wanted = Principal::new(name);
        let persons = self.persons();
        let has = |principals: &[Principal]| principals.iter().any(|own| own.may_be(&wanted));
        let (_, person) = self.0.iter().zip(&persons).find(|(entry, _)| has(&entry.principals))?;
        let lines = self.0.iter().zip(&persons).filter(|(_, other)| *other == person);
        let names = lines.flat_map(|(entry, _)| &entry.principals).filter(|name| !name.is_pattern());
        names.min_by_key(|name| name.as_str().contains('@'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../vectors/ed25519.pub");

    fn read(text: &str) -> AllowedSigners {
        AllowedSigners::read(text.replace("KEY", KEY.trim_end()).as_bytes()).unwrap()
    }

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_key_has_the_owner_that_the_list_says_while_the_list_allows_it() {
        let key: Vec<&str> = KEY.split_whitespace().take(2).collect();
        let owner = |list: &str| read(list).owner_of(&key.join(" "), now());
        let sam = owner("sam@example.test,sam KEY").unwrap();
        assert!(sam.principals.contains(&Principal::new("sam")));
        assert!(owner("sam valid-before=\"20260101Z\" KEY").is_err(), "it is retired");
        assert!(owner("sam namespaces=\"git\" KEY").is_err(), "it is for something else");
        assert!(owner("").is_err());
        assert!(read("sam KEY").owner_of("ssh-ed25519 AAAA", now()).is_err(), "this is no key");
    }

    #[test]
    fn all_names_of_a_person_are_one() {
        let list = read("sam@example.test,sam KEY\nSam,sam@work.test KEY\n");
        let person = |name: &str| list.person(name).map(Principal::as_str);
        for name in ["sam", "SAM", "sam@work.test", "sam@example.test"] {
            assert_eq!(person(name), Some("sam"), "{name}");
        }
        assert_eq!(person("kim"), None);
        assert_eq!(read("*@example.test KEY").person("sam@example.test"), None, "a pattern names no one");
    }
}
