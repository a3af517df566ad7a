//! The same attacks through each coverage format: real repositories, the real program, and beside each attack its honest twin.

use crate::support::gate::{Verdict, judge};
use crate::support::written::WRITERS;
use portcullis_model::line_coverage::CoverageFormat;
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{POLICY, Stage};

const CONTROL: &str = "changed-line-coverage";
const LOAD: &str = "services/upload/load.py";
const REPORT: &str = "coverage/report";
const BEFORE: &str = "def load(rows):\n    return rows\n";
/// Lines 2 to 4 are new.
const AFTER: &str = "def load(rows):\n    if not rows:\n        return None\n    return sorted(rows)\n";

const ALL: &[(u32, bool)] = &[(1, true), (2, true), (3, true), (4, true)];
const NOT_THREE: &[(u32, bool)] = &[(1, true), (2, true), (3, false), (4, true)];

/// Kim changes the loader, and a report lies there.
fn with_report(more: &str, text: &str) -> Verdict {
    let policy = format!(
        "{POLICY}\n[controls.changed-line-coverage]\nminimum = 80\n\n\
         [controls.changed-line-coverage.reports.all]\nfiles = [\"{REPORT}\"]\n{more}"
    );
    let mut stage = Stage::with(&[
        Edit::Write("portcullis.toml", &policy),
        Edit::Write(".github/CODEOWNERS", "* @robin-example\n"),
        Edit::Write(LOAD, BEFORE),
    ])
    .unwrap();
    stage.change(&[Edit::Write(LOAD, AFTER)]).unwrap();
    let file = stage.directory().join(REPORT);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
    judge(&stage)
}

fn allowed(format: &str, verdict: &Verdict) {
    assert_eq!(verdict.exit, 0, "{format}: {}", verdict.text);
    assert!(!verdict.findings(CONTROL, "met").is_empty(), "{format}: {}", verdict.text);
}

#[test]
fn there_is_a_writer_for_each_format() {
    let names: Vec<&str> = WRITERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, CoverageFormat::ALL.iter().map(|format| format.as_str()).collect::<Vec<_>>());
}

#[test]
fn a_line_that_was_not_executed_is_shown_where_it_is() {
    for (format, write) in WRITERS {
        allowed(format, &with_report("", &write(&[(LOAD, ALL)])));
        let missed = with_report("", &write(&[(LOAD, NOT_THREE)]));
        missed.expect(1, CONTROL, "2 of 3 changed executable lines covered (66 %)");
        missed.expect(1, CONTROL, "no test executed 1 of its 3 changed executable lines: 3");
    }
}

#[test]
fn a_report_that_lost_its_end_or_its_file_is_no_evidence() {
    for (format, write) in WRITERS {
        let whole = write(&[(LOAD, ALL)]);
        let cut = &whole[..whole.len() - 3];
        let verdict = with_report("", cut);
        assert_eq!(verdict.exit, 3, "{format}: {}", verdict.text);
        // The file is another one: of the same name elsewhere, or in other case.
        for name in ["vendor/services/upload/load.py", "services/Upload/load.py"] {
            let verdict = with_report("", &write(&[(name, ALL)]));
            verdict.expect(1, CONTROL, "the file changed, and no coverage report names it");
        }
        let both = with_report("", &write(&[("vendor/services/upload/load.py", ALL), (LOAD, NOT_THREE)]));
        both.expect(1, CONTROL, "no test executed 1 of its 3 changed executable lines: 3");
    }
}

#[test]
fn names_are_mapped_as_the_policy_says() {
    for (format, write) in WRITERS {
        let named = |name: &str, more: &str| with_report(more, &write(&[(name, ALL)]));
        allowed(format, &named("/build/tree/services/upload/load.py", "strip = \"/build/tree\"\n"));
        allowed(format, &named("upload/load.py", "add = \"services\"\n"));
        named("/build/services/upload/load.py", "").expect(1, CONTROL, "no coverage report names it");
    }
}

#[test]
fn a_format_that_is_named_is_the_only_one_that_is_read() {
    for (format, write) in WRITERS {
        let text = write(&[(LOAD, ALL)]);
        allowed(format, &with_report(&format!("format = \"{format}\"\n"), &text));
        let other = if *format == "lcov" { "clover" } else { "lcov" };
        let verdict = with_report(&format!("format = \"{other}\"\n"), &text);
        verdict.expect(3, CONTROL, &format!("it looks like `{format}`"));
    }
}

#[test]
fn what_is_recognised_and_not_read_is_named_with_the_way_round() {
    for (text, way) in [
        (
            r#"{"total": {"lines": {"pct": 100}, "statements": {}, "functions": {}, "branches": {}}}"#,
            "`json` (`coverage-final.json`)",
        ),
        (r#"{"coveredLines": 9, "lineCoverage": 1, "targets": []}"#, "xcrun xccov view --archive --json"),
        ("SQLite format 3\0", "`coverage lcov`, `coverage json` or `coverage xml`"),
        (
            r#"{"everything": "fine"}"#,
            "clover, cobertura, coverage-py, go-cover, istanbul, jacoco, lcov, llvm-cov",
        ),
        ("<testsuites><testsuite name='s'/></testsuites>", "it belongs to the reports of a suite"),
    ] {
        with_report("", text).expect(3, CONTROL, way);
    }
}
