//! What tells who a person is, in a text or an object: addresses, mailboxes, fingerprints of keys.

use super::{DOMAIN, MAILBOX, MAILBOX_LENGTH};
use serde_json::{Map, Value};

/// The text with a name replaced wherever it is not a part of a longer word. It is looked for in
/// `lower`, which has the same bytes but for the case of letters.
pub(super) fn replace_words(text: &str, lower: &str, name: &str, by: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, found) in lower.match_indices(name) {
        let end = start + found.len();
        let inside = text[..start].ends_with(is_part) || text[end..].starts_with(is_part);
        if !inside && start >= at {
            out.push_str(&text[at..start]);
            out.push_str(by);
            at = end;
        }
    }
    out.push_str(&text[at..]);
    out
}

pub(super) fn text_of<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    members.get(name).and_then(Value::as_str)
}

/// The name and the address of a person of a commit.
pub(super) fn mailbox(members: &Map<String, Value>) -> Option<(&str, &str)> {
    match (members.len(), members.get("name"), members.get("email")) {
        (2, Some(Value::String(name)), Some(Value::String(email))) => Some((name, email)),
        _ => None,
    }
}

/// An address that a host gives in the place of a person's own: it names an account, not a mailbox.
pub(super) fn is_of_a_host(address: &str) -> bool {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    local == "noreply" || domain.starts_with("users.noreply.") || domain.ends_with(DOMAIN)
}

/// The login in an address that a host gives to an account: `kim` of `11+kim@users.noreply.…`.
pub(super) fn login_in(address: &str) -> Option<&str> {
    let (local, domain) = address.rsplit_once('@')?;
    let login = local.split_once('+').map_or(local, |(_, login)| login);
    (domain.to_ascii_lowercase().starts_with("users.noreply.") && !login.is_empty()).then_some(login)
}

/// Where digits of the digest of an address begin in a text.
pub(super) fn mailboxes_in(text: &str) -> impl Iterator<Item = usize> + '_ {
    let is_whole = |at: &usize| {
        let digits = text.as_bytes().get(at + MAILBOX.len()..at + MAILBOX_LENGTH);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    text.match_indices(MAILBOX).map(|(at, _)| at).filter(is_whole)
}

/// Where fingerprints of keys are in a text: `SHA256:` and 43 characters of base64.
pub(super) fn fingerprints_in(text: &str) -> impl Iterator<Item = (usize, usize)> {
    const BEGIN: &str = "SHA256:";
    text.match_indices(BEGIN).filter_map(|(start, _)| {
        let end = start + BEGIN.len() + 43;
        let digest = text.get(start + BEGIN.len()..end)?;
        digest
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
            .then_some((start, end))
    })
}

/// Where addresses are in a text.
pub(super) fn addresses_in(text: &str) -> Vec<(usize, usize)> {
    let is_local = |c: char| c.is_alphanumeric() || ".!#$%&'*+=?^_`{|}~-".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    let mut found = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices('@') {
        let before = &text[from.min(at)..at];
        let start = at - before.chars().rev().take_while(|c| is_local(*c)).map(char::len_utf8).sum::<usize>();
        let after = &text[at + 1..];
        let domain: String = after.chars().take_while(|c| is_domain(*c)).collect();
        let domain = domain.trim_end_matches(['.', '-']);
        let top = domain.rsplit('.').next().unwrap_or_default();
        let is_host =
            domain.contains('.') && top.chars().count() >= 2 && !top.chars().all(|c| c.is_ascii_digit());
        if start < at && is_host {
            from = at + 1 + domain.len();
            found.push((start, from));
        }
    }
    found
}
