//! A Data Integrity proof of the suite `eddsa-jcs-2022` (W3C Data Integrity EdDSA Cryptosuites 1.0,
//! section 3.3): Ed25519 over the digests of the canonical proof options and document.

use super::canonical::canonical_text;
use super::{BadgeRefusal, BadgeTrust, base58, find_issuer, token, unproven};
use crate::json;
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// What a proof has to say of itself.
const OPTIONS: [(&str, &str); 3] =
    [("type", "DataIntegrityProof"), ("cryptosuite", "eddsa-jcs-2022"), ("proofPurpose", "assertionMethod")];

/// A document that an issuer of the policy signed, without its proof, with the name of that issuer
/// and the first moment at which the proof is no longer valid.
pub(super) fn open_document<'a>(
    text: &str,
    trust: BadgeTrust<'a>,
) -> Result<(&'a str, Value, Option<Timestamp>), BadgeRefusal> {
    let read = json::read::<Map<String, Value>>(text.as_bytes());
    let mut document = read.or_else(|error| unproven(format!("it cannot be read: {error}")))?;
    let mut options = match document.remove("proof") {
        Some(Value::Object(proof)) => proof,
        Some(Value::Array(mut proofs)) if proofs.len() == 1 => match proofs.pop() {
            Some(Value::Object(proof)) => proof,
            _ => return unproven("its proof is not an object"),
        },
        Some(Value::Array(_)) => return unproven("it has several proofs, and one is read"),
        _ => return unproven("it has no proof"),
    };
    for (key, wanted) in OPTIONS {
        let found = options.get(key).and_then(Value::as_str).unwrap_or("nothing");
        if found != wanted {
            return unproven(format!("the `{key}` of its proof is {found}, and {wanted} is read"));
        }
    }
    let Some(Value::String(signature)) = options.remove("proofValue") else {
        return unproven("its proof has no `proofValue`");
    };
    let until = check_proof_times(&options, trust.at)?;
    take_context(&options, &mut document)?;
    let document = Value::Object(document);
    let (name, issuer) = find_issuer(&document, trust)?;
    let method = options.get("verificationMethod").and_then(Value::as_str).unwrap_or_default().to_string();
    let Some(key) =
        issuer.keys.iter().find(|key| key.id == method && key.openssh.starts_with("ssh-ed25519 "))
    else {
        return unproven(format!("the policy has no Ed25519 key `{method}` of this issuer"));
    };
    let signature = signature.strip_prefix('z').and_then(base58::decode).unwrap_or_default();
    let options = Sha256::digest(canonical_text(&Value::Object(options))?);
    let signed = [options, Sha256::digest(canonical_text(&document)?)].concat();
    if token::verifies(key, &signed, &signature) {
        return Ok((name, document, until));
    }
    unproven("the key that its proof names did not sign it")
}

/// Gives the moment of `expires`.
fn check_proof_times(options: &Map<String, Value>, at: Timestamp) -> Result<Option<Timestamp>, BadgeRefusal> {
    let moment = |key: &str| match options.get(key) {
        None => Ok(None),
        Some(value) => match value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
            Some(moment) => Ok(Some(moment)),
            None => unproven(format!("the `{key}` of its proof is not a moment")),
        },
    };
    if let Some(created) = moment("created")?.filter(|created| at < *created) {
        return unproven(format!("its proof is of {created}, which is still to come"));
    }
    let until = moment("expires")?;
    match until.filter(|until| *until <= at) {
        Some(until) => unproven(format!("its proof expired at {until}")),
        None => Ok(until),
    }
}

/// A context in the proof has to be how that of the document begins, and takes its place.
fn take_context(options: &Map<String, Value>, document: &mut Map<String, Value>) -> Result<(), BadgeRefusal> {
    let Some(context) = options.get("@context") else { return Ok(()) };
    let list = |value: &Value| match value {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    };
    let whole = document.get("@context").map(list).unwrap_or_default();
    if !whole.starts_with(&list(context)) {
        return unproven("the context of its proof is not that of the credential");
    }
    document.insert("@context".to_string(), context.clone());
    Ok(())
}
