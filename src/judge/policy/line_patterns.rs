//! Content patterns that are regular expressions and still no rule: they match everywhere, or
//! nowhere.
//!
//! Patterns are searched for in one line at a time, so no line feed is ever among what they see.

use portcullis_pattern::line_pattern::LinePattern;
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use regex_syntax::try_is_word_character;

/// A class of more characters than this is not looked into.
const FEW: u32 = 16;

/// What is wrong with a content pattern, and what to do.
pub fn mistake(text: &str) -> Option<(String, &'static str)> {
    let parsed = LinePattern::parse(text).and_then(|pattern| pattern.compiles().map(|()| pattern));
    let pattern = match parsed {
        Ok(pattern) => pattern,
        Err(error) => {
            return Some((
                bad_pattern(&error.to_string()),
                "see the syntax at https://docs.rs/regex/#syntax",
            ));
        }
    };
    if pattern.matches_nothing() {
        let message = format!("`{text}` also matches an empty line, so it matches every line");
        Some((message, "name at least one character that must be there"))
    } else if !can_match(pattern.hir(), Around::default()) {
        let message = format!("`{text}` can never match a line");
        Some((message, "leave it out, or write what one line holds"))
    } else {
        None
    }
}

/// The last line of what the regular expression library says; the lines before draw a picture.
fn bad_pattern(error: &str) -> String {
    let reason = error.lines().last().unwrap_or_default();
    format!("bad regular expression: {}", reason.trim().trim_start_matches("error: "))
}

/// What is certainly around a part of a pattern, in the line.
#[derive(Clone, Copy, Default)]
struct Around {
    before: bool,
    after: bool,
}

/// Answers `false` only where no line can match: a class without characters, a line feed, the
/// beginning of the line after a character or its end before one, the border of a word within a
/// word.
fn can_match(hir: &Hir, around: Around) -> bool {
    match hir.kind() {
        HirKind::Empty => true,
        HirKind::Literal(literal) => !literal.0.contains(&b'\n'),
        HirKind::Class(_) => hir.properties().minimum_len().is_some(),
        HirKind::Look(look) => !is_shut(*look, around),
        HirKind::Repetition(repetition) => repetition.min == 0 || can_match(&repetition.sub, around),
        HirKind::Capture(capture) => can_match(&capture.sub, around),
        HirKind::Alternation(parts) => parts.iter().any(|part| can_match(part, around)),
        HirKind::Concat(parts) => parts_can_match(parts, around),
    }
}

fn is_shut(look: Look, around: Around) -> bool {
    match look {
        Look::Start | Look::StartLF => around.before,
        Look::End | Look::EndLF => around.after,
        _ => false,
    }
}

fn parts_can_match(parts: &[Hir], around: Around) -> bool {
    let holds = |parts: &[Hir]| parts.iter().any(|part| part.properties().minimum_len() != Some(0));
    let fits = |at: usize| {
        let (before, after) = (holds(&parts[..at]), holds(&parts[at + 1..]));
        can_match(&parts[at], Around { before: around.before || before, after: around.after || after })
    };
    (0..parts.len()).all(fits) && !parts.windows(3).any(is_shut_border)
}

/// `\b` between two characters of which both belong to words, or neither.
fn is_shut_border(three: &[Hir]) -> bool {
    let [before, border, after] = three else { return false };
    let border = match border.kind() {
        HirKind::Look(Look::WordUnicode | Look::WordAscii) => true,
        HirKind::Look(Look::WordUnicodeNegate | Look::WordAsciiNegate) => false,
        _ => return false,
    };
    match (is_word(before, WordEnd::Last), is_word(after, WordEnd::First)) {
        (Some(before), Some(after)) => (before != after) != border,
        _ => false,
    }
}

#[derive(Clone, Copy)]
enum WordEnd {
    First,
    Last,
}

/// Is the first or last character one of a word? `None` where that is not certain. Only characters
/// of ASCII are, because they are the same in both kinds of `\b`.
fn is_word(hir: &Hir, end: WordEnd) -> Option<bool> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let byte = match end {
                WordEnd::First => literal.0.first(),
                WordEnd::Last => literal.0.last(),
            };
            byte.filter(|byte| byte.is_ascii()).map(|byte| is_word_byte(*byte))
        }
        HirKind::Class(Class::Unicode(class)) => {
            let count = |range: &regex_syntax::hir::ClassUnicodeRange| {
                u32::from(range.end()) - u32::from(range.start()) + 1
            };
            if class.ranges().iter().map(count).sum::<u32>() > FEW {
                return None;
            }
            let mut all =
                class.ranges().iter().flat_map(|range| range.start()..=range.end()).map(is_word_char);
            let first = all.next()??;
            all.all(|one| one == Some(first)).then_some(first)
        }
        _ => None,
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn is_word_char(c: char) -> Option<bool> {
    try_is_word_character(c).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn never(text: &str) -> bool {
        mistake(text).is_some_and(|(message, _)| message.contains("never"))
    }

    #[test]
    fn borders_within_words_and_ends_within_lines_are_told_from_those_that_can_be() {
        for text in ["a^b", "a$b", r"a\bb", r"(?i)a\bb", "(a|b^)x$y", r" \b ", r"a\B ", r"a\nb", r"[^\s\S]"] {
            assert!(never(text), "{text}");
        }
        for text in
            ["^a$", r"\ba\b", r"a\b.b", "(^|,)a($|,)", r"a\bé", "a(b^)?", r"a\B_", r"(?x) a # b^ ", r"a*^b"]
        {
            assert!(!never(text), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_matches_a_line_is_never_called_impossible(
            text in r"(\(?[ab_ ]\)?|\\b|\\B|\^|\$|\[ab\]|\||[ab]\*|[ab]\?|\(\?i\)|\.){1,8}",
            line in "[abAB_ é]{0,6}",
        ) {
            if let Ok(regex) = regex::bytes::Regex::new(&text) {
                prop_assert!(!regex.is_match(line.as_bytes()) || !never(&text));
            }
        }
    }
}
