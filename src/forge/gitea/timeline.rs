//! The timeline of a request: when a review was submitted, who pushed, when the base was changed.
//!
//! It is asked without a page. Then the server gives all of it; with one, it cuts the list first
//! and leaves out comments on code afterwards, and counts only what is left, so that nothing tells
//! a short page in the middle from the last one.

use super::lists::names_more;
use super::request::GiteaRequest;
use super::style::name_scope;
use super::{is_page_of, wire};
use crate::http::gaps::{contradiction, malformed, truncated};
use jiff::Timestamp;
use portcullis_model::fact::Gap;
use std::collections::{BTreeMap, BTreeSet};

impl GiteaRequest<'_> {
    /// Everything that happened, oldest first.
    pub(super) fn read_timeline(&self) -> Result<Vec<wire::TimelineEntry>, Gap> {
        let number = self.id.to_string();
        let what = format!("the timeline of request {number}");
        let url = self.host.client.url(&what, &self.host.at(&["issues", &number, "timeline"]), &[])?;
        let reply = self.host.client.fetch(&what, &url, None)?;
        let read: Option<Vec<wire::TimelineEntry>> = reply.read(&what).map_err(name_scope)?;
        let total = reply.response.header("x-total-count").map(str::trim);
        // None at all is also written as `null`, and then counted as such.
        let mut entries = match read {
            None if total != Some("0") => return Err(reply.undocumented(&what, &"there is no list in it")),
            read => read.unwrap_or_default(),
        };
        if total.is_some_and(|total| total != entries.len().to_string()) {
            return Err(truncated(&what, format!("{} entries were given", entries.len())));
        }
        // A link to another page says that this is not all of it.
        if names_more(&reply) {
            return Err(truncated(&what, "the host cut it into pages"));
        }
        self.check_entries(&what, &number, &entries)?;
        entries.sort_by_key(|entry| (entry.created_at, entry.id));
        Ok(entries)
    }

    fn check_entries(&self, what: &str, number: &str, entries: &[wire::TimelineEntry]) -> Result<(), Gap> {
        let names = self.names.borrow();
        let stray = entries.iter().find(|entry| !is_page_of(&entry.pull_request_url, &names, number));
        if let Some(entry) = stray {
            let found = format!("entry {} is of another request: {}", entry.id, entry.pull_request_url);
            return Err(contradiction(what, found));
        }
        let numbers: BTreeSet<u64> = entries.iter().map(|entry| entry.id).collect();
        if numbers.len() == entries.len() { Ok(()) } else { Err(malformed(what, "an entry comes twice")) }
    }
}

/// The place of each submitted review in the order of their submission, and when that was, by the
/// number of the review. One that was dismissed and of which only that is told has the place of its
/// dismissal: nothing that it said counts from there on.
pub(super) fn submissions(entries: &[wire::TimelineEntry]) -> BTreeMap<u64, (u64, Timestamp)> {
    let of_kind = |kind: &'static str| {
        let placed = (1..).zip(entries).filter(move |(_, entry)| entry.kind == kind && entry.review_id > 0);
        placed.map(|(position, entry)| (entry.review_id, (position, entry.created_at)))
    };
    of_kind("dismiss_review").chain(of_kind("review")).collect()
}

/// When the request was last turned to another base branch.
pub(super) fn base_changed(entries: &[wire::TimelineEntry]) -> Option<Timestamp> {
    let changes = entries.iter().filter(|entry| entry.kind == "change_target_branch");
    changes.map(|entry| entry.created_at).max()
}
