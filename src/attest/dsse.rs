//! DSSE envelopes, version 1 (github.com/secure-systems-lab/dsse, `protocol.md` and `envelope.md`).
//!
//! What is signed is not the JSON but [`pae`] of the type and the bytes of the payload, so that neither spaces nor
//! the order of keys matter, and bytes that were signed as one thing cannot be passed off as another. The envelope is read once;
//! what was verified is what is handed out.
//!
//! - `payload` and `sig` are base64, standard or URL-safe, with or without `=`; a mixture is refused, and so are bits
//!   left over.
//! - Unknown keys of an envelope are passed over, as the specification demands; a key twice is refused.
//! - `keyid` is a hint that nobody signed. It is written and never read.
//! - A signature that does not count (unknown key, out of its time, wrong) is passed over and told of. What counts are
//!   unique keys *and* people: a second key of the same person adds nothing.
//! - SSH keys sign raw, see [`super::key`]; SSH's own form is for detached signatures, see [`super::sshsig`].

use super::key::{PublicKey, SigningKey};
use super::signers::{AllowedSigners, Principal};
use super::{AttestError, json};
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::display::Base64Display;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;

/// More signatures than this are refused, so that an envelope cannot keep the gate busy.
const MOST_SIGNATURES: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Signature {
    #[serde(default)]
    keyid: Option<String>,
    sig: String,
}

/// An envelope as it is written: a payload can be long, and is encoded on its way.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sealed<'a> {
    #[serde(serialize_with = "encoded")]
    payload: &'a [u8],
    payload_type: &'a str,
    signatures: [Signature; 1],
}

fn encoded<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &base64::engine::general_purpose::STANDARD))
}

/// A payload that enough people signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// As what it was signed.
    pub payload_type: String,
    /// What was signed, to the byte.
    pub payload: Vec<u8>,
    /// What the allowed signers call those who signed. A principal here may be a pattern, which names nobody.
    pub signers: BTreeSet<Principal>,
}

impl Opened {
    /// The payload, if it was signed as this and nothing else.
    ///
    /// # Errors
    /// As what it was signed instead.
    pub fn payload_of(&self, expected: &'static str) -> Result<&[u8], AttestError> {
        if self.payload_type == expected {
            return Ok(&self.payload);
        }
        Err(AttestError::PayloadType { expected, found: self.payload_type.clone() })
    }
}

/// What is signed: `DSSEv1`, and the lengths and bytes of type and payload.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// Opens an envelope that at least `threshold` people signed, with keys that are allowed at this moment.
///
/// Who is who is what the allowed signers say; a caller who knows better (an identity map) counts again.
///
/// # Errors
/// Why it proves nothing.
pub fn open(
    bytes: &[u8],
    allowed: &AllowedSigners,
    at: Timestamp,
    threshold: NonZeroUsize,
) -> Result<Opened, AttestError> {
    let Envelope { payload, payload_type, signatures } = json::read(bytes)?;
    let payload = decode(&payload).ok_or(AttestError::Base64("payload"))?;
    if signatures.len() > MOST_SIGNATURES {
        return Err(AttestError::Signature(format!("there are more than {MOST_SIGNATURES} signatures")));
    }
    let message = pae(&payload_type, &payload);
    let keys = allowed.keys();
    let (mut signed, mut signers, mut refused) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for signature in &signatures {
        let counted = signer(signature, &message, &keys).and_then(|key| Ok((key, allowed.owner(key, at)?)));
        match counted {
            Ok((key, owner)) => {
                signed.insert(key);
                signers.extend(owner.principals);
            }
            Err(error) => refused.push(error.to_string()),
        }
    }
    let people = allowed.people(&signed);
    if people < threshold.get() {
        return Err(AttestError::Threshold { needed: threshold.get(), people, refused });
    }
    Ok(Opened { payload_type, payload, signers })
}

/// The key that made a signature: found by trying, since nobody signs a `keyid`.
fn signer<'k>(
    signature: &Signature,
    message: &[u8],
    keys: &BTreeSet<&'k PublicKey>,
) -> Result<&'k PublicKey, AttestError> {
    let bytes = decode(&signature.sig).ok_or(AttestError::Base64("sig"))?;
    let found = keys.iter().find(|key| key.verifies_raw(message, &bytes));
    found.copied().ok_or_else(|| AttestError::Signature("no allowed key made it".to_string()))
}

/// Each way to write bytes once: two alphabets, padded or not.
fn decode(text: &str) -> Option<Vec<u8>> {
    let padded = text.ends_with('=');
    let padding = if padded { DecodePaddingMode::RequireCanonical } else { DecodePaddingMode::RequireNone };
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(padding);
    [&STANDARD, &URL_SAFE].iter().find_map(|alphabet| GeneralPurpose::new(alphabet, config).decode(text).ok())
}

/// Seals a payload: an envelope with one signature, as JSON on one line.
///
/// # Errors
/// Those of the key and of the JSON writer; with an Ed25519 key there are none.
pub fn seal(payload_type: &str, payload: &[u8], key: &SigningKey) -> Result<Vec<u8>, AttestError> {
    let standard = base64::engine::general_purpose::STANDARD;
    let signature = key.sign_raw(&pae(payload_type, payload))?;
    let signature = Signature { keyid: Some(key.fingerprint()), sig: standard.encode(signature) };
    let envelope = Sealed { payload, payload_type, signatures: [signature] };
    let mut bytes = serde_json::to_vec(&envelope).map_err(|error| AttestError::Json(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests;
