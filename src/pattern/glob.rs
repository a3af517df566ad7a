//! The one glob dialect of a policy.
//!
//! | written | matches |
//! | --- | --- |
//! | `*` | any run of characters inside one component, also an empty one, also a leading dot |
//! | `?` | one character, not `/`; in an exclusion one byte |
//! | `**` | as a whole component: any number of components, also none |
//! | `dir/**` | everything below `dir`, and `dir` itself where it is not a directory (a link, a submodule) |
//! | `{a,b}` | either |
//! | `[a-z]`, `[!a-z]` | one ASCII character of the class, or not of it |
//! | `\` | takes the meaning from the character that follows |
//!
//! A pattern always starts at the root of the repository and matches a whole path. A leading or
//! trailing `/`, an empty component, `.` and `..`, and `**` glued to other characters are errors,
//! because each of them means different things in different tools.
//!
//! What widens the gate is generous and what narrows it is exact: an inventory path matches without
//! regard to case and Unicode form ([`Glob::matches_folded`]), an exclusion only to the byte
//! ([`Glob::matches`]).

use crate::error::PatternError;
use crate::fold::{fold_path, fold_text};
use crate::folded_path::FoldedPath;
use globset::{Candidate, GlobBuilder, GlobMatcher};
use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::OnceLock;

/// The longest pattern, in bytes. No path that a system opens is longer (`PATH_MAX` of Linux).
const LONGEST: usize = 4096;

/// How deep alternatives may nest.
const DEEPEST: usize = 16;

/// A pattern of the dialect above. What matches is built when it is first asked: a policy holds
/// many, and most are put to few paths or none.
#[derive(Clone, Debug)]
pub struct Glob {
    text: String,
    exact: OnceLock<Option<GlobMatcher>>,
    folded: OnceLock<Option<FoldedMatcher>>,
    components: OnceLock<Components>,
}

/// What a folded path has to be to match.
#[derive(Clone, Debug)]
struct FoldedMatcher {
    /// What it begins with, whatever else: most paths are told apart by that.
    beginning: String,
    regex: Regex,
}

/// A pattern, cut where a path is.
#[derive(Clone, Debug)]
struct Components {
    /// Its leading components that each stand for one name, folded.
    leading: Vec<Regex>,
    /// What comes after them.
    rest: Rest,
}

/// What comes after the leading components of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Nothing,
    /// `**`, and whatever follows it.
    AnyDepth,
    /// A component that cannot be read by itself, as in `{a/b,c}`.
    Uncut,
}

/// What a pattern may match below a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// Nothing.
    Nothing,
    /// Something whose path the pattern spells out, so that it names this directory too.
    Named,
    /// Something at any depth, as everywhere else behind its `**`.
    Anywhere,
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        check_dialect(text)?;
        check_syntax(build_glob(text)?.regex())?;
        check_syntax(&folded_syntax(text)?)?;
        let text = text.to_string();
        Ok(Glob { text, exact: OnceLock::new(), folded: OnceLock::new(), components: OnceLock::new() })
    }

    /// The pattern that means one path; `None` where the dialect has none (a path that is no UTF-8,
    /// or is too long).
    pub fn of_path(path: &[u8]) -> Option<Self> {
        Glob::new(&escape_text(std::str::from_utf8(path).ok()?)).ok()
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Matches to the byte.
    pub fn matches(&self, path: &[u8]) -> bool {
        matches_with_directory(|path| self.is_exact(path), path, self.text.ends_with("/**"))
    }

    /// Matches without regard to case, Unicode form, and characters that cannot be seen: the paths
    /// that a case-insensitive or normalising file system would take for the same file.
    pub fn matches_folded(&self, path: &[u8]) -> bool {
        self.matches_path(&FoldedPath::of(path))
    }

    /// The same of a path that is put to more patterns.
    pub fn matches_path(&self, path: &FoldedPath<'_>) -> bool {
        let below = self.text.ends_with("/**");
        let given = path.as_given();
        self.is_folded(path.folded())
            || below && self.is_folded(path.child())
            || !self.is_wider_folded(given)
                && matches_with_directory(|path| self.is_exact(path), given, below)
    }

    /// Does the path match folded whenever it matches exactly? Sets of characters may lose some
    /// when they are folded.
    fn is_wider_folded(&self, path: &[u8]) -> bool {
        path.is_ascii() && self.text.is_ascii() && !self.text.contains('[')
    }

    fn is_exact(&self, path: &[u8]) -> bool {
        let matcher =
            self.exact.get_or_init(|| build_glob(&self.text).ok().map(|glob| glob.compile_matcher()));
        matcher.as_ref().is_some_and(|matcher| matcher.is_match_candidate(&Candidate::from_bytes(path)))
    }

    /// What has the right syntax and no more than [`LONGEST`] bytes can be built. If it could not,
    /// it would widen.
    fn is_folded(&self, path: &str) -> bool {
        let matcher = self.folded.get_or_init(|| FoldedMatcher::of(&self.text).ok());
        matcher.as_ref().is_none_or(|matcher| matcher.is_match(path))
    }
}

impl FoldedMatcher {
    fn of(text: &str) -> Result<Self, PatternError> {
        let mut beginning = fold_text(text);
        beginning.truncate(beginning.find(['*', '?', '[', '{', '\\']).unwrap_or(beginning.len()));
        Ok(FoldedMatcher { beginning, regex: compile_folded(text)? })
    }

    fn is_match(&self, path: &str) -> bool {
        path.starts_with(&self.beginning) && self.regex.is_match(path.as_bytes())
    }
}

impl Glob {
    /// What it may match below a directory, without regard to case and Unicode form; the empty path
    /// is the root. For a link or a submodule in a directory's place: nothing else stands for files
    /// that have no entries of their own.
    pub fn below(&self, directory: &[u8]) -> Below {
        let folded = fold_path(directory);
        let names: Vec<&str> = folded.split('/').filter(|name| !name.is_empty()).collect();
        let Components { leading, rest } = self.components.get_or_init(|| split_components(&self.text));
        if !leading.iter().zip(&names).all(|(regex, name)| regex.is_match(name.as_bytes())) {
            return Below::Nothing;
        }
        let (named, deep) = (names.len() < leading.len(), names.len() > leading.len());
        match rest {
            _ if named => Below::Named,
            Rest::Nothing => Below::Nothing,
            Rest::AnyDepth if deep || leading.is_empty() => Below::Anywhere,
            Rest::AnyDepth | Rest::Uncut => Below::Named,
        }
    }
}

/// Text without meaning in a pattern.
pub fn escape_text(text: &str) -> String {
    let letter = |c: char| if "*?[]{}\\!".contains(c) { vec!['\\', c] } else { vec![c] };
    text.chars().flat_map(letter).collect()
}

/// The components that can be matched one by one, and what comes after them.
fn split_components(text: &str) -> Components {
    let mut leading = Vec::new();
    for component in text.split('/') {
        match compile_folded(component) {
            _ if component == "**" => return Components { leading, rest: Rest::AnyDepth },
            Ok(regex) => leading.push(regex),
            Err(_) => return Components { leading, rest: Rest::Uncut },
        }
    }
    Components { leading, rest: Rest::Nothing }
}

/// `dir/**` also matches `dir`: what changes there is a link, a submodule or a file in the
/// directory's place.
fn matches_with_directory(is_match: impl Fn(&[u8]) -> bool, path: &[u8], below: bool) -> bool {
    is_match(path) || (below && is_match(&[path, b"/x"].concat()))
}

fn build_glob(text: &str) -> Result<globset::Glob, PatternError> {
    GlobBuilder::new(text)
        .literal_separator(true)
        .backslash_escape(true)
        .empty_alternates(true)
        .build()
        .map_err(|error| PatternError::syntax(error.kind()))
}

fn compile_folded(text: &str) -> Result<Regex, PatternError> {
    let regex = RegexBuilder::new(&folded_syntax(text)?).dot_matches_new_line(true).build();
    regex.map_err(|error| PatternError::syntax(&error))
}

/// globset lets `?` match one byte. A folded path is UTF-8, so there it can match one character.
fn folded_syntax(text: &str) -> Result<String, PatternError> {
    let bytes = build_glob(&fold_text(text))?.regex().replace("[^/]*", ANY);
    Ok(bytes.replace("[^/]", r"(?:[^/\x80-\xff]|[\xc0-\xff][\x80-\xbf]+)").replace(ANY, "[^/]*"))
}

/// A pattern is refused when it is read, and not when it is asked.
fn check_syntax(regex: &str) -> Result<(), PatternError> {
    let parsed = regex_syntax::ParserBuilder::new().utf8(false).build().parse(regex);
    parsed.map(drop).map_err(|error| PatternError::syntax(&error))
}

/// Stands for `[^/]*` while `[^/]` is replaced; a regular expression of globset holds no NUL.
const ANY: &str = "\0";

fn check_dialect(text: &str) -> Result<(), PatternError> {
    if text.is_empty() {
        return Err(PatternError::new("an empty pattern matches nothing", "name a path"));
    }
    if text.starts_with('/') {
        return Err(PatternError::new(
            "patterns always start at the root of the repository",
            "leave out the leading `/`",
        ));
    }
    if text.ends_with('/') {
        return Err(PatternError::new("", format!("write `{text}**` for everything below the directory")));
    }
    check_size(text)?;
    check_classes(text)?;
    text.split('/').try_for_each(check_component)
}

/// A pattern is read recursively, and a change can bring a policy of any size.
fn check_size(text: &str) -> Result<(), PatternError> {
    if text.len() > LONGEST {
        return Err(PatternError::new(
            format!("a pattern has no more than {LONGEST} bytes"),
            "write several",
        ));
    }
    let deeper = |(depth, deepest): (usize, usize), byte| match byte {
        b'{' => (depth + 1, deepest.max(depth + 1)),
        b'}' => (depth.saturating_sub(1), deepest),
        _ => (depth, deepest),
    };
    let (_, deepest) = text.bytes().fold((0, 0), deeper);
    if deepest > DEEPEST {
        return Err(PatternError::new(
            format!("`{{` may be nested at most {DEEPEST} deep"),
            "write several patterns",
        ));
    }
    Ok(())
}

/// A class would compare single bytes of any other character.
fn check_classes(text: &str) -> Result<(), PatternError> {
    let classes = text.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
    match classes.map(|(class, _)| class).find(|class| !class.is_ascii()) {
        Some(class) => {
            let problem = format!("`[{class}]` may hold only ASCII characters");
            Err(PatternError::new(problem, "write the others as `{a,b}`"))
        }
        None => Ok(()),
    }
}

fn check_component(component: &str) -> Result<(), PatternError> {
    match component {
        "" => Err(PatternError::new("`//` is an empty component", "write one `/`")),
        "." | ".." => Err(PatternError::new(
            "`.` and `..` are no components of a stored path",
            "name the path from the root",
        )),
        "**" => Ok(()),
        other if other.contains("**") => Err(PatternError::new(
            "`**` matches whole components only",
            "write `*` inside one, or `**/` before it",
        )),
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
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn in_ascii_and_without_classes_what_matches_exactly_matches_folded(
            pattern in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 1..6).prop_map(|pieces| pieces.concat()),
            paths in prop::collection::vec("[aAbB.\\\\\n]{0,3}(/[aAbB. ]{1,3}){0,2}", 40),
        ) {
            let Ok(glob) = Glob::new(&pattern) else { return Ok(()) };
            for path in paths.iter().map(String::as_bytes).filter(|path| glob.matches(path)) {
                prop_assert!(glob.is_wider_folded(path) && glob.matches_folded(path), "{pattern} {path:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_beginning_of_a_pattern_rules_out_only_what_does_not_match(
            pattern in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 1..6).prop_map(|pieces| pieces.concat()),
            paths in prop::collection::vec("[aAbB.e\u{301}\u{e9}\u{200b}]{0,3}(/[aAbBx. ]{1,3}){0,2}", 40),
        ) {
            let Ok(matcher) = FoldedMatcher::of(&pattern) else { return Ok(()) };
            for path in paths.iter().map(|path| fold_text(path)).filter(|path| matcher.regex.is_match(path.as_bytes())) {
                prop_assert!(matcher.is_match(&path), "{pattern} {path:?} {}", matcher.beginning);
            }
        }
    }

    #[test]
    fn the_beginning_of_a_pattern_ends_before_its_first_special_character() {
        for (pattern, beginning) in [
            ("DB/Migrations/**", "db/migrations/"),
            ("db/a.sql", "db/a.sql"),
            ("db/a?", "db/a"),
            ("db/[ab]", "db/"),
            ("db/{a,b}", "db/"),
            (r"db/\{a", "db/"),
            ("**/*.sql", ""),
        ] {
            assert_eq!(FoldedMatcher::of(pattern).unwrap().beginning, beginning, "{pattern}");
        }
    }

    const PIECES: [&str; 14] =
        ["a", "A", "b", "B.", "*", "?", "{A,b*}", "{a,B,}", "\\A", "/", "/**", "**/", "/**/", "."];

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
        assert!(Glob::new(&nested(DEEPEST + 1)).unwrap_err().to_string().contains("deep"));
        assert!(Glob::new(&"{".repeat(1_000_000)).unwrap_err().to_string().contains("bytes"));
        assert!(Glob::new("{a}/".repeat(DEEPEST * 2).trim_end_matches('/')).is_ok());
    }

    #[test]
    fn the_longest_patterns_can_be_built() {
        for part in ["?", "*", "[!a]", "{a,b}", "\\*", "\u{e9}", "/a", "/**/a", "{a,{b,c}}"] {
            let text = format!("a{}", part.repeat((LONGEST - 1) / part.len()));
            if let Ok(glob) = Glob::new(&text) {
                assert!(compile_folded(&glob.text).is_ok(), "{part}");
                assert!(!glob.matches(b"/"), "{part}");
            }
        }
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
            let error = Glob::new(pattern).unwrap_err().to_string();
            assert!(error.contains(remedy), "{pattern}: {error}");
        }
    }

    #[test]
    fn each_remedy_followed_gives_a_pattern_that_matches() {
        let deep = format!("{}a{}", "{".repeat(DEEPEST + 1), "}".repeat(DEEPEST + 1));
        for (wrong, remedy, followed, path) in [
            ("", "name a path", "db/load.sql", "db/load.sql"),
            ("/db/*", "leave out the leading `/`", "db/*", "db/load.sql"),
            ("db/", "write `db/**` for everything below the directory", "db/**", "db/load.sql"),
            ("db//load.sql", "write one `/`", "db/load.sql", "db/load.sql"),
            ("./db/*", "name the path from the root", "db/*", "db/load.sql"),
            ("db**", "write `*` inside one, or `**/` before it", "db*", "dbs"),
            ("**.sql", "write `*` inside one, or `**/` before it", "**/*.sql", "db/load.sql"),
            ("db/[aé]", "write the others as `{a,b}`", "db/{a,é}", "db/é"),
            (&deep, "write several patterns", "a", "a"),
        ] {
            let error = Glob::new(wrong).unwrap_err().to_string();
            assert!(error.ends_with(remedy), "{wrong}: {error}");
            assert!(Glob::new(followed).unwrap().matches(path.as_bytes()), "{followed}");
        }
    }

    #[test]
    fn case_is_folded_as_file_systems_fold_it() {
        let matches = |pattern: &str, path: &str| Glob::new(pattern).unwrap().matches_folded(path.as_bytes());
        assert!(matches("services/**", "\u{17f}ervices/x"));
        assert!(matches("stra\u{df}e/*", "STRASSE/x"));
        assert!(matches("kb/*", "\u{212a}b/x"));
        assert!(matches("\u{39f}\u{394}\u{39f}\u{3a3}*", "\u{3bf}\u{3b4}\u{3bf}\u{3c3}\u{3b1}"));
        assert!(!matches("services/**", "fervices/x"));
    }

    #[test]
    fn a_question_mark_is_one_character_of_any_length() {
        let matches = |pattern: &str, path: &[u8]| Glob::new(pattern).unwrap().matches_folded(path);
        for path in ["db/a", "db/\u{e9}", "db/\u{20ac}", "db/\u{1f600}", "db/e\u{301}"] {
            assert!(matches("db/?", path.as_bytes()), "{path}");
        }
        assert!(!matches("db/??", b"db/a"));
        assert!(!matches("db/?", b"db/ab"));
        assert!(matches("db/?", b"db/\xff"));
        assert!(!matches("a?b", b"a/b"));
        assert!(matches("db/*?x", "db/\u{e9}\u{e9}x".as_bytes()));
        assert!(Glob::new("db/[\u{e9}]").unwrap_err().to_string().contains("ASCII"));
    }

    #[test]
    fn what_may_lie_below_a_directory() {
        for (pattern, directory, below) in [
            ("db/migrations/**", "db", Below::Named),
            ("db/migrations/**", "DB", Below::Named),
            ("db/migrations/**", "", Below::Named),
            ("db/migrations/**", "db/seeds", Below::Nothing),
            ("db/migrations/**", "dbs", Below::Nothing),
            ("db/migrations/**", "db/migrations", Below::Named),
            ("db/migrations/**", "db/migrations/a", Below::Anywhere),
            ("db/load.sql", "db", Below::Named),
            ("db/load.sql", "db/load.sql", Below::Nothing),
            ("db/load.sql", "db/load.sql/x", Below::Nothing),
            ("*/migrations/**", "any", Below::Named),
            ("{db,sql}/m/**", "sql", Below::Named),
            ("{db/a,sql}/**", "db", Below::Named),
            ("**/*.sql", "", Below::Anywhere),
            ("**/*.sql", "vendor/lib", Below::Anywhere),
            ("db/**/x", "vendor", Below::Nothing),
        ] {
            assert_eq!(
                Glob::new(pattern).unwrap().below(directory.as_bytes()),
                below,
                "{pattern} {directory}"
            );
        }
    }
}
