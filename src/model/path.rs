//! Paths inside a repository, as the bytes git stores.
//!
//! A git path is any run of bytes without NUL. In text (JSON, terminal) a path stands as it is when
//! it is printable UTF-8; otherwise it stands in the C-style quotes of `git ls-files` without `-z`
//! (`core.quotePath` in git-config(1)). Quoted text starts with `"`, plain text never holds one, so
//! the two forms cannot be confused and the way back is exact.

use portcullis_pattern::folded_path::FoldedPath;
use serde::{Deserialize, Serialize};

/// A path inside a repository: bytes, `/` between the components, no leading `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    /// A path from the bytes of tree entries.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        RepoPath(bytes.into())
    }

    /// The bytes as git stores them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path without regard to case and Unicode form, to put it to several patterns.
    pub fn fold(&self) -> FoldedPath<'_> {
        FoldedPath::of(&self.0)
    }

    /// Does a component bend the path (`..`, `.`, empty, `.git` in any case)? git refuses to write
    /// such trees, so one that exists was made by hand (git-fsck(1): `hasDot`, `hasDotdot`,
    /// `hasDotgit`).
    pub fn is_bent(&self) -> bool {
        self.0
            .split(|b| *b == b'/')
            .any(|part| matches!(part, b"" | b"." | b"..") || part.eq_ignore_ascii_case(b".git"))
    }
}

impl From<&str> for RepoPath {
    fn from(text: &str) -> Self {
        RepoPath(text.as_bytes().to_vec())
    }
}

impl std::fmt::Display for RepoPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match std::str::from_utf8(&self.0) {
            Ok(text) if text.chars().all(is_plain) => f.write_str(text),
            _ => write_quoted(&self.0, f),
        }
    }
}

impl From<RepoPath> for String {
    fn from(path: RepoPath) -> Self {
        path.to_string()
    }
}

impl TryFrom<String> for RepoPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let path = match text.strip_prefix('"') {
            Some(rest) => {
                RepoPath(unquote_path(rest).ok_or_else(|| format!("`{text}` is not a quoted path"))?)
            }
            None => RepoPath(text.clone().into_bytes()),
        };
        // One path, one text: what we would write otherwise was not written by us.
        if path.to_string() == text {
            Ok(path)
        } else {
            Err(format!("`{text}` is not the text form of a path"))
        }
    }
}

/// Stands for itself in text: no control, no quote, no backslash, nothing that reorders or hides
/// (Unicode bidirectional and zero-width characters).
fn is_plain(c: char) -> bool {
    !(c.is_control() || c == '"' || c == '\\' || portcullis_pattern::fold::is_invisible(c))
}

fn write_quoted(bytes: &[u8], f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    f.write_str("\"")?;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            write_quoted_char(c, f)?;
        }
        for byte in chunk.invalid() {
            write!(f, "\\{byte:03o}")?;
        }
    }
    f.write_str("\"")
}

fn write_quoted_char(c: char, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    match c {
        '\n' => f.write_str("\\n"),
        '\t' => f.write_str("\\t"),
        '\r' => f.write_str("\\r"),
        '"' => f.write_str("\\\""),
        '\\' => f.write_str("\\\\"),
        c if is_plain(c) => write!(f, "{c}"),
        c => {
            let mut buffer = [0; 4];
            c.encode_utf8(&mut buffer).bytes().try_for_each(|byte| write!(f, "\\{byte:03o}"))
        }
    }
}

fn unquote_path(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.strip_suffix('"')?.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'\\' { unescape_byte(&mut rest)? } else { byte });
    }
    Some(bytes)
}

fn unescape_byte(rest: &mut std::str::Bytes<'_>) -> Option<u8> {
    match rest.next()? {
        b'n' => Some(b'\n'),
        b't' => Some(b'\t'),
        b'r' => Some(b'\r'),
        byte @ (b'"' | b'\\') => Some(byte),
        first => {
            let digits = [first, rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 8).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_paths_stand_as_they_are() {
        assert_eq!(RepoPath::from("db/été.sql").to_string(), "db/été.sql");
    }

    #[test]
    fn newlines_quotes_bidirectional_marks_and_broken_utf8_are_quoted() {
        assert_eq!(RepoPath::from("a\nb").to_string(), r#""a\nb""#);
        assert_eq!(RepoPath::from("a\"b").to_string(), r#""a\"b""#);
        assert_eq!(RepoPath::new(b"a\xffb".to_vec()).to_string(), r#""a\377b""#);
        assert_eq!(RepoPath::from("a\u{202e}b").to_string(), r#""a\342\200\256b""#);
    }

    #[test]
    fn paths_that_git_would_not_write_are_bent() {
        for path in ["a/../b", "./a", "a//b", "a/.GIT/config", ""] {
            assert!(RepoPath::from(path).is_bent(), "{path}");
        }
        assert!(!RepoPath::from(".github/a..b").is_bent());
    }

    proptest! {
        #[test]
        fn the_way_back_is_exact(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let path = RepoPath::new(bytes);
            prop_assert_eq!(RepoPath::try_from(path.to_string()), Ok(path));
        }
    }
}
