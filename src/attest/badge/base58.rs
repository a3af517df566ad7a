//! Base58 with the alphabet of Bitcoin, which multibase writes with a `z` in front.

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Longer texts are no keys and no signatures: decoding takes the square of their length.
const LONGEST: usize = 128;

/// The bytes of a text; `None` where it is none in this alphabet, or too long.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() > LONGEST {
        return None;
    }
    // Base 256, least significant byte first.
    let mut bytes: Vec<u8> = Vec::new();
    for c in text.bytes() {
        let mut carry = u32::try_from(ALPHABET.iter().position(|one| *one == c)?).ok()?;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push(carry.to_le_bytes()[0]);
            carry >>= 8;
        }
    }
    let zeros = text.bytes().take_while(|c| *c == b'1').count();
    bytes.extend(std::iter::repeat_n(0, zeros));
    bytes.reverse();
    Some(bytes)
}

#[test]
fn known_texts_are_decoded() {
    for (text, bytes) in
        [("", &b""[..]), ("2NEpo7TZRRrLZSi2U", b"Hello World!"), ("11", &[0, 0]), ("1112", &[0, 0, 0, 1])]
    {
        assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
    }
    assert_eq!(decode("0OIl"), None);
    assert_eq!(decode(&"2".repeat(LONGEST + 1)), None);
}
