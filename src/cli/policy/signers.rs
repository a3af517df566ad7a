//! The list of signers that reviews are held against: whether those whom the policy asks are in it.

use super::remark::Remark;
use portcullis_attest::signers::AllowedSigners;
use portcullis_judge::policy::{self, Policy};
use portcullis_model::path::RepoPath;
use portcullis_model::person::KnownPerson;
use std::collections::BTreeSet;

/// What is missing in the list. `read` gives it as it is at HEAD.
pub fn remark_signers(policy: &Policy, read: impl FnOnce(&RepoPath) -> Option<Vec<u8>>) -> Vec<Remark> {
    let reviews = &policy.scope.reviews;
    let Some((place, bytes)) = reviews.signers.as_ref().and_then(|place| Some((place, read(place)?))) else {
        return Vec::new();
    };
    let line = policy::line_of(&policy.text, &["reviews"], &place.to_string());
    let remark = |text: String| vec![Remark::new(line, text)];
    let listed: BTreeSet<String> = match AllowedSigners::read(&bytes) {
        Ok(list) => {
            list.all_people().into_iter().flatten().map(|name| name.as_str().to_lowercase()).collect()
        }
        Err(errors) => {
            let first = errors.first().map(|error| format!(": {error}"));
            return remark(format!("`{place}` cannot be read at HEAD{}", first.unwrap_or_default()));
        }
    };
    if listed.is_empty() {
        return remark(format!("`{place}` holds no key at HEAD, so no one can approve; land the keys first"));
    }
    // Beside a host, roles name accounts of that host, who need no key.
    if reviews.beside_host || !reviews.imports.is_empty() {
        Vec::new()
    } else {
        unlisted(policy, place, &listed)
    }
}

/// People in roles of whom the list has no key.
fn unlisted(policy: &Policy, place: &RepoPath, listed: &BTreeSet<String>) -> Vec<Remark> {
    let has = |name: &str| listed.contains(&name.to_lowercase());
    let is_person = |person: &&KnownPerson, user: &str| {
        person.logins.iter().any(|login| login.as_str().eq_ignore_ascii_case(user))
    };
    let is_listed = |user: &str| {
        let mut same = policy.scope.people.0.iter().filter(|person| is_person(person, user));
        has(user)
            || same.any(|person| {
                person.logins.iter().any(|login| has(login.as_str()))
                    || person.emails.iter().any(|address| has(address))
            })
    };
    let roles = policy.scope.roles.iter();
    let users = roles.flat_map(|(role, who)| who.users.iter().map(move |user| (role, user.as_str())));
    let missing = users.filter(|(_, user)| !is_listed(user)).map(|(role, user)| {
        let line = policy::line_of(&policy.text, &["roles", role], user);
        Remark::new(
            line,
            format!("`{user}` has the role `{role}`, and `{place}` holds no key of that name at HEAD"),
        )
    });
    missing.collect()
}
