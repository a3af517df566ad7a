//! Clover XML (clover.xsd of OpenClover): OpenClover, PHPUnit, istanbul, jest, gcovr, and
//! converters.
//!
//! Each `line` of a file is a statement (`stmt`), a condition (`cond`) or the beginning of a
//! `method`. Writers agree on the first: it was executed when its `count` is not 0. A condition was
//! when it has such a count (istanbul). Without one it has `truecount` and `falsecount`: how often
//! it was true and false (OpenClover), or how many of its branches were taken and how many were not
//! (ReportGenerator). So only the first of them shows that it was executed.
//!
//! A method is no statement: its `count` says whether anything in it was executed. PHPUnit and
//! ReportGenerator, however, write one record for a line, so the record of a method can hide a
//! statement on its line. The `statements` of the file tell how many are hidden: none, those of all
//! methods, or those of methods on one line, which have no statement behind them. The hidden ones
//! count as statements. Where that does not add up, a method that never ran is taken for a
//! statement that was not executed, so that nothing unexecuted is passed over.
//!
//! `statements`, `coveredstatements` and `files` of `metrics` are compared with what the file
//! lists.

use super::CoverageParser;
use super::gathered::{GatheredCoverage, shorten_text};
use super::looks::begins_with;
use super::values::{compare_totals, read_claim, read_hit, read_line_number};
use portcullis_report_shared::error::{ContentError, ReportError};
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml::{self, COVERAGE, ContentHandler, Element};
use portcullis_testrun::line_coverage::CoverageFormat;

/// The format.
pub static FORMAT: CoverageParser =
    CoverageParser { format: CoverageFormat::Clover, detect: is_clover, parse: parse_clover };

fn is_clover(bytes: &[u8]) -> bool {
    begins_with(bytes, "coverage", &["project", "testproject"])
}

fn parse_clover(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let mut document = CloverDocument::default();
    xml::read(Input::Whole(bytes), &["coverage"], COVERAGE, &mut document)?;
    Ok(document.gathered)
}

/// A document while it is read.
#[derive(Default)]
struct CloverDocument {
    gathered: GatheredCoverage,
    open: Vec<CloverElement>,
    /// What the open project shows and claims.
    project: CloverTally,
    file: Option<CloverFile>,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CloverElement {
    Project,
    File,
    Other,
}

#[derive(Default)]
struct CloverTally {
    files: u64,
    records: u64,
    executed: u64,
    claimed: CloverClaims,
}

#[derive(Clone, Copy, Default)]
struct CloverClaims {
    files: Option<u64>,
    statements: Option<u64>,
    executed: Option<u64>,
}

#[derive(Default)]
struct CloverFile {
    name: String,
    records: Vec<CloverLine>,
    claimed: CloverClaims,
}

/// What one `line` says. Sorted by line; a method comes before the statements on its line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct CloverLine {
    line: u32,
    kind: CloverLineKind,
    hit: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum CloverLineKind {
    Method,
    /// One that `statements` counts.
    Statement,
    /// A condition without a count of its own.
    Condition,
}

impl ContentHandler for CloverDocument {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let part = match (self.open.last(), element.name) {
            (None, _) => self.times(element, "generated", CloverElement::Other),
            (_, "project" | "testproject") if self.open.len() == 1 => {
                self.project = CloverTally::default();
                self.times(element, "timestamp", CloverElement::Project)
            }
            (_, "file") => self.file(element)?,
            (_, "line") => self.line(element)?,
            (Some(parent), "metrics") => self.metrics(*parent, element)?,
            _ => CloverElement::Other,
        };
        self.open.push(part);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(CloverElement::File) => self.end_of_file(),
            Some(CloverElement::Project) => self.end_of_project(),
            Some(CloverElement::Other) | None => {}
        }
        Ok(())
    }
}

impl CloverDocument {
    /// Seconds or milliseconds; what is no number says nothing.
    fn times(&mut self, element: &Element<'_>, name: &str, part: CloverElement) -> CloverElement {
        let number = element.value(name).and_then(|text| text.trim().parse().ok());
        number.into_iter().for_each(|number| self.gathered.times.number(number));
        part
    }

    /// PHPUnit writes the path as the name, and other writers write an empty path where they know
    /// none.
    fn file(&mut self, element: &Element<'_>) -> Result<CloverElement, ContentError> {
        if self.file.is_some() || !self.open.contains(&CloverElement::Project) {
            return Err("a file is inside another file, or outside any project".into());
        }
        let name = element.value("path").or(element.value("name")).ok_or("a file has no name")?;
        self.gathered.file(vec![name.to_string()]);
        self.file = Some(CloverFile { name: name.to_string(), ..CloverFile::default() });
        Ok(CloverElement::File)
    }

    fn line(&mut self, element: &Element<'_>) -> Result<CloverElement, ContentError> {
        let file = self.file.as_mut().ok_or("a line is outside any file")?;
        let (kind, hit) = match element.value("type").unwrap_or("stmt") {
            "stmt" => (CloverLineKind::Statement, read_hit(element.value("count"))?),
            "method" => (CloverLineKind::Method, read_hit(element.value("count"))?),
            "cond" if element.value("count").is_some() => {
                (CloverLineKind::Statement, read_hit(element.value("count"))?)
            }
            "cond" => {
                read_hit(element.value("falsecount"))?;
                (CloverLineKind::Condition, read_hit(element.value("truecount"))?)
            }
            other => {
                return Err(format!("`{}` is no type of a line that is known", shorten_text(other)).into());
            }
        };
        let line = read_line_number(element.value("num"))?.unwrap_or_default();
        file.records.push(CloverLine { line, kind, hit });
        Ok(CloverElement::Other)
    }

    fn metrics(
        &mut self,
        parent: CloverElement,
        element: &Element<'_>,
    ) -> Result<CloverElement, ContentError> {
        let claimed = match (parent, self.file.as_mut()) {
            (CloverElement::File, Some(file)) => &mut file.claimed,
            (CloverElement::Project, _) => &mut self.project.claimed,
            _ => return Ok(CloverElement::Other),
        };
        *claimed = CloverClaims {
            files: read_claim(element.value("files"))?,
            statements: read_claim(element.value("statements"))?,
            executed: read_claim(element.value("coveredstatements"))?,
        };
        Ok(CloverElement::Other)
    }

    fn end_of_file(&mut self) {
        let Some(mut file) = self.file.take() else { return };
        file.records.sort_unstable();
        let CloverLines { lines: all, executed } = file.lines();
        let records = file.records.len() as u64;
        let (claimed, name) = (file.claimed, &file.name);
        let said = compare_totals(name, (claimed.statements, records), (claimed.executed, executed));
        said.into_iter().for_each(|sentence| self.gathered.contradiction(sentence));
        self.project.files += 1;
        self.project.records += records;
        self.project.executed += executed;
        let lines = self.gathered.file(vec![file.name.clone()]);
        // What belongs to no line is numbered 0.
        let all = all.into_iter().filter(|(line, _)| *line > 0);
        all.for_each(|(line, hit)| lines.run(line, line, hit));
    }

    fn end_of_project(&mut self) {
        let CloverTally { files, records, executed, claimed } = std::mem::take(&mut self.project);
        let lines = (claimed.statements, records);
        let said = compare_totals("the project", lines, (claimed.executed, executed));
        let lost = claimed.files.filter(|claimed| *claimed > files);
        let lost = lost.map(|claimed| format!("the project claims {claimed} files and shows {files}"));
        said.into_iter().chain(lost).for_each(|sentence| self.gathered.contradiction(sentence));
    }
}

impl CloverFile {
    /// The lines that can be executed.
    fn lines(&self) -> CloverLines {
        let (alone, others) = self.methods();
        let [statements, conditions] =
            [CloverLineKind::Statement, CloverLineKind::Condition].map(|kind| self.of(kind));
        let claims = |records: usize| self.claimed.statements == Some(records as u64);
        let all = statements.len() + conditions.len() + alone.len() + others.len();
        let never = |records: Vec<CloverLine>| records.into_iter().filter(|record| !record.hit).collect();
        let (hidden, counted): (Vec<CloverLine>, Vec<CloverLine>) = match () {
            () if claims(statements.len()) => (Vec::new(), statements.clone()),
            () if claims(statements.len() + alone.len()) => {
                (alone.clone(), [statements.clone(), alone].concat())
            }
            () if claims(all) => {
                (self.believed([alone, others].concat()), [&*statements, &*conditions].concat())
            }
            () => (never([alone, others].concat()), statements.clone()),
        };
        let executed = counted.iter().filter(|record| record.hit).count() as u64;
        let lines = [statements, conditions, hidden].concat();
        CloverLines { lines: lines.into_iter().map(|record| (record.line, record.hit)).collect(), executed }
    }

    /// The methods that hide a statement each. ReportGenerator gives some of them the count of
    /// others: unless `coveredstatements` bears them out, none of them shows that it was executed.
    fn believed(&self, methods: Vec<CloverLine>) -> Vec<CloverLine> {
        let executed = self.records.iter().filter(|record| record.hit).count() as u64;
        let borne_out = self.claimed.executed == Some(executed);
        methods.into_iter().map(|record| CloverLine { hit: record.hit && borne_out, ..record }).collect()
    }

    fn of(&self, kind: CloverLineKind) -> Vec<CloverLine> {
        self.records.iter().copied().filter(|record| record.kind == kind).collect()
    }

    /// The methods without a statement behind them, and the others.
    fn methods(&self) -> (Vec<CloverLine>, Vec<CloverLine>) {
        let mut statement_follows = false;
        let (mut alone, mut others) = (Vec::new(), Vec::new());
        for record in self.records.iter().rev() {
            match record.kind {
                CloverLineKind::Method if statement_follows => others.push(*record),
                CloverLineKind::Method => alone.push(*record),
                CloverLineKind::Statement | CloverLineKind::Condition => {}
            }
            statement_follows = record.kind != CloverLineKind::Method;
        }
        (alone, others)
    }
}

/// The lines of a file that can be executed, each with whether it was, and how many statements that
/// `coveredstatements` counts were.
struct CloverLines {
    lines: Vec<(u32, bool)>,
    executed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_testrun::line_coverage::Reported;

    fn read(text: &str) -> Result<Reported, ReportError> {
        parse_clover(text.as_bytes()).map(GatheredCoverage::finish)
    }

    fn document(file: &str, claims: &str) -> String {
        format!(
            "<?xml version='1.0' encoding='UTF-8'?><coverage generated='1795926625' clover='3.2.0'><project timestamp='1795926625'>\
             <metrics {claims}/><package name='p'>{file}</package></project></coverage>"
        )
    }

    fn shown(file: &str) -> Vec<String> {
        let one = |file: portcullis_testrun::line_coverage::ReportedFile| {
            format!("{} {} / {}", file.names.join("|"), file.lines.hit, file.lines.executable)
        };
        read(&document(file, "")).unwrap().files.into_iter().map(one).collect()
    }

    fn said(file: &str, claims: &str) -> Vec<String> {
        read(&document(file, claims)).unwrap().contradictions
    }

    const ISTANBUL: &str = "<file name='load.js' path='/w/load.js'><metrics statements='3' coveredstatements='2'/>\
        <line num='4' count='1' type='cond' truecount='1' falsecount='1'/><line num='5' count='7' type='stmt'/>\
        <line num='6' count='0' type='cond' truecount='0' falsecount='2'/></file>";

    #[test]
    fn statements_and_conditions_that_have_a_count() {
        assert_eq!(shown(ISTANBUL), ["/w/load.js 4-5 / 4-6"]);
        assert_eq!(said(ISTANBUL, "files='1' statements='3' coveredstatements='2'"), Vec::<String>::new());
    }

    #[test]
    fn a_condition_without_a_count_was_executed_when_it_was_true() {
        // A `falsecount` is how often it was false, or how many branches were not taken; the
        // statement on line 5 tells.
        let file = "<file name='A.java' path='/w/A.java'><metrics statements='2' coveredstatements='2'/>\
            <line num='3' type='method' count='2' signature='f()'/><line num='4' type='stmt' count='2'/><line num='5' type='stmt' count='2'/>\
            <line num='5' type='cond' truecount='0' falsecount='2'/><line num='6' type='cond' truecount='0' falsecount='2'/>\
            <line num='7' type='cond' truecount='1' falsecount='0'/><line num='9' type='method' count='0'/></file>";
        assert_eq!(shown(file), ["/w/A.java 4-5, 7 / 4-7"]);
    }

    #[test]
    fn a_method_can_hide_the_statement_on_its_first_line() {
        // As ReportGenerator writes it: each line once, and `statements` counts them all.
        let file = "<file path='C:\\w\\A.cs' name='A.cs'><metrics statements='5' coveredstatements='3'/><line num='9' count='2' type='method'/>\
            <line num='10' count='2' type='stmt'/><line falsecount='0' truecount='2' num='11' type='cond'/>\
            <line num='14' count='0' type='method'/><line num='15' count='0' type='stmt'/></file>";
        assert_eq!(shown(file), ["C:\\w\\A.cs 9-11 / 9-11, 14-15"]);
        assert_eq!(said(file, "statements='5' coveredstatements='3'"), Vec::<String>::new());
        let altered = file.replace("num='14' count='0'", "num='14' count='1'");
        assert_eq!(shown(&altered), ["C:\\w\\A.cs 10-11 / 9-11, 14-15"]);
        let altered = file
            .replace("num='15' count='0'", "num='15' count='1'")
            .replace("num='14' count='0'", "num='14' count='1'");
        assert_eq!(shown(&altered), ["C:\\w\\A.cs 10-11, 15 / 9-11, 14-15"]);
        let altered = altered
            .replace("falsecount='0' truecount='2'", "falsecount='2' truecount='0'")
            .replace("coveredstatements='3'", "coveredstatements='1'");
        assert_eq!(said(&altered, ""), ["C:\\w\\A.cs claims 1 executed lines and shows 2"]);
    }

    #[test]
    fn two_statements_on_one_line_are_two_statements() {
        let file = "<file path='a.cpp'><metrics statements='4' coveredstatements='2'/><line num='2' type='stmt' count='0'/>\
            <line num='2' type='stmt' count='1'/><line num='3' type='stmt' count='0'/><line num='4' type='stmt' count='9'/></file>";
        assert_eq!(shown(file), ["a.cpp 2, 4 / 2-4"]);
        assert_eq!(said(file, "statements='4' coveredstatements='2'"), Vec::<String>::new());
    }

    /// As PHPUnit writes it: the methods of lines 24 and 26 are one line each.
    const PHPUNIT: &str = "<file name='/w/Load.php'><class name='Load'><metrics statements='900' coveredstatements='0'/></class>\
        <line num='8' type='method' count='1'/><line num='10' type='stmt' count='1'/><line num='19' type='method' count='0'/>\
        <line num='21' type='stmt' count='0'/><line num='24' type='method' count='1'/><line num='26' type='method' count='0'/>\
        <metrics statements='4' coveredstatements='2'/></file>";

    #[test]
    fn a_method_on_one_line_hides_its_statement_and_others_are_none() {
        assert_eq!(shown(PHPUNIT), ["/w/Load.php 10, 24 / 10, 21, 24, 26"]);
        assert_eq!(said(PHPUNIT, "files='1' statements='4' coveredstatements='2'"), Vec::<String>::new());
        for line in ["<line num='21' type='stmt'", "<line num='26' type='method'"] {
            let altered = PHPUNIT.replace(&format!("{line} count='0'"), &format!("{line} count='1'"));
            assert_eq!(said(&altered, ""), ["/w/Load.php claims 2 executed lines and shows 3"]);
        }
    }

    #[test]
    fn where_statements_are_hidden_elsewhere_a_method_that_never_ran_is_not_passed_over() {
        // One more is hidden, and nothing says behind which method.
        let file = PHPUNIT.replace("statements='4'", "statements='5'");
        assert_eq!(shown(&file), ["/w/Load.php 10 / 10, 19, 21, 26"]);
        let file = PHPUNIT.replace("<metrics statements='4' coveredstatements='2'/>", "");
        assert_eq!(shown(&file), ["/w/Load.php 10 / 10, 19, 21, 26"]);
    }

    #[test]
    fn a_file_has_a_path_or_its_name_is_one() {
        let line = "<line num='1' type='stmt' count='1'/>";
        let file = |attributes: &str| shown(&format!("<file {attributes}>{line}</file>"));
        assert_eq!(file("name='example.test/up/a.go' path=''"), ["example.test/up/a.go 1 / 1"]);
        assert_eq!(file("path='D:\\a\\up\\Load.cs' name='Load.cs'"), ["D:\\a\\up\\Load.cs 1 / 1"]);
        assert_eq!(file("name='src&#x2f;b.php'"), ["src/b.php 1 / 1"]);
        let twice = format!(
            "<file name='a'>{line}</file><file name='a'><line num='1' count='0'/><line num='2' count='0'/></file>"
        );
        assert_eq!(shown(&twice), ["a 1 / 1-2"]);
    }

    #[test]
    fn a_project_for_tests_is_read_like_the_other() {
        let text = document("", "").replace(
            "</project>",
            &format!("</project><testproject><metrics files='1'/>{ISTANBUL}</testproject>"),
        );
        let reported = read(&text).unwrap();
        assert_eq!((reported.files.len(), reported.contradictions.len()), (1, 0));
    }

    #[test]
    fn a_summary_that_says_otherwise_is_a_contradiction() {
        let altered = |from: &str, to: &str| said(&ISTANBUL.replacen(from, to, 1), "");
        assert_eq!(altered("statements='3'", "statements='4'"), ["/w/load.js claims 4 lines and shows 3"]);
        assert_eq!(
            altered("count='0' type", "count='1' type"),
            ["/w/load.js claims 2 executed lines and shows 3"]
        );
        assert_eq!(said(ISTANBUL, "files='2'"), ["the project claims 2 files and shows 1"]);
        assert_eq!(said(ISTANBUL, "statements='9'"), ["the project claims 9 lines and shows 3"]);
        assert_eq!(
            said(ISTANBUL, "coveredstatements='1'"),
            ["the project claims 1 executed lines and shows 2"]
        );
    }

    #[test]
    fn the_time_of_the_report_is_told() {
        let began = |text: &str| read(text).unwrap().times.began().map(|at| at.as_second());
        assert_eq!(began(&document(ISTANBUL, "")), Some(1_795_926_625));
        let milliseconds = document(ISTANBUL, "").replace("1795926625", "1795926622682");
        assert_eq!(began(&milliseconds), Some(1_795_926_622));
    }

    #[test]
    fn what_belongs_to_no_line_counts_as_none() {
        assert_eq!(
            shown("<file name='a'><line num='0' count='1'/><line num='2' count='0'/></file>"),
            ["a  / 2"]
        );
    }

    #[test]
    fn what_does_not_say_enough_is_refused() {
        for file in [
            "<file><line num='1' count='1'/></file>",
            "<file path='' name=''/>",
            "<file name='a'><line count='1'/></file>",
            "<file name='a'><line num='1'/></file>",
            "<file name='a'><line num='1' type='stmt' truecount='1' falsecount='1'/></file>",
            "<file name='a'><line num='1' type='cond' truecount='1'/></file>",
            "<file name='a'><line num='1' type='method'/></file>",
            "<file name='a'><line num='1' type='loop' count='1'/></file>",
            "<file name='a'><line num='x' count='1'/></file>",
            "<file name='a'><line num='-1' count='1'/></file>",
            "<file name='a'><line num='10000001' count='1'/></file>",
            "<file name='a'><line num='1' count='yes'/></file>",
            "<file name='a'><line num='1' count='1.0'/></file>",
            "<file name='a'><line num='1' count=''/></file>",
            "<file name='a'><metrics statements='many'/></file>",
            "<file name='a'><file name='b'/></file>",
            "<line num='1' count='1'/>",
        ] {
            assert!(read(&document(file, "")).is_err(), "{file}");
        }
    }
}
