//! The identity of a test from its parts.

use super::encoding::is_allowed;
use portcullis_testrun::test_run::SEPARATOR;

/// The groups that a test belongs to, from the outermost, and its name. Groups without a name are
/// left out.
pub fn join_identity<'p>(groups: impl IntoIterator<Item = &'p str>, name: &'p str) -> String {
    let name = if name.is_empty() { "(unnamed)" } else { name };
    let parts = groups.into_iter().filter(|part| !part.is_empty()).chain([name]);
    parts.collect::<Vec<_>>().join(SEPARATOR)
}

/// A part of a name that a report has as a text: on one line, and every character of it is seen.
pub fn make_visible(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' => c.escape_default().to_string(),
        c if !is_allowed(c) => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.trim().chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::{join_identity, make_visible};

    #[test]
    fn a_text_becomes_a_name_that_can_be_seen() {
        assert_eq!(make_visible(" \n a b\té\n\u{1b}[1m\n "), "a b\\té\\n\\u{1b}[1m");
    }

    #[test]
    fn empty_parts_are_left_out_and_a_test_without_a_name_is_seen() {
        assert_eq!(join_identity(["a", "", "b"], "c"), "a > b > c");
        assert_eq!(join_identity([], ""), "(unnamed)");
    }
}
