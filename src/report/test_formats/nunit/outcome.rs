//! What an element says of its outcome.

use portcullis_report_shared::xml::Element;
use portcullis_testrun::test_run::TestOutcome;

/// The outcome of a test, and what it says against itself, in words that follow "a test".
pub fn read_outcome(element: &Element<'_>) -> (TestOutcome, Option<&'static str>) {
    const UNKNOWN: (TestOutcome, Option<&str>) =
        (TestOutcome::Error, Some("has a result that is not known here"));
    let said = |name: &str| element.value(name).map(str::to_ascii_lowercase);
    let (Some(executed), Some(success)) = (said_so(element, "executed"), said_so(element, "success")) else {
        return UNKNOWN;
    };
    let executed = executed != Some(false);
    let word = said("result").unwrap_or_default();
    let outcome = match (word.as_str(), executed, success) {
        ("", false, _) => TestOutcome::Skipped,
        ("", true, Some(true)) => TestOutcome::Passed,
        ("", true, Some(false)) => TestOutcome::Failed,
        (word, _, _) => match of_word(word, &said("label").unwrap_or_default()) {
            Some(outcome) => outcome,
            None => return UNKNOWN,
        },
    };
    match outcome {
        TestOutcome::Passed if success == Some(false) => {
            (TestOutcome::Failed, Some("is called passed and not a success"))
        }
        TestOutcome::Passed if !executed => (TestOutcome::Skipped, Some("is called passed and not executed")),
        outcome => (outcome, None),
    }
}

/// `True` or `False`, if the attribute is there; nothing, when it is there and neither.
fn said_so(element: &Element<'_>, name: &str) -> Option<Option<bool>> {
    match element.value(name).map(str::to_ascii_lowercase).as_deref() {
        None => Some(None),
        Some("true") => Some(Some(true)),
        Some("false") => Some(Some(false)),
        Some(_) => None,
    }
}

/// Does a suite say of itself that it failed?
pub fn has_failed(element: &Element<'_>) -> bool {
    let word = element.value("result").unwrap_or_default().to_ascii_lowercase();
    let label = element.value("label").unwrap_or_default().to_ascii_lowercase();
    let unsuccessful = element.value("success").is_some_and(|word| word.eq_ignore_ascii_case("false"));
    match of_word(&word, &label) {
        Some(outcome) => outcome > TestOutcome::Skipped,
        // A suite of version 2 without tests that ran is no success.
        None => !word.is_empty() || (unsuccessful && !is_unexecuted(element)),
    }
}

fn is_unexecuted(element: &Element<'_>) -> bool {
    element.value("executed").is_some_and(|word| word.eq_ignore_ascii_case("false"))
}

fn of_word(word: &str, label: &str) -> Option<TestOutcome> {
    match word {
        "passed" | "success" => Some(TestOutcome::Passed),
        "failed" if matches!(label, "error" | "invalid" | "cancelled") => Some(TestOutcome::Error),
        "failed" | "failure" | "warning" => Some(TestOutcome::Failed),
        "error" | "notrunnable" | "invalid" | "cancelled" => Some(TestOutcome::Error),
        "skipped" | "ignored" | "inconclusive" => Some(TestOutcome::Skipped),
        _ => None,
    }
}
