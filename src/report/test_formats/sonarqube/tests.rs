//! Generic test executions as reporters write them, and what must not pass for them.

use crate::testing::{is_green, outcomes, refused, run};
use portcullis_testrun::test_run::TestOutcome::{Error, Failed, Passed, Skipped};

fn document(cases: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testExecutions version=\"1\"><file path=\"tests/load.js\">{cases}</file>\
         <file path=\"tests/empty.js\"/></testExecutions>"
    )
}

#[test]
fn a_case_is_passed_when_it_holds_nothing_else() {
    for (content, outcome) in [
        ("", Passed),
        ("<skipped message='later'/>", Skipped),
        ("<failure message='no'>stack</failure>", Failed),
        ("<failure/>", Failed),
        ("<error message='no'/>", Error),
        ("<skipped message='x'/><failure message='no'/>", Failed),
        ("<failure message='x'/><error message='no'/>", Error),
        ("<failure><skipped/></failure>", Failed),
    ] {
        let run = run(&document(&format!("<testCase name='a' duration='5'>{content}</testCase>")));
        assert_eq!(outcomes(&run), [("tests/load.js > a", outcome)], "{content}");
        assert_eq!(is_green(&run), outcome <= Skipped, "{content}");
    }
}

#[test]
fn the_former_name_of_the_root_is_read() {
    let text = document("<testCase name='a' duration='5'/>").replace("testExecutions", "unitTest");
    assert!(is_green(&run(&text)));
}

#[test]
fn what_is_not_known_in_a_case_is_not_passed() {
    for case in [
        "<testCase name='a' duration='5'><crashed/></testCase>",
        "<testCase name='a' duration='5' status='failed'/>",
        "<testCase name='a' duration='5' failed='true'/>",
        "<testCase name='a' duration='5'><testCase name='b'/></testCase>",
    ] {
        let run = run(&document(case));
        assert_eq!(run.tests[0].outcome, Error, "{case}");
        assert_eq!(run.contradictions.len(), 1, "{case}");
    }
}

#[test]
fn another_structure_or_version_is_refused() {
    for text in [
        "<testExecutions version='2'/>".to_string(),
        "<testExecutions><file path='a'><testCase name='a'/></file></testExecutions>".to_string(),
        "<testExecutions version='1'><testCase name='a'/></testExecutions>".to_string(),
        "<testExecutions version='1'><error/><file path='a'><testCase name='a'/></file></testExecutions>"
            .to_string(),
        "<testExecutions version='1'><file><testCase name='a'/></file></testExecutions>".to_string(),
        document("<testCase duration='1'/>"),
        document("<failure/>"),
    ] {
        refused(&text);
    }
}

#[test]
fn two_tests_of_one_name_are_not_attempts() {
    for cases in [
        "<testCase name='a' duration='1'><failure/></testCase><testCase name='a' duration='1'/>",
        "<testCase name='a' duration='1'/><testCase name='a' duration='1'><failure/></testCase>",
    ] {
        let run = run(&document(cases));
        assert_eq!(outcomes(&run), [("tests/load.js > a", Failed)]);
        assert_eq!(run.tests[0].records, 2);
    }
}

#[test]
fn no_prefix_is_a_run() {
    let text = document(
        "<testCase name='a' duration='1'/><testCase name='b' duration='1'><skipped message='x'/></testCase>",
    );
    for end in 0..text.len() {
        refused(&text[..end]);
    }
}
