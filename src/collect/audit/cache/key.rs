//! The key that entries are authenticated with (HMAC, RFC 2104). It is kept in the git directory of
//! the clone, or named by a variable, and never in the folder of the entries.

use super::folder::{CacheFault, is_private, write_new};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::path::Path;

/// The shortest key that may be named, in characters.
const SHORTEST: usize = 32;

/// Where the key of a clone is, below its git directory.
const PLACE: &str = "portcullis/cache.key";

/// The variable that names a key.
pub const VARIABLE: &str = "PORTCULLIS_CACHE_KEY";

/// A key.
#[derive(Clone)]
pub struct CacheKey(Vec<u8>);

impl CacheKey {
    /// The key that somebody named.
    ///
    /// # Errors
    /// It is too short to be a secret.
    pub fn named(text: &str) -> Result<Self, CacheFault> {
        let key = text.trim();
        match key.len() >= SHORTEST {
            true => Ok(CacheKey(key.as_bytes().to_vec())),
            false => Err(CacheFault::Misused(format!("{VARIABLE} has fewer than {SHORTEST} characters"))),
        }
    }

    /// The key of a clone, which is made with the first use.
    ///
    /// # Errors
    /// It can neither be read nor made, or others can read it.
    pub fn of_clone(git_directory: &Path) -> Result<Self, CacheFault> {
        let place = git_directory.join(PLACE);
        let unusable = |why: String| CacheFault::Unusable(format!("its key {}: {why}", place.display()));
        if std::fs::symlink_metadata(&place).is_err() {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(|error| unusable(error.to_string()))?;
            // Another run may have made one in the same moment: then that one is the key.
            write_new(&place, hex(&key).as_bytes()).map_err(|error| unusable(error.to_string()))?;
        }
        if !is_private(&place) {
            return Err(unusable("it is no file that its owner alone can read; remove it".to_string()));
        }
        let text = std::fs::read_to_string(&place).map_err(|error| unusable(error.to_string()))?;
        match text.trim().len() >= SHORTEST {
            true => Ok(CacheKey(text.trim().as_bytes().to_vec())),
            false => Err(unusable("it is too short to be a key; remove it".to_string())),
        }
    }

    fn mac_of(&self, bytes: &[u8]) -> Option<Hmac<Sha256>> {
        // HMAC takes a key of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(bytes);
        Some(mac)
    }

    /// The code of some bytes, in hexadecimal digits.
    pub(super) fn code_of(&self, bytes: &[u8]) -> String {
        self.mac_of(bytes).map_or_else(String::new, |mac| hex(&mac.finalize().into_bytes()))
    }

    /// Is this the code of these bytes?
    pub(super) fn is_code_of(&self, code: &[u8], bytes: &[u8]) -> bool {
        let (Some(given), Some(mac)) = (unhex(code), self.mac_of(bytes)) else { return false };
        mac.verify_slice(&given).is_ok()
    }
}

impl std::fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CacheKey")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Reads lower-case digits only: one code has one spelling.
fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 64 || !text.iter().all(is_digit) {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
