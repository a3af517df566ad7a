//! OpenCover XML: OpenCover, coverlet and AltCover, for .NET.
//!
//! A module lists its files with numbers, and its methods have sequence points: a number of a file,
//! a first and a last line (`sl`, `el`) and how often it was visited (`vc`). A point can reach over
//! many lines and hold others within it, such as the statements of a lambda. So of the points that
//! reach over a line the shortest ones decide: that the outer one was visited says nothing of the
//! lines of an inner one. Points that no source belongs to have line 0, 0xfeefee or 0xf00f00.
//!
//! `numSequencePoints` and `visitedSequencePoints` of the session and of each method are held
//! against the points. `ModuleTime` is when the module was built, and so no time of the run.

use super::CoverageParser;
use super::gathered::{GatheredCoverage, GatheredFile, shorten_text};
use super::values::{compare_totals, read_claim, read_hit, read_line_number};
use portcullis_report_shared::error::{ContentError, ReportError};
use portcullis_report_shared::input::Input;
use portcullis_report_shared::xml::{self, COVERAGE, ContentHandler, Element};
use portcullis_testrun::line_coverage::CoverageFormat;
use std::collections::BTreeMap;

/// The format.
pub static FORMAT: CoverageParser =
    CoverageParser { format: CoverageFormat::Opencover, detect: is_opencover, parse: parse_opencover };

/// The lines of points that the compilers of .NET made and that belong to no source: 0xfeefee and
/// 0xf00f00.
const HIDDEN: [&str; 2] = ["16707566", "15732480"];

fn is_opencover(bytes: &[u8]) -> bool {
    xml::root(bytes).as_deref() == Some("coveragesession")
}

fn parse_opencover(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let mut document = OpencoverDocument::default();
    xml::read(Input::Whole(bytes), &["coveragesession"], COVERAGE, &mut document)?;
    Ok(document.finish())
}

/// A document while it is read.
#[derive(Default)]
struct OpencoverDocument {
    gathered: GatheredCoverage,
    open: Vec<OpencoverElement>,
    session: OpencoverTally,
    /// The files of the open module, by their numbers.
    module: BTreeMap<String, String>,
    method: OpencoverMethod,
    points: BTreeMap<String, Vec<SequencePoint>>,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OpencoverElement {
    Session,
    Module,
    Method,
    Other,
}

#[derive(Clone, Copy, Default)]
struct OpencoverTally {
    points: u64,
    visited: u64,
    claimed: (Option<u64>, Option<u64>),
}

/// The open method.
#[derive(Default)]
struct OpencoverMethod {
    shown: OpencoverTally,
    /// The number of the file that it lies in, for points that do not say.
    file: Option<String>,
    points: Vec<(PointFile, SequencePoint)>,
}

/// Which file a point lies in.
enum PointFile {
    Number(String),
    Name(String),
    OfMethod,
}

/// A sequence point that has lines.
#[derive(Clone, Copy)]
struct SequencePoint {
    first: u32,
    last: u32,
    hit: bool,
}

impl ContentHandler for OpencoverDocument {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let part = match (self.open.last(), element.name) {
            (None, _) => OpencoverElement::Session,
            (_, "module") => self.module()?,
            (_, "method") => self.method()?,
            (_, "file") => self.file(element)?,
            (Some(OpencoverElement::Method), "fileref") => {
                self.method.file = element.value("uid").map(str::to_string);
                OpencoverElement::Other
            }
            (_, "sequencepoint") => self.point(element)?,
            (Some(OpencoverElement::Session), "summary") => read_summary(element, &mut self.session)?,
            (Some(OpencoverElement::Method), "summary") => read_summary(element, &mut self.method.shown)?,
            _ => OpencoverElement::Other,
        };
        self.open.push(part);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(OpencoverElement::Method) => self.end_of_method(),
            _ => Ok(()),
        }
    }
}

impl OpencoverDocument {
    fn module(&mut self) -> Result<OpencoverElement, ContentError> {
        if self.open.contains(&OpencoverElement::Module) {
            return Err("a module is inside another module".into());
        }
        self.module.clear();
        Ok(OpencoverElement::Module)
    }

    fn method(&mut self) -> Result<OpencoverElement, ContentError> {
        if self.open.contains(&OpencoverElement::Method) {
            return Err("a method is inside another method".into());
        }
        self.method = OpencoverMethod::default();
        Ok(OpencoverElement::Method)
    }

    fn file(&mut self, element: &Element<'_>) -> Result<OpencoverElement, ContentError> {
        let number = element.value("uid").ok_or("a file has no `uid`")?;
        let name = element.value("fullpath").ok_or("a file has no `fullPath`")?;
        let before = self.module.insert(number.to_string(), name.to_string());
        if before.is_some_and(|before| before != name) {
            return Err(format!("two files of a module have the number `{}`", shorten_text(number)).into());
        }
        self.points.entry(name.to_string()).or_default();
        Ok(OpencoverElement::Other)
    }

    fn point(&mut self, element: &Element<'_>) -> Result<OpencoverElement, ContentError> {
        if !self.open.contains(&OpencoverElement::Method) {
            return Err("a sequence point is outside any method".into());
        }
        let hit = read_hit(element.value("vc"))?;
        self.method.shown.points += 1;
        self.method.shown.visited += u64::from(hit);
        let number = |name: &str| {
            element.value(name).filter(|text| !HIDDEN.contains(text)).map(|text| read_line_number(Some(text)))
        };
        let Some(first) = number("sl").transpose()?.flatten() else {
            // It has to say that it has no line.
            return element
                .value("sl")
                .map(|_| OpencoverElement::Other)
                .ok_or_else(|| "a sequence point has no `sl`".into());
        };
        let last = number("el").transpose()?.flatten().unwrap_or(first);
        if last < first {
            return Err("a sequence point ends before it begins".into());
        }
        let named =
            || element.value("url").map_or(PointFile::OfMethod, |url| PointFile::Name(url.to_string()));
        let numbered = element.value("fileid").filter(|number| *number != "0");
        let place = numbered.map_or_else(named, |number| PointFile::Number(number.to_string()));
        self.method.points.push((place, SequencePoint { first, last, hit }));
        Ok(OpencoverElement::Other)
    }

    fn end_of_method(&mut self) -> Result<(), ContentError> {
        let OpencoverMethod { shown, file, points } = std::mem::take(&mut self.method);
        for (place, point) in points {
            let name = match &place {
                PointFile::Name(name) => Some(name),
                PointFile::Number(number) => self.module.get(number),
                PointFile::OfMethod => file.as_ref().and_then(|number| self.module.get(number)),
            };
            let name = name.ok_or("a sequence point lies in a file that its module does not list")?;
            self.points.entry(name.clone()).or_default().push(point);
        }
        self.session.points += shown.points;
        self.session.visited += shown.visited;
        self.say("a method", shown);
        Ok(())
    }

    fn say(&mut self, whose: &str, shown: OpencoverTally) {
        let said = compare_totals(whose, (shown.claimed.0, shown.points), (shown.claimed.1, shown.visited));
        said.into_iter()
            .for_each(|sentence| self.gathered.contradiction(sentence.replace("lines", "sequence points")));
    }

    fn finish(mut self) -> GatheredCoverage {
        self.say("the session", self.session);
        for (name, points) in &self.points {
            mark_lines(points, self.gathered.file(vec![name.clone()]));
        }
        self.gathered
    }
}

fn read_summary(element: &Element<'_>, shown: &mut OpencoverTally) -> Result<OpencoverElement, ContentError> {
    let count = |name: &str| read_claim(element.value(name));
    shown.claimed = (count("numsequencepoints")?, count("visitedsequencepoints")?);
    Ok(OpencoverElement::Other)
}

/// Gives each line what the shortest points over it say; of equally short ones a visited one is
/// enough.
///
/// One pass over the places where points begin and end, with the points that are open there.
fn mark_lines(points: &[SequencePoint], file: &mut GatheredFile) {
    let mut edges: Vec<(u32, bool, (u32, bool))> = Vec::new();
    for SequencePoint { first, last, hit } in points {
        let rank = (last - first, !hit);
        edges.extend([(*first, true, rank), (last + 1, false, rank)]);
    }
    edges.sort_unstable();
    let mut open: BTreeMap<(u32, bool), u64> = BTreeMap::new();
    let mut from = 0;
    for (at, begins, rank) in edges {
        if let Some(((_, missed), _)) = open.first_key_value().filter(|_| from < at) {
            file.run(from, at - 1, !missed);
        }
        from = at;
        let count = open.get(&rank).copied().unwrap_or_default();
        match if begins { count + 1 } else { count.saturating_sub(1) } {
            0 => open.remove(&rank),
            count => open.insert(rank, count),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_testrun::line_coverage::Reported;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Reported, ReportError> {
        parse_opencover(text.as_bytes()).map(GatheredCoverage::finish)
    }

    fn session(inner: &str) -> String {
        format!(
            "<?xml version='1.0' encoding='utf-8'?><CoverageSession xmlns:xsd='x'><Summary numSequencePoints='0' visitedSequencePoints='9'/>\
             <Modules><Module hash='A'><ModuleTime>2001-01-01T00:00:00Z</ModuleTime><Files><File uid='1' fullPath='C:\\w\\Load.cs'/>\
             <File uid='2' fullPath='/w/Drop.cs'/></Files><Classes><Class><Summary numSequencePoints='900'/><Methods>{inner}</Methods></Class>\
             </Classes></Module></Modules></CoverageSession>"
        )
    }

    fn method(points: &str) -> String {
        session(&format!("<Method><FileRef uid='1'/><SequencePoints>{points}</SequencePoints></Method>"))
    }

    fn shown(text: &str) -> Vec<String> {
        let one = |file: portcullis_testrun::line_coverage::ReportedFile| {
            format!("{} {} / {}", file.names.join("|"), file.lines.hit, file.lines.executable)
        };
        read(text).unwrap().files.into_iter().map(one).collect()
    }

    /// What is said of the file with the number 1.
    fn first(points: &str) -> String {
        let all = shown(&method(points));
        all[1].strip_prefix("C:\\w\\Load.cs ").unwrap().to_string()
    }

    #[test]
    fn points_lie_in_the_file_that_they_name_or_in_that_of_their_method() {
        let points = "<SequencePoint vc='3' sl='4' el='4' fileid='1'/><SequencePoint vc='0' sl='5' el='6' fileid='2'/>\
            <SequencePoint vc='1' sl='9' el='9'/><SequencePoint vc='1' sl='1' el='1' fileid='0' url='/w/Other.cs'/>";
        assert_eq!(
            shown(&method(points)),
            ["/w/Drop.cs  / 5-6", "/w/Other.cs 1 / 1", "C:\\w\\Load.cs 4, 9 / 4, 9"]
        );
    }

    #[test]
    fn a_visited_point_says_nothing_of_the_points_within_it() {
        // A lambda that was made and never called.
        let points = "<SequencePoint vc='1' sl='3' el='7'/><SequencePoint vc='0' sl='4' el='4'/><SequencePoint vc='0' sl='5' el='5'/>";
        assert_eq!(first(points), "3, 6-7 / 3-7");
        // A lambda that was called by somebody else.
        let points = "<SequencePoint vc='0' sl='3' el='7'/><SequencePoint vc='2' sl='4' el='5'/>";
        assert_eq!(first(points), "4-5 / 3-7");
    }

    #[test]
    fn of_points_on_the_same_lines_one_visit_is_enough() {
        // `if (rows == null) return;`, and methods of a generic type.
        assert_eq!(
            first("<SequencePoint vc='1' sl='3' el='3'/><SequencePoint vc='0' sl='3' el='3'/>"),
            "3 / 3"
        );
        assert_eq!(
            first("<SequencePoint vc='0' sl='3' el='4'/><SequencePoint vc='1' sl='3' el='4'/>"),
            "3-4 / 3-4"
        );
    }

    #[test]
    fn points_of_no_source_have_no_lines() {
        let points = "<SequencePoint vc='1' sl='16707566' el='16707566' fileid='77'/><SequencePoint vc='1' sl='15732480' el='15732480'/><SequencePoint vc='1' sl='0' el='0'/>\
            <SequencePoint vc='0' sl='2' el='2'/>";
        assert_eq!(first(points), " / 2");
    }

    #[test]
    fn numbers_of_files_are_those_of_the_module() {
        let other = "</Methods></Class></Classes></Module><Module><Files><File uid='1' fullPath='b.cs'/></Files><Classes><Class><Methods>\
            <Method><FileRef uid='1'/><SequencePoints><SequencePoint vc='1' sl='1' el='1'/></SequencePoints></Method>";
        assert_eq!(shown(&session(other)), ["/w/Drop.cs  / ", "C:\\w\\Load.cs  / ", "b.cs 1 / 1"]);
    }

    #[test]
    fn a_summary_that_says_otherwise_is_a_contradiction() {
        let points = "<SequencePoint vc='1' sl='3' el='3'/><SequencePoint vc='0' sl='4' el='4'/>";
        let said = |of: &str, claims: &str| {
            let text = method(points).replace("<FileRef", &format!("<Summary {of}/><FileRef"));
            read(&text.replace("numSequencePoints='0' visitedSequencePoints='9'", claims))
                .unwrap()
                .contradictions
        };
        assert_eq!(said("numSequencePoints='2' visitedSequencePoints='1'", ""), Vec::<String>::new());
        assert_eq!(said("numSequencePoints='3'", ""), ["a method claims 3 sequence points and shows 2"]);
        assert_eq!(
            said("visitedSequencePoints='0'", ""),
            ["a method claims 0 executed sequence points and shows 1"]
        );
        assert_eq!(said("", "numSequencePoints='5'"), ["the session claims 5 sequence points and shows 2"]);
        assert_eq!(
            said("", "visitedSequencePoints='0'"),
            ["the session claims 0 executed sequence points and shows 1"]
        );
    }

    #[test]
    fn when_a_module_was_built_is_no_time_of_the_run() {
        assert!(read(&method("<SequencePoint vc='1' sl='3' el='3'/>")).unwrap().times.is_empty());
    }

    #[test]
    fn what_does_not_say_enough_is_refused() {
        for points in [
            "<SequencePoint sl='1' el='1'/>",
            "<SequencePoint vc='1'/>",
            "<SequencePoint vc='1' el='1'/>",
            "<SequencePoint vc='x' sl='1' el='1'/>",
            "<SequencePoint vc='1' sl='-1' el='1'/>",
            "<SequencePoint vc='1' sl='one' el='1'/>",
            "<SequencePoint vc='1' sl='3' el='2'/>",
            "<SequencePoint vc='1' sl='3' el='10000001'/>",
            "<SequencePoint vc='1' sl='3' el='3' fileid='9'/>",
            "<Method/>",
            "<File uid='1' fullPath='other'/>",
            "<File uid='3'/>",
            "<File fullPath='other'/>",
            "<Module/>",
        ] {
            assert!(read(&method(points)).is_err(), "{points}");
        }
        let nowhere = session(
            "<Method><SequencePoints><SequencePoint vc='1' sl='1' el='1'/></SequencePoints></Method>",
        );
        assert!(read(&nowhere).is_err());
        assert!(read(&session("<SequencePoint vc='1' sl='1' el='1' fileid='1'/>")).is_err());
    }

    proptest! {
        #[test]
        fn each_line_has_what_the_shortest_points_over_it_say(points in prop::collection::vec((1..30u32, 0..8u32, any::<bool>()), 0..12)) {
            let points: Vec<SequencePoint> = points.iter().map(|(first, more, hit)| SequencePoint { first: *first, last: first + more, hit: *hit }).collect();
            let mut gathered = GatheredCoverage::default();
            mark_lines(&points, gathered.file(vec!["a".into()]));
            let lines = gathered.finish().files.remove(0).lines;
            for line in 1..45 {
                let over = || points.iter().filter(|point| (point.first..=point.last).contains(&line));
                let shortest = over().map(|point| point.last - point.first).min();
                let hit = over().any(|point| Some(point.last - point.first) == shortest && point.hit);
                let holds = |lines: &portcullis_testrun::lines::Lines| lines.runs().iter().any(|run| (run.0..=run.1).contains(&line));
                prop_assert_eq!((holds(&lines.executable), holds(&lines.hit)), (shortest.is_some(), hit), "{}", line);
            }
        }
    }
}
