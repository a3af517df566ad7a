//! How far content patterns can see into the bytes of a file.
//!
//! | what it is | nature |
//! | --- | --- |
//! | a pointer to bytes that lie elsewhere ([`crate::pointer`]) | opaque |
//! | a sealed form that can look like text: PDF, bzip2, armoured or sealed messages | binary |
//! | UTF-16 that begins with its byte order mark and is well formed | text |
//! | UTF-8 without a NUL | text, unless it names an encoding that hides letters ([`crate::declared_encoding`]) |
//! | an image or a font of a short list ([`crate::media`]) | media |
//! | an older encoding of one byte for a character: no control characters, at least two thirds ASCII or UTF-8 | text, unless as above |
//! | anything else: archives, packages, byte code, executables, databases, other encodings | binary |

use crate::declared_encoding::hides_letters;
use crate::media::is_media;
use crate::pointer::is_pointer;
use portcullis_model::change::Nature;

/// How files begin that hold no text although they may look like it.
const SEALED: [&[u8]; 6] = [
    b"%PDF-",
    b"-----BEGIN PGP MESSAGE-----",
    b"-----BEGIN AGE ENCRYPTED FILE-----",
    b"age-encryption.org/",
    b"$ANSIBLE_VAULT;",
    b"Obj\x01",
];

/// What follows `BZh` and a digit in a file of bzip2: its first block, or its end.
const BZIP2: [&[u8]; 2] = [b"1AY&SY", b"\x17rE8P\x90"];

/// What the bytes are to a pattern.
pub fn nature_of(bytes: &[u8]) -> Nature {
    if is_pointer(bytes) {
        return Nature::Opaque;
    }
    match Encoding::of(bytes) {
        _ if is_sealed(bytes) => Nature::Binary,
        Encoding::Utf16LittleEndian | Encoding::Utf16BigEndian if is_well_formed(bytes) => Nature::Text,
        _ if is_utf_8(bytes) || is_older_text(bytes) => {
            if hides_letters(bytes) {
                Nature::Binary
            } else {
                Nature::Text
            }
        }
        _ if is_media(bytes) => Nature::Media,
        _ => Nature::Binary,
    }
}

fn is_sealed(bytes: &[u8]) -> bool {
    let is_bzip2 = || bytes.get(4..10).is_some_and(|block| BZIP2.contains(&block));
    SEALED.iter().any(|head| bytes.starts_with(head)) || bytes.starts_with(b"BZh") && is_bzip2()
}

fn is_utf_8(bytes: &[u8]) -> bool {
    memchr::memchr(0, bytes).is_none() && std::str::from_utf8(bytes).is_ok()
}

/// Most of Latin-1 and its like is ASCII. A text in the encoding of a mainframe has nearly none,
/// and compressed data has control characters.
fn is_older_text(bytes: &[u8]) -> bool {
    let is_control = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | 0x1b);
    let broken = || bytes.utf8_chunks().map(|chunk| chunk.invalid().len()).sum::<usize>();
    !bytes.iter().any(is_control) && broken() * 3 <= bytes.len()
}

fn is_well_formed(bytes: &[u8]) -> bool {
    Encoding::decode(bytes).is_some_and(|(_, well_formed)| well_formed)
}

/// How bytes are to be read, as their first two say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As they are.
    Bytes,
    /// UTF-16, the lower byte first.
    Utf16LittleEndian,
    /// UTF-16, the higher byte first.
    Utf16BigEndian,
}

impl Encoding {
    /// By the byte order mark.
    pub fn of(text: &[u8]) -> Self {
        match text {
            [0xff, 0xfe, ..] => Encoding::Utf16LittleEndian,
            [0xfe, 0xff, ..] => Encoding::Utf16BigEndian,
            _ => Encoding::Bytes,
        }
    }

    /// The UTF-16 text behind the mark, and whether it is well formed; `None` for bytes.
    pub fn decode(text: &[u8]) -> Option<(String, bool)> {
        let unit = match Encoding::of(text) {
            Encoding::Bytes => return None,
            Encoding::Utf16LittleEndian => u16::from_le_bytes,
            Encoding::Utf16BigEndian => u16::from_be_bytes,
        };
        let pairs = text[2..].chunks_exact(2);
        let whole = pairs.remainder().is_empty();
        let units: Vec<u16> = pairs.map(|pair| unit([pair[0], pair[1]])).collect();
        let well_formed = whole && String::from_utf16(&units).is_ok_and(|text| !text.contains('\0'));
        Some((String::from_utf16_lossy(&units), well_formed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_can_be_searched() {
        for (bytes, expected) in [
            (&b""[..], Nature::Text),
            (b"plain\n", Nature::Text),
            ("gr\u{fc}n \u{65e5}\u{672c}\u{8a9e}".as_bytes(), Nature::Text),
            (b"# Gr\xfc\xdfe an alle", Nature::Text),
            (b"\xff\xfea\0\n\0", Nature::Text),
            (b"\xff\xfea\0\n", Nature::Binary),
            (b"a\0", Nature::Binary),
            (b"\x81\x82\x83\x40\x84\n", Nature::Binary),
            (b"plain, with\x02 controls \xff", Nature::Binary),
            (b"BZhang wrote this", Nature::Text),
            (b"GIF89a\0;", Nature::Media),
        ] {
            assert_eq!(nature_of(bytes), expected, "{bytes:?}");
        }
    }
}
