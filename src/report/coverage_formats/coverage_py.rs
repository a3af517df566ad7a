//! What `coverage json` of coverage.py writes (coverage/jsonreport.py), in its formats 1 to 3.
//!
//! Of each file it lists the lines that were executed, that were not, and that the configuration
//! excludes. A line that is excluded counts for nothing, even if it was executed. The summaries
//! count these lines one by one, so they have to agree with them; a summary with fewer executed
//! lines than are listed has seen some added.

use super::CoverageParser;
use super::gathered::{GatheredCoverage, GatheredFile, shorten_text};
use super::looks::Json;
use super::values::{LineNumber, ObjectEntries, read_document};
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::members::json_objects;
use portcullis_testrun::line_coverage::CoverageFormat;
use std::collections::BTreeSet;

/// The format.
pub static FORMAT: CoverageParser =
    CoverageParser { format: CoverageFormat::CoveragePy, detect: is_coverage_py, parse: parse_coverage_py };

fn is_coverage_py(bytes: &[u8]) -> bool {
    Json::of(bytes).is_some_and(|json| json.get("meta").is_some_and(|meta| meta.has("branch_coverage")))
}

fn parse_coverage_py(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let report: CoveragePyReport = read_document(bytes, "coverage.py")?;
    let files = report
        .files
        .ok_or_else(|| ReportError::whole("it has no `files`, so it is no report of coverage.py"))?;
    let mut gathered = GatheredCoverage::default();
    report.meta.and_then(|meta| meta.timestamp).into_iter().for_each(|time| gathered.times.text(&time));
    let mut all = CoveragePyTally::default();
    for (name, file) in files.once("the file")? {
        all.add(&take_file(&name, file, &mut gathered)?);
    }
    if let Some(totals) = report.totals {
        all.say("the report", &totals, &mut gathered);
    }
    Ok(gathered)
}

json_objects! {
    struct CoveragePyReport {
        meta: Option<CoveragePyMeta> = "meta",
        files: Option<ObjectEntries<CoveragePyFile>> = "files",
        totals: Option<CoveragePySummary> = "totals",
    }

    struct CoveragePyMeta {
        timestamp: Option<String> = "timestamp",
    }

    struct CoveragePyFile {
        executed_lines: Option<Vec<LineNumber>> = "executed_lines",
        missing_lines: Option<Vec<LineNumber>> = "missing_lines",
        excluded_lines: Option<Vec<LineNumber>> = "excluded_lines",
        summary: Option<CoveragePySummary> = "summary",
    }

    /// What is said to be listed.
    struct CoveragePySummary {
        covered_lines: Option<u64> = "covered_lines",
        missing_lines: Option<u64> = "missing_lines",
    }
}

/// What is listed.
#[derive(Default)]
struct CoveragePyTally {
    executed: u64,
    missing: u64,
}

impl CoveragePyTally {
    fn add(&mut self, other: &CoveragePyTally) {
        self.executed += other.executed;
        self.missing += other.missing;
    }

    fn say(&self, whose: &str, summary: &CoveragePySummary, gathered: &mut GatheredCoverage) {
        let executed = (summary.covered_lines, self.executed, "executed lines");
        let missing = (summary.missing_lines, self.missing, "lines that were not executed");
        for (claimed, shown, what) in [executed, missing] {
            if let Some(claimed) = claimed.filter(|claimed| *claimed != shown) {
                gathered.contradiction(format!("{whose} claims {claimed} {what} and shows {shown}"));
            }
        }
    }
}

fn take_file(
    name: &str,
    file: CoveragePyFile,
    gathered: &mut GatheredCoverage,
) -> Result<CoveragePyTally, ReportError> {
    let (Some(executed), Some(missing)) = (file.executed_lines, file.missing_lines) else {
        let name = shorten_text(name);
        return Err(ReportError::whole(format!(
            "the file `{name}` does not say which lines were executed and which were not"
        )));
    };
    let set = |lines: Vec<LineNumber>| {
        lines.into_iter().map(|line| line.0).filter(|line| *line > 0).collect::<BTreeSet<u32>>()
    };
    let (missing, excluded) = (set(missing), set(file.excluded_lines.unwrap_or_default()));
    let executed: BTreeSet<u32> = set(executed).difference(&excluded).copied().collect();
    let shown = CoveragePyTally { executed: executed.len() as u64, missing: missing.len() as u64 };
    if let Some(line) = executed.intersection(&missing).next() {
        gathered.contradiction(format!(
            "{name} has line {line} among those that were executed and among those that were not"
        ));
    }
    if let Some(summary) = &file.summary {
        shown.say(name, summary, gathered);
    }
    write_down(&executed, &missing, gathered.file(vec![name.to_string()]));
    Ok(shown)
}

fn write_down(executed: &BTreeSet<u32>, missing: &BTreeSet<u32>, file: &mut GatheredFile) {
    executed.iter().for_each(|line| file.run(*line, *line, true));
    missing.iter().for_each(|line| file.missed(*line));
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_testrun::line_coverage::Reported;

    fn read(text: &str) -> Result<Reported, ReportError> {
        parse_coverage_py(text.as_bytes()).map(GatheredCoverage::finish)
    }

    fn report(files: &str) -> String {
        format!(
            r#"{{"meta": {{"format": 3, "version": "7.17.5", "timestamp": "2026-11-29T04:30:28.954468", "branch_coverage": true,
                "show_contexts": false}}, "files": {{{files}}}, "totals": {{"covered_lines": 3, "missing_lines": 2, "num_statements": 5}}}}"#
        )
    }

    const FILE: &str = r#""upload/load.py": {"executed_lines": [4, 5, 13, 18], "summary": {"covered_lines": 3, "num_statements": 5,
        "percent_covered": 60.0, "missing_lines": 2, "excluded_lines": 2}, "missing_lines": [6, 14], "excluded_lines": [18, 19],
        "executed_branches": [[5, -7]], "functions": {"": {"executed_lines": [900], "missing_lines": [], "excluded_lines": []}},
        "contexts": {"4": ["a", ""]}}"#;

    fn shown(text: &str) -> Vec<String> {
        let one = |file: portcullis_testrun::line_coverage::ReportedFile| {
            format!("{} {} / {}", file.names.join("|"), file.lines.hit, file.lines.executable)
        };
        read(text).unwrap().files.into_iter().map(one).collect()
    }

    #[test]
    fn lines_are_executed_missing_or_excluded() {
        let text = report(FILE);
        assert_eq!(shown(&text), ["upload/load.py 4-5, 13 / 4-6, 13-14"]);
        let reported = read(&text).unwrap();
        assert_eq!(reported.contradictions, Vec::<String>::new());
        assert_eq!(
            reported.times.began().map(|at| at.to_string()).as_deref(),
            Some("2026-11-29T04:30:28.954468Z")
        );
    }

    #[test]
    fn a_file_without_lines_and_the_first_form_are_read() {
        let empty = r#""a/__init__.py": {"executed_lines": [], "missing_lines": [], "excluded_lines": []}"#;
        let text = report(&format!("{empty}, {FILE}"));
        assert_eq!(shown(&text)[0], "a/__init__.py  / ");
        let first = r#"{"meta": {"branch_coverage": false}, "files": {"a.py": {"executed_lines": [1], "missing_lines": [2]}}}"#;
        assert!(is_coverage_py(first.as_bytes()));
        assert_eq!(shown(first), ["a.py 1 / 1-2"]);
    }

    #[test]
    fn names_are_taken_as_they_stand() {
        for name in ["/w/a.py", "upload\\\\load.py", "C:\\\\w\\\\a.py", "../a.py", "\\u00e9.py"] {
            let text = report(&FILE.replace("upload/load.py", name));
            let wanted: String = serde_json::from_str(&format!("\"{name}\"")).unwrap();
            assert_eq!(read(&text).unwrap().files[0].names, [wanted]);
        }
    }

    #[test]
    fn a_summary_that_says_otherwise_is_a_contradiction() {
        let said = |from: &str, to: &str| read(&report(&FILE.replacen(from, to, 1))).unwrap().contradictions;
        // An executed line was added, one that was not executed was taken out, or one became the
        // other.
        let added = said("[4, 5, 13, 18]", "[4, 5, 6, 13, 18]");
        assert!(
            added.contains(&"upload/load.py claims 3 executed lines and shows 4".to_string()),
            "{added:?}"
        );
        assert!(
            added[0].contains("line 6 among those that were executed and among those that were not"),
            "{added:?}"
        );
        let taken = said("[6, 14]", "[14]");
        assert_eq!(taken[0], "upload/load.py claims 2 lines that were not executed and shows 1");
        let lost = said("[4, 5, 13, 18]", "[4, 5]");
        assert_eq!(lost[0], "upload/load.py claims 3 executed lines and shows 2");
        // A whole file was taken out.
        let other = report(r#""b.py": {"executed_lines": [], "missing_lines": []}"#);
        assert_eq!(read(&other).unwrap().contradictions.len(), 2);
    }

    #[test]
    fn a_line_that_is_said_to_be_both_was_not_executed() {
        let text = report(&FILE.replace("[6, 14]", "[5, 14]"));
        assert_eq!(shown(&text), ["upload/load.py 4, 13 / 4-5, 13-14"]);
    }

    #[test]
    fn what_does_not_say_enough_is_refused() {
        for file in [
            r#""a": {"missing_lines": []}"#,
            r#""a": {"executed_lines": [1]}"#,
            r#""a": {"executed_lines": null, "missing_lines": []}"#,
            r#""a": {"executed_lines": [1.5], "missing_lines": []}"#,
            r#""a": {"executed_lines": ["1"], "missing_lines": []}"#,
            r#""a": {"executed_lines": [-1], "missing_lines": []}"#,
            r#""a": {"executed_lines": [10000001], "missing_lines": []}"#,
            r#""a": {"executed_lines": [[1, 2]], "missing_lines": []}"#,
            r#""a": {"executed_lines": {"1": 1}, "missing_lines": []}"#,
            r#""a": {"executed_lines": [1], "executed_lines": [2], "missing_lines": []}"#,
            r#""a": {"executed_lines": [1], "missing_lines": []}, "a": {"executed_lines": [], "missing_lines": [1]}"#,
            r#""a": {"executed_lines": [1], "missing_lines": [], "summary": {"covered_lines": "1"}}"#,
            r#""a": []"#,
        ] {
            assert!(read(&report(file)).is_err(), "{file}");
        }
        for text in ["{}", "[]", "null", "{\"files\": []}", "{\"meta\": {}}"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
