//! Cobertura XML (coverage-04.dtd): coverage.py, gcovr, coverlet, istanbul, and many converters.
//!
//! `filename` is relative to one of the `source` directories, and nothing says to which. Each is a
//! name that the file may have; who maps them sees whether that leaves a choice. The `lines` of a
//! class are its lines. Those of its `methods` repeat some of them, or are others: istanbul writes
//! the line where a function is declared, with how often it was called. They count only in a class
//! that has no lines of its own.
//!
//! The DTD does not say what `lines-valid` and `lines-covered` count: a line once, once for each
//! class or instance, or once for each method. A report that claims more lines than any of these
//! ways gives has lost some, and one that shows more executed lines than it claims was altered.
//! PHPUnit counts lines outside of functions and never shows them: a file that has some (its share
//! is another than that of the lines shown) is left out, so that they are not taken for lines
//! without code.
//!
//! Clover and SonarQube have a root of the same name; the element within it tells them apart.

use super::CoverageParser;
use super::gathered::{GatheredCoverage, is_hit, line_number, shorten_text};
use super::looks::first_elements;
use portcullis_report_shared::error::{ContentError, ReportError};
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml::{self, COVERAGE, ContentHandler, Element};
use portcullis_testrun::line_coverage::{CoverageFormat, is_absolute};
use portcullis_testrun::own_times::OwnTimes;
use std::collections::{BTreeMap, BTreeSet};

/// The format.
pub static FORMAT: CoverageParser =
    CoverageParser { format: CoverageFormat::Cobertura, detect: is_cobertura, parse: parse_cobertura };

/// Clover, SonarQube and NCover have a root of the same name.
fn is_cobertura(bytes: &[u8]) -> bool {
    first_elements(bytes).is_some_and(|(root, first)| {
        root == "coverage" && !matches!(first.as_deref(), Some("project" | "testproject" | "file" | "module"))
    })
}

fn parse_cobertura(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let mut document = CoberturaDocument::default();
    xml::read(Input::Whole(bytes), &["coverage"], COVERAGE, &mut document)?;
    document.finish().map_err(ReportError::whole)
}

/// A document while it is read.
#[derive(Default)]
struct CoberturaDocument {
    open: Vec<CoberturaElement>,
    sources: Vec<String>,
    packages: bool,
    files: BTreeMap<String, BTreeMap<u32, bool>>,
    current: Option<CoberturaClass>,
    records: CoberturaTally,
    claimed: CoberturaClaims,
    times: OwnTimes,
    /// PHPUnit wrote it.
    by_phpunit: bool,
    package: CoberturaPackage,
}

/// An open package. Those of PHPUnit are files.
#[derive(Default)]
struct CoberturaPackage {
    /// The share of its lines that were executed, from 0 to 1, as it says.
    share: Option<f64>,
    files: BTreeSet<String>,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CoberturaElement {
    Source,
    Class,
    Methods,
    Package,
    Other,
}

/// An open class.
struct CoberturaClass {
    file: String,
    lines: Vec<(u32, bool)>,
    /// The lines of its methods.
    of_methods: Vec<(u32, bool)>,
    in_methods: bool,
}

#[derive(Default)]
struct CoberturaTally {
    lines: u64,
    hit: u64,
    /// Lines of methods, whether they count or not.
    of_methods: u64,
}

#[derive(Default)]
struct CoberturaClaims {
    lines: Option<u64>,
    hit: Option<u64>,
}

impl ContentHandler for CoberturaDocument {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let part = match (self.open.len(), element.name) {
            (0, _) => self.root(element)?,
            (1, "project" | "file") => {
                return Err("it is a report of Clover or SonarQube, and none of Cobertura".into());
            }
            (1, "packages") => {
                self.packages = true;
                CoberturaElement::Other
            }
            (_, "source") => {
                self.sources.push(String::new());
                CoberturaElement::Source
            }
            (_, "class") => self.class(element)?,
            (_, "methods") => self.methods(true),
            (_, "package") => self.package(element),
            (_, "line") => self.line(element)?,
            _ => CoberturaElement::Other,
        };
        self.open.push(part);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(CoberturaElement::Class) => self.end_of_class(),
            Some(CoberturaElement::Methods) => drop(self.methods(false)),
            Some(CoberturaElement::Package) => self.end_of_package(),
            Some(CoberturaElement::Source | CoberturaElement::Other) | None => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ContentError> {
        if let (Some(CoberturaElement::Source), Some(source)) = (self.open.last(), self.sources.last_mut()) {
            source.push_str(text);
        }
        Ok(())
    }
}

impl CoberturaDocument {
    fn root(&mut self, element: &Element<'_>) -> Result<CoberturaElement, ContentError> {
        let count = |name: &str| element.value(name).map(read_claim).transpose();
        // No other writer is known to say so.
        self.by_phpunit = element.value("version") == Some("0.4");
        self.claimed = CoberturaClaims { lines: count("lines-valid")?, hit: count("lines-covered")? };
        // Seconds or milliseconds; what is no number says nothing.
        let stamp = element.value("timestamp").and_then(|text| text.trim().parse().ok());
        stamp.into_iter().for_each(|number| self.times.number(number));
        Ok(CoberturaElement::Other)
    }

    fn class(&mut self, element: &Element<'_>) -> Result<CoberturaElement, ContentError> {
        if self.current.is_some() {
            return Err("a class is inside another class".into());
        }
        let name = element.attribute("filename").ok_or("a class has no `filename`")?;
        self.files.entry(name.to_string()).or_default();
        if self.by_phpunit {
            self.package.files.insert(name.to_string());
        }
        let (lines, of_methods) = (Vec::new(), Vec::new());
        self.current = Some(CoberturaClass { file: name.to_string(), lines, of_methods, in_methods: false });
        Ok(CoberturaElement::Class)
    }

    fn package(&mut self, element: &Element<'_>) -> CoberturaElement {
        let share = element.value("line-rate").and_then(|share| share.parse().ok());
        self.package = CoberturaPackage { share: share.filter(|_| self.by_phpunit), files: BTreeSet::new() };
        CoberturaElement::Package
    }

    fn end_of_package(&mut self) {
        let CoberturaPackage { share, files } = std::mem::take(&mut self.package);
        let Some(share) = share else { return };
        let lines = || files.iter().filter_map(|name| self.files.get(name)).flat_map(BTreeMap::values);
        let (all, hit) = (lines().count() as f64, lines().filter(|hit| **hit).count() as f64);
        // It writes fourteen digits.
        if (hit - share * all).abs() > 1e-6 || (all == 0.0 && share > 0.0) {
            files.iter().for_each(|name| drop(self.files.remove(name)));
        }
    }

    /// The methods of a class begin or end.
    fn methods(&mut self, begin: bool) -> CoberturaElement {
        match &mut self.current {
            Some(class) => class.in_methods = begin,
            None => return CoberturaElement::Other,
        }
        CoberturaElement::Methods
    }

    fn line(&mut self, element: &Element<'_>) -> Result<CoberturaElement, ContentError> {
        let class = self.current.as_mut().ok_or("a line is outside any class")?;
        let number = line_number(element.value("number").ok_or("a line has no `number`")?)?;
        let hit = is_hit(element.value("hits").ok_or("a line has no `hits`")?)?;
        let lines = if class.in_methods { &mut class.of_methods } else { &mut class.lines };
        lines.push((number, hit));
        Ok(CoberturaElement::Other)
    }

    fn end_of_class(&mut self) {
        let Some(class) = self.current.take() else { return };
        self.records.of_methods += class.of_methods.len() as u64;
        self.records.lines += class.lines.len() as u64;
        self.records.hit += class.lines.iter().filter(|(_, hit)| *hit).count() as u64;
        let lines = if class.lines.is_empty() { class.of_methods } else { class.lines };
        let file = self.files.entry(class.file).or_default();
        lines.into_iter().for_each(|(line, hit)| *file.entry(line).or_default() |= hit);
    }

    fn finish(self) -> Result<GatheredCoverage, ContentError> {
        if !self.packages {
            return Err("it has no `packages`, so it is not Cobertura's".into());
        }
        let contradictions = self.contradictions();
        let sources: Vec<&str> = self.sources.iter().map(|source| source.trim()).collect();
        let mut gathered = GatheredCoverage::default();
        gathered.times.add(&self.times);
        // What compilers make by themselves may lie in no file.
        for (name, lines) in self.files.iter().filter(|(name, _)| !name.is_empty()) {
            let file = gathered.file(possible_names(&sources, name));
            lines.iter().for_each(|(line, hit)| file.run(*line, *line, *hit));
        }
        contradictions.into_iter().for_each(|said| gathered.contradiction(said));
        Ok(gathered)
    }

    fn contradictions(&self) -> Vec<String> {
        let all = || self.files.values().flat_map(BTreeMap::values);
        let (lines, hit) = (all().count() as u64, all().filter(|hit| **hit).count() as u64);
        let most = self.records.lines.max(self.records.of_methods);
        let missing = self.claimed.lines.filter(|claimed| *claimed > most && !self.by_phpunit);
        let added = self.claimed.hit.filter(|claimed| *claimed < self.records.hit.min(hit));
        let missing = missing.map(|claimed| format!("it claims {claimed} lines and shows {lines}"));
        let added = added.map(|claimed| format!("it claims {claimed} executed lines and shows {hit}"));
        missing.into_iter().chain(added).collect()
    }
}

fn read_claim(value: &str) -> Result<u64, ContentError> {
    value.trim().parse().map_err(|_| format!("`{}` is not a number of lines", shorten_text(value)).into())
}

/// Every name that a file may have. An empty source and `.` are the working directory. coverlet
/// ends a source with a separator.
fn possible_names(sources: &[&str], name: &str) -> Vec<String> {
    let sources = if is_absolute(name) || sources.is_empty() { &[""] } else { sources };
    let joined = |source: &&str| match source.trim_end_matches(['/', '\\']) {
        "" if source.starts_with(['/', '\\']) => format!("/{name}"),
        "" | "." => name.to_string(),
        source => format!("{source}/{name}"),
    };
    sources.iter().map(joined).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_testrun::line_coverage::Reported;

    fn read(text: &str) -> Result<Reported, ReportError> {
        parse_cobertura(text.as_bytes()).map(GatheredCoverage::finish)
    }

    fn document(claims: &str, sources: &[&str], classes: &str) -> String {
        let sources: String = sources.iter().map(|source| format!("<source>{source}</source>")).collect();
        format!(
            "<?xml version='1.0'?>\n<!DOCTYPE coverage SYSTEM 'http://example.test/coverage-04.dtd'>\n\
             <coverage line-rate='0.5' {claims}><sources>{sources}</sources><packages><package name='p'><classes>{classes}\
             </classes></package></packages></coverage>"
        )
    }

    const CLASS: &str = "<class filename='a.py'><methods><method><lines><line number='1' hits='0'/><line number='2' hits='9999999999'/>\
        </lines></method></methods><lines><line number='1' hits='0'/><line number='2' hits='9999999999'/><line number='4' hits='0' branch='true'>\
        <conditions><condition number='0'/></conditions></line></lines></class>";

    fn names_of(sources: &[&str], name: &str) -> Vec<String> {
        let class = format!("<class filename='{name}'><lines/></class>");
        read(&document("", sources, &class)).unwrap().files.remove(0).names
    }

    #[test]
    fn lines_of_methods_and_classes_are_the_same_lines() {
        let text = document("lines-valid='3' lines-covered='1'", &[], CLASS);
        let reported = read(&text).unwrap();
        let lines = &reported.files[0].lines;
        assert_eq!((lines.executable.to_string(), lines.hit.to_string()), ("1-2, 4".into(), "2".into()));
        assert_eq!(reported.contradictions, Vec::<String>::new());
    }

    #[test]
    fn a_file_may_lie_in_any_source() {
        assert_eq!(names_of(&["/w/src", "/w/lib/"], "a.py"), ["/w/lib/a.py", "/w/src/a.py"]);
        assert_eq!(names_of(&["."], "a.py"), ["a.py"]);
        assert_eq!(names_of(&[""], "a.py"), ["a.py"]);
        assert_eq!(names_of(&["/"], "w/a.py"), ["/w/a.py"]);
        assert_eq!(names_of(&[" /w&amp;x "], "a.py"), ["/w&x/a.py"]);
        assert_eq!(names_of(&["/w"], "/other/a.py"), ["/other/a.py"]);
    }

    #[test]
    fn a_summary_that_says_otherwise_is_a_contradiction() {
        let said = |claims: &str| read(&document(claims, &[], CLASS)).unwrap().contradictions;
        assert_eq!(said("lines-valid='6'"), ["it claims 6 lines and shows 3"]);
        assert_eq!(said("lines-covered='0'"), ["it claims 0 executed lines and shows 1"]);
    }

    #[test]
    fn what_is_not_coberturas_is_refused() {
        let entity = document("", &[], "&x;").replace("SYSTEM", "[<!ENTITY x 'y'>] SYSTEM");
        for text in [
            "<coverage generated='1' clover='4'><project><file path='a'><line num='1' count='1'/></file></project></coverage>",
            "<coverage version='1'><file path='a'><lineToCover lineNumber='1' covered='true'/></file></coverage>",
            "<coverage/>",
            &document("", &[], "<class><lines/></class>"),
            &document("", &[], "<line number='1' hits='1'/>"),
            &document("", &[], "<class filename='a'><lines><line number='1'/></lines></class>"),
            &document("lines-valid='many'", &[], CLASS),
            &entity,
            &document("", &[], CLASS)[..300],
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
