//! Whose a key is, and who a name means, by a list of allowed signers.

use super::{AllowedSigners, Principal, line};
use crate::{AttestError, Signer};
use jiff::Timestamp;
use std::collections::BTreeSet;

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

    /// The one name of the person that a name belongs to: the first, in alphabetical order, of
    /// everything that the list calls them. So two names of one person are never two people. `None`
    /// where the list does not have the name, or a line of this person has a pattern: then they may
    /// be anyone whom it matches.
    pub fn person(&self, name: &str) -> Option<Principal> {
        let has = |names: &BTreeSet<Principal>| {
            names.iter().any(|own| !own.is_pattern() && own.0.eq_ignore_ascii_case(name))
        };
        let names = self.all_people().into_iter().find(has)?;
        let is_one = !names.iter().any(Principal::is_pattern);
        names.into_iter().next().filter(|_| is_one)
    }

    /// Does the list call one person by both names?
    pub fn are_one(&self, one: &str, other: &str) -> bool {
        let has = |names: &BTreeSet<Principal>, name: &str| {
            names.iter().any(|own| own.0.eq_ignore_ascii_case(name))
        };
        self.all_people().iter().any(|names| has(names, one) && has(names, other))
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
        let person = |name: &str| list.person(name).map(|person| person.as_str().to_string());
        for name in ["sam", "SAM", "sam@work.test", "sam@example.test"] {
            assert_eq!(person(name).as_deref(), Some("Sam"), "{name}");
        }
        assert_eq!(person("kim"), None);
        assert_eq!(read("*@example.test KEY").person("sam@example.test"), None, "a pattern names no one");
    }
}
