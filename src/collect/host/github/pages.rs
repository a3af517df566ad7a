//! Lists in pages, by `Link: rel="next"` (GitHub docs, "Using pagination in the REST API").
//!
//! A list that was not seen to its end is a gap: an item that comes twice, a page that is jumped over, a next page on another
//! host or of another list, an empty page in the middle, or a full last page with more behind it.

use crate::collect::host::github::address::{Origin, path_and_query};
use crate::collect::host::github::client::{Client, Reply, malformed, truncated};
use crate::collect::host::github::links::Links;
use crate::model::fact::Gap;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The size of pages asked for; GitHub gives no larger ones.
const SIZE: usize = 100;
/// The longest list that is read.
const CAP: usize = 100;

/// A page of a list.
pub(super) trait Page: DeserializeOwned {
    /// Where the items are in it, as a JSON pointer.
    const LIST: &str = "";

    /// The JSON of an answer.
    fn value(what: &str, reply: &Reply) -> Result<Value, Gap> {
        reply.value(what)
    }
}

impl<T: DeserializeOwned> Page for Vec<T> {}

/// A walk over the pages of one list.
pub(super) struct Pages<'a> {
    client: &'a Client,
    what: &'a str,
    kind: Kind,
    next: Option<String>,
    seen: BTreeSet<String>,
    /// What the items of earlier pages are told apart by.
    items: BTreeSet<String>,
    last: u64,
    /// Is there perhaps more, although no next page was named?
    is_cut: bool,
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
        Ok(Pages {
            client: self,
            what,
            kind,
            next,
            seen: BTreeSet::new(),
            items: BTreeSet::new(),
            last: 0,
            is_cut: false,
        })
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
        let count = self.count::<P>(&value)?;
        self.next = self.after::<P>(&url, &reply, count)?;
        let page = serde_json::from_value(value).map_err(|error| {
            malformed(self.what, format!("the answer is not what GitHub documents: {error}"))
        })?;
        Ok(Some(page))
    }

    /// How many items there are. An item that stood on an earlier page, or twice on this one, says that the list moved
    /// while it was read, and another may have been missed.
    fn count<P: Page>(&mut self, value: &Value) -> Result<usize, Gap> {
        let items = items::<P>(self.what, value)?;
        let mut here = BTreeMap::new();
        for item in items {
            let key = identity(item);
            let again =
                here.insert(key.clone(), item).is_some_and(|first| first != item || !is_looked_up(item));
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
        self.last = self.last.max(links.last.as_deref().and_then(page_number).unwrap_or(0));
        let here = page_number(asked).unwrap_or(1);
        match links.next {
            Some(next) => self.onward(asked, reply, next, count).map(Some),
            None if here < self.last => {
                Err(truncated(self.what, format!("page {here} of {} names no next page", self.last)))
            }
            // A proxy may have lost the link.
            None if count >= SIZE => self.nothing_behind::<P>(asked, here).map(|()| None),
            None => Ok(None),
        }
    }

    fn onward(&self, asked: &str, reply: &Reply, next: String, count: usize) -> Result<String, Gap> {
        if Origin::of(&next) != Origin::of(&reply.url) {
            return Err(truncated(self.what, "the next page lies on another host"));
        }
        if ![asked, reply.url.as_str()].into_iter().any(|list| is_same_list(list, &next)) {
            return Err(truncated(self.what, "the next page is of another list"));
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

    /// Of pages with a cursor nobody can ask for the next without its name: whoever wants more gets a gap.
    fn nothing_behind<P: Page>(&mut self, asked: &str, here: u64) -> Result<(), Gap> {
        if self.kind == Kind::Cursor {
            self.is_cut = true;
            return Ok(());
        }
        let base = asked.split_once("&page=").map_or(asked, |(base, _)| base);
        let probe = format!("{base}&page={}", here + 1);
        let behind = P::value(self.what, &self.client.fetch(self.what, &probe, None)?)?;
        if items::<P>(self.what, &behind)?.is_empty() { Ok(()) } else { Err(self.more()) }
    }
}

impl Pages<'_> {
    fn more(&self) -> Gap {
        truncated(self.what, "a full page names no next page")
    }
}

fn items<'v, P: Page>(what: &str, value: &'v Value) -> Result<&'v Vec<Value>, Gap> {
    let list = value.pointer(P::LIST).and_then(Value::as_array);
    list.ok_or_else(|| malformed(what, "the answer is not what GitHub documents: there is no list in it"))
}

/// What tells an item from others of its list: its number in the repository or at the host, or the name of its commit, or all
/// of it.
fn identity(item: &Value) -> String {
    let names = ["number", "id", "sha"];
    let name = names.into_iter().find_map(|name| item.get(name).filter(|value| !value.is_null()));
    name.unwrap_or(item).to_string()
}

/// Is it a commit? Those are looked up by name, and one that is missing is asked for by itself, so that the same one twice on
/// a page hides none.
fn is_looked_up(item: &Value) -> bool {
    item.get("id").is_none() && item.get("sha").is_some()
}

/// Does an address lead to another page of this list: the same path, and the same questions about it? GitHub names the
/// repository, organisation and team of the next page by number.
fn is_same_list(list: &str, next: &str) -> bool {
    let (Some((path, query)), Some((next_path, next_query))) = (path_and_query(list), path_and_query(next))
    else {
        return false;
    };
    let asks = |query: &[(String, String)]| {
        let is_place = |name: &str| matches!(name, "page" | "after" | "before");
        query.iter().filter(|(name, _)| !is_place(name)).cloned().collect::<BTreeSet<_>>()
    };
    is_same_path(&path, &next_path) && asks(&query) == asks(&next_query)
}

fn is_same_path(path: &str, next: &str) -> bool {
    path == next || by_number(path, next, "/repos/", "/repositories/", 2) || is_same_team(path, next)
}

/// Is `next` the path, but for a number in the place of so many names?
fn by_number(path: &str, next: &str, named: &str, numbered: &str, names: usize) -> bool {
    let (Some((root, path)), Some((next_root, next))) = (path.split_once(named), next.split_once(numbered))
    else {
        return false;
    };
    let Some((number, rest)) = next.split_once('/') else { return false };
    let below = path.splitn(names + 1, '/').nth(names);
    root == next_root && is_number(number) && below == Some(rest)
}

/// `/orgs/ORGANISATION/teams/TEAM/members` is `/organizations/NUMBER/team/NUMBER/members` to GitHub.
fn is_same_team(path: &str, next: &str) -> bool {
    let (Some((root, path)), Some((next_root, next))) =
        (path.split_once("/orgs/"), next.split_once("/organizations/"))
    else {
        return false;
    };
    let (path, next): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), next.split('/').collect());
    match (path.as_slice(), next.as_slice()) {
        ([_, "teams", _, below @ ..], [organisation, "team", team, next @ ..]) => {
            root == next_root && is_number(organisation) && is_number(team) && below == next
        }
        _ => false,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
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

    #[test]
    fn the_next_page_is_of_the_same_list() {
        let list = "https://x.test/api/v3/repos/o/r/pulls/7/reviews?per_page=100";
        for next in [
            "https://x.test/api/v3/repos/o/r/pulls/7/reviews?per_page=100&page=2",
            "https://x.test/api/v3/repos/o/r/pulls/7/reviews?page=2&per_page=100",
            "https://x.test/api/v3/repositories/100/pulls/7/reviews?per_page=100&page=2",
        ] {
            assert!(is_same_list(list, next), "{next}");
        }
        for next in [
            "https://x.test/api/v3/repos/o/r/pulls/8/reviews?per_page=100&page=2",
            "https://x.test/api/v3/repos/o/other/pulls/7/reviews?per_page=100&page=2",
            "https://x.test/api/v3/repositories/100/pulls/8/reviews?per_page=100&page=2",
            "https://x.test/api/v3/repositories/r/pulls/7/reviews?per_page=100&page=2",
            "https://x.test/other/repositories/100/pulls/7/reviews?per_page=100&page=2",
            "https://x.test/api/v3/repos/o/r/pulls/7/comments?per_page=100&page=2",
            "https://x.test/api/v3/repos/o/r/pulls/7/reviews?per_page=30&page=2",
            "https://x.test/api/v3/repos/o/r/pulls/7/reviews?page=2",
        ] {
            assert!(!is_same_list(list, next), "{next}");
        }
        let team = "https://x.test/orgs/o/teams/t/members?per_page=100";
        assert!(is_same_list(team, "https://x.test/organizations/5/team/6/members?per_page=100&page=2"));
        assert!(!is_same_list(team, "https://x.test/organizations/5/team/t/members?per_page=100&page=2"));
        assert!(!is_same_list(team, "https://x.test/organizations/5/team/6/repos?per_page=100&page=2"));
        let branch = "https://x.test/repos/o/r/activity?ref=refs%2Fheads%2Fa%2Fb&per_page=100";
        assert!(is_same_list(
            branch,
            "https://x.test/repositories/1/activity?after=xyz&per_page=100&ref=refs/heads/a/b"
        ));
        assert!(!is_same_list(branch, "https://x.test/repositories/1/activity?after=xyz&per_page=100"));
    }
}
