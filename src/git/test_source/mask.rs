//! Source text with comments and the insides of strings blanked out, so that what is there is not
//! taken for code.
//!
//! Every byte keeps its place and every line its number. It is not a lexer: where a language is too
//! rich for a few rules (regular expressions in JavaScript, here-documents), some text may be taken
//! for a string to the end of its line.

/// How comments and strings look in a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoting {
    /// What a comment to the end of the line begins with.
    pub line_comments: &'static [&'static str],
    /// What a comment over several lines begins and ends with.
    pub block_comment: Option<(&'static str, &'static str)>,
    /// The quotes of strings that end on their line.
    pub quotes: &'static [u8],
    /// What begins and ends a string over several lines.
    pub long_quotes: &'static [&'static str],
    /// `'` is the quote of one character, or no quote at all.
    pub characters: bool,
}

/// Blanks out. The quotes themselves stay.
pub fn mask_text(text: &str, quoting: &Quoting) -> String {
    let mut masked = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let (kept, blanked) = token_length(text, rest, first, quoting);
        let (head, tail) = rest.as_bytes().split_at(kept + blanked);
        masked.extend_from_slice(&head[..kept]);
        masked.extend(head[kept..].iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
        rest = std::str::from_utf8(tail).unwrap_or_default();
    }
    String::from_utf8(masked).unwrap_or_default()
}

/// How many bytes from here on are kept, and how many after them are blanked out. Both end between
/// characters.
fn token_length(text: &str, rest: &str, first: u8, quoting: &Quoting) -> (usize, usize) {
    if quoting.line_comments.iter().any(|mark| is_comment(text, rest, mark)) {
        return (0, rest.find('\n').unwrap_or(rest.len()));
    }
    if let Some((_, end)) = quoting.block_comment.filter(|(begin, _)| rest.starts_with(begin)) {
        return (
            0,
            rest.get(2..).and_then(|inner| inner.find(end)).map_or(rest.len(), |at| at + 2 + end.len()),
        );
    }
    if let Some(quote) = quoting.long_quotes.iter().find(|quote| rest.starts_with(**quote)) {
        return (quote.len(), long_string(&rest[quote.len()..], quote));
    }
    if quoting.quotes.contains(&first) {
        return (1, string_length(&rest[1..], first));
    }
    if quoting.characters && first == b'\'' {
        return (1, character_length(&rest[1..]));
    }
    (rest.chars().next().map_or(1, char::len_utf8), 0)
}

/// `#` begins a comment only where a word could begin, and not in `#[` (an attribute of PHP).
fn is_comment(text: &str, rest: &str, mark: &str) -> bool {
    let before = text.as_bytes()[..text.len() - rest.len()].last();
    let starts = before.is_none_or(|byte| byte.is_ascii_whitespace() || b";(){}[],".contains(byte));
    rest.starts_with(mark) && (mark != "#" || (starts && !rest.starts_with("#[")))
}

/// The length of the rest of a string over several lines, with what closes it.
fn long_string(rest: &str, quote: &str) -> usize {
    let mut escaped = false;
    for (index, c) in rest.char_indices() {
        if !escaped && rest[index..].starts_with(quote) {
            return index + quote.len();
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

/// The length of the rest of a string, with its closing quote, at most to the end of the line.
fn string_length(rest: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (index, byte) in rest.bytes().enumerate() {
        match byte {
            b'\n' if !escaped => return index,
            byte if byte == quote && !escaped => return index + 1,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    rest.len()
}

/// `'x'` and `'\n'` are characters; `'a` is a lifetime or a label.
fn character_length(rest: &str) -> usize {
    let mut chars = rest.char_indices();
    let escaped = chars.next().is_some_and(|(_, c)| c == '\\');
    let limit = if escaped { 12 } else { 5 };
    let end = rest.bytes().take(limit).skip(1).position(|byte| byte == b'\'').map(|at| at + 2);
    end.filter(|end| escaped || rest[..*end].chars().count() == 2).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RUST: Quoting = Quoting {
        line_comments: &["//"],
        block_comment: Some(("/*", "*/")),
        quotes: b"\"",
        long_quotes: &[],
        characters: true,
    };
    const PYTHON: Quoting = Quoting {
        line_comments: &["#"],
        block_comment: None,
        quotes: b"\"'",
        long_quotes: &["\"\"\"", "'''"],
        characters: false,
    };

    #[test]
    fn comments_and_strings_are_blanked_out_and_nothing_else() {
        assert_eq!(mask_text("a // b\nc", &RUST), "a     \nc");
        assert_eq!(mask_text("a /* b\n*/ c", &RUST), "a     \n   c");
        assert_eq!(mask_text(r#"f("a\"}", 'x', '{', '\n', 'a)"#, &RUST), r#"f("     , '  , '  , '   , 'a)"#);
        assert_eq!(mask_text("x = 'a#b' # c", &PYTHON), "x = '        ");
        assert_eq!(mask_text("\"\"\"a\n'b'\n\"\"\"\nc", &PYTHON), "\"\"\" \n   \n   \nc");
        assert_eq!(mask_text("'open\nnext", &PYTHON), "'    \nnext");
    }

    proptest! {
        #[test]
        fn every_line_keeps_its_length(text in r#"[a-c"'/*#\\\n é{}]{0,40}"#) {
            for quoting in [RUST, PYTHON] {
                let masked = mask_text(&text, &quoting);
                let lengths = |text: &str| text.split('\n').map(str::len).collect::<Vec<_>>();
                prop_assert_eq!(lengths(&masked), lengths(&text));
            }
        }
    }
}
