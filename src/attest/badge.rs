//! Open Badges 3.0: credentials that say who completed a course.
//!
//! Two ways of securing them are read: a VC-JWT (Open Badges 3.0, section 8.2) signed with EdDSA or
//! ES256, and a Data Integrity proof of the suite `eddsa-jcs-2022`. Keys come from the policy
//! alone: a key that a credential brings along is not looked at, and nothing is fetched. The kind
//! of a key decides how a signature is verified, so a token cannot choose its algorithm.
//!
//! Whom a badge is of is not decided here: the names of its subject are handed out, and the
//! register says who has them.

use credential::{Credential, read_credential};
use jiff::{SignedDuration, Timestamp};
use portcullis_model::training::BadgeIssuer;
use serde_json::Value;
use std::collections::BTreeMap;

mod base58;
mod canonical;
mod credential;
mod proof;
mod status;
mod token;

pub use credential::SubjectName;

/// Largest credential or status list that is read, in bytes.
pub const LARGEST: usize = 8 * 1024 * 1024;

/// Why a badge proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadgeRefusal {
    /// Something could not be shown; one sentence.
    Unproven(String),
    /// Its issuer took it back; one sentence.
    Revoked(String),
}

impl std::fmt::Display for BadgeRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BadgeRefusal::Unproven(why) | BadgeRefusal::Revoked(why) => f.write_str(why),
        }
    }
}

/// What a badge is held against.
#[derive(Clone, Copy, Debug)]
pub struct BadgeTrust<'a> {
    /// The issuers of the policy, by name.
    pub issuers: &'a BTreeMap<String, BadgeIssuer>,
    /// The moment at which it has to be valid.
    pub at: Timestamp,
    /// The status lists that are at hand.
    pub status_lists: &'a [Vec<u8>],
    /// The oldest status list that counts.
    pub longest_age: SignedDuration,
}

/// A badge whose signature, issuer, time and status are proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedBadge {
    /// The issuer, by its name in the policy.
    pub issuer: String,
    /// The identifier of the credential.
    pub id: String,
    /// The identifier of the achievement.
    pub achievement: String,
    /// Everything that the badge calls its subject. Never empty.
    pub subject: Vec<SubjectName>,
    /// Since when it is valid.
    pub from: Timestamp,
    /// The first moment at which it, its token or its proof is no longer valid.
    pub until: Option<Timestamp>,
}

fn unproven<T>(why: impl Into<String>) -> Result<T, BadgeRefusal> {
    Err(BadgeRefusal::Unproven(why.into()))
}

/// Verifies a badge: a compact token or the JSON of a credential.
///
/// # Errors
/// The first thing that could not be shown.
pub fn verify_badge(bytes: &[u8], trust: BadgeTrust<'_>) -> Result<VerifiedBadge, BadgeRefusal> {
    let (issuer, credential) = open_credential(bytes, trust)?;
    if !["OpenBadgeCredential", "AchievementCredential"].iter().any(|kind| credential.is_a(kind)) {
        return unproven("it is not an Open Badge: its `type` does not say `OpenBadgeCredential`");
    }
    let (achievement, subject) = (credential.achievement()?, credential.subject_names()?);
    for entry in credential.status_entries()? {
        status::check_entry(&entry, issuer, trust)?;
    }
    let Credential { id, from, until, .. } = credential;
    Ok(VerifiedBadge { issuer: issuer.to_string(), id, achievement, subject, from, until })
}

/// A credential of an issuer of the policy, signed by it and valid at the moment.
fn open_credential<'a>(bytes: &[u8], trust: BadgeTrust<'a>) -> Result<(&'a str, Credential), BadgeRefusal> {
    if bytes.len() > LARGEST {
        return unproven(format!("it has more than {LARGEST} bytes"));
    }
    let text = std::str::from_utf8(bytes).or_else(|_| unproven("it is not text"))?.trim();
    let (issuer, value, end_of_proof) = match text.starts_with('{') {
        true => proof::open_document(text, trust)?,
        false => token::open_token(text, trust)?,
    };
    let mut credential = read_credential(value)?;
    credential.until = [credential.until, end_of_proof].into_iter().flatten().min();
    check_issuer(issuer, &credential, trust)?;
    check_time(&credential, trust.at)?;
    Ok((issuer, credential))
}

/// The key is one of the issuer whom the credential itself names.
fn check_issuer(issuer: &str, credential: &Credential, trust: BadgeTrust<'_>) -> Result<(), BadgeRefusal> {
    match trust.issuers.get(issuer) {
        Some(known) if known.id == credential.issuer => Ok(()),
        _ => unproven(format!("it names the issuer `{}`, and another one signed it", credential.issuer)),
    }
}

fn check_time(credential: &Credential, at: Timestamp) -> Result<(), BadgeRefusal> {
    if at < credential.from {
        return unproven(format!("it is valid only from {}", credential.from));
    }
    match credential.until.filter(|until| *until <= at) {
        Some(until) => unproven(format!("it expired at {until}")),
        None => Ok(()),
    }
}

/// The issuer of the policy whom a credential names.
fn find_issuer<'a>(value: &Value, trust: BadgeTrust<'a>) -> Result<(&'a str, &'a BadgeIssuer), BadgeRefusal> {
    let id = credential::issuer_of(value)?;
    let known = trust.issuers.iter().find(|(_, issuer)| issuer.id == id);
    match known {
        Some((name, issuer)) => Ok((name, issuer)),
        None => unproven(format!("its issuer `{id}` is not one of `[training.issuers]` in the policy")),
    }
}

#[cfg(test)]
mod tests;
