//! The members of a verifiable credential (W3C Verifiable Credentials Data Model 2.0) that matter
//! here, and those of an achievement in it (Open Badges 3.0, appendix B).

use super::{BadgeRefusal, unproven};
use jiff::Timestamp;
use portcullis_model::digest::Digest;
use serde_json::Value;

const CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";

/// A credential whose signature is proved.
pub(super) struct Credential {
    pub(super) id: String,
    pub(super) issuer: String,
    /// The later of `validFrom` and `awardedDate`.
    pub(super) from: Timestamp,
    pub(super) until: Option<Timestamp>,
    value: Value,
}

/// What a badge calls its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectName {
    /// An address.
    Email(String),
    /// The SHA-256 of an address and a salt.
    HashedEmail {
        /// The digest, as hexadecimal digits in lower case.
        digest: String,
        /// What was appended to the address.
        salt: String,
    },
    /// The address of a profile, or another identifier.
    Profile(String),
}

impl SubjectName {
    /// Is it a name of the person who has this address?
    pub fn is_email(&self, email: &str) -> bool {
        match self {
            SubjectName::Email(known) => known.eq_ignore_ascii_case(email),
            SubjectName::HashedEmail { digest, salt } => {
                let spellings = [email.to_string(), email.to_ascii_lowercase()];
                spellings.iter().any(|email| Digest::of(format!("{email}{salt}").as_bytes()).hex() == digest)
            }
            SubjectName::Profile(_) => false,
        }
    }
}

/// The issuer that a credential names.
pub(super) fn issuer_of(value: &Value) -> Result<&str, BadgeRefusal> {
    let issuer = value.get("issuer");
    let id = issuer.and_then(|issuer| issuer.as_str().or_else(|| issuer.get("id")?.as_str()));
    id.map_or_else(|| unproven("it names no issuer"), Ok)
}

/// Reads what every credential has.
pub(super) fn read_credential(value: Value) -> Result<Credential, BadgeRefusal> {
    let first = match value.get("@context") {
        Some(Value::Array(list)) => list.first().and_then(Value::as_str),
        Some(one) => one.as_str(),
        None => None,
    };
    if first != Some(CONTEXT) {
        return unproven(format!(
            "it is not a credential of version 2: its `@context` does not begin with {CONTEXT}"
        ));
    }
    let Some(from) = read_moment(&value, "validFrom")? else {
        return unproven("it does not say `validFrom`");
    };
    let awarded = read_moment(&value, "awardedDate")?;
    let until = read_moment(&value, "validUntil")?;
    let issuer = issuer_of(&value)?.to_string();
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default().to_string();
    let credential =
        Credential { id, issuer, from: awarded.map_or(from, |awarded| awarded.max(from)), until, value };
    if credential.is_a("VerifiableCredential") {
        Ok(credential)
    } else {
        unproven("its `type` does not say `VerifiableCredential`")
    }
}

fn read_moment(value: &Value, key: &str) -> Result<Option<Timestamp>, BadgeRefusal> {
    match value.get(key) {
        None => Ok(None),
        Some(text) => match text.as_str().and_then(|text| text.parse().ok()) {
            Some(moment) => Ok(Some(moment)),
            None => unproven(format!("its `{key}` is not a moment with an offset")),
        },
    }
}

/// One value, or each of a list.
pub(super) fn each(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
    }
}

impl Credential {
    pub(super) fn is_a(&self, kind: &str) -> bool {
        each(self.value.get("type")).iter().any(|one| one.as_str() == Some(kind))
    }

    pub(super) fn subject(&self) -> Result<&Value, BadgeRefusal> {
        match each(self.value.get("credentialSubject")).as_slice() {
            [one] if one.is_object() => Ok(one),
            _ => unproven("it is not about one subject"),
        }
    }

    /// The identifier of the achievement.
    pub(super) fn achievement(&self) -> Result<String, BadgeRefusal> {
        let id = self.subject()?.get("achievement").and_then(|one| one.get("id")).and_then(Value::as_str);
        id.map_or_else(|| unproven("it names no achievement"), |id| Ok(id.to_string()))
    }

    /// Everything that it calls its subject.
    pub(super) fn subject_names(&self) -> Result<Vec<SubjectName>, BadgeRefusal> {
        let subject = self.subject()?;
        let mut names = Vec::new();
        if let Some(id) = subject.get("id").and_then(Value::as_str) {
            names.push(match id.strip_prefix("mailto:") {
                Some(email) => SubjectName::Email(email.to_string()),
                None => SubjectName::Profile(id.to_string()),
            });
        }
        for identity in each(subject.get("identifier")) {
            names.push(read_identity(identity)?);
        }
        if names.is_empty() { unproven("it does not say whose it is") } else { Ok(names) }
    }

    /// Its entries in status lists.
    pub(super) fn status_entries(&self) -> Result<Vec<Value>, BadgeRefusal> {
        let entries = each(self.value.get("credentialStatus"));
        match entries.iter().all(|entry| entry.is_object()) {
            true => Ok(entries.into_iter().cloned().collect()),
            false => unproven("its `credentialStatus` is not an entry of a status list"),
        }
    }
}

/// An identity object.
fn read_identity(identity: &Value) -> Result<SubjectName, BadgeRefusal> {
    let text = |key: &str| identity.get(key).and_then(Value::as_str);
    let Some(named) = text("identityHash") else { return unproven("an identity of its subject is empty") };
    let is_email = text("identityType") == Some("emailAddress");
    match identity.get("hashed").and_then(Value::as_bool) {
        Some(false) if is_email => Ok(SubjectName::Email(named.to_string())),
        Some(false) => Ok(SubjectName::Profile(named.to_string())),
        Some(true) => match named.strip_prefix("sha256$") {
            Some(digest) => Ok(SubjectName::HashedEmail {
                digest: digest.to_ascii_lowercase(),
                salt: text("salt").unwrap_or_default().to_string(),
            }),
            None => unproven("an identity of its subject is hashed, and not with SHA-256"),
        },
        None => unproven("an identity of its subject does not say whether it is hashed"),
    }
}
