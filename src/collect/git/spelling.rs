//! Lines in the one spelling that stands for all that a language takes for the same.
//!
//! `\u006eame`, `&#110;ame`, `ｎａｍｅ` and `n<zero-width joiner>ame` are `name` to one language or another: escapes in Java, JSON,
//! JavaScript, SQL and XML, compatibility letters in Python (its reference, "Identifiers and keywords": NFKC), characters that nobody sees in
//! Java and C#, a line that goes on behind a backslash in C and shells. So a changed line that holds any of this is searched
//! twice: as it stands, and with all of it undone, whatever language it is of. Nearly all lines hold none.

use super::line_diff::Hunk;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// More bytes of such lines than this are not written anew: one character can become eighteen.
const LIMIT: usize = 128 * 1024 * 1024;

/// A word that goes on from a line to the next is not followed further than this beyond the changed lines, in bytes.
const WORD: usize = 1024;

/// Lines in their one spelling.
#[derive(Debug, Default)]
pub struct Plain {
    /// Those that are spelled otherwise in the file, each with a line feed.
    pub text: Vec<u8>,
    /// Which they are: each has the number of its line in the file.
    pub hunks: Vec<Hunk>,
    /// There are more, beyond the limit.
    pub cut: bool,
}

/// The lines of these hunks that are spelled otherwise than plainly.
pub fn plain(text: &[u8], hunks: &[Hunk]) -> Option<Plain> {
    let mut plain = Plain::default();
    for hunk in hunks {
        let lines = &text[hunk.bytes.clone()];
        let differs = may_differ(lines);
        if differs {
            plain.respell(lines, hunk.line);
        }
        if differs || spliced(&text[..hunk.bytes.start]).is_some() {
            plain.join(text, hunk);
        }
    }
    (plain.cut || !plain.hunks.is_empty()).then_some(plain)
}

/// May a line of these be spelled otherwise? First in one pass without branches, which nearly all texts are through with; then by
/// what follows a backslash or an ampersand.
fn may_differ(lines: &[u8]) -> bool {
    let is_suspect = |b: u8| is_odd(b) || b == b'\\' || b == b'&';
    let suspect = lines.chunks(256).any(|chunk| chunk.iter().fold(false, |found, b| found | is_suspect(*b)));
    suspect
        && (lines.iter().any(|b| is_odd(*b))
            || memchr::memchr2_iter(b'\\', b'&', lines).any(|at| begins(&lines[at..])))
}

/// Does an escape begin here, or a line that goes on?
fn begins(text: &[u8]) -> bool {
    match text {
        [b'&', next, ..] => *next == b'#' || entity(text).is_some(),
        [b'\\', next, ..] => next.is_ascii_hexdigit() || b"uUxNotnrv+\r\n".contains(next),
        _ => false,
    }
}

impl Plain {
    fn respell(&mut self, lines: &[u8], first: u64) {
        for (line, number) in lines.split_inclusive(|b| *b == b'\n').zip(first..) {
            let plain = if may_differ(line) { respelled(line) } else { continue };
            if plain != *line {
                self.write(&plain, number);
            }
        }
    }

    /// Lines that go on, each with what follows as one; also with the words of unchanged lines that the hunk completes.
    fn join(&mut self, text: &[u8], hunk: &Hunk) {
        let Range { start, end } = hunk.bytes;
        let (Some(mut at), Some(end)) = (word_start(text, start), word_end(text, end)) else {
            self.cut = true;
            return;
        };
        let mut number = hunk.line - memchr::memchr_iter(b'\n', &text[at..start]).count() as u64;
        while at < end {
            let (joined, length, lines) = logical_line(&text[at..end]);
            if lines > 1 {
                self.write(&respelled(&joined), number);
            }
            at += length;
            number += lines;
        }
    }

    fn write(&mut self, line: &[u8], number: u64) {
        if self.text.len() + line.len() > LIMIT {
            self.cut = true;
            return;
        }
        let start = self.text.len();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        self.text.extend(line.iter().map(|b| if *b == b'\n' { b' ' } else { *b }));
        self.text.push(b'\n');
        self.hunks.push(Hunk { bytes: start..self.text.len(), line: number, lines: 1 });
    }
}

/// The line without the backslash at its end, if the next one goes on with it.
fn spliced(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\n")?;
    line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"\\")
}

/// The first line of a text, with those that it goes on to; the length of all, and how many they are.
fn logical_line(text: &[u8]) -> (Vec<u8>, usize, u64) {
    let (mut joined, mut length, mut lines) = (Vec::new(), 0, 0);
    for line in text.split_inclusive(|b| *b == b'\n') {
        length += line.len();
        lines += 1;
        match spliced(line).filter(|_| length < text.len()) {
            Some(part) => joined.extend_from_slice(part),
            None => {
                joined.extend_from_slice(line);
                break;
            }
        }
    }
    (joined, length, lines)
}

/// Where the word begins that goes on to the line at this place; `None` when that is too far away.
fn word_start(text: &[u8], mut at: usize) -> Option<usize> {
    let floor = at.saturating_sub(WORD);
    while let Some(line) = spliced(&text[..at]) {
        at = match line.get(floor..)?.iter().rposition(u8::is_ascii_whitespace) {
            Some(space) => floor + space + 1,
            None if floor == 0 => 0,
            None => return None,
        };
    }
    Some(at)
}

/// Where the word ends that the line before this place goes on with; `None` when that is too far away.
fn word_end(text: &[u8], mut at: usize) -> Option<usize> {
    let ceiling = text.len().min(at + WORD);
    while at < text.len() && spliced(&text[..at]).is_some() {
        at = match text.get(at..ceiling)?.iter().position(u8::is_ascii_whitespace) {
            Some(space) if text[at + space..].starts_with(b"\r\n") => at + space + 2,
            Some(space) => at + space + 1,
            None if ceiling == text.len() => ceiling,
            None => return None,
        };
    }
    Some(at)
}

/// A line without escapes, compatibility letters, and characters that nobody sees.
pub fn respelled(line: &[u8]) -> Vec<u8> {
    let unescaped = unescaped(line);
    if !unescaped.iter().any(|b| is_odd(*b)) {
        return unescaped;
    }
    let mut plain = Vec::with_capacity(unescaped.len());
    for chunk in unescaped.utf8_chunks() {
        let seen = chunk.valid().chars().filter(|c| !is_unseen(*c));
        let mut buffer = [0; 4];
        for c in seen.nfkc() {
            plain.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        }
        plain.extend_from_slice(chunk.invalid());
    }
    plain
}

fn is_odd(b: u8) -> bool {
    b >= 0x7f || b < 0x20 && !(9..=13).contains(&b)
}

/// Control characters and those of Unicode's property `Default_Ignorable_Code_Point` or category `Cf`.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{ad}' | '\u{34f}'
        | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Escapes replaced by what they stand for; a line end stays one line.
fn unescaped(line: &[u8]) -> Vec<u8> {
    let sql = line.windows(3).any(|three| matches!(three, [b'U' | b'u', b'&', b'\'' | b'"']));
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = memchr::memchr2(b'\\', b'&', rest) {
        plain.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let escape = if rest[0] == b'&' { reference(rest) } else { escape(rest, sql) };
        rest = match escape {
            Some((c, length)) => {
                let c = if c == '\n' || c == '\r' { ' ' } else { c };
                plain.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                &rest[length..]
            }
            // A backslash before a backslash is none that begins an escape.
            None => {
                let length = if rest.starts_with(b"\\\\") { 2 } else { 1 };
                plain.extend_from_slice(&rest[..length]);
                &rest[length..]
            }
        };
    }
    plain.extend_from_slice(rest);
    plain
}

/// A character and the length of what stands for it.
type Escape = Option<(char, usize)>;

fn escape(text: &[u8], sql: bool) -> Escape {
    match *text.get(1)? {
        b'u' if text.get(2) == Some(&b'{') => braced(text, 3),
        b'u' => utf_16(text),
        b'U' => digits(text, 2, 8, 8),
        b'x' if text.get(2) == Some(&b'{') => braced(text, 3),
        b'x' => digits(text, 2, 2, 2),
        b'N' if text.get(2) == Some(&b'{') => named(text),
        b'o' if text.get(2) == Some(&b'{') => braced_octal(text),
        b't' | b'n' | b'r' | b'f' | b'v' => Some((' ', 2)),
        b'+' if sql => digits(text, 2, 6, 6),
        b if sql && b.is_ascii_hexdigit() => digits(text, 1, 4, 4),
        b'0'..=b'3' => octal(text),
        _ => None,
    }
}

/// So many hexadecimal digits from a place on.
fn digits(text: &[u8], from: usize, least: usize, most: usize) -> Escape {
    let (value, length) = hexadecimal(text.get(from..)?, most);
    if length < least {
        return None;
    }
    Some((char::from_u32(value)?, from + length))
}

fn hexadecimal(text: &[u8], most: usize) -> (u32, usize) {
    let digit = |b: &u8| char::from(*b).to_digit(16);
    let digits = text.iter().take(most.min(8)).map_while(digit);
    digits.fold((0, 0), |(value, length), digit| (value << 4 | digit, length + 1))
}

fn braced(text: &[u8], from: usize) -> Escape {
    let (c, end) = digits(text, from, 1, 8)?;
    (text.get(end) == Some(&b'}')).then_some((c, end + 1))
}

/// `\u006e`, in Java with any number of `u`; a character beyond the first plane is written as two of them.
fn utf_16(text: &[u8]) -> Escape {
    let (high, end) = unit(text)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Some((char::from_u32(high)?, end));
    }
    let (low, more) = unit(&text[end..])?;
    let pair = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let c = char::decode_utf16(pair).next()?.ok()?;
    Some((c, end + more))
}

fn unit(text: &[u8]) -> Option<(u32, usize)> {
    let marks = text.strip_prefix(b"\\")?.iter().take_while(|b| **b == b'u').count();
    let (value, length) = hexadecimal(text.get(1 + marks..)?, 4);
    (marks > 0 && length == 4).then_some((value, 1 + marks + 4))
}

fn octal(text: &[u8]) -> Escape {
    let digits = text.get(1..4)?;
    let value = digits.iter().try_fold(0, |value, b| Some(value * 8 + char::from(*b).to_digit(8)?))?;
    Some((char::from_u32(value)?, 4))
}

/// `\o{156}` of Perl and Ruby's regular expressions.
fn braced_octal(text: &[u8]) -> Escape {
    let end = text.iter().take(16).position(|b| *b == b'}')?;
    let digits = std::str::from_utf8(&text[3..end]).ok()?;
    Some((char::from_u32(u32::from_str_radix(digits, 8).ok()?)?, end + 1))
}

/// Characters that a pattern may ask for and HTML has a name for (HTML, "Named character references"), and some that nobody sees.
/// Letters and digits have no names there.
const ENTITIES: &[(&[u8], char)] = &[
    (b"&lowbar;", '_'),
    (b"&UnderBar;", '_'),
    (b"&period;", '.'),
    (b"&comma;", ','),
    (b"&colon;", ':'),
    (b"&semi;", ';'),
    (b"&equals;", '='),
    (b"&lpar;", '('),
    (b"&rpar;", ')'),
    (b"&sol;", '/'),
    (b"&bsol;", '\\'),
    (b"&ast;", '*'),
    (b"&midast;", '*'),
    (b"&dollar;", '$'),
    (b"&num;", '#'),
    (b"&commat;", '@'),
    (b"&quot;", '"'),
    (b"&apos;", '\''),
    (b"&shy;", '\u{ad}'),
    (b"&zwj;", '\u{200d}'),
    (b"&zwnj;", '\u{200c}'),
    (b"&ZeroWidthSpace;", '\u{200b}'),
];

/// `&lowbar;` of HTML.
fn entity(text: &[u8]) -> Escape {
    let (name, c) = ENTITIES.iter().find(|(name, _)| text.starts_with(name))?;
    Some((*c, name.len()))
}

/// `\N{LATIN SMALL LETTER N}` of Python, and `\N{U+006E}` of Perl.
fn named(text: &[u8]) -> Escape {
    let end = text.iter().take(64).position(|b| *b == b'}')?;
    let name = std::str::from_utf8(&text[3..end]).ok()?.to_ascii_uppercase();
    let letter = |name: &str| name.chars().next().filter(|c| name.len() == 1 && c.is_ascii_uppercase());
    let c = if let Some(digits) = name.strip_prefix("U+") {
        char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
    } else if let Some(name) = name.strip_prefix("LATIN SMALL LETTER ") {
        letter(name)?.to_ascii_lowercase()
    } else if let Some(name) = name.strip_prefix("LATIN CAPITAL LETTER ") {
        letter(name)?
    } else {
        (name == "LOW LINE").then_some('_')?
    };
    Some((c, end + 1))
}

/// `&#110;` and `&#x6e;` of XML and HTML, and the names of HTML.
fn reference(text: &[u8]) -> Escape {
    let Some(number) = text.strip_prefix(b"&#") else { return entity(text) };
    let (value, end) = match number.first()? {
        b'x' | b'X' => {
            let (value, length) = hexadecimal(&number[1..], 8);
            (value, 3 + length)
        }
        _ => {
            let digits = number.iter().take(9).map_while(|b| char::from(*b).to_digit(10));
            let (value, length) =
                digits.fold((0, 0), |(value, length), digit| (value * 10 + digit, length + 1));
            (value, 2 + length)
        }
    };
    let c = char::from_u32(value).filter(|c| *c != '\0')?;
    Some((c, end + usize::from(text.get(end) == Some(&b';'))))
}

#[cfg(test)]
mod tests {
    use super::super::line_diff::whole;
    use super::*;
    use proptest::prelude::*;

    fn spelled(line: &str) -> String {
        String::from_utf8(respelled(line.as_bytes())).unwrap()
    }

    #[test]
    fn escapes_are_undone() {
        for line in [
            r"\u006eame",
            r"\uu006Eame",
            r"\u{6e}ame",
            r"\u{00006e}ame",
            r"\x6eame",
            r"\x{6e}ame",
            r"\156ame",
            r"\U0000006eame",
            "&#110;ame",
            "&#x6E;ame",
            "&#110ame",
            r"\N{latin small letter n}ame",
            r"\N{U+6E}ame",
            "\u{ff4e}ame",
            "n\u{200b}ame",
            "n\u{1}ame",
            r"\ud835\udc27ame",
        ] {
            assert_eq!(spelled(line), "name", "{line}");
        }
        assert_eq!(spelled(r#"U&"\006eame\+00006e""#), r#"U&"namen""#);
    }

    #[test]
    fn what_is_no_escape_stays() {
        for line in [
            r"\\u006eame",
            r"\u00g0",
            r"\x6",
            r"\189",
            "&amp; &#; &#x;",
            r"\ud835 x",
            r"\N{BULLET}",
            r"\",
            "&",
        ] {
            assert_eq!(spelled(line), line);
        }
        assert_eq!(respelled(b"\xff\xe9 \\x6e"), b"\xff\xe9 n");
    }

    #[test]
    fn only_lines_that_are_spelled_otherwise_are_written_and_keep_their_numbers() {
        let text = b"a\n\\u0062\nc \\\nd\ne\n";
        let plain = plain(text, &whole(text)).unwrap();
        let lines: Vec<_> =
            plain.hunks.iter().map(|hunk| (hunk.line, &plain.text[hunk.bytes.clone()])).collect();
        assert_eq!(lines, [(2, &b"b\n"[..]), (3, b"c d\n")]);
        assert!(super::plain(b"plain\n", &whole(b"plain\n")).is_none());
    }

    /// The lines of a text from one place to another, as one hunk.
    fn changed(text: &[u8], lines: std::ops::Range<usize>) -> Vec<Hunk> {
        let ends: Vec<usize> = memchr::memchr_iter(b'\n', text).map(|at| at + 1).collect();
        let start = if lines.start == 0 { 0 } else { ends[lines.start - 1] };
        let bytes = start..ends[lines.end - 1];
        vec![Hunk { bytes, line: lines.start as u64 + 1, lines: lines.len() as u64 }]
    }

    #[test]
    fn a_changed_line_is_read_with_the_words_that_it_completes() {
        let text = b"x\nno\\\r\nmi\\\nnal\nx\\\n";
        for one in 1..4 {
            let plain = plain(text, &changed(text, one..one + 1)).unwrap();
            assert_eq!((&plain.text[..], plain.hunks[0].line), (&b"nominal\n"[..], 2), "{one}");
        }
        assert!(plain(text, &changed(text, 0..1)).is_none());
        let apart = b"the nominal \\\nother \\\nnominal\n";
        let plain = plain(apart, &changed(apart, 1..2)).unwrap();
        assert_eq!(&plain.text[..], b"other nominal\n", "only the word that it goes on to");
    }

    #[test]
    fn a_line_goes_on_over_any_number_of_lines() {
        let text = format!("no{}mi{}nal\n", "\\\n".repeat(600), "\\\n".repeat(600));
        let text = text.as_bytes();
        let all = plain(text, &whole(text)).unwrap();
        assert!(!all.cut && memchr::memmem::find(&all.text, b"nominal").is_some());
        assert!(plain(text, &changed(text, 600..601)).unwrap().cut, "beyond the changed lines it is cut");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Any bytes: no panic, and no line becomes two.
        #[test]
        fn any_line_stays_one(
            line in proptest::collection::vec(proptest::sample::select(&b"\\&#ux{}N06eD8;U+\"'\x01\xff\xe2\x80\x8d\n"[..]), 0..40),
        ) {
            if let Some(plain) = plain(&line, &whole(&line)) {
                let ends = plain.text.iter().filter(|b| **b == b'\n').count();
                prop_assert_eq!(ends, plain.hunks.len());
                prop_assert!(plain.hunks.iter().all(|hunk| hunk.bytes.end <= plain.text.len()));
            }
        }
    }
}
