//! What the system's own notes on a request say: GitLab writes one when somebody approves, takes an
//! approval back, or turns the request to another branch. They are text.

use super::{GitLabRequest, wire};
use crate::http::gaps::{contradiction, malformed};
use jiff::Timestamp;
use portcullis_model::fact::Gap;

/// What one note says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Its author approved.
    Approved,
    /// Its author took an approval back.
    Unapproved,
    /// A push, or something else, took these approvals away.
    Reset,
    /// The request was turned to another target branch.
    Retargeted,
}

/// A note that says one of these things.
#[derive(Clone, Debug)]
pub(super) struct Remark {
    pub id: u64,
    pub said: Said,
    pub author: Option<wire::User>,
    pub at: Timestamp,
}

impl GitLabRequest<'_> {
    /// The notes of the system that matter, oldest first.
    pub(super) fn remarks(&self) -> Result<Vec<Remark>, Gap> {
        let number = self.id.number();
        let what = format!("the notes of request {}", self.id);
        let query = [("sort", "asc"), ("order_by", "created_at")];
        let notes: Vec<wire::Note> = self.host.client.list_with(&what, &self.at(&["notes"]), &query)?;
        if let Some(stray) = notes.iter().find(|note| note.noteable_iid.is_some_and(|it| Some(it) != number))
        {
            return Err(contradiction(&what, format!("note {} is of another request", stray.id)));
        }
        let mut remarks = Vec::new();
        for note in notes.into_iter().filter(|note| note.system) {
            if let Some(said) = read_note(&what, &note)? {
                remarks.push(Remark { id: note.id, said, author: note.author, at: note.created_at });
            }
        }
        remarks.sort_by_key(|remark| (remark.at, remark.id));
        Ok(remarks)
    }
}

/// What a note of the system says of approvals and of the target branch. Notes on other things say
/// nothing; one that is on these and cannot be read is a gap.
fn read_note(what: &str, note: &wire::Note) -> Result<Option<Said>, Gap> {
    let body = note.body.trim();
    match body {
        "approved this merge request" => return Ok(Some(Said::Approved)),
        "unapproved this merge request" => return Ok(Some(Said::Unapproved)),
        _ => (),
    }
    if body.starts_with("reset approvals from ") || body.starts_with("revoked approval") {
        return Ok(Some(Said::Reset));
    }
    if body.contains("target branch") || body.contains("now targets the") {
        return if is_retarget(body) {
            Ok(Some(Said::Retargeted))
        } else if is_presence(body) {
            Ok(None)
        } else {
            Err(unreadable(what, note))
        };
    }
    let is_on_approval = body.split_whitespace().next().is_some_and(|word| word.contains("approv"));
    if is_on_approval { Err(unreadable(what, note)) } else { Ok(None) }
}

/// "changed target branch from `a` to `b`", or "deleted the `a` branch. This merge request now
/// targets the `b` branch".
fn is_retarget(body: &str) -> bool {
    body.starts_with("changed target branch from `")
        || body.contains(" branch. This merge request now targets the `")
}

/// "deleted target branch `a`", "restored target branch `a`": the request still has it as its
/// target. Approvals are not given against another one.
fn is_presence(body: &str) -> bool {
    ["deleted target branch `", "restored target branch `"].iter().any(|start| body.starts_with(start))
}

fn unreadable(what: &str, note: &wire::Note) -> Gap {
    let text: String = note.body.chars().take(80).collect();
    malformed(what, format!("note {} is on approvals or on the target branch, and says `{text}`", note.id))
}

/// When the request was last turned to another target branch.
pub(super) fn retargeted(remarks: &[Remark]) -> Option<Timestamp> {
    remarks.iter().filter(|remark| remark.said == Said::Retargeted).map(|remark| remark.at).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &str) -> Result<Option<Said>, Gap> {
        let value = json!({
            "id": 5, "body": body, "author": { "id": 1, "username": "kim" },
            "created_at": "2026-01-02T03:04:05Z", "system": true,
        });
        read_note("it", &serde_json::from_value(value).unwrap())
    }

    #[test]
    fn notes_on_approvals_and_targets_are_read() {
        for (body, said) in [
            ("approved this merge request", Some(Said::Approved)),
            ("unapproved this merge request", Some(Said::Unapproved)),
            ("reset approvals from @robin and @alex by pushing to the branch", Some(Said::Reset)),
            ("changed target branch from `a` to `b`", Some(Said::Retargeted)),
            (
                "deleted the `a` branch. This merge request now targets the `main` branch",
                Some(Said::Retargeted),
            ),
            ("deleted target branch `a`", None),
            ("added 1 commit\n\n<ul><li>1111 - approve all</li></ul>", None),
            ("requested review from @robin", None),
            ("changed the description", None),
        ] {
            assert_eq!(read(body), Ok(said), "{body}");
        }
    }

    #[test]
    fn a_note_that_cannot_be_read_is_a_gap() {
        for body in [
            "changed the target branch to `b`",
            "Approved this change",
            "approvals were cleared",
            "This merge request now targets the branch b",
        ] {
            assert_eq!(read(body).is_err(), !body.starts_with("Approved"), "{body}");
        }
    }
}
