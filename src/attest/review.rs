//! Signed reviews: the envelope in a chain, the statement in it, and who vouches for it.
//!
//! It is a DSSE envelope, but read more strictly than `dsse` reads one: a member that is not
//! known or is there twice is refused, there is exactly one signature, and it is an SSH signature
//! for our namespace, as `ssh-keygen -Y sign` makes it with keys in files, in agents and on
//! hardware. A raw signature is none, so that no key that signs something else can be used here.

use crate::dsse::pre_authentication_encoding;
use crate::signers::AllowedSigners;
use crate::single::{OpenedStatement, seal_statement};
use crate::statement::PAYLOAD_TYPE;
use crate::{AttestError, Signer, json, sshsig};
use jiff::Timestamp;
use portcullis_model::digest::Digest;
use portcullis_model::evidence::RunSubject;
use portcullis_model::signed::ReviewStatement;
use portcullis_wire::review::v1::ReviewV1;

/// The longest envelope, in bytes. One without a long message has about 1300.
pub const LONGEST: usize = 64 * 1024;

/// The longest message for people, in bytes.
pub const LONGEST_MESSAGE: usize = 16 * 1024;

/// A review whose signature was not looked at yet: nothing in it is to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedReview {
    /// The commit that it is of, and its tree.
    pub subject: RunSubject,
    /// What it says.
    pub statement: ReviewStatement,
    /// The digest of the envelope.
    pub digest: Digest,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl UnverifiedReview {
    /// Reads an envelope.
    ///
    /// # Errors
    /// It is not one of a review, or could be read in two ways.
    pub fn read(bytes: &[u8]) -> Result<Self, AttestError> {
        let opened = OpenedStatement::read(bytes, LONGEST)?;
        let written: ReviewV1 = json::read(&opened.payload)?;
        let (subject, statement) = written.read().map_err(|error| AttestError::Statement(error.0))?;
        check_statement(&statement)?;
        let message = opened.message();
        let signature = opened.signature;
        Ok(UnverifiedReview { subject, statement, digest: Digest::of(bytes), message, signature })
    }

    /// Who signed it: a person whom the allowed signers call as the statement does.
    ///
    /// # Errors
    /// Why the signature proves nothing.
    pub fn verify(&self, allowed: &AllowedSigners, at: Timestamp) -> Result<Signer, AttestError> {
        sshsig::verify_as(&self.message, &self.signature, &self.statement.reviewer, allowed, at)
    }
}

/// What the types cannot express.
fn check_statement(statement: &ReviewStatement) -> Result<(), AttestError> {
    let ReviewStatement { project, reviewer, target, roles, message, .. } = statement;
    let refuse = |problem: &str| Err(AttestError::Statement(problem.to_string()));
    if project.is_empty() || reviewer.is_empty() || roles.contains("") {
        return refuse("its project, its reviewer or one of its roles has no name");
    }
    if target.strip_prefix("refs/heads/").is_none_or(str::is_empty) {
        return refuse("its target is not the full name of a branch");
    }
    if message.as_ref().is_some_and(|message| message.len() > LONGEST_MESSAGE) {
        return refuse("its message is too long");
    }
    Ok(())
}

/// The statement as it is signed, and the bytes that the signature is over.
pub struct SignableReview {
    payload: Vec<u8>,
}

impl SignableReview {
    /// Writes a statement.
    ///
    /// # Errors
    /// It is not one that could be read again.
    pub fn new(subject: RunSubject, statement: ReviewStatement) -> Result<Self, AttestError> {
        check_statement(&statement)?;
        let payload = serde_json::to_vec(&ReviewV1::of((subject, statement)));
        Ok(SignableReview { payload: payload.map_err(|error| AttestError::Json(error.to_string()))? })
    }

    /// What `ssh-keygen -Y sign -n portcullis` signs.
    pub fn message(&self) -> Vec<u8> {
        pre_authentication_encoding(PAYLOAD_TYPE, &self.payload)
    }

    /// The envelope with the signature that `ssh-keygen` wrote.
    ///
    /// # Errors
    /// It is not a signature of the message for our namespace.
    pub fn seal(&self, armoured: &[u8]) -> Result<Vec<u8>, AttestError> {
        let bytes = seal_statement(&self.payload, armoured)?;
        UnverifiedReview::read(&bytes)?;
        Ok(bytes)
    }
}
