//! What holds for every format.

use super::{CoverageFormat, ReportError, Reported, TABLE};
use portcullis_testrun::lines::Lines;
use proptest::prelude::*;

/// Reads a report beside no test reports.
pub fn parse(bytes: &[u8], said: Option<CoverageFormat>) -> Result<(CoverageFormat, Reported), ReportError> {
    super::parse(bytes, said, |_| None)
}

const LCOV: &str = "TN:\nSF:a\nDA:1,1\nDA:2,0\nLF:2\nLH:1\nend_of_record\n";
const GO: &str = "mode: set\na:1.1,1.9 1 1\na:2.1,2.9 1 0\n";
const LLVM: &str = r#"{"data":[{"files":[{"filename":"a","segments":[[1,1,1,true,true,false],[1,9,0,false,false,false],[2,1,0,true,true,false],[2,9,0,false,false,false]]}],"totals":{}}],"type":"llvm.coverage.json.export","version":"2.0.1"}"#;
const COBERTURA: &str = "<coverage lines-valid='2' lines-covered='1'><sources/><packages><package><classes><class filename='a'><lines><line number='1' hits='1'/><line number='2' hits='0'/></lines></class></classes></package></packages></coverage>";
const JACOCO: &str = "<report name='r'><package name=''><sourcefile name='a'><line nr='1' mi='0' ci='1'/><line nr='2' mi='1' ci='0'/><counter type='LINE' missed='1' covered='1'/></sourcefile></package></report>";
const CLOVER: &str = "<coverage generated='1'><project><file name='a'><line num='1' type='stmt' count='1'/><line num='2' type='stmt' count='0'/><metrics statements='2' coveredstatements='1'/></file><metrics files='1'/></project></coverage>";
const COVERAGE_PY: &str = r#"{"meta": {"version": "7", "branch_coverage": false}, "files": {"a": {"executed_lines": [1], "missing_lines": [2], "excluded_lines": [], "summary": {"covered_lines": 1, "missing_lines": 1}}}, "totals": {"covered_lines": 1, "missing_lines": 1}}"#;
const ISTANBUL: &str = r#"{"a": {"path": "a", "statementMap": {"0": {"start": {"line": 1, "column": 0}, "end": {"line": 1, "column": 9}}, "1": {"start": {"line": 2, "column": 0}, "end": {"line": 2, "column": 9}}}, "fnMap": {}, "branchMap": {}, "s": {"0": 1, "1": 0}, "f": {}, "b": {}}}"#;
const OPENCOVER: &str = "<CoverageSession><Summary numSequencePoints='2' visitedSequencePoints='1'/><Modules><Module><Files><File uid='1' fullPath='a'/></Files><Classes><Class><Methods><Method><SequencePoints><SequencePoint vc='1' sl='1' el='1' fileid='1'/><SequencePoint vc='0' sl='2' el='2' fileid='1'/></SequencePoints></Method></Methods></Class></Classes></Module></Modules></CoverageSession>";
const SIMPLECOV: &str = r#"{"RSpec": {"coverage": {"a": {"lines": [1, 0, null]}}, "timestamp": 1795926626}}"#;
const SONARQUBE: &str = "<coverage version='1'><file path='a'><lineToCover lineNumber='1' covered='true'/><lineToCover lineNumber='2' covered='false'/></file></coverage>";
const XCCOV: &str = r#"{"a": [{"line": 1, "isExecutable": true, "executionCount": 1}, {"line": 2, "isExecutable": true, "executionCount": 0}, {"line": 3, "isExecutable": false}]}"#;
/// In the order of the table.
const ALL: [&str; 12] = [
    CLOVER,
    COBERTURA,
    COVERAGE_PY,
    GO,
    ISTANBUL,
    JACOCO,
    LCOV,
    LLVM,
    OPENCOVER,
    SIMPLECOV,
    SONARQUBE,
    XCCOV,
];

#[test]
fn the_table_is_sorted_and_every_format_is_known_by_its_content() {
    assert!(TABLE.windows(2).all(|pair| pair[0].format.as_str() < pair[1].format.as_str()));
    for (format, text) in TABLE.iter().zip(ALL) {
        assert_eq!(parse(text.as_bytes(), None).unwrap().0, format.format);
        let knows = TABLE.iter().filter(|format| (format.detect)(text.as_bytes())).count();
        assert_eq!(knows, 1, "{text}");
    }
}

#[test]
fn every_format_tells_the_same_story() {
    for text in ALL {
        let (_, reported) = parse(text.as_bytes(), None).unwrap();
        let file = &reported.files[0];
        assert_eq!((file.names.as_slice(), reported.files.len()), (&["a".to_string()][..], 1), "{text}");
        assert_eq!((&file.lines.executable, &file.lines.hit), (&Lines::all(2), &Lines::all(1)), "{text}");
        assert_eq!(reported.contradictions, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_was_said_of_a_format_overrides_its_looks_and_is_still_checked() {
    for text in ALL {
        for format in TABLE {
            let read = parse(text.as_bytes(), Some(format.format));
            assert_eq!(read.is_ok(), (format.detect)(text.as_bytes()), "{:?} {text}", format.format);
            let looks = |error: &ReportError| {
                error.message.contains("it looks like") || error.message.contains("report of tests")
            };
            assert!(read.as_ref().err().is_none_or(looks), "{read:?} {text}");
        }
    }
}

#[test]
fn what_is_no_report_is_an_error_that_names_the_known_formats() {
    for bytes in [&b"1..1\nok 1"[..], b"<html/>", b"\0\0", b"<testsuites/>"] {
        let error = parse(bytes, None).unwrap_err();
        let known = error.message.contains(
            "clover, cobertura, coverage-py, go-cover, istanbul, jacoco, lcov, llvm-cov, opencover",
        );
        assert!(known && error.message.contains("simplecov, sonarqube, xccov"), "{error}");
    }
    assert_eq!(parse(b" \n", None).unwrap_err().message, "it is empty");
}

#[test]
fn a_report_of_no_file_shows_nothing() {
    for text in [
        "TN:\n",
        "mode: set\n",
        "<report name='r'/>",
        "<coverage><packages/></coverage>",
        "<coverage><project/></coverage>",
        "<CoverageSession/>",
        r#"{"meta": {"branch_coverage": true}, "files": {}}"#,
        r#"{"meta": {"simplecov_version": "1"}, "coverage": {}}"#,
        r#"{"RSpec": {"coverage": {}, "timestamp": 1}}"#,
        r#"{"data": [{"files": []}], "type": "llvm.coverage.json.export"}"#,
    ] {
        assert!(parse(text.as_bytes(), None).unwrap_err().message.contains("no file"), "{text}");
    }
}

#[test]
fn half_a_report_is_never_a_whole_one() {
    for text in ALL {
        let (_, whole) = parse(text.as_bytes(), None).unwrap();
        for end in 0..text.trim_end().len() {
            let half = parse(&text.as_bytes()[..end], None);
            // A Go profile has no end mark: what stands before a line is a profile, and lacks that
            // line.
            let cut_between_lines = text == GO && text[..end].ends_with('\n');
            assert!(half.is_err() || cut_between_lines, "{end} {text}");
            assert_ne!(half.map(|(_, reported)| reported), Ok(whole.clone()), "{end} {text}");
        }
    }
}

#[test]
fn the_form_of_the_text_does_not_matter() {
    for text in ALL {
        let (format, reported) = parse(text.as_bytes(), None).unwrap();
        let marked = [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat();
        let utf16: Vec<u8> =
            [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        // LCOV and Go profiles are written by programs that know no other form.
        if !matches!(format, CoverageFormat::Lcov | CoverageFormat::GoCover) {
            assert_eq!(parse(&marked, None), Ok((format, reported.clone())), "{text}");
            assert_eq!(parse(&utf16, None), Ok((format, reported)), "{text}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_and_second_documents_are_refused() {
    for text in ALL.iter().filter(|text| !text.contains("end_of_record") && !text.starts_with("mode:")) {
        for more in ["x", "{}", "<a/>", "\0"] {
            assert!(parse(format!("{text}{more}").as_bytes(), None).is_err(), "{text}{more}");
        }
        let at = text.find('a').unwrap();
        let broken = [&text.as_bytes()[..at], b"\xff", &text.as_bytes()[at..]].concat();
        assert!(parse(&broken, None).is_err(), "{text}");
    }
}

#[test]
fn entities_and_depth_are_refused() {
    let bomb = "<!DOCTYPE coverage [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]>";
    assert!(parse(format!("{bomb}{COBERTURA}").as_bytes(), None).is_err());
    let deep = "<report>".to_string() + &"<group name='a'>".repeat(100_000);
    assert!(parse(deep.as_bytes(), None).is_err());
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    assert!(parse(format!("{{\"data\":{open}").as_bytes(), None).is_err());
    assert!(parse(format!("{{\"x\":{open}").as_bytes(), None).is_err());
    for text in ALL.iter().filter(|text| text.starts_with('{')) {
        let deep = format!("{{\"x\": {open}{close}, {}", &text[1..]);
        for format in TABLE {
            assert!(parse(deep.as_bytes(), Some(format.format)).is_err(), "{text}");
        }
        assert!(parse(deep.as_bytes(), None).is_err(), "{text}");
    }
    for root in ["coverage><project", "coverage version='1'><file path='a'", "CoverageSession><Modules"] {
        let deep = format!("<{root}>{}", "<x>".repeat(100_000));
        assert!(parse(deep.as_bytes(), None).is_err(), "{root}");
        let bomb = format!("<!DOCTYPE coverage [<!ENTITY a 'aaaa'>]><{root}>&a;");
        assert!(parse(bomb.as_bytes(), None).is_err(), "{root}");
    }
}

/// One of the reports with some bytes changed.
fn altered() -> impl Strategy<Value = Vec<u8>> {
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..6);
    (prop::sample::select(ALL.to_vec()), edits).prop_map(|(text, edits)| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte, how) in edits {
            let at = at.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => {}
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for format in TABLE {
            drop(parse(&bytes, Some(format.format)));
        }
        drop(parse(&bytes, None));
    }

    #[test]
    fn whatever_is_read_keeps_its_promises(bytes in altered()) {
        if let Ok((_, reported)) = parse(&bytes, None) {
            prop_assert!(!reported.files.is_empty());
            for file in reported.files {
                prop_assert!(!file.names.is_empty());
                prop_assert!(file.lines.hit.without(&file.lines.executable).is_empty());
            }
        }
    }
}
