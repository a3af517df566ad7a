//! Paths of the files of a pack.

use std::fmt;

/// The longest path, in bytes: what the oldest form of a tar header has room for, below the folder
/// that an archive is unpacked into.
pub const LONGEST: usize = 82;

/// Names that are devices on Windows, with every ending.
const DEVICES: &[&str] = &["aux", "con", "nul", "prn"];

/// The path of a file below the root of a pack.
///
/// Lower-case letters, digits, `.`, `_` and `-`, with `/` between the parts, and no part that
/// begins or ends with a dot: no two paths are one file on any file system, and none leads out of
/// the pack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemPath(String);

impl ItemPath {
    /// The path of this text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<ItemPath, BadPath> {
        check_text(text).map(|()| ItemPath(text.to_string())).map_err(|why| BadPath(text.to_string(), why))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the file, without the folders that it is in.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, name)| name)
    }

    /// How many folders the file is below the root.
    pub fn depth(&self) -> usize {
        self.0.matches('/').count()
    }
}

impl fmt::Display for ItemPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no path of a pack, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPath(pub String, pub &'static str);

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.0.escape_debug(), self.1)
    }
}

impl std::error::Error for BadPath {}

fn check_text(text: &str) -> Result<(), &'static str> {
    if text.starts_with('/') {
        return Err("is an absolute path");
    }
    if text.split('/').any(|part| part == "..") {
        return Err("leads out of the pack");
    }
    if text.is_empty() || text.len() > LONGEST {
        return Err("is empty or too long: a path has at most 82 bytes");
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("has a capital letter: on some systems it is the same file as its twin without one");
    }
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-' | b'/')
    };
    if !text.bytes().all(allowed) {
        return Err("has a character that no path of a pack has");
    }
    text.split('/').try_for_each(check_part)
}

fn check_part(part: &str) -> Result<(), &'static str> {
    if part.is_empty() || part.starts_with('.') || part.ends_with('.') {
        return Err("has a part that is empty, or begins or ends with a dot");
    }
    let stem = part.split('.').next().unwrap_or(part);
    let numbered = |device: &str| {
        stem.strip_prefix(device)
            .is_some_and(|rest| rest.len() == 1 && rest != "0" && rest.as_bytes()[0].is_ascii_digit())
    };
    if DEVICES.contains(&stem) || numbered("com") || numbered("lpt") {
        return Err("has a part that is a device on Windows");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_paths_are_paths() {
        for text in ["manifest.json", "records/production/0001/facts.json", "landings/0a1b.html", "a_b-c.d"] {
            assert_eq!(ItemPath::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_or_meet_each_other_are_refused_with_the_reason() {
        let refused = [
            ("../manifest.json", "leads out"),
            ("records/../../x", "leads out"),
            ("/etc/passwd", "absolute"),
            ("Manifest.json", "capital"),
            ("a//b", "empty"),
            ("a/./b", "dot"),
            (".git/config", "dot"),
            ("a.", "dot"),
            ("a\\b", "character"),
            ("c:x", "character"),
            ("a\u{e9}", "character"),
            ("a\0b", "character"),
            ("nul.txt", "device"),
            ("x/com1", "device"),
            ("", "empty"),
        ];
        for (text, why) in refused {
            let error = ItemPath::new(text).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
        assert!(ItemPath::new(&"a".repeat(LONGEST + 1)).is_err());
    }
}
