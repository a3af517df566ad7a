//! Detached signatures as `ssh-keygen -Y sign -n portcullis -f KEY FILE` writes them (OpenSSH,
//! `PROTOCOL.sshsig`).
//!
//! The namespace has to be `portcullis`, the hash SHA-256 or SHA-512, and the key one of the
//! allowed signers at the moment that the caller vouches for. A signature has one form only: armour
//! or bytes that could be written otherwise are refused.

use super::key::{PublicKey, SigningKey};
use super::signers::AllowedSigners;
use super::{AttestError, NAMESPACE, Signer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ssh_key::SshSig;
use ssh_key::encoding::{Decode as _, Encode as _};

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";

/// No signature of an allowed key is longer.
const LONGEST: usize = 16 * 1024;

/// Who signed these bytes.
///
/// # Errors
/// Why the signature proves nothing.
pub fn verify(
    message: &[u8],
    signature: &[u8],
    allowed: &AllowedSigners,
    at: Timestamp,
) -> Result<Signer, AttestError> {
    let signature = read_signature(signature)?;
    let key = key_of(&signature, NAMESPACE)?;
    let owner = allowed.owner(&key, at)?;
    if signs(&key, &signature, NAMESPACE, message)? {
        Ok(owner)
    } else {
        Err(AttestError::Mismatch(owner.key))
    }
}

/// Who signed these bytes, where the allowed signers call them by this principal. The signature is
/// without its armour.
///
/// # Errors
/// Why the signature proves nothing.
pub fn verify_as(
    message: &[u8],
    signature: &[u8],
    principal: &str,
    allowed: &AllowedSigners,
    at: Timestamp,
) -> Result<Signer, AttestError> {
    let signature = decode_signature(signature)?;
    let key = key_of(&signature, NAMESPACE)?;
    let owner = allowed.owner_as(&key, principal, at)?;
    if signs(&key, &signature, NAMESPACE, message)? {
        Ok(owner)
    } else {
        Err(AttestError::Mismatch(owner.key))
    }
}

/// The fingerprint of the key that signed these bytes, whoever owns it. The signature is in its
/// armour.
///
/// # Errors
/// It is no signature of these bytes for this namespace.
pub fn signing_key(message: &[u8], signature: &[u8], namespace: &str) -> Result<String, AttestError> {
    let bytes = without_armour(signature)?;
    signing_key_of(message, &bytes, namespace)
}

/// As [`signing_key`], of a signature without its armour.
///
/// # Errors
/// It is no signature of these bytes for this namespace.
pub fn signing_key_of(message: &[u8], signature: &[u8], namespace: &str) -> Result<String, AttestError> {
    let signature = decode_signature(signature)?;
    let key = key_of(&signature, namespace)?;
    let fingerprint = key.fingerprint();
    if signs(&key, &signature, namespace, message)? {
        Ok(fingerprint)
    } else {
        Err(AttestError::Mismatch(fingerprint))
    }
}

fn key_of(signature: &SshSig, namespace: &str) -> Result<PublicKey, AttestError> {
    if signature.namespace() != namespace {
        return Err(AttestError::Namespace(signature.namespace().to_string()));
    }
    let key = PublicKey::new(signature.public_key().clone());
    key.map_err(|error| AttestError::Signature(error.to_string()))
}

/// The data is built from the namespace that is asked for and from nothing that the signature says
/// but its hash.
fn signs(key: &PublicKey, signature: &SshSig, namespace: &str, message: &[u8]) -> Result<bool, AttestError> {
    let signed = SshSig::signed_data(namespace, signature.hash_alg(), message).map_err(wrong_signature)?;
    Ok(key.verifies(&signed, signature.signature()))
}

/// The signature in its armour, as it is without.
///
/// # Errors
/// It is no signature.
pub fn without_armour(text: &[u8]) -> Result<Vec<u8>, AttestError> {
    read_signature(text)?;
    remove_armour(text).ok_or_else(|| AttestError::Signature("it has no armour".to_string()))
}

/// Signs bytes.
///
/// # Errors
/// Errors of the key; with an Ed25519 key there are none.
pub fn sign(message: &[u8], key: &SigningKey) -> Result<String, AttestError> {
    key.sign_ssh(NAMESPACE, message)
}

fn read_signature(text: &[u8]) -> Result<SshSig, AttestError> {
    let bytes = remove_armour(text).ok_or_else(|| {
        AttestError::Signature(format!(
            "there is more or less in it than one block from `{BEGIN}` to `{END}`"
        ))
    })?;
    decode_signature(&bytes)
}

fn decode_signature(bytes: &[u8]) -> Result<SshSig, AttestError> {
    if bytes.len() > LONGEST {
        return Err(AttestError::Signature(format!("it is longer than {LONGEST} bytes")));
    }
    let mut rest = bytes;
    let signature = SshSig::decode(&mut rest).map_err(wrong_signature)?;
    let again = signature.encode_vec().map_err(|error| AttestError::Signature(error.to_string()))?;
    if signature.version() != SshSig::VERSION {
        return Err(AttestError::Signature(format!("its version is {}", signature.version())));
    }
    if again != bytes || !rest.is_empty() {
        return Err(AttestError::Signature("it could be written otherwise".to_string()));
    }
    Ok(signature)
}

fn wrong_signature(error: ssh_key::Error) -> AttestError {
    AttestError::Signature(error.to_string())
}

/// The bytes in the armour: lines of base64 between the two marks, and nothing around them.
fn remove_armour(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= LONGEST)?;
    let mut lines: Vec<&str> = text.lines().collect();
    let (last, first) = (lines.pop()?, lines.first().copied()?);
    let body = lines.get(1..)?.concat();
    (first == BEGIN && last == END).then(|| STANDARD.decode(body).ok()).flatten()
}

#[cfg(test)]
mod tests;
