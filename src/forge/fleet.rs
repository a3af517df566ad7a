//! Many repositories of one host at once: which an organisation has, and what the host says of each
//! without a look at its rules.
//!
//! A host that answers this is a line in its [`HostKind`](crate::HostKind). What protects a branch
//! is asked of each repository by itself, over [`Forge`](crate::Forge).

use crate::http::gaps::{malformed, truncated};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::fleet::{
    ListedRepository, ProtectionMark, RepositorySurvey, RequestBudget, SurveyQuestion,
};
use portcullis_model::protection::Protection;

/// Texts are read up to this size, in bytes.
pub(crate) const LARGEST_TEXT: u64 = 1 << 20;

/// The text of a file that a host gives in base64, beside its size in bytes.
///
/// # Errors
/// It is too large, not whole, or no text.
pub(crate) fn decode_text(what: &str, content: &str, size: u64) -> Result<String, Gap> {
    if size > LARGEST_TEXT {
        return Err(truncated(what, format!("it has {size} bytes")));
    }
    let bytes = STANDARD.decode(content.trim()).map_err(|error| malformed(what, error.to_string()))?;
    if bytes.len() as u64 != size {
        return Err(truncated(what, format!("{} of {size} bytes were given", bytes.len())));
    }
    String::from_utf8(bytes).map_err(|_| malformed(what, "it is not text"))
}

/// A host that can be asked about many repositories.
pub trait FleetHost {
    /// The repositories of an organisation that the token may see, in any order.
    ///
    /// # Errors
    /// The list was not seen to its end.
    fn list(&self, organisation: &str) -> Result<Vec<ListedRepository>, Gap>;

    /// What the host says of some repositories, in their order; no more than [`FleetHost::portion`]
    /// of them at once.
    fn survey(&self, repositories: &[String], asked: &SurveyQuestion) -> Vec<Fact<RepositorySurvey>>;

    /// How many repositories one question may be about.
    fn portion(&self) -> usize {
        1
    }

    /// Does a mark change whenever any of this protection does? A host that does not say in short
    /// what protects a branch gives no marks: each round looks.
    fn covers(&self, _mark: &ProtectionMark, _protection: &Protection) -> bool {
        false
    }

    /// How many more requests the host answers, and from when on it answers more.
    fn budget(&self) -> Fact<RequestBudget>;
}
