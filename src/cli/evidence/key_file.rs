//! Files of keys and of signers.

use crate::exit::{Failure, Result};
use portcullis_attest::key::SigningKey;
use std::fmt::Display;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Reads a private key.
///
/// # Errors
/// The file cannot be read, or holds no private key without a passphrase.
pub fn read_key(file: &Path) -> Result<SigningKey> {
    let text = String::from_utf8_lossy(&read_small_file(file)?).into_owned();
    SigningKey::from_openssh(&text)
        .map_err(|error| Failure::environment(format!("the key {}: {error}", file.display())))
}

/// A key, or a list of signers, is never as long as this.
const LONGEST: u64 = 16 << 20;

/// Reads a file that is never long.
///
/// # Errors
/// It cannot be read, or is too long.
pub fn read_small_file(file: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
    read.map_err(|error| cannot_read(file, &error))?;
    match bytes.len() as u64 {
        LONGEST => Err(cannot_read(file, &format!("it is {LONGEST} bytes long, or longer"))),
        _ => Ok(bytes),
    }
}

/// The error about a file that cannot be read.
pub fn cannot_read(file: &Path, error: &dyn Display) -> Failure {
    Failure::environment(format!("cannot read {}: {error}", file.display()))
}
