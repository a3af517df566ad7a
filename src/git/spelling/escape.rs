//! What escapes stand for. Each function looks at a text that begins with one, and writes what that
//! stands for; it returns the length of the escape, 0 where none begins. No function looks further
//! than the escape itself or a few dozen bytes, so the time does not grow with the square of a
//! line.

use crate::spelling::entity;
use crate::spelling::replacement::{Escape, read_hexadecimal, write_char};

/// Most languages: escapes behind a backslash, references of markup, and `` `u{5f} `` of
/// PowerShell.
pub fn usual(text: &[u8], plain: &mut Vec<u8>) -> usize {
    match text {
        [b'&', ..] => entity::reference(text, plain),
        [b'\\', b'\\', ..] => copy_backslashes(&text[..2], plain),
        [b'\\' | b'`', b'u', b'{', ..] => braced_list(text, plain),
        [b'\\', ..] => write_char(read_escape(text), plain),
        _ => 0,
    }
}

/// A backslash before a backslash is none that begins an escape.
fn copy_backslashes(both: &[u8], plain: &mut Vec<u8>) -> usize {
    plain.extend_from_slice(both);
    both.len()
}

fn read_escape(text: &[u8]) -> Escape {
    match *text.get(1)? {
        b'u' => utf_16(text).or_else(|| short_escape(text, 4)),
        b'U' => hex_digits(text, 2, 8, 8).or_else(|| short_escape(text, 8)),
        b'x' if matches!(text.get(2), Some(b'{' | b'[')) => braced_escape(text, 3),
        b'x' => hex_digits(text, 2, 2, 2),
        b'\'' => hex_digits(text, 2, 2, 2),
        b'N' if text.get(2) == Some(&b'{') => entity::named(text),
        b'c' if text.get(2) == Some(&b'[') => entity::named(text),
        b'o' if matches!(text.get(2), Some(b'{' | b'[')) => braced_octal(text),
        b'o' => octal_escape(text, 2),
        b'0'..=b'3' => octal_escape(text, 1).or_else(|| (text[1] == b'0').then_some((' ', 2))),
        b't' | b'n' | b'r' | b'f' | b'v' | b's' | b'a' | b'b' | b'e' => Some((' ', 2)),
        _ => None,
    }
}

/// Languages in which `\x5f` takes all digits that follow (C, C#) or ends at a semicolon (Scheme),
/// and `\0137` is octal (`echo -e`).
pub fn greedy(text: &[u8], plain: &mut Vec<u8>) -> usize {
    match text {
        [b'\\', b'x', ..] => match hex_digits(text, 2, 1, usize::MAX) {
            Some((c, end)) => write_char(Some((c, end + usize::from(text.get(end) == Some(&b';')))), plain),
            None => usual(text, plain),
        },
        [b'\\', b'0', b'0'..=b'3', ..] if octal_escape(text, 2).is_some() => {
            write_char(octal_escape(text, 2), plain)
        }
        _ => usual(text, plain),
    }
}

/// Languages in which `\095` is decimal (Lua, OCaml, Haskell, which has `\&` for nothing).
pub fn decimal(text: &[u8], plain: &mut Vec<u8>) -> usize {
    if text.starts_with(b"\\&") {
        return 2;
    }
    let digits = text.iter().skip(1).take(3).map_while(|b| char::from(*b).to_digit(10));
    let (value, length) = digits.fold((0, 0), |(value, length), digit| (value * 10 + digit, length + 1));
    match char::from_u32(value).filter(|c| length > 0 && *c >= ' ') {
        Some(c) => write_char(Some((c, 1 + length)), plain),
        None => usual(text, plain),
    }
}

/// Style sheets: up to six digits and a space; before anything else a backslash only takes its
/// meaning away.
pub fn style_sheet(text: &[u8], plain: &mut Vec<u8>) -> usize {
    match hex_digits(text, 1, 1, 6) {
        Some((c, end)) => {
            let space = text.get(end).is_some_and(|b| matches!(b, b' ' | b'\t' | b'\x0c'));
            write_char(Some((c, end + usize::from(space))), plain)
        }
        None => shell(text, plain),
    }
}

/// Shells, and JavaScript for most letters: a backslash only takes the meaning of the next byte
/// away.
pub fn shell(text: &[u8], plain: &mut Vec<u8>) -> usize {
    match text.get(1) {
        Some(b'\\') => copy_backslashes(&text[..2], plain),
        Some(next) if !matches!(next, b'\n' | b'\r') => {
            plain.push(*next);
            2
        }
        _ => 0,
    }
}

/// Strings of SQL: four digits, or six behind a plus sign.
pub fn sql(text: &[u8], plain: &mut Vec<u8>) -> usize {
    if text.starts_with(b"\\\\") {
        return copy_backslashes(&text[..2], plain);
    }
    let escape =
        if text.get(1) == Some(&b'+') { hex_digits(text, 2, 6, 6) } else { hex_digits(text, 1, 4, 4) };
    write_char(escape, plain)
}

/// Names in directories (LDAP): two digits.
pub fn directory(text: &[u8], plain: &mut Vec<u8>) -> usize {
    write_char(hex_digits(text, 1, 2, 2), plain)
}

/// Addresses: `%5F`, and `%u005F` of `unescape`.
pub fn percent(text: &[u8], plain: &mut Vec<u8>) -> usize {
    if matches!(text.get(1), Some(b'u' | b'U')) {
        return write_char(hex_digits(text, 2, 4, 4), plain);
    }
    hex_byte(text, plain, |_| true)
}

/// Mail: `=5F`; and names of XML as SQL Server and spreadsheets write them: `_x005F_`.
pub fn quoted(text: &[u8], plain: &mut Vec<u8>) -> usize {
    match text {
        // Of what is often a number nothing counts but what can be in a word.
        [b'=', ..] => hex_byte(text, plain, |b| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80),
        [b'_', b'x' | b'X', ..] => match hex_digits(text, 2, 4, 4) {
            Some((c, end)) if text.get(end) == Some(&b'_') => write_char(Some((c, end + 1)), plain),
            _ => 0,
        },
        _ => 0,
    }
}

/// A byte in two digits.
fn hex_byte(text: &[u8], plain: &mut Vec<u8>, counts: impl Fn(u8) -> bool) -> usize {
    let (value, length) = read_hexadecimal(&text[1..], 2);
    match u8::try_from(value) {
        Ok(value) if length == 2 && counts(value) => {
            plain.push(if matches!(value, b'\n' | b'\r') { b' ' } else { value });
            3
        }
        _ => 0,
    }
}

/// So many hexadecimal digits from a place on; any number of zeros may be in front where all that
/// follow count.
pub fn hex_digits(text: &[u8], from: usize, least: usize, most: usize) -> Escape {
    let (value, length) = read_hexadecimal(text.get(from..)?, most);
    if length < least {
        return None;
    }
    Some((char::from_u32(value)?, from + length))
}

/// Fewer digits than most languages ask for, as shells, R and Julia take them.
fn short_escape(text: &[u8], most: usize) -> Escape {
    hex_digits(text, 2, 2, most).filter(|(c, _)| *c >= ' ')
}

/// `\x{5f}`, and `\x[5f]` of Raku; Perl allows spaces and underscores in it, as Rust does.
fn braced_escape(text: &[u8], from: usize) -> Escape {
    let (mut value, mut length, mut end) = (0_u32, 0, from);
    loop {
        match *text.get(end)? {
            b'}' | b']' if length > 0 => return Some((char::from_u32(value)?, end + 1)),
            b' ' | b'\t' | b'_' => {}
            digit => {
                let digit = char::from(digit).to_digit(16)?;
                value = if value > 0x00ff_ffff { u32::MAX } else { value << 4 | digit };
                length += 1;
            }
        }
        end += 1;
    }
}

/// `\u{5f}`, and `\u{6e 6f}` of Ruby.
fn braced_list(text: &[u8], plain: &mut Vec<u8>) -> usize {
    let is_part = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b' ' | b'\t' | b'_');
    let length = text[3..].iter().take(LONGEST).take_while(|b| is_part(b)).count();
    if text.get(3 + length) != Some(&b'}') {
        return write_char(braced_escape(text, 3), plain);
    }
    let start = plain.len();
    for part in text[3..3 + length].split(u8::is_ascii_whitespace).filter(|part| !part.is_empty()) {
        let digits: Vec<u8> = part.iter().copied().filter(|b| *b != b'_').collect();
        let c = char::from_u32(read_hexadecimal(&digits, usize::MAX).0).filter(|_| !digits.is_empty());
        if write_char(c.map(|c| (c, 1)), plain) == 0 {
            plain.truncate(start);
            return 0;
        }
    }
    if plain.len() == start { 0 } else { 4 + length }
}

/// No list of characters in braces is read further than this, in bytes.
const LONGEST: usize = 256;

/// `\u006e`, in Java with any number of `u`; a character beyond the first plane is written as two
/// of them.
fn utf_16(text: &[u8]) -> Escape {
    let (high, end) = utf_16_unit(text)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Some((char::from_u32(high)?, end));
    }
    let (low, more) = utf_16_unit(&text[end..])?;
    let pair = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let c = char::decode_utf16(pair).next()?.ok()?;
    Some((c, end + more))
}

fn utf_16_unit(text: &[u8]) -> Option<(u32, usize)> {
    let marks = text.strip_prefix(b"\\")?.iter().take_while(|b| **b == b'u').count();
    let (value, length) = read_hexadecimal(text.get(1 + marks..)?, 4);
    (marks > 0 && length == 4).then_some((value, 1 + marks + 4))
}

fn octal_escape(text: &[u8], from: usize) -> Escape {
    let digits = text.get(from..from + 3)?;
    let value = digits.iter().try_fold(0, |value, b| Some(value * 8 + char::from(*b).to_digit(8)?))?;
    Some((char::from_u32(value)?, from + 3))
}

/// `\o{156}` of Perl and Ruby's regular expressions, `\o[156]` of Raku.
fn braced_octal(text: &[u8]) -> Escape {
    let end = text.iter().take(32).position(|b| matches!(b, b'}' | b']'))?;
    let digits = std::str::from_utf8(&text[3..end]).ok()?.trim();
    Some((char::from_u32(u32::from_str_radix(digits, 8).ok()?)?, end + 1))
}
