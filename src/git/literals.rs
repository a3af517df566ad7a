//! What a text must hold before a pattern can match in it.
//!
//! Most patterns spell out some letters. Where none of them stands, the pattern does not match, and
//! nothing need be built or run to know it. Letters are compared without regard to the case of
//! ASCII, so that `(?i)` changes nothing and the answer errs only towards "may match".

use memchr::memmem::Finder;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::cmp::Reverse;

/// No more words than this are looked for in place of one pattern.
const MOST: usize = 16;

/// Texts with more bytes hold so many different letters that looking at three of them rules out
/// little.
const SHORT: usize = 1024;

/// How many bits there are for three letters.
const BITS: usize = 8 * SHORT;

/// A text in lower case (of ASCII), prepared for looking for many words.
pub struct LoweredText {
    text: Vec<u8>,
    /// Of a short text: a bit for each three letters that are side by side in it. Nearly all words
    /// are ruled out by them.
    threes: Option<[u64; BITS / 64]>,
}

impl LoweredText {
    /// Prepares a text.
    pub fn of(text: &[u8]) -> Self {
        let text = text.to_ascii_lowercase();
        let threes = (text.len() <= SHORT).then(|| trigram_bits(&text));
        LoweredText { text, threes }
    }

    fn holds(&self, word: &Finder<'_>) -> bool {
        let may_hold = self.threes.as_ref().is_none_or(|threes| {
            word.needle().windows(3).map(trigram_bit).all(|bit| threes[bit / 64] >> (bit % 64) & 1 == 1)
        });
        may_hold && word.find(&self.text).is_some()
    }
}

fn trigram_bits(text: &[u8]) -> [u64; BITS / 64] {
    let mut threes = [0; BITS / 64];
    for bit in text.windows(3).map(trigram_bit) {
        threes[bit / 64] |= 1 << (bit % 64);
    }
    threes
}

/// The bit of three letters; others may have the same.
fn trigram_bit(three: &[u8]) -> usize {
    three.iter().fold(0, |bit, letter| (bit << 4) ^ usize::from(*letter)) % BITS
}

/// Words of which every match holds one, in lower case; `None` when the pattern spells out nothing.
pub struct RequiredLiterals(Option<Vec<Finder<'static>>>);

impl RequiredLiterals {
    /// The words of a pattern.
    pub fn of(hir: &Hir) -> Self {
        let finders = |words: Vec<Vec<u8>>| words.iter().map(|word| Finder::new(word).into_owned()).collect();
        RequiredLiterals(required_words(hir).map(finders))
    }

    /// May the pattern match in this text?
    pub fn may_match(&self, text: &LoweredText) -> bool {
        self.0.as_ref().is_none_or(|words| words.iter().any(|word| text.holds(word)))
    }
}

/// Words of which every match holds one.
fn required_words(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let mut reading = LiteralReader::default();
    reading.read(hir);
    reading.cut();
    reading.best
}

/// A pattern that is read from left to right.
#[derive(Default)]
struct LiteralReader {
    /// The letters that are side by side in every match, up to here.
    word: Vec<u8>,
    best: Option<Vec<Vec<u8>>>,
}

impl LiteralReader {
    fn read(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => self.word.extend(literal.0.to_ascii_lowercase()),
            HirKind::Class(class) => match single_letter(class) {
                Some(letter) => self.word.push(letter),
                None => self.cut(),
            },
            HirKind::Capture(capture) => self.read(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.read(part)),
            HirKind::Alternation(parts) => {
                self.cut();
                let each: Option<Vec<_>> = parts.iter().map(required_words).collect();
                self.offer(each.map(|each| each.concat()).unwrap_or_default());
            }
            HirKind::Repetition(repetition) => {
                self.cut();
                if repetition.min > 0 {
                    self.read(&repetition.sub);
                    self.cut();
                }
            }
        }
    }

    /// The word ends here.
    fn cut(&mut self) {
        let word = std::mem::take(&mut self.word);
        self.offer(vec![word]);
    }

    /// The best words are those of which the shortest is longest, for few texts hold it by chance;
    /// then the fewest.
    fn offer(&mut self, words: Vec<Vec<u8>>) {
        let shortest = |words: &[Vec<u8>]| words.iter().map(Vec::len).min().unwrap_or_default();
        let worth = |words: &Vec<Vec<u8>>| (shortest(words), Reverse(words.len()));
        let better = self.best.as_ref().is_none_or(|best| worth(best) < worth(&words));
        if better && shortest(&words) > 0 && words.len() <= MOST {
            self.best = Some(words);
        }
    }
}

/// The one letter, in lower case, that all characters of a class are, if they are ASCII.
fn single_letter(class: &Class) -> Option<u8> {
    let bounds: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => class.iter().map(|range| (range.start().into(), range.end().into())).collect(),
    };
    let lower = bounds.first()?.0.to_ascii_lowercase();
    let alone = bounds.iter().all(|(start, end)| start == end && start.to_ascii_lowercase() == lower);
    (alone && lower.is_ascii()).then_some(lower as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_pattern::line_pattern::LinePattern;
    use proptest::prelude::*;

    fn of(pattern: &str) -> Option<Vec<String>> {
        let words = required_words(LinePattern::parse(pattern).unwrap().hir())?;
        Some(words.into_iter().map(|word| String::from_utf8(word).unwrap()).collect())
    }

    #[test]
    fn the_letters_that_a_match_cannot_do_without() {
        for (pattern, needed) in [
            (r"(?i)\b(nominal|pnc)_id\b", vec!["_id"]),
            (r"(?i)\b(nominal|warrant)_id\b", vec!["nominal", "warrant"]),
            (r"DELETE\s+FROM", vec!["delete"]),
            (r"(a|bc)?long+er", vec!["lon"]),
            (r"x{2,3}yz", vec!["yz"]),
            (r"(?i)kin", vec!["in"]),
            ("caf\u{e9}", vec!["caf\u{e9}"]),
            (r"(?-u:[aA])b", vec!["ab"]),
        ] {
            let needed: Vec<String> = needed.into_iter().map(String::from).collect();
            assert_eq!(of(pattern), Some(needed), "{pattern}");
        }
        for pattern in [
            r"\d{6}",
            "(abc)?",
            "abc|",
            "abc|[0-9]",
            "[ab]",
            "(?i)k",
            "[\u{e9}\u{c9}]",
            "(?-u:\\xe9|[\\xc0-\\xc1])x*",
        ] {
            assert_eq!(of(pattern), None, "{pattern}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// The bits of short texts rule out nothing that is there.
        #[test]
        fn a_word_is_found_where_it_stands(
            text in proptest::collection::vec(proptest::sample::select(&b"abcABC\xc3"[..]), 0..64),
            times in 1..32_usize,
            word in proptest::collection::vec(proptest::sample::select(&b"abc\xc3"[..]), 1..6),
        ) {
            let text = text.repeat(times);
            let stands = text.to_ascii_lowercase().windows(word.len()).any(|part| part == word);
            prop_assert_eq!(LoweredText::of(&text).holds(&Finder::new(&word)), stands);
        }

        /// Whatever matches holds what was needed.
        #[test]
        fn nothing_that_matches_is_ruled_out(
            pattern in r"(\(\?i\))?([abkK\u{e9}\u{17f}]|\[aA\]|\[ab\]|\(a\|bc\)|\(ab\)|\\b|\^|\$|[.?*+|]|\{2\}){1,8}",
            text in proptest::collection::vec(proptest::sample::select(&b"aAbBcCkKsS \xc5\xbf\xe2\x84\xaa\xc3\xa9\xff"[..]), 0..16),
        ) {
            if let Ok(pattern) = LinePattern::parse(&pattern) {
                let matches = pattern.compile().unwrap().is_match(&text);
                prop_assert!(!matches || RequiredLiterals::of(pattern.hir()).may_match(&LoweredText::of(&text)));
            }
        }
    }
}
