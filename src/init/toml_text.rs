//! Texts of others inside TOML: values and comments that end where they should.

/// A TOML string: between single quotes where that needs no escape, as patterns are easier to read
/// so.
pub(crate) fn quote_value(text: &str) -> String {
    let is_plain = |c: char| !c.is_control() && c != '\'';
    if text.contains(['\\', '"']) && text.chars().all(is_plain) {
        return format!("'{text}'");
    }
    toml_edit::Value::from(text).to_string()
}

/// Text of a comment: one line, whatever it was.
pub(crate) fn plain_comment(text: &str) -> String {
    let plain = |c: char| {
        if c.is_control() || portcullis_pattern::fold::is_invisible(c) || c == '\u{2028}' || c == '\u{2029}' {
            '?'
        } else {
            c
        }
    };
    text.chars().map(plain).collect()
}

/// A list of strings on one line.
pub(crate) fn quote_list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let values: Vec<String> = texts.into_iter().map(quote_value).collect();
    format!("[{}]", values.join(", "))
}

/// `1 file`, `2 files`
pub(crate) fn count_of(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_as_it_was() {
        for text in ["a", "a b", "it's", r"\d+", "\"x\"", "'\"\\", "a\nb", "\u{1}", "é", r"src/\[x\].py"] {
            let table: toml_edit::DocumentMut = format!("a = {}\n", quote_value(text)).parse().unwrap();
            assert_eq!(table["a"].as_str(), Some(text), "{text:?}");
        }
        assert_eq!(quote_value(r"\d"), r"'\d'");
        assert!(!plain_comment("a\r\nb\u{85}\u{202e}").contains(char::is_control));
    }
}
