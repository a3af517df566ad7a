//! What git writes into a work tree for a blob, where that is not the blob itself
//! (gitattributes(5)).
//!
//! A file proves by its content what it is: the blob with other line ends, with its own name in
//! `$Id$` (`ident`), or in the encoding that `working-tree-encoding` names. The encoding has to be
//! named by the files of the work tree, because a program that reads UTF-8 reads nothing of UTF-16;
//! nothing else is asked of attributes. What a `filter` writes only the filter knows: it is named.

use crate::work_tree::native_path;
use git2::{AttrCheckFlags, AttrValue, Repository};

/// What stands in place of a file's name: `$Id$`, or `$Id: … $` (gitattributes(5), "ident").
const IDENT: &[u8] = b"Id";

/// Does a file hold what git writes for a blob of this name? `encoding` is what the work tree's
/// attributes say of it.
pub fn is_written(file: &[u8], blob: &[u8], name: &str, encoding: impl FnOnce() -> Option<String>) -> bool {
    if is_blob(file, blob, name) {
        return true;
    }
    let decoded = encoding().and_then(|encoding| decode_as(file, &encoding));
    decoded.is_some_and(|text| is_blob(text.as_bytes(), blob, name))
}

/// The blob itself, or with its name in it, with any line ends.
fn is_blob(file: &[u8], blob: &[u8], name: &str) -> bool {
    let has_line_ends = |text: &[u8]| text == with_line_feeds(file) || with_carriage_returns(text) == file;
    has_line_ends(blob) || with_ident(blob, name).is_some_and(|named| has_line_ends(&named))
}

fn with_line_feeds(bytes: &[u8]) -> Vec<u8> {
    let next = bytes.iter().skip(1).map(Some).chain([None]);
    let kept = bytes.iter().zip(next).filter(|(byte, next)| !(**byte == b'\r' && *next == Some(&b'\n')));
    kept.map(|(byte, _)| *byte).collect()
}

/// Each line end as CRLF, as `eol=crlf` makes it also where a blob has some of them already.
fn with_carriage_returns(bytes: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if *byte == b'\n' && written.last() != Some(&b'\r') {
            written.push(b'\r');
        }
        written.push(*byte);
    }
    written
}

/// The text with `$Id: NAME $` in place of every `$Id$` and `$Id: … $`; `None` where there is none.
/// What holds a space in its middle is another system's and stays.
fn with_ident(blob: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut written = Vec::new();
    let (mut rest, mut any) = (blob, false);
    while let Some(dollar) = memchr::memchr(b'$', rest) {
        written.extend(&rest[..=dollar]);
        rest = &rest[dollar + 1..];
        if let Some(length) = ident_length(rest) {
            written.extend([b"Id: ", name.as_bytes(), b" $"].concat());
            rest = &rest[length..];
            any = true;
        }
    }
    written.extend(rest);
    any.then_some(written)
}

/// How long `Id$` or `Id: … $` is at the beginning of a text.
fn ident_length(text: &[u8]) -> Option<usize> {
    match text.strip_prefix(IDENT)? {
        [b'$', ..] => Some(IDENT.len() + 1),
        [b':', inside @ ..] => {
            let end = inside.iter().position(|byte| matches!(byte, b'$' | b'\n'))?;
            let within = &inside[..end];
            let foreign = within.iter().skip(1).position(|byte| *byte == b' ').is_some_and(|at| at + 2 < end);
            (inside[end] == b'$' && !foreign).then_some(IDENT.len() + 2 + end)
        }
        _ => None,
    }
}

/// A text in an encoding by its iconv name; `None` where we do not read that, or the text is not in
/// it.
fn decode_as(bytes: &[u8], encoding: &str) -> Option<String> {
    let name: String = encoding.chars().filter(char::is_ascii_alphanumeric).collect();
    match name.to_ascii_uppercase().as_str() {
        "UTF8" => String::from_utf8(bytes.to_vec()).ok(),
        "UTF16" => match bytes {
            [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
            [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
            _ => decode_utf16(bytes, u16::from_be_bytes),
        },
        "UTF16LE" => decode_utf16(bytes, u16::from_le_bytes),
        "UTF16BE" => decode_utf16(bytes, u16::from_be_bytes),
        "UTF16LEBOM" => decode_utf16(bytes.strip_prefix(b"\xff\xfe")?, u16::from_le_bytes),
        "UTF16BEBOM" => decode_utf16(bytes.strip_prefix(b"\xfe\xff")?, u16::from_be_bytes),
        "UTF32" => match bytes {
            [0xff, 0xfe, 0, 0, rest @ ..] => decode_utf32(rest, u32::from_le_bytes),
            [0, 0, 0xfe, 0xff, rest @ ..] => decode_utf32(rest, u32::from_be_bytes),
            _ => decode_utf32(bytes, u32::from_be_bytes),
        },
        "UTF32LE" => decode_utf32(bytes, u32::from_le_bytes),
        "UTF32BE" => decode_utf32(bytes, u32::from_be_bytes),
        "ASCII" | "USASCII" => bytes.is_ascii().then(|| bytes.iter().map(|b| char::from(*b)).collect()),
        "ISO88591" | "LATIN1" | "L1" => Some(bytes.iter().map(|b| char::from(*b)).collect()),
        _ => None,
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>();
    text.ok().filter(|_| rest.is_empty())
}

fn decode_utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> Option<String> {
    let (fours, rest) = bytes.as_chunks::<4>();
    let text: Option<String> = fours.iter().map(|four| char::from_u32(unit(*four))).collect();
    text.filter(|_| rest.is_empty())
}

/// What the attributes of a repository say of a path; `None` where they say nothing, or only yes or
/// no.
pub fn attribute_of(git: &Repository, path: &[u8], name: &str) -> Option<String> {
    let flags = AttrCheckFlags::FILE_THEN_INDEX | AttrCheckFlags::NO_SYSTEM;
    let said = git.get_attr_bytes(&native_path(path), name, flags).ok()?;
    match AttrValue::from_bytes(said) {
        AttrValue::String(value) => Some(value.to_string()),
        AttrValue::Bytes(value) => Some(String::from_utf8_lossy(value).into_owned()),
        AttrValue::True | AttrValue::False | AttrValue::Unspecified => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "0123456789012345678901234567890123456789";

    fn is(file: &[u8], blob: &[u8], encoding: &str) -> bool {
        is_written(file, blob, NAME, || Some(encoding.to_string()))
    }

    #[test]
    fn ident_is_the_name_of_the_blob_and_no_other_text() {
        let named = |text: &str| text.replace('#', &format!("$Id: {NAME} $"));
        for (blob, file) in [
            ("a $Id$ b", "a # b"),
            ("$Id: old$$Id$", "##"),
            ("$Id: old $", "#"),
            ("$Id:$", "#"),
            ("$$Id$ $Id", "$# $Id"),
            ("$Id: x.c,v 1.2 kim $ $Id$", "$Id: x.c,v 1.2 kim $ #"),
            ("$Id: a\n$Id$", "$Id: a\n#"),
        ] {
            assert!(is(named(file).as_bytes(), blob.as_bytes(), "UTF-8"), "{blob:?}");
        }
        for (blob, file) in [
            ("a $Id$ b", "a $Id: skip $ b"),
            ("a $Id$ b", "a $Id: 1123456789012345678901234567890123456789 $ b"),
            ("$Id$ $Id$", "# $Id$"),
            ("a $Id$ b", "a # c"),
        ] {
            assert!(!is(named(file).as_bytes(), blob.as_bytes(), "UTF-8"), "{file:?}");
        }
    }

    #[test]
    fn line_ends_encodings_and_names_may_come_together() {
        let encode = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let file = encode(&format!("\u{feff}é $Id: {NAME} $\r\nx\r\n"));
        assert!(is(&file, "é $Id$\nx\n".as_bytes(), "UTF-16"));
        assert!(is(&file, "é $Id$\nx\n".as_bytes(), "utf-16le-bom"));
        assert!(!is(&file, "é $Id$\nx\n".as_bytes(), "UTF-16LE"), "a mark is a character there");
        assert!(!is(&file, "é $Id$\ny\n".as_bytes(), "UTF-16"));
        assert!(!is(&file[..file.len() - 1], "é $Id$\nx\n".as_bytes(), "UTF-16"));
        assert!(is(b"caf\xe9\n", "café\n".as_bytes(), "ISO-8859-1"));
        assert!(!is(b"caf\xe9\n", "café\n".as_bytes(), "SHIFT-JIS"));
        assert!(is(b"a\r\nb\r\n", b"a\r\nb\n", "UTF-8"), "line ends of both kinds");
    }
}
