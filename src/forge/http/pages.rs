//! Lists in pages, by `Link: rel="next"` (RFC 8288).
//!
//! A list that was not seen to its end is a gap: an item that comes twice, a page that is jumped
//! over, a next page on another host or of another list, an empty page in the middle, or a full
//! last page with more behind it.

use super::PageStyle;
use super::address::{Origin, path_and_query};
use super::client::{Client, Reply};
use super::gaps::{malformed, truncated};
use super::links::Links;
use portcullis_model::fact::Gap;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The longest list that is read, in pages.
const CAP: usize = 100;

/// A page of a list.
pub trait Page: DeserializeOwned {
    /// Where the items are in it, as a JSON pointer.
    const LIST: &str = "";

    /// The JSON of an answer.
    fn value(what: &str, reply: &Reply) -> Result<Value, Gap> {
        reply.value(what)
    }
}

impl<T: DeserializeOwned> Page for Vec<T> {}

/// A walk over the pages of one list.
pub struct Pages<'a> {
    client: &'a Client,
    what: &'a str,
    names: PageNames,
    next: Option<String>,
    seen: BTreeSet<String>,
    /// The identities of the items of earlier pages.
    items: BTreeSet<String>,
    last: u64,
    /// Is there perhaps more, although no next page was named?
    is_cut: bool,
}

/// How the pages of a list are named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PageNames {
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
        names: PageNames,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Pages<'a>, Gap> {
        let next = Some(self.first_page(what, segments, query)?);
        Ok(Pages {
            client: self,
            what,
            names,
            next,
            seen: BTreeSet::new(),
            items: BTreeSet::new(),
            last: 0,
            is_cut: false,
        })
    }

    /// The address of the first page of a list.
    pub fn first_page(&self, what: &str, segments: &[&str], query: &[(&str, &str)]) -> Result<String, Gap> {
        let mut query = query.to_vec();
        let size = self.style.pages.size.to_string();
        query.push((self.style.pages.size_parameter, &size));
        self.url(what, segments, &query)
    }

    /// A whole list.
    pub fn list<T: DeserializeOwned>(&self, what: &str, segments: &[&str]) -> Result<Vec<T>, Gap> {
        self.list_with(what, segments, &[])
    }

    /// A whole list, asked for with a query.
    pub fn list_with<T: DeserializeOwned>(
        &self,
        what: &str,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, Gap> {
        let mut pages = self.pages(what, PageNames::Numbered, segments, query)?;
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
            return if self.is_cut { Err(self.more()) } else { Ok(None) };
        };
        if !self.seen.insert(url.clone()) {
            return Err(truncated(self.what, "the pages of the list lead in a circle"));
        }
        if self.seen.len() > CAP {
            return Err(truncated(self.what, format!("the list has more than {CAP} pages")));
        }
        let reply = self.client.fetch(self.what, &url, None)?;
        let value = P::value(self.what, &reply)?;
        let count = self.count::<P>(&reply, &value)?;
        self.next = self.after::<P>(&url, &reply, count)?;
        let page = serde_json::from_value(value).map_err(|error| reply.undocumented(self.what, &error))?;
        Ok(Some(page))
    }

    /// The number of items. An item that was on an earlier page, or comes twice on this one, says
    /// that the list moved while it was read, and another may have been missed.
    fn count<P: Page>(&mut self, reply: &Reply, value: &Value) -> Result<usize, Gap> {
        let style = &self.client.style.pages;
        let items = items::<P>(self.what, reply, value)?;
        let mut here = BTreeMap::new();
        for item in items {
            let key = (style.identity)(item);
            let again = here
                .insert(key.clone(), item)
                .is_some_and(|first| first != item || !(style.may_repeat)(item));
            if again || self.items.contains(&key) {
                return Err(truncated(
                    self.what,
                    "an item of the list came twice: the list moved while it was read",
                ));
            }
        }
        self.items.extend(here.into_keys());
        Ok(items.len())
    }

    fn after<P: Page>(&mut self, asked: &str, reply: &Reply, count: usize) -> Result<Option<String>, Gap> {
        let links = Links::of(&reply.url, &reply.response)
            .map_err(|why| malformed(self.what, format!("the links between pages cannot be read: {why}")))?;
        self.last = self.last.max(links.last.as_deref().and_then(|last| self.page_number(last)).unwrap_or(0));
        let here = self.page_number(asked).unwrap_or(1);
        match self.by_number(asked, reply, links.next)? {
            Some(next) => self.onward(asked, reply, next, count).map(Some),
            None if here < self.last => {
                Err(truncated(self.what, format!("page {here} of {} names no next page", self.last)))
            }
            // A proxy may have lost the link.
            None if count >= self.client.style.pages.size => self.check_last::<P>(asked, here).map(|()| None),
            None => Ok(None),
        }
    }

    /// The next page: the one that a header numbers where the API has such a header, else the one
    /// that a link names. Where both say something they have to agree on whether there is one.
    fn by_number(&mut self, asked: &str, reply: &Reply, link: Option<String>) -> Result<Option<String>, Gap> {
        let header = |name: &str| reply.response.header(name).map(str::trim);
        let Some((next, pages)) = self.client.style.pages.number_headers else { return Ok(link) };
        let Some(next) = header(next) else { return Ok(link) };
        self.last = self.last.max(header(pages).and_then(|number| number.parse().ok()).unwrap_or(0));
        let has_links = reply.response.header("link").is_some();
        if has_links && link.is_some() == next.is_empty() {
            return Err(truncated(self.what, "the links and the numbers of pages say different things"));
        }
        match next.parse::<u64>() {
            Ok(number) => Ok(Some(self.page_url(asked, number))),
            Err(_) if next.is_empty() => Ok(None),
            Err(_) => Err(malformed(self.what, format!("`{next}` is no number of a page"))),
        }
    }

    /// The address of another page of a list whose pages are numbered.
    fn page_url(&self, asked: &str, number: u64) -> String {
        let parameter = format!("&{}=", self.client.style.pages.number_parameter);
        let base = asked.split_once(&parameter).map_or(asked, |(base, _)| base);
        format!("{base}{parameter}{number}")
    }

    fn onward(&self, asked: &str, reply: &Reply, next: String, count: usize) -> Result<String, Gap> {
        if Origin::of(&next) != Origin::of(&reply.url) {
            return Err(truncated(self.what, "the next page lies on another host"));
        }
        if ![asked, reply.url.as_str()]
            .into_iter()
            .any(|list| is_same_list(&self.client.style.pages, list, &next))
        {
            return Err(truncated(self.what, "the next page is of another list"));
        }
        if count == 0 {
            return Err(truncated(self.what, "a page in the middle is empty"));
        }
        let here = self.page_number(asked).unwrap_or(1);
        match self.page_number(&next) {
            Some(number) if number != here + 1 => {
                Err(truncated(self.what, format!("page {here} is followed by page {number}")))
            }
            _ => Ok(next),
        }
    }

    /// Sees that a full page without a link is the last one. The next of pages with a cursor cannot
    /// be asked for without its name: who wants more gets a gap.
    fn check_last<P: Page>(&mut self, asked: &str, here: u64) -> Result<(), Gap> {
        if self.names == PageNames::Cursor {
            self.is_cut = true;
            return Ok(());
        }
        let reply = self.client.fetch(self.what, &self.page_url(asked, here + 1), None)?;
        let behind = P::value(self.what, &reply)?;
        if items::<P>(self.what, &reply, &behind)?.is_empty() { Ok(()) } else { Err(self.more()) }
    }

    fn more(&self) -> Gap {
        truncated(self.what, "a full page names no next page")
    }

    fn page_number(&self, url: &str) -> Option<u64> {
        page_number(url, self.client.style.pages.number_parameter)
    }
}

fn items<'v, P: Page>(what: &str, reply: &Reply, value: &'v Value) -> Result<&'v Vec<Value>, Gap> {
    let list = value.pointer(P::LIST).and_then(Value::as_array);
    list.ok_or_else(|| reply.undocumented(what, &"there is no list in it"))
}

/// Does an address lead to another page of this list: the same path, and the same questions about
/// it?
pub(crate) fn is_same_list(style: &PageStyle, list: &str, next: &str) -> bool {
    let (Some((path, query)), Some((next_path, next_query))) = (path_and_query(list), path_and_query(next))
    else {
        return false;
    };
    let asks = |query: &[(String, String)]| {
        let is_place = |name: &String| style.position_parameters.contains(&name.as_str());
        query.iter().filter(|(name, _)| !is_place(name)).cloned().collect::<BTreeSet<_>>()
    };
    let (asked, next_asks) = (asks(&query), asks(&next_query));
    let is_alike =
        if style.links_spell_defaults { next_asks.is_superset(&asked) } else { next_asks == asked };
    (path == next_path || (style.is_alias)(&path, &next_path)) && is_alike
}

fn page_number(url: &str, parameter: &str) -> Option<u64> {
    let (_, query) = url.split_once('?')?;
    let values = query.split('&').filter_map(|pair| pair.split_once('='));
    values.filter(|(name, _)| *name == parameter).map(|(_, value)| value).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_are_not_page_sizes() {
        assert_eq!(page_number("https://x.test/a?per_page=100&page=3", "page"), Some(3));
        assert_eq!(page_number("https://x.test/a?per_page=100", "page"), None);
        assert_eq!(page_number("https://x.test/a", "page"), None);
    }
}
