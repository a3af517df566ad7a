//! The tables `[extends]` and `[house]`, as a policy writes them.

use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use serde::Deserialize;
use toml::Spanned;

/// Which house policy a policy extends. A policy that extends another can only be stricter.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExtendsText {
    /// The file of the house policy, from the root of the repository. It is read at the base, as
    /// the policy is.
    #[cfg_attr(test, schemars(with = "String"))]
    pub file: Spanned<String>,
    /// The SHA-256 of the house policy: `"sha256:…"`. No other text counts, wherever it comes from.
    #[cfg_attr(test, schemars(with = "String", extend("pattern" = "^sha256:[0-9a-f]{64}$")))]
    pub digest: Digest,
    /// The repository that the house policy comes from, as `git fetch` names it. Decisions show it.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub repository: Option<Spanned<String>>,
    /// The commit of that repository that holds `file`, by its whole name. With it, `file` may also
    /// be read there, where the clone has the commit.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub commit: Option<Spanned<Revision>>,
}

/// What a house policy says to the policies that extend it. No other policy needs it.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HouseText {
    /// The keys that such a policy may loosen, each with everything below it; `*` is any name:
    /// `"people"`, `"controls.regression-tests.suites.*.reports"`. Default: none.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub may_loosen: Vec<Spanned<String>>,
}
