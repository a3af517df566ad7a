//! The reading plan for the pushes to a base branch: which of its commits were its tip.

use crate::github::{GitHub, translate, wire};
use crate::http::client::Reply;
use crate::http::gaps::truncated;
use crate::http::pages::{Page, PageNames};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::Gap;
use portcullis_model::landing::BranchPush;
use serde::Deserialize;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;

const WHAT: &str = "the pushes to the base branch";

/// How many pages of the branch's activity are read.
const PAGES: usize = 30;

/// A page of "List repository activities", which come newest first.
///
/// A server that does not have this list answers 404. A token cannot be the reason: the list needs
/// the permission to read contents, as the branch does, which the host has told by then.
#[derive(Deserialize)]
#[serde(transparent)]
struct Activities(Vec<wire::RepositoryActivity>);

impl Page for Activities {
    fn value(what: &str, reply: &Reply) -> Result<Value, Gap> {
        if reply.response.status == 404 { Ok(Value::Array(Vec::new())) } else { reply.value(what) }
    }
}

/// What was read of the pushes to branches: landings of one deployment ask of the same ones.
#[derive(Default)]
pub(super) struct PushCache(RefCell<BTreeMap<BranchName, Pushes>>);

/// The pushes to a branch, newest first.
#[derive(Clone, Default)]
struct Pushes {
    read: Vec<BranchPush>,
    /// Why there are no more to be read; `None` where there may be.
    end: Option<Result<(), Gap>>,
}

impl Pushes {
    /// Are these all, or all back to some tips? An error is why that cannot be seen.
    fn are_enough(&self, back_to: &[Revision]) -> Option<Result<(), Gap>> {
        let left_at = |tip: &Revision| self.read.iter().any(|push| push.after.as_ref() == Some(tip));
        if back_to.iter().all(left_at) { Some(Ok(())) } else { self.end.clone() }
    }
}

impl GitHub {
    pub(super) fn pushes_to(
        &self,
        branch: &BranchName,
        back_to: &[Revision],
    ) -> Result<Vec<BranchPush>, Gap> {
        let known = self.pushes.0.borrow().get(branch).cloned();
        let known = match known.filter(|known| known.are_enough(back_to).is_some()) {
            Some(known) => known,
            None => self.read_pushes(branch, back_to)?,
        };
        self.pushes.0.borrow_mut().insert(branch.clone(), known.clone());
        known.are_enough(back_to).unwrap_or_else(|| Err(too_many()))?;
        Ok(known.read)
    }

    fn read_pushes(&self, branch: &BranchName, back_to: &[Revision]) -> Result<Pushes, Gap> {
        let reference = format!("refs/heads/{branch}");
        let segments = self.at(&["activity"]);
        let mut pages = self.client.pages(WHAT, PageNames::Cursor, &segments, &[("ref", &reference)])?;
        let mut pushes = Pushes::default();
        for number in 0..PAGES {
            match pages.next() {
                Ok(Some(Activities(page))) if page.is_empty() && number > 0 => {
                    pushes.end = Some(Err(truncated(WHAT, "a later page of them is empty")));
                }
                Ok(Some(Activities(mut page))) => {
                    page.retain(|entry| entry.reference == reference);
                    let page: Result<Vec<_>, Gap> = page.into_iter().map(push_of).collect();
                    pushes.read.extend(page?);
                }
                Ok(None) => pushes.end = Some(Ok(())),
                Err(gap) => pushes.end = Some(Err(gap)),
            }
            if pushes.are_enough(back_to).is_some() {
                return Ok(pushes);
            }
        }
        Ok(Pushes { end: Some(Err(too_many())), ..pushes })
    }
}

fn too_many() -> Gap {
    let detail = format!(
        "the push that brought what the request begins on is not among the last {PAGES} pages of them"
    );
    let remedy = "Update the branch of the request (merge the base branch into it, or rebase it), and have the new head approved; \
                  if it has landed already, have what landed reviewed, and grant a waiver for the commit";
    Gap { remedy: remedy.to_string(), ..truncated(WHAT, detail) }
}

fn push_of(entry: wire::RepositoryActivity) -> Result<BranchPush, Gap> {
    let tip = |name: String| match translate::is_no_commit(&name) {
        true => Ok(None),
        false => translate::revision(WHAT, name).map(Some),
    };
    Ok(BranchPush { before: tip(entry.before)?, after: tip(entry.after)? })
}
