//! Lines that a change leaves as they were, and that do something else since, because what was
//! around them is gone.
//!
//! | what went | what counts |
//! | --- | --- |
//! | the marks of a string, a comment, a document of a shell | the lines that were within and are code now |
//! | a part of a statement | the lines of the statement beside it |
//! | a guard: a condition without what it guards, an early end, an assertion, a decorator, a condition of the preprocessor | what follows in the same block |
//! | a line that says how the file is read | all lines |

use crate::lexical;
use crate::lexical::LineStates;
use crate::line_diff::{Hunk, LineDiff, count_lines};
use portcullis_model::lines::Lines;
use std::ops::Range;

/// What ends the way through a block, or may.
const LEAVES: [&str; 35] = [
    "abort",
    "assert",
    "authorize",
    "bail",
    "break",
    "check",
    "checked",
    "continue",
    "deny",
    "die",
    "ensure",
    "exit",
    "expect",
    "fail",
    "fatal",
    "forbid",
    "goto",
    "guard",
    "limit",
    "lock",
    "next",
    "panic",
    "quit",
    "raise",
    "redo",
    "reject",
    "require",
    "return",
    "rollback",
    "stop",
    "throw",
    "trap",
    "validate",
    "verify",
    "yield",
];

const CONDITIONS: [&str; 22] = [
    "case", "catch", "elif", "else", "elseif", "elsif", "except", "finally", "for", "foreach", "if", "match",
    "switch", "try", "unless", "until", "using", "when", "where", "while", "with", "then",
];

/// Lines above a line that are looked at for what is around it.
const LOOKED_AT: usize = 500;

const PREPROCESSOR: [&str; 9] =
    ["#if", "#else", "#elif", "#endif", "#undef", "#define", "#pragma", "//go:", "// +build"];

/// The lines of the new text, counted from 1.
pub fn lines(name: &str, old: &[u8], new: &[u8], diff: &LineDiff) -> Lines {
    if diff.old.is_empty() && diff.new.is_empty() {
        return Lines::default();
    }
    let total = u32::try_from(count_lines(new)).unwrap_or(u32::MAX);
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let readings = [&old, &new].map(|text| lexical::read(name, text));
    let old = if is_of_preprocessor(name) { close_up(&old).into() } else { old };
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) =
        (old.split('\n').collect(), new.split('\n').collect());
    let [old, new] = readings;
    let kept = |all: usize, hunks: &[Hunk]| {
        let mut gone = vec![false; all];
        for hunk in hunks {
            gone.iter_mut().skip(first_line(hunk)).take(line_count(hunk)).for_each(|gone| *gone = true);
        }
        (0..all).filter(|at| !gone.get(*at).copied().unwrap_or_default()).collect::<Vec<usize>>()
    };
    let woken = AwokenLines {
        kept: [kept(old_lines.len(), &diff.old), kept(new_lines.len(), &diff.new)],
        old,
        new,
        old_lines,
        new_lines,
    };
    let mut all = woken.become_code();
    let mut block = GuardedBlock::default();
    for hunk in &diff.old {
        woken.without(first_line(hunk), line_count(hunk), &mut block, &mut all);
    }
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let found = Lines::of(
        all.into_iter().filter(|run| !run.is_empty()).map(|run| (number(run.start + 1), number(run.end))),
    );
    found.and(&Lines::all(total))
}

fn is_of_preprocessor(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["c", "h", "cc", "cpp", "hpp", "cxx", "hxx", "cs", "m", "mm"].contains(&ending)
}

/// Spaces may be between `#` and the word.
fn close_up(text: &str) -> String {
    let close = |line: &str| match line.trim_start().strip_prefix('#') {
        Some(rest) => format!("#{}", rest.trim_start()),
        None => line.to_string(),
    };
    text.split('\n').map(close).collect::<Vec<String>>().join("\n")
}

fn first_line(hunk: &Hunk) -> usize {
    usize::try_from(hunk.line.saturating_sub(1)).unwrap_or(usize::MAX)
}

fn line_count(hunk: &Hunk) -> usize {
    usize::try_from(hunk.lines).unwrap_or(usize::MAX)
}

/// The last block that counts.
#[derive(Default)]
struct GuardedBlock {
    depth: usize,
    end: usize,
}

struct AwokenLines<'t> {
    old: LineStates,
    new: LineStates,
    old_lines: Vec<&'t str>,
    new_lines: Vec<&'t str>,
    /// The lines that both have, by their numbers in each.
    kept: [Vec<usize>; 2],
}

impl AwokenLines<'_> {
    fn become_code(&self) -> Vec<Range<usize>> {
        let pairs = self.kept[0].iter().zip(&self.kept[1]);
        let woke = |(before, after): &(&usize, &usize)| {
            let slept = self.old.lines.get(**before).is_some_and(|at| at.is_asleep());
            slept && self.new.lines.get(**after).is_some_and(|at| !at.is_asleep())
        };
        pairs.filter(woke).map(|(_, after)| *after..*after + 1).collect()
    }

    /// What these lines of the old text were to the lines around them.
    fn without(&self, at: usize, count: usize, last: &mut GuardedBlock, all: &mut Vec<Range<usize>>) {
        let gone = self.old_lines.get(at..(at + count).min(self.old_lines.len())).unwrap_or_default();
        let after = self.kept[0].partition_point(|line| *line < at);
        let next = self.kept[1].get(after).copied().unwrap_or(self.new_lines.len());
        let previous = after.checked_sub(1).and_then(|before| self.kept[1].get(before)).copied();
        let put = self.new_lines.get(previous.map_or(0, |line| line + 1)..next).unwrap_or_default();
        if !put.iter().all(|line| is_idle(line)) {
            return;
        }
        let is_within =
            |line: usize| self.old.lines.get(line).is_some_and(|at| at.is_within && !at.is_asleep());
        let said_nothing = gone.iter().all(|line| is_idle(line));
        if is_within(at) && !said_nothing {
            all.extend(previous.map(|line| line..line + 1));
        }
        if is_within(at + count) && !said_nothing {
            all.push(next..next + 1);
        }
        if at < 2 && gone.iter().take(2 - at).any(|line| line.starts_with("#!") || line.contains("coding")) {
            all.push(0..self.new_lines.len());
        }
        // A block that holds this one counts already.
        if let Some(depth) =
            self.guard(at, gone, next).filter(|depth| next >= last.end || *depth < last.depth)
        {
            *last = GuardedBlock { depth, end: self.end_of_block(next, depth) };
            all.push(next..last.end);
        }
    }

    /// Where the block of this depth ends that goes on here.
    fn end_of_block(&self, from: usize, depth: usize) -> usize {
        let rest = self.new_lines.get(from..).unwrap_or_default();
        let goes_on = |line: &&&str| line.trim().is_empty() || depth_of(line) >= depth;
        from + rest.iter().take_while(goes_on).count()
    }

    /// The depth of a guard among lines that are gone, where what it guarded is still there.
    fn guard(&self, at: usize, gone: &[&str], next: usize) -> Option<usize> {
        let following = self.new_lines.get(next..).unwrap_or_default();
        let following = following.iter().find(|line| !line.trim().is_empty()).map(|line| depth_of(line))?;
        let is_awake = |number: usize| self.old.lines.get(at + number).is_some_and(|at| !at.is_asleep());
        let gone = &Gone::of(gone);
        let depths = (0..gone.lines.len()).filter(|number| is_awake(*number));
        depths.filter_map(|number| gone.guard(number)).filter(|depth| following >= *depth).min()
    }
}

/// Lines that are gone together.
struct Gone<'g> {
    lines: &'g [&'g str],
    /// Do they open more braces than they close, or close more?
    is_open: bool,
    /// Do they end each condition of the preprocessor that they begin?
    is_whole: bool,
}

impl<'g> Gone<'g> {
    fn of(lines: &'g [&'g str]) -> Self {
        let number_of = |mark: char| lines.iter().map(|line| line.matches(mark).count()).sum::<usize>();
        let begin = |mark: &str| lines.iter().filter(|line| line.trim_start().starts_with(mark)).count();
        let is_whole = begin("#if") > 0 && begin("#if") == begin("#endif");
        Gone { lines, is_open: number_of('{') != number_of('}'), is_whole }
    }

    fn after(&self, number: usize) -> impl Iterator<Item = &'g str> {
        let rest = self.lines.get(number + 1..).unwrap_or_default();
        rest.iter().copied().filter(|line| !is_idle(line))
    }

    /// Is a line of these a guard of what follows all of them? Its depth, and where conditions are
    /// around it, theirs.
    fn guard(&self, number: usize) -> Option<usize> {
        let line = *self.lines.get(number)?;
        let (text, depth) = (line.trim(), depth_of(line));
        if PREPROCESSOR.iter().any(|mark| text.starts_with(mark)) {
            return (text.starts_with("//") || !self.is_whole).then_some(0);
        }
        if text.starts_with('@') || text.starts_with("#[") || (text.starts_with('[') && !text.contains(' ')) {
            return self.after(number).all(|line| depth_of(line) > depth).then_some(depth);
        }
        if is_idle(text) {
            return None;
        }
        let has_body = || self.after(number).next().is_some_and(|line| depth_of(line) > depth);
        if is_condition(text) && (self.is_open || !has_body()) {
            return Some(depth);
        }
        let leaves = text.starts_with("set -") || words_of(text).any(|word| LEAVES.contains(&word.as_str()));
        leaves.then(|| self.outermost(number)).flatten()
    }

    /// The depth of the outermost condition around a line; `None` where something else that is gone
    /// too is around it, such as its function. Only so many lines are looked at: behind them
    /// nothing is taken for a function.
    fn outermost(&self, number: usize) -> Option<usize> {
        let mut depth = depth_of(self.lines.get(number)?);
        let above = self.lines.get(..number)?.iter().rev().take(LOOKED_AT);
        for line in above.filter(|line| !line.trim().is_empty()) {
            if depth_of(line) >= depth {
                continue;
            }
            if !is_condition(line) {
                return None;
            }
            depth = depth_of(line);
        }
        Some(depth)
    }
}

fn is_condition(line: &str) -> bool {
    words_of(line).next().is_some_and(|word| CONDITIONS.contains(&word.as_str()))
}

/// The words of a line, in small letters; names are split where they are made of several words.
fn words_of(line: &str) -> impl Iterator<Item = String> {
    let parts = line.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(|part| {
        let end = part.char_indices().skip(1).find(|(_, letter)| letter.is_uppercase());
        let head = end.filter(|_| part.starts_with(char::is_lowercase)).map_or(part, |(end, _)| &part[..end]);
        head.to_lowercase()
    })
}

fn depth_of(line: &str) -> usize {
    let tab = |letter: char| if letter == '\t' { 8 } else { 1 };
    line.chars().take_while(|letter| letter.is_whitespace()).map(tab).sum()
}

/// Blank, or a comment by its look.
fn is_idle(line: &str) -> bool {
    let line = line.trim();
    let is_comment = ["# ", "//", "-- ", "/*", "* ", "*/"].iter().any(|mark| line.starts_with(mark));
    line.is_empty()
        || line == "#"
        || (is_comment && !line.starts_with("//go:") && !line.starts_with("// +build"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line_diff::diff_lines;

    fn woken(name: &str, old: &str, new: &str) -> String {
        lines(name, old.as_bytes(), new.as_bytes(), &diff_lines(old.as_bytes(), new.as_bytes())).to_string()
    }

    #[test]
    fn what_stays_and_does_something_else_is_named_by_line() {
        assert_eq!(woken("a.py", "x\n\"\"\"\nf()\n\"\"\"\ny\n", "x\nf()\ny\n"), "2");
        assert_eq!(
            woken(
                "a.py",
                "def f():\n    assert a\n    b()\n    c()\nd()\n",
                "def f():\n    b()\n    c()\nd()\n"
            ),
            "2-3"
        );
        assert_eq!(woken("a.py", "f(\n    a,\n    b,\n)\n", "f(\n    b,\n)\n"), "1-2");
        assert_eq!(woken("a.py", "a = 1\nb = 2\n", "b = 2\n"), "");
        assert_eq!(woken("a.py", "a = 1\nb = 2\n", "a = 1\nc = 2\nb = 2\n"), "");
        assert_eq!(woken("a.py", "", ""), "");
    }

    /// Texts made of the marks that the reading looks for end neither it nor its reader, whatever
    /// the language.
    #[test]
    fn any_text_is_read_to_its_end() {
        let parts = [
            "\"",
            "'",
            "`",
            "\"\"\"",
            "'''",
            "/*",
            "*/",
            "//",
            "#",
            "<<E",
            "E",
            "\\",
            "\n",
            "\n",
            " ",
            "${",
            "}",
            "(",
            ")",
            "=begin",
            "=end",
            "__END__",
            "é",
            "\u{1f600}",
            "$$",
            ";",
            "--",
            "return",
            "if",
            "@",
            "#if",
            "#[",
            "r",
            "\r",
        ];
        let mut seed = 0x9e37_79b9_u64;
        let mut next = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % below
        };
        for name in [
            "a.py", "a.sh", "a.rb", "a.rs", "a.js", "a.sql", "a.c", "a.jl", "a.go", "a.kt", "a", "a.php",
            "a.R",
        ] {
            for _ in 0..300 {
                let mut text = || (0..next(40)).map(|_| parts[next(parts.len())]).collect::<String>();
                let (old, new) = (text(), text());
                let found =
                    lines(name, old.as_bytes(), new.as_bytes(), &diff_lines(old.as_bytes(), new.as_bytes()));
                let total = new.split('\n').count();
                assert!(found.last().is_none_or(|last| last as usize <= total), "{name} {old:?} {new:?}");
                assert_eq!(lexical::read(name, &old).lines.len(), old.split('\n').count() + 1);
            }
        }
    }

    /// A time that grows with the square of the lines would be seen.
    #[test]
    fn tens_of_thousands_of_guards_are_looked_at_once() {
        let old = "if a:\n    return\nassert b\n@c\nd = 1\n".repeat(20_000);
        assert_eq!(woken("a.py", &format!("{old}x\n"), "x\n"), "1");
        let nested: String = (0..20_000).map(|depth| format!("{}if a:\n", " ".repeat(depth % 300))).collect();
        assert_eq!(woken("a.py", &format!("{nested}x\n"), "x\n"), "");
    }
}
