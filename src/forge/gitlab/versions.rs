//! The commit that an approval was given on: GitLab does not say, so it is derived from the
//! versions of the request's diff.
//!
//! GitLab writes a version after each push. The newest one that was there when the approval was
//! given is of the commit that the reviewer was shown, or of an older one: a version that comes a
//! moment after its push makes an approval look older, never newer. Where the times do not tell the
//! order, or the version was not worked out, it is not known. Whether an approval that outlived a
//! later push is still one of the head is proved by content, and not by GitLab's keeping it.

use super::{GitLabRequest, translate, wire};
use jiff::Timestamp;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::review::ReviewedContent;

/// What a derived commit is derived from.
const FROM: &str = "the version of the diff that was newest when it was given";

impl GitLabRequest<'_> {
    pub(super) fn versions(&self) -> Result<Vec<wire::Version>, Gap> {
        let number = self.id.to_string();
        let what = format!("the versions of request {number}");
        self.host.client.list(&what, &self.at(&["versions"]))
    }
}

/// What an approval of this moment was given on.
pub(super) fn reviewed_at(
    who: &str,
    at: Option<Timestamp>,
    versions: &Result<Vec<wire::Version>, Gap>,
) -> ReviewedContent {
    derive(who, at, versions).unwrap_or_else(ReviewedContent::Unseen)
}

fn derive(
    who: &str,
    at: Option<Timestamp>,
    versions: &Result<Vec<wire::Version>, Gap>,
) -> Result<ReviewedContent, Gap> {
    let what = format!("the commit that {who} approved");
    let unclear = |detail: String| {
        let remedy = "Let the reviewer withdraw the approval and approve again; before GitLab 18, also give the token the right \
                      to read the notes of the request.";
        Gap::new(&what, GapReason::NotVisible, detail, remedy)
    };
    let at = at.ok_or_else(|| unclear("GitLab does not say when it was given".to_string()))?;
    let versions = versions.as_ref().map_err(|gap| Gap { what: what.clone(), ..gap.clone() })?;
    let before = versions.iter().filter(|version| version.created_at <= at);
    let newest = before.max_by_key(|version| (version.created_at, version.id));
    let newest = newest.ok_or_else(|| unclear(format!("no version of the diff is older than {at}")))?;
    let moment = newest.created_at;
    let is_tie = moment == at
        || versions.iter().any(|version| version.id != newest.id && version.created_at == moment);
    if is_tie {
        return Err(unclear(format!(
            "version {} and something else are of the same moment, {moment}",
            newest.id
        )));
    }
    if newest.state != "collected" {
        return Err(unclear(format!("version {} of the diff is `{}`", newest.id, newest.state)));
    }
    let commit = newest.head_commit_sha.clone();
    let commit = commit.ok_or_else(|| unclear(format!("version {} names no head", newest.id)))?;
    Ok(ReviewedContent::Derived { commit: translate::revision(&what, commit)?, from: FROM.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Versions of the heads `1`, `2`, … at these seconds, in this state.
    fn versions(seconds: &[u8], state: &str) -> Result<Vec<wire::Version>, Gap> {
        let version = |(number, second): (u64, &u8)| {
            let value = json!({
                "id": number, "head_commit_sha": number.to_string().repeat(40), "state": state,
                "created_at": format!("2026-01-02T03:04:{second:02}Z"),
            });
            serde_json::from_value(value).unwrap()
        };
        Ok((1..).zip(seconds).map(version).collect())
    }

    fn at(second: u8, versions: &Result<Vec<wire::Version>, Gap>) -> Option<String> {
        let moment = format!("2026-01-02T03:04:{second:02}Z").parse().ok();
        match reviewed_at("kim", moment, versions) {
            ReviewedContent::Derived { commit, .. } => commit.as_str().get(..1).map(str::to_string),
            _ => None,
        }
    }

    #[test]
    fn an_approval_is_of_the_newest_version_before_it() {
        let three = versions(&[10, 20, 30], "collected");
        assert_eq!(at(15, &three).as_deref(), Some("1"));
        assert_eq!(at(29, &three).as_deref(), Some("2"));
        assert_eq!(at(59, &three).as_deref(), Some("3"));
        let mut backwards = three.unwrap();
        backwards.reverse();
        assert_eq!(at(29, &Ok(backwards)).as_deref(), Some("2"));
    }

    #[test]
    fn what_the_times_do_not_tell_is_not_known() {
        let three = versions(&[10, 20, 30], "collected");
        assert_eq!(at(9, &three), None, "before the first");
        assert_eq!(at(20, &three), None, "at the moment of one");
        assert_eq!(at(25, &versions(&[10, 20, 20], "collected")), None, "two of one moment");
        for state in ["empty", "overflow", "timeout", "without_files"] {
            assert_eq!(at(25, &versions(&[10, 20], state)), None, "{state}");
        }
        assert!(matches!(reviewed_at("kim", None, &three), ReviewedContent::Unseen(_)));
        let unseen = Err(Gap::not_asked("it", "ask"));
        assert_eq!(at(25, &unseen), None);
    }
}
