//! The signature of a deployment record: an envelope as that of a signed review, over a statement
//! that follows from the record and the name of the signer to the last byte.

use crate::dsse::pre_authentication_encoding;
use crate::signers::AllowedSigners;
use crate::single::{OpenedStatement, seal_statement};
use crate::statement::PAYLOAD_TYPE;
use crate::{AttestError, Signer, json, sshsig};
use jiff::Timestamp;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::environment::Environment;
use portcullis_wire::record::signature_v1::{RecordSignatureV1, RecordSignedV1};

/// The longest envelope, in bytes. One has about 1000.
pub const LONGEST: usize = 64 * 1024;

/// The record that a signature is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRecord<'a> {
    /// The SHA-256 of `record.json`.
    pub record: &'a Digest,
    /// The environment.
    pub environment: &'a Environment,
    /// The number of the record.
    pub number: u64,
    /// The commit that may be deployed.
    pub candidate: &'a Revision,
}

impl SignedRecord<'_> {
    /// What a person signs.
    fn payload(&self, signer: &str) -> Result<Vec<u8>, AttestError> {
        let predicate = RecordSignedV1 {
            candidate: self.candidate.into(),
            environment: self.environment.into(),
            number: self.number,
            signer: signer.to_string(),
        };
        let statement = RecordSignatureV1::of(self.record.hex(), predicate);
        serde_json::to_vec(&statement).map_err(|error| AttestError::Json(error.to_string()))
    }

    /// What `ssh-keygen -Y sign -n portcullis` signs, where this principal does.
    ///
    /// # Errors
    /// Those of the JSON writer; with these types there are none.
    pub fn message(&self, signer: &str) -> Result<Vec<u8>, AttestError> {
        Ok(pre_authentication_encoding(PAYLOAD_TYPE, &self.payload(signer)?))
    }

    /// The envelope with the signature that `ssh-keygen` wrote.
    ///
    /// # Errors
    /// It is not a signature of the message for our namespace.
    pub fn seal(&self, signer: &str, armoured: &[u8]) -> Result<Vec<u8>, AttestError> {
        seal_statement(&self.payload(signer)?, armoured)
    }

    /// Who signed this record: a person whom the allowed signers call as the statement does, with a
    /// key that was valid at this moment.
    ///
    /// # Errors
    /// Why the signature proves nothing.
    pub fn verify(
        &self,
        bytes: &[u8],
        allowed: &AllowedSigners,
        at: Timestamp,
    ) -> Result<Signer, AttestError> {
        let opened = self.open(bytes)?;
        sshsig::verify_as(&opened.message, &opened.signature, &opened.signer, allowed, at)
    }

    /// The fingerprint of the key that signed this record. Its owner was not looked up.
    ///
    /// # Errors
    /// It is no signature of this record.
    pub fn signing_key(&self, bytes: &[u8]) -> Result<String, AttestError> {
        let opened = self.open(bytes)?;
        sshsig::signing_key_of(&opened.message, &opened.signature, crate::NAMESPACE)
    }

    fn open(&self, bytes: &[u8]) -> Result<OpenedSignature, AttestError> {
        let opened = OpenedStatement::read(bytes, LONGEST)?;
        let statement: RecordSignatureV1 = json::read(&opened.payload)?;
        let signer = statement.predicate().signer.clone();
        if self.payload(&signer)? != opened.payload {
            return Err(AttestError::Statement("it is of another record".to_string()));
        }
        Ok(OpenedSignature { message: opened.message(), signature: opened.signature, signer })
    }
}

/// An envelope of this record. Who made it was not looked at.
struct OpenedSignature {
    message: Vec<u8>,
    signature: Vec<u8>,
    signer: String,
}
