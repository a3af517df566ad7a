//! The signature of a manifest of one side of a dataset: an envelope as that of a signed review,
//! over a statement that follows from its header and the name of the signer to the last byte.

use crate::dsse::pre_authentication_encoding;
use crate::record::LONGEST;
use crate::signers::AllowedSigners;
use crate::single::{OpenedStatement, seal_statement};
use crate::statement::PAYLOAD_TYPE;
use crate::{AttestError, Signer, json, sshsig};
use jiff::Timestamp;
use portcullis_model::digest::Digest;
use portcullis_wire::manifest::signature_v1::{ManifestSignatureV1, ManifestSignedV1};
use portcullis_wire::manifest::v1::ManifestContentV1;

/// The manifest that a signature is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedManifest<'a> {
    /// The SHA-256 of `manifest.json`.
    pub header: &'a Digest,
    /// The dataset.
    pub dataset: &'a str,
    /// What its rows are.
    pub content: ManifestContentV1,
}

impl SignedManifest<'_> {
    /// What a person signs.
    fn payload(&self, signer: &str) -> Result<Vec<u8>, AttestError> {
        let predicate = ManifestSignedV1 {
            dataset: self.dataset.to_string(),
            content: self.content,
            signer: signer.to_string(),
        };
        let statement = ManifestSignatureV1::of(self.header.hex(), predicate);
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

    /// Who signed this manifest: a person whom the allowed signers call as the statement does, with
    /// a key that was valid at this moment.
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

    fn open(&self, bytes: &[u8]) -> Result<OpenedManifestSignature, AttestError> {
        let opened = OpenedStatement::read(bytes, LONGEST)?;
        let statement: ManifestSignatureV1 = json::read(&opened.payload)?;
        let signer = statement.predicate().signer.clone();
        if self.payload(&signer)? != opened.payload {
            return Err(AttestError::Statement("it is of another manifest".to_string()));
        }
        Ok(OpenedManifestSignature { message: opened.message(), signature: opened.signature, signer })
    }
}

/// An envelope of this manifest. Who made it was not looked at.
struct OpenedManifestSignature {
    message: Vec<u8>,
    signature: Vec<u8>,
    signer: String,
}
