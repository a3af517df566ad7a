//! Reviews of git-appraise: lines of JSON in the notes `refs/notes/devtools/discuss`, on the first
//! commit of each review.
//!
//! A comment with `resolved` is an opinion. Its author is any text, and who may write notes can
//! write any author. Signatures are of OpenPGP and are not verified here, so nothing vouches for a
//! review and none counts.

use super::{ForeignReview, each_file};
use portcullis_git::Repository;
use portcullis_model::fact::Gap;
use serde::Deserialize;

const COMMENTS: &str = "refs/notes/devtools/discuss";

#[derive(Deserialize)]
struct Comment {
    #[serde(default)]
    author: String,
    #[serde(default)]
    resolved: Option<bool>,
    #[serde(default)]
    location: Option<Location>,
    #[serde(default)]
    signature: Option<String>,
}

#[derive(Deserialize)]
struct Location {
    #[serde(default)]
    commit: Option<String>,
}

/// What a repository holds of git-appraise's.
#[derive(Default)]
pub struct AppraiseHistory {
    /// The comments.
    pub comments: u64,
    /// Those that carry a signature.
    pub signed: u64,
    /// Lines that could not be read.
    pub unread: u64,
    /// The opinions.
    pub reviews: Vec<ForeignReview>,
}

impl AppraiseHistory {
    /// Reads every comment.
    ///
    /// # Errors
    /// A ref or an object cannot be read.
    pub fn read(repository: &Repository) -> Result<Self, Gap> {
        let mut history = AppraiseHistory::default();
        each_file(repository, COMMENTS, |_, bytes| {
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            lines.for_each(|line| history.take(line));
        })?;
        Ok(history)
    }

    fn take(&mut self, line: &[u8]) {
        let Ok(comment) = serde_json::from_slice::<Comment>(line) else {
            self.unread += 1;
            return;
        };
        self.comments += 1;
        let is_signed = comment.signature.is_some_and(|text| !text.is_empty());
        self.signed += u64::from(is_signed);
        let Some(approves) = comment.resolved else { return };
        let commit =
            comment.location.and_then(|location| location.commit).filter(|commit| !commit.is_empty());
        let why = match is_signed {
            true => "its signature is of OpenPGP, which is not verified",
            false => "it is not signed",
        };
        self.reviews.push(ForeignReview {
            reviewer: comment.author,
            approves,
            on: commit.map(|commit| format!("commit {commit}")),
            vouched_by: Err(why.to_string()),
        });
    }
}
