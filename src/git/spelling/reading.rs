//! The ways to read a line: one for each family of languages whose escapes contradict each other.
//! `\137` is `_` to C, `\5f` to a style sheet, and `\095` to Lua: a line is read in each way in
//! which it reads otherwise than as its bytes.

use crate::spelling::compatible::{is_odd, replace_compatible};
use crate::spelling::escape;
use crate::spelling::replacement::Undo;
use memchr::{memchr, memchr_iter, memchr2, memchr2_iter, memchr3, memmem};

/// Which of the bytes with which marks begin are in a text: one bit for each kind.
pub type SpellingMarks = u8;

const ODD: SpellingMarks = 1;
const BACKSLASH: SpellingMarks = 2;
const AMPERSAND: SpellingMarks = 4;
const PERCENT: SpellingMarks = 8;
const EQUALS: SpellingMarks = 16;
const INSIDE: SpellingMarks = 32;
const QUESTION: SpellingMarks = 64;

/// Marks with which a line may go on to the next: see [`crate::spelling::spliced`].
pub const SPLICING: SpellingMarks = BACKSLASH | INSIDE | QUESTION;

fn mark_of(b: u8) -> SpellingMarks {
    let bit = |is: bool, bit: SpellingMarks| if is { bit } else { 0 };
    bit(is_odd(b), ODD)
        | bit(b == b'\\', BACKSLASH)
        | bit(b == b'&', AMPERSAND)
        | bit(b == b'%', PERCENT)
        | bit(b == b'=' || b == b'_', EQUALS)
        | bit(b == b'^' || b == b'`', INSIDE)
        | bit(b == b'?', QUESTION)
}

/// In one pass without branches, with which nearly all texts are through.
pub fn marks_in(text: &[u8]) -> SpellingMarks {
    text.chunks(256).fold(0, |all, chunk| all | chunk.iter().fold(0, |all, b| all | mark_of(*b)))
}

/// A way to read lines.
pub struct LineReading {
    /// Only a text with one of these marks can read otherwise.
    pub marks: SpellingMarks,
    /// May a line of these read otherwise? Asked of many lines at once.
    pub may_differ: fn(&[u8]) -> bool,
    /// The line in this reading; `None` where it reads as it is.
    pub undo: fn(&[u8]) -> Option<Vec<u8>>,
}

impl LineReading {
    const fn of(marks: SpellingMarks, undo: fn(&[u8]) -> Option<Vec<u8>>) -> Self {
        LineReading { marks, may_differ: |_| true, undo }
    }

    /// The line in this reading, with no letters of compatibility.
    pub fn read(&self, line: &[u8]) -> Option<Vec<u8>> {
        (self.undo)(line).map(replace_compatible)
    }
}

/// The usual reading. It is also the one for compatibility letters.
pub const USUAL: LineReading = LineReading::of(ODD | BACKSLASH | AMPERSAND | INSIDE, undo_usual);

/// All others.
pub const OTHERS: &[LineReading] = &[
    LineReading::of(BACKSLASH, |line| behind_backslash(line, |b| matches!(b, b'x' | b'0'), escape::greedy)),
    LineReading::of(BACKSLASH, |line| {
        behind_backslash(line, |b| b == b'&' || b.is_ascii_digit(), escape::decimal)
    }),
    LineReading::of(BACKSLASH, |line| behind_backslash(line, |b| b.is_ascii_hexdigit(), escape::style_sheet)),
    LineReading::of(BACKSLASH, |line| behind_backslash(line, |b| !b"\\\"'\r\n".contains(&b), escape::shell)),
    LineReading::of(BACKSLASH, |line| {
        behind_backslash(line, |b| b == b'+' || b.is_ascii_hexdigit(), escape::sql)
    }),
    LineReading::of(BACKSLASH, |line| behind_backslash(line, |b| b.is_ascii_hexdigit(), escape::directory)),
    LineReading::of(AMPERSAND, unicode_strings),
    LineReading::of(PERCENT, undo_percent),
    LineReading { marks: EQUALS, may_differ: may_be_quoted, undo: undo_quoted },
    LineReading { marks: INSIDE, may_differ: |_| true, undo: inside_words },
    LineReading {
        marks: QUESTION,
        may_differ: |lines| memmem::find(lines, TRIGRAPH).is_some(),
        undo: undo_trigraphs,
    },
];

/// What C takes for a backslash.
pub const TRIGRAPH: &[u8] = b"??/";

fn undo_usual(line: &[u8]) -> Option<Vec<u8>> {
    let undone = replace_marks(line, |rest| memchr3(b'\\', b'&', b'`', rest), escape::usual);
    undone.or_else(|| line.iter().any(|b| is_odd(*b)).then(|| line.to_vec()))
}

/// Only where such a byte is behind a backslash: all readings of a line without one say what the
/// usual one says.
fn behind_backslash(line: &[u8], special: impl Fn(u8) -> bool, undo: Undo) -> Option<Vec<u8>> {
    let is_special = |at: usize| line.get(at + 1).is_some_and(|b| special(*b));
    let any = memchr_iter(b'\\', line).any(is_special);
    any.then(|| replace_marks(line, |rest| memchr(b'\\', rest), undo)).flatten()
}

/// Also what was encoded twice.
fn undo_percent(line: &[u8]) -> Option<Vec<u8>> {
    let once = |line: &[u8]| replace_marks(line, |rest| memchr(b'%', rest), escape::percent);
    let first = once(line)?;
    let second = once(&first);
    second.map(|second| once(&second).unwrap_or(second)).or(Some(first))
}

fn may_be_quoted(lines: &[u8]) -> bool {
    let is_byte =
        |at| matches!(lines.get(at + 1..at + 3), Some(two) if two.iter().all(u8::is_ascii_hexdigit));
    memchr_iter(b'=', lines).any(is_byte)
        || memmem::find(lines, b"_x").is_some()
        || memmem::find(lines, b"_X").is_some()
}

fn undo_quoted(line: &[u8]) -> Option<Vec<u8>> {
    replace_marks(line, |rest| memchr2(b'=', b'_', rest), escape::quoted)
}

fn undo_trigraphs(line: &[u8]) -> Option<Vec<u8>> {
    let undo: Undo = |text, plain| {
        if !text.starts_with(TRIGRAPH) {
            return 0;
        }
        plain.push(b'\\');
        TRIGRAPH.len()
    };
    let plain = replace_marks(line, |rest| memchr(b'?', rest), undo)?;
    undo_usual(&plain).or(Some(plain))
}

/// `nomi^nal` of batch files, and a grave accent in PowerShell, inside a word: both only take away
/// the meaning of what follows.
fn inside_words(line: &[u8]) -> Option<Vec<u8>> {
    let is_word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let drops =
        |at: &usize| is_word(at.checked_sub(1).and_then(|at| line.get(at))) && is_word(line.get(at + 1));
    let mut plain: Option<Vec<u8>> = None;
    let mut copied = 0;
    for at in memchr2_iter(b'^', b'`', line).filter(drops) {
        plain.get_or_insert_default().extend_from_slice(&line[copied..at]);
        copied = at + 1;
    }
    with_rest(plain, &line[copied..])
}

/// `U&'nominal!005Fid' UESCAPE '!'`: any character may stand for the backslash, and another line
/// may say which.
fn unicode_strings(line: &[u8]) -> Option<Vec<u8>> {
    let begins = |at: &usize| {
        let quote = line.get(at + 1).is_some_and(|b| matches!(b, b'\'' | b'"'));
        quote && at.checked_sub(1).is_some_and(|before| matches!(line[before], b'U' | b'u'))
    };
    let start = memchr_iter(b'&', line).find(begins)? + 2;
    let mut plain = line[..start].to_vec();
    let mut at = start;
    while let Some(b) = line.get(at) {
        let may_escape =
            !b.is_ascii_hexdigit() && !b.is_ascii_whitespace() && !matches!(b, b'+' | b'\'' | b'"');
        let length = if may_escape { escape::sql(&line[at..], &mut plain) } else { 0 };
        if length == 0 {
            plain.push(*b);
        }
        at += length.max(1);
    }
    Some(plain)
}

/// A line with marks replaced by what they stand for; `None` when there are none.
fn replace_marks(line: &[u8], lead: impl Fn(&[u8]) -> Option<usize>, undo: Undo) -> Option<Vec<u8>> {
    let mut plain: Option<Vec<u8>> = None;
    let (mut copied, mut at) = (0, 0);
    let mut sign = Vec::new();
    while let Some(found) = lead(&line[at..]) {
        at += found;
        sign.clear();
        let length = undo(&line[at..], &mut sign);
        let end = at + length.max(1);
        if length > 0 && line[at..end] != sign[..] {
            let plain = plain.get_or_insert_default();
            plain.extend_from_slice(&line[copied..at]);
            plain.extend_from_slice(&sign);
            copied = end;
        }
        at = end;
    }
    with_rest(plain, &line[copied..])
}

fn with_rest(plain: Option<Vec<u8>>, rest: &[u8]) -> Option<Vec<u8>> {
    plain.map(|mut plain| {
        plain.extend_from_slice(rest);
        plain
    })
}
