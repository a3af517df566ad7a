//! SonarQube's generic coverage XML, version 1: gcovr, Devel::Cover, and converters for what
//! SonarQube does not read itself.
//!
//! It has one element for each line that can be executed, which says whether it was, and no
//! summary. Elements and words that SonarQube refuses (`GenericCoverageReportParser`) are refused
//! here too. A line that appears twice, as one of a template of C++ does, was executed if either
//! says so.

use super::CoverageParser;
use super::gathered::{GatheredCoverage, shorten_text};
use super::looks::begins_with;
use super::values::read_line_number;
use portcullis_report_shared::error::{ContentError, ReportError};
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml::{self, COVERAGE, ContentHandler, Element};
use portcullis_testrun::line_coverage::CoverageFormat;

/// The format.
pub static FORMAT: CoverageParser = CoverageParser {
    format: CoverageFormat::Sonarqube,
    detect: is_sonarqube_coverage,
    parse: parse_sonarqube_coverage,
};

fn is_sonarqube_coverage(bytes: &[u8]) -> bool {
    begins_with(bytes, "coverage", &["file"])
}

fn parse_sonarqube_coverage(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let mut document = SonarqubeCoverage::default();
    xml::read(Input::Whole(bytes), &["coverage"], COVERAGE, &mut document)?;
    Ok(document.gathered)
}

/// A document while it is read.
#[derive(Default)]
struct SonarqubeCoverage {
    gathered: GatheredCoverage,
    depth: usize,
    file: String,
}

impl ContentHandler for SonarqubeCoverage {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        match (self.depth, element.name) {
            (0, _) => check_version(element)?,
            (1, "file") => {
                self.file = element.value("path").ok_or("a file has no `path`")?.to_string();
                self.gathered.file(vec![self.file.clone()]);
            }
            (2, "linetocover") => self.line(element)?,
            (_, other) => {
                return Err(format!("an element `{}` does not belong there", shorten_text(other)).into());
            }
        }
        self.depth += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }
}

impl SonarqubeCoverage {
    fn line(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let number = read_line_number(element.value("linenumber"))?;
        let covered = element.value("covered").ok_or("a line does not say whether it is covered")?;
        let hit = match covered.to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => return Err(format!("`{}` is neither true nor false", shorten_text(covered)).into()),
        };
        let file = self.gathered.file(vec![self.file.clone()]);
        number.into_iter().for_each(|number| file.run(number, number, hit));
        Ok(())
    }
}

fn check_version(element: &Element<'_>) -> Result<(), ContentError> {
    match element.value("version") {
        Some("1") => Ok(()),
        Some(other) => {
            Err(format!("it is of version `{}`, and only version 1 is known", shorten_text(other)).into())
        }
        None => Err("it does not say which version it is of".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(inner: &str) -> Result<Vec<String>, ReportError> {
        let text =
            format!("<?xml version='1.0' encoding='utf-8'?>\n<coverage version=\"1\">{inner}</coverage>");
        let reported = parse_sonarqube_coverage(text.as_bytes())?.finish();
        assert_eq!(reported.contradictions, Vec::<String>::new());
        let shown = |file: &portcullis_testrun::line_coverage::ReportedFile| {
            format!("{} {} / {}", file.names.join("|"), file.lines.hit, file.lines.executable)
        };
        Ok(reported.files.iter().map(shown).collect())
    }

    #[test]
    fn a_line_says_whether_it_is_covered() {
        let inner = "<file path='src/load.cpp'><lineToCover lineNumber='2' covered='true'/>\n\
            <lineToCover lineNumber='3' covered='FALSE' branchesToCover='2' coveredBranches='1'/></file><file path='empty.c'/>";
        assert_eq!(files(inner).unwrap(), ["empty.c  / ", "src/load.cpp 2 / 2-3"]);
    }

    #[test]
    fn a_line_or_file_that_stands_twice_adds_up() {
        let inner = "<file path='a'><lineToCover lineNumber='2' covered='true'/><lineToCover lineNumber='2' covered='false'/></file>\
            <file path='a'><lineToCover lineNumber='3' covered='false'/><lineToCover lineNumber='3' covered='true'/>\
            <lineToCover lineNumber='4' covered='false'/></file>";
        assert_eq!(files(inner).unwrap(), ["a 2-3 / 2-4"]);
    }

    #[test]
    fn names_are_taken_as_they_stand() {
        for name in ["/w/a.c", "C:\\w\\a.c", "src\\a.c", "./a.c"] {
            assert_eq!(files(&format!("<file path='{name}'/>")).unwrap(), [format!("{name}  / ")]);
        }
    }

    #[test]
    fn what_does_not_say_enough_is_refused() {
        for inner in [
            "<file/>",
            "<file path=''/>",
            "<file path='a'><lineToCover covered='true'/></file>",
            "<file path='a'><lineToCover lineNumber='1'/></file>",
            "<file path='a'><lineToCover lineNumber='1' covered='1'/></file>",
            "<file path='a'><lineToCover lineNumber='1' covered='yes'/></file>",
            "<file path='a'><lineToCover lineNumber='1' covered=' true'/></file>",
            "<file path='a'><lineToCover lineNumber='-1' covered='true'/></file>",
            "<file path='a'><lineToCover lineNumber='1e3' covered='true'/></file>",
            "<file path='a'><line lineNumber='1' covered='true'/></file>",
            "<file path='a'><file path='b'/></file>",
            "<lineToCover lineNumber='1' covered='true'/>",
            "<project/>",
        ] {
            assert!(files(inner).is_err(), "{inner}");
        }
        for root in ["<coverage>", "<coverage version='2'>", "<coverage version='1.0'>"] {
            let text = format!(
                "{root}<file path='a'><lineToCover lineNumber='1' covered='true'/></file></coverage>"
            );
            assert!(parse_sonarqube_coverage(text.as_bytes()).is_err(), "{root}");
        }
    }
}
