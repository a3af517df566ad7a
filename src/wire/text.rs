//! Texts of one shape that occur in more than one form.

use serde::{Deserialize, Serialize};

/// Defines texts of one shape: strings in JSON, with the pattern that the schema states.
macro_rules! shaped_text {
    ($($(#[doc = $doc:literal])+ $name:ident, $pattern:literal, from $model:ty;)+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("pattern" = $pattern)))]
        #[serde(transparent)]
        pub struct $name(String);

        impl From<&$model> for $name {
            fn from(value: &$model) -> Self {
                $name(value.to_string())
            }
        }

        impl TryFrom<$name> for $model {
            type Error = String;

            fn try_from(text: $name) -> Result<Self, Self::Error> {
                text.0.try_into()
            }
        }
    )+ };
}

shaped_text! {
    /// The full object name of a commit: 40 or 64 lower-case hexadecimal digits.
    CommitText, "^([0-9a-f]{40}|[0-9a-f]{64})$", from crate::model::change::Revision;
    /// The name of an environment: lower-case letters, digits and `-`, beginning with a letter or a digit, at most 63.
    EnvironmentText, "^[a-z0-9][a-z0-9-]{0,62}$", from crate::model::environment::Environment;
    /// A SHA-256: `sha256:` and 64 lower-case hexadecimal digits.
    DigestText, "^sha256:[0-9a-f]{64}$", from crate::model::digest::Digest;
    /// The path of a file, with `/` between its parts. A path that is not printable UTF-8, or has a quote or a backslash
    /// in it, stands in the C-style quotes of `git ls-files`, and then begins with `"`.
    PathText, "^([^\"\\\\]*|\"[^\n]*\")$", from crate::model::path::RepoPath;
}
