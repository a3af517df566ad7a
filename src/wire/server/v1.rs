//! Version 1 of an entry of the push log, and of the state of a server's hooks.
//!
//! Both are written by `portcullis hook` on the server, below refs that it lets no push change. A
//! reader refuses members that it does not know.

use crate::text::CommitText;
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// One push that a server took, as it is kept in the file `push.json` of a commit under
/// `refs/portcullis/pushes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "An entry of the push log, version 1"))]
#[serde(deny_unknown_fields)]
pub struct PushV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// When the server took it, by its clock: RFC 3339, in UTC.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub time: String,
    /// Who pushed; null where the server does not know.
    pub principal: Option<String>,
    /// By what the server knows who pushed, or why it does not.
    pub source: String,
    /// What the push option `portcullis.request` said; null when there was none.
    pub request: Option<String>,
    /// The refs that were moved.
    pub updates: Vec<UpdateV1>,
    /// The push certificate of a signed push (git-push(1), `--signed`); null when it was not
    /// signed.
    pub certificate: Option<String>,
}

/// One ref that a push moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A ref that a push moved"))]
#[serde(deny_unknown_fields)]
pub struct UpdateV1 {
    /// The full name of the ref.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The commit that it pointed to; null where the ref is new.
    pub before: Option<CommitText>,
    /// The commit that it points to since; null where the ref was deleted.
    pub after: Option<CommitText>,
    /// The commits that merges on the way brought: their parents but the first.
    pub merged: Vec<CommitText>,
}

/// What guards a server, as it is kept in the file `server.json` of a commit under
/// `refs/portcullis/server`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "The state of a server's hooks, version 1"))]
#[serde(deny_unknown_fields)]
pub struct ServerV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// When the server looked, by its clock: RFC 3339, in UTC.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub time: String,
    /// The program that looked, with its version.
    pub tool: String,
    /// What was looked at, and whether it holds.
    pub checks: Vec<ServerCheckV1>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A check of a server"))]
#[serde(deny_unknown_fields)]
pub struct ServerCheckV1 {
    /// What was looked at: `pre-receive`, `post-receive`, `hooks-path`, or the name of a setting.
    pub name: String,
    /// Does it hold? Null where it could not be seen.
    pub holds: Option<bool>,
    /// What was found.
    pub found: String,
}
