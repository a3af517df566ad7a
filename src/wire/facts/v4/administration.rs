//! Who can change what protects a branch.

use super::account::AccountV4;
use super::fact::FactV4;
use crate::form::objects;
use crate::text::ActorIdText;
use portcullis_model::administration::{Administration, RightsHolder};

objects! {
    /// Who can change the rules of a branch, or bypass them by a right of their own.
    AdministrationV4 = Administration {
        /// The accounts that administer the repository.
        administrators: FactV4<Vec<AccountV4>>,
        /// The owners of the organisation; none where the repository belongs to a person.
        owners: FactV4<Vec<AccountV4>>,
        /// The installed apps that may change the rules.
        apps: FactV4<Vec<RightsHolderV4>>,
        /// The deploy keys that may write.
        deploy_keys: FactV4<Vec<RightsHolderV4>>,
        /// The roles of the organisation's own that may bypass or change rules.
        roles: FactV4<Vec<RightsHolderV4>>,
    }

    /// An app, a key or a role.
    RightsHolderV4 = RightsHolder {
        /// The host's identifier.
        id: ActorIdText,
        /// The name to show.
        name: String,
    }
}
