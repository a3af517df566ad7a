//! Settings of the connector that reads an API.

use super::SecretPlace;
use super::file::MemberPath;
use jiff::SignedDuration;

/// A read-back API that answers with pages of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// The first page. `http:` is accepted on loopback addresses alone.
    pub url: String,
    /// A JSON pointer to the array of records on a page; empty: the page is the array.
    pub rows: String,
    /// How the name of a column leads to a member of a record.
    pub members: MemberPath,
    /// How the next page is found.
    pub paging: HttpPaging,
    /// A JSON pointer to the number of all records, if a page has it.
    pub total: Option<String>,
    /// The header that says who asks.
    pub credential: Option<HttpCredential>,
    /// Least time between the beginnings of two requests.
    pub pause: SignedDuration,
    /// Longest time for one page.
    pub timeout: SignedDuration,
    /// A file of authorities in PEM; those of the operating system where this is `None`.
    pub ca_file: Option<String>,
    /// The greatest page in bytes.
    pub longest_page: u64,
}

impl HttpSettings {
    /// Greatest page, where the policy does not say: 64 MiB.
    pub const LONGEST_PAGE: u64 = 64 << 20;

    /// One page, an array of objects, no credential.
    #[must_use]
    pub fn of_url(url: &str) -> Self {
        Self {
            url: url.to_string(),
            rows: String::new(),
            members: MemberPath::Name,
            paging: HttpPaging::OnePage,
            total: None,
            credential: None,
            pause: SignedDuration::ZERO,
            timeout: SignedDuration::from_secs(60),
            ca_file: None,
            longest_page: Self::LONGEST_PAGE,
        }
    }
}

/// How the next page is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpPaging {
    /// There is one page.
    OnePage,
    /// A page holds a token that the next request repeats as a parameter of its query. The last
    /// page has none, or NULL, or an empty one.
    Token {
        /// JSON pointer to the token.
        token: String,
        /// Name of the parameter.
        parameter: String,
    },
    /// A page holds the address of the next one, which has to be on the same host.
    NextUrl {
        /// JSON pointer to the address.
        next: String,
    },
    /// The header `Link` with `rel="next"` (RFC 8288) holds it, on the same host.
    LinkHeader,
    /// Pages have numbers; an empty page is the last.
    Number {
        /// Name of the parameter.
        parameter: String,
        /// The first page's number.
        first: u64,
    },
}

/// A header that says who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpCredential {
    /// Name of the header, for example `Authorization`.
    pub header: String,
    /// What comes before the secret in it, for example `Bearer `.
    pub prefix: String,
    /// Where the secret is.
    pub secret: SecretPlace,
}
