//! Lists in pages, by `page` and `limit`, counted by `X-Total-Count`.
//!
//! Neither host links the pages of every list, and a page may be shorter than it was asked to be:
//! the server has a limit of its own, and some lists leave out what the token may not see after
//! they were cut into pages. So neither a short page nor a missing link is the end. The end is
//! where the pages have covered as many items as the host counts; where it does not count, an empty
//! page.

use super::Gitea;
use super::style::{item_identity, name_scope};
use crate::http::client::{Client, Reply};
use crate::http::gaps::{contradiction, malformed, truncated};
use portcullis_model::fact::Gap;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;

/// The longest list that is read, in pages.
const CAP: u64 = 100;

/// How many items a page is asked to hold: what servers allow by default.
const SIZE: &str = "50";

/// What the host counts in the header of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    /// The items that it shows.
    Shown,
    /// Also items that it does not show: reviews that others have not submitted yet.
    AlsoHidden,
}

/// A list to read.
pub(super) struct List<'a> {
    /// What it holds, for gaps.
    pub what: &'a str,
    /// The segments of its address.
    pub segments: Vec<&'a str>,
    /// Its query, without the page.
    pub query: Vec<(&'a str, &'a str)>,
    /// Where the items are in an answer, as a JSON pointer.
    pub items: &'static str,
    /// What the host counts.
    pub counted: Counted,
}

impl<'a> List<'a> {
    /// A list that is the whole answer, and of which everything is shown.
    pub fn new(what: &'a str, segments: Vec<&'a str>) -> List<'a> {
        List { what, segments, query: Vec::new(), items: "", counted: Counted::Shown }
    }
}

impl Gitea {
    /// A whole list.
    pub(super) fn list<T: DeserializeOwned>(&self, list: &List<'_>) -> Result<Vec<T>, Gap> {
        list_all(&self.client, list)
    }
}

/// A whole list, of no repository in particular.
pub(super) fn list_all<T: DeserializeOwned>(client: &Client, list: &List<'_>) -> Result<Vec<T>, Gap> {
    let mut walk = Walk::default();
    let mut items = Vec::new();
    for page in 1..=CAP {
        let reply = get_page(client, list, page)?;
        let (value, total) = (reply.value(list.what).map_err(name_scope)?, total_of(list.what, &reply)?);
        let here = items_of(list, &reply, value, total)?;
        walk.add(list.what, &here, total)?;
        let count = here.len();
        let read: Result<Vec<T>, _> = here.into_iter().map(serde_json::from_value).collect();
        items.extend(read.map_err(|error| reply.undocumented(list.what, &error))?);
        if walk.is_at_end(page, count, list.counted) {
            return walk.check(list).map(|()| items);
        }
    }
    Err(truncated(list.what, format!("the list has more than {CAP} pages")))
}

fn get_page(client: &Client, list: &List<'_>, page: u64) -> Result<Reply, Gap> {
    let number = page.to_string();
    let query = [&list.query[..], &[("limit", SIZE), ("page", &number)]].concat();
    let url = client.url(list.what, &list.segments, &query)?;
    client.fetch(list.what, &url, None)
}

/// How many items the host says that the list has.
fn total_of(what: &str, reply: &Reply) -> Result<Option<u64>, Gap> {
    let Some(said) = reply.response.header("x-total-count") else { return Ok(None) };
    let number = said.trim().parse();
    number.map(Some).map_err(|_| malformed(what, format!("X-Total-Count is `{said}`")))
}

/// The items of a page. A list without any is also written as `null`, and then counted as such.
fn items_of(list: &List<'_>, reply: &Reply, mut value: Value, total: Option<u64>) -> Result<Vec<Value>, Gap> {
    let items = match value.pointer_mut(list.items).map(Value::take) {
        Some(Value::Array(items)) => items,
        Some(Value::Null) if total == Some(0) => Vec::new(),
        _ => return Err(reply.undocumented(list.what, &"there is no list in it")),
    };
    if items.is_empty() && names_more(reply) {
        return Err(truncated(list.what, "a page without items names pages behind it"));
    }
    Ok(items)
}

/// Does an answer link to pages behind it?
pub(super) fn names_more(reply: &Reply) -> bool {
    let links = reply.response.header("link").unwrap_or_default();
    links.contains("next") || links.contains("last")
}

/// What was seen of a list so far.
#[derive(Default)]
struct Walk {
    /// The identities of the items.
    items: BTreeSet<String>,
    seen: u64,
    /// The number of items on the longest page.
    longest: u64,
    /// What the host counts; the outer `None` before the first page.
    total: Option<Option<u64>>,
}

impl Walk {
    fn add(&mut self, what: &str, items: &[Value], total: Option<u64>) -> Result<(), Gap> {
        let moved =
            || truncated(what, "an item came twice, or the count changed: the list moved while it was read");
        if self.total.is_some_and(|known| known != total) {
            return Err(moved());
        }
        self.total = Some(total);
        for item in items {
            if !self.items.insert(item_identity(item)) {
                return Err(moved());
            }
        }
        let count = items.len() as u64;
        self.seen += count;
        self.longest = self.longest.max(count);
        Ok(())
    }

    fn is_at_end(&self, page: u64, count: usize, counted: Counted) -> bool {
        match (self.total.flatten(), counted) {
            (None, _) => count == 0,
            (Some(total), Counted::Shown) => count == 0 || self.seen >= total,
            // The longest page is at most as long as the server cuts them.
            (Some(total), Counted::AlsoHidden) => page.saturating_mul(self.longest.max(1)) >= total,
        }
    }

    fn check(&self, list: &List<'_>) -> Result<(), Gap> {
        let Some(total) = self.total.flatten() else { return Ok(()) };
        let seen = self.seen;
        if seen > total {
            return Err(contradiction(list.what, format!("the host counts {total} items and shows {seen}")));
        }
        if seen < total && list.counted == Counted::Shown {
            return Err(truncated(list.what, format!("{seen} of {total} items were given")));
        }
        Ok(())
    }
}
