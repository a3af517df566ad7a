//! What `xcrun xccov view --archive --json` of Xcode writes: of each file its lines, each with
//! whether it can be executed and how often it was.
//!
//! It has no summary. The other form, `--report`, has nothing but summaries, and is not read.

use super::CoverageParser;
use super::gathered::{GatheredCoverage, shorten_text};
use super::looks::Json;
use super::values::{Hit, LineNumber, ObjectEntries, read_document};
use portcullis_report_shared::error::{ContentError, ReportError};
use portcullis_report_shared::members::json_objects;
use portcullis_testrun::line_coverage::CoverageFormat;
use std::collections::BTreeMap;

/// The format.
pub static FORMAT: CoverageParser =
    CoverageParser { format: CoverageFormat::Xccov, detect: is_xccov, parse: parse_xccov };

fn is_xccov(bytes: &[u8]) -> bool {
    Json::of(bytes).is_some_and(|json| !json.array && json.any_has("isExecutable"))
}

fn parse_xccov(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let files: ObjectEntries<Vec<XccovLine>> = read_document(bytes, "xccov")?;
    let mut gathered = GatheredCoverage::default();
    for (name, said) in files.once("the file")? {
        let lines = read_lines(&said)
            .map_err(|message| ReportError::whole(format!("the file `{}` {message}", shorten_text(&name))))?;
        let file = gathered.file(vec![name]);
        let executable = lines.into_iter().filter_map(|(line, hit)| Some((line, hit?)));
        executable.filter(|(line, _)| *line > 0).for_each(|(line, hit)| file.run(line, line, hit));
    }
    Ok(gathered)
}

json_objects! {
    /// What is said of a line.
    struct XccovLine {
        line: LineNumber = "line",
        executable: bool = "isExecutable",
        count: Option<Hit> = "executionCount",
    }
}

/// Each line, with whether it was executed, if it can be.
fn read_lines(said: &[XccovLine]) -> Result<BTreeMap<u32, Option<bool>>, ContentError> {
    let mut lines = BTreeMap::new();
    for XccovLine { line: LineNumber(line), executable, count } in said {
        let hit = match (executable, count) {
            (true, Some(count)) => Some(count.0),
            (true, None) => return Err(format!("does not say how often line {line} was executed").into()),
            (false, Some(Hit(true))) => {
                return Err(format!("has executed line {line} and says that it cannot be").into());
            }
            (false, _) => None,
        };
        if lines.insert(*line, hit).is_some() {
            return Err(format!("has line {line} twice").into());
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_testrun::line_coverage::Reported;

    fn read(text: &str) -> Result<Reported, ReportError> {
        parse_xccov(text.as_bytes()).map(GatheredCoverage::finish)
    }

    fn shown(text: &str) -> Vec<String> {
        let one = |file: portcullis_testrun::line_coverage::ReportedFile| {
            format!("{} {} / {}", file.names.join("|"), file.lines.hit, file.lines.executable)
        };
        read(text).unwrap().files.into_iter().map(one).collect()
    }

    const LOAD: &str = r#""/w/Load.swift": [{"line": 1, "isExecutable": false}, {"isExecutable": true, "line": 2, "executionCount": 3,
        "subranges": [{"column": 5, "executionCount": 0, "length": 4}]}, {"line": 3, "isExecutable": true, "executionCount": 0}]"#;

    #[test]
    fn a_line_says_whether_it_can_be_executed_and_how_often_it_was() {
        let text = format!("{{{LOAD}, \"/w/Empty.swift\": []}}");
        assert!(is_xccov(text.as_bytes()));
        assert_eq!(shown(&text), ["/w/Empty.swift  / ", "/w/Load.swift 2 / 2-3"]);
        assert_eq!(shown(r#"{"a": [{"line": 0, "isExecutable": true, "executionCount": 1}]}"#), ["a  / "]);
    }

    #[test]
    fn what_stands_twice_is_refused() {
        assert!(read(&format!("{{{LOAD}, {LOAD}}}")).unwrap_err().message.contains("twice"));
        let line = r#"{"line": 3, "isExecutable": true, "executionCount": 1}"#;
        let twice = format!("{{{}}}", LOAD.replace("]", &format!(", {line}]")));
        assert!(read(&twice).is_err());
        let twice = format!("{{\"a\": [{line}, {line}]}}");
        assert_eq!(read(&twice).unwrap_err().message, "the file `a` has line 3 twice");
    }

    #[test]
    fn what_contradicts_itself_or_does_not_say_enough_is_refused() {
        for line in [
            r#"{"line": 1, "isExecutable": false, "executionCount": 1}"#,
            r#"{"line": 1, "isExecutable": true}"#,
            r#"{"line": 1, "isExecutable": true, "executionCount": null}"#,
            r#"{"line": 1, "isExecutable": true, "executionCount": "1"}"#,
            r#"{"line": 1, "isExecutable": true, "executionCount": 0.5}"#,
            r#"{"line": 1, "isExecutable": true, "executionCount": true}"#,
            r#"{"line": 1, "isExecutable": "true", "executionCount": 1}"#,
            r#"{"line": 1, "isExecutable": 1, "executionCount": 1}"#,
            r#"{"line": 1, "executionCount": 1}"#,
            r#"{"isExecutable": true, "executionCount": 1}"#,
            r#"{"line": -1, "isExecutable": true, "executionCount": 1}"#,
            r#"{"line": "1", "isExecutable": true, "executionCount": 1}"#,
            r#"{"line": 10000001, "isExecutable": true, "executionCount": 1}"#,
            r#"{"line": 1, "line": 2, "isExecutable": true, "executionCount": 1}"#,
            "null",
            "1",
        ] {
            assert!(read(&format!("{{\"a\": [{line}]}}")).is_err(), "{line}");
        }
        for text in ["[]", "{\"a\": {}}", "{\"a\": null}", "null"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(r#"{"a": [{"line": 1, "isExecutable": false, "executionCount": 0}]}"#).is_ok());
    }
}
