//! Coverage reports, and what is taken for one, that are recognised and not read: each with what to
//! hand over instead.
//!
//! Without this, a user who hands over the wrong one of the many files that a tool writes would
//! only learn that it is none of ours.

use super::TestFormatOf;
use super::looks::{Json, first_elements};

/// A kind of file.
struct ForeignCoverage {
    /// What it is, after "it is".
    what: &'static str,
    /// What to do instead.
    instead: &'static str,
    /// Is this one?
    is_it: fn(&FileBeginning) -> bool,
}

/// What the beginning of a file shows.
struct FileBeginning<'a> {
    bytes: &'a [u8],
    json: Json,
    root: String,
    first: String,
}

impl<'a> FileBeginning<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let (root, first) = first_elements(bytes).unwrap_or_default();
        FileBeginning {
            bytes,
            json: Json::of(bytes).unwrap_or_default(),
            root,
            first: first.unwrap_or_default(),
        }
    }

    fn has(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.json.has(key))
    }

    fn begins(&self, with: &[u8]) -> bool {
        self.bytes.starts_with(with)
    }

    /// The keys of a value that lies behind a key.
    fn within(&self, key: &str, wanted: &[&str]) -> bool {
        self.json.get(key).is_some_and(|value| wanted.iter().any(|key| value.has(key)))
    }

    fn line(&self, number: usize) -> &str {
        let mut lines = self.bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        std::str::from_utf8(lines.nth(number).unwrap_or_default()).unwrap_or_default()
    }
}

/// Each that is known. The first that fits is the answer.
const KNOWN: &[ForeignCoverage] = &[
    ForeignCoverage {
        what: "the summary of `xccov view --report`, which has no lines",
        instead: "write `xcrun xccov view --archive --json RESULT.xcresult`",
        is_it: |seen| seen.has(&["lineCoverage"]),
    },
    ForeignCoverage {
        what: "what `xccov view --archive` writes as text",
        instead: "write it as JSON: `xcrun xccov view --archive --json RESULT.xcresult`",
        is_it: |seen| seen.line(0).trim_end().ends_with(':') && seen.line(1).trim_start().starts_with("1: "),
    },
    ForeignCoverage {
        what: "istanbul's `coverage-summary.json`, which has no lines",
        instead: "let istanbul also write `json` (`coverage-final.json`), `lcov` or `clover`",
        is_it: |seen| {
            seen.json.any_has("statements") && seen.json.any_has("branches") && seen.json.any_has("lines")
        },
    },
    ForeignCoverage {
        what: "the summary of a report of SimpleCov (`.last_run.json`), which has no lines",
        instead: "hand over `coverage/.resultset.json` or `coverage/coverage.json`",
        is_it: |seen| seen.within("result", &["line", "covered_percent"]),
    },
    ForeignCoverage {
        what: "JSON of gcovr",
        instead: "let gcovr write `--lcov`, `--cobertura` or `--sonarqube`",
        is_it: |seen| seen.has(&["gcovr/format_version"]) || seen.has(&["gcovr/summary_format_version"]),
    },
    ForeignCoverage {
        what: "JSON of gcov",
        instead: "let gcovr or geninfo write LCOV of it (`gcovr --lcov out.info`)",
        is_it: |seen| seen.has(&["gcc_version"]) || seen.has(&["current_working_directory", "data_file"]),
    },
    ForeignCoverage {
        what: "JSON of coverlet",
        instead: "let coverlet write `cobertura`, `lcov` or `opencover`",
        is_it: |seen| seen.json.keys.iter().any(|(key, _)| key.ends_with(".dll") || key.ends_with(".exe")),
    },
    ForeignCoverage {
        what: "the raw coverage of V8, whose places are bytes and not lines",
        instead: "let c8 write `lcov` or `json` of it (`c8 report --reporter=lcov`)",
        is_it: |seen| seen.within("result", &["scriptId", "functions"]),
    },
    ForeignCoverage {
        what: "the coverage of the Dart VM as JSON",
        instead: "write LCOV of it: `dart run coverage:format_coverage --lcov`, or `flutter test --coverage`",
        is_it: |seen| seen.json.get("type").is_some_and(|kind| kind.text == "CodeCoverage"),
    },
    ForeignCoverage {
        what: "JSON of cargo-tarpaulin",
        instead: "let it write LCOV: `cargo tarpaulin --out Lcov`",
        is_it: |seen| seen.within("files", &["traces"]),
    },
    ForeignCoverage {
        what: "JSON for Coveralls",
        instead: "let the tool write LCOV or Cobertura",
        is_it: |seen| seen.has(&["source_files"]),
    },
    ForeignCoverage {
        what: "JSON of slather",
        instead: "let slather write Cobertura: `slather coverage --cobertura-xml`",
        is_it: |seen| seen.json.array && seen.has(&["file", "coverage"]),
    },
    ForeignCoverage {
        what: "JSON for Codecov",
        instead: "let the tool write LCOV or Cobertura",
        is_it: |seen| seen.has(&["coverage"]) && !seen.has(&["meta"]) && seen.json.keys.len() < 3,
    },
    ForeignCoverage {
        what: "a report of dotCover",
        instead: "measure with coverlet or dotnet-coverage, which write `cobertura`",
        is_it: |seen| seen.has(&["DotCoverVersion"]) || (seen.root == "root" && seen.first == "assembly"),
    },
    ForeignCoverage {
        what: "coverage of Visual Studio as XML",
        instead: "write Cobertura of it: `dotnet-coverage merge -f cobertura`",
        is_it: |seen| matches!((&*seen.root, &*seen.first), ("results", "modules") | ("coveragedspriv", _)),
    },
    ForeignCoverage {
        what: "a report of NCover",
        instead: "let AltCover write OpenCover or Cobertura, or convert it with ReportGenerator",
        is_it: |seen| seen.root == "coverage" && seen.first == "module",
    },
    ForeignCoverage {
        what: "a report of ReportGenerator",
        instead: "let it write `Cobertura`, or hand over what it was made of",
        is_it: |seen| seen.root == "coveragereport" || seen.within("summary", &["generatedon"]),
    },
    ForeignCoverage {
        what: "PHPUnit's own coverage XML",
        instead: "let PHPUnit write `--coverage-clover` or `--coverage-cobertura`",
        is_it: |seen| seen.root == "phpunit",
    },
    ForeignCoverage {
        what: "the data of PHPUnit's `--coverage-php`",
        instead: "let PHPUnit write `--coverage-clover` or `--coverage-cobertura`",
        is_it: |seen| seen.begins(b"<?php"),
    },
    ForeignCoverage {
        what: "a report of scoverage",
        instead: "hand over the `cobertura.xml` that it writes beside it",
        is_it: |seen| seen.root == "scoverage",
    },
    ForeignCoverage {
        what: "a report of EMMA",
        instead: "measure with JaCoCo, and hand over its XML",
        is_it: |seen| seen.root == "report" && seen.first == "stats",
    },
    ForeignCoverage {
        what: "a report of mutations, which says nothing of lines",
        instead: "hand over a coverage report, such as that of JaCoCo",
        is_it: |seen| seen.root == "mutations" || seen.has(&["schemaVersion", "thresholds"]),
    },
    ForeignCoverage {
        what: "a report of tests and none of coverage",
        instead: "it belongs to the reports of a suite, as JUnit XML or whatever else is read there",
        is_it: |seen| {
            seen.root == "testexecutions" || seen.has(&["numTotalTests"]) || seen.has(&["stats", "results"])
        },
    },
    ForeignCoverage {
        what: "a page of HTML",
        instead: "hand over a report for programs, such as LCOV or Cobertura",
        is_it: |seen| seen.root == "html",
    },
    ForeignCoverage {
        what: "the data file of coverage.py",
        instead: "write a report of it: `coverage lcov`, `coverage json` or `coverage xml`",
        is_it: |seen| seen.begins(b"SQLite format 3\0") || seen.begins(b"!coverage.py:"),
    },
    ForeignCoverage {
        what: "the execution data of JaCoCo",
        instead: "write XML of it: `jacococli report --xml`, or the report goal of the build",
        is_it: |seen| seen.begins(&[0x01, 0xc0, 0xc0]),
    },
    ForeignCoverage {
        what: "the data of gcov",
        instead: "write LCOV of it: `gcovr --lcov out.info`, or `lcov --capture`",
        is_it: |seen| [b"adcg", b"gcda", b"oncg", b"gcno"].iter().any(|magic| seen.begins(*magic)),
    },
    ForeignCoverage {
        what: "what gcov writes as text",
        instead: "write LCOV instead: `gcovr --lcov out.info`, or `lcov --capture`",
        is_it: |seen| seen.line(0).trim_start().starts_with("-:    0:Source:"),
    },
    ForeignCoverage {
        what: "a profile of LLVM",
        instead: "write a report of it: `llvm-cov export`, with or without `-format=lcov`",
        is_it: |seen| {
            let magic: [&[u8]; 2] = [b"\xfflprofi\x81", b"\xfflprofr\x81"];
            magic.iter().any(|magic| seen.begins(magic) || seen.bytes.iter().take(8).eq(magic.iter().rev()))
        },
    },
    ForeignCoverage {
        what: "coverage data of a Go program",
        instead: "write a profile of it: `go tool covdata textfmt`",
        is_it: |seen| seen.begins(b"\0cvm") || seen.begins(b"\0cwm"),
    },
    ForeignCoverage {
        what: "a compressed file",
        instead: "unpack it first",
        is_it: |seen| seen.begins(b"PK\x03\x04") || seen.begins(&[0x1f, 0x8b]),
    },
];

/// What the file is and what to do instead, in one sentence, if it is known.
pub fn answer(bytes: &[u8], test_format: TestFormatOf) -> Option<String> {
    if let Some(name) = test_format(bytes) {
        return Some(format!(
            "it is a report of tests ({name}) and none of coverage; it belongs to the reports of a suite"
        ));
    }
    let seen = FileBeginning::of(bytes);
    let known = KNOWN.iter().find(|foreign| (foreign.is_it)(&seen))?;
    Some(format!("it is {}, which is not read: {}", known.what, known.instead))
}

#[cfg(test)]
mod tests {
    use super::super::TABLE;
    use super::super::tests::parse;
    use super::*;

    /// One file of each kind, in the order of the table.
    const FILES: &[(&[u8], &str)] = &[
        (
            br#"{"coveredLines": 1, "lineCoverage": 0.5, "targets": [{"files": []}], "executableLines": 2}"#,
            "--archive --json",
        ),
        (b"/w/Load.swift:\n    1: *\n    2: 3\n", "as JSON"),
        (
            br#"{"total": {"lines": {"total": 1}, "statements": {}, "functions": {}, "branches": {}}}"#,
            "coverage-final.json",
        ),
        (br#"{"result": {"line": 87.5}}"#, ".resultset.json"),
        (br#"{"gcovr/format_version": "0.15", "files": []}"#, "gcovr"),
        (br#"{"format_version": "2", "gcc_version": "12", "files": [{"file": "a.c"}]}"#, "geninfo"),
        (br#"{"Load.dll": {"/w/Load.cs": {"Load": {"f": {"Lines": {"1": 0}}}}}}"#, "coverlet"),
        (br#"{"result": [{"scriptId": "1", "url": "file:///w/a.js", "functions": []}]}"#, "c8 report"),
        (
            br#"{"type": "CodeCoverage", "coverage": [{"source": "package:a/a.dart", "hits": [1, 2]}]}"#,
            "format_coverage",
        ),
        (br#"{"files": [{"path": ["/", "w"], "content": "", "traces": []}]}"#, "tarpaulin"),
        (br#"{"service_name": "x", "source_files": []}"#, "Coveralls"),
        (br#"[{"file": "a.m", "coverage": [null, 1]}]"#, "slather"),
        (br#"{"coverage": {"a.py": {"1": 1}}}"#, "Codecov"),
        (br#"{"DotCoverVersion": "2024", "Kind": "Root"}"#, "dotCover"),
        (b"<results><modules/></results>", "dotnet-coverage"),
        (b"<coverage profilerVersion='x'><module/></coverage>", "AltCover"),
        (b"<CoverageReport scope='x'/>", "ReportGenerator"),
        (b"<phpunit xmlns='x'><build/></phpunit>", "--coverage-clover"),
        (b"<?php return \\unserialize('');", "--coverage-clover"),
        (b"<scoverage/>", "cobertura.xml"),
        (b"<report><stats/></report>", "JaCoCo"),
        (b"<mutations><mutation/></mutations>", "JaCoCo"),
        (br#"{"numTotalTests": 1, "testResults": []}"#, "JUnit"),
        (b"<!DOCTYPE html><html><body/></html>", "HTML"),
        (b"SQLite format 3\0\x10\0", "coverage lcov"),
        (&[0x01, 0xc0, 0xc0, 0x10, 0x07], "jacococli"),
        (b"adcg*33B", "gcovr --lcov"),
        (b"        -:    0:Source:a.c\n", "gcovr --lcov"),
        (&[0x81, b'r', b'f', b'o', b'r', b'p', b'l', 0xff, 1], "llvm-cov export"),
        (b"\0cvm\0\0", "go tool covdata"),
        (b"PK\x03\x04", "unpack"),
    ];

    #[test]
    fn each_is_recognised_by_name_with_the_way_round() {
        assert_eq!(FILES.len(), KNOWN.len());
        for ((bytes, way), known) in FILES.iter().zip(KNOWN) {
            let shown = String::from_utf8_lossy(bytes);
            let answer = answer(bytes, |_| None).unwrap_or_default();
            assert!(answer.contains(known.what) && answer.contains(way), "{shown}: {answer}");
            let message = parse(bytes, None).unwrap_err().message;
            assert!(message.contains(known.what) && message.contains(way), "{message}");
            for format in TABLE {
                assert!(parse(bytes, Some(format.format)).is_err(), "{shown} as {}", format.format.as_str());
            }
        }
    }

    /// What a way round names, and the format that this is.
    const LEADS: &[(&str, &str)] = &[
        ("--archive --json", "xccov"),
        ("coverage-final.json", "istanbul"),
        (".resultset.json", "simplecov"),
        ("lcov", "lcov"),
        ("cobertura", "cobertura"),
        ("clover", "clover"),
        ("opencover", "opencover"),
        ("jacoco", "jacoco"),
        ("sonarqube", "sonarqube"),
        ("`coverage json`", "coverage-py"),
        ("llvm-cov export", "llvm-cov"),
        ("go tool covdata textfmt", "go-cover"),
        ("junit xml", ""),
        ("hand over a report for programs", ""),
        ("unpack it", ""),
        ("what it was made of", ""),
    ];

    #[test]
    fn each_way_round_leads_to_a_report_that_is_read() {
        for known in KNOWN {
            let instead = known.instead.to_lowercase();
            let mut formats = LEADS.iter().filter(|(words, _)| instead.contains(words)).peekable();
            let is_read = |format: &str| {
                format.is_empty()
                    || portcullis_testrun::line_coverage::CoverageFormat::named(format).is_some()
            };
            assert!(formats.peek().is_some(), "{}", known.instead);
            assert!(formats.all(|(_, format)| is_read(format)), "{}", known.instead);
        }
    }

    #[test]
    fn other_forms_of_the_same() {
        for (bytes, way) in [
            (
                &br#"[{"lineCoverage": 0.5, "name": "Load.app", "executableLines": 2, "coveredLines": 1}]"#[..],
                "--archive",
            ),
            (br#"{"result": {"covered_percent": 87.5}}"#, ".resultset.json"),
            (b"\xfflprofi\x81\0", "llvm-cov export"),
            (b"!coverage.py: This is a private format", "coverage lcov"),
            (b"<Root CoveredStatements='1'><Assembly/></Root>", "dotCover"),
            (b"gcda", "gcov"),
            (&[0x1f, 0x8b, 8], "unpack"),
        ] {
            assert!(
                answer(bytes, |_| None).unwrap_or_default().contains(way),
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }

    #[test]
    fn a_format_that_was_named_wrongly_is_answered_with_the_right_one() {
        let named = |text: &str, name: &str| {
            parse(text.as_bytes(), portcullis_testrun::line_coverage::CoverageFormat::named(name))
                .unwrap_err()
                .message
        };
        let clover =
            "<coverage><project><file name='a'><line num='1' count='1'/></file></project></coverage>";
        assert_eq!(
            named(clover, "cobertura"),
            "it is not in the format `cobertura`, which was named for it: it looks like `clover`"
        );
        assert_eq!(named("{}", "istanbul"), "it names no file, so it shows nothing of any");
        assert!(named(r#"{"coverage": {"a.py": {"1": 1}}}"#, "llvm-cov").contains("JSON for Codecov"));
        // What it is said to be and looks like, and is not, keeps its own words.
        assert!(named("TN:\nSF:a\nDA:1,x\n", "lcov").contains("is not a count"));
    }

    #[test]
    fn other_json_is_answered_with_what_can_be_read() {
        for text in ["{}", "{\"a\": 1}", "[]", "[{\"a\": 1}]", "{\"a\": {\"b\": [1]}}", "{\"files\": {}}"] {
            let message = parse(text.as_bytes(), None).unwrap_err().message;
            assert!(
                message.contains("none of the coverage formats that can be read (clover, "),
                "{text}: {message}"
            );
        }
    }
}
