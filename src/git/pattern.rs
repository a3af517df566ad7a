//! Content patterns over lines.
//!
//! A pattern is matched against each line by itself, without its line end; so it never spans lines.
//! A lone carriage return also ends a line for many programs: a pattern with `^` or `$` is matched
//! between them as well.
//!
//! Most lines meet no pattern. So all lines that count are looked at together first: for the
//! letters that a match cannot do without ([`crate::literals`]), then with the
//! pattern itself, which is compiled only then.

use crate::line_diff::Hunk;
use crate::literals::{LoweredText, RequiredLiterals};
use crate::spelling;
use portcullis_model::change::{Match, Side};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_pattern::error::PatternError;
use portcullis_pattern::line_pattern::LinePattern;
use regex::bytes::Regex;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The patterns of an inquiry.
pub struct Patterns(Vec<ContentPattern>);

struct ContentPattern {
    text: String,
    needles: RequiredLiterals,
    /// Does it speak of the beginning or end of a line? If not, what matches in a line matches in
    /// every text that holds the line, and one look at the text can spare many at its lines.
    anchored: bool,
    /// Compiled for the first text that may match.
    regex: OnceLock<Result<Regex, Gap>>,
}

/// What was found so far: the first match of each pattern, by its place in the list, on each side.
#[derive(Debug, Default)]
pub struct FoundMatches {
    matches: BTreeMap<(usize, Side), Match>,
    cut: bool,
}

impl FoundMatches {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.matches.len()
    }

    /// In the order of patterns and sides.
    pub fn into_matches(self) -> Vec<Match> {
        self.matches.into_values().collect()
    }

    /// Was there more than can be searched in another spelling?
    pub fn is_cut(&self) -> bool {
        self.cut
    }
}

/// A text with the runs of its lines that count.
pub struct SearchedText<'t> {
    /// Which side it is.
    pub side: Side,
    /// The text.
    pub text: &'t [u8],
    /// The runs.
    pub hunks: &'t [Hunk],
    /// Do the numbers of its lines mean anything?
    pub numbered: bool,
}

impl<'t> SearchedText<'t> {
    fn hunk(&self, hunk: &Hunk) -> &'t [u8] {
        &self.text[hunk.bytes.clone()]
    }

    /// All lines that count, one run after the other. Only the last line of a text has no end, so
    /// none runs into the next.
    fn lines(&self) -> Cow<'t, [u8]> {
        match self.hunks {
            [one] => Cow::Borrowed(self.hunk(one)),
            many => Cow::Owned(many.iter().flat_map(|hunk| self.hunk(hunk)).copied().collect()),
        }
    }
}

impl Patterns {
    /// Reads all of them, with Unicode classes and the size limits of the `regex` crate.
    ///
    /// # Errors
    /// One of them is no regular expression: then nothing can be said of any content.
    pub fn parse(patterns: &BTreeSet<String>) -> Result<Self, Gap> {
        patterns.iter().map(|text| ContentPattern::parse(text)).collect::<Result<_, _>>().map(Patterns)
    }

    /// Searches each pattern that has not matched on this side yet: in the lines as they are, then
    /// in each other reading of them.
    ///
    /// # Errors
    /// One of them is too big to be searched for.
    pub fn search(&self, searched: &SearchedText<'_>, found: &mut FoundMatches) -> Result<(), Gap> {
        self.search_as_it_stands(searched, found)?;
        for plain in spelling::readings(searched.text, searched.hunks) {
            found.cut |= plain.cut;
            let plain = SearchedText { text: &plain.text, hunks: &plain.hunks, ..*searched };
            self.search_as_it_stands(&plain, found)?;
        }
        Ok(())
    }

    fn search_as_it_stands(&self, searched: &SearchedText<'_>, found: &mut FoundMatches) -> Result<(), Gap> {
        if searched.hunks.is_empty() {
            return Ok(());
        }
        let lines = searched.lines();
        let lower = LoweredText::of(&lines);
        for (at, pattern) in self.0.iter().enumerate() {
            let key = (at, searched.side);
            if !pattern.needles.may_match(&lower) || found.matches.contains_key(&key) {
                continue;
            }
            if let Some(line) = pattern.first_line(searched, &lines)? {
                found.matches.insert(key, pattern.matched(searched, line));
            }
        }
        Ok(())
    }
}

impl ContentPattern {
    fn parse(text: &str) -> Result<Self, Gap> {
        let pattern = LinePattern::parse(text).map_err(|error| unsupported_pattern(text, error))?;
        let (needles, anchored) = (RequiredLiterals::of(pattern.hir()), pattern.is_anchored());
        Ok(ContentPattern { text: text.to_string(), needles, anchored, regex: OnceLock::new() })
    }

    fn regex(&self) -> Result<&Regex, Gap> {
        let compiled = || LinePattern::parse(&self.text)?.compile();
        let regex = || compiled().map_err(|error| unsupported_pattern(&self.text, error));
        self.regex.get_or_init(regex).as_ref().map_err(Gap::clone)
    }

    fn matched(&self, searched: &SearchedText<'_>, line: u64) -> Match {
        let line = searched.numbered.then_some(line);
        Match { pattern: self.text.clone(), side: searched.side, line }
    }

    fn first_line(&self, searched: &SearchedText<'_>, lines: &[u8]) -> Result<Option<u64>, Gap> {
        let regex = self.regex()?;
        if !self.anchored && !regex.is_match(lines) {
            return Ok(None);
        }
        Ok(searched.hunks.iter().find_map(|hunk| {
            let mut lines = searched.hunk(hunk).split_inclusive(|b| *b == b'\n');
            let at = lines.position(|line| self.matches(regex, line))?;
            Some(hunk.line + at as u64)
        }))
    }

    fn matches(&self, regex: &Regex, line: &[u8]) -> bool {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        regex.is_match(line) || self.anchored && matches_within(regex, line)
    }
}

fn matches_within(regex: &Regex, line: &[u8]) -> bool {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    line.split(|b| *b == b'\r').any(|part| regex.is_match(part))
}

fn unsupported_pattern(text: &str, error: PatternError) -> Gap {
    Gap::new(
        format!("what matches `{text}`"),
        GapReason::Unsupported,
        error.to_string(),
        "Correct the pattern in the policy",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line_diff::whole_text;

    fn lines(pattern: &str, text: &[u8]) -> Option<u64> {
        let patterns = Patterns::parse(&BTreeSet::from([pattern.to_string()])).unwrap();
        let mut found = FoundMatches::default();
        let hunks = whole_text(text);
        let searched = SearchedText { side: Side::Added, text, hunks: &hunks, numbered: true };
        patterns.search(&searched, &mut found).unwrap();
        found.into_matches().first().and_then(|found| found.line)
    }

    #[test]
    fn the_first_matching_line_is_named() {
        assert_eq!(lines("nominal", b"a\nb nominal\nnominal\n"), Some(2));
        assert_eq!(lines("nominal", b"a\nb\n"), None);
        assert_eq!(lines(r"\bid\b", b"aid\nid\n"), Some(2));
    }

    #[test]
    fn a_pattern_never_spans_lines_and_anchors_mean_the_line() {
        assert_eq!(lines(r"a\s+b", b"a\nb\n"), None);
        assert_eq!(lines(r"^b$", b"a\r\nb\r\n"), Some(2));
        assert_eq!(lines(r"\Ab\z", b"a\nb"), Some(2));
        assert_eq!(lines(r"^b$", b"x\ra\rb\rc\n"), Some(1));
        assert_eq!(lines(r"^b$", b"\xef\xbb\xbfb\n"), Some(1));
    }

    #[test]
    fn bytes_that_are_not_utf_8_hide_nothing() {
        assert_eq!(lines("nominal", b"\xff\xfenominal\xff"), Some(1));
        assert_eq!(lines("(?i)NOMINAL.?id", b"\xc3\nnominal_id\xc3"), Some(2));
    }

    #[test]
    fn a_pattern_that_is_none_is_a_gap() {
        assert!(Patterns::parse(&BTreeSet::from(["(".to_string()])).is_err());
    }
}
