//! istanbul's coverage as JSON, `coverage-final.json` (istanbul-lib-coverage): nyc, c8, jest,
//! vitest, karma, Cypress.
//!
//! Of each file it has the places of statements (`statementMap`) and how often each ran (`s`).
//! Lines follow from them as istanbul itself has it (`getLineCoverage`) for its reports in other
//! formats: a statement is on the line on which it begins, and a line was executed when any
//! statement on it was. Each statement has a count and each count a statement; otherwise some were
//! lost.
//!
//! What the instrumented program writes when it ends (nyc's `.nyc_output`) has the same form. Of
//! compiled code it comes with a source map (`inputSourceMap`), and then its lines are those of the
//! compiled text: it is refused.

use super::CoverageParser;
use super::gathered::{GatheredCoverage, shorten_text};
use super::looks::Json;
use super::values::{Hit, LineNumber, ObjectEntries, read_document};
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::members::json_objects;
use portcullis_testrun::line_coverage::CoverageFormat;
use serde_core::de::IgnoredAny;
use std::collections::BTreeMap;

/// The format.
pub static FORMAT: CoverageParser =
    CoverageParser { format: CoverageFormat::Istanbul, detect: is_istanbul, parse: parse_istanbul };

fn is_istanbul(bytes: &[u8]) -> bool {
    Json::of(bytes).is_some_and(|json| !json.array && json.any_has("statementMap"))
}

fn parse_istanbul(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let files: ObjectEntries<IstanbulFile> = read_document(bytes, "istanbul")?;
    let mut gathered = GatheredCoverage::default();
    for (name, file) in files.once("the file")? {
        let lines = gathered.file(vec![name.clone()]);
        for (line, hit) in file.lines(&name)?.into_iter().filter(|(line, _)| *line > 0) {
            lines.run(line, line, hit);
        }
    }
    Ok(gathered)
}

json_objects! {
    struct IstanbulFile {
        path: Option<String> = "path",
        statements: Option<ObjectEntries<IstanbulRange>> = "statementMap",
        counts: Option<ObjectEntries<Hit>> = "s",
        source_map: Option<IgnoredAny> = "inputSourceMap",
    }

    struct IstanbulRange {
        start: IstanbulPosition = "start",
    }

    struct IstanbulPosition {
        line: LineNumber = "line",
    }
}

impl IstanbulFile {
    fn lines(self, name: &str) -> Result<BTreeMap<u32, bool>, ReportError> {
        let error =
            |message: &str| ReportError::whole(format!("the file `{}` {message}", shorten_text(name)));
        if self.path.is_some_and(|path| path != name) {
            return Err(error("calls itself otherwise"));
        }
        if self.source_map.is_some() {
            return Err(error(
                "is measured as compiled code, with lines of its own and a source map: let the tool write its report \
                 (`nyc report --reporter=json`), which has the lines of the source",
            ));
        }
        let (Some(statements), Some(counts)) = (self.statements, self.counts) else {
            return Err(error("has no `statementMap` or no `s`, so it does not say which statements ran"));
        };
        let mut counts: BTreeMap<String, Hit> = counts.once("the count")?.into_iter().collect();
        let mut lines = BTreeMap::new();
        for (number, range) in statements.once("the statement")? {
            let hit = counts.remove(&number).ok_or_else(|| error("has a statement without a count"))?;
            *lines.entry(range.start.line.0).or_default() |= hit.0;
        }
        if counts.is_empty() { Ok(lines) } else { Err(error("has a count without a statement")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_testrun::line_coverage::Reported;

    fn read(text: &str) -> Result<Reported, ReportError> {
        parse_istanbul(text.as_bytes()).map(GatheredCoverage::finish)
    }

    fn statement(line: &str, end: &str) -> String {
        format!(r#"{{"start": {{"line": {line}, "column": 2}}, "end": {{"line": {end}, "column": null}}}}"#)
    }

    /// Statements on lines 4 (twice), 5 and 12, and their counts.
    fn file(name: &str, counts: &str) -> String {
        let map = [("0", "4"), ("1", "4"), ("2", "5"), ("3", "12")];
        let map: Vec<String> =
            map.iter().map(|(key, line)| format!("\"{key}\": {}", statement(line, "13"))).collect();
        format!(
            r#"{{"{name}": {{"path": "{name}", "all": false, "statementMap": {{{}}}, "fnMap": {{"0": {{"name": "f"}}}}, "branchMap": {{}},
                "s": {{{counts}}}, "f": {{"0": 1}}, "b": {{}}, "_coverageSchema": "x", "hash": "y"}}}}"#,
            map.join(", ")
        )
    }

    const COUNTS: &str = r#""0": 1, "1": 0, "2": 7, "3": 0"#;

    fn shown(text: &str) -> String {
        let file = read(text).unwrap().files.remove(0);
        format!("{} {} / {}", file.names.join("|"), file.lines.hit, file.lines.executable)
    }

    #[test]
    fn a_line_was_executed_when_a_statement_that_begins_on_it_was() {
        assert_eq!(shown(&file("/w/load.js", COUNTS)), "/w/load.js 4-5 / 4-5, 12");
        assert_eq!(
            shown(&file("/w/load.js", r#""0": 0, "1": 0, "2": 1e21, "3": -1"#)),
            "/w/load.js 5 / 4-5, 12"
        );
    }

    #[test]
    fn a_file_that_was_never_loaded_has_lines_that_never_ran() {
        let text =
            file("/w/a.js", r#""0": 0, "1": 0, "2": 0, "3": 0"#).replace("\"all\": false", "\"all\": true");
        assert_eq!(shown(&text), "/w/a.js  / 4-5, 12");
    }

    #[test]
    fn names_are_taken_as_they_stand() {
        for name in ["C:\\\\w\\\\load.js", "src/load.ts", "./a.js", "webpack:///src/a.js"] {
            let wanted: String = serde_json::from_str(&format!("\"{name}\"")).unwrap();
            assert_eq!(read(&file(name, COUNTS)).unwrap().files[0].names, [wanted]);
        }
    }

    #[test]
    fn statements_and_counts_belong_together() {
        for counts in [
            r#""0": 1, "1": 0, "2": 7"#,
            r#""0": 1, "1": 0, "2": 7, "3": 0, "4": 1"#,
            r#""0": 1, "1": 0, "2": 7, "03": 0"#,
            r#""0": 1, "1": 0, "2": 7, "3": 0, "3": 1"#,
        ] {
            assert!(read(&file("a", counts)).is_err(), "{counts}");
        }
        let twice = file("a", COUNTS).replacen("\"1\": {", "\"0\": {", 1);
        assert!(read(&twice).unwrap_err().message.contains("twice"));
    }

    #[test]
    fn lines_of_compiled_code_are_not_those_of_the_source() {
        let text =
            file("/w/load.ts", COUNTS).replace("\"hash\"", "\"inputSourceMap\": {\"version\": 3}, \"hash\"");
        assert!(read(&text).unwrap_err().message.contains("nyc report --reporter=json"));
        assert!(
            read(&file("/w/load.ts", COUNTS).replace("\"hash\"", "\"inputSourceMap\": null, \"hash\""))
                .is_ok()
        );
    }

    #[test]
    fn a_file_that_stands_twice_or_calls_itself_otherwise_is_refused() {
        let one = file("a", COUNTS);
        let twice = format!("{}, {}", one.trim_end_matches('}'), &one[1..]);
        assert!(read(&twice).is_err());
        let inner = one.trim_start_matches('{').strip_suffix('}').unwrap().to_string();
        assert!(read(&format!("{{{inner}, {inner}}}")).unwrap_err().message.contains("twice"));
        assert!(
            read(&one.replace("\"path\": \"a\"", "\"path\": \"b\""))
                .unwrap_err()
                .message
                .contains("otherwise")
        );
        assert!(read(&one.replace("\"path\": \"a\", ", "")).is_ok());
    }

    #[test]
    fn what_is_no_number_or_does_not_say_enough_is_refused() {
        for count in ["null", "\"1\"", "true", "0.5", "[1]", "{}", "1e999"] {
            assert!(read(&file("a", &COUNTS.replace("7", count))).is_err(), "{count}");
        }
        for line in ["null", "-1", "1.5", "\"4\"", "10000001"] {
            assert!(
                read(&file("a", COUNTS).replacen("\"line\": 4", &format!("\"line\": {line}"), 1)).is_err(),
                "{line}"
            );
        }
        for from in ["\"statementMap\"", "\"s\"", "\"start\"", "\"line\""] {
            assert!(read(&file("a", COUNTS).replacen(from, "\"other\"", 1)).is_err(), "{from}");
        }
        for text in ["[]", "null", "{\"a\": []}", "{\"a\": null}", "{\"a\": {}}"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
