//! Patterns of test names, as `required` has them.
//!
//! `*` represents any run of characters, also none; everything else for itself. Test names hold
//! brackets, question marks and backslashes, so the glob dialect of paths would be in the way.

use portcullis_model::evidence::names::between_runs;
use portcullis_model::test_run::SEPARATOR;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A pattern of test names: `*` represents any run of characters, everything else for itself.
#[derive(Debug)]
pub struct TestPattern(String);

impl TestPattern {
    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Does it match the identity of a test, or a part of it that begins after a separator? One
    /// that holds a placeholder is compared with the name without what changes from run to run.
    pub fn matches(&self, id: &str) -> bool {
        let placeholder = ["(address)", "(temporary)"].iter().any(|text| self.0.contains(text));
        self.matches_written(id) || (placeholder && self.matches_written(&between_runs(id)))
    }

    fn matches_written(&self, id: &str) -> bool {
        let tails = id.match_indices(SEPARATOR).map(|(at, separator)| &id[at + separator.len()..]);
        std::iter::once(id).chain(tails).any(|text| matches_pattern(&self.0, text))
    }
}

/// Greedy from both ends: the first literal is a prefix, the last a suffix, those between follow
/// each other.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut literals: Vec<&str> = rest.split('*').collect();
    let last = literals.pop().unwrap_or_default();
    for literal in literals {
        match text.find(literal) {
            Some(at) => text = &text[at + literal.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}

impl<'de> Deserialize<'de> for TestPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Err(Error::custom("an empty pattern matches no test; name one, or use `*`"));
        }
        Ok(TestPattern(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> TestPattern {
        TestPattern(text.to_string())
    }

    #[test]
    fn a_star_is_any_run_and_everything_else_is_itself() {
        for (text, yes, no) in [
            ("a", "a", "ab"),
            ("a*", "abc", "ba"),
            ("*a", "a", "ab"),
            ("a*b*c", "axbxc", "axcxb"),
            ("a*a", "aba", "a"),
            ("a*b*b", "abb", "ab"),
            ("t[?]", "t[?]", "t?"),
            ("*", "", "never"),
        ] {
            assert!(matches_pattern(text, yes), "{text} should match {yes}");
            assert!(text == "*" || !matches_pattern(text, no), "{text} should not match {no}");
        }
    }

    #[test]
    fn it_is_held_against_the_whole_name_and_its_tails() {
        let id = "upload > loader::tests > rejects";
        for text in ["upload > *", "loader::*", "rejects", "*", "*load*"] {
            assert!(pattern(text).matches(id), "{text}");
        }
        for text in ["upload", "loader", "eject*", "tests > rejects"] {
            assert!(!pattern(text).matches(id), "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_regular_expression(text in "[ab*]{0,8}", name in "[ab]{0,8}") {
            let expression: Vec<String> = text.split('*').map(regex::escape).collect();
            let oracle = regex::Regex::new(&format!("^{}$", expression.join(".*"))).unwrap();
            prop_assert_eq!(matches_pattern(&text, &name), oracle.is_match(&name));
        }
    }
}
