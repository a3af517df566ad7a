//! Keys: which kinds count, and how each of them signs.
//!
//! | kind | as SSHSIG | raw, in a DSSE envelope |
//! | --- | --- | --- |
//! | `ssh-ed25519` | as OpenSSH does | the 64 bytes of RFC 8032 |
//! | `ecdsa-sha2-nistp256` | as OpenSSH does | with SHA-256: `r` and `s` as 64 bytes, or as DER (FIPS 186-5, SEC 1) |
//! | `ssh-rsa`, 2048 bits or more | with SHA-256 or SHA-512, never SHA-1 | PKCS #1 v1.5 with SHA-256 or SHA-512 |
//! | `sk-ssh-ed25519@openssh.com`, `sk-ecdsa-sha2-nistp256@openssh.com` | as OpenSSH does, and someone touched the key | none |
//!
//! The last are keys in hardware (OpenSSH, `PROTOCOL.u2f`). Their signatures say whether someone
//! touched the device; one without a touch could be made by a program on the reviewer's machine.
//!
//! Ed25519 signatures are verified strictly: no weak key, no second encoding of one signature.
//! Those of keys in hardware are verified as `ssh-key` does, and their keys must not be weak
//! either.

use super::AttestError;
use ed25519_dalek::Verifier as _;
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::ed25519::signature::MultipartSigner as _;
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, PrivateKey, Signature, SshSig};

/// A shorter modulus can be factored (NIST SP 800-131A).
const SHORTEST_RSA: u32 = 2048;

/// A public key of a kind that counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey(KeyData);

impl PublicKey {
    /// # Errors
    /// Why keys of this kind do not count.
    pub(super) fn new(data: KeyData) -> Result<Self, KeyError> {
        match &data {
            KeyData::Ed25519(key) if is_strong(key.as_ref()) => Ok(PublicKey(data)),
            KeyData::Ed25519(_) => Err(KeyError::Weak),
            KeyData::Ecdsa(key) if key.curve() == EcdsaCurve::NistP256 => Ok(PublicKey(data)),
            KeyData::Rsa(key) if key.key_size() >= SHORTEST_RSA => Ok(PublicKey(data)),
            KeyData::SkEd25519(key) if !is_strong(key.public_key().as_ref()) => Err(KeyError::Weak),
            KeyData::SkEd25519(key) if is_for_ssh(key.application()) => Ok(PublicKey(data)),
            KeyData::SkEcdsaSha2NistP256(key) if is_for_ssh(key.application()) => Ok(PublicKey(data)),
            KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_) => Err(KeyError::OtherApplication),
            KeyData::Rsa(_) => Err(KeyError::ShortRsa),
            other => Err(KeyError::OtherKind(other.algorithm().as_str().to_string())),
        }
    }

    /// A public key as OpenSSH writes it: kind, base64, and perhaps a comment.
    ///
    /// # Errors
    /// It is none, or keys of this kind do not count.
    pub fn from_openssh(text: &str) -> Result<Self, AttestError> {
        let wrong = |problem: String| AttestError::Signature(problem);
        let key = ssh_key::PublicKey::from_openssh(text.trim()).map_err(|error| wrong(error.to_string()))?;
        PublicKey::new(key.key_data().clone()).map_err(|error| wrong(error.to_string()))
    }

    /// As `ssh-keygen -l` shows it.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }

    /// Is this the signature of the message in SSH's own form?
    pub(super) fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        match &self.0 {
            KeyData::Ed25519(key) => {
                signature.algorithm() == Algorithm::Ed25519
                    && verifies_strictly(key.as_ref(), message, signature)
            }
            KeyData::SkEd25519(key) => {
                signature.algorithm() == Algorithm::SkEd25519
                    && is_touched(signature)
                    && key.verify(message, signature).is_ok()
            }
            KeyData::SkEcdsaSha2NistP256(key) => {
                signature.algorithm() == Algorithm::SkEcdsaSha2NistP256
                    && is_touched(signature)
                    && key.verify(message, signature).is_ok()
            }
            other => other.verify(message, signature).is_ok(),
        }
    }

    /// Is this a raw signature of the message, in one of the forms of its kind?
    pub(super) fn verifies_raw(&self, message: &[u8], bytes: &[u8]) -> bool {
        let forms = match &self.0 {
            KeyData::Ed25519(_) => vec![Signature::new(Algorithm::Ed25519, bytes)],
            KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_) => Vec::new(),
            KeyData::Ecdsa(_) => {
                let curve = EcdsaCurve::NistP256;
                let forms = [mpints_of_halves(bytes), mpints_of_der(bytes)];
                let forms = forms.into_iter().flatten();
                forms.map(|data| Signature::new(Algorithm::Ecdsa { curve }, data)).collect()
            }
            _ => [HashAlg::Sha256, HashAlg::Sha512]
                .map(|hash| Signature::new(Algorithm::Rsa { hash: Some(hash) }, bytes))
                .into(),
        };
        forms.into_iter().flatten().any(|signature| self.verifies(message, &signature))
    }
}

/// Why a public key does not count.
pub(super) enum KeyError {
    Weak,
    ShortRsa,
    OtherApplication,
    OtherKind(String),
}

impl std::fmt::Display for KeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KeyError::Weak => f.write_str("this Ed25519 key is weak: many signatures fit it"),
            KeyError::ShortRsa => write!(f, "an RSA key needs {SHORTEST_RSA} bits"),
            KeyError::OtherApplication => {
                f.write_str("this key in hardware is not for SSH: its application does not begin with `ssh:`")
            }
            KeyError::OtherKind(kind) => write!(
                f,
                "keys of the kind `{kind}` do not count; use ssh-ed25519, ecdsa-sha2-nistp256, ssh-rsa, or the \
                 first two in hardware"
            ),
        }
    }
}

fn is_strong(key: &[u8; 32]) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| !key.is_weak())
}

/// `ssh-keygen` makes keys in hardware for applications that begin so.
fn is_for_ssh(application: &str) -> bool {
    application.starts_with("ssh:")
}

/// Did someone touch the device? The last five bytes are flags and a counter (OpenSSH,
/// `PROTOCOL.u2f`, "SSH U2F Signatures"); 1 is the flag of "user presence".
fn is_touched(signature: &Signature) -> bool {
    let flags = signature.as_bytes().len().checked_sub(5).and_then(|at| signature.as_bytes().get(at));
    flags.is_some_and(|flags| flags & 1 == 1)
}

fn verifies_strictly(key: &[u8; 32], message: &[u8], signature: &Signature) -> bool {
    let signature = ed25519_dalek::Signature::from_slice(signature.as_bytes());
    let key = VerifyingKey::from_bytes(key);
    key.ok()
        .zip(signature.ok())
        .is_some_and(|(key, signature)| key.verify_strict(message, &signature).is_ok())
}

/// `r` and `s`, 32 bytes each, as the two numbers of an SSH signature (RFC 4251, section 5,
/// `mpint`).
fn mpints_of_halves(bytes: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = bytes.split_at_checked(32).filter(|(_, s)| s.len() == 32)?;
    let shortest = |half: &[u8]| {
        let digits: Vec<u8> = half.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = digits.first().filter(|byte| **byte >= 0x80).map(|_| 0);
        sign.into_iter().chain(digits).collect::<Vec<u8>>()
    };
    Some([write_mpint(&shortest(r)), write_mpint(&shortest(s))].concat())
}

/// A DER `SEQUENCE` of two `INTEGER`s (X.690, 8.3 and 8.9). The contents of an `INTEGER` are those
/// of an `mpint`.
fn mpints_of_der(bytes: &[u8]) -> Option<Vec<u8>> {
    let (numbers, rest) = read_der(0x30, bytes)?;
    let (r, s) = read_der(0x02, numbers)?;
    let (s, end) = read_der(0x02, s)?;
    (rest.is_empty() && end.is_empty()).then(|| [write_mpint(r), write_mpint(s)].concat())
}

/// The contents of one DER element of this tag and less than 128 bytes, and what follows it.
fn read_der(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    match bytes {
        [found, length @ 0..0x80, rest @ ..] if *found == tag => rest.split_at_checked(usize::from(*length)),
        _ => None,
    }
}

fn write_mpint(digits: &[u8]) -> Vec<u8> {
    let length = u32::try_from(digits.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), digits].concat()
}

/// An Ed25519 key to sign with.
#[derive(Clone)]
pub struct SigningKey(PrivateKey);

impl SigningKey {
    /// Reads a private key as `ssh-keygen -t ed25519 -N ''` writes it.
    ///
    /// # Errors
    /// When it is none, is of another kind, or is locked with a passphrase.
    pub fn from_openssh(text: &str) -> Result<Self, AttestError> {
        let key =
            PrivateKey::from_openssh(text).map_err(|error| AttestError::Signature(error.to_string()))?;
        if key.is_encrypted() {
            let problem = "the key is locked with a passphrase; sign with `ssh-keygen -Y sign` instead";
            return Err(AttestError::Signature(problem.to_string()));
        }
        match key.key_data().ed25519() {
            Some(_) => Ok(SigningKey(key)),
            None => Err(AttestError::Signature("only an Ed25519 key can sign here".to_string())),
        }
    }

    /// The key of these 32 secret bytes (RFC 8032, section 5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        SigningKey(ssh_key::private::Ed25519Keypair::from_seed(seed).into())
    }

    /// As `ssh-keygen -l` shows it.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }

    /// The public key as a line of allowed signers has it.
    ///
    /// # Errors
    /// Errors of the writer; with Ed25519 there are none.
    pub fn public_text(&self) -> Result<String, AttestError> {
        self.0.public_key().to_openssh().map_err(|error| AttestError::Signature(error.to_string()))
    }

    /// The raw signature of a message, whose parts follow each other.
    pub(super) fn sign_raw(&self, message: &[&[u8]]) -> Result<Vec<u8>, AttestError> {
        let pair = self.0.key_data().ed25519().map(ed25519_dalek::SigningKey::try_from);
        let key = pair.and_then(Result::ok);
        let key = key.ok_or_else(|| AttestError::Signature("the key cannot sign".to_string()))?;
        let signed = key.try_multipart_sign(message);
        let signed = signed.map_err(|error| AttestError::Signature(error.to_string()))?;
        Ok(signed.to_bytes().to_vec())
    }

    /// The detached signature of a message in SSH's own form.
    pub(super) fn sign_ssh(&self, namespace: &str, message: &[u8]) -> Result<String, AttestError> {
        let signed = SshSig::sign(&self.0, namespace, HashAlg::Sha512, message);
        let text = signed.and_then(|signature| signature.to_pem(ssh_key::LineEnding::LF));
        text.map_err(|error| AttestError::Signature(error.to_string()))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.fingerprint())
    }
}
