//! The reading plan for checks: commit statuses, which the host's own Actions write as well.
//!
//! Whoever may write to the repository may write a status under any name, and no rule of the host
//! can ask for a writer. So the writer is part of what is read. The address of the list takes a
//! commit and nothing else: another one that gives the same list takes names of branches first, and
//! a branch can be called like a commit.

use super::lists::List;
use super::translate::{account, unknown_word};
use super::{Gitea, wire};
use crate::http::gaps::contradiction;
use portcullis_model::change::Revision;
use portcullis_model::check::{Check, Conclusion, Producer};
use portcullis_model::fact::Gap;
use portcullis_model::id::AccountId;
use std::collections::BTreeMap;

impl Gitea {
    /// The newest status of each context and writer: each change is a new record with a higher
    /// number.
    pub(super) fn statuses(&self, head: &Revision) -> Result<Vec<Check>, Gap> {
        let what = format!("the statuses of {}", head.short());
        let seen: Vec<wire::CommitStatus> =
            self.list(&List::new(&what, self.at(&["statuses", head.as_str()])))?;
        let mut newest: BTreeMap<(String, Option<AccountId>), Check> = BTreeMap::new();
        for status in seen {
            let check = check_of(&what, head, status)?;
            let writer = match &check.producer {
                Producer::Account(Some(account)) => Some(account.id.clone()),
                _ => None,
            };
            let key = (check.name.clone(), writer);
            if newest.get(&key).is_none_or(|kept| kept.id < check.id) {
                newest.insert(key, check);
            }
        }
        let mut checks: Vec<Check> = newest.into_values().collect();
        checks.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(checks)
    }
}

/// The names of the accounts that the hosts' own Actions write with.
const ACTIONS: [&str; 2] = ["gitea-actions", "forgejo-actions"];

/// Has an account with a number of its own the name of the host's Actions? Theirs is below zero
/// (Gitea `modules/…/user_system.go`: `ActionsUserID` is -2), and a policy names the login.
fn takes_name_of_actions(user: &wire::User) -> bool {
    user.id > 0 && ACTIONS.iter().any(|name| name.eq_ignore_ascii_case(&user.login))
}

fn check_of(what: &str, head: &Revision, status: wire::CommitStatus) -> Result<Check, Gap> {
    if status.url.rsplit('/').next() != Some(head.as_str()) {
        return Err(contradiction(
            what,
            format!("status {} is of another commit: {}", status.id, status.url),
        ));
    }
    let conclusion = match status.status.as_str() {
        "success" => Conclusion::Success,
        "failure" => Conclusion::Failure,
        "error" => Conclusion::Error,
        "pending" => Conclusion::Running,
        "warning" => Conclusion::Neutral,
        "skipped" => Conclusion::Skipped,
        other => return Err(unknown_word(what, "status", other)),
    };
    // No one is named where the account is gone, or where the server does not name its Actions. An
    // account that only has the name of the Actions is a person's.
    let creator = status.creator.filter(|by| !takes_name_of_actions(by));
    let producer = creator.and_then(account).map_or(Producer::Unknown, |by| Producer::Account(Some(by)));
    Ok(Check { name: status.context, id: status.id.into(), head: head.clone(), producer, conclusion })
}
