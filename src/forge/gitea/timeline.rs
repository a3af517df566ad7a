//! The timeline of a request: when a review was submitted, who pushed, when the base was changed.
//!
//! It is asked without a page. Then the server gives all of it; with one, it cuts the list first
//! and leaves out comments on code afterwards, and counts only what is left, so that nothing tells
//! a short page in the middle from the last one.

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
        let mut entries = read.unwrap_or_default();
        let total = reply.response.header("x-total-count").map(str::trim);
        if total.is_some_and(|total| total != entries.len().to_string()) {
            return Err(truncated(&what, format!("{} entries were given", entries.len())));
        }
        // A link to another page says that this is not all of it.
        if reply.response.header("link").is_some_and(|links| links.contains("next")) {
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
/// number of the review.
pub(super) fn submissions(entries: &[wire::TimelineEntry]) -> BTreeMap<u64, (u64, Timestamp)> {
    let reviews = entries.iter().filter(|entry| entry.kind == "review" && entry.review_id > 0);
    (1..).zip(reviews).map(|(position, entry)| (entry.review_id, (position, entry.created_at))).collect()
}

/// When the request was last turned to another base branch.
pub(super) fn base_changed(entries: &[wire::TimelineEntry]) -> Option<Timestamp> {
    let changes = entries.iter().filter(|entry| entry.kind == "change_target_branch");
    changes.map(|entry| entry.created_at).max()
}
