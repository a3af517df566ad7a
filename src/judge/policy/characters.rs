//! Characters that no name and no pattern of a policy can mean: control characters, and those that
//! no one sees.
//!
//! TOML reads `"\bid\b"` as a backspace, `id` and a backspace, which is a regular expression and
//! is in no source file. What is well formed and never applies is worse than a mistake, because
//! it looks like a rule.

use super::Problem;
use super::recover::MOST;
use super::tree::TomlValue;
use portcullis_pattern::fold::is_invisible;
use std::ops::Range;
use toml::de::DeValue;

/// Keys whose values are sentences for people: lines may end in them, and scripts may need joiners.
const SENTENCES: [&str; 4] = ["accountable", "purpose", "reason", "waived"];

/// The key of regular expressions: in the mode `(?x)` they are laid out over lines.
const PATTERNS: &str = "content";

/// Adds a problem for each key and each text that holds a character which it cannot mean.
pub fn check(root: &TomlValue<'_>, problems: &mut Vec<Problem>) {
    let mut found = Vec::new();
    visit_value("", root, &mut found);
    problems.extend(found.into_iter().take(MOST));
}

fn visit_value(key: &str, value: &TomlValue<'_>, found: &mut Vec<Problem>) {
    match value.get_ref() {
        DeValue::String(text) => found.extend(problem_with(key, text, value.span())),
        DeValue::Array(list) => list.iter().for_each(|element| visit_value(key, element, found)),
        DeValue::Table(table) => table.iter().for_each(|(key, value)| {
            found.extend(problem_with("", key.get_ref(), key.span()));
            visit_value(key.get_ref(), value, found);
        }),
        _ => {}
    }
}

fn problem_with(key: &str, text: &str, span: Range<usize>) -> Option<Problem> {
    let odd = text.chars().find(|c| !is_meant(key, *c))?;
    let message = format!("this text contains the character U+{:04X} ({})", u32::from(odd), name_of(odd));
    Some(Problem::new(span, message).help(help_for(key, odd)))
}

fn is_meant(key: &str, c: char) -> bool {
    let layout = matches!(c, '\n' | '\t' | '\r') && (key == PATTERNS || SENTENCES.contains(&key));
    let joined = SENTENCES.contains(&key) && matches!(c, '\u{200c}' | '\u{200d}' | '\u{a0}');
    layout || joined || !(c.is_control() || is_invisible(c) || is_odd_space(c))
}

/// Every white space but the ordinary one: it looks like that, and is another character.
fn is_odd_space(c: char) -> bool {
    c.is_whitespace() && c != ' '
}

fn name_of(c: char) -> &'static str {
    match c {
        '\u{8}' => "backspace",
        '\t' => "tab",
        '\n' => "line feed",
        '\u{c}' => "form feed",
        '\r' => "carriage return",
        '\u{1b}' => "escape",
        c if c.is_control() => "a control character",
        c if is_odd_space(c) => "a space other than U+0020",
        _ => "an invisible character",
    }
}

fn help_for(key: &str, c: char) -> String {
    let code = format!(r"\u{{{:x}}}", u32::from(c));
    match (key == PATTERNS, c.is_ascii_control()) {
        (true, true) => format!(
            "between double quotes TOML reads a backslash before the pattern does; put the pattern between single quotes, \
             or write `{code}` there if the character is meant"
        ),
        (true, false) => {
            format!("delete it; if it is meant, write `{code}` in a pattern between single quotes")
        }
        (false, _) => {
            "delete it, or write the text between single quotes, where a backslash is only a backslash".into()
        }
    }
}
