//! Keyed pseudonyms of people: the same person has the same one everywhere, and only who holds the
//! key can tell who it is.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The shortest key, in bytes: as long as the digest (RFC 2104, section 3).
const SHORTEST: usize = 32;

/// The key of pseudonyms.
#[derive(Clone)]
pub struct PseudonymKey(Vec<u8>);

impl PseudonymKey {
    /// The key in a file: everything in it but white space at its ends.
    ///
    /// # Errors
    /// It is too short to be a secret.
    pub fn read(bytes: &[u8]) -> Result<PseudonymKey, &'static str> {
        let key = bytes.trim_ascii();
        let is_long = key.len() >= SHORTEST;
        is_long.then(|| PseudonymKey(key.to_vec())).ok_or("a key of pseudonyms has at least 32 characters")
    }

    /// The pseudonym of a login, which hosts compare without regard to case.
    pub fn of_login(&self, login: &str) -> String {
        let mut pseudonym = String::from("person-");
        for byte in self.digest("login", &login.to_lowercase()).iter().take(8) {
            pseudonym.push_str(&format!("{byte:02x}"));
        }
        pseudonym
    }

    /// The number in the place of the host's number of an account.
    pub fn of_number(&self, number: &str) -> String {
        let digest = self.digest("number", number);
        let value = digest.iter().take(6).fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        value.to_string()
    }

    fn digest(&self, kind: &str, text: &str) -> Vec<u8> {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return Vec::new() };
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

impl std::fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PseudonymKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_follows_from_the_key_and_the_login_alone() {
        let key = PseudonymKey::read(b"0123456789abcdef0123456789abcdef\n").unwrap();
        let other = PseudonymKey::read(b"1123456789abcdef0123456789abcdef").unwrap();
        assert_eq!(key.of_login("Kim-Example"), key.of_login("kim-example"));
        assert_ne!(key.of_login("kim-example"), key.of_login("robin-example"));
        assert_ne!(key.of_login("kim-example"), other.of_login("kim-example"));
        assert_eq!(key.of_login("kim").len(), "person-".len() + 16);
        assert!(key.of_number("11").bytes().all(|byte| byte.is_ascii_digit()));
        assert!(PseudonymKey::read(b"short").is_err());
    }
}
