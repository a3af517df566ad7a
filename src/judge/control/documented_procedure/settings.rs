//! Where the page is.

use crate::control::shared::text::InvalidSetting;
use portcullis_model::path::RepoPath;
use serde::Deserialize;

/// The path of a page of Markdown, from the root of the repository.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String")]
pub(super) struct PagePath(pub(super) String);

impl Default for PagePath {
    fn default() -> Self {
        PagePath("docs/PROCEDURE.md".to_string())
    }
}

impl TryFrom<String> for PagePath {
    type Error = InvalidSetting;

    fn try_from(text: String) -> Result<Self, InvalidSetting> {
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | ' ');
        let has_stem = text.rsplit('/').next().is_some_and(|name| name.len() > ".md".len());
        if RepoPath::from(text.as_str()).is_bent() || !text.chars().all(is_plain) {
            return Err(InvalidSetting::from(format!(
                "`{text}` is not the path of a page; write letters, digits, `-`, `_` and `/`, from the root of the repository"
            )));
        }
        if !text.ends_with(".md") || !has_stem {
            return Err(InvalidSetting::from(format!(
                "`{text}` is not a page of Markdown; its name ends with `.md`"
            )));
        }
        Ok(PagePath(text))
    }
}
