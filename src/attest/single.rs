//! DSSE envelopes with exactly one signature, which is an SSH signature for our namespace. They are
//! read more strictly than [`dsse`](crate::dsse) reads one: a member that is not known or is there
//! twice is refused.

use crate::dsse::pre_authentication_encoding;
use crate::statement::PAYLOAD_TYPE;
use crate::{AttestError, NAMESPACE, json, sshsig};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_wire::review::v1::{EnvelopeV1, SignatureV1};

/// What is in an envelope. Who signed it was not looked at.
pub(crate) struct OpenedStatement {
    /// The statement, to the byte.
    pub(crate) payload: Vec<u8>,
    /// The signature, without its armour.
    pub(crate) signature: Vec<u8>,
}

impl OpenedStatement {
    /// Opens an envelope of no more than `longest` bytes.
    ///
    /// # Errors
    /// It could be read in two ways, or is not one of a statement.
    pub(crate) fn read(bytes: &[u8], longest: usize) -> Result<Self, AttestError> {
        if bytes.len() > longest {
            return Err(AttestError::Statement(format!("it is longer than {longest} bytes")));
        }
        let EnvelopeV1 { payload, payload_type, signatures } = json::read(bytes)?;
        if payload_type != PAYLOAD_TYPE {
            return Err(AttestError::PayloadType { expected: PAYLOAD_TYPE, found: payload_type });
        }
        let payload = STANDARD.decode(payload).map_err(|_| AttestError::Base64("payload"))?;
        let count = signatures.len();
        let [SignatureV1 { sig, .. }] = <[SignatureV1; 1]>::try_from(signatures)
            .map_err(|_| AttestError::Signature(format!("there are {count} signatures instead of one")))?;
        let signature = STANDARD.decode(sig).map_err(|_| AttestError::Base64("sig"))?;
        Ok(OpenedStatement { payload, signature })
    }

    /// What was signed.
    pub(crate) fn message(&self) -> Vec<u8> {
        pre_authentication_encoding(PAYLOAD_TYPE, &self.payload)
    }
}

/// The envelope of a statement, with the signature that `ssh-keygen` wrote: JSON on one line.
///
/// # Errors
/// It is not a signature of the statement for our namespace.
pub(crate) fn seal_statement(payload: &[u8], armoured: &[u8]) -> Result<Vec<u8>, AttestError> {
    let message = pre_authentication_encoding(PAYLOAD_TYPE, payload);
    let keyid = sshsig::signing_key(&message, armoured, NAMESPACE)?;
    let sig = STANDARD.encode(sshsig::without_armour(armoured)?);
    let envelope = EnvelopeV1 {
        payload: STANDARD.encode(payload),
        payload_type: PAYLOAD_TYPE.to_string(),
        signatures: vec![SignatureV1 { keyid: Some(keyid), sig }],
    };
    let mut bytes = serde_json::to_vec(&envelope).map_err(|error| AttestError::Json(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}
