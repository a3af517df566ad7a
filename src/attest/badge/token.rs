//! A VC-JWT: the payload is the credential, with registered claims beside its members.

use super::{BadgeRefusal, BadgeTrust, find_issuer, unproven};
use crate::{json, key::PublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use portcullis_model::training::{BadgeIssuer, BadgeKey};
use serde_json::Value;

/// A raw signature of either kind: two halves of 32 bytes.
pub(super) const SIGNATURE: usize = 64;

/// The payload of a token that an issuer of the policy signed, with the name of that issuer and the
/// first moment at which the token is no longer valid.
pub(super) fn open_token<'a>(
    text: &str,
    trust: BadgeTrust<'a>,
) -> Result<(&'a str, Value, Option<Timestamp>), BadgeRefusal> {
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        return unproven("it is neither JSON nor a token of three parts");
    };
    let head: Value = read_part(header, "header")?;
    let body: Value = read_part(payload, "payload")?;
    let signature = decode(signature, "signature")?;
    if !body.is_object() || body.get("vc").is_some() {
        return unproven("its payload is not a credential in the form of Open Badges 3.0, section 8.2");
    }
    let (name, issuer) = find_issuer(&body, trust)?;
    let signed = text.rsplit_once('.').map_or("", |(signed, _)| signed);
    check_signature(&head, issuer, signed.as_bytes(), &signature)?;
    let until = check_claims(&body, issuer, trust.at)?;
    Ok((name, body, until))
}

fn decode(part: &str, what: &str) -> Result<Vec<u8>, BadgeRefusal> {
    URL_SAFE_NO_PAD.decode(part).or_else(|_| unproven(format!("its {what} is not base64url")))
}

fn read_part(part: &str, what: &str) -> Result<Value, BadgeRefusal> {
    json::read(&decode(part, what)?).or_else(|error| unproven(format!("its {what} cannot be read: {error}")))
}

/// The key is the one that `kid` names. Without `kid` it is any key of the issuer; a `jwk` in the
/// header is not looked at, because anyone can write one.
fn check_signature(
    head: &Value,
    issuer: &BadgeIssuer,
    signed: &[u8],
    signature: &[u8],
) -> Result<(), BadgeRefusal> {
    if head.get("crit").is_some() {
        return unproven("its header has `crit`, which asks for what this program does not do");
    }
    let algorithm = head.get("alg").and_then(Value::as_str).unwrap_or_default();
    let keys: Vec<&BadgeKey> = match head.get("kid") {
        None => issuer.keys.iter().collect(),
        Some(Value::String(kid)) => issuer.keys.iter().filter(|key| key.id == *kid).collect(),
        Some(_) => return unproven("its `kid` is not a text"),
    };
    if keys.is_empty() {
        let kid = head.get("kid").and_then(Value::as_str).unwrap_or_default();
        return unproven(format!("the policy has no key `{kid}` of this issuer"));
    }
    let fitting: Vec<&BadgeKey> = keys.into_iter().filter(|key| fits(key, algorithm)).collect();
    if fitting.is_empty() {
        return unproven(format!(
            "its algorithm `{algorithm}` is not that of a key of the issuer in the policy"
        ));
    }
    let verified = fitting.iter().any(|key| verifies(key, signed, signature));
    if verified { Ok(()) } else { unproven("no key of the issuer in the policy made its signature") }
}

fn fits(key: &BadgeKey, algorithm: &str) -> bool {
    match algorithm {
        "EdDSA" | "Ed25519" => key.openssh.starts_with("ssh-ed25519 "),
        "ES256" => key.openssh.starts_with("ecdsa-sha2-nistp256 "),
        _ => false,
    }
}

/// Did this key sign the message? A signature of another length is none, in whatever form.
pub(super) fn verifies(key: &BadgeKey, message: &[u8], signature: &[u8]) -> bool {
    let key = PublicKey::from_openssh(&key.openssh);
    signature.len() == SIGNATURE && key.is_ok_and(|key| key.verifies_raw(message, signature))
}

/// The registered claims say what the credential says. Gives the moment of `exp`.
fn check_claims(
    body: &Value,
    issuer: &BadgeIssuer,
    at: Timestamp,
) -> Result<Option<Timestamp>, BadgeRefusal> {
    let subject = body.get("credentialSubject").and_then(|subject| subject.get("id"));
    for (claim, member) in
        [("iss", Some(&Value::from(issuer.id.clone()))), ("sub", subject), ("jti", body.get("id"))]
    {
        let Some(claimed) = body.get(claim) else { continue };
        if Some(claimed) != member {
            return unproven(format!("its claim `{claim}` is not what the credential says"));
        }
    }
    if body.get("iss").is_none() {
        return unproven("it has no claim `iss`");
    }
    let moment = |claim: &str| match body.get(claim) {
        None => Ok(None),
        Some(value) => match value.as_i64().and_then(|second| Timestamp::from_second(second).ok()) {
            Some(moment) => Ok(Some(moment)),
            None => unproven(format!("its claim `{claim}` is not a moment in whole seconds")),
        },
    };
    if let Some(from) = moment("nbf")?.filter(|from| at < *from) {
        return unproven(format!("it is valid only from {from}"));
    }
    let until = moment("exp")?;
    match until.filter(|until| *until <= at) {
        Some(until) => unproven(format!("it expired at {until}")),
        None => Ok(until),
    }
}
