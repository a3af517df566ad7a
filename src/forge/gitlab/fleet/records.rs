//! The records of a project: refs that the API does not list, and the list that the git server
//! shows before a fetch does.

use super::SurveyedGitLab;
use super::advertisement::{AdvertisedRef, parse_advertisement};
use crate::gitlab::address::server_address;
use crate::gitlab::translate::revision;
use crate::http::client::Reply;
use crate::http::gaps::{contradiction, malformed, truncated};
use jiff::Timestamp;
use portcullis_model::change::BranchName;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::fleet::SurveyedRecord;
use serde::Deserialize;

/// The media type of the list (gitprotocol-http, "Smart Server Response").
const ADVERTISEMENT: &str = "application/x-git-upload-pack-advertisement";

/// How many records of a project are asked for: one for each environment.
const MOST: usize = 1000;

/// "Get a single commit".
#[derive(Deserialize)]
struct SeenCommit {
    id: String,
    committed_date: Timestamp,
}

impl SurveyedGitLab<'_> {
    /// The refs that begin like this, of which each leads to a commit.
    pub(super) fn records(&self, branch: &BranchName, prefix: &str) -> Result<Vec<SurveyedRecord>, Gap> {
        let what = format!("the deployment records of {}", self.what);
        let reply = self.advertisement(&what)?;
        let bytes = reply.bytes(&what, ADVERTISEMENT).map_err(|gap| explain_refusal(gap, &reply))?;
        let refs = parse_advertisement(bytes)
            .map_err(|why| truncated(&what, format!("the list of refs cannot be used: {why}")))?;
        let own = format!("refs/heads/{branch}");
        if !refs.iter().any(|one| one.name == own.as_bytes()) {
            return Err(truncated(&what, "the list of refs lacks the default branch"));
        }
        let named = refs.iter().filter_map(|one| Some((one.name.strip_prefix(prefix.as_bytes())?, one)));
        if named.clone().count() > MOST {
            return Err(truncated(&what, format!("it has more than {MOST} of them, and each is asked for")));
        }
        let mut records =
            named.map(|(name, one)| self.record(&what, name, one)).collect::<Result<Vec<_>, Gap>>()?;
        records.sort();
        Ok(records)
    }

    /// The list of refs, in version 0 of the protocol, which every git server speaks.
    fn advertisement(&self, what: &str) -> Result<Reply, Gap> {
        let Some(server) = server_address(&self.client.api) else {
            let detail = "the address of the API does not end with /api/v4, so that no one knows where the git server is";
            let remedy =
                "Name the API of the server as GitLab documents it, in CI_API_V4_URL: https://HOST/api/v4.";
            return Err(Gap::new(what, GapReason::Unsupported, detail, remedy));
        };
        let url = format!("{server}/{}.git/info/refs?service=git-upload-pack", self.project);
        let reply = self.client.fetch_beside(self.git, what, &url)?;
        if reply.moved {
            return Err(contradiction(what, format!("the host answered from {}", reply.url)));
        }
        Ok(reply)
    }

    fn record(&self, what: &str, name: &[u8], one: &AdvertisedRef<'_>) -> Result<SurveyedRecord, Gap> {
        let name =
            String::from_utf8(name.to_vec()).map_err(|_| malformed(what, "the name of a ref is not text"))?;
        if one.is_tag {
            return Err(malformed(what, format!("`{name}` leads to no commit")));
        }
        let seen: SeenCommit = self.client.get(what, &self.at(&["commits", one.object]))?;
        if seen.id != one.object {
            return Err(contradiction(what, format!("the host answered with {}", seen.id)));
        }
        Ok(SurveyedRecord { name, commit: revision(what, seen.id)?, time: seen.committed_date })
    }
}

/// The git server says in plain text why it refuses.
fn explain_refusal(gap: Gap, reply: &Reply) -> Gap {
    let is_text = reply.response.header("content-type").is_some_and(|kind| kind.starts_with("text/plain"));
    if !is_text || reply.response.status == 200 {
        return gap;
    }
    let text = String::from_utf8_lossy(&reply.response.body);
    let first: String = text.lines().next().unwrap_or_default().chars().take(200).collect();
    Gap { detail: format!("{}: {first}", gap.detail), ..gap }
}
