//! Bytes of a report to its characters.
//!
//! For XML: XML 1.0 (Fifth Edition), appendix F, as far as test runners use it: a byte order mark
//! decides; without one, the declaration does; without either it is UTF-8. A document that says two
//! different things, a byte that its encoding does not know and a character outside `Char` (section
//! 2.2) are errors. For all else: a byte order mark decides, and without one it is UTF-8.

use super::HEAD_BYTES;
use crate::error::ReportError;
use std::borrow::Cow;

/// The document as text, without its byte order mark; every character is one that XML allows.
///
/// # Errors
/// An encoding that is not read here, a byte or character that does not belong in a document.
pub fn decode_document(bytes: &[u8]) -> Result<Cow<'_, str>, ReportError> {
    let text = decode_characters(bytes)?;
    match find_forbidden(&text) {
        None => Ok(text),
        Some(at) => Err(ReportError::after(&text.as_bytes()[..at], "a control character is in the text")),
    }
}

/// The same, and whether it contains a character that XML does not allow: what a program printed
/// can hold any.
///
/// # Errors
/// An encoding that is not read here, a byte that does not belong in it.
pub fn decode_output(bytes: &[u8]) -> Result<(Cow<'_, str>, bool), ReportError> {
    let text = decode_characters(bytes)?;
    let odd = find_forbidden(&text).is_some();
    Ok((text, odd))
}

/// The beginning of a report as detection sees it: its ASCII characters, whatever the encoding.
pub fn decode_head(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    // Nearly always it is plain already.
    if head.is_ascii() && !head.contains(&0) {
        return String::from_utf8_lossy(head).into_owned();
    }
    head.iter().filter(|byte| byte.is_ascii() && **byte != 0).map(|byte| char::from(*byte)).collect()
}

/// A report that is no XML as text, without its byte order mark. Shells can redirect as UTF-16.
///
/// # Errors
/// A byte that does not belong in its encoding.
pub fn decode_text(bytes: &[u8]) -> Result<Cow<'_, str>, ReportError> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => decode_utf8(rest),
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        _ => decode_utf8(bytes),
    }
}

/// Why a report whose beginning this is cannot be taken for UTF-8, if it cannot. In XML the
/// declaration has its say.
pub fn declares_another(head: &[u8], xml: bool) -> Option<String> {
    const DECLARATION: &[u8] = b"<?xml";
    let rest = match head {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, b'<', ..] | [b'<', 0, ..] => {
            return Some("it is UTF-16".to_string());
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        rest => rest,
    };
    if !xml || !rest.trim_ascii_start().starts_with(DECLARATION) {
        return None;
    }
    if memchr::memmem::find(rest, b"?>").is_none() {
        return Some("the end of its declaration is not seen".to_string());
    }
    let other = declared_encoding(rest).filter(|encoding| !matches!(encoding.as_str(), "utf-8" | "utf8"))?;
    Some(format!("its encoding is `{other}`"))
}

/// Returns the position of the first character that XML does not allow. Looking at bytes is enough
/// to pass over nearly everything.
pub fn find_forbidden(text: &str) -> Option<usize> {
    const CHUNK: usize = 64;
    let control = |byte: u8| (byte < b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r');
    let suspicious =
        |chunk: &[u8]| chunk.iter().fold(false, |any, byte| any | control(*byte) | (*byte == 0xef));
    let chunks = text.as_bytes().chunks(CHUNK).enumerate();
    // A character may begin before its chunk.
    let begins = chunks.filter(|(_, chunk)| suspicious(chunk)).map(|(number, _)| number * CHUNK);
    for begin in begins {
        let end = text.ceil_char_boundary(begin + CHUNK);
        let begin = text.floor_char_boundary(begin);
        if let Some(at) = text[begin..end].find(|c| !is_allowed(c)) {
            return Some(begin + at);
        }
    }
    None
}

/// Is the character allowed in a document (XML 1.0, section 2.2, production 2)?
pub fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn decode_characters(bytes: &[u8]) -> Result<Cow<'_, str>, ReportError> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => expect_encoding(rest, &["utf-8", "utf8"], decode_utf8(rest)?),
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0, b'<', ..] | [b'<', 0, ..] => Err(ReportError::whole("it is UTF-16 without a byte order mark")),
        _ => declared_characters(bytes),
    }
}

fn declared_characters(bytes: &[u8]) -> Result<Cow<'_, str>, ReportError> {
    let Some(encoding) = declared_encoding(bytes) else { return decode_utf8(bytes) };
    match encoding.as_str() {
        "utf-8" | "utf8" => decode_utf8(bytes),
        "us-ascii" | "ascii" => decode_ascii(bytes),
        "iso-8859-1" | "iso8859-1" | "iso_8859-1" | "latin1" | "latin-1" => {
            Ok(Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()))
        }
        "iso-8859-15" | "iso8859-15" | "iso_8859-15" | "latin9" | "latin-9" => {
            Ok(Cow::Owned(bytes.iter().map(|byte| decode_latin9(*byte)).collect()))
        }
        "windows-1252" | "cp1252" => decode_windows_1252(bytes),
        other => Err(ReportError::whole(format!(
            "its encoding `{other}` is not read here; write it as UTF-8, UTF-16 with a byte order mark, ISO-8859-1, \
             ISO-8859-15 or windows-1252"
        ))),
    }
}

fn decode_utf8(bytes: &[u8]) -> Result<Cow<'_, str>, ReportError> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        ReportError::after(&bytes[..error.valid_up_to()], "a byte here does not belong in UTF-8")
    })
}

fn decode_ascii(bytes: &[u8]) -> Result<Cow<'_, str>, ReportError> {
    match bytes.iter().position(|byte| !byte.is_ascii()) {
        None => decode_utf8(bytes),
        Some(at) => Err(ReportError::after(&bytes[..at], "a byte here does not belong in ASCII")),
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, ReportError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(ReportError::whole("it is UTF-16 and ends in the middle of a character"));
    }
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .map_err(|_| ReportError::whole("it is not valid UTF-16"))?;
    match declared_encoding(text.as_bytes()) {
        Some(other) if !other.starts_with("utf-16") => Err(two_encodings(&other)),
        _ => Ok(Cow::Owned(text)),
    }
}

fn expect_encoding<'a>(
    bytes: &[u8],
    names: &[&str],
    text: Cow<'a, str>,
) -> Result<Cow<'a, str>, ReportError> {
    match declared_encoding(bytes) {
        Some(other) if !names.contains(&other.as_str()) => Err(two_encodings(&other)),
        _ => Ok(text),
    }
}

fn two_encodings(declared: &str) -> ReportError {
    ReportError::whole(format!("it declares `{declared}` and its byte order mark says otherwise"))
}

/// ISO-8859-15 differs from ISO-8859-1 in these eight places.
fn decode_latin9(byte: u8) -> char {
    match byte {
        0xa4 => '€',
        0xa6 => 'Š',
        0xa8 => 'š',
        0xb4 => 'Ž',
        0xb8 => 'ž',
        0xbc => 'Œ',
        0xbd => 'œ',
        0xbe => 'Ÿ',
        other => char::from(other),
    }
}

/// Five bytes of windows-1252 mean nothing; a text that holds one is not what it says it is.
fn decode_windows_1252(bytes: &[u8]) -> Result<Cow<'_, str>, ReportError> {
    let character = |(at, byte): (usize, &u8)| {
        windows_1252(*byte)
            .ok_or_else(|| ReportError::after(&bytes[..at], "a byte here does not belong in windows-1252"))
    };
    bytes.iter().enumerate().map(character).collect::<Result<String, _>>().map(Cow::Owned)
}

/// windows-1252 differs from ISO-8859-1 in these places.
fn windows_1252(byte: u8) -> Option<char> {
    const PLACES: &str = "€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ";
    match byte {
        0x80..=0x9f => PLACES.chars().nth(usize::from(byte - 0x80)).filter(|c| *c != '\0'),
        other => Some(char::from(other)),
    }
}

/// The encoding that the declaration names, in lower case.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let rest = bytes.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = rest.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(&rest[..end]).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote).map(|(name, _)| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latin(name: &str) -> Vec<u8> {
        [format!("<?xml version='1.0' encoding='{name}'?>").as_bytes(), b"<a>\xa4\xe9</a>"].concat()
    }

    fn units(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    #[test]
    fn the_encodings_that_runners_write() {
        assert_eq!(decode_document("<a>é</a>".as_bytes()).unwrap(), "<a>é</a>");
        assert_eq!(decode_document("\u{feff}<a>é</a>".as_bytes()).unwrap(), "<a>é</a>");
        assert!(decode_document(&latin("ISO-8859-1")).unwrap().ends_with("<a>¤é</a>"));
        assert!(decode_document(&latin("iso-8859-15")).unwrap().ends_with("<a>€é</a>"));
        let windows = b"<?xml version='1.0' encoding='Windows-1252'?><a>\x80\x93\x9f\xe9</a>";
        assert!(decode_document(windows).unwrap().ends_with("<a>€“Ÿé</a>"));
        assert_eq!(decode_document(&units("<a>é😀</a>", u16::to_le_bytes)).unwrap(), "<a>é😀</a>");
        assert_eq!(decode_document(&units("<a>é😀</a>", u16::to_be_bytes)).unwrap(), "<a>é😀</a>");
    }

    #[test]
    fn bytes_that_do_not_belong_are_errors_with_their_line() {
        assert_eq!(decode_document(b"<a>\n\xff</a>").unwrap_err().line, Some(2));
        assert_eq!(decode_document(b"<a>\n\n\0</a>").unwrap_err().line, Some(3));
        assert_eq!(decode_document(b"<a>\x1b[31m</a>").unwrap_err().line, Some(1));
        assert!(decode_document("<a>\u{fffe}</a>".as_bytes()).is_err());
        assert!(decode_document(b"<?xml version='1.0' encoding='cp1252'?><a>\x81</a>").is_err());
        assert!(decode_document(b"<?xml version='1.0' encoding='us-ascii'?><a>\xc3\xa9</a>").is_err());
    }

    #[test]
    fn a_character_that_does_not_belong_is_found_wherever_it_stands() {
        for bad in ["\u{1}", "\u{fffe}", "\u{ffff}"] {
            for before in 0..130 {
                let text = format!("<a>{}{bad}é</a>", "é".repeat(before));
                assert_eq!(find_forbidden(&text), Some(3 + 2 * before));
                let text = format!("<a>\n\t\u{fffd}{}</a>", "\u{ef}".repeat(before));
                assert_eq!(find_forbidden(&text), None);
            }
        }
    }

    #[test]
    fn a_document_that_says_two_things_about_itself_is_refused() {
        for encoding in ["utf-16", "windows-1253", "utf-7", "ebcdic"] {
            let document = format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?><a/>");
            assert!(decode_document(document.as_bytes()).is_err(), "{encoding}");
        }
        assert!(decode_document(&[b"\xef\xbb\xbf".to_vec(), latin("ISO-8859-1")].concat()).is_err());
        assert!(decode_document("\u{feff}<?xml version='1.0' encoding='latin1'?><a/>".as_bytes()).is_err());
        assert!(
            decode_document(&units("<?xml version='1.0' encoding='utf-8'?><a/>", u16::to_le_bytes)).is_err()
        );
        assert!(decode_document(b"<\0a\0/\0>\0").is_err());
        assert!(decode_document(b"\xff\xfe<\0a\0/\0>").is_err());
        assert!(decode_document(b"\xff\xfe\x00\xd8<\0").is_err());
    }
}
