//! The address of a Spark that listens: `sc://host:port/;name=value`, as Spark's documentation of
//! Spark Connect clients gives it ("Connection string", `client-connection-string.md`).

use std::fmt;

/// The parameter that would show a secret to everyone who can list processes.
const TOKEN: &str = "token";

/// An address of Spark Connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SparkAddress(String);

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SparkAddressFault {
    /// It does not begin with `sc://` and a host.
    Scheme,
    /// It holds a token.
    Token,
}

impl fmt::Display for SparkAddressFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "an address of Spark Connect is written `sc://host:15002`",
            Self::Token => {
                "a token in an address is shown to all who can list processes; put it into the environment variable \
                 SPARK_CONNECT_AUTHENTICATE_TOKEN, and add `/;use_ssl=true` to the address"
            }
        })
    }
}

impl std::error::Error for SparkAddressFault {}

impl fmt::Display for SparkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SparkAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none, or holds a token.
    pub fn parse(text: &str) -> Result<Self, SparkAddressFault> {
        let rest = text.strip_prefix("sc://").ok_or(SparkAddressFault::Scheme)?;
        let (host, parameters) = rest.split_at(rest.find(['/', '?', '#', ';']).unwrap_or(rest.len()));
        if host.is_empty() || host.starts_with(':') || host.contains(['@', ' ']) {
            return Err(SparkAddressFault::Scheme);
        }
        let mut names =
            parameters.split([';', '/']).filter_map(|part| part.split_once('=')).map(|(name, _)| name);
        match names.any(|name| name.trim().eq_ignore_ascii_case(TOKEN)) {
            true => Err(SparkAddressFault::Token),
            false => Ok(Self(text.to_string())),
        }
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_host_and_no_secret() {
        for text in ["sc://localhost", "sc://spark.example:15002", "sc://[::1]:1/;use_ssl=true;user_id=robin"]
        {
            assert_eq!(SparkAddress::parse(text).unwrap().as_str(), text);
        }
        for text in
            ["", "localhost:15002", "http://spark.example", "sc://", "sc://:15002", "sc:///;a=b", "sc://a@b"]
        {
            assert_eq!(SparkAddress::parse(text), Err(SparkAddressFault::Scheme), "{text}");
        }
        for text in ["sc://a/;token=x", "sc://a:1/;use_ssl=true;TOKEN=x", "sc://a/; token =x"] {
            assert_eq!(SparkAddress::parse(text), Err(SparkAddressFault::Token), "{text}");
        }
    }
}
