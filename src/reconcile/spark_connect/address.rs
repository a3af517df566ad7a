//! The address of a Spark that listens: `sc://host:port/;name=value`, as Spark's documentation of
//! Spark Connect clients gives it ("Connection string", `client-connection-string.md`).

use std::fmt;

/// The port of an address without one.
const PORT: u16 = 15002;

/// Parameters that the protocol names. The client sends every other one as a header of each
/// request; headers that begin with `x-` are for a proxy in front of Spark, such as
/// `x-databricks-cluster-id`.
const PARAMETERS: [&str; 5] = ["use_ssl", "user_id", "user_agent", "session_id", "x-"];

/// An address of Spark Connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SparkAddress {
    text: String,
    host: String,
    port: u16,
}

/// What is wrong with an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SparkAddressFault {
    /// It does not begin with `sc://` and a host, or has more than that and parameters.
    Form,
    /// It holds a token, or may.
    Token,
    /// A parameter is none of the protocol, by its name.
    Parameter(String),
}

impl fmt::Display for SparkAddressFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("an address of Spark Connect is written `sc://host:15002/;use_ssl=true`"),
            Self::Token => f.write_str(
                "a token in an address is shown to all who can list processes; make another one, put it into the \
                 environment variable SPARK_CONNECT_AUTHENTICATE_TOKEN, and add `/;use_ssl=true` to the address",
            ),
            Self::Parameter(name) => {
                let known = PARAMETERS.join("`, `");
                write!(f, "`{name}` is no parameter of an address; there are `{known}...`")
            }
        }
    }
}

impl std::error::Error for SparkAddressFault {}

/// Without its parameters.
impl fmt::Display for SparkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "sc://[{}]:{}", self.host, self.port),
            false => write!(f, "sc://{}:{}", self.host, self.port),
        }
    }
}

impl SparkAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none, or holds a token.
    pub fn parse(text: &str) -> Result<Self, SparkAddressFault> {
        if ["token", "authorization"]
            .iter()
            .any(|word| text.to_ascii_lowercase().contains(&format!("{word}=")))
        {
            return Err(SparkAddressFault::Token);
        }
        let rest = text.strip_prefix("sc://").ok_or(SparkAddressFault::Form)?;
        let (place, parameters) = match rest.split_once('/') {
            Some((place, parameters)) => (place, parameters.strip_prefix(';').unwrap_or(parameters)),
            None => (rest, ""),
        };
        for parameter in parameters.split(';').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or(SparkAddressFault::Form)?;
            if value.contains(['=', '?', '#', '/']) {
                return Err(SparkAddressFault::Form);
            }
            if !PARAMETERS
                .iter()
                .any(|known| name == *known || known.ends_with('-') && name.starts_with(known))
            {
                return Err(SparkAddressFault::Parameter(name.to_string()));
            }
        }
        let (host, port) = split_place(place).ok_or(SparkAddressFault::Form)?;
        Ok(Self { text: text.to_string(), host, port })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host: a name, or an address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_here(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1")
    }
}

/// The host and the port of `host`, `host:port`, `[address]` or `[address]:port`.
fn split_place(place: &str) -> Option<(String, u16)> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
        }
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c);
    let is_host = !host.is_empty() && host.chars().all(is_plain);
    let port = port.map_or(Some(PORT), |port| port.parse().ok().filter(|port| *port > 0))?;
    is_host.then(|| (host.to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_host_and_no_secret() {
        for (text, shown) in [
            ("sc://localhost", "sc://localhost:15002"),
            ("sc://spark.example:443/;use_ssl=true;x-databricks-cluster-id=1", "sc://spark.example:443"),
            ("sc://[::1]:1/;user_id=robin", "sc://[::1]:1"),
            ("sc://a/", "sc://a:15002"),
        ] {
            let address = SparkAddress::parse(text).unwrap();
            assert_eq!((address.as_str(), address.to_string().as_str()), (text, shown));
        }
        for text in [
            "",
            "localhost:15002",
            "http://spark.example",
            "sc://",
            "sc://:15002",
            "sc:///;use_ssl=true",
            "sc://a@b",
            "sc://a:99999",
            "sc://a:0",
            "sc://a/path",
            "sc://a?x=1",
            "sc://a#x",
            "sc://a;use_ssl=true",
            "sc://a/;use_ssl",
            "sc://a/;user_id=b=c",
            "sc://a/;user_id=b?c",
        ] {
            assert_eq!(SparkAddress::parse(text), Err(SparkAddressFault::Form), "{text}");
        }
        for text in [
            "sc://a/;token=x",
            "sc://a:1/;use_ssl=true;TOKEN=x",
            "sc://a?token=x",
            "sc://a/#token=x",
            "sc://a/;authorization=x",
        ] {
            assert_eq!(SparkAddress::parse(text), Err(SparkAddressFault::Token), "{text}");
        }
        let fault = SparkAddress::parse("sc://a/;grpc_keepalive_time_ms=1").unwrap_err();
        assert!(fault.to_string().starts_with("`grpc_keepalive_time_ms` is no parameter"), "{fault}");
    }
}
