//! Lists in pages, by `Link: rel="next"` (GitHub docs, "Using pagination in the REST API").
//!
//! A list that was not seen to its end is a gap: a page that repeats or is jumped over, a next page
//! on another host, an empty page in the middle, or a full last page with more behind it.

use crate::collect::host::github::address::{Origin, resolve};
use crate::collect::host::github::client::{Client, Reply, malformed, truncated};
use crate::model::fact::Gap;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// The size of pages asked for; GitHub gives no larger ones.
const SIZE: usize = 100;
/// The longest list that is read.
const CAP: usize = 100;

/// A page of a list.
pub(super) trait Page: DeserializeOwned {
    /// How many items it holds.
    fn count(&self) -> usize;

    /// Reads it from an answer.
    fn read(what: &str, reply: &Reply) -> Result<Self, Gap> {
        reply.read(what)
    }
}

impl<T: DeserializeOwned> Page for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }
}

/// A walk over the pages of one list.
pub(super) struct Pages<'a> {
    client: &'a Client,
    what: &'a str,
    kind: Kind,
    next: Option<String>,
    seen: BTreeSet<String>,
    body: Vec<u8>,
    last: u64,
}

/// How the pages of a list are named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// By number, so that it can be counted on.
    Numbered,
    /// By a cursor that only the host understands.
    Cursor,
}

impl Client {
    /// Starts a walk over a list.
    pub fn pages<'a>(
        &'a self,
        what: &'a str,
        kind: Kind,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Pages<'a>, Gap> {
        let mut query = query.to_vec();
        query.push(("per_page", "100"));
        let next = Some(self.url(what, segments, &query)?);
        Ok(Pages { client: self, what, kind, next, seen: BTreeSet::new(), body: Vec::new(), last: 0 })
    }

    /// A whole list.
    pub fn list<T: DeserializeOwned>(&self, what: &str, segments: &[&str]) -> Result<Vec<T>, Gap> {
        let mut pages = self.pages(what, Kind::Numbered, segments, &[])?;
        let mut items = Vec::new();
        while let Some(page) = pages.next::<Vec<T>>()? {
            items.extend(page);
        }
        Ok(items)
    }
}

impl Pages<'_> {
    /// The next page; `None` after the last.
    pub fn next<P: Page>(&mut self) -> Result<Option<P>, Gap> {
        let Some(url) = self.next.take() else {
            return Ok(None);
        };
        if !self.seen.insert(url.clone()) {
            return Err(truncated(self.what, "the pages of the list lead in a circle"));
        }
        if self.seen.len() > CAP {
            return Err(truncated(self.what, format!("the list has more than {CAP} pages")));
        }
        let reply = self.client.fetch(self.what, &url, None)?;
        let page = P::read(self.what, &reply)?;
        if page.count() > 0 && self.body == reply.response.body {
            return Err(truncated(self.what, "a page is the same as the one before"));
        }
        self.next = self.after::<P>(&url, &reply, page.count())?;
        self.body = reply.response.body;
        Ok(Some(page))
    }

    fn after<P: Page>(&mut self, asked: &str, reply: &Reply, count: usize) -> Result<Option<String>, Gap> {
        let links =
            Links::of(reply).ok_or_else(|| malformed(self.what, "the links between pages cannot be read"))?;
        self.last = self.last.max(links.last.as_deref().and_then(page_number).unwrap_or(0));
        let here = page_number(asked).unwrap_or(1);
        match links.next {
            Some(next) => self.onward(asked, reply, next, count).map(Some),
            None if here < self.last => {
                Err(truncated(self.what, format!("page {here} of {} names no next page", self.last)))
            }
            // A proxy may have lost the link.
            None if count >= SIZE && self.kind == Kind::Numbered => {
                self.nothing_behind::<P>(asked, here).map(|()| None)
            }
            None => Ok(None),
        }
    }

    fn onward(&self, asked: &str, reply: &Reply, next: String, count: usize) -> Result<String, Gap> {
        if Origin::of(&next) != Origin::of(&reply.url) {
            return Err(truncated(self.what, "the next page lies on another host"));
        }
        if count == 0 {
            return Err(truncated(self.what, "a page in the middle is empty"));
        }
        let here = page_number(asked).unwrap_or(1);
        match page_number(&next) {
            Some(number) if number != here + 1 => {
                Err(truncated(self.what, format!("page {here} is followed by page {number}")))
            }
            _ => Ok(next),
        }
    }

    fn nothing_behind<P: Page>(&self, asked: &str, here: u64) -> Result<(), Gap> {
        let base = asked.split_once("&page=").map_or(asked, |(base, _)| base);
        let probe = format!("{base}&page={}", here + 1);
        let behind: P = self.client.fetch(self.what, &probe, None)?.read(self.what)?;
        if behind.count() == 0 { Ok(()) } else { Err(truncated(self.what, "a full page names no next page")) }
    }
}

/// The targets of a `Link` header, made whole.
#[derive(Default)]
struct Links {
    next: Option<String>,
    last: Option<String>,
}

impl Links {
    /// `None` when a target cannot be made whole. A missing header is a list of one page.
    fn of(reply: &Reply) -> Option<Links> {
        let mut links = Links::default();
        let origin = Origin::of(&reply.url)?;
        for part in reply.response.header("link").unwrap_or("").split('<').skip(1) {
            let (target, parameters) = part.split_once('>')?;
            let target = resolve(&origin, target)?;
            if parameters.contains("rel=\"next\"") {
                links.next = Some(target);
            } else if parameters.contains("rel=\"last\"") {
                links.last = Some(target);
            }
        }
        Some(links)
    }
}

fn page_number(url: &str) -> Option<u64> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("page="))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_are_not_page_sizes() {
        assert_eq!(page_number("https://x.test/a?per_page=100&page=3"), Some(3));
        assert_eq!(page_number("https://x.test/a?per_page=100"), None);
        assert_eq!(page_number("https://x.test/a"), None);
    }
}
