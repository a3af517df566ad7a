//! What changes from run to run, or names a person, and is no part of a test's name.
//!
//! Some runners build names from values: `<Loader object at 0x7f2a…>`, `Loader@1b6d3586`, `/tmp/pytest-of-robin/x`. Each
//! is replaced by a placeholder. Parameters that mean something stay as they are.

use memchr::{memchr, memchr3};
use std::borrow::Cow;

/// Where places begin that are made anew for each run, and what stands for them.
const PLACES: &[(&str, &str)] = &[("/tmp/", "(temporary)"), ("/var/folders/", "(temporary)")];

/// Where homes begin. The next part of the path is a person's name.
const HOMES: &[&str] = &["/home/", "/Users/", "\\Users\\"];

/// The name without what changes from run to run.
pub fn stable(name: &str) -> Cow<'_, str> {
    // Looked for in a way that is quick in short names: each name of a report comes by here.
    let bytes = name.as_bytes();
    let hexadecimal = memchr(b'x', bytes).is_some() && name.contains("0x");
    if !hexadecimal && memchr3(b'@', b'/', b'\\', bytes).is_none() {
        return Cow::Borrowed(name);
    }
    let mut rest = name;
    let mut out = String::with_capacity(name.len());
    while let Some(first) = rest.chars().next() {
        if let Some((length, shown)) = replaced(rest) {
            out.push_str(shown);
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Cow::Owned(out)
}

/// Does something that changes begin here? How long it is, and what stands for it.
fn replaced(text: &str) -> Option<(usize, &'static str)> {
    address(text).or_else(|| hash(text)).or_else(|| place(text)).or_else(|| home(text))
}

/// ` at 0x…`, and Go's pointers.
fn address(text: &str) -> Option<(usize, &'static str)> {
    let (before, shown) = if text.starts_with(" at 0x") {
        (6, " at 0x(address)")
    } else if text.starts_with("0xc000") {
        (2, "0x(address)")
    } else {
        return None;
    };
    let length = hexadecimal(&text[before..]);
    (length >= 6).then_some((before + length, shown))
}

/// `@` and the hash that Java gives an object without a `toString`.
fn hash(text: &str) -> Option<(usize, &'static str)> {
    let length = hexadecimal(text.strip_prefix('@')?);
    let ends = !text[1 + length..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    ((6..=8).contains(&length) && ends).then_some((1 + length, "@(address)"))
}

fn place(text: &str) -> Option<(usize, &'static str)> {
    let (_, shown) = PLACES.iter().find(|(place, _)| text.starts_with(place))?;
    let end = text.find(|c: char| c.is_whitespace() || "\"'`)]}>,;|".contains(c)).unwrap_or(text.len());
    Some((end, shown))
}

fn home(text: &str) -> Option<(usize, &'static str)> {
    let home = HOMES.iter().find(|home| text.starts_with(**home))?;
    let end = text[home.len()..].find(|c: char| "/\\\"'`)]}>,;| ".contains(c));
    Some((end.map_or(text.len(), |end| home.len() + end), "(home)"))
}

fn hexadecimal(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_hexdigit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_replaced() {
        for (name, expected) in [
            ("load[<Loader object at 0x7f2a10c3b5e0>]", "load[<Loader object at 0x(address)>]"),
            ("TestX/0xc00012a000", "TestX/0x(address)"),
            ("loads(a.Loader@1b6d3586)", "loads(a.Loader@(address))"),
            ("reads /tmp/pytest-of-robin/pytest-3/x.csv, then ends", "reads (temporary), then ends"),
            ("/home/robin/src/a.test.mjs > ok", "(home)/src/a.test.mjs > ok"),
            ("C:\\Users\\robin\\a.js", "C:(home)\\a.js"),
        ] {
            assert_eq!(stable(name), expected);
            assert_eq!(stable(expected), expected);
        }
    }

    #[test]
    fn parameters_stay() {
        for name in
            ["mask[0xdeadbeef]", "a at 0x1f", "robin@example.test", "x@abcdef.test", "é/tmp", "0xc0", "@"]
        {
            assert_eq!(stable(name), name);
        }
    }
}
