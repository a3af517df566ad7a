//! One HTTP client for the REST APIs of all hosts: retries, rate limits, redirects, pages, and what
//! a refusal means.
//!
//! - `transport` carries one request, `address` builds addresses, `client` asks one question,
//!   `retry` says when to ask again, `json` reads an answer;
//! - `pages` walks lists, along the `links` between them;
//! - `lanes` is one way for several clients at once;
//! - what one API does otherwise than another is a value, [`ApiStyle`], which the host's folder
//!   holds.
//!
//! What was not seen whole and for certain is a gap. In particular a 404 never means that a thing
//! does not exist: hosts also give it for what a token may not see.

use serde_json::Value;

pub mod address;
pub(super) mod client;
pub(super) mod gaps;
mod json;
pub mod lanes;
mod links;
pub(super) mod pages;
mod retry;
pub mod transport;

pub use retry::RetryPolicy;

/// The ways of one kind of API.
pub struct ApiStyle {
    /// The product, for sentences.
    pub product: &'static str,
    /// Headers of every request, names in lower case: the media type and the version of the API.
    pub headers: &'static [(&'static str, &'static str)],
    /// The header that shows a token: its name in lower case, and its value.
    pub authorization: fn(&str) -> (&'static str, String),
    /// Is an answer of this media type JSON? It comes in lower case and without parameters.
    pub is_json: fn(&str) -> bool,
    /// What an answer with status 200 says against itself.
    pub disclaimer: fn(&Value) -> Option<String>,
    /// The header in which a refusal names the permission that the token lacks, in lower case.
    pub permission_header: Option<&'static str>,
    /// What to do about a token that the host does not know.
    pub token_rejected: &'static str,
    /// What to do where the host refuses and names no permission.
    pub permission_missing: &'static str,
    /// What to do where no token was sent; the permission that it needs, where the host named it.
    pub token_missing: fn(Option<&str>) -> String,
    /// How the API limits the rate of requests.
    pub limits: LimitStyle,
    /// How the API cuts lists into pages.
    pub pages: PageStyle,
}

/// How an API limits the rate of requests.
pub struct LimitStyle {
    /// The header with the number of requests that are left.
    pub remaining: &'static str,
    /// The header with the Unix time in seconds when the limit is reset.
    pub reset: &'static str,
    /// What the body of a 403 holds where it is a limit and no refusal, in lower case.
    pub phrases: &'static [&'static str],
}

/// How an API cuts lists into pages; `Link` headers name the next one.
pub struct PageStyle {
    /// The parameter that asks for a size.
    pub size_parameter: &'static str,
    /// The largest size of a page, in items.
    pub size: usize,
    /// The parameter with the number of the page, from 1.
    pub number_parameter: &'static str,
    /// Parameters that say where a page begins, and leave it a page of the same list.
    pub position_parameters: &'static [&'static str],
    /// What tells an item from the others of its list.
    pub identity: fn(&Value) -> String,
    /// May an item come twice on a page and hide none?
    pub may_repeat: fn(&Value) -> bool,
    /// The headers with the number of the next page, empty on the last one, and with the number of
    /// pages; an answer without them has links.
    pub number_headers: Option<(&'static str, &'static str)>,
    /// Do links to pages name parameters that were not asked for, with their defaults?
    pub links_spell_defaults: bool,
    /// Does the path of a next page, the second, lead to the list of the first, although it is
    /// spelled otherwise?
    pub is_alias: fn(&str, &str) -> bool,
}
