//! The key of a dataset, and what is made under it: keyed keys, keyed digests, digests of columns.
//!
//! The key stays where records are read. It is in no policy, manifest, SQL text or message.

use crate::manifest::open_file;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::fs::Metadata;
use std::io::Read as _;
use std::path::Path;

/// The shortest key, in bytes: as long as the digest (RFC 2104, section 3).
const SHORTEST: usize = 32;

/// The longest key, in bytes: more is a wrong file.
const LONGEST: usize = 4096;

/// Fewer different bytes than this are no random key: `aaaa…`, a row of zeros.
const VARIETY: usize = 8;

/// What the HMAC of the key's id is made of.
const ID_TEXT: &[u8] = b"portcullis dataset key id, version 1";

/// The secret of a dataset.
#[derive(Clone)]
pub struct DatasetKey(Vec<u8>);

impl DatasetKey {
    /// The key in some bytes: everything but white space at the ends.
    ///
    /// # Errors
    /// It is too short or too uniform to be a secret, or too long to be a key.
    pub fn read(bytes: &[u8]) -> Result<Self, WeakKey> {
        let key = bytes.trim_ascii();
        if key.len() < SHORTEST {
            return Err(WeakKey::Short(key.len()));
        }
        if key.len() > LONGEST {
            return Err(WeakKey::Long(key.len()));
        }
        let mut seen = [false; 256];
        key.iter().for_each(|byte| seen[usize::from(*byte)] = true);
        let variety = seen.iter().filter(|seen| **seen).count();
        if variety < VARIETY { Err(WeakKey::Uniform(variety)) } else { Ok(Self(key.to_vec())) }
    }

    /// What manifests name the key by: 16 hexadecimal digits, from which the key cannot be found.
    #[must_use]
    pub fn id(&self) -> String {
        let mut mac = self.derive("id");
        mac.update(ID_TEXT);
        mac.finalize().into_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// A folder on this machine, however it is named, so that no one can read it who does not know
    /// it.
    #[must_use]
    pub fn hash_place(&self, place: &Path) -> String {
        let whole = place.canonicalize();
        let place = whole.as_deref().unwrap_or(place);
        let mut mac = self.derive("place");
        mac.update(place.as_os_str().as_encoded_bytes());
        mac.finalize().into_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// What makes keyed keys and digests of a dataset. Two datasets under one key share nothing.
    #[must_use]
    pub fn keyed_hashes(&self, dataset: &str) -> KeyedHashes {
        let derive = |purpose: &str| self.derive(&format!("{purpose}:{dataset}"));
        KeyedHashes {
            key: derive("key"),
            unkeyed: derive("unkeyed"),
            digest: derive("digest"),
            column: derive("column"),
            reason: derive("reason"),
        }
    }

    /// HKDF-SHA-256 (RFC 5869) with a label for each purpose.
    fn derive(&self, purpose: &str) -> Hmac<Sha256> {
        let mut derived = [0; 64];
        let label = format!("portcullis reconcile v1 {purpose}");
        let expanded = Hkdf::<Sha256>::new(None, &self.0).expand(label.as_bytes(), &mut derived);
        debug_assert!(expanded.is_ok(), "64 bytes are a length that HKDF has");
        Hmac::<Sha256>::new(&derived.into())
    }
}

impl fmt::Debug for DatasetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatasetKey")
    }
}

/// Why a file gives no dataset key. Never with what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFileFault(String);

impl fmt::Display for KeyFileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyFileFault {}

/// The key in a file that only its owner can read.
///
/// # Errors
/// The file cannot be read, others can read it, or what it holds is no key. Never with what it
/// holds.
pub fn read_key_file(path: &Path) -> Result<DatasetKey, KeyFileFault> {
    let place = path.display();
    let file = open_file(path).map_err(|fault| {
        let remedy = "Name the file that holds the dataset key, or make one as the documentation shows.";
        KeyFileFault(format!("{place}: {}. {remedy}", fault.problem))
    })?;
    let about = file.metadata().map_err(|error| KeyFileFault(format!("{place}: {error}")))?;
    if !about.is_file() {
        let why = format!("{place}: this is no file. Name the file that holds the dataset key.");
        return Err(KeyFileFault(why));
    }
    if is_open_to_others(&about) {
        let why = format!(
            "{place}: others can read the key of the dataset. Run `chmod 600 {place}`, and make a new key."
        );
        return Err(KeyFileFault(why));
    }
    let mut bytes = Vec::new();
    let read = file.take(LONGEST as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| KeyFileFault(format!("{place}: {error}")))?;
    DatasetKey::read(&bytes).map_err(|weak| KeyFileFault(format!("{place}: {weak}")))
}

#[cfg(unix)]
fn is_open_to_others(about: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    about.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Metadata) -> bool {
    false
}

/// Why some bytes are no key of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeakKey {
    /// So many bytes are too few.
    Short(usize),
    /// So many bytes are too many.
    Long(usize),
    /// So few different bytes are not random.
    Uniform(usize),
}

impl fmt::Display for WeakKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(length) => write!(f, "The key has {length} bytes; at least {SHORTEST} are needed.")?,
            Self::Long(length) => write!(f, "The key has {length} bytes; at most {LONGEST} are a key.")?,
            Self::Uniform(variety) => {
                write!(f, "The key has only {variety} different bytes, so it can be guessed.")?;
            }
        }
        f.write_str(
            " Make one with `(umask 077; openssl rand -hex 32 > dataset.key)`, and give both sides the same.",
        )
    }
}

impl std::error::Error for WeakKey {}

/// Keyed hashes of a dataset, each under a key of its own.
#[derive(Clone)]
pub struct KeyedHashes {
    key: Hmac<Sha256>,
    unkeyed: Hmac<Sha256>,
    digest: Hmac<Sha256>,
    column: Hmac<Sha256>,
    reason: Hmac<Sha256>,
}

impl KeyedHashes {
    /// The keyed key of the canonical form of the key fields.
    #[must_use]
    pub fn hash_key(&self, canonical: &[u8]) -> u128 {
        first_half(&self.key, &[canonical])
    }

    /// Where a row without a whole key lies: by what it has, so that no order of rows matters.
    #[must_use]
    pub fn hash_unkeyed(&self, side: &str, canonical: &[u8]) -> u128 {
        first_half(&self.unkeyed, &[side.as_bytes(), b"\0", canonical])
    }

    /// The keyed digest of the canonical form of the compared fields. The record's key is part of
    /// it: otherwise records of the same content would show it.
    #[must_use]
    pub fn hash_fields(&self, key: u128, canonical: &[u8]) -> u128 {
        first_half(&self.digest, &[&key.to_be_bytes(), canonical])
    }

    /// The 16 bits of one field of a record.
    #[must_use]
    pub fn hash_column(&self, key: u128, canonical: &[u8]) -> u16 {
        (first_half(&self.column, &[&key.to_be_bytes(), canonical]) >> 112) as u16
    }
}

impl KeyedHashes {
    /// The code of a reason of a reject log: the same in every run under this key.
    #[must_use]
    pub fn hash_reason(&self, reason: &str) -> u64 {
        (first_half(&self.reason, &[reason.as_bytes()]) >> 64) as u64
    }
}

impl fmt::Debug for KeyedHashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedHashes")
    }
}

/// The first 128 bits of the HMAC of some parts.
fn first_half(mac: &Hmac<Sha256>, parts: &[&[u8]]) -> u128 {
    let mut mac = mac.clone();
    parts.iter().for_each(|part| mac.update(part));
    let bytes = mac.finalize().into_bytes();
    bytes.iter().take(16).fold(0, |value, byte| value << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"0123456789abcdef0123456789abcdef\n";

    #[test]
    fn a_key_that_can_be_guessed_is_refused_and_shown_nowhere() {
        assert_eq!(DatasetKey::read(b" short \n").unwrap_err(), WeakKey::Short(5));
        assert_eq!(DatasetKey::read(&[b'a'; 64]).unwrap_err(), WeakKey::Uniform(1));
        assert_eq!(DatasetKey::read(&[b'a'; 5000]).unwrap_err(), WeakKey::Long(5000));
        let key = DatasetKey::read(TEXT).unwrap();
        assert_eq!(format!("{key:?} {:?}", key.keyed_hashes("uploads")), "DatasetKey KeyedHashes");
        assert!(WeakKey::Short(5).to_string().contains("openssl rand -hex 32"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_holds_no_secret() {
        use std::fs::{self, Permissions};
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, TEXT).unwrap();
        for (mode, expected) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o644, false)]
        {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_key_file(&path).is_ok(), expected, "{mode:o}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "hidden").unwrap();
        assert!(!read_key_file(&path).unwrap_err().to_string().contains("hidden"));
        assert!(read_key_file(folder.path()).is_err());
        assert!(read_key_file(&folder.path().join("none")).is_err());
    }

    #[test]
    fn hashes_follow_from_the_key_the_dataset_and_the_purpose() {
        let key = DatasetKey::read(TEXT).unwrap();
        let other = DatasetKey::read(b"1123456789abcdef0123456789abcdef").unwrap();
        assert_eq!(key.id().len(), 16);
        assert_ne!(key.id(), other.id());
        let hashes = key.keyed_hashes("uploads");
        assert_eq!(hashes.hash_key(b"a"), key.keyed_hashes("uploads").hash_key(b"a"));
        assert_ne!(hashes.hash_key(b"a"), key.keyed_hashes("amendments").hash_key(b"a"));
        assert_ne!(hashes.hash_key(b"a"), other.keyed_hashes("uploads").hash_key(b"a"));
        assert_ne!(hashes.hash_key(b"a"), hashes.hash_unkeyed("", b"a"));
        assert_ne!(hashes.hash_fields(1, b"same"), hashes.hash_fields(2, b"same"), "contents of two records");
        assert_ne!(hashes.hash_unkeyed("source", b"a"), hashes.hash_unkeyed("target", b"a"));
        assert_ne!(hashes.hash_column(1, b"same"), hashes.hash_column(2, b"same"));
    }
}
