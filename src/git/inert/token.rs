//! The tokens of a text in one of the languages that write comments as `//` and `/* */`.

/// A word, a string, or a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InertToken<'t> {
    /// As it is in the text.
    pub text: &'t str,
    /// Does it begin a line?
    pub newline: bool,
}

impl InertToken<'_> {
    /// Is it a name or a keyword?
    pub fn is_word(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphabetic() || "_$".contains(first))
    }

    /// Is it a string?
    pub fn is_string(&self) -> bool {
        self.text.starts_with(['"', '\''])
    }
}

/// Splits a text; `None` where it cannot be told what a reader of the language makes of it. `raw`
/// says whether there are strings between back quotes that hold no code.
pub fn split_tokens(text: &str, raw: bool) -> Option<Vec<InertToken<'_>>> {
    let (mut all, mut newline) = (Vec::new(), true);
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ' ' | '\t' | '\r' => 1,
            '\n' => {
                newline = true;
                1
            }
            '/' => {
                let length = comment_length(rest)?;
                newline |= rest[..length].contains('\n');
                length
            }
            _ => {
                let length = token_length(rest, first, raw)?;
                all.push(InertToken { text: &rest[..length], newline });
                newline = false;
                length
            }
        };
        rest = &rest[length..];
    }
    Some(all)
}

/// A slash that begins no comment divides, or begins a regular expression.
fn comment_length(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        let end = rest.find('\n').unwrap_or(rest.len());
        let is_plain =
            |letter: char| letter == '\t' || letter == '\r' || !(letter.is_control() || is_odd_space(letter));
        return rest[..end].chars().all(is_plain).then_some(end);
    }
    rest.strip_prefix("/*")?.find("*/").map(|end| end + 4)
}

fn token_length(rest: &str, first: char, raw: bool) -> Option<usize> {
    match first {
        '"' | '\'' => string_length(rest, first),
        '`' if raw => rest[1..].find('`').map(|end| end + 2),
        '=' if rest.starts_with("=>") => Some(2),
        _ if first.is_alphanumeric() || "_$".contains(first) => {
            let is_part = |letter: char| letter.is_alphanumeric() || "_$".contains(letter);
            Some(rest.find(|letter| !is_part(letter)).unwrap_or(rest.len()))
        }
        _ => "()[]{}<>|&?:;,.=@*+-~".contains(first).then_some(1),
    }
}

fn string_length(rest: &str, quote: char) -> Option<usize> {
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\n' => return None,
            '\\' if letters.next().is_none_or(|(_, escaped)| escaped == '\n') => return None,
            _ if letter == quote => return Some(at + 1),
            _ if is_odd_space(letter) => return None,
            _ => {}
        }
    }
    None
}

/// Some readers end a line there.
fn is_odd_space(letter: char) -> bool {
    !letter.is_ascii() && (letter.is_whitespace() || letter.is_control())
}
