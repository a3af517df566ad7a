//! Where in a name something may begin that changes from run to run.
//!
//! A run may have a million names, and nearly none of their bytes begins anything. So a look at a
//! byte, at those beside it and at the word that it stands in tells where no rule can apply. Where
//! one may, the rules decide: what is told here errs on the side of asking them. A test compares it
//! with asking them everywhere.

use super::{MONTHS, WEEKDAYS};

const LETTER: u8 = 1;
const DIGIT: u8 = 2;
const WORD: u8 = LETTER | DIGIT;
/// What is no part of a word, and can begin something.
const SIGN: u8 = 4;

const fn byte_class(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => LETTER,
        b'0'..=b'9' => DIGIT,
        b' ' | b'@' | b'/' | b'\\' | b'(' | b'[' | b':' => SIGN,
        _ => 0,
    }
}

/// The class of each byte.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = byte_class(byte as u8);
        byte += 1;
    }
    classes
};

fn class_at(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).map_or(0, |byte| CLASSES[usize::from(*byte)])
}

/// The next place, this one or one behind it, where a rule may apply.
pub(super) fn next(bytes: &[u8], mut at: usize) -> Option<usize> {
    while at < bytes.len() {
        match class_at(bytes, at) {
            0 => at += 1,
            SIGN if may_begin_sign(&bytes[at..]) => return Some(at),
            SIGN => at += 1,
            _ => {
                let (place, end) = scan_word(bytes, at);
                if place.is_some() {
                    return place;
                }
                at = end;
            }
        }
    }
    None
}

/// May something begin with this sign?
fn may_begin_sign(text: &[u8]) -> bool {
    let next = class_at(text, 1);
    match text[0] {
        b' ' => text.starts_with(b" at 0x"),
        b'@' => text.get(1).is_some_and(u8::is_ascii_hexdigit),
        b'/' | b'\\' => {
            matches!(text.get(1..3), Some(b"tm" | b"pr" | b"va" | b"ho" | b"Us" | b"Ap"))
        }
        _ => next == DIGIT,
    }
}

/// Where something may begin in the word, or the rest of one, that is here; and where the word
/// ends.
fn scan_word(bytes: &[u8], at: usize) -> (Option<usize>, usize) {
    let before = at.checked_sub(1).map_or(0, |before| class_at(bytes, before));
    let (mut end, mut seen) = (at, 0);
    loop {
        let class = class_at(bytes, end);
        if class & WORD == 0 {
            break;
        }
        seen |= class;
        end += 1;
    }
    let apart = before & WORD == 0;
    if apart && may_begin_word(&bytes[at..end], bytes.get(end)) {
        return (Some(at), end);
    }
    let place = if seen & DIGIT == 0 { None } else { number_in(bytes, at, end, before) };
    (place, end)
}

/// May something begin with this word, as long as it is, that is more than a number?
fn may_begin_word(word: &[u8], next: Option<&u8>) -> bool {
    let id = matches!(word.len(), 24 | 26 | 32 | 40 | 64) || (word.len() == 8 && next == Some(&b'-'));
    let second = word.get(1).copied().unwrap_or_default();
    id || match word[0] {
        b'p' | b's' | b'P' => matches!(second, b'o' | b'O' | b'i' | b'I' | b'e' | b'E'),
        b'S' => matches!(second, b'a' | b'u' | b'e' | b'E'),
        b'v' | b'V' => byte_class(second) == DIGIT,
        b'J' | b'F' | b'M' | b'A' | b'O' | b'N' | b'D' | b'T' | b'W' => [MONTHS, WEEKDAYS]
            .iter()
            .flat_map(|names| names.iter())
            .any(|name| word.starts_with(name.as_bytes())),
        _ => false,
    }
}

/// Where something may begin with a number in a word, of which `before` is the class of what stands
/// before it.
fn number_in(bytes: &[u8], begin: usize, end: usize, before: u8) -> Option<usize> {
    let mut at = begin;
    while at < end {
        if class_at(bytes, at) != DIGIT {
            at += 1;
            continue;
        }
        let digits = bytes[at..end].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let goes_on = at == begin && before == DIGIT;
        if !goes_on && may_begin_number(&bytes[at..], digits, at == begin && before & WORD == 0) {
            return Some(at);
        }
        at += digits;
        // A pointer begins with the last digit of a number.
        if bytes[at - 1] == b'0' && bytes.get(at) == Some(&b'x') {
            return Some(at - 1);
        }
    }
    None
}

/// May something begin with a number of so many digits? `apart`: no word ends right before it.
fn may_begin_number(text: &[u8], digits: usize, apart: bool) -> bool {
    let (next, second) = (text.get(digits), text.get(digits + 1));
    match (digits, next) {
        (_, Some(b'.')) if second.is_some_and(u8::is_ascii_digit) => true,
        (1 | 2, Some(b' ' | b'-')) => apart && second.is_some_and(u8::is_ascii_uppercase),
        (2, Some(b':')) | (4, Some(b'-' | b'/')) | (8, Some(b'T' | b'-')) | (14, _) => true,
        (10 | 13, _) => apart,
        _ => false,
    }
}
