//! JaCoCo XML (report.dtd): Java, Kotlin and whatever else runs on a JVM.
//!
//! A source file is known by its package and its name, so it needs `add`, the source directory of
//! its module. Where modules are reported together, as `group`s, the names of the groups come
//! first: `module/org/example/Load.java`. A line counts when it has instructions, and is executed
//! when at least one of them was. A line that does not say is an error.

use super::CoverageParser;
use super::gathered::{GatheredCoverage, line_number, shorten_text};
use portcullis_report_shared::error::{ContentError, ReportError};
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml::{self, COVERAGE, ContentHandler, Element};
use portcullis_testrun::line_coverage::CoverageFormat;

/// The format.
pub static FORMAT: CoverageParser =
    CoverageParser { format: CoverageFormat::Jacoco, detect: is_jacoco, parse: parse_jacoco };

fn is_jacoco(bytes: &[u8]) -> bool {
    xml::root(bytes).as_deref() == Some("report")
}

fn parse_jacoco(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let mut document = JacocoDocument::default();
    xml::read(Input::Whole(bytes), &["report"], COVERAGE, &mut document)?;
    Ok(document.gathered)
}

/// A document while it is read.
#[derive(Default)]
struct JacocoDocument {
    gathered: GatheredCoverage,
    open: Vec<JacocoElement>,
    /// The names of the open groups and package.
    names: Vec<String>,
    file: Option<SourceFile>,
}

/// The greatest line that byte code can name. The Kotlin compiler gives it to code of its own.
const LAST_OF_JVM: u32 = 65_535;

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum JacocoElement {
    Named,
    SourceFile,
    Other,
}

#[derive(Default)]
struct SourceFile {
    name: String,
    lines: u64,
    hit: u64,
    claimed: Option<(u64, u64)>,
}

impl ContentHandler for JacocoDocument {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let part = match element.name {
            "group" | "package" => {
                self.names
                    .push(element.attribute("name").ok_or("a package or group has no name")?.to_string());
                JacocoElement::Named
            }
            "sourcefile" => self.source_file(element)?,
            "line" => self.line(element)?,
            "counter" => self.counter(element)?,
            "sessioninfo" => self.session(element),
            _ => JacocoElement::Other,
        };
        self.open.push(part);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(JacocoElement::Named) => drop(self.names.pop()),
            Some(JacocoElement::SourceFile) => self.end_of_file(),
            Some(JacocoElement::Other) | None => {}
        }
        Ok(())
    }
}

impl JacocoDocument {
    /// When a program began that was measured, and when it told what it had executed.
    fn session(&mut self, element: &Element<'_>) -> JacocoElement {
        let numbers = ["start", "dump"].map(|name| element.value(name)?.trim().parse().ok());
        numbers.into_iter().flatten().for_each(|number| self.gathered.times.number(number));
        JacocoElement::Other
    }

    fn source_file(&mut self, element: &Element<'_>) -> Result<JacocoElement, ContentError> {
        if self.file.is_some() {
            return Err("a source file is inside another source file".into());
        }
        let name = element.value("name").ok_or("a source file has no name")?;
        let parts = self.names.iter().map(String::as_str).filter(|part| !part.is_empty());
        let name = parts.chain([name]).collect::<Vec<_>>().join("/");
        self.gathered.file(vec![name.clone()]);
        self.file = Some(SourceFile { name, ..SourceFile::default() });
        Ok(JacocoElement::SourceFile)
    }

    fn line(&mut self, element: &Element<'_>) -> Result<JacocoElement, ContentError> {
        let file = self.file.as_mut().ok_or("a line is outside any source file")?;
        let number = match line_number(element.value("nr").ok_or("a line has no `nr`")?)? {
            LAST_OF_JVM => 0,
            number => number,
        };
        let count =
            |name: &str| number_of(element.value(name).ok_or("a line does not say how much of it ran")?);
        let (missed, covered) = (count("mi")?, count("ci")?);
        if missed > 0 || covered > 0 {
            file.lines += 1;
            file.hit += u64::from(covered > 0);
            self.gathered.file(vec![file.name.clone()]).run(number, number, covered > 0);
        }
        Ok(JacocoElement::Other)
    }

    /// Only that of the lines of a whole file.
    fn counter(&mut self, element: &Element<'_>) -> Result<JacocoElement, ContentError> {
        let of_file =
            self.open.last() == Some(&JacocoElement::SourceFile) && element.value("type") == Some("LINE");
        if let Some(file) = self.file.as_mut().filter(|_| of_file) {
            let count = |name: &str| number_of(element.value(name).ok_or("a counter counts nothing")?);
            file.claimed = Some((count("missed")?, count("covered")?));
        }
        Ok(JacocoElement::Other)
    }

    fn end_of_file(&mut self) {
        let Some(SourceFile { name, lines, hit, claimed }) = self.file.take() else { return };
        let Some((missed, covered)) = claimed else { return };
        let claimed = missed.saturating_add(covered);
        if claimed > lines {
            self.gathered.contradiction(format!("{name} claims {claimed} lines and shows {lines}"));
        }
        if covered < hit {
            self.gathered.contradiction(format!("{name} claims {covered} executed lines and shows {hit}"));
        }
    }
}

fn number_of(text: &str) -> Result<u64, ContentError> {
    text.parse().map_err(|_| format!("`{}` is not a count", shorten_text(text)).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_testrun::line_coverage::Reported;

    fn read(text: &str) -> Result<Reported, ReportError> {
        parse_jacoco(text.as_bytes()).map(GatheredCoverage::finish)
    }

    fn document(inner: &str) -> String {
        format!(
            "<?xml version='1.0' encoding='UTF-8' standalone='yes'?><!DOCTYPE report PUBLIC '-//JACOCO//DTD Report 1.1//EN' 'report.dtd'>\
             <report name='r'><sessioninfo id='x' start='1' dump='2'/>{inner}<counter type='LINE' missed='900' covered='0'/></report>"
        )
    }

    const FILE: &str = "<sourcefile name='Load.java'><line nr='3' mi='2' ci='0' mb='0' cb='0'/><line nr='4' mi='1' ci='1' mb='1' cb='1'/>\
        <line nr='6' mi='0' ci='0' mb='0' cb='0'/><counter type='LINE' missed='1' covered='1'/></sourcefile>";

    fn package(inner: &str) -> String {
        document(&format!("<package name='org/example'>{inner}</package>"))
    }

    #[test]
    fn a_line_is_executed_when_one_instruction_was() {
        let reported = read(&package(FILE)).unwrap();
        let file = &reported.files[0];
        assert_eq!(file.names, ["org/example/Load.java"]);
        assert_eq!(
            (file.lines.executable.to_string(), file.lines.hit.to_string()),
            ("3-4".into(), "4".into())
        );
        assert_eq!(reported.contradictions, Vec::<String>::new());
    }

    #[test]
    fn groups_come_before_packages() {
        let module = |name: &str| format!("<group name='{name}'><package name='p'>{FILE}</package></group>");
        let text = document(&format!("<group name='all'>{}{}</group>", module("a"), module("b")));
        let names: Vec<String> = read(&text).unwrap().files.into_iter().flat_map(|file| file.names).collect();
        assert_eq!(names, ["all/a/p/Load.java", "all/b/p/Load.java"]);
        let unnamed = read(&document(&format!("<package name=''>{FILE}</package>"))).unwrap();
        assert_eq!(unnamed.files[0].names, ["Load.java"]);
    }

    #[test]
    fn a_summary_that_says_otherwise_is_a_contradiction() {
        let said = |counter: &str| {
            read(&package(&FILE.replace("missed='1' covered='1'", counter))).unwrap().contradictions
        };
        assert_eq!(said("missed='2' covered='1'"), ["org/example/Load.java claims 3 lines and shows 2"]);
        assert_eq!(
            said("missed='2' covered='0'"),
            ["org/example/Load.java claims 0 executed lines and shows 1"]
        );
    }

    #[test]
    fn what_does_not_say_enough_is_refused() {
        for inner in [
            "<sourcefile name='A'><line nr='1' mb='0' cb='0'/></sourcefile>",
            "<sourcefile name='A'><line nr='1' mi='0'/></sourcefile>",
            "<sourcefile name='A'><line nr='1' mi='-1' ci='1'/></sourcefile>",
            "<sourcefile><line nr='1' mi='0' ci='1'/></sourcefile>",
            "<line nr='1' mi='0' ci='1'/>",
            "<sourcefile name='A'>",
        ] {
            assert!(read(&package(inner)).is_err(), "{inner}");
        }
    }
}
