//! A text that names its own encoding at its beginning.
//!
//! Python and Ruby look for it in a comment of the first two lines (PEP 263), as editors do; XML, PHP, Perl and pages of Java
//! (JSP) have forms of their own. In nearly every encoding a letter of ASCII is the byte that it always is, and patterns find it. In some it
//! is not: UTF-7, those of mainframes, those that switch, and the codecs of Python that are no encodings at all.

use memchr::memmem;

/// How far it is looked for beyond the first two lines, in bytes.
const HEAD: usize = 1024;

/// How names of encodings begin in which ASCII is ASCII, in lower case and with hyphens.
const TRANSPARENT: [&str; 38] = [
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
    "cp86",
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
    let head = head(text);
    let hides = |word: &[u8]| {
        memmem::find_iter(head, word).any(|at| {
            let (before, after) = (&head[..at], &head[at + word.len()..]);
            form(before, after).zip(name(after)).is_some_and(|(form, (name, rest))| form.hides(&name, rest))
        })
    };
    // Only PHP does not mind the case.
    hides(b"coding") || head.starts_with(b"<?") && hides(b"CODING")
}

fn head(text: &[u8]) -> &[u8] {
    let second = memchr::memchr_iter(b'\n', text).nth(1).unwrap_or(text.len());
    &text[..second.max(HEAD).min(text.len())]
}

/// How an encoding is declared.
#[derive(Clone, Copy)]
enum Form {
    /// In words that mean nothing else.
    Plain,
    /// In a comment, which may also be about encodings.
    Comment,
}

impl Form {
    /// A comment that begins with a name that nobody knows, and goes on, is prose.
    fn hides(self, name: &str, rest: &[u8]) -> bool {
        let short: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let hiding = HIDING.iter().any(|known| short.starts_with(known));
        let prose =
            || matches!(self, Form::Comment) && rest.first().is_some_and(|b| !matches!(b, b'\n' | b'\r'));
        !is_transparent(name) && (hiding || !prose())
    }
}

/// The form that stands around the word, if it is one.
fn form(before: &[u8], after: &[u8]) -> Option<Form> {
    let line = before.rsplit(|b| *b == b'\n').next().unwrap_or_default().to_ascii_lowercase();
    let word = |word: &[u8]| memmem::find(&line, word).is_some();
    if word(b"<?xml")
        || word(b"declare")
        || word(b"-*-")
        || line.ends_with(b"use en")
        || line.ends_with(b"pageen")
    {
        return Some(Form::Plain);
    }
    let among_first = memchr::memchr_iter(b'\n', before).count() < 2;
    let comment = line.iter().any(|b| matches!(b, b'#' | b';' | b'%' | b'/' | b'-' | b'"'));
    (among_first && comment && matches!(after.first(), Some(b':' | b'='))).then_some(Form::Comment)
}

/// The name, in lower case and with hyphens, and what follows it; `None` when none stands there.
fn name(after: &[u8]) -> Option<(String, &[u8])> {
    let is_lead = |b: &u8| matches!(b, b':' | b'=' | b'(' | b'"' | b'\'' | b' ' | b'\t');
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    let start = after.iter().position(|b| !is_lead(b))?;
    let length = after[start..].iter().take_while(|b| is_part(b)).count();
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
        ] {
            assert!(!hides_letters(text.as_bytes()), "{text}");
        }
    }
}
