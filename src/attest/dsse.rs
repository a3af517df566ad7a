//! DSSE envelopes, version 1 (github.com/secure-systems-lab/dsse, `protocol.md` and `envelope.md`).
//!
//! What is signed is not the JSON but [`pre_authentication_encoding`] of the type and the bytes of
//! the payload, so that neither spaces nor the order of keys matter, and bytes that were signed as
//! one thing cannot be passed off as another. The envelope is read once; what was verified is what
//! is handed out.
//!
//! - `payload` and `sig` are base64, standard or URL-safe, with or without `=`; a mixture is
//!   refused, and so are bits left over.
//! - Unknown keys of an envelope are passed over, as the specification demands; a key twice is
//!   refused.
//! - `keyid` is a hint outside the signature. It is written and never read.
//! - A signature that does not count (unknown key, out of its time, wrong) is passed over and told
//!   of. What counts are unique keys *and* people: a second key of the same person adds nothing.
//! - SSH keys sign raw, see [`super::key`]; SSH's own form is for detached signatures, see
//!   [`super::sshsig`].

use super::key::{PublicKey, SigningKey};
use super::signers::{AllowedSigners, Principal};
use super::{AttestError, json};
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::display::Base64Display;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::Range;

/// More signatures than this are refused, so that an envelope cannot keep the gate busy.
const MOST_SIGNATURES: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'t> {
    #[serde(borrow)]
    payload: Cow<'t, str>,
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
struct WrittenEnvelope<'a> {
    #[serde(serialize_with = "serialize_base64")]
    payload: &'a [u8],
    payload_type: &'a str,
    signatures: [Signature; 1],
}

fn serialize_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &base64::engine::general_purpose::STANDARD))
}

/// A payload that enough people signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedEnvelope {
    /// As what it was signed.
    pub payload_type: String,
    /// What was signed, to the byte.
    pub payload: Vec<u8>,
    /// What the allowed signers call those who signed. A principal here may be a pattern, which
    /// names no one in particular.
    pub signers: BTreeSet<Principal>,
}

impl OpenedEnvelope {
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
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    [encoding_head(payload_type, payload.len()).as_bytes(), payload].concat()
}

/// The part before the payload.
fn encoding_head(payload_type: &str, length: usize) -> String {
    format!("DSSEv1 {} {payload_type} {length} ", payload_type.len())
}

/// The payload of an envelope and as what it is meant, with **no signature verified**: to be shown
/// as such, and never to be relied on.
///
/// # Errors
/// The bytes are not an envelope.
pub fn read_unverified(bytes: &[u8]) -> Result<(String, Vec<u8>), AttestError> {
    let Envelope { payload, payload_type, .. } = json::read(bytes)?;
    let text = payload.into_owned();
    let place = 0..text.len();
    let payload = decode_in_place(text.into_bytes(), place).ok_or(AttestError::Base64("payload"))?;
    Ok((payload_type, payload))
}

/// Opens an envelope that at least `threshold` people signed, with keys that are allowed at this
/// moment.
///
/// Who is who is what the allowed signers say; a caller who knows better (an identity map) counts
/// again. The payload takes the place of the envelope, so that a large one is never there twice.
///
/// # Errors
/// Why it proves nothing.
pub fn open(
    bytes: Vec<u8>,
    allowed: &AllowedSigners,
    at: Timestamp,
    threshold: NonZeroUsize,
) -> Result<OpenedEnvelope, AttestError> {
    let Envelope { payload, payload_type, signatures } = json::read(&bytes)?;
    let (place, escaped) = match payload {
        Cow::Borrowed(text) => (place_of(text, &bytes), None),
        Cow::Owned(text) => (0..text.len(), Some(text.into_bytes())),
    };
    let mut message =
        decode_in_place(escaped.unwrap_or(bytes), place).ok_or(AttestError::Base64("payload"))?;
    if signatures.len() > MOST_SIGNATURES {
        return Err(AttestError::Signature(format!("there are more than {MOST_SIGNATURES} signatures")));
    }
    let head = encoding_head(&payload_type, message.len());
    message.splice(0..0, head.bytes());
    let keys = allowed.keys();
    let (mut signed, mut signers, mut refused) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for signature in &signatures {
        let counted =
            find_signer(signature, &message, &keys).and_then(|key| Ok((key, allowed.owner(key, at)?)));
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
    message.drain(..head.len());
    message.shrink_to_fit();
    Ok(OpenedEnvelope { payload_type, payload: message, signers })
}

/// The key that made a signature: found by trying, since the signature does not cover `keyid`.
fn find_signer<'k>(
    signature: &Signature,
    message: &[u8],
    keys: &BTreeSet<&'k PublicKey>,
) -> Result<&'k PublicKey, AttestError> {
    let bytes = decode_base64(&signature.sig).ok_or(AttestError::Base64("sig"))?;
    let found = keys.iter().find(|key| key.verifies_raw(message, &bytes));
    found.copied().ok_or_else(|| AttestError::Signature("no allowed key made it".to_string()))
}

/// Returns the position of a text within bytes that it is a part of.
fn place_of(text: &str, bytes: &[u8]) -> Range<usize> {
    let begin = text.as_ptr().addr().saturating_sub(bytes.as_ptr().addr());
    begin..begin + text.len()
}

/// Each way to write bytes once: two alphabets, padded or not.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    decode_in_place(text.as_bytes().to_vec(), 0..text.len())
}

/// How many characters are decoded at once: whole groups of four.
const GROUPS: usize = 16 << 10;

/// Decodes the characters at a place into the beginning of the same buffer.
fn decode_in_place(mut bytes: Vec<u8>, place: Range<usize>) -> Option<Vec<u8>> {
    let text = bytes.get(place.clone())?;
    let alphabet = if text.iter().any(|byte| matches!(byte, b'-' | b'_')) { &URL_SAFE } else { &STANDARD };
    let padded = text.ends_with(b"=");
    let engine = |padding| {
        GeneralPurpose::new(alphabet, GeneralPurposeConfig::new().with_decode_padding_mode(padding))
    };
    let (within, last) = (
        engine(DecodePaddingMode::RequireNone),
        engine(if padded { DecodePaddingMode::RequireCanonical } else { DecodePaddingMode::RequireNone }),
    );
    let (mut from, mut to) = (place.start, 0);
    let mut room = Vec::with_capacity(GROUPS);
    while from < place.end {
        let end = place.end.min(from + GROUPS);
        let engine = if end == place.end { &last } else { &within };
        room.clear();
        engine.decode_vec(bytes.get(from..end)?, &mut room).ok()?;
        // Never behind what is still to be read: three bytes for four.
        bytes.get_mut(to..to + room.len())?.copy_from_slice(&room);
        (from, to) = (end, to + room.len());
    }
    bytes.truncate(to);
    Some(bytes)
}

/// Seals a payload: an envelope with one signature, as JSON on one line.
///
/// # Errors
/// Errors of the key and of the JSON writer; with an Ed25519 key there are none.
pub fn seal(payload_type: &str, payload: &[u8], key: &SigningKey) -> Result<Vec<u8>, AttestError> {
    let mut bytes = Vec::new();
    seal_to(&mut bytes, payload_type, payload, key)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Seals a payload into `out`, without a line break behind it. The payload is neither copied nor
/// kept in base64.
///
/// # Errors
/// Errors of the key and of `out`.
pub fn seal_to(
    out: impl Write,
    payload_type: &str,
    payload: &[u8],
    key: &SigningKey,
) -> Result<(), AttestError> {
    let standard = base64::engine::general_purpose::STANDARD;
    let signature = key.sign_raw(&[encoding_head(payload_type, payload.len()).as_bytes(), payload])?;
    let signature = Signature { keyid: Some(key.fingerprint()), sig: standard.encode(signature) };
    let envelope = WrittenEnvelope { payload, payload_type, signatures: [signature] };
    serde_json::to_writer(out, &envelope).map_err(|error| AttestError::Json(error.to_string()))
}

/// How long the envelope of a payload of so many bytes is at most, in bytes.
pub fn sealed_length(payload: u64) -> u64 {
    const AROUND: u64 = 1024;
    payload.div_ceil(3).saturating_mul(4).saturating_add(AROUND)
}

#[cfg(test)]
mod tests;
