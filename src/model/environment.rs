//! Where something is deployed to.

use serde::{Deserialize, Serialize};

/// The longest name of an environment, in bytes.
const LONGEST: usize = 63;

/// The name of an environment: lower-case letters, digits and `-`, beginning with a letter or a
/// digit, at most 63.
///
/// It becomes the last part of a ref name, so nothing is allowed in it that a ref, a file system or
/// a command line could read in another way: no `/`, no `.`, no capitals, no `-` in front.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Environment(String);

impl Environment {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Environment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if plain && (1..=LONGEST).contains(&text.len()) && !text.starts_with('-') {
            return Ok(Environment(text));
        }
        Err(format!(
            "`{text}` is no name of an environment: write lower-case letters, digits and `-`, at most {LONGEST}, \
             not beginning with `-`"
        ))
    }
}

impl std::str::FromStr for Environment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Environment::try_from(text.to_string())
    }
}

impl From<Environment> for String {
    fn from(environment: Environment) -> Self {
        environment.0
    }
}

impl std::fmt::Display for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_environments() {
        for name in ["production", "a", "0", "eu-west-1", "a-", &"a".repeat(63)] {
            assert_eq!(name.parse::<Environment>().map(String::from), Ok(name.to_string()));
        }
    }

    #[test]
    fn whatever_could_play_a_trick_with_a_ref_is_none() {
        let long = "a".repeat(64);
        for name in [
            "",
            "-x",
            "Production",
            "a/b",
            "..",
            ".",
            "a.lock",
            "a b",
            "a\n",
            "a\0",
            "@",
            "a@{1}",
            "a^",
            "a~1",
            "a:b",
            "ä",
            "*",
            "a\\b",
            &long,
        ] {
            assert!(name.parse::<Environment>().is_err(), "{name:?}");
            assert!(serde_json::from_value::<Environment>(name.into()).is_err(), "{name:?}");
        }
    }
}
