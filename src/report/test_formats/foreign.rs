//! What is handed over as a report of tests and is in no format that is read here: its name, and
//! the way round.
//!
//! It is told by the members of a JSON document and by the outermost element of an XML one, never
//! by a file's name, and only where these are near certain. Nothing of the content is repeated.

use portcullis_report_shared::encoding::decode_head;
use portcullis_report_shared::json::{self, Shape};
use portcullis_report_shared::xml;

/// What a file begins with.
struct Beginning {
    members: Vec<(String, Shape)>,
    /// It is a list.
    listed: bool,
    /// The outermost element, in lower case.
    root: Option<String>,
    head: String,
}

impl Beginning {
    fn of(bytes: &[u8]) -> Self {
        let head = decode_head(bytes);
        let listed = head.trim_start().starts_with('[');
        let is_xml = head.trim_start().starts_with('<');
        let root = if is_xml { xml::root(bytes) } else { None };
        Beginning { members: json::members(bytes), listed, root, head }
    }

    /// Has the object, or the first one of the list, all these members?
    fn has(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.members.iter().any(|(member, _)| member == key))
    }

    fn is_list(&self, key: &str) -> bool {
        self.members.iter().any(|(member, shape)| member == key && *shape == Shape::Array)
    }

    fn is_root(&self, names: &[&str]) -> bool {
        self.root.as_deref().is_some_and(|root| names.contains(&root))
    }
}

/// Something that is known and not read.
struct ForeignReport {
    /// What it is, behind "it is".
    what: &'static str,
    /// How to come by a report that is read.
    instead: &'static str,
    matches: fn(&Beginning) -> bool,
}

/// Most certain first.
const KNOWN: &[ForeignReport] = &[
    ForeignReport {
        what: "the JSON of Jest or Vitest",
        instead: "let the run write JUnit XML (jest-junit, `vitest --reporter=junit`)",
        matches: |it| it.has(&["numTotalTests", "testResults"]),
    },
    ForeignReport {
        what: "the JSON of pytest-json-report",
        instead: "let the run write JUnit XML (`pytest --junit-xml=FILE`)",
        matches: |it| it.has(&["exitcode", "root", "summary"]) || it.has(&["exitcode", "collectors"]),
    },
    ForeignReport {
        what: "a report of Mochawesome",
        instead: "let Mocha write JUnit XML (mocha-junit-reporter)",
        matches: |it| it.has(&["stats"]) && it.is_list("results"),
    },
    ForeignReport {
        what: "the JSON of Mocha",
        instead: "let Mocha write JUnit XML (mocha-junit-reporter)",
        matches: |it| it.has(&["stats", "tests", "failures"]) || it.has(&["stats", "passes"]),
    },
    ForeignReport {
        what: "Mocha's stream of JSON",
        instead: "let Mocha write JUnit XML (mocha-junit-reporter)",
        matches: |it| it.listed && it.head.trim_start().starts_with("[\"start\","),
    },
    ForeignReport {
        what: "the JSON of RSpec",
        instead: "let RSpec write JUnit XML (rspec_junit_formatter)",
        matches: |it| it.has(&["examples", "summary"]),
    },
    ForeignReport {
        what: "the JSON of Cucumber or Behave",
        instead: "let the run write JUnit XML (`--format junit:FILE`, `behave --junit`)",
        matches: |it| it.listed && it.has(&["elements", "keyword"]),
    },
    ForeignReport {
        what: "a stream of Cucumber messages",
        instead: "let Cucumber write JUnit XML (`--format junit:FILE`)",
        matches: |it| it.has(&["meta"]) && it.members.len() == 1 && it.head.contains("\"protocolVersion\""),
    },
    ForeignReport {
        what: "the JSON of GoogleTest",
        instead: "let the program write XML (`--gtest_output=xml:FILE`)",
        matches: |it| it.has(&["tests", "failures"]) && it.is_list("testsuites"),
    },
    ForeignReport {
        what: "the JSON of Catch2",
        instead: "let the program write XML (`--reporter xml::out=FILE`)",
        matches: |it| it.has(&["metadata", "test-run"]),
    },
    ForeignReport {
        what: "the JSON of Robot Framework",
        instead: "let Robot Framework write XML (`--output output.xml`)",
        matches: |it| it.has(&["generator", "suite"]),
    },
    ForeignReport {
        what: "a result of Allure",
        instead: "give the report that the runner itself writes, such as JUnit XML",
        matches: |it| it.has(&["uuid", "status"]) && (it.has(&["historyId"]) || it.has(&["fullName"])),
    },
    ForeignReport {
        what: "the JSON of TestCafe",
        instead: "let TestCafe write JUnit XML (`--reporter xunit:FILE`)",
        matches: |it| it.has(&["fixtures", "userAgents"]),
    },
    ForeignReport {
        what: "the result object of Cypress",
        instead: "let Cypress write JUnit XML (`--reporter junit`)",
        matches: |it| it.has(&["totalTests", "totalFailed"]),
    },
    ForeignReport {
        what: "the JSON of Newman",
        instead: "let Newman write JUnit XML (`--reporters junit`)",
        matches: |it| it.has(&["collection", "run"]),
    },
    ForeignReport {
        what: "messages of cargo about the build",
        instead: "give the events of libtest (`--format json`) or the JUnit XML of cargo-nextest",
        matches: |it| it.has(&["reason"]) && (it.has(&["package_id"]) || it.has(&["success"])),
    },
    ForeignReport {
        what: "the build events of Bazel",
        instead: "give the test.xml files below bazel-testlogs",
        matches: |it| it.has(&["id", "started"]) || it.has(&["id", "children"]),
    },
    ForeignReport {
        what: "SARIF, the findings of an analyser, and holds no tests",
        instead: "give the report of a test runner",
        matches: |it| it.is_list("runs") && (it.has(&["$schema"]) || it.has(&["version"])),
    },
    ForeignReport {
        what: "the findings of ESLint, and holds no tests",
        instead: "give the report of a test runner",
        matches: |it| it.listed && it.has(&["filePath", "messages"]),
    },
    ForeignReport {
        what: "a report of coverage, and holds no tests",
        instead: "give it as coverage (`--coverage FILE`, or `reports` of `changed-line-coverage`)",
        matches: is_coverage,
    },
    ForeignReport {
        what: "Qt Test's light XML, which has no outermost element",
        instead: "let the program write `-o FILE,xml`",
        matches: |it| it.is_root(&["environment"]) && it.head.contains("<QtVersion>"),
    },
    ForeignReport {
        what: "the XML of doctest",
        instead: "let the program write JUnit XML (`--reporters=junit --out=FILE`)",
        matches: |it| it.is_root(&["doctest"]),
    },
    ForeignReport {
        what: "CTest's own Test.xml",
        instead: "let CTest write JUnit XML (`ctest --output-junit FILE`)",
        matches: |it| it.is_root(&["site"]) && it.head.contains("<Testing"),
    },
    ForeignReport {
        what: "Failsafe's summary, which names no test",
        instead: "give the TEST-*.xml files beside it",
        matches: |it| it.is_root(&["failsafe-summary"]),
    },
    ForeignReport {
        what: "the testdox of PHPUnit",
        instead: "let PHPUnit write JUnit XML (`--log-junit FILE`)",
        matches: |it| it.is_root(&["tests"]),
    },
    ForeignReport {
        what: "a property list, as Xcode writes them",
        instead: "let Xcode's output be turned into JUnit XML (`xcbeautify --report junit`)",
        matches: |it| it.is_root(&["plist"]),
    },
    ForeignReport {
        what: "a report of CUnit",
        instead: "turn it into JUnit XML (CUnit's own style sheets do so)",
        matches: |it| it.is_root(&["cunit_test_run_report", "cunit_test_list_report"]),
    },
    ForeignReport {
        what: "the findings of an analyser, and holds no tests",
        instead: "give the report of a test runner",
        matches: |it| it.is_root(&["checkstyle", "pmd", "pmd-cpd", "bugcollection", "issues", "lint"]),
    },
    ForeignReport {
        what: "a page in HTML, and no report",
        instead: "look at how it was written or fetched",
        matches: |it| {
            it.is_root(&["html"]) || it.head.trim_start().to_ascii_lowercase().starts_with("<!doctype html")
        },
    },
    ForeignReport {
        what: "a stream of TeamCity's messages",
        instead: "let the runner write JUnit XML beside them",
        matches: |it| it.head.lines().any(|line| line.starts_with("##teamcity[")),
    },
    ForeignReport {
        what: "JSON of a kind that is not known here",
        instead: "let the runner write JUnit XML or CTRF, which nearly every runner can",
        matches: |it| it.head.trim_start().starts_with('{') && !it.members.is_empty(),
    },
];

/// LCOV, Cobertura and its like, JaCoCo, OpenCover, coverage.py, llvm-cov, istanbul.
fn is_coverage(it: &Beginning) -> bool {
    it.is_root(&["coverage", "report", "coveragesession", "results"])
        || it.has(&["meta", "files", "totals"])
        || (it.has(&["data", "type"]) && it.head.contains("llvm.coverage"))
        || it.head.contains("\"statementMap\"")
        || it.head.lines().any(|line| line.starts_with("SF:"))
        || it.head.starts_with("mode: ")
}

/// What the content is, and the way round, as one sentence without its full stop.
pub fn recognised(bytes: &[u8]) -> Option<String> {
    let beginning = Beginning::of(bytes);
    let known = KNOWN.iter().find(|known| (known.matches)(&beginning))?;
    Some(format!("it is {}; {}", known.what, known.instead))
}

#[cfg(test)]
mod tests {
    use super::super::{TABLE, parse, parse_as};

    /// The beginning of a document as its writer writes it, and what it has to be recognised as.
    const DOCUMENTS: &[(&str, &str)] = &[
        (
            r#"{"numFailedTests": 0, "numTotalTests": 1, "success": true, "testResults": []}"#,
            "Jest or Vitest",
        ),
        (
            r#"{"created": 1.5, "duration": 0.1, "exitcode": 0, "root": "/x", "environment": {}, "summary": {}, "tests": []}"#,
            "pytest-json-report",
        ),
        (r#"{"stats": {"suites": 1}, "results": [{"uuid": "x"}], "meta": {}}"#, "Mochawesome"),
        (
            r#"{"stats": {"tests": 1}, "tests": [], "pending": [], "failures": [], "passes": []}"#,
            "JSON of Mocha",
        ),
        (
            "[\"start\",{\"total\":1}]\n[\"pass\",{\"title\":\"a\"}]\n[\"end\",{\"passes\":1}]\n",
            "stream of JSON",
        ),
        (r#"{"version": "3.13", "examples": [], "summary": {}, "summary_line": "0 examples"}"#, "RSpec"),
        (r#"[{"uri": "a.feature", "id": "a", "keyword": "Feature", "elements": []}]"#, "Cucumber or Behave"),
        ("{\"meta\":{\"protocolVersion\":\"27.0.0\"}}\n{\"source\":{}}\n", "Cucumber messages"),
        (r#"{"tests": 1, "failures": 0, "errors": 0, "name": "AllTests", "testsuites": []}"#, "GoogleTest"),
        (r#"{"version": 1, "metadata": {}, "test-run": {"test-cases": []}}"#, "JSON of Catch2"),
        (r#"{"generator": "Robot 7.5", "generated": "x", "rpa": false, "suite": {}}"#, "Robot Framework"),
        (r#"{"uuid": "x", "historyId": "y", "status": "passed", "fullName": "a"}"#, "Allure"),
        (r#"{"startTime": "x", "userAgents": [], "passed": 1, "total": 1, "fixtures": []}"#, "TestCafe"),
        (r#"{"cypressVersion": "13", "totalTests": 1, "totalFailed": 0, "runs": []}"#, "Cypress"),
        (r#"{"collection": {}, "environment": {}, "run": {}}"#, "Newman"),
        ("{\"reason\":\"compiler-artifact\",\"package_id\":\"a\"}\n", "cargo"),
        ("{\"id\":{\"started\":{}},\"children\":[],\"started\":{}}\n", "Bazel"),
        (r#"{"$schema": "sarif-2.1.0.json", "version": "2.1.0", "runs": []}"#, "SARIF"),
        (r#"[{"filePath": "a.js", "messages": [], "errorCount": 0}]"#, "ESLint"),
        (r#"{"meta": {"version": "7"}, "files": {}, "totals": {}}"#, "coverage"),
        (r#"{"a.js": {"path": "a.js", "statementMap": {}, "s": {}}}"#, "coverage"),
        (r#"{"data": [], "type": "llvm.coverage.json.export", "version": "2.0.1"}"#, "coverage"),
        ("<coverage line-rate=\"1\"/>", "coverage"),
        ("<report name=\"a\"/>", "coverage"),
        ("TN:\nSF:a.c\nDA:1,1\nend_of_record\n", "coverage"),
        ("<Environment><QtVersion>6</QtVersion></Environment><TestFunction name='a'/>", "light XML"),
        ("<doctest binary=\"a\"/>", "doctest"),
        ("<Site BuildName=\"x\"><Testing/></Site>", "CTest"),
        ("<failsafe-summary result=\"0\"/>", "Failsafe"),
        ("<tests><test className=\"A\"/></tests>", "testdox"),
        ("<plist version=\"1.0\"/>", "Xcode"),
        ("<CUNIT_TEST_RUN_REPORT/>", "CUnit"),
        ("<checkstyle version=\"8\"/>", "analyser"),
        ("<!DOCTYPE html><html><body>502</body></html>", "HTML"),
        ("##teamcity[testStarted name='a']\n", "TeamCity"),
        (r#"{"anything": {"else": 1}}"#, "not known here"),
    ];

    #[test]
    fn foreign_documents_are_named_with_a_way_round_and_with_what_is_read() {
        for (text, what) in DOCUMENTS {
            let message = parse(text.as_bytes()).unwrap_err().message;
            assert!(message.contains(what), "{text}: {message}");
            assert!(message.contains("; ") && message.contains("junit"), "{message}");
            assert!(!message.contains("column"), "{message}");
        }
    }

    /// What a way round names, and the format that this is.
    const LEADS: &[(&str, &str)] = &[
        ("JUnit XML", "junit"),
        ("--gtest_output=xml", "junit"),
        ("test.xml files below bazel-testlogs", "junit"),
        ("TEST-*.xml files", "junit"),
        ("report of a test runner", "junit"),
        ("--reporter xml::out=FILE", "catch2"),
        ("--output output.xml", "robot"),
        ("-o FILE,xml", "qt-test"),
        ("events of libtest", "libtest"),
        ("CTRF", "ctrf"),
    ];

    #[test]
    fn each_way_round_leads_to_a_report_that_is_read() {
        for known in super::KNOWN {
            let formats = LEADS.iter().filter(|(words, _)| known.instead.contains(words));
            let mut formats =
                formats.map(|(_, format)| super::super::find_format(format).is_some()).peekable();
            // Coverage is handed over elsewhere, and a page of an error is no report of anything.
            let elsewhere = known.instead.contains("--coverage FILE") || known.instead.starts_with("look at");
            assert!(formats.peek().is_some() != elsewhere, "{}", known.instead);
            assert!(formats.all(|is_read| is_read), "{}", known.instead);
        }
    }

    #[test]
    fn a_document_that_somebody_calls_something_else_is_named_too() {
        for (text, what) in DOCUMENTS.iter().filter(|(_, what)| *what != "TeamCity") {
            for format in TABLE.iter().filter(|format| !["tap", "go-test"].contains(&format.name)) {
                let Err(error) = parse_as(format.name, text.as_bytes()) else { continue };
                assert!(error.message.contains(what), "{} as {}: {error}", what, format.name);
            }
        }
        let message = parse_as("ctrf", b"<testsuite><testcase name='a'/></testsuite>").unwrap_err().message;
        assert!(message.contains("said to be `ctrf`, and its content is that of `junit`"), "{message}");
    }

    #[test]
    fn what_is_no_document_of_any_kind_is_not_guessed_at() {
        for text in ["hello", "\0\0", "[1]", "<unknown/>", "{}", "{", "7"] {
            let message = parse(text.as_bytes()).unwrap_err().message;
            assert!(message.starts_with("it is in none of the formats"), "{text}: {message}");
        }
    }
}
