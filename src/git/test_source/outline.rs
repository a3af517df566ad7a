//! The tests of one text.

use crate::test_source::language::{TestBody, TestLanguage};
use crate::test_source::mask::mask_text;
use std::collections::BTreeSet;
use std::ops::Range;

/// A test, as far as it can be told from the look of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlinedTest {
    /// Its name.
    pub name: String,
    /// The line that it begins in, from 1.
    pub line: u64,
    /// How many assertions it holds that can fail.
    pub assertions: u64,
    /// Does it do anything?
    pub empty: bool,
    /// Is it to be skipped, or expected to fail?
    pub skipped: bool,
    /// Its body without blanks: equal bodies are one test under two names.
    pub body: String,
}

/// What a text says of its tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Its tests, in order.
    pub tests: Vec<OutlinedTest>,
    /// How many assertions are outside of them.
    pub assertions: u64,
    /// Lines outside of tests that leave out tests: text without blanks, and number.
    pub skips: Vec<(String, u64)>,
    /// Lines that leave out every other test.
    pub alone: Vec<(String, u64)>,
}

/// Reads a text.
pub fn outline_text(text: &str, language: &TestLanguage) -> Outline {
    let masked = mask_text(text, &language.quoting);
    let reader = OutlineReader { text, masked: &masked, language, lines: line_starts(text) };
    reader.outline()
}

struct OutlineReader<'t> {
    text: &'t str,
    masked: &'t str,
    language: &'t TestLanguage,
    lines: Vec<usize>,
}

/// A test by its places in the text.
struct FoundTest {
    /// From the first line above it that is a mark of it.
    from: usize,
    head: Range<usize>,
    body: Range<usize>,
    name: String,
}

impl OutlineReader<'_> {
    fn outline(&self) -> Outline {
        let found = self.found();
        let within = |place: usize| found.iter().any(|test| test.from <= place && place < test.body.end);
        let outside = |place: &Range<usize>| !within(place.start);
        let TestLanguage { assertion, trivial, skip, alone, .. } = self.language;
        let counted = |rule: &crate::test_source::language::TestRule| {
            rule.places(self.masked).filter(outside).count() as u64
        };
        let lines = |places: Vec<Range<usize>>| -> Vec<(String, u64)> {
            let starts: BTreeSet<u64> = places.into_iter().map(|place| self.line(place.start)).collect();
            starts.into_iter().map(|line| (without_blanks(self.line_text(line)), line)).collect()
        };
        Outline {
            assertions: counted(assertion).saturating_sub(counted(trivial)),
            skips: lines(skip.places(self.masked).filter(outside).collect()),
            alone: lines(alone.places(self.masked).collect()),
            tests: found.into_iter().map(|test| self.test(test)).collect(),
        }
    }

    fn found(&self) -> Vec<FoundTest> {
        let mut found: Vec<FoundTest> = Vec::new();
        for (head, name) in self.language.header.named(self.masked) {
            let nested = found.last().is_some_and(|last| head.start < last.body.end);
            let from = self.marks_above(head.start);
            let marked =
                |mark: &crate::test_source::language::TestRule| mark.is_in(&self.masked[from..head.end]);
            if !nested && self.language.mark.as_ref().is_none_or(marked) {
                let (name, head) = self.named(head, name);
                found.push(FoundTest { from, body: self.body(&head), head, name });
            }
        }
        found
    }

    /// The name, which may be a string whose inside is blanked out, and the beginning up to its
    /// end.
    fn named(&self, head: Range<usize>, name: Option<&str>) -> (String, Range<usize>) {
        match name.filter(|name| !name.is_empty()) {
            Some(name) => (name.to_string(), head),
            None => {
                let rest = &self.text[head.end.saturating_sub(1)..];
                let quoted = rest.trim_start_matches(['(', ' ', '\n', '\t']);
                let quote = quoted.chars().next().unwrap_or('"');
                let inner = quoted.get(quote.len_utf8()..).unwrap_or_default();
                let name = inner.split([quote, '\n']).next().unwrap_or_default();
                (name.to_string(), head)
            }
        }
    }

    /// Where the attributes, annotations and comments right above a line begin.
    fn marks_above(&self, place: usize) -> usize {
        let mut from = self.start_of(self.line(place));
        for line in (1..self.line(place)).rev() {
            let start = self.start_of(line);
            let (text, shown) = (self.masked[start..from].trim(), self.text[start..from].trim());
            let is_mark = text.starts_with(['@', '#', '[']) && !text.ends_with('{');
            let is_comment = text.is_empty() && !shown.is_empty();
            if !is_mark && !is_comment {
                break;
            }
            from = start;
        }
        from
    }

    fn body(&self, head: &Range<usize>) -> Range<usize> {
        match self.language.body {
            TestBody::Braces => self.between(head.end, b'{', b'}'),
            TestBody::Call => self.between(head.end.saturating_sub(1), b'(', b')'),
            TestBody::Indent => self.indented(head),
        }
    }

    /// Between the next opening bracket and the one that closes it.
    fn between(&self, from: usize, open: u8, close: u8) -> Range<usize> {
        let bytes = self.masked.as_bytes();
        let Some(start) = (from..bytes.len()).find(|at| bytes[*at] == open) else { return from..from };
        let mut depth = 0usize;
        for (at, byte) in bytes.iter().enumerate().skip(start) {
            depth += usize::from(*byte == open);
            depth -= usize::from(*byte == close && depth > 0);
            if depth == 0 {
                return start + 1..at;
            }
        }
        start + 1..bytes.len()
    }

    fn indented(&self, head: &Range<usize>) -> Range<usize> {
        let first = self.line(head.start);
        let depth = indent_of(self.line_text(first));
        let body = self.start_of(first + 1);
        let mut end = body;
        for line in first + 1..=self.lines.len() as u64 {
            let start = self.start_of(line);
            let text = &self.masked[start..self.start_of(line + 1)];
            let blank = text.trim().is_empty();
            let goes_on = text.trim_start().starts_with([')', ']']);
            if !blank && indent_of(text) <= depth && !goes_on {
                break;
            }
            end = if blank { end } else { self.start_of(line + 1) };
        }
        body..end
    }

    fn test(&self, found: FoundTest) -> OutlinedTest {
        let TestLanguage { assertion, trivial, skip, .. } = self.language;
        let body = &self.masked[found.body.clone()];
        let count = |rule: &crate::test_source::language::TestRule| rule.places(body).count() as u64;
        let marked = &self.masked[found.from..found.body.end];
        OutlinedTest {
            name: found.name,
            line: self.line(found.head.start),
            assertions: count(assertion).saturating_sub(count(trivial)),
            empty: self.does_nothing(body),
            skipped: skip.is_in(marked),
            body: without_blanks(&self.text[self.behind_name(found.body)]),
        }
    }

    /// The body without the name, where that is an argument like others.
    fn behind_name(&self, body: Range<usize>) -> Range<usize> {
        let name = match self.language.body {
            TestBody::Call => self.masked[body.clone()].find(',').unwrap_or(0),
            TestBody::Braces | TestBody::Indent => 0,
        };
        body.start + name..body.end
    }

    fn does_nothing(&self, body: &str) -> bool {
        let code = match self.language.body {
            // Behind the name and the parameters; a call without a function is a test that is still
            // to be written.
            TestBody::Call => body.split_once('{').map_or_else(|| after_arrow(body), |(_, code)| code),
            TestBody::Braces | TestBody::Indent => body,
        };
        let idle = |word: &str| ["pass", "...", "end", "true", ":", "return", "return;"].contains(&word);
        code.split_whitespace().all(|word| {
            let word = word.trim_matches(['"', '\'', '}', ')', ';', ',']);
            word.is_empty() || idle(word)
        })
    }

    fn line(&self, place: usize) -> u64 {
        self.lines.partition_point(|start| *start <= place) as u64
    }

    fn start_of(&self, line: u64) -> usize {
        let index = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        self.lines.get(index).copied().unwrap_or(self.text.len())
    }

    fn line_text(&self, line: u64) -> &str {
        &self.masked[self.start_of(line)..self.start_of(line + 1)]
    }
}

fn after_arrow(body: &str) -> &str {
    body.split_once("=>").map_or("", |(_, code)| code)
}

fn line_starts(text: &str) -> Vec<usize> {
    let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(after_breaks).collect()
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}
