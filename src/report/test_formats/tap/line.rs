//! One line of TAP.

/// How deep a subtest is indented below its test point.
pub const INDENT: usize = 4;

/// A line without its indentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapLine<'a> {
    /// `TAP version 13`
    Version(&'a str),
    /// `1..6`; nothing when the number is none.
    Plan(Option<u64>),
    /// `1..6 todo 2 5;`, as Test.pm and Test::Harness had it before there were directives: the
    /// plan, and the numbers.
    OldPlan(Option<u64>, &'a str),
    /// `ok 1 - it loads`
    Test(TestPoint<'a>),
    /// `Bail out!`
    BailOut,
    /// `---`: diagnostics follow, until `...`.
    Diagnostics,
    /// `}`: the end of a subtest that was opened with `{`.
    Close,
    /// `# anything`, without the `#`.
    Comment(&'a str),
    /// `pragma +strict`, without `pragma`.
    Pragma(&'a str),
    /// Anything else.
    Other,
}

/// A test point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestPoint<'a> {
    /// `ok` and not `not ok`.
    pub ok: bool,
    /// Its number, if it is numbered.
    pub number: Option<u64>,
    /// What it is called; may be empty.
    pub description: &'a str,
    /// `# SKIP`, `# TODO` or `# XFAIL` follows it.
    pub excused: bool,
    /// ` {` follows it: a subtest may follow.
    pub opens: bool,
}

impl<'a> TapLine<'a> {
    /// The line and how far it is indented.
    pub fn of(line: &'a str) -> (usize, Self) {
        let text = line.trim_start_matches(' ');
        (line.len() - text.len(), TapLine::unindented(text.trim_end()))
    }

    fn unindented(text: &'a str) -> Self {
        if let Some(point) = TestPoint::of(text) {
            return TapLine::Test(point);
        }
        if let Some(version) = text.strip_prefix("TAP version ") {
            return TapLine::Version(version);
        }
        if let Some(rest) = text.strip_prefix("1..") {
            return read_plan(rest);
        }
        match text {
            "---" => TapLine::Diagnostics,
            "}" => TapLine::Close,
            _ if text.starts_with('#') => TapLine::Comment(text[1..].trim_start()),
            _ if is_pragma(text) => TapLine::Pragma(text[PRAGMA.len()..].trim()),
            _ if starts_with_word(text, "bail out!") => TapLine::BailOut,
            _ => TapLine::Other,
        }
    }
}

const PRAGMA: &str = "pragma ";

/// `pragma +strict, -bail`
fn is_pragma(text: &str) -> bool {
    let mut switches = text.strip_prefix(PRAGMA).into_iter().flat_map(|rest| rest.split(','));
    text.starts_with(PRAGMA) && switches.all(|switch| switch.trim().starts_with(['+', '-']))
}

/// A plan is a number and at most a comment; `1..5 of them` is a sentence. Before there were
/// directives, a plan said by itself why it is empty (`1..0 skipped: no database`), and which tests
/// are of work to be done.
fn read_plan(rest: &str) -> TapLine<'_> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, comment) = rest.split_at(digits);
    let tests = number.parse().ok();
    match comment.trim_start() {
        _ if digits == 0 => TapLine::Other,
        comment if comment.is_empty() || comment.starts_with('#') => TapLine::Plan(tests),
        reason if tests == Some(0) && is_directive(reason) => TapLine::Plan(tests),
        todo if is_list(todo.strip_prefix("todo ")) => TapLine::OldPlan(tests, &todo["todo ".len()..]),
        _ => TapLine::Other,
    }
}

/// `2 5;`
fn is_list(numbers: Option<&str>) -> bool {
    let Some(numbers) = numbers else { return false };
    let mut words = numbers.trim_end_matches([';', ' ']).split_ascii_whitespace().peekable();
    words.peek().is_some() && words.all(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
}

impl<'a> TestPoint<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (ok, rest) = match text.strip_prefix("not ") {
            Some(rest) => (false, rest),
            None => (true, text),
        };
        let rest = rest.strip_prefix("ok")?;
        if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let (number, rest) = read_number(rest.trim_start());
        let (rest, excused) = split_directive(rest);
        let (description, opens) = match rest.trim_end().strip_suffix('{') {
            Some(before) if before.is_empty() || before.ends_with(' ') => (before, true),
            _ => (rest, false),
        };
        let description = without_time(description.trim());
        Some(TestPoint { ok, number, description, excused, opens })
    }
}

/// The number, and what follows without the `-` that may precede a description.
fn read_number(text: &str) -> (Option<u64>, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let word = rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    // `ok 2nd try` has no number.
    let (number, rest) = if word { (None, text) } else { (number.parse().ok(), rest) };
    let rest = rest.trim_start();
    (number, rest.strip_prefix('-').map_or(rest, str::trim_start))
}

/// What precedes `# SKIP` or `# TODO`, and whether one of them does.
fn split_directive(text: &str) -> (&str, bool) {
    let marks = text.match_indices('#').filter(|(at, _)| !is_escaped(&text[..*at]));
    let mut directives = marks.filter(|(at, _)| is_directive(text[at + 1..].trim_start()));
    match directives.next() {
        Some((at, _)) => (&text[..at], true),
        None => (text, false),
    }
}

fn is_escaped(before: &str) -> bool {
    before.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

fn is_directive(text: &str) -> bool {
    // The selftests of the Linux kernel write `XFAIL`.
    ["skip", "skipped", "todo", "xfail"].iter().any(|word| starts_with_word(text, word))
}

fn starts_with_word(text: &str, word: &str) -> bool {
    let begins = text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    begins && !text[word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// node-tap writes how long a test took behind its name.
fn without_time(description: &str) -> &str {
    description.rsplit_once("# time=").map_or(description, |(name, _)| name.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(text: &str) -> (bool, Option<u64>, &str, bool) {
        match TapLine::of(text).1 {
            TapLine::Test(point) => (point.ok, point.number, point.description, point.excused),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn test_points_in_all_their_spellings() {
        assert_eq!(point("ok"), (true, None, "", false));
        assert_eq!(point("ok 1 - a b"), (true, Some(1), "a b", false));
        assert_eq!(point("ok 2-a"), (true, Some(2), "a", false));
        assert_eq!(point("ok-a"), (true, None, "a", false));
        assert_eq!(point("not ok 3 a # not a directive"), (false, Some(3), "a # not a directive", false));
        assert_eq!(point("ok 4 - # SKIP why"), (true, Some(4), "", true));
        assert_eq!(point("ok 4 # skipped: why"), (true, Some(4), "", true));
        assert_eq!(point("not ok 5 a#todo"), (false, Some(5), "a", true));
        assert_eq!(point("not ok 6 - x \\# TODO y"), (false, Some(6), "x \\# TODO y", false));
        assert_eq!(point("not ok 7 - a # todolist"), (false, Some(7), "a # todolist", false));
        assert_eq!(point("ok 2nd try"), (true, None, "2nd try", false));
        assert_eq!(point("ok 8 - a # time=5.1ms {"), (true, Some(8), "a", false));
        assert_eq!(point("ok 99999999999999999999 - a").1, None);
    }

    #[test]
    fn what_is_no_test_point() {
        for text in ["okay", "not  ok 1", "nok 1", "ok_1", "notok", "OK 1", "1..x", "1..5 of them", "..."] {
            assert_eq!(TapLine::of(text).1, TapLine::Other, "{text}");
        }
        assert_eq!(TapLine::of("    1..3 # SKIP x"), (4, TapLine::Plan(Some(3))));
        assert_eq!(TapLine::of("1..99999999999999999999"), (0, TapLine::Plan(None)));
        assert_eq!(TapLine::of("1..5 todo 2 4;"), (0, TapLine::OldPlan(Some(5), "2 4;")));
        assert_eq!(TapLine::of("1..0 skipped: no database"), (0, TapLine::Plan(Some(0))));
        for text in ["1..5 todo", "1..5 todo list", "1..5 todo 2, 3", "1..5 skip", "1..0 tests", "1..5 todo;"]
        {
            assert_eq!(TapLine::of(text).1, TapLine::Other, "{text}");
        }
        assert_eq!(TapLine::of("bail out! x").1, TapLine::BailOut);
        assert_eq!(TapLine::of("  ---"), (2, TapLine::Diagnostics));
    }
}
