//! A text that names its own encoding at its beginning.
//!
//! Python and Ruby look for it in a comment of the first two lines (PEP 263), as editors do; XML,
//! PHP, Perl and pages of Java (JSP) have forms of their own. In nearly every encoding a letter of
//! ASCII is the byte that it always is, and patterns find it. In some it is not: UTF-7, those of
//! mainframes, those that switch, and the codecs of Python that are no encodings at all.

use memchr::memmem;
use std::ops::Range;

/// How far it is looked for beyond the first two lines, in bytes.
const HEAD: usize = 1024;

/// What is in every form, in front of the name.
const WORD: &[u8] = b"coding";

/// No more of a name is read than this, in bytes.
const NAME: usize = 64;

/// How names of encodings begin in which ASCII is ASCII, in lower case and with hyphens.
const TRANSPARENT: [&str; 44] = [
    "utf-8",
    "utf8",
    "u8",
    "cp65001",
    "ascii",
    "us-ascii",
    "646",
    "iso-8859",
    "iso8859",
    "latin",
    "l1",
    "windows-125",
    "cp125",
    "cp437",
    "cp737",
    "cp775",
    "cp85",
    "cp860",
    "cp861",
    "cp862",
    "cp863",
    "cp865",
    "cp866",
    "cp869",
    "cp874",
    "cp932",
    "cp936",
    "cp949",
    "cp950",
    "koi8",
    "mac",
    "x-mac",
    "euc",
    "gb",
    "big5",
    "shift-jis",
    "sjis",
    "ms932",
    "tis-620",
    "binary",
    "prefer-utf-8",
    "undecided",
    "unix",
    "dos",
];

/// How names begin, without hyphens, of encodings in which letters are other bytes.
const HIDING: [&str; 33] = [
    "utf7",
    "u7",
    "unicode11",
    "utf16",
    "u16",
    "utf32",
    "u32",
    "ucs2",
    "ucs4",
    "cp037",
    "cp273",
    "cp424",
    "cp500",
    "cp864",
    "cp875",
    "cp1026",
    "cp114",
    "ibm",
    "csibm",
    "ebcdic",
    "037",
    "273",
    "424",
    "500",
    "875",
    "1026",
    "1140",
    "hz",
    "iso2022",
    "csiso2022",
    "punycode",
    "rawunicode",
    "unicodeescape",
];

/// Does it name an encoding in which letters may be other bytes than they seem to be?
pub fn hides_letters(text: &[u8]) -> bool {
    let head = first_lines(text);
    // PHP does not mind the case.
    let any_case = head.starts_with(b"<?");
    let lower = head.to_ascii_lowercase();
    let declarations = EncodingDeclarations::of(&lower);
    let (mut start, mut line) = (0, None);
    for at in memmem::find_iter(&lower, WORD).filter(|at| any_case || head[*at..].starts_with(WORD)) {
        let breaks = memchr::memchr_iter(b'\n', &lower[start..at]).count();
        if breaks > 0 || line.is_none() {
            let number = line.map_or(0, |line: DeclaringLine| line.number) + breaks;
            line = Some(DeclaringLine::at(&lower, at, number));
        }
        start = at;
        let form = line.and_then(|line| declarations.form(&lower, at, line));
        let after = &lower[at + WORD.len()..];
        let named = form.and_then(|form| Some((form, read_name(after, form)?)));
        if named.is_some_and(|(form, (name, rest))| form.hides(&name, rest)) {
            return true;
        }
    }
    false
}

fn first_lines(text: &[u8]) -> &[u8] {
    let second = memchr::memchr_iter(b'\n', text).nth(1).unwrap_or(text.len());
    &text[..second.max(HEAD).min(text.len())]
}

/// How an encoding is declared.
#[derive(Clone, Copy)]
enum DeclarationForm {
    /// In words that mean nothing else.
    Plain,
    /// In a comment, which may also be about encodings.
    Comment,
}

impl DeclarationForm {
    /// A comment that begins with a name that is unknown, and goes on, is prose.
    fn hides(self, name: &str, rest: &[u8]) -> bool {
        let short: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let hiding = HIDING.iter().any(|known| short.starts_with(known));
        let prose = || {
            matches!(self, DeclarationForm::Comment)
                && rest.first().is_some_and(|b| !matches!(b, b'\n' | b'\r'))
        };
        !is_transparent(name) && (hiding || !prose())
    }
}

/// The line that the word is in.
#[derive(Clone, Copy)]
struct DeclaringLine {
    /// Counted from 0.
    number: usize,
    /// Where an editor's mark is in it first, and where a character that may begin a comment.
    mark: Option<usize>,
    comment: Option<usize>,
}

impl DeclaringLine {
    fn at(lower: &[u8], at: usize, number: usize) -> Self {
        let start = memchr::memrchr(b'\n', &lower[..at]).map_or(0, |end| end + 1);
        let line = lower[start..].split(|b| *b == b'\n').next().unwrap_or_default();
        let comment = |b: &u8| matches!(b, b'#' | b';' | b'%' | b'/' | b'-' | b'"');
        DeclaringLine {
            number,
            mark: memmem::find(line, b"-*-").map(|mark| start + mark),
            comment: line.iter().position(comment).map(|comment| start + comment),
        }
    }
}

/// Where declarations are that can hold the word, over any number of lines, in their order.
struct EncodingDeclarations([Vec<Range<usize>>; 2]);

impl EncodingDeclarations {
    fn of(lower: &[u8]) -> Self {
        EncodingDeclarations([find_spans(lower, b"<?xml", b"?>"), find_spans(lower, b"declare", b")")])
    }

    fn holds(&self, at: usize) -> bool {
        self.0.iter().any(|spans| {
            let before = spans.partition_point(|span| span.start < at);
            spans[..before].last().is_some_and(|span| span.contains(&at))
        })
    }

    /// The form of a declaration with the word at this place, if it is one.
    fn form(&self, lower: &[u8], at: usize, line: DeclaringLine) -> Option<DeclarationForm> {
        let (before, after) = (&lower[..at], &lower[at + WORD.len()..]);
        let is_before = |place: Option<usize>| place.is_some_and(|place| place < at);
        let ends = before.ends_with(b"use en") || before.ends_with(b"pageen");
        if ends || is_before(line.mark) || self.holds(at) {
            return Some(DeclarationForm::Plain);
        }
        let comment = line.number < 2 && is_before(line.comment);
        (comment && matches!(after.first(), Some(b':' | b'='))).then_some(DeclarationForm::Comment)
    }
}

/// From each `start` to the next `end`, or to the end of the text.
fn find_spans(text: &[u8], start: &[u8], end: &[u8]) -> Vec<Range<usize>> {
    let (mut spans, mut at) = (Vec::new(), 0);
    while let Some(found) = memmem::find(&text[at..], start) {
        let from = at + found;
        at = memmem::find(&text[from..], end).map_or(text.len(), |length| from + length);
        spans.push(from..at);
    }
    spans
}

/// The beginning of the name, in lower case and with hyphens, and what follows it; `None` when
/// there is none.
fn read_name(after: &[u8], form: DeclarationForm) -> Option<(String, &[u8])> {
    let is_lead = |b: &u8| match b {
        b'\r' | b'\n' => matches!(form, DeclarationForm::Plain),
        b => matches!(b, b':' | b'=' | b'(' | b'"' | b'\'' | b' ' | b'\t'),
    };
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    let start = after.iter().position(|b| !is_lead(b))?;
    let length = after[start..].iter().take(NAME).take_while(|b| is_part(b)).count();
    let (name, rest) = after[start..].split_at(length);
    let plain = |b: &u8| if *b == b'_' { '-' } else { char::from(b.to_ascii_lowercase()) };
    Some((name.iter().map(plain).collect(), rest)).filter(|_| length > 0)
}

fn is_transparent(name: &str) -> bool {
    TRANSPARENT.iter().any(|known| name.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_encodings() {
        for text in [
            "# coding: utf-7",
            "#!/x\n# -*- coding: UTF_7 -*-",
            "\u{feff}# coding=cp1140\n",
            "# coding: nobody-knows\n",
            "<?xml version='1.0' encoding='utf-16'?>",
            "<?php DECLARE(ENCODING = 'UTF-7');",
            "use strict;\n\n\nuse encoding \"iso-2022-jp\";",
            "<%@ page language=\"java\"\n pageEncoding=\"Cp037\" %>",
            ";; -*- mode: x; coding: hz -*-",
            "<?xml version='1.0'\nencoding='UTF-7'?>",
            "<?xml version='1.0' encoding=\n'UTF-7'?>",
            "<?php declare(\n  encoding='UTF-7'\n);",
            "# coding: cp864",
        ] {
            assert!(hides_letters(text.as_bytes()), "{text}");
        }
        for text in [
            "# coding: UTF_8",
            "# coding: latin-1-unix",
            "# coding: cp1252",
            "# vim: set fileencoding=utf8 :",
            "x = 1\ny = 2\n# coding: utf-7",
            "coding: utf-7",
            "# Encoding: {encoding}",
            "# Encoding: what we do\n",
            "# Encoding: base64 of the payload\n",
            "<?xml version='1.0' encoding='ISO-8859-1'?>",
            "open(f, encoding='hex')",
            "# coding:\nx = 1\n",
            "# coding:\nnothing\n",
            "<?xml version='1.0'?>\n<x>\nencoding='utf-7'</x>",
            "<?php declare(ticks=1);\n$encoding = 'hex';",
        ] {
            assert!(!hides_letters(text.as_bytes()), "{text}");
        }
    }

    /// One line of many megabytes, as bundlers write them: the time does not grow with the square
    /// of its length.
    #[test]
    fn a_long_line_that_names_encodings_often_is_read_once() {
        for unit in ["encoding=hex ", "coding:", "declare encoding ", "<?xml-*-# "] {
            let text = unit.repeat(4_000_000 / unit.len());
            let before = std::time::Instant::now();
            hides_letters(text.as_bytes());
            assert!(before.elapsed().as_secs() < 20, "{unit}");
        }
    }
}
