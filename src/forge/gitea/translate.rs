//! The hosts' words in our model. A word that we do not know is never given a mild meaning: it is a
//! gap.

use super::wire;
use crate::http::gaps::malformed;
use portcullis_model::change::BranchName;
use portcullis_model::fact::Gap;
use portcullis_model::person::{Account, AccountKind, Login};

/// An account; `None` for one that is gone, in whose place the host shows one without a number of
/// its own. The host's own Actions have a number below that. Nothing tells a machine's account from
/// a person's.
pub(super) fn account(user: wire::User) -> Option<Account> {
    let kind = match user.id {
        -1 | 0 => return None,
        1.. => AccountKind::Human,
        _ => AccountKind::Bot,
    };
    Some(Account { login: Login::new(user.login), id: user.id.to_string().into(), kind })
}

/// The host gives branches without `refs/heads/`; one that is itself named `refs/heads/main` is not
/// `main`.
pub(super) fn branch_name(text: &str) -> BranchName {
    BranchName::new(&format!("refs/heads/{text}"))
}

pub(super) fn unknown_word(what: &str, kind: &str, text: &str) -> Gap {
    malformed(what, format!("unknown {kind} `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_that_are_gone_and_actions_are_no_people() {
        let kind = |id: i64| account(wire::User { id, login: "x".into() }).map(|account| account.kind);
        assert_eq!(kind(12), Some(AccountKind::Human));
        assert_eq!((kind(-1), kind(0)), (None, None));
        assert_eq!(kind(-2), Some(AccountKind::Bot));
    }
}
