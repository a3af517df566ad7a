//! Accounts of a host.

use crate::form::{choices, objects};
use crate::text::{AccountIdText, LoginText};
use portcullis_model::person::{Account, AccountKind};

objects! {
    /// An account.
    AccountV4 = Account {
        /// The name of the account today. Names can be changed, and taken by others.
        login: LoginText,
        /// The host's identifier, which no other account ever gets.
        id: AccountIdText,
        /// Who uses the account.
        kind: AccountKindV4,
    }
}

choices! {
    /// Who uses an account.
    AccountKindV4 = AccountKind {
        /// A person, as far as the host can tell.
        Human,
        /// A program.
        Bot,
        /// A placeholder of an import.
        Mannequin,
        /// Anything else.
        Other,
    }
}
