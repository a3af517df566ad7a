//! Is a text of the policy one expression of Transact-SQL, within the parentheses into which it is
//! put?
//!
//! A batch may hold several statements, and nothing has to separate them. Within parentheses after
//! FROM or WHERE the server accepts a query or a condition alone, so that a text that never closes
//! them can be nothing else.

use crate::failure::fail;
use portcullis_reconcile::source::SourceError;
use std::iter::Peekable;
use std::str::CharIndices;

/// Words that make rows come from elsewhere, or that read past the snapshot or lock.
const REFUSED: [&str; 16] = [
    "HOLDLOCK",
    "NOLOCK",
    "OPENDATASOURCE",
    "OPENQUERY",
    "OPENROWSET",
    "PAGLOCK",
    "READCOMMITTED",
    "READCOMMITTEDLOCK",
    "READPAST",
    "READUNCOMMITTED",
    "REPEATABLEREAD",
    "SERIALIZABLE",
    "TABLOCK",
    "TABLOCKX",
    "UPDLOCK",
    "XLOCK",
];

/// What is wrong with a text.
#[derive(Debug, PartialEq, Eq)]
enum Flaw {
    /// It leaves its parentheses, or does not close its own.
    Parentheses,
    /// A text, name or comment without an end.
    Unended,
    Semicolon,
    /// A character that the server could take for the end of a line, or for none.
    Character(char),
    /// A word of [`REFUSED`].
    Word(&'static str),
}

/// Refuses a query or a condition that could be anything else.
pub(super) fn check_text(place: &str, text: &str) -> Result<(), SourceError> {
    let Err(flaw) = find_flaw(text) else { return Ok(()) };
    let (problem, remedy) = match flaw {
        Flaw::Parentheses => (
            "The parentheses of the query do not match.".to_string(),
            "Write one SELECT, or one condition, that closes what it opens and nothing else.".to_string(),
        ),
        Flaw::Unended => (
            "A text, a name in brackets or a comment of the query has no end.".to_string(),
            "Close it.".to_string(),
        ),
        Flaw::Semicolon => (
            "A semicolon is within the query, and what follows it would be another statement.".to_string(),
            "Write one SELECT without it.".to_string(),
        ),
        Flaw::Character(letter) => (
            format!("The query holds the character `{}`.", letter.escape_unicode()),
            "Take it out. Lines end with LF, or with CR and LF.".to_string(),
        ),
        Flaw::Word(word) => (
            format!("The query holds `{word}`: it would read past the snapshot, lock, or read elsewhere."),
            format!("Take it out. A column of that name is written [{word}]."),
        ),
    };
    Err(fail(place, problem, remedy))
}

fn find_flaw(text: &str) -> Result<(), Flaw> {
    check_characters(text)?;
    let mut letters = text.char_indices().peekable();
    let mut depth = 0_u32;
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\'' | '"' => skip_quoted(&mut letters, letter)?,
            '[' => skip_quoted(&mut letters, ']')?,
            '-' if follows(&letters, '-') => skip_line(&mut letters),
            '/' if follows(&letters, '*') => skip_comment(&mut letters)?,
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1).ok_or(Flaw::Parentheses)?,
            ';' => return Err(Flaw::Semicolon),
            _ if is_of_word(letter) => check_word(take_word(&mut letters, text, at))?,
            _ => {}
        }
    }
    if depth == 0 { Ok(()) } else { Err(Flaw::Parentheses) }
}

type Letters<'t> = Peekable<CharIndices<'t>>;

fn follows(letters: &Letters<'_>, expected: char) -> bool {
    letters.clone().peek().is_some_and(|(_, letter)| *letter == expected)
}

/// Control characters, and what Unicode calls the end of a line: readers disagree on whether such
/// a character ends a comment.
fn check_characters(text: &str) -> Result<(), Flaw> {
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_plain = match letter {
            '\n' | '\t' => true,
            '\r' => letters.peek() == Some(&'\n'),
            '\u{2028}' | '\u{2029}' => false,
            _ => !letter.is_control(),
        };
        if !is_plain {
            return Err(Flaw::Character(letter));
        }
    }
    Ok(())
}

/// Skips to the mark that closes a text or a name. Doubled, it is a part of it.
fn skip_quoted(letters: &mut Letters<'_>, close: char) -> Result<(), Flaw> {
    while let Some((_, letter)) = letters.next() {
        if letter == close && letters.next_if(|(_, next)| *next == close).is_none() {
            return Ok(());
        }
    }
    Err(Flaw::Unended)
}

fn skip_line(letters: &mut Letters<'_>) {
    while letters.next_if(|(_, letter)| *letter != '\n').is_some() {}
}

/// Comments hold comments.
fn skip_comment(letters: &mut Letters<'_>) -> Result<(), Flaw> {
    letters.next();
    let mut depth = 1_u32;
    while let Some((_, letter)) = letters.next() {
        if letter == '*' && letters.next_if(|(_, next)| *next == '/').is_some() {
            depth -= 1;
        } else if letter == '/' && letters.next_if(|(_, next)| *next == '*').is_some() {
            depth += 1;
        }
        if depth == 0 {
            return Ok(());
        }
    }
    Err(Flaw::Unended)
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || "_@#$".contains(letter)
}

/// The word that begins at this byte.
fn take_word<'t>(letters: &mut Letters<'t>, text: &'t str, start: usize) -> &'t str {
    while letters.next_if(|(_, letter)| is_of_word(*letter)).is_some() {}
    let end = letters.peek().map_or(text.len(), |(at, _)| *at);
    &text[start..end]
}

fn check_word(word: &str) -> Result<(), Flaw> {
    let refused = REFUSED.into_iter().find(|refused| word.eq_ignore_ascii_case(refused));
    refused.map_or(Ok(()), |refused| Err(Flaw::Word(refused)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_parentheses() {
        for text in [
            "SELECT 1 AS id) AS a DELETE FROM kept SELECT id FROM (SELECT 1 AS id",
            "1 = 1) DELETE FROM kept --",
            "SELECT ')' AS id)",
            "SELECT (1 AS id",
            "SELECT 1 /* ( */ AS id)",
            "SELECT [a]](] AS id)",
        ] {
            assert_eq!(find_flaw(text), Err(Flaw::Parentheses), "{text}");
        }
    }

    #[test]
    fn what_has_no_end_would_swallow_the_parenthesis_after_it() {
        for text in [
            "SELECT 'a",
            "SELECT [a",
            "SELECT [a]])",
            "SELECT \"a",
            "SELECT 1 /* a",
            "SELECT 1 /* /* */",
            "SELECT 'a''",
        ] {
            assert_eq!(find_flaw(text), Err(Flaw::Unended), "{text}");
        }
    }

    #[test]
    fn nothing_ends_a_comment_that_the_server_may_not_take_for_an_end() {
        for letter in ['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}', '\0'] {
            let text = format!("SELECT 1 AS id -- a{letter}) DELETE FROM kept --");
            assert_eq!(find_flaw(&text), Err(Flaw::Character(letter)));
        }
        assert_eq!(find_flaw("SELECT 1 AS id; DELETE FROM kept"), Err(Flaw::Semicolon));
    }

    #[test]
    fn a_query_reads_the_snapshot_and_locks_nothing() {
        assert_eq!(find_flaw("SELECT id FROM kept WITH (nolock)"), Err(Flaw::Word("NOLOCK")));
        assert_eq!(find_flaw("SELECT id FROM kept(TABLOCKX)"), Err(Flaw::Word("TABLOCKX")));
        assert_eq!(
            find_flaw("SELECT * FROM OpenQuery(far, 'DELETE FROM kept')"),
            Err(Flaw::Word("OPENQUERY"))
        );
    }

    #[test]
    fn what_people_write_is_read() {
        for text in [
            "SELECT id, (a + b) AS c FROM kept WHERE name = 'it''s ;)' -- all (of them\r\n",
            "SELECT [no]]lock], \"a)\", [NOLOCK] FROM kept /* ( /* ; */ */ WHERE x IN (1, 2)",
            "loaded_by = N'outbox' AND nolocks = 1",
            "a - -1 / 2 > 0",
        ] {
            assert_eq!(find_flaw(text), Ok(()), "{text}");
        }
        assert!(check_text("t", "1 = 1").is_ok());
        let error = check_text("t", "SELECT id FROM kept WITH (NOLOCK)").unwrap_err();
        assert!(error.remedy.contains("[NOLOCK]"), "{error}");
    }
}
