//! JSON in its canonical form (RFC 8785), as far as credentials need it: numbers are whole. A
//! fraction is refused, and never written in a form that another program would write otherwise.

use super::{BadgeRefusal, unproven};
use serde_json::Value;

/// The largest number that every program reads alike: 2 to the power of 53, less one.
const LARGEST_NUMBER: u64 = (1 << 53) - 1;

/// The canonical text of a value.
pub(super) fn canonical_text(value: &Value) -> Result<String, BadgeRefusal> {
    let mut text = String::new();
    write_value(value, &mut text)?;
    Ok(text)
}

fn write_value(value: &Value, text: &mut String) -> Result<(), BadgeRefusal> {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(is) => text.push_str(if *is { "true" } else { "false" }),
        Value::Number(number) => {
            let whole = number.as_i64().filter(|whole| whole.unsigned_abs() <= LARGEST_NUMBER);
            match whole {
                Some(whole) => text.push_str(&whole.to_string()),
                None => {
                    return unproven(format!(
                        "it holds the number {number}, which has no one canonical form here"
                    ));
                }
            }
        }
        Value::String(string) => write_string(string, text),
        Value::Array(list) => {
            text.push('[');
            for (at, one) in list.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_value(one, text)?;
            }
            text.push(']');
        }
        Value::Object(object) => {
            let mut members: Vec<(&String, &Value)> = object.iter().collect();
            // By UTF-16 code units, which is not the order of characters.
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            text.push('{');
            for (at, (key, member)) in members.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_string(key, text);
                text.push(':');
                write_value(member, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            c if u32::from(c) < 0x20 => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_that_of_the_standard() {
        let value: Value = serde_json::from_str(
            r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7,"s":"\u20ac$\u000f\nA'B\"\\\"/"}"#,
        )
        .unwrap();
        let text = canonical_text(&value).unwrap();
        let order = [2, 4, 6, 7, 1, 5, 3];
        let places: Vec<usize> = order.iter().map(|n| text.find(&format!(":{n}")).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
        assert!(text.contains("\"s\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\"/\""), "{text}");
    }

    #[test]
    fn a_number_that_programs_write_differently_is_refused() {
        for (text, is_fine) in [("0.5", false), ("1e30", false), ("9007199254740993", false), ("-3", true)] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(canonical_text(&value).is_ok(), is_fine, "{text}");
        }
    }
}
