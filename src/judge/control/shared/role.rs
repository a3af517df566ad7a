//! Whether an account holds a role, where nothing is judged that has code owners.

use super::identity::is_machine;
use super::quorum::is_named;
use crate::control::Case;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::person::Login;

/// Does the person with this account hold the role of this name? A machine holds none. `no_files`
/// says why code owners cannot be meant, as the end of a sentence.
///
/// # Errors
/// The policy has no such role, it consists of code owners alone, or not every team was seen.
pub fn holds_role(case: &Case<'_>, name: &str, login: &Login, no_files: &str) -> Result<bool, Gap> {
    let who = case.scope.people.by_login(login);
    if is_machine(case.scope, &case.facts.host, &who, login) {
        return Ok(false);
    }
    let role =
        case.scope.roles.get(name).ok_or_else(|| undecided_role(name, "the policy has no such role"))?;
    let named = is_named(case, &who, login, role)?;
    if !named && role.is_owners_alone() {
        return Err(undecided_role(name, &format!("it consists of code owners alone, and {no_files}")));
    }
    Ok(named)
}

fn undecided_role(role: &str, detail: &str) -> Gap {
    let remedy = format!("Write `users` or `teams` in `[roles.{role}]`.");
    Gap::new(format!("who holds the role `{role}`"), GapReason::Unsupported, detail, remedy)
}
