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
    if signature.namespace() != NAMESPACE {
        return Err(AttestError::Namespace(signature.namespace().to_string()));
    }
    let key = PublicKey::new(signature.public_key().clone());
    let key = key.map_err(|error| AttestError::Signature(error.to_string()))?;
    let owner = allowed.owner(&key, at)?;
    // The data is built from our own namespace and from nothing that the signature says but its
    // hash.
    let signed = SshSig::signed_data(NAMESPACE, signature.hash_alg(), message).map_err(wrong_signature)?;
    match key.verifies(&signed, signature.signature()) {
        true => Ok(owner),
        false => Err(AttestError::Mismatch(owner.key)),
    }
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
    let mut rest = bytes.as_slice();
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
