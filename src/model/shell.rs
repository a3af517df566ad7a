//! Text from outside in commands that people copy into a shell.

use std::borrow::Cow;

/// A text in single quotes, in which nothing means anything to a POSIX shell.
#[must_use]
pub fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A text as one word of a POSIX shell: unquoted where nothing in it means anything to a shell,
/// else in single quotes. Names of branches may hold `$()`, backticks and semicolons.
#[must_use]
pub fn quote_word(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/@+:=,".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(quote_text(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_is_quoted() {
        for plain in ["main", "release/1.2", "kim@example.test", "a-b_c", "sha256:ab"] {
            assert_eq!(quote_word(plain), plain);
        }
        for (text, word) in [
            ("", "''"),
            ("unit tests", "'unit tests'"),
            ("release/`id`;$(touch${IFS}x)", "'release/`id`;$(touch${IFS}x)'"),
            ("O'Brien", r"'O'\''Brien'"),
            ("a\nb", "'a\nb'"),
            ("~kim", "'~kim'"),
        ] {
            assert_eq!(quote_word(text), word);
        }
    }
}
