//! Words of the procedure: numbers, lists, durations, and names that are set apart from prose.

use jiff::SignedDuration;

/// Opens and closes a name, a path or a pattern within a sentence. The policy reader refuses
/// control characters, so no text of a policy holds them; [`code`] takes them out in any case.
const OPEN: char = '\u{2}';
const CLOSE: char = '\u{3}';

/// A piece of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentencePiece<'t> {
    /// Plain text.
    Prose(&'t str),
    /// A name, a path or a pattern.
    Code(&'t str),
}

/// A name, a path or a pattern, set apart from the prose around it.
pub fn code(text: impl AsRef<str>) -> String {
    format!("{OPEN}{}{CLOSE}", one_line(text.as_ref()))
}

/// Text of the policy within prose: on one line, and without what would set it apart.
pub fn one_line(text: &str) -> String {
    let plain = text.replace([OPEN, CLOSE], "");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The pieces of a sentence.
pub fn pieces(text: &str) -> Vec<SentencePiece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((prose, after)) = rest.split_once(OPEN) {
        let (name, after) = after.split_once(CLOSE).unwrap_or((after, ""));
        found.extend([SentencePiece::Prose(prose), SentencePiece::Code(name)]);
        rest = after;
    }
    found.push(SentencePiece::Prose(rest));
    found.retain(|piece| *piece != SentencePiece::Prose(""));
    found
}

/// The sentence in plain characters, names between back quotes: for terminals and findings.
pub fn plain(text: &str) -> String {
    text.replace([OPEN, CLOSE], "`")
}

/// The sentence without any marks: for pictures.
pub fn bare(text: &str) -> String {
    text.replace([OPEN, CLOSE], "")
}

/// Names, each set apart: `a`, `b` and `c`.
pub fn names<T: AsRef<str>>(all: impl IntoIterator<Item = T>) -> String {
    and(all.into_iter().map(code).collect())
}

/// Names of which any one is meant: `a`, `b` or `c`.
pub fn any_of<T: AsRef<str>>(all: impl IntoIterator<Item = T>) -> String {
    join(all.into_iter().map(code).collect(), "or")
}

/// Parts of a sentence: a, b and c.
pub fn and(all: Vec<String>) -> String {
    join(all, "and")
}

fn join(mut all: Vec<String>, word: &str) -> String {
    match all.pop() {
        None => String::new(),
        Some(last) if all.is_empty() => last,
        Some(last) => format!("{} {word} {last}", all.join(", ")),
    }
}

/// "one approval", "two approvals", "12 approvals". `noun` only adds an "s".
pub fn count(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", spell(number), if number == 1 { "" } else { "s" })
}

/// "one" to "ten", and digits beyond.
pub fn spell(number: u64) -> String {
    const WORDS: [&str; 10] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let word = usize::try_from(number).ok().and_then(|number| WORDS.get(number.checked_sub(1)?));
    word.map_or_else(|| number.to_string(), ToString::to_string)
}

/// The first letter in upper case, also where it is the first of a name that is set apart.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// "30 minutes", "24 hours", "7 days": the largest unit that it is a multiple of, but a single day
/// in hours.
pub fn duration(time: SignedDuration) -> String {
    let minutes = time.as_mins().unsigned_abs();
    let (number, unit) = match minutes {
        _ if minutes.is_multiple_of(24 * 60) && minutes > 24 * 60 => (minutes / (24 * 60), "day"),
        _ if minutes.is_multiple_of(60) && minutes > 0 => (minutes / 60, "hour"),
        _ => (minutes, "minute"),
    };
    count(number, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_read_as_people_write_them() {
        assert_eq!(count(1, "approval"), "one approval");
        assert_eq!(count(12, "approval"), "12 approvals");
        assert_eq!(spell(0), "0");
        assert_eq!(plain(&names(["a", "b", "c"])), "`a`, `b` and `c`");
        assert_eq!(plain(&any_of(["a", "b"])), "`a` or `b`");
        assert_eq!(duration(SignedDuration::from_hours(24)), "24 hours");
        assert_eq!(duration(SignedDuration::from_hours(365 * 24)), "365 days");
        assert_eq!(duration(SignedDuration::from_mins(90)), "90 minutes");
    }

    #[test]
    fn a_name_cannot_end_before_its_end() {
        let text = format!("Ask {} first.", code("a\u{3}b\u{2}\n c"));
        let code = SentencePiece::Code("ab c");
        assert_eq!(pieces(&text), [SentencePiece::Prose("Ask "), code, SentencePiece::Prose(" first.")]);
        assert_eq!(bare(&text), "Ask ab c first.");
    }
}
