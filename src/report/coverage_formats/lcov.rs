//! LCOV tracefiles (geninfo(1), "TRACEFILE FORMAT"), of LCOV 1 and 2.
//!
//! A section begins with `SF:` and ends with `end_of_record`; a file may have several, one for each
//! test name. Only `DA:` says what was executed. `LF:` and `LH:` are held against it: a section
//! that claims more lines than it shows has lost some, and one that shows more executed lines than
//! it claims was altered. They are not asked where functions may share lines (see [`Functions`]),
//! because llvm-cov and gcovr count a line once for each of those: an instance of a template, a
//! closure.
//!
//! Branches are passed over. A count that is not a number of gcov's (`#####`, `=====`: never
//! executed) or digits is an error, and so is an unknown record. Writers whose source maps are
//! wrong give lines without a number (`undefined`, `NaN`): no one's, as line 0 is, which compilers
//! give to code of their own. A count of that kind is none, so the line was not executed.

use super::CoverageParser;
use super::gathered::{GatheredCoverage, is_hit, line_number, shorten_text};
use portcullis_report_shared::encoding::{decode_head, decode_text};
use portcullis_report_shared::error::{ContentError, ReportError};
use portcullis_testrun::line_coverage::CoverageFormat;
use std::collections::BTreeMap;

/// The format.
pub static FORMAT: CoverageParser =
    CoverageParser { format: CoverageFormat::Lcov, detect: is_lcov, parse: parse_lcov };

/// Records that say nothing about lines.
const OTHERS: &[&str] =
    &["TN", "VER", "FNDA", "FNF", "FNH", "FNA", "BRDA", "BRF", "BRH", "BFH", "BA", "MCDC", "MCF", "MCH"];

fn is_lcov(bytes: &[u8]) -> bool {
    let head = decode_head(bytes);
    let first = head.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with("TN:") || line.starts_with("SF:"))
}

fn parse_lcov(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let mut reading = LcovReader::default();
    let text = decode_text(bytes)?;
    let mut before = 0;
    for line in text.split_inclusive('\n') {
        let error = |message: ContentError| ReportError::after(&text.as_bytes()[..before], message);
        reading.take(line.trim_end_matches(['\n', '\r'])).map_err(error)?;
        before += line.len();
    }
    if reading.section.is_some() {
        return Err(ReportError::after(text.as_bytes(), "it is cut off: a section has no `end_of_record`"));
    }
    Ok(reading.gathered)
}

#[derive(Default)]
struct LcovReader {
    gathered: GatheredCoverage,
    section: Option<Section>,
}

/// What is between `SF:` and `end_of_record`.
struct Section {
    file: String,
    lines: BTreeMap<u32, bool>,
    records: u64,
    records_hit: u64,
    found: Option<u64>,
    hit: Option<u64>,
    functions: Functions,
}

/// The functions of a section, as far as it takes to know whether two may lie on one line.
#[derive(Default)]
struct Functions {
    /// First and last lines.
    extents: Vec<(u32, u32)>,
    /// Of one it is not said where it ends.
    open: bool,
}

impl LcovReader {
    fn take(&mut self, line: &str) -> Result<(), ContentError> {
        if line.trim().is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line == "end_of_record" {
            return self.end();
        }
        let Some((record, value)) = line.split_once(':') else {
            return Err(format!("`{}` is no record of a tracefile", shorten_text(line)).into());
        };
        match record {
            "SF" => self.begin(value),
            "DA" => self.line(value),
            // `FN:first,name` or `FN:first,last,name`; `FNL:index,first` or `FNL:index,first,last`.
            "FN" => self.function(value),
            "FNL" => self.function(value.split_once(',').map_or("", |(_, extent)| extent)),
            "LF" => self.section()?.claim_found(value),
            "LH" => self.section()?.claim_hit(value),
            _ if OTHERS.contains(&record) => Ok(()),
            _ => Err(format!("`{}` is no record of a tracefile", shorten_text(record)).into()),
        }
    }

    fn section(&mut self) -> Result<&mut Section, ContentError> {
        self.section.as_mut().ok_or_else(|| "a record is outside any file".into())
    }

    fn function(&mut self, extent: &str) -> Result<(), ContentError> {
        // Writers also name functions of files that they say nothing else of.
        if let Some(section) = &mut self.section {
            section.functions.take(extent);
        }
        Ok(())
    }

    fn begin(&mut self, file: &str) -> Result<(), ContentError> {
        if self.section.is_some() {
            return Err("a file begins before the one before it has ended".into());
        }
        self.section = Some(Section::new(file));
        Ok(())
    }

    /// `line,count` or `line,count,checksum`.
    fn line(&mut self, value: &str) -> Result<(), ContentError> {
        let section = self.section.as_mut().ok_or("a line is outside any file")?;
        let (number, rest) = value.split_once(',').ok_or("a line has no count")?;
        let (count, checksum) =
            rest.split_once(',').map_or((rest, ""), |(count, checksum)| (count, checksum));
        let (number, hit) = (number_of(number)?, count_of(count)?);
        section.take(number, hit);
        // gcovr leaves out the name of what lies above its root.
        if section.file.is_empty() {
            return Ok(());
        }
        let file = self.gathered.file(vec![section.file.clone()]);
        if !checksum.is_empty() && !file.checksum(number, checksum) {
            return Err(format!("line {number} of a file has two different checksums").into());
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        let section = self.section.take().ok_or("a section ends that did not begin")?;
        if section.file.is_empty() {
            return Ok(());
        }
        let file = self.gathered.file(vec![section.file.clone()]);
        section.lines.iter().for_each(|(line, hit)| file.run(*line, *line, *hit));
        section.contradictions().into_iter().for_each(|said| self.gathered.contradiction(said));
        Ok(())
    }
}

impl Section {
    fn new(file: &str) -> Self {
        let (lines, file, functions) = (BTreeMap::new(), file.to_string(), Functions::default());
        Section { file, lines, records: 0, records_hit: 0, found: None, hit: None, functions }
    }

    fn take(&mut self, line: u32, hit: bool) {
        *self.lines.entry(line).or_default() |= hit;
        self.records += 1;
        self.records_hit += u64::from(hit);
    }

    fn claim_found(&mut self, value: &str) -> Result<(), ContentError> {
        self.found = Some(read_claim(value)?);
        Ok(())
    }

    fn claim_hit(&mut self, value: &str) -> Result<(), ContentError> {
        self.hit = Some(read_claim(value)?);
        Ok(())
    }

    /// Some writers count a line that they list twice once, others twice.
    fn contradictions(&self) -> Vec<String> {
        if self.functions.may_share_lines() {
            return Vec::new();
        }
        let distinct = self.lines.len() as u64;
        let hit = self.lines.values().filter(|hit| **hit).count() as u64;
        let differs = |claimed: Option<u64>, once: u64, each: u64| {
            claimed.filter(|claimed| *claimed != once && *claimed != each)
        };
        let found = differs(self.found, distinct, self.records)
            .map(|claimed| format!("{} claims {claimed} lines and shows {distinct}", self.file));
        let hit = differs(self.hit, hit, self.records_hit)
            .map(|claimed| format!("{} claims {claimed} executed lines and shows {hit}", self.file));
        found.into_iter().chain(hit).collect()
    }
}

impl Functions {
    fn take(&mut self, extent: &str) {
        let mut numbers = extent.split(',').map(|number| number.parse().ok());
        match (numbers.next().flatten(), numbers.next().flatten()) {
            (Some(first), Some(last)) => self.extents.push((first, last)),
            _ => self.open = true,
        }
    }

    fn may_share_lines(&self) -> bool {
        let mut extents = self.extents.clone();
        extents.sort_unstable();
        self.open || extents.windows(2).any(|pair| matches!(pair, [before, after] if after.0 <= before.1))
    }
}

/// What writers in JavaScript put for a number that they do not have.
const NO_NUMBER: &[&str] = &["undefined", "null", "NaN"];

/// The number of a line; 0 where it has none.
fn number_of(text: &str) -> Result<u32, ContentError> {
    if NO_NUMBER.contains(&text) { Ok(0) } else { line_number(text) }
}

fn read_claim(value: &str) -> Result<u64, ContentError> {
    value.trim().parse().map_err(|_| format!("`{}` is not a number of lines", shorten_text(value)).into())
}

/// Old writers copied gcov's marks of what was never executed.
fn count_of(text: &str) -> Result<bool, ContentError> {
    match text.trim() {
        "#####" | "=====" => Ok(false),
        count if NO_NUMBER.contains(&count) => Ok(false),
        count => is_hit(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_testrun::line_coverage::{Reported, ReportedFile};

    fn read(text: &str) -> Result<Reported, ReportError> {
        parse_lcov(text.as_bytes()).map(GatheredCoverage::finish)
    }

    fn shown(file: &ReportedFile) -> (String, String, String) {
        (file.names.join("|"), file.lines.executable.to_string(), file.lines.hit.to_string())
    }

    fn files(text: &str) -> Vec<(String, String, String)> {
        read(text).unwrap().files.iter().map(shown).collect()
    }

    fn one(name: &str, executable: &str, hit: &str) -> (String, String, String) {
        (name.into(), executable.into(), hit.into())
    }

    #[test]
    fn sections_of_one_file_add_up() {
        let text =
            "TN:a\nSF:x.py\nDA:1,1\nDA:2,0\nend_of_record\nTN:b\nSF:x.py\nDA:2,3\nDA:4,0\nend_of_record\n";
        assert_eq!(files(text), [one("x.py", "1-2, 4", "1-2")]);
    }

    #[test]
    fn a_shell_can_have_redirected_it_in_another_encoding() {
        let text = "\u{feff}TN:\nSF:\u{e9}.js\nDA:1,1\nend_of_record\n";
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [text.as_bytes(), &wide] {
            assert!(is_lcov(bytes));
            let files = parse_lcov(bytes).unwrap().finish().files;
            assert_eq!(files.iter().map(shown).collect::<Vec<_>>(), [one("\u{e9}.js", "1", "1")]);
        }
        let odd = parse_lcov(b"TN:\nSF:\xe9.js\nDA:1,1\nend_of_record\n").unwrap_err();
        assert_eq!(odd.line, Some(2));
    }

    #[test]
    fn counts_of_every_kind() {
        let text = "SF:a\nDA:1,99999999999999999999999\nDA:2,-7\nDA:3,=====\nDA:4,#####\nDA:5,0\nDA:6,000\nDA:7,1\nend_of_record\n";
        assert_eq!(files(text), [one("a", "1-7", "1, 7")]);
        for count in ["", "x", "1e5", "1.5", "+1", " ", "0x1", "--1"] {
            assert!(read(&format!("SF:a\nDA:1,{count}\nend_of_record\n")).is_err(), "{count}");
        }
    }

    #[test]
    fn lines_that_no_file_has_are_refused() {
        for line in ["-1", "", "a", "10000001", "99999999999", "1 "] {
            assert!(read(&format!("SF:a\nDA:{line},1\nend_of_record\n")).is_err(), "{line}");
        }
    }

    #[test]
    fn records_of_both_versions_are_known_and_others_are_not() {
        let text = "# made by hand\r\nTN:\r\nSF:/b/a.c\r\nVER:1\r\nFN:1,2,f\r\nFNDA:1,f\r\nFNL:0,1,2\r\nFNA:0,1,f\r\nBRDA:1,0,0,-\r\nMCDC:1,2,t,1,0,e\r\nDA:1,1\r\nLF:1\r\nLH:1\r\nend_of_record\r\n";
        assert_eq!(files(text), [one("/b/a.c", "1", "1")]);
        let error = read("SF:a\nXX:1\nend_of_record\n").unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (Some(2), "`XX` is no record of a tracefile"));
    }

    #[test]
    fn what_is_cut_off_or_out_of_place_is_refused() {
        for text in [
            "SF:a\nDA:1,1\n",
            "SF:a\nDA:1,1\nend_of_rec",
            "SF:a\nDA:1,1\nSF:b\nend_of_record\n",
            "DA:1,1\nend_of_record\n",
            "end_of_record\n",
            "SF:a\nDA:1\nend_of_record\n",
            "LF:1\n",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_summary_that_says_otherwise_is_a_contradiction() {
        let said = |claims: &str| {
            read(&format!("SF:a\nDA:1,1\nDA:2,0\n{claims}end_of_record\n")).unwrap().contradictions
        };
        assert_eq!(said("LF:2\nLH:1\n"), Vec::<String>::new());
        // An unexecuted line was taken out, or an executed one was put in.
        assert_eq!(said("LF:3\nLH:1\n"), ["a claims 3 lines and shows 2"]);
        assert_eq!(said("LF:2\nLH:0\n"), ["a claims 0 executed lines and shows 1"]);
        let twice = read("SF:a\nDA:1,1\nDA:1,1\nLF:2\nLH:2\nend_of_record\n").unwrap();
        assert_eq!(twice.contradictions, Vec::<String>::new());
    }

    #[test]
    fn checksums_are_kept_and_must_agree() {
        let file = &read("SF:a\nDA:1,1,abc\nDA:2,0\nend_of_record\n").unwrap().files[0];
        assert_eq!(file.checksums, BTreeMap::from([(1, "abc".to_string())]));
        assert!(read("SF:a\nDA:1,1,abc\nDA:1,1,xyz\nend_of_record\n").is_err());
    }
}
