//! Many repositories of one host at once: which an organisation has, and what the host says of each
//! without a look at its rules.
//!
//! A host that answers this is a line in its [`HostKind`](crate::HostKind). What protects a branch
//! is asked of each repository by itself, over [`Forge`](crate::Forge).

use portcullis_model::fact::{Fact, Gap};
use portcullis_model::fleet::{
    ListedRepository, ProtectionMark, RepositorySurvey, RequestBudget, SurveyQuestion,
};
use portcullis_model::protection::Protection;

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
    fn portion(&self) -> usize;

    /// Does a mark change whenever any of this protection does?
    fn covers(&self, mark: &ProtectionMark, protection: &Protection) -> bool;

    /// How many more requests the host answers, and from when on it answers more.
    fn budget(&self) -> Fact<RequestBudget>;
}
