//! The checksums of lines that LCOV reports may hold.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use md5::{Digest, Md5};

/// Can a checksum of `DA:` be that of this line (without its end)? Writers agree on MD5 and not on
/// its form: Base64 without padding (geninfo, coverage.py) or hexadecimal (gcovr). One in another
/// form says as little as one that was left out.
pub fn may_be_checksum_of(checksum: &str, line: &[u8]) -> bool {
    let digest = Md5::digest(line);
    match checksum.len() {
        22 => checksum == STANDARD_NO_PAD.encode(digest),
        32 => checksum == digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_that_of_other_tools() {
        // Of `coverage lcov` with `line_checksums = true`, and of `gcovr --lcov`.
        for (checksum, line) in [
            ("03/8VLZ86N4fAe+x8uM2iQ", "x = 1"),
            ("4162e193b2f5316975ee7cf008a0cee5", "static inline int sdsHdrSize(char type) {"),
        ] {
            assert!(may_be_checksum_of(checksum, line.as_bytes()), "{line}");
            assert!(!may_be_checksum_of(checksum, b"x = 2"), "{line}");
        }
        assert!(may_be_checksum_of("of another kind", b"x = 1"));
    }
}
