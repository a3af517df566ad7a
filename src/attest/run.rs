//! The signature of a run of a reconciliation: an envelope as that of a signed review, over a
//! statement that follows from the run and the name of the signer to the last byte.

use crate::dsse::pre_authentication_encoding;
use crate::record::LONGEST;
use crate::signers::AllowedSigners;
use crate::single::{OpenedStatement, seal_statement};
use crate::statement::PAYLOAD_TYPE;
use crate::{AttestError, Signer, json, sshsig};
use jiff::Timestamp;
use portcullis_model::digest::Digest;
use portcullis_wire::run::signature_v1::{RunSignatureV1, RunSignedV1};

/// The run that a signature is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRun<'a> {
    /// The SHA-256 of `run.json`.
    pub run: &'a Digest,
    /// The dataset.
    pub dataset: &'a str,
    /// The number of the run.
    pub number: u64,
}

impl SignedRun<'_> {
    /// What a person signs.
    fn payload(&self, signer: &str) -> Result<Vec<u8>, AttestError> {
        let predicate = RunSignedV1 {
            dataset: self.dataset.to_string(),
            number: self.number,
            signer: signer.to_string(),
        };
        let statement = RunSignatureV1::of(self.run.hex(), predicate);
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

    /// Who signed this run: a person whom the allowed signers call as the statement does, with a
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

    /// The fingerprint of the key that signed this run. Its owner was not looked up.
    ///
    /// # Errors
    /// It is no signature of this run.
    pub fn signing_key(&self, bytes: &[u8]) -> Result<String, AttestError> {
        let opened = self.open(bytes)?;
        sshsig::signing_key_of(&opened.message, &opened.signature, crate::NAMESPACE)
    }

    fn open(&self, bytes: &[u8]) -> Result<OpenedRunSignature, AttestError> {
        let opened = OpenedStatement::read(bytes, LONGEST)?;
        let statement: RunSignatureV1 = json::read(&opened.payload)?;
        let signer = statement.predicate().signer.clone();
        if self.payload(&signer)? != opened.payload {
            return Err(AttestError::Statement("it is of another run".to_string()));
        }
        Ok(OpenedRunSignature { message: opened.message(), signature: opened.signature, signer })
    }
}

/// An envelope of this run. Who made it was not looked at.
struct OpenedRunSignature {
    message: Vec<u8>,
    signature: Vec<u8>,
    signer: String,
}
