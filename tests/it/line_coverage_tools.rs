//! Coverage reports that real tools wrote (`tests/coverage`): each is read, none speaks against itself, no part of one passes for a whole
//! one, and all reports of one run say the same of each line, whatever their format.

use portcullis_model::line_coverage::{CoverageFormat, FileLines};
use portcullis_report::line_coverage::{Reported, parse};
use std::collections::BTreeMap;
use std::path::Path;

/// The reports of each run, with their formats.
const RUNS: &[(&str, &[(&str, &str)])] = &[
    ("c8", ISTANBUL),
    (
        "coverage-py",
        &[("coverage.json", "coverage-py"), ("coverage.lcov", "lcov"), ("coverage.xml", "cobertura")],
    ),
    (
        "gcovr",
        &[
            ("sonar.xml", "sonarqube"),
            ("clover.xml", "clover"),
            ("cobertura.xml", "cobertura"),
            ("load.info", "lcov"),
        ],
    ),
    ("jest", ISTANBUL),
    ("nyc", ISTANBUL),
    ("phpunit", &[("clover.xml", "clover"), ("cobertura.xml", "cobertura")]),
    ("simplecov", &[("resultset.json", "simplecov")]),
    ("vitest-istanbul", ISTANBUL),
    ("vitest-v8", ISTANBUL),
];

const ISTANBUL: &[(&str, &str)] =
    &[("coverage-final.json", "istanbul"), ("clover.xml", "clover"), ("lcov.info", "lcov")];

/// Where the project lay.
const ROOT: &str = "/srv/upload/";

fn bytes(run: &str, name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/coverage").join(run).join(name)).unwrap()
}

fn reports() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    RUNS.iter().flat_map(|(run, reports)| reports.iter().map(|(name, format)| (*run, *name, *format)))
}

/// What a report says of each file that has lines, by its path in the project.
fn files(reported: Reported) -> BTreeMap<String, FileLines> {
    let path = |name: &String| name.strip_prefix(ROOT).unwrap_or(name).to_string();
    let with_lines = reported.files.into_iter().filter(|file| !file.lines.executable.is_empty());
    with_lines.map(|file| (path(&file.names[0]), file.lines)).collect()
}

#[test]
fn each_is_known_by_its_content_and_does_not_speak_against_itself() {
    for (run, name, format) in reports() {
        let bytes = bytes(run, name);
        let (known, reported) = parse(&bytes, None).unwrap();
        assert_eq!(known.as_str(), format, "{run}/{name}");
        assert_eq!(
            parse(&bytes, CoverageFormat::named(format)),
            Ok((known, reported.clone())),
            "{run}/{name}"
        );
        // What LF and LH count is a matter of its own.
        assert!(
            reported.contradictions.is_empty() || format == "lcov",
            "{run}/{name}: {:?}",
            reported.contradictions
        );
    }
}

#[test]
fn reports_of_one_run_say_the_same_of_each_line() {
    for (run, reports) in RUNS {
        let read = |name: &str| files(parse(&bytes(run, name), None).unwrap().1);
        let first = read(reports[0].0);
        assert!(first.values().any(|lines| !lines.hit.is_empty() && lines.hit != lines.executable), "{run}");
        for (name, _) in *reports {
            assert_eq!(read(name), first, "{run}/{name} and {}", reports[0].0);
        }
    }
}

#[test]
fn what_ran_is_what_the_programs_did() {
    let said = |run: &str, name: &str, file: &str| {
        let lines = files(parse(&bytes(run, name), None).unwrap().1).remove(file).unwrap();
        format!("{} / {}", lines.hit, lines.executable)
    };
    assert_eq!(said("nyc", "coverage-final.json", "load.js"), "4-8, 17, 21 / 4-8, 12-13, 17-18, 21");
    assert_eq!(said("nyc", "coverage-final.json", "unused.js"), " / 1");
    assert_eq!(
        said("phpunit", "clover.xml", "src/Load.php"),
        "10-11, 14, 16, 24 / 10-12, 14, 16, 21, 24, 26"
    );
    assert_eq!(said("coverage-py", "coverage.json", "upload/load.py"), "4-5, 7, 13 / 4-7, 13-15");
    assert_eq!(said("gcovr", "sonar.xml", "load.cpp"), "2-3, 5, 10-13, 15-16 / 2-5, 7-8, 10-16");
    assert_eq!(said("simplecov", "resultset.json", "lib/load.rb"), "2-6, 10, 15 / 2-6, 10-11, 15-16");
    // Another command ran what the first one did not.
    assert_eq!(said("simplecov", "merged.json", "lib/load.rb"), "2-6, 10-11, 15 / 2-6, 10-11, 15-16");
}

#[test]
fn no_part_of_a_report_is_a_whole_one() {
    for (run, name, format) in reports() {
        let bytes = bytes(run, name);
        let whole = parse(&bytes, None).unwrap();
        let length = bytes.trim_ascii_end().len();
        for end in (0..length).step_by(11).chain(length.saturating_sub(40)..length) {
            let read = parse(&bytes[..end], None);
            // A tracefile ends with each of its sections.
            let sections = format == "lcov";
            assert!(read.is_err() || sections, "{run}/{name} cut at {end}");
            assert_ne!(read, Ok(whole.clone()), "{run}/{name} cut at {end}");
        }
    }
}

#[test]
fn a_count_that_becomes_another_is_noticed_where_a_summary_says_so() {
    for (run, name, from, to) in [
        ("nyc", "clover.xml", "count=\"0\"", "count=\"1\""),
        ("phpunit", "clover.xml", "type=\"stmt\" count=\"0\"", "type=\"stmt\" count=\"1\""),
        ("gcovr", "clover.xml", "count=\"0\"", "count=\"1\""),
        ("coverage-py", "coverage.json", "[4, 5, 7, 13]", "[4, 5, 6, 7, 13]"),
        ("coverage-py", "coverage.json", "\"missing_lines\": [6, 14, 15]", "\"missing_lines\": []"),
    ] {
        let text = String::from_utf8(bytes(run, name)).unwrap();
        let altered = text.replacen(from, to, 1);
        assert_ne!(altered, text, "{run}/{name}");
        assert!(!parse(altered.as_bytes(), None).unwrap().1.contradictions.is_empty(), "{run}/{name}");
    }
}
