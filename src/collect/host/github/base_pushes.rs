//! The reading plan for the pushes to a base branch: which of its commits were its tip.

use crate::collect::host::github::client::{Reply, truncated};
use crate::collect::host::github::pages::{Kind, Page};
use crate::collect::host::github::{GitHub, translate, wire};
use crate::model::change::{BranchName, Revision};
use crate::model::fact::Gap;
use crate::model::landing::BranchPush;
use serde::Deserialize;
use serde_json::Value;

const WHAT: &str = "the pushes to the base branch";

/// How many pages of the branch's activity are read.
const PAGES: usize = 10;

/// A page of "List repository activities".
///
/// A server that does not have this list answers 404. A token cannot be the reason: the list needs the permission to read contents,
/// as the branch does, which the host has told by then.
#[derive(Deserialize)]
#[serde(transparent)]
struct Activities(Vec<wire::Activity>);

impl Page for Activities {
    fn value(what: &str, reply: &Reply) -> Result<Value, Gap> {
        if reply.response.status == 404 { Ok(Value::Array(Vec::new())) } else { reply.value(what) }
    }
}

impl GitHub {
    pub(super) fn pushes_to(
        &self,
        branch: &BranchName,
        back_to: &[Revision],
    ) -> Result<Vec<BranchPush>, Gap> {
        let reference = format!("refs/heads/{branch}");
        let segments = self.at(&["activity"]);
        let mut pages = self.client.pages(WHAT, Kind::Cursor, &segments, &[("ref", &reference)])?;
        let mut entries = Vec::new();
        for _ in 0..PAGES {
            let Some(Activities(page)) = pages.next()? else { return in_order(entries) };
            entries.extend(page.into_iter().filter(|entry| entry.reference == reference));
            if back_to.iter().all(|one| entries.iter().any(|entry| entry.after == one.as_str())) {
                return in_order(entries);
            }
        }
        Err(Gap {
            remedy: "Update the branch of the request (merge the base branch into it, or rebase it), and have the new head approved."
                .to_string(),
            ..truncated(
                WHAT,
                format!("the one that brought the request's merge base is not among the last {PAGES} pages of them"),
            )
        })
    }
}

/// Newest first.
fn in_order(mut entries: Vec<wire::Activity>) -> Result<Vec<BranchPush>, Gap> {
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.timestamp, entry.id)));
    entries.into_iter().map(push).collect()
}

fn push(entry: wire::Activity) -> Result<BranchPush, Gap> {
    let tip = |name: String| match translate::is_no_commit(&name) {
        true => Ok(None),
        false => translate::revision(WHAT, name).map(Some),
    };
    Ok(BranchPush { before: tip(entry.before)?, after: tip(entry.after)? })
}
