//! serde's messages in the words of a policy, with "did you mean".

use super::Problem;
use std::ops::Range;
use toml::de::DeValue;

/// The name in serde's "missing field" message.
pub fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

/// Does serde's message say that an empty table is of the wrong type? ("wanted" is said where one
/// of some words is expected.)
pub fn refuses_table(message: &str) -> bool {
    message.starts_with("invalid type: map, ") || message.starts_with("wanted ")
}

/// The problem of a key that has to be written and is not. `span` is the table.
pub fn missing_key(name: &str, span: Range<usize>) -> Problem {
    Problem {
        span,
        message: format!("missing key `{name}`"),
        help: Some(format!("write `{name} = ...` here")),
    }
}

/// The problem behind a message of serde; `node` is the offending value.
pub fn translate(message: &str, span: Range<usize>, node: Option<&DeValue<'_>>) -> Problem {
    let (message, help) = bare_date(node)
        .or_else(|| unknown_name(message, "unknown field `", "unknown key"))
        .or_else(|| unknown_name(message, "unknown variant `", "unknown value"))
        .or_else(|| wrong_type(message, node))
        .or_else(|| wrong_value(message))
        .or_else(|| wrong_choice(message, node))
        .unwrap_or_else(|| (message.to_string(), None));
    Problem { span, message, help }
}

/// No setting is a TOML date, and serde describes one in words that no one wrote.
fn bare_date(node: Option<&DeValue<'_>>) -> Option<(String, Option<String>)> {
    let is_date = matches!(node, Some(DeValue::Datetime(_)));
    is_date.then(|| ("a policy has no bare dates".to_string(), Some("put dates in quotes".to_string())))
}

fn unknown_name(message: &str, prefix: &str, what: &str) -> Option<(String, Option<String>)> {
    let rest = message.strip_prefix(prefix)?;
    let (name, known) = match rest.rsplit_once("`, expected ") {
        Some((name, known)) => (name, quoted_names(known)),
        None => (rest.rsplit_once("`, there are no ")?.0, Vec::new()),
    };
    Some((format!("{what} `{name}`"), Some(suggest_name(name, &known))))
}

/// The names between backticks.
fn quoted_names(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The key that was probably meant by the unknown one of a problem.
pub fn meant_key(problem: &Problem) -> Option<&str> {
    let help = problem.help.as_ref().filter(|_| problem.message.starts_with("unknown key "))?;
    help.strip_prefix("did you mean `")?.strip_suffix("`?")
}

/// What to write instead of `name`: the nearest known name, or all of them.
pub fn suggest_name(name: &str, known: &[&str]) -> String {
    match nearest_name(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "nothing can be written here".to_string(),
        None => format!("known here: {}", list_names(known)),
    }
}

/// The known name that a third of the letters at most keeps from `name`.
pub fn nearest_name<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let distance = |candidate: &&str| strsim::damerau_levenshtein(&plain(name), &plain(candidate));
    known
        .iter()
        .copied()
        .map(|candidate| (distance(&candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

fn list_names(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn wrong_type(message: &str, node: Option<&DeValue<'_>>) -> Option<(String, Option<String>)> {
    let expected = message.strip_prefix("invalid type: ")?.rsplit_once(", expected ")?.1;
    let found = node.map_or("something else", type_name);
    let expected = expected_type(expected);
    let help = match node {
        Some(DeValue::String(text)) if is_bare(expected, text) => {
            Some(format!("write {text} without quotes"))
        }
        Some(DeValue::String(text)) if expected == "a list" => Some(format!("write [\"{text}\"]")),
        _ => None,
    };
    Some((format!("expected {expected}, found {found}"), help))
}

fn is_bare(expected: &str, text: &str) -> bool {
    match expected {
        "`true` or `false`" => matches!(text, "true" | "false"),
        "a whole number" | "a whole number above zero" => text.parse::<u64>().is_ok(),
        _ => false,
    }
}

/// serde's name of an expected type for people who do not write Rust.
fn expected_type(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "a boolean" => "`true` or `false`",
        "a sequence" => "a list",
        "a map" => "a table",
        nonzero if nonzero.starts_with("a nonzero ") => "a whole number above zero",
        table if table.starts_with("struct ") => "a table",
        other => other,
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(true) => "`true`",
        DeValue::Boolean(false) => "`false`",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn wrong_value(message: &str) -> Option<(String, Option<String>)> {
    let (found, expected) = message.strip_prefix("invalid value: ")?.rsplit_once(", expected ")?;
    let found = found.strip_prefix("integer ").unwrap_or(found);
    Some((format!("expected {}, found {found}", expected_type(expected)), None))
}

/// The messages about a choice between words, or between tables with one key.
fn wrong_choice(message: &str, node: Option<&DeValue<'_>>) -> Option<(String, Option<String>)> {
    let found = match message.strip_prefix("wanted ")? {
        "exactly 1 element, found 0 elements" => "an empty table",
        "exactly 1 element, more than 1 element" => "a table with several keys",
        _ => node.map_or("something else", type_name),
    };
    Some((format!("expected one of a few words, found {found}"), None))
}

#[cfg(test)]
mod tests {
    //! Each message of serde and toml that this file recognises, as the libraries write it: a
    //! release that rewords one fails here.

    use serde::Deserialize;
    use toml::de::ValueDeserializer;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        #[serde(rename = "count")]
        _count: u8,
        #[serde(rename = "word")]
        _word: Option<Word>,
        #[serde(rename = "least")]
        _least: Option<std::num::NonZeroU64>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Word {
        One,
        Two,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    fn message<T: serde::de::DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        T::deserialize(ValueDeserializer::parse(text).unwrap()).unwrap_err().message().to_string()
    }

    #[test]
    fn the_message_of_a_missing_field() {
        assert_eq!(message::<Settings>("{}"), "missing field `count`");
        assert_eq!(super::missing_field("missing field `count`"), Some("count"));
    }

    #[test]
    fn the_messages_of_unknown_names() {
        let unknown = "unknown field `cuont`, expected one of `count`, `word`, `least`";
        assert_eq!(message::<Settings>("{ cuont = 1 }"), unknown);
        assert_eq!(message::<Nothing>("{ a = 1 }"), "unknown field `a`, there are no fields");
        let variant = "unknown variant `three`, expected `one` or `two`";
        assert_eq!(message::<Settings>("{ count = 1, word = 'three' }"), variant);
        assert!(matches!((Word::One, Word::Two), (Word::One, Word::Two)));
    }

    #[test]
    fn the_message_of_a_wrong_type() {
        assert_eq!(message::<Settings>("{ count = 'x' }"), "invalid type: string \"x\", expected u8");
        assert!(message::<Settings>("1").starts_with("invalid type: integer `1`, expected struct "));
        assert_eq!(message::<bool>("1"), "invalid type: integer `1`, expected a boolean");
        assert_eq!(message::<Vec<u8>>("1"), "invalid type: integer `1`, expected a sequence");
        assert_eq!(message::<u8>("{}"), "invalid type: map, expected u8");
        let table = message::<std::collections::BTreeMap<String, u8>>("1");
        assert_eq!(table, "invalid type: integer `1`, expected a map");
    }

    #[test]
    fn the_message_of_a_wrong_value() {
        let zero = "invalid value: integer `0`, expected a nonzero u64";
        assert_eq!(message::<Settings>("{ count = 1, least = 0 }"), zero);
    }

    #[test]
    fn the_messages_of_a_wrong_choice() {
        assert_eq!(message::<Word>("{}"), "wanted exactly 1 element, found 0 elements");
        let several = "wanted exactly 1 element, more than 1 element";
        assert_eq!(message::<Word>("{ a = 1, b = 2 }"), several);
        assert!(message::<Word>("1").starts_with("wanted "));
    }

    #[test]
    fn the_message_of_a_duplicate_key() {
        let (_, errors) = toml::de::DeTable::parse_recoverable("a = 1\na = 2\n");
        assert_eq!(errors.first().map(toml::de::Error::message), Some("duplicate key"));
    }
}
