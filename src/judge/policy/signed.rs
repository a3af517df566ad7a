//! Waivers that carry their approver's signature.
//!
//! With `[waivers] signers = "PATH"` a waiver or a rollback counts only when its approver signed
//! it. `portcullis policy waiver ID` prints what is signed; `ssh-keygen -Y sign -n portcullis -f
//! KEY` signs it; the armoured signature is the `signature` of the waiver. PATH names a file of
//! allowed signers in the repository, as ssh-keygen(1) describes it. It is read at the base, so
//! that a change cannot bring the key that it is waived with.
//!
//! A key is its approver's when each of its principals is an address or a login of theirs, as the
//! identity map has it. A principal with a wildcard is no one's. The key has to be valid at the
//! moment when the gate looked, which is recorded in the facts.

use super::{Policy, Problem};
use jiff::Timestamp;
use portcullis_attest::signers::{AllowedSigners, LineError, Principal};
use portcullis_attest::{Signer, sshsig};
use portcullis_model::path::RepoPath;
use portcullis_model::person::{Login, NoReply, Who};
use portcullis_model::waiver::Approved;
use toml::Spanned;

/// A path in the repository.
pub(super) fn check_path(path: &Spanned<String>, problems: &mut Vec<Problem>) -> Option<RepoPath> {
    let place = RepoPath::from(path.get_ref().as_str());
    if !place.is_bent() {
        return Some(place);
    }
    let message = format!("`{}` is not the path of a file in the repository", path.get_ref());
    problems.push(
        Problem::new(path.span(), message).help("write it from the root, without `/` at the beginning"),
    );
    None
}

impl Policy {
    /// The keys that waivers may be signed with, from the text of their file; `None` when no waiver
    /// needs a signature.
    ///
    /// # Errors
    /// The file is not there or cannot be read; then no waiver counts.
    pub fn signers_of_waivers(&self, text: Option<&str>) -> Option<Result<AllowedSigners, String>> {
        let path = self.waiver_signers.as_ref()?;
        let Some(text) = text else { return Some(Err(format!("there is no {path} to verify it with"))) };
        let listed = |errors: Vec<LineError>| {
            let lines: Vec<String> = errors.iter().map(LineError::to_string).collect();
            format!("{path} cannot be read: {}", lines.join("; "))
        };
        Some(AllowedSigners::read(text.as_bytes()).map_err(listed))
    }

    /// The key that the approver of a waiver or a rollback signed it with.
    ///
    /// # Errors
    /// Why the approval is not proved.
    pub fn approval(
        &self,
        approved: &dyn Approved,
        signers: &AllowedSigners,
        at: Timestamp,
    ) -> Result<String, String> {
        let grant = approved.grant();
        let Some(signature) = &grant.signature else { return Err("it is not signed".to_string()) };
        // The armour of a multi-line string ends with a line break, and may be set off by blank
        // lines.
        let signature = signature.trim();
        let statement = approved.statement(&self.project);
        let signer = sshsig::verify(statement.as_bytes(), signature.as_bytes(), signers, at)
            .map_err(|error| format!("its signature does not verify: {error}"))?;
        if self.is_of(&signer, &grant.approver) {
            return Ok(signer.key);
        }
        let names: Vec<&str> = signer.principals.iter().map(Principal::as_str).collect();
        Err(format!("its signature is not that of {}, but of {}", grant.approver, names.join(", ")))
    }

    pub(super) fn is_of(&self, signer: &Signer, login: &Login) -> bool {
        let wanted = self.scope.people.by_login(login);
        !signer.principals.is_empty()
            && signer.principals.iter().all(|name| self.who(name).as_ref() == Some(&wanted))
    }

    /// Who a principal is; no one, when it is a pattern.
    fn who(&self, principal: &Principal) -> Option<Who> {
        let people = &self.scope.people;
        let name = principal.as_str();
        match name.contains('@') {
            _ if principal.is_pattern() => None,
            true => people.by_email(name).or_else(|| self.by_no_reply(name)),
            false => Some(people.by_login(&Login::new(name))),
        }
    }

    /// Both the list of signers and the waiver name logins, as their writers knew them. The host
    /// is not asked here.
    fn by_no_reply(&self, name: &str) -> Option<Who> {
        match NoReply::read(name, self.host.own_addresses()) {
            NoReply::Numbered(_, login) | NoReply::Named(login) => Some(self.scope.people.by_login(&login)),
            NoReply::Unreadable | NoReply::Other => None,
        }
    }
}

#[cfg(test)]
mod tests;
