//! The texts in the root of a default branch, all of one commit.
//!
//! The commit is asked for by its name: a tag may be called like the branch, and git takes the tag.

use super::SurveyedGitLab;
use crate::fleet::decode_text;
use crate::gitlab::{translate, wire};
use crate::http::gaps::{contradiction, malformed};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::fact::{Fact, Gap};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The files in the root of a commit.
struct Root {
    tip: Revision,
    entries: Vec<TreeEntry>,
}

/// "List repository tree", an item.
#[derive(Deserialize)]
struct TreeEntry {
    id: String,
    path: String,
    #[serde(rename = "type")]
    kind: String,
    mode: String,
}

/// "Get file from repository".
#[derive(Deserialize)]
struct SeenFile {
    file_path: String,
    size: u64,
    encoding: String,
    content: String,
    content_sha256: Option<String>,
    blob_id: String,
    commit_id: String,
}

impl SurveyedGitLab<'_> {
    /// The texts at these paths, as far as there are files.
    pub(super) fn texts(
        &self,
        branch: &BranchName,
        paths: &[String],
    ) -> BTreeMap<String, Fact<Option<String>>> {
        let root = self.root(branch);
        let text = |path: &String| match &root {
            Ok(root) => self.text(path, root),
            Err(gap) => Err(gap.clone()),
        };
        paths.iter().map(|path| (path.clone(), text(path).into())).collect()
    }

    fn root(&self, branch: &BranchName) -> Result<Root, Gap> {
        let what = format!("branch {branch} of {}", self.what);
        let seen: wire::Branch = self.client.get(&what, &self.at(&["branches", branch.as_str()]))?;
        let tip = translate::branch(&what, branch, seen)?.tip;
        let what = format!("the files of {}", self.what);
        let entries: Vec<TreeEntry> =
            self.client.list_with(&what, &self.at(&["tree"]), &[("ref", tip.as_str())])?;
        match entries.iter().find(|entry| entry.path.contains('/')) {
            Some(entry) => Err(contradiction(
                &what,
                format!("the host answered with {}, which is not in the root", entry.path),
            )),
            None => Ok(Root { tip, entries }),
        }
    }

    /// A text in the root; `None` where the list of it does not hold one.
    fn text(&self, path: &str, root: &Root) -> Result<Option<String>, Gap> {
        let what = format!("the file {path} of {}", self.what);
        if path.contains('/') {
            return Err(Gap::not_asked(&what, "only the root is looked at"));
        }
        let Some(listed) = root.entries.iter().find(|entry| entry.path == path) else { return Ok(None) };
        if listed.kind != "blob" || !matches!(listed.mode.as_str(), "100644" | "100755") {
            return Err(malformed(&what, format!("it is a {} of mode {}", listed.kind, listed.mode)));
        }
        let segments = self.at(&["files", path]);
        let seen: SeenFile = self.client.get_with(&what, &segments, &[("ref", root.tip.as_str())])?;
        if seen.file_path != path || seen.blob_id != listed.id || seen.commit_id != root.tip.as_str() {
            let detail =
                format!("the host answered with {} ({}) of {}", seen.file_path, seen.blob_id, seen.commit_id);
            return Err(contradiction(&what, detail));
        }
        read_file(&what, &seen).map(Some)
    }
}

/// The text of a file that was asked for.
fn read_file(what: &str, seen: &SeenFile) -> Result<String, Gap> {
    if seen.encoding != "base64" {
        return Err(malformed(what, format!("its encoding is `{}`", seen.encoding)));
    }
    let text = decode_text(what, &seen.content, seen.size)?;
    match seen.content_sha256.as_deref() {
        Some(given) if given != Digest::of(text.as_bytes()).hex() => {
            Err(contradiction(what, "its content has another SHA-256 than the host says"))
        }
        _ => Ok(text),
    }
}
