//! Lines of which the text alone shows that nothing executes them.
//!
//! A coverage report names no file without anything to execute: one that holds nothing, or types
//! and no more. And where a tool has not seen a file at all, a blank line that was added to it is
//! no line that a test should have executed. Only what is beyond doubt counts here; for the rest a
//! report has to say it.
//!
//! | what | where |
//! | --- | --- |
//! | blank lines | outside of strings, of commands of several lines, and of statements of SQL; not before a first line that is a comment |
//! | lines that are a comment of plain words | in languages whose strings of several lines end with a quotation mark only |
//! | files of declarations that no compiler makes code of | TypeScript, Go, Java ([`declarations`]); stubs of Python |

use crate::lexical;
use portcullis_model::lines::Lines;
use portcullis_model::path::RepoPath;

mod declarations;
mod stub;
mod token;

/// Languages by the end of a file's name, with what begins a comment that goes to the end of its
/// line. Not here: those with strings that end with a mark of the writer's choice (Ruby, Perl,
/// Groovy), and those whose comments the compiler reads (Go, PHP).
const COMMENTS: [(&str, &[&str]); 2] = [
    ("#", &["py", "sh", "bash", "jl", "r", "R"]),
    (
        "//",
        &[
            "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "java", "kt", "scala", "rs", "c", "h",
            "cc", "cpp", "hpp", "cs", "swift", "dart",
        ],
    ),
];

/// An encoding may be declared in the first lines of a file, by a comment.
const FIRST: usize = 2;

/// The lines of a text, counted from 1, that nothing executes.
pub fn lines(path: &RepoPath, text: &[u8]) -> Lines {
    let name = path.to_string();
    let Ok(text) = std::str::from_utf8(text) else { return Lines::default() };
    if (name.ends_with(".pyi") && stub::is_one(text)) || declarations::are_all(&name, text) {
        return Lines::all(u32::MAX);
    }
    let reading = lexical::read(&name, text);
    if !reading.is_sure {
        return Lines::default();
    }
    let marker = marker_of(&name).filter(|_| !holds_tags(&name, text));
    let begins_plainly = text.split('\n').map(str::trim).find(|line| !line.is_empty()).is_none_or(is_code);
    let is_sql = name.ends_with("sql");
    let is_inert = |(number, line): &(usize, &str)| {
        let line = line.trim_matches([' ', '\t', '\r']);
        let is_first = *number < FIRST;
        let at = reading.lines.get(*number).copied().unwrap_or_default();
        let is_part = at.is_text || at.is_continued || (is_sql && at.is_within);
        let is_blank = line.is_empty() && (!is_first || begins_plainly);
        !is_part && (is_blank || (!is_first && marker.is_some_and(|marker| is_plain_comment(line, marker))))
    };
    let numbers = text.split('\n').enumerate().filter(is_inert).map(|(number, _)| number + 1);
    Lines::of(numbers.filter_map(|number| u32::try_from(number).ok()).map(|number| (number, number)))
}

fn marker_of(name: &str) -> Option<&'static str> {
    let ending = name.rsplit_once('.')?.1;
    COMMENTS.iter().find(|(_, endings)| endings.contains(&ending)).map(|(marker, _)| *marker)
}

/// Words that tools look for in comments: those that leave lines out of coverage, and a scheduler
/// that only loads files that speak of it.
const ORDERS: [&str; 14] = [
    "airflow",
    "cov",
    "dag",
    "directive",
    "disable",
    "enable",
    "excl",
    "ignore",
    "istanbul",
    "noqa",
    "pragma",
    "region",
    "skip",
    "start",
];

/// Words and marks that neither end a string or a comment, nor begin code inside of one. A space is
/// before them: what follows the marker at once is documentation or an order (`///`, `#!`,
/// `#SBATCH`), and so is what begins with a word and a colon.
fn is_plain_comment(line: &str, marker: &str) -> bool {
    let plain = |letter: char| letter.is_alphanumeric() || " \t.,:;!?()-_/".contains(letter);
    let Some(words) = line.strip_prefix(marker) else { return false };
    let is_order = |word: &str| word.ends_with(':') || word.contains("??/");
    let small = words.to_lowercase();
    (words.is_empty() || words.starts_with(' '))
        && words.chars().all(plain)
        && !words.trim_start().starts_with(['/', '!'])
        && !words.split_whitespace().next().is_some_and(is_order)
        && !words.contains("??/")
        && !ORDERS.iter().any(|order| small.contains(order))
}

/// Is it something else than a comment, of which the first line may matter?
fn is_code(line: &str) -> bool {
    !["#", "//", "--", "/*", "<", "%", ";"].iter().any(|mark| line.starts_with(mark))
}

/// Between tags a comment is text.
fn holds_tags(name: &str, text: &str) -> bool {
    let may_hold = ["js", "mjs", "cjs", "jsx", "tsx"].iter().any(|ending| name.ends_with(ending));
    may_hold && (text.contains("</") || text.contains("/>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inert(name: &str, text: &str) -> String {
        let total = u32::try_from(text.lines().count()).unwrap();
        lines(&RepoPath::from(name), text.as_bytes()).and(&Lines::all(total)).to_string()
    }

    #[test]
    fn blank_lines_and_plain_comments() {
        assert_eq!(inert("a.py", "x = 1\ny = 2\n\n   \n# Loads the records, in batches.\nload()\n"), "3-5");
        assert_eq!(inert("a.ts", "a()\nb()\n// Loads the records (in batches)\r\n\t\r\nload()\n"), "3-4");
        assert_eq!(inert("a.sql", "SELECT 1;\n\n\n-- Loads\n"), "2-3");
        assert_eq!(inert("a.bin", "\u{fffd}"), "");
        assert_eq!(lines(&RepoPath::from("a.py"), b"\xff\n\n"), Lines::default());
    }

    #[test]
    fn a_comment_that_may_hold_code_is_none() {
        for (name, line) in [
            ("a.py", "# \"\"\"; load()"),
            ("a.py", "x # 1"),
            ("a.py", "// 2"),
            ("a.js", "// `; load()"),
            ("a.js", "// ${load()}"),
            ("a.js", "// */ load()"),
            ("a.jsx", "// <Load/>"),
            ("a.jsx", "// {load}"),
            ("a.java", "// \\u000a load();"),
            ("a.js", "// \u{2028} load()"),
            ("a.rb", "# load"),
            ("a.php", "// ?> load"),
            ("a.go", "// load"),
        ] {
            assert_eq!(inert(name, &format!("a\nb\n{line}\n")), "", "{name} {line}");
        }
        assert_eq!(inert("a.py", "# coding: utf-7\n# coding: utf-7\n"), "", "an encoding");
    }
}
