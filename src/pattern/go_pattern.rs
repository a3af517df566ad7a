//! Regular expressions as Go reads them (its package `regexp/syntax`), for whole texts.
//!
//! The library here reads nearly the same language. Where one text means two things it is
//! rewritten: Go's `\d`, `\w`, `\s` and `\b` know ASCII only, and in a class `[`, `&` and `~` are
//! plain characters. What only one of the two can read is refused.

use crate::error::PatternError;
use regex::{Regex, RegexBuilder};

/// The largest machine that a pattern may become, in bytes.
const LIMIT: usize = 1 << 20;

/// The longest pattern, in characters.
const LONGEST: usize = 1000;

/// A pattern that matches whole texts: `^` is put before it and `$` behind it, without brackets
/// around it. So `a|b` means what begins with `a`, or ends with `b`.
#[derive(Clone, Debug)]
pub struct GoPattern {
    machine: Regex,
    is_ascii_only: bool,
}

impl GoPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// It is none, or one that only Go reads.
    pub fn anchored(text: &str) -> Result<GoPattern, PatternError> {
        if text.chars().count() > LONGEST {
            return Err(PatternError::new(format!("it has more than {LONGEST} characters"), ""));
        }
        let mut reader = GoReader { is_ascii_only: false, out: String::from("^") };
        reader.read(text)?;
        reader.out.push('$');
        let machine = RegexBuilder::new(&reader.out).size_limit(LIMIT).build();
        let machine = machine.map_err(|error| PatternError::syntax(&last_line(&error.to_string())))?;
        Ok(GoPattern { machine, is_ascii_only: reader.is_ascii_only })
    }

    /// Does it match this text?
    pub fn matches(&self, text: &str) -> bool {
        self.machine.is_match(text)
    }

    /// Does the pattern use classes that only know ASCII to some readers of this language, so that
    /// they differ on other texts?
    pub fn is_ascii_only(&self) -> bool {
        self.is_ascii_only
    }
}

/// What is wrong, without the drawing that the library puts before it.
fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string()
}

struct GoReader {
    is_ascii_only: bool,
    out: String,
}

type Letters<'t> = std::iter::Peekable<std::str::Chars<'t>>;

impl GoReader {
    fn read(&mut self, text: &str) -> Result<(), PatternError> {
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '*' | '+' | '?' | '}' => {
                    self.out.push(letter);
                    self.after_repetition(&mut letters)?;
                }
                '\\' => self.escape(&mut letters, false)?,
                '[' => self.class(&mut letters)?,
                '(' => self.group(&mut letters)?,
                plain => self.out.push(plain),
            }
        }
        Ok(())
    }

    /// Go repeats no repetition: a `?` makes it lazy, and that is all that may follow.
    fn after_repetition(&mut self, letters: &mut Letters<'_>) -> Result<(), PatternError> {
        self.out.extend(letters.next_if_eq(&'?'));
        match letters.peek() {
            Some('*' | '+' | '?' | '{') => Err(refused("a repetition is repeated")),
            _ => Ok(()),
        }
    }

    fn escape(&mut self, letters: &mut Letters<'_>, in_class: bool) -> Result<(), PatternError> {
        let letter = letters.next().ok_or_else(|| refused("a `\\` at its end escapes nothing"))?;
        let ascii = match (letter, in_class) {
            ('d', false) => "[0-9]",
            ('D', false) => "[^0-9]",
            ('w', false) => "[0-9A-Za-z_]",
            ('W', false) => "[^0-9A-Za-z_]",
            ('s', false) => r"[\t\n\x0C\r ]",
            ('S', false) => r"[^\t\n\x0C\r ]",
            ('b', false) => r"(?-u:\b)",
            ('d', true) => "0-9",
            ('w', true) => "0-9A-Za-z_",
            ('s', true) => r"\t\n\x0C\r ",
            ('A' | 'z', false) | ('a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'p' | 'P', _) => {
                self.out.extend(['\\', letter]);
                return Ok(());
            }
            (plain, _) if plain.is_ascii_punctuation() || plain == ' ' || !plain.is_ascii() => {
                self.out.push_str(&regex::escape(&plain.to_string()));
                return Ok(());
            }
            (other, _) => return Err(refused(format!("`\\{other}` means other things to other readers"))),
        };
        self.is_ascii_only = true;
        self.out.push_str(ascii);
        Ok(())
    }

    fn class(&mut self, letters: &mut Letters<'_>) -> Result<(), PatternError> {
        self.out.push('[');
        if letters.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        // A bracket that comes first is a plain character.
        if letters.next_if_eq(&']').is_some() {
            self.out.push_str(r"\]");
        }
        while let Some(letter) = letters.next() {
            match letter {
                ']' => {
                    self.out.push(']');
                    return Ok(());
                }
                '\\' => self.escape(letters, true)?,
                '[' if letters.peek() == Some(&':') => return Err(refused("`[:` is not read in it")),
                '[' | '&' | '~' => self.out.extend(['\\', letter]),
                '-' if letters.peek() == Some(&'-') => return Err(refused("`--` is not read in it")),
                plain => self.out.push(plain),
            }
        }
        Err(refused("a class does not end"))
    }

    /// What begins with `(?` is a name or flags; readers do not know the same ones.
    fn group(&mut self, letters: &mut Letters<'_>) -> Result<(), PatternError> {
        self.out.push('(');
        if letters.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        self.out.push('?');
        match letters.peek() {
            Some(':' | 'i' | 's') => Ok(()),
            _ => Err(refused("of the groups that begin with `(?`, only `(?:`, `(?i` and `(?s` are read")),
        }
    }
}

fn refused(problem: impl Into<String>) -> PatternError {
    PatternError::new(problem, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        GoPattern::anchored(pattern).unwrap().matches(text)
    }

    #[test]
    fn whole_texts_are_matched_as_go_does() {
        for (pattern, text) in [
            ("src", "src"),
            (r".*\.js", "a/b.js"),
            ("docs/(aws|google)/[^/]*\\.(md|txt)", "docs/aws/x.md"),
            ("a|b", "a/anything"),
            ("a|b", "anything/b"),
            (r"[\w.]+", "load_1.sql"),
            ("[[&~]", "["),
            (r"\d+", "12"),
            ("(?i)readme", "README"),
            ("[]a]", "]"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("src", "src/a.go"),
            ("src", "a/src"),
            (r".*\.js", "ajs"),
            (".", "\n"),
            (r"\d", "٣"),
            (r"\w", "é"),
            ("[[&~]", "x"),
            ("src", "src\n"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(GoPattern::anchored(r"\w+").unwrap().is_ascii_only());
        assert!(!GoPattern::anchored(".*").unwrap().is_ascii_only());
    }

    #[test]
    fn what_only_one_reader_knows_is_refused() {
        for pattern in [
            "(",
            "[",
            "a**",
            r"\",
            r"\Q.\E",
            r"\C",
            r"\1",
            "(?=a)",
            "(?!a)",
            "(?P<n>a)",
            "(?x)a",
            "(?U)a*",
            "[[:alpha:]]",
            "[a--b]",
            r"\B",
            "a{1001}{1001}",
        ] {
            assert!(GoPattern::anchored(pattern).is_err(), "{pattern}");
        }
        assert!(GoPattern::anchored(&"a".repeat(1001)).is_err());
    }
}
