//! TOML text to a tree.

use super::Problem;
use super::recover::MOST;
use super::tree::TomlValue;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// One broken line breaks others: what comes after so many syntax errors is mostly their echo.
const SYNTAX_ERRORS: usize = 2;

/// The tree of `text`; `None` when it is not TOML. A key or a table that is written twice is a
/// mistake that leaves the rest readable, so all of those are reported and reading goes on.
pub fn parse<'i>(text: &'i str, problems: &mut Vec<Problem>) -> Option<TomlValue<'i>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let (twice, broken): (Vec<_>, Vec<_>) = errors.into_iter().partition(|e| e.message() == "duplicate key");
    if broken.is_empty() {
        problems.extend(twice.iter().take(MOST).map(|error| written_twice(text, place_of(error))));
        return Some(Spanned::new(root.span(), DeValue::Table(root.into_inner())));
    }
    problems.extend(broken.iter().take(SYNTAX_ERRORS).map(not_toml));
    None
}

fn place_of(error: &Error) -> Range<usize> {
    error.span().unwrap_or(0..0)
}

fn not_toml(error: &Error) -> Problem {
    Problem::new(place_of(error), format!("not TOML: {}", error.message()))
}

fn written_twice(text: &str, span: Range<usize>) -> Problem {
    let key = text.get(span.clone()).unwrap_or_default();
    Problem::new(span, format!("`{key}` is written twice"))
        .help("keep one of the two; each may say something else")
}
