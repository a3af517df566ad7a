//! SimpleCov, for Ruby: `.resultset.json`, which every run writes, and `coverage.json` of its JSON
//! formatter.
//!
//! Of each file they have a list with one value for each line: how often it ran, or `null` where
//! nothing can be executed. `coverage.json` says `"ignored"` of lines between `# :nocov:`;
//! `.resultset.json` does not know of these marks. It has an entry for each command that was
//! measured, and a line that any of them executed was executed; a line that one of them calls
//! executable is (`SimpleCov::Combine::LinesCombiner`). `covered_lines` and `missed_lines` are held
//! against the lines.

use super::CoverageParser;
use super::gathered::{GatheredCoverage, shorten_text};
use super::looks::Json;
use super::values::{Count, Hit, ObjectEntries, read_document};
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::members::json_objects;
use portcullis_testrun::line_coverage::CoverageFormat;
use serde_core::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_core::{Deserialize, de};
use std::fmt;

/// The format.
pub static FORMAT: CoverageParser =
    CoverageParser { format: CoverageFormat::Simplecov, detect: is_simplecov, parse: parse_simplecov };

fn is_simplecov(bytes: &[u8]) -> bool {
    Json::of(bytes).is_some_and(|json| is_formatted(&json) || is_resultset(&json))
}

fn is_formatted(json: &Json) -> bool {
    json.get("meta").is_some_and(|meta| meta.has("simplecov_version"))
}

fn is_resultset(json: &Json) -> bool {
    let commands = || json.keys.iter().map(|(_, value)| value);
    !json.array && commands().any(|command| command.keys.first().is_some_and(|(key, _)| key == "coverage"))
}

fn parse_simplecov(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let formatted = Json::of(bytes).is_some_and(|json| is_formatted(&json));
    if formatted { parse_formatted(bytes) } else { parse_resultset(bytes) }
}

json_objects! {
    /// `coverage.json`.
    struct Formatted {
        meta: SimplecovMeta = "meta",
        coverage: Option<ObjectEntries<SimplecovFile>> = "coverage",
    }

    struct SimplecovMeta {
        timestamp: Option<String> = "timestamp",
    }
}

fn parse_formatted(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let report: Formatted = read_document(bytes, "SimpleCov")?;
    let mut gathered = GatheredCoverage::default();
    report.meta.timestamp.into_iter().for_each(|time| gathered.times.text(&time));
    take_files(report.coverage, &mut gathered)?;
    Ok(gathered)
}

json_objects! {
    /// What `.resultset.json` has for each command.
    struct SimplecovCommand {
        coverage: Option<ObjectEntries<SimplecovFile>> = "coverage",
        timestamp: Option<f64> = "timestamp",
    }
}

fn parse_resultset(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let commands: ObjectEntries<SimplecovCommand> = read_document(bytes, "SimpleCov")?;
    let mut gathered = GatheredCoverage::default();
    for (_, command) in commands.once("the command")? {
        let seconds = command.timestamp.filter(|seconds| *seconds >= 0.0);
        seconds.into_iter().for_each(|seconds| gathered.times.number(seconds as u64));
        take_files(command.coverage, &mut gathered)?;
    }
    Ok(gathered)
}

fn take_files(
    files: Option<ObjectEntries<SimplecovFile>>,
    gathered: &mut GatheredCoverage,
) -> Result<(), ReportError> {
    let files =
        files.ok_or_else(|| ReportError::whole("it has no `coverage`, so it is no report of SimpleCov"))?;
    for (name, file) in files.once("the file")? {
        let Some(lines) = file.lines else {
            let message =
                format!("the file `{}` has no `lines`: let SimpleCov measure lines", shorten_text(&name));
            return Err(ReportError::whole(message));
        };
        let count = |hit| lines.iter().filter(|value| value.0 == Some(hit)).count() as u64;
        for (what, claimed, shown) in
            [("executed", file.covered, count(true)), ("missed", file.missed, count(false))]
        {
            if let Some(claimed) = claimed.filter(|claimed| *claimed != shown) {
                gathered.contradiction(format!("{name} claims {claimed} {what} lines and shows {shown}"));
            }
        }
        let entry = gathered.file(vec![name]);
        for (number, value) in (1..).zip(&lines) {
            value.0.into_iter().for_each(|hit| entry.run(number, number, hit));
        }
    }
    Ok(())
}

/// A file: its lines, alone (before SimpleCov 0.18) or beside branches and methods.
#[derive(Default)]
struct SimplecovFile {
    lines: Option<Vec<LineValue>>,
    covered: Option<u64>,
    missed: Option<u64>,
}

impl<'de> Deserialize<'de> for SimplecovFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = SimplecovFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the lines of a file")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<SimplecovFile, A::Error> {
                let mut lines = Vec::new();
                while let Some(value) = values.next_element()? {
                    lines.push(value);
                }
                Ok(SimplecovFile { lines: Some(lines), ..SimplecovFile::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SimplecovFile, A::Error> {
                let mut file = SimplecovFile::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "lines" if file.lines.is_some() => return Err(A::Error::duplicate_field("lines")),
                        "lines" => file.lines = map.next_value()?,
                        "covered_lines" => file.covered = map.next_value()?,
                        "missed_lines" => file.missed = map.next_value()?,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(file)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// What is said of a line: whether it was executed, or that nothing on it can be.
struct LineValue(Option<bool>);

impl<'de> Deserialize<'de> for LineValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LineValueVisitor;

        impl Visitor<'_> for LineValueVisitor {
            type Value = LineValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a count, null or \"ignored\"")
            }

            fn visit_unit<E: Error>(self) -> Result<LineValue, E> {
                Ok(LineValue(None))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<LineValue, E> {
                match text {
                    "ignored" => Ok(LineValue(None)),
                    other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
                }
            }

            fn visit_u64<E: Error>(self, count: u64) -> Result<LineValue, E> {
                Count.visit_u64(count).map(LineValue::from)
            }

            fn visit_i64<E: Error>(self, count: i64) -> Result<LineValue, E> {
                Count.visit_i64(count).map(LineValue::from)
            }

            fn visit_f64<E: Error>(self, count: f64) -> Result<LineValue, E> {
                Count.visit_f64(count).map(LineValue::from)
            }
        }

        deserializer.deserialize_any(LineValueVisitor)
    }
}

impl From<Hit> for LineValue {
    fn from(hit: Hit) -> Self {
        LineValue(Some(hit.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_testrun::line_coverage::Reported;

    fn read(text: &str) -> Result<Reported, ReportError> {
        parse_simplecov(text.as_bytes()).map(GatheredCoverage::finish)
    }

    fn shown(text: &str) -> Vec<String> {
        let one = |file: portcullis_testrun::line_coverage::ReportedFile| {
            format!("{} {} / {}", file.names.join("|"), file.lines.hit, file.lines.executable)
        };
        read(text).unwrap().files.into_iter().map(one).collect()
    }

    fn command(name: &str, lines: &str) -> String {
        format!(
            r#""{name}": {{"coverage": {{"/w/load.rb": {{"lines": {lines}, "branches": {{}}, "methods": {{"[Load, :x, 1]": 0}}}}}}, "timestamp": 1795926626}}"#
        )
    }

    fn formatted(file: &str) -> String {
        format!(
            r#"{{"$schema": "https://example.test/s.json", "meta": {{"schema_version": "1.1", "simplecov_version": "1.0.0",
                "timestamp": "2026-11-29T04:30:28.000+00:00"}}, "total": {{}}, "coverage": {{"lib/load.rb": {file}}}, "groups": {{}}}}"#
        )
    }

    const LINES: &str = "[null, 3, 0, null, 1]";

    #[test]
    fn a_line_has_a_count_or_nothing() {
        let text = format!("{{{}}}", command("RSpec", LINES));
        assert!(is_simplecov(text.as_bytes()));
        assert_eq!(shown(&text), ["/w/load.rb 2, 5 / 2-3, 5"]);
        let began = read(&text).unwrap().times.began().map(|at| at.as_second());
        assert_eq!(began, Some(1_795_926_626));
        let old =
            format!(r#"{{"RSpec": {{"coverage": {{"/w/load.rb": {LINES}}}, "timestamp": 1795926626.25}}}}"#);
        assert!(is_simplecov(old.as_bytes()));
        assert_eq!(shown(&old), ["/w/load.rb 2, 5 / 2-3, 5"]);
    }

    #[test]
    fn commands_add_up() {
        let text = format!(
            "{{{}, {}}}",
            command("RSpec", LINES),
            command("Cucumber", "[null, 0, 2, 0, null, null]")
        );
        assert_eq!(shown(&text), ["/w/load.rb 2-3, 5 / 2-5"]);
        let twice = format!("{{{}, {}}}", command("RSpec", LINES), command("RSpec", LINES));
        assert!(read(&twice).unwrap_err().message.contains("twice"));
    }

    #[test]
    fn the_formatted_report_knows_what_is_ignored() {
        let text = formatted(
            r#"{"source": ["x"], "lines": [null, 1, 0, "ignored"], "covered_lines": 1, "missed_lines": 1, "branches": []}"#,
        );
        assert!(is_simplecov(text.as_bytes()));
        assert_eq!(shown(&text), ["lib/load.rb 2 / 2-3"]);
        let reported = read(&text).unwrap();
        assert_eq!((reported.contradictions.len(), reported.times.is_empty()), (0, false));
    }

    #[test]
    fn a_summary_that_says_otherwise_is_a_contradiction() {
        let said = |claims: &str| {
            read(&formatted(&format!(r#"{{"lines": [1, 0, 1], {claims}}}"#))).unwrap().contradictions
        };
        assert_eq!(said(r#""covered_lines": 1"#), ["lib/load.rb claims 1 executed lines and shows 2"]);
        assert_eq!(said(r#""missed_lines": 2"#), ["lib/load.rb claims 2 missed lines and shows 1"]);
    }

    #[test]
    fn a_report_without_lines_is_refused_by_name() {
        let branches = formatted(r#"{"branches": []}"#);
        assert!(read(&branches).unwrap_err().message.contains("let SimpleCov measure lines"));
        assert!(read(r#"{"RSpec": {"coverage": {"a": {"branches": {}}}, "timestamp": 1}}"#).is_err());
    }

    #[test]
    fn what_is_no_count_or_stands_twice_is_refused() {
        for value in ["true", "\"1\"", "\"Ignored\"", "0.5", "[1]", "{}", "1e999"] {
            assert!(read(&format!("{{{}}}", command("x", &format!("[1, {value}]")))).is_err(), "{value}");
            assert!(read(&formatted(&format!(r#"{{"lines": [{value}]}}"#))).is_err(), "{value}");
        }
        for text in [
            r#"{"x": {"coverage": {"a": {"lines": [1], "lines": [0]}}, "timestamp": 1}}"#,
            r#"{"x": {"coverage": {"a": {"lines": [0]}, "a": {"lines": [1]}}, "timestamp": 1}}"#,
            r#"{"x": {"coverage": {"a": null}, "timestamp": 1}}"#,
            r#"{"x": {"coverage": null, "timestamp": 1}}"#,
            r#"{"x": {"timestamp": 1}}"#,
            r#"{"x": []}"#,
            "[]",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
