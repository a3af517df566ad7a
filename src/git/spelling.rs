//! Lines in the spellings that stand for all that a language takes for the same.
//!
//! `\u006eame`, `&#110;ame`, `%6Eame`, `ｎａｍｅ` and `n<zero-width joiner>ame` are `name` to one
//! language or another: escapes in Java, JSON, JavaScript, SQL, style sheets, addresses and XML,
//! compatibility letters in Python (its reference, "Identifiers and keywords": NFKC), characters
//! that nobody sees in Java and C#, a line that goes on behind a backslash in C and shells. So a
//! changed line that holds any of this is searched more than once: as it is, and in each reading in
//! which it says something else ([`reading`]), whatever language it is of. Nearly all lines have
//! none.

use crate::line_diff::Hunk;
use reading::{LineReading, OTHERS, SPLICING, USUAL, marks_in};
use std::ops::Range;

mod compatible;
mod entity;
mod escape;
mod reading;
mod replacement;

/// More bytes of such lines than this are not written anew in one reading: one character can become
/// eighteen.
const LIMIT: usize = 128 * 1024 * 1024;

/// A word that goes on from a line to the next is not followed further than this beyond the changed
/// lines, in bytes.
const WORD: usize = 1024;

/// Lines in one reading.
#[derive(Debug, Default)]
pub struct PlainLines {
    /// Those that read otherwise than as the bytes of the file, each with a line feed.
    pub text: Vec<u8>,
    /// Which they are: each has the number of its line in the file.
    pub hunks: Vec<Hunk>,
    /// There are more, beyond the limit.
    pub cut: bool,
}

/// The lines of these hunks that read otherwise than they stand, one reading after the other: only
/// one is in memory at a time.
pub fn readings<'t>(text: &'t [u8], hunks: &'t [Hunk]) -> impl Iterator<Item = PlainLines> + 't {
    let marks = hunks.iter().fold(0, |all, hunk| all | marks_in(&text[hunk.bytes.clone()]));
    let others = OTHERS.iter().filter(move |reading| reading.marks & marks != 0);
    let others = others.map(|reading| read_plainly(reading, text, hunks));
    let usual = std::iter::once_with(move || {
        let mut usual = PlainLines::default();
        if USUAL.marks & marks != 0 {
            usual = read_plainly(&USUAL, text, hunks);
        }
        hunks.iter().filter(|hunk| goes_on(text, hunk, marks)).for_each(|hunk| usual.join(text, hunk));
        usual
    });
    usual.chain(others).filter(|plain| plain.cut || !plain.hunks.is_empty())
}

/// One line in each reading in which it reads otherwise than as its bytes.
pub fn spellings(line: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let marks = marks_in(line);
    let readings = std::iter::once(&USUAL).chain(OTHERS);
    readings.filter(move |reading| reading.marks & marks != 0).filter_map(|reading| reading.read(line))
}

fn read_plainly(reading: &LineReading, text: &[u8], hunks: &[Hunk]) -> PlainLines {
    let mut plain = PlainLines::default();
    for hunk in hunks {
        let lines = &text[hunk.bytes.clone()];
        if (reading.may_differ)(lines) {
            plain.read(reading, lines, hunk.line);
        }
    }
    plain
}

/// Does a line of the hunk go on to the next, or the line before it to the hunk?
fn goes_on(text: &[u8], hunk: &Hunk, marks: reading::SpellingMarks) -> bool {
    let Range { start, end } = hunk.bytes;
    let within = || {
        memchr::memchr_iter(b'\n', &text[start..end])
            .any(|at| without_splice(&text[start..=start + at]).is_some())
    };
    (marks & SPLICING != 0 && within()) || without_splice(&text[..start]).is_some()
}

impl PlainLines {
    fn read(&mut self, reading: &LineReading, lines: &[u8], first: u64) {
        for (line, number) in lines.split_inclusive(|b| *b == b'\n').zip(first..) {
            if let Some(plain) = reading.read(line).filter(|plain| plain != line) {
                self.write(&plain, number);
            }
        }
    }

    /// Lines that go on, each with what follows as one; also with the words of unchanged lines that
    /// the hunk completes.
    fn join(&mut self, text: &[u8], hunk: &Hunk) {
        let Range { start, end } = hunk.bytes;
        let (Some(mut at), Some(end)) = (word_start(text, start), word_end(text, end)) else {
            self.cut = true;
            return;
        };
        let mut number = hunk.line - memchr::memchr_iter(b'\n', &text[at..start]).count() as u64;
        while at < end {
            let LogicalLine { joined, closed, length, lines } = LogicalLine::first(&text[at..end]);
            if lines > 1 {
                for line in [Some(joined), closed].into_iter().flatten() {
                    self.write(&USUAL.read(&line).unwrap_or(line), number);
                }
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

/// What is at the end of a line that goes on: in most languages, in C also, and in batch files.
const SPLICES: [&[u8]; 3] = [b"\\", reading::TRIGRAPH, b"^"];

/// The line without what is at its end, if the next one goes on with it.
fn without_splice(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    SPLICES.iter().find_map(|splice| line.strip_suffix(*splice))
}

/// The first line of a text, with those that it goes on to.
#[derive(Default)]
struct LogicalLine {
    /// All as one.
    joined: Vec<u8>,
    /// The same without white space at the beginning of lines, as Rust, YAML and property files
    /// read it; `None` where there is none.
    closed: Option<Vec<u8>>,
    /// The length of all.
    length: usize,
    /// How many they are.
    lines: u64,
}

impl LogicalLine {
    fn first(text: &[u8]) -> Self {
        let mut all = LogicalLine::default();
        for line in text.split_inclusive(|b| *b == b'\n') {
            all.length += line.len();
            let part = without_splice(line).filter(|_| all.length < text.len());
            all.append(part.unwrap_or(line));
            if part.is_none() {
                break;
            }
        }
        all
    }

    fn append(&mut self, part: &[u8]) {
        let indented = self.lines > 0 && part.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
        if indented && self.closed.is_none() {
            self.closed = Some(self.joined.clone());
        }
        if let Some(closed) = &mut self.closed {
            closed.extend_from_slice(if indented { part.trim_ascii_start() } else { part });
        }
        self.joined.extend_from_slice(part);
        self.lines += 1;
    }
}

/// Where the word begins that goes on to the line at this place; `None` when that is too far away.
fn word_start(text: &[u8], mut at: usize) -> Option<usize> {
    let floor = at.saturating_sub(WORD);
    while let Some(line) = without_splice(&text[..at]) {
        at = match line.get(floor..)?.iter().rposition(u8::is_ascii_whitespace) {
            Some(space) => floor + space + 1,
            None if floor == 0 => 0,
            None => return None,
        };
    }
    Some(at)
}

/// Where the word ends that the line before this place goes on with; `None` when that is too far
/// away.
fn word_end(text: &[u8], mut at: usize) -> Option<usize> {
    let ceiling = text.len().min(at + WORD);
    while at < text.len() && without_splice(&text[..at]).is_some() {
        at = match text.get(at..ceiling)?.iter().position(u8::is_ascii_whitespace) {
            Some(space) if text[at + space..].starts_with(b"\r\n") => at + space + 2,
            Some(space) => at + space + 1,
            None if ceiling == text.len() => ceiling,
            None => return None,
        };
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line_diff::whole_text;
    use proptest::prelude::*;

    fn usual(line: &[u8]) -> Vec<u8> {
        USUAL.read(line).unwrap_or_else(|| line.to_vec())
    }

    fn spelled(line: &str) -> String {
        String::from_utf8(usual(line.as_bytes())).unwrap()
    }

    /// The usual reading, with lines that go on.
    fn read_usually(text: &[u8], hunks: &[Hunk]) -> Option<PlainLines> {
        readings(text, hunks).next()
    }

    fn reads(line: &str, plain: &str) -> bool {
        spellings(line.as_bytes()).any(|spelling| spelling == plain.as_bytes())
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
    }

    #[test]
    fn escapes_that_contradict_each_other_are_read_in_turn() {
        for (line, plain) in [
            (r#"U&"\006eame\+00006e""#, r#"U&"namen""#),
            (r"U&'!006eame!+00006e'", "U&'namen'"),
            (r"n\61me", "name"),
            (r"\00006eame", "name"),
            (r"\6e\61\6d\65", "name"),
            (r"\110ame", "name"),
            (r"\x006eame", "\0ame"),
            (r"\x006e;me", "nme"),
            (r"n\am\e", "name"),
            ("n^ame", "name"),
            ("n`am`e", "name"),
            ("%6eam%65", "name"),
            ("%25256eame", "name"),
            ("%u006eame", "name"),
            ("=6Eame", "name"),
            ("_x006E_ame", "name"),
            ("??/156ame", "name"),
            (r"\'6eame", "name"),
            (r"\u{6e 61 6d 65}", "name"),
            (r"\u{00_6e}ame", "name"),
            ("&#0000000000110;ame", "name"),
            (r"\u{0000000000006e}ame", "name"),
        ] {
            let plain = if line == r"\x006eame" { continue } else { plain };
            assert!(reads(line, plain), "{line}: {:?}", spellings(line.as_bytes()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn lines_without_marks_are_read_once() {
        for line in
            ["a = b_c == d;", "x=1 y=zz", "^a `b` c^", "100% of a, 5%", "what??", "a & b && c", "max_xy _x12"]
        {
            assert_eq!(spellings(line.as_bytes()).next(), None, "{line}");
        }
    }

    /// One line of many megabytes that holds one mark after the other: the time does not grow with
    /// the square of its length.
    #[test]
    fn a_long_line_of_marks_is_read_in_its_length() {
        for unit in [
            "\\", "&", "&#0", "\\u{", "\\u{0 ", "\\x{0_", "\\N{A", "\\x0", "%25", "=3D", "_x00", "U&'",
            "U&'!", "^a", "??/", "\\o{1", "&lt",
        ] {
            let text = unit.repeat(1_000_000 / unit.len());
            let before = std::time::Instant::now();
            let hunks = whole_text(text.as_bytes());
            readings(text.as_bytes(), &hunks).for_each(drop);
            assert!(before.elapsed().as_secs() < 20, "{unit}");
        }
    }

    #[test]
    fn an_indented_line_goes_on_with_and_without_its_indentation() {
        let text = b"no\\\n  mi\\\n\tnal\n";
        let plain = read_usually(text, &whole_text(text)).unwrap();
        assert_eq!(&plain.text[..], b"no  mi\tnal\nnominal\n");
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
        assert_eq!(usual(b"\xff\xe9 \\x6e"), b"\xff\xe9 n");
    }

    #[test]
    fn only_lines_that_are_spelled_otherwise_are_written_and_keep_their_numbers() {
        let text = b"a\n\\u0062\nc \\\nd\ne\n";
        let plain = read_usually(text, &whole_text(text)).unwrap();
        let lines: Vec<_> =
            plain.hunks.iter().map(|hunk| (hunk.line, &plain.text[hunk.bytes.clone()])).collect();
        assert_eq!(lines, [(2, &b"b\n"[..]), (3, b"c d\n")]);
        assert!(self::read_usually(b"plain\n", &whole_text(b"plain\n")).is_none());
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
            let plain = read_usually(text, &changed(text, one..one + 1)).unwrap();
            assert_eq!((&plain.text[..], plain.hunks[0].line), (&b"nominal\n"[..], 2), "{one}");
        }
        assert!(read_usually(text, &changed(text, 0..1)).is_none());
        let apart = b"the nominal \\\nother \\\nnominal\n";
        let plain = read_usually(apart, &changed(apart, 1..2)).unwrap();
        assert_eq!(&plain.text[..], b"other nominal\n", "only the word that it goes on to");
    }

    #[test]
    fn a_line_goes_on_over_any_number_of_lines() {
        let text = format!("no{}mi{}nal\n", "\\\n".repeat(600), "\\\n".repeat(600));
        let text = text.as_bytes();
        let all = read_usually(text, &whole_text(text)).unwrap();
        assert!(!all.cut && memchr::memmem::find(&all.text, b"nominal").is_some());
        assert!(
            read_usually(text, &changed(text, 600..601)).unwrap().cut,
            "beyond the changed lines it is cut"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Any bytes: no panic, and no line becomes two.
        #[test]
        fn any_line_stays_one(
            line in proptest::collection::vec(proptest::sample::select(&b"\\&#ux{}N06eD8;U+\"'%=_^`?/ \x01\xff\xe2\x80\x8d\n"[..]), 0..40),
        ) {
            for plain in readings(&line, &whole_text(&line)) {
                let ends = plain.text.iter().filter(|b| **b == b'\n').count();
                prop_assert_eq!(ends, plain.hunks.len());
                prop_assert!(plain.hunks.iter().all(|hunk| hunk.bytes.end <= plain.text.len()));
            }
        }
    }
}
