//! Content patterns over lines.
//!
//! A pattern is matched against each line by itself, without its line end; so it never spans lines. A lone carriage
//! return also ends a line for many programs: a pattern with `^` or `$` is matched between them as well.

use super::line_diff::Hunk;
use crate::model::change::{Match, Side};
use crate::model::fact::{Gap, GapReason};
use regex::bytes::Regex;
use std::collections::{BTreeMap, BTreeSet};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The patterns of an inquiry, compiled.
pub struct Patterns(Vec<Pattern>);

struct Pattern {
    text: String,
    regex: Regex,
    /// Does it speak of the beginning or end of a line? If not, what matches in a line matches in every text
    /// that holds the line, and one look at the text can spare many at its lines.
    anchored: bool,
}

/// What was found so far: the first match of each pattern, by its place in the list, on each side.
#[derive(Debug, Default)]
pub struct Found(BTreeMap<(usize, Side), Match>);

impl Found {
    /// In the order of patterns and sides.
    pub fn into_matches(self) -> Vec<Match> {
        self.0.into_values().collect()
    }
}

/// A text with the runs of its lines that count.
pub struct Searched<'t> {
    /// Which side it is.
    pub side: Side,
    /// The text.
    pub text: &'t [u8],
    /// The runs.
    pub hunks: &'t [Hunk],
    /// Do the numbers of its lines mean anything?
    pub numbered: bool,
}

impl Patterns {
    /// Compiles all of them, with Unicode classes and the size limits of the `regex` crate.
    ///
    /// # Errors
    /// One of them is no regular expression: then nothing can be said of any content.
    pub fn compile(patterns: &BTreeSet<String>) -> Result<Self, Gap> {
        patterns.iter().map(|text| Pattern::compile(text)).collect::<Result<_, _>>().map(Patterns)
    }

    /// Searches each pattern that has not matched on this side yet.
    pub fn search(&self, searched: &Searched<'_>, found: &mut Found) {
        for (at, pattern) in self.0.iter().enumerate() {
            let key = (at, searched.side);
            if found.0.contains_key(&key) {
                continue;
            }
            if let Some(line) = pattern.first_line(searched) {
                found.0.insert(key, pattern.matched(searched, line));
            }
        }
    }
}

impl Pattern {
    fn compile(text: &str) -> Result<Self, Gap> {
        let regex = Regex::new(text).map_err(|error| {
            let remedy = "Correct the pattern in the policy";
            Gap::new(format!("what matches `{text}`"), GapReason::Unsupported, error.to_string(), remedy)
        })?;
        Ok(Pattern { text: text.to_string(), regex, anchored: is_anchored(text) })
    }

    fn matched(&self, searched: &Searched<'_>, line: u64) -> Match {
        let line = searched.numbered.then_some(line);
        Match { pattern: self.text.clone(), side: searched.side, line }
    }

    fn first_line(&self, searched: &Searched<'_>) -> Option<u64> {
        searched.hunks.iter().find_map(|hunk| {
            let text = &searched.text[hunk.bytes.clone()];
            let possible = self.anchored || self.regex.is_match(text);
            let mut lines = text.split_inclusive(|b| *b == b'\n');
            let at = possible.then(|| lines.position(|line| self.matches(line))).flatten()?;
            Some(hunk.line + at as u64)
        })
    }

    fn matches(&self, line: &[u8]) -> bool {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.regex.is_match(line) || self.anchored && self.matches_within(line)
    }

    fn matches_within(&self, line: &[u8]) -> bool {
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        line.split(|b| *b == b'\r').any(|part| self.regex.is_match(part))
    }
}

fn is_anchored(pattern: &str) -> bool {
    let parsed = regex_syntax::ParserBuilder::new().utf8(false).build().parse(pattern);
    parsed.map_or(true, |parsed| parsed.properties().look_set().contains_anchor())
}

#[cfg(test)]
mod tests {
    use super::super::line_diff::whole;
    use super::*;

    fn lines(pattern: &str, text: &[u8]) -> Option<u64> {
        let patterns = Patterns::compile(&BTreeSet::from([pattern.to_string()])).unwrap();
        let mut found = Found::default();
        let hunks = whole(text);
        let searched = Searched { side: Side::Added, text, hunks: &hunks, numbered: true };
        patterns.search(&searched, &mut found);
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
        assert!(Patterns::compile(&BTreeSet::from(["(".to_string()])).is_err());
    }
}
