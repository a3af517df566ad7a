//! A statement as the line that is written, in whatever form was asked for. A large one is written
//! as it is made.

use super::EvidenceRecording;
use super::key_file::read_key;
use crate::exit::{Failure, Result};
use crate::output::PlainJson;
use portcullis_attest::AttestError;
use portcullis_attest::dsse::{seal_to, sealed_length};
use portcullis_attest::evidence::{check_length, test_run};
use portcullis_attest::key::SigningKey;
use portcullis_attest::statement::PAYLOAD_TYPE;
use portcullis_model::evidence::Statement;
use std::io::{self, Write};

/// A line, without a line break.
pub enum Line {
    /// A statement of ours.
    Statement(Box<Statement>),
    /// The same in the form of another predicate.
    Bytes(Vec<u8>),
    /// A statement that is signed on its way.
    Sealed(Vec<u8>, Box<SigningKey>),
}

impl Line {
    /// The line that a recording asks for.
    ///
    /// # Errors
    /// The key cannot be read, or the line could not be read back.
    pub fn of(statement: Statement, recording: &EvidenceRecording) -> Result<Self> {
        let failed = |error: AttestError| Failure::environment(error.to_string());
        if recording.test_result {
            return Ok(Line::Bytes(test_run::write_test_result(&statement).map_err(failed)?));
        }
        let length = written_length(&statement).map_err(failed)?;
        let Some(key) = &recording.key else {
            check_length(length).map_err(failed)?;
            return Ok(Line::Statement(Box::new(statement)));
        };
        Line::signed(test_run::write(&statement).map_err(failed)?, read_key(key)?)
    }

    /// A statement that is going to be signed.
    ///
    /// # Errors
    /// Nobody could read the line back.
    pub fn signed(statement: Vec<u8>, key: SigningKey) -> Result<Self> {
        check_length(sealed_length(statement.len() as u64))
            .map_err(|error| Failure::environment(error.to_string()))?;
        Ok(Line::Sealed(statement, Box::new(key)))
    }

    /// All of it.
    ///
    /// # Errors
    /// Those of the writer; with these types there are none.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write_to(&mut bytes).map_err(|error| Failure::environment(error.to_string()))?;
        Ok(bytes)
    }

    /// Writes it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Line::Statement(statement) => test_run::write_to(out, statement).map_err(io::Error::other),
            Line::Bytes(bytes) => out.write_all(bytes),
            Line::Sealed(statement, key) => {
                seal_to(out, PAYLOAD_TYPE, statement, key).map_err(io::Error::other)
            }
        }
    }

    /// Writes it with a line break and harmless in a log. An envelope is that as it is.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_plainly(&self, out: &mut dyn Write) -> io::Result<()> {
        if matches!(self, Line::Sealed(..)) {
            self.write_to(out)?;
            return out.write_all(b"\n");
        }
        let mut plain = PlainJson::to(out);
        self.write_to(&mut plain)?;
        plain.write_all(b"\n")?;
        plain.flush()
    }
}

/// How long a statement is when it is written, in bytes.
fn written_length(statement: &Statement) -> std::result::Result<u64, AttestError> {
    let mut counted = Counted(0);
    test_run::write_to(&mut counted, statement)?;
    Ok(counted.0)
}

struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
