//! The one glob dialect of a policy.
//!
//! | written | matches |
//! | --- | --- |
//! | `*` | any run of characters inside one component, also an empty one, also a leading dot |
//! | `?` | one character, not `/` |
//! | `**` | as a whole component: any number of components, also none |
//! | `dir/**` | everything below `dir`, and `dir` itself where it is not a directory (a link, a submodule) |
//! | `{a,b}` | either |
//! | `[a-z]`, `[!a-z]` | one character of the class, or not of it |
//! | `\` | takes the meaning from the character that follows |
//!
//! A pattern always starts at the root of the repository and matches a whole path. A leading or
//! trailing `/`, an empty component, `.` and `..`, and `**` glued to other characters are errors, because
//! each of them means different things in different tools.
//!
//! What widens the gate is generous and what narrows it is exact: an inventory path matches without
//! regard to case and Unicode form ([`Glob::matches_folded`]), an exclusion only to the byte ([`Glob::matches`]).

use globset::{Candidate, GlobBuilder, GlobMatcher};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

/// The longest pattern, in bytes. No path that a system opens is longer (`PATH_MAX` of Linux).
const LONGEST: usize = 4096;

/// How deep alternatives may nest.
const DEEPEST: usize = 16;

/// A compiled pattern of the dialect above.
#[derive(Clone, Debug)]
pub struct Glob {
    text: String,
    exact: GlobMatcher,
    folded: GlobMatcher,
}

impl Glob {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to write instead.
    pub fn new(text: &str) -> Result<Self, String> {
        check_dialect(text)?;
        Ok(Glob { text: text.to_string(), exact: compile(text)?, folded: compile(&fold(text))? })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Matches to the byte.
    pub fn matches(&self, path: &[u8]) -> bool {
        matches_with_directory(&self.exact, path, self.text.ends_with("/**"))
    }

    /// Matches without regard to case, Unicode form, and characters that cannot be seen: the paths
    /// that a case-insensitive or normalising file system would take for the same file.
    pub fn matches_folded(&self, path: &[u8]) -> bool {
        let below = self.text.ends_with("/**");
        matches_with_directory(&self.exact, path, below)
            || matches_with_directory(&self.folded, fold(&String::from_utf8_lossy(path)).as_bytes(), below)
    }
}

/// `dir/**` also matches `dir`: what changes there is a link, a submodule or a file in the directory's place.
fn matches_with_directory(matcher: &GlobMatcher, path: &[u8], below: bool) -> bool {
    let is_match = |path: &[u8]| matcher.is_match_candidate(&Candidate::from_bytes(path));
    is_match(path) || (below && is_match(&[path, b"/x"].concat()))
}

/// Case, Unicode form and invisible characters taken away (compare `core.precomposeUnicode`,
/// `core.protectHFS` and `core.ignoreCase` in git-config(1)).
fn fold(text: &str) -> String {
    text.nfc().filter(|c| !is_invisible(*c)).collect::<String>().to_lowercase().nfc().collect()
}

/// Characters that a reader does not see: zero-width, bidirectional control, byte order mark.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn compile(text: &str) -> Result<GlobMatcher, String> {
    GlobBuilder::new(text)
        .literal_separator(true)
        .backslash_escape(true)
        .empty_alternates(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| error.kind().to_string())
}

fn check_dialect(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("an empty pattern matches nothing; name a path".into());
    }
    if text.starts_with('/') {
        return Err("patterns always start at the root of the repository; leave out the leading `/`".into());
    }
    if text.ends_with('/') {
        return Err(format!("write `{text}**` for everything below the directory"));
    }
    check_size(text)?;
    text.split('/').try_for_each(check_component)
}

/// A pattern is read recursively, and a change can bring a policy of any size.
fn check_size(text: &str) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err(format!("a pattern has no more than {LONGEST} bytes; write several"));
    }
    let deeper = |(depth, deepest): (usize, usize), byte| match byte {
        b'{' => (depth + 1, deepest.max(depth + 1)),
        b'}' => (depth.saturating_sub(1), deepest),
        _ => (depth, deepest),
    };
    let (_, deepest) = text.bytes().fold((0, 0), deeper);
    if deepest > DEEPEST {
        return Err(format!("`{{` stands no more than {DEEPEST} deep; write several patterns"));
    }
    Ok(())
}

fn check_component(component: &str) -> Result<(), String> {
    match component {
        "" => Err("`//` is an empty component; write one `/`".into()),
        "." | ".." => {
            Err("`.` and `..` are no components of a stored path; name the path from the root".into())
        }
        "**" => Ok(()),
        other if other.contains("**") => {
            Err("`**` stands for whole components; write `*` inside one, or `**/` before it".into())
        }
        _ => Ok(()),
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Glob {}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Glob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Glob::new(&text).map_err(|error| serde::de::Error::custom(format!("bad pattern `{text}`: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let glob = Glob::new(pattern).unwrap();
        for path in yes {
            assert!(glob.matches(path.as_bytes()), "{pattern} should match {path}");
        }
        for path in no {
            assert!(!glob.matches(path.as_bytes()), "{pattern} should not match {path}");
        }
    }

    #[test]
    fn a_pattern_that_would_exhaust_the_stack_is_refused() {
        let nested = |depth| format!("{}a{}", "{".repeat(depth), "}".repeat(depth));
        assert!(Glob::new(&nested(DEEPEST)).is_ok());
        assert!(Glob::new(&nested(DEEPEST + 1)).unwrap_err().contains("deep"));
        assert!(Glob::new(&"{".repeat(1_000_000)).unwrap_err().contains("bytes"));
        assert!(Glob::new("{a}/".repeat(DEEPEST * 2).trim_end_matches('/')).is_ok());
    }

    #[test]
    fn the_dialect_as_documented() {
        check("*.sql", &["a.sql", ".sql"], &["db/a.sql", "a.sqlx", "A.SQL"]);
        check("**/*.sql", &["a.sql", "db/a.sql", "db/x/.a.sql"], &["a.sql/b"]);
        check("db/*", &["db/a"], &["db", "db/a/b"]);
        check("db/**", &["db", "db/a", "db/a/b", "db/.a"], &["dbx", "x/db/a"]);
        check("db/**/m", &["db/m", "db/a/m", "db/a/b/m"], &["db/m/x", "m"]);
        check("a?c", &["abc"], &["ac", "a/c", "abbc"]);
        check("{a,b/c}/*.rs", &["a/x.rs", "b/c/x.rs"], &["b/x.rs"]);
        check("f[0-9].t", &["f1.t"], &["fa.t", "f/.t"]);
        check("f[!0-9].t", &["fa.t"], &["f1.t"]);
        check(r"a\*b", &["a*b"], &["axb"]);
    }

    #[test]
    fn widening_ignores_case_form_and_invisible_characters() {
        let glob = Glob::new("services/Café/**").unwrap();
        for path in ["Services/CAFÉ/x", "services/cafe\u{301}/x", "services/ca\u{200b}fé/x", "services/café"]
        {
            assert!(glob.matches_folded(path.as_bytes()), "{path}");
            assert!(!glob.matches(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn patterns_with_a_different_meaning_elsewhere_are_errors_with_a_remedy() {
        for (pattern, remedy) in [
            ("/db/x", "leading"),
            ("db/", "db/**"),
            ("a//b", "empty component"),
            ("a/../b", "from the root"),
            ("./a", "from the root"),
            ("a/**b", "whole components"),
            ("", "name a path"),
            ("a[", "unclosed"),
        ] {
            let error = Glob::new(pattern).unwrap_err();
            assert!(error.contains(remedy), "{pattern}: {error}");
        }
    }
}
