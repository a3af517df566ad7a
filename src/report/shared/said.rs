//! What words, attributes and elements say about an outcome, in formats without a complete
//! definition.
//!
//! Runners say that something failed in many places. A reader that knows some of them, and passes
//! over the rest, reads a red run as a green one. So a name that no common writer uses for
//! something else is looked at: one that names a failure is taken at its word, and an unknown one
//! in a test is not a pass.

use crate::xml::Element;
use portcullis_testrun::test_run::TestOutcome;

/// What a word says of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeWord {
    /// Nothing: absent, empty, googletest's and ctest's `run`, googletest's `completed`.
    Silent,
    /// The test passed.
    Passed,
    /// The test did not run, or its result does not matter.
    Skipped,
    /// The test ran and failed.
    Failed,
    /// The test could not be run to its end.
    Error,
    /// An unknown word.
    Unknown,
}

impl OutcomeWord {
    /// What this word says, in any case. One with the colours of a terminal can only be bad.
    pub fn of(word: &str) -> OutcomeWord {
        match OutcomeWord::written(word) {
            OutcomeWord::Unknown if word.contains(is_unseen) => {
                Some(OutcomeWord::written(&without_colours(word)))
                    .filter(|word| word.is_bad())
                    .unwrap_or(OutcomeWord::Unknown)
            }
            said => said,
        }
    }

    fn written(word: &str) -> OutcomeWord {
        match word.trim().to_ascii_lowercase().as_str() {
            "" | "run" | "completed" | "complete" | "done" | "finished" | "executed" => OutcomeWord::Silent,
            "ok" | "pass" | "passed" | "success" | "successful" | "succeeded" => OutcomeWord::Passed,
            "disabled" | "ignored" | "notrun" | "pending" | "skip" | "skipped" | "suppressed" | "todo" => {
                OutcomeWord::Skipped
            }
            "fail" | "failed" | "failure" | "failing" | "nok" | "not ok" | "notok" | "unsuccessful" => {
                OutcomeWord::Failed
            }
            "abort" | "aborted" | "broken" | "cancelled" | "canceled" | "crash" | "crashed" | "error"
            | "errored" | "exception" | "fatal" | "hung" | "interrupted" | "killed" | "panic"
            | "panicked" | "terminated" | "timedout" | "timed out" | "timed-out" | "timed_out"
            | "timeout" => OutcomeWord::Error,
            _ => OutcomeWord::Unknown,
        }
    }

    /// Does it name a failure?
    pub fn is_bad(self) -> bool {
        matches!(self, OutcomeWord::Failed | OutcomeWord::Error)
    }
}

fn is_unseen(c: char) -> bool {
    c.is_control() && !c.is_whitespace()
}

/// A word without the colours of a terminal (`ESC [ 3 1 m`) and other invisible characters.
fn without_colours(word: &str) -> String {
    let behind = |part: &str| match part.strip_prefix('[') {
        None => part.to_string(),
        Some(code) => code.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).chars().skip(1).collect(),
    };
    let mut parts = word.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_string();
    let text: String = std::iter::once(first).chain(parts.map(behind)).collect();
    text.chars().filter(|c| !is_unseen(*c)).collect()
}

/// What an attribute or an element says that a format does not define.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Nothing of an outcome, or nothing bad.
    Harmless,
    /// Something failed.
    Bad,
    /// So many things failed.
    Failures(u64),
    /// Nobody knows.
    Unknown,
}

/// Words that name a failure anywhere in a name.
const BAD: &[&str] = &[
    "abort",
    "broken",
    "cancel",
    "crash",
    "error",
    "exception",
    "fail",
    "fatal",
    "interrupt",
    "invalid",
    "killed",
    "panic",
    "terminate",
    "timedout",
    "timeout",
    "unexpected",
    "unhandled",
    "unsuccess",
];

/// Words at the end of a name that say an outcome.
const OUTCOMES: &[&str] = &["conclusion", "outcome", "result", "state", "status", "verdict"];

/// Words that say yes or no, by themselves or behind one of [`ALL`].
const GOOD: &[&str] = &["ok", "valid", "pass", "passed", "succeeded", "success", "successful"];

/// What may precede a word that says yes or no. `not` may not.
const ALL: &[&str] = &["all", "has", "is", "overall", "test", "was"];

/// Ends of names for the exit status of a process.
const EXITS: &[&str] = &["exit", "exitcode", "exitstatus", "returncode", "returnvalue", "signal"];

/// What names are of that say nothing of an outcome: who, what, where, when, how long. They may
/// have a word before them.
const DESCRIPTIONS: &str = "address agent arg argument assertions asserts attachment author batch browser build col color column count \
    cpu created date depth device dir directory duration elapsed end ended endedat env environment executor \
    file filepath finish finished finishedat fixture framework hash host href id index issue iteration job \
    lang language layer line lineno link locale location log machine maintainer memory mode node number order \
    os owner parent partition path phase pid platform priority process project provider ref repetition \
    requirement round runner screenshot seed session shard size source stage stamp start started startedat \
    step stop thread ticket time tool trace type kind unit uri url usage user uuid version video weight worker zone";

/// The same of names whose values are words of people: a group of tests can be called `error`.
const TOPICS: &str = "area case category class comment component desc description epic feature group key label level method \
    module name namespace package param parameter scenario scope severity story suite tag target test title \
    value";

/// What an attribute of this name (in lower case) says by its value.
pub fn attribute(name: &str, value: &str) -> Hint {
    if name.starts_with("xmlns") || name.starts_with("xsi:") || name.starts_with("xml:") {
        return Hint::Harmless;
    }
    let name = plain_name(name);
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    if ends(EXITS) {
        return exit_hint(value);
    }
    if BAD.iter().any(|word| name.contains(word)) {
        return failure_hint(value);
    }
    if ends(OUTCOMES) {
        return outcome_hint(value);
    }
    let behind = || ALL.iter().find_map(|all| name.strip_prefix(all)).unwrap_or(&name);
    if GOOD.contains(&name.as_str()) || GOOD.contains(&behind()) {
        return if is_no(value) || OutcomeWord::of(value).is_bad() { Hint::Bad } else { Hint::Harmless };
    }
    let topic = ends_with_one(&name, TOPICS);
    match OutcomeWord::of(value) {
        OutcomeWord::Failed | OutcomeWord::Error if !topic || names_outcome(&name) => Hint::Bad,
        _ if topic || ends_with_one(&name, DESCRIPTIONS) => Hint::Harmless,
        _ => Hint::Unknown,
    }
}

/// Does a name end with one of the words, perhaps in the plural?
fn ends_with_one(name: &str, words: &str) -> bool {
    let ends = |name: &str| words.split_ascii_whitespace().any(|word| name.ends_with(word));
    ends(name) || name.strip_suffix('s').is_some_and(ends)
}

/// Does a name end with a word for outcomes?
pub fn says_outcome(name: &str) -> bool {
    let name = plain_name(&name.to_ascii_lowercase());
    OUTCOMES.iter().any(|word| name.ends_with(word))
}

/// Does a name contain a word for outcomes?
fn names_outcome(name: &str) -> bool {
    OUTCOMES.iter().any(|word| name.contains(word))
}

/// What an element of this name (in lower case) says by standing there.
pub fn element(name: &str) -> Hint {
    let name = plain_name(name);
    let part = PARTS.iter().any(|word| name == *word || name.strip_suffix('s') == Some(word));
    if BAD.iter().any(|word| name.contains(word)) {
        Hint::Bad
    } else if part
        || ([DESCRIPTIONS, TOPICS].iter().any(|words| ends_with_one(&name, words)) && !names_outcome(&name))
    {
        Hint::Harmless
    } else {
        Hint::Unknown
    }
}

/// What elements hold that say nothing of an outcome.
const PARTS: &[&str] = &[
    "artifact",
    "benchmark",
    "categories",
    "debugtrace",
    "evidence",
    "extra",
    "history",
    "item",
    "media",
    "message",
    "meta",
    "metadata",
    "note",
    "output",
    "properties",
    "property",
    "reason",
    "stderr",
    "stdout",
    "step",
    "systemerr",
    "systemlog",
    "systemout",
    "testsuite",
    "text",
    "trait",
];

/// What a test of a format with its own words comes to, by the attributes that are none of them;
/// and a sentence about the first.
pub fn of_case(element: &Element<'_>, known: &[&str], outcome: TestOutcome) -> (TestOutcome, Option<String>) {
    let others = element.attributes.iter().filter(|(name, _)| !known.contains(name));
    let hint = |(name, value): &(&str, &str)| (attribute(name, value), shown(name).to_string());
    let Some((hint, name)) = others.map(hint).find(|(hint, _)| *hint != Hint::Harmless) else {
        return (outcome, None);
    };
    let worst = if hint == Hint::Unknown { TestOutcome::Error } else { TestOutcome::Failed };
    let said = format!(
        "a test has the attribute `{name}`, which is not known here: it may say that the test failed"
    );
    (outcome.max(worst), (outcome <= TestOutcome::Skipped).then_some(said))
}

/// Does an attribute of an element, beside those that are read elsewhere, say that something
/// failed?
pub fn says_failed(element: &Element<'_>, known: &[&str]) -> bool {
    let mut others = element.attributes.iter().filter(|(name, _)| !known.contains(name));
    others.any(|(name, value)| matches!(attribute(name, value), Hint::Bad | Hint::Failures(_)))
}

/// Does a property of this name, as runners let tests write them, say an outcome? Only under the
/// plain word.
pub fn property(name: &str, value: &str) -> Hint {
    let name = plain_name(&name.to_ascii_lowercase());
    let is_one_of = |words: &[&str]| words.contains(&name.as_str());
    let bad = match value.trim().parse::<i64>() {
        Ok(number) => number != 0 && is_one_of(&["exitcode", "exitstatus", "returncode"]),
        Err(_) => {
            (is_one_of(OUTCOMES) && OutcomeWord::of(value).is_bad())
                || (is_one_of(&["passed", "success"]) && is_no(value))
                || (is_one_of(HAPPENED) && is_yes(value))
        }
    };
    if bad { Hint::Bad } else { Hint::Harmless }
}

/// What is said to have happened, where a word that could also be a setting (`timeout`) says
/// nothing.
const HAPPENED: &[&str] = &[
    "aborted",
    "broken",
    "canceled",
    "cancelled",
    "crashed",
    "errored",
    "failed",
    "hung",
    "interrupted",
    "killed",
    "panicked",
    "terminated",
    "timedout",
];

/// Returns a name without the separators between its words.
fn plain_name(name: &str) -> String {
    let name = name.rsplit_once(':').map_or(name, |(_, name)| name);
    name.chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect()
}

fn exit_hint(value: &str) -> Hint {
    match value.trim().parse::<i64>() {
        Ok(0) => Hint::Harmless,
        Ok(_) => Hint::Bad,
        Err(_) if is_no(value) => Hint::Harmless,
        Err(_) => outcome_hint(value),
    }
}

fn failure_hint(value: &str) -> Hint {
    match value.trim().parse::<u64>() {
        Ok(0) => Hint::Harmless,
        Ok(number) => Hint::Failures(number),
        Err(_) if is_no(value) => Hint::Harmless,
        Err(_) => Hint::Bad,
    }
}

fn outcome_hint(value: &str) -> Hint {
    match OutcomeWord::of(value) {
        OutcomeWord::Failed | OutcomeWord::Error => Hint::Bad,
        OutcomeWord::Unknown => match value.trim().parse::<i64>() {
            Ok(0) => Hint::Harmless,
            Ok(_) => Hint::Bad,
            Err(_) => Hint::Unknown,
        },
        OutcomeWord::Silent | OutcomeWord::Passed | OutcomeWord::Skipped => Hint::Harmless,
    }
}

/// Does a value say no, or nothing?
pub fn is_no(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "" | "0" | "false" | "no" | "none" | "null" | "n")
}

fn is_yes(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "true" | "yes" | "y")
}

/// A name as messages show it.
pub fn shown(name: &str) -> &str {
    const LONGEST: usize = 40;
    &name[..name.floor_char_boundary(LONGEST.min(name.len()))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_without_what_nobody_sees() {
        for (word, meant) in [
            ("\u{1b}[1;31mFAILED\u{1b}[0m", OutcomeWord::Failed),
            ("err\u{8}or", OutcomeWord::Error),
            ("\u{1b}[32mpassed\u{1b}[0m\n", OutcomeWord::Unknown),
            ("passed\n", OutcomeWord::Passed),
            ("\u{1b}[", OutcomeWord::Unknown),
            ("\u{1b}\u{1b}[3mx", OutcomeWord::Unknown),
        ] {
            assert_eq!(OutcomeWord::of(word), meant, "{word:?}");
        }
    }

    #[test]
    fn attributes_are_taken_at_their_word() {
        for (name, value, hint) in [
            ("outcome", "failed", Hint::Bad),
            ("overall-result", "FAIL", Hint::Bad),
            ("overall-result", "ok", Hint::Harmless),
            ("result", "maybe", Hint::Unknown),
            ("status", "1", Hint::Bad),
            ("exit-code", "0", Hint::Harmless),
            ("exit_status", "2", Hint::Bad),
            ("success", "false", Hint::Bad),
            ("success", "true", Hint::Harmless),
            ("crashed", "3", Hint::Failures(3)),
            ("failed-line", "12", Hint::Failures(12)),
            ("timedout", "true", Hint::Bad),
            ("unexpected", "0", Hint::Harmless),
            ("issue_key", "A-1", Hint::Harmless),
            ("start-time", "x", Hint::Harmless),
            ("red", "yes", Hint::Unknown),
            ("nok", "1", Hint::Unknown),
            ("is-ok", "no", Hint::Bad),
            ("all-passed", "true", Hint::Harmless),
            ("whatever", "failed", Hint::Bad),
            ("category", "error", Hint::Harmless),
            ("kind", "failed", Hint::Bad),
            ("result-name", "failed", Hint::Bad),
            ("ended", "error", Hint::Bad),
            ("valid", "no", Hint::Bad),
            ("started-at", "x", Hint::Harmless),
            ("asserts", "3", Hint::Harmless),
            ("xmlns:x", "urn:failed", Hint::Harmless),
        ] {
            assert_eq!(attribute(name, value), hint, "{name}={value}");
        }
    }

    #[test]
    fn elements_are_known_bad_or_unknown() {
        for (name, hint) in [
            ("system-out", Hint::Harmless),
            ("attachments", Hint::Harmless),
            ("unhandledrejection", Hint::Bad),
            ("fatalerror", Hint::Bad),
            ("verdict", Hint::Unknown),
            ("executiontime", Hint::Harmless),
            ("statusline", Hint::Unknown),
        ] {
            assert_eq!(element(name), hint, "{name}");
        }
        assert_eq!(property("result", "failed"), Hint::Bad);
        assert_eq!(property("test.result", "failed"), Hint::Harmless);
        assert_eq!(property("Exit-Code", "1"), Hint::Bad);
        assert_eq!(property("exit_code", "0"), Hint::Harmless);
        assert_eq!(property("status", "7"), Hint::Harmless);
        assert_eq!(property("timed_out", "true"), Hint::Bad);
        assert_eq!(property("crashed", "false"), Hint::Harmless);
        assert_eq!(property("timeout", "true"), Hint::Harmless);
    }
}
