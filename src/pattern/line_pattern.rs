//! Content patterns: regular expressions that are searched for in one line at a time.
//!
//! A policy can hold many, and a change mostly meets none of them. Building the machine that
//! searches costs a hundred times what reading the syntax does, so it is built for the first text
//! that may match, and a policy is checked without.

use crate::error::PatternError;
use regex::bytes::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};

/// A pattern of at most this weight is never too big for the `regex` crate, which allows ten
/// megabytes.
const LIGHT: usize = 100_000;

/// What a range of characters may weigh: it is cut into ranges of bytes (UTF-8).
const RANGE: usize = 40;

/// A pattern with a syntax that is known to be right.
#[derive(Clone, Debug)]
pub struct LinePattern {
    text: String,
    hir: Hir,
}

impl LinePattern {
    /// Reads the syntax, with Unicode classes, over bytes that may be no UTF-8.
    ///
    /// # Errors
    /// What is wrong, as the regular expression library says it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let parsed = regex_syntax::ParserBuilder::new().utf8(false).build().parse(text);
        let hir = parsed.map_err(|error| PatternError::syntax(&error))?;
        Ok(LinePattern { text: text.to_string(), hir })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its syntax.
    pub fn hir(&self) -> &Hir {
        &self.hir
    }

    /// Builds what searches.
    ///
    /// # Errors
    /// It is too big.
    pub fn compile(&self) -> Result<Regex, PatternError> {
        Regex::new(&self.text).map_err(|error| PatternError::syntax(&error))
    }

    /// Can it be compiled? Tries only where that is not certain.
    ///
    /// # Errors
    /// It is too big.
    pub fn compiles(&self) -> Result<(), PatternError> {
        if pattern_weight(&self.hir) <= LIGHT { Ok(()) } else { self.compile().map(drop) }
    }

    /// Does it match where nothing is?
    pub fn matches_nothing(&self) -> bool {
        let may = self.hir.properties().minimum_len() == Some(0);
        may && self.compile().is_ok_and(|regex| regex.is_match(b""))
    }

    /// Does it speak of the beginning or end of a line?
    pub fn is_anchored(&self) -> bool {
        self.hir.properties().look_set().contains_anchor()
    }
}

/// No less than the states and transitions that the machine needs.
fn pattern_weight(hir: &Hir) -> usize {
    let sum = |parts: &[Hir]| parts.iter().map(pattern_weight).fold(parts.len(), usize::saturating_add);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => class.ranges().len().saturating_mul(RANGE) + 1,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len() + 1,
        HirKind::Capture(capture) => pattern_weight(&capture.sub).saturating_add(4),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => sum(parts),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1) as usize;
            pattern_weight(&repetition.sub).saturating_add(2).saturating_mul(times)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> LinePattern {
        LinePattern::parse(text).unwrap()
    }

    #[test]
    fn what_is_too_big_is_found_by_trying() {
        assert!(pattern("a{9999}{9999}").compiles().is_err());
        assert!(pattern(r"\w{5000}").compiles().is_err());
        assert!(pattern(r"(?i)\b(nominal|pnc)_id\b").compiles().is_ok());
        assert!(pattern_weight(&pattern(r"(?i)\b(nominal|pnc)_\d{6}\b").hir) < LIGHT);
        assert!(LinePattern::parse("(").unwrap_err().to_string().contains("unclosed group"));
    }

    #[test]
    fn what_matches_nothing_is_told_from_what_is_only_short() {
        for (text, nothing) in [("a*", true), (r"\b", false), ("a", false), ("(a|)", true), ("^$", true)] {
            assert_eq!(pattern(text).matches_nothing(), nothing, "{text}");
        }
    }

    /// As heavy as a pattern of this part may be without being tried.
    fn heaviest(part: &str) -> LinePattern {
        let one = pattern_weight(&pattern(part).hir) + 2;
        pattern(&format!("(?:{part}){{{}}}", (LIGHT / one).clamp(1, 1000)))
    }

    #[test]
    fn light_patterns_compile() {
        for part in [
            r"\w",
            r"\W",
            r"\d",
            r"\D",
            r"\s",
            r"\p{L}",
            r"\P{L}",
            "[^a]",
            ".",
            "(?s).",
            "(?-u:.)",
            "(?i)k",
            "(a)",
            "(?:a|b)",
            r"\b",
            "a*",
            "(?:ab?)+",
            "\u{10ffff}",
            r"\p{any}",
            r"[\u{80}-\u{10ffff}]",
            r"\p{Greek}",
            "()",
        ] {
            assert!(pattern_weight(&heaviest(part).hir) <= LIGHT, "{part}");
            assert!(heaviest(part).compile().is_ok(), "{part}");
            let named = format!("({})", heaviest(part).as_str().replace("(?:", "("));
            let named = pattern(&named);
            assert!(pattern_weight(&named.hir) > LIGHT || named.compile().is_ok(), "{part}");
        }
        let long = "x".repeat(LIGHT);
        assert!(pattern(&long).compile().is_ok());
        let words: Vec<String> = (0..LIGHT / 12).map(|n| format!("word{n}")).collect();
        let words = pattern(&words.join("|"));
        assert!(pattern_weight(&words.hir) > LIGHT || words.compile().is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_light_compiles(text in r"(\(?[ab.]\)?|\\w|\\p\{L\}|\[\^a\]|\{[0-9]{1,3}\}|[+*?|]){1,10}") {
            if let Ok(pattern) = LinePattern::parse(&text) {
                prop_assert!(pattern_weight(&pattern.hir) > LIGHT || pattern.compile().is_ok());
            }
        }
    }
}
