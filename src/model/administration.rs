//! Who can change what protects a branch.
//!
//! Some hosts show who may bypass a rule only to those who may change the rule. What can be seen
//! with less is who those are. Each part is a fact of its own: a proof needs all of them.

use crate::fact::Fact;
use crate::id::ActorId;
use crate::person::Account;

/// Who can change the rules of a branch, or bypass them by a right of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administration {
    /// The accounts that administer the repository, by whatever way.
    pub administrators: Fact<Vec<Account>>,
    /// The owners of the organisation; none where the repository belongs to a person.
    pub owners: Fact<Vec<Account>>,
    /// The installed apps that may change the rules.
    pub apps: Fact<Vec<RightsHolder>>,
    /// The deploy keys that may write: a bypass list names all of them at once.
    pub deploy_keys: Fact<Vec<RightsHolder>>,
    /// The roles that somebody made in the organisation and that may bypass or change rules.
    pub roles: Fact<Vec<RightsHolder>>,
}

/// An app, a key or a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RightsHolder {
    /// The host's identifier.
    pub id: ActorId,
    /// The name to show.
    pub name: String,
}
