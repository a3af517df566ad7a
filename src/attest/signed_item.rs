//! Signatures of what a chain holds, such as deployment records and runs: an envelope as that of a
//! signed review, over a statement that follows from the item and the name of the signer to the
//! last byte.

use crate::dsse::pre_authentication_encoding;
use crate::signers::AllowedSigners;
use crate::single::{OpenedStatement, seal_statement};
use crate::statement::PAYLOAD_TYPE;
use crate::{AttestError, Signer, json, sshsig};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest envelope, in bytes. One has about 1000.
pub const LONGEST: usize = 64 * 1024;

/// An item that a signature is for.
pub trait SignedItem {
    /// What a person signs.
    type Statement: Serialize + DeserializeOwned;

    /// What the item is, in a word.
    const WHAT: &'static str;

    /// The statement of this principal on the item.
    fn statement(&self, signer: &str) -> Self::Statement;

    /// The principal whom a statement names.
    fn signer_of(statement: &Self::Statement) -> &str;

    /// What `ssh-keygen -Y sign -n portcullis` signs, where this principal does.
    ///
    /// # Errors
    /// Those of the JSON writer; with these types there are none.
    fn message(&self, signer: &str) -> Result<Vec<u8>, AttestError> {
        Ok(pre_authentication_encoding(PAYLOAD_TYPE, &payload_of(self, signer)?))
    }

    /// The envelope with the signature that `ssh-keygen` wrote.
    ///
    /// # Errors
    /// It is not a signature of the message for our namespace.
    fn seal(&self, signer: &str, armoured: &[u8]) -> Result<Vec<u8>, AttestError> {
        seal_statement(&payload_of(self, signer)?, armoured)
    }

    /// Who signed this item: a person whom the allowed signers call as the statement does, with a
    /// key that was valid at this moment.
    ///
    /// # Errors
    /// Why the signature proves nothing.
    fn verify(&self, bytes: &[u8], allowed: &AllowedSigners, at: Timestamp) -> Result<Signer, AttestError> {
        let opened = open_envelope(self, bytes)?;
        sshsig::verify_as(&opened.message, &opened.signature, &opened.signer, allowed, at)
    }

    /// The fingerprint of the key that signed this item. Its owner was not looked up.
    ///
    /// # Errors
    /// It is no signature of this item.
    fn signing_key(&self, bytes: &[u8]) -> Result<String, AttestError> {
        let opened = open_envelope(self, bytes)?;
        sshsig::signing_key_of(&opened.message, &opened.signature, crate::NAMESPACE)
    }
}

fn payload_of<T: SignedItem + ?Sized>(item: &T, signer: &str) -> Result<Vec<u8>, AttestError> {
    serde_json::to_vec(&item.statement(signer)).map_err(|error| AttestError::Json(error.to_string()))
}

/// An envelope of an item. Who made it was not looked at.
struct OpenedSignature {
    message: Vec<u8>,
    signature: Vec<u8>,
    signer: String,
}

fn open_envelope<T: SignedItem + ?Sized>(item: &T, bytes: &[u8]) -> Result<OpenedSignature, AttestError> {
    let opened = OpenedStatement::read(bytes, LONGEST)?;
    let statement: T::Statement = json::read(&opened.payload)?;
    let signer = T::signer_of(&statement).to_string();
    if payload_of(item, &signer)? != opened.payload {
        return Err(AttestError::Statement(format!("it is of another {}", T::WHAT)));
    }
    Ok(OpenedSignature { message: opened.message(), signature: opened.signature, signer })
}
