//! What a parser has gathered so far.

use portcullis_report_shared::error::ContentError;
use portcullis_testrun::line_coverage::{FileLines, Reported, ReportedFile};
use portcullis_testrun::lines::Lines;
use portcullis_testrun::own_times::OwnTimes;
use std::collections::BTreeMap;

/// No source file has a line of a greater number; a report that says so is refused.
pub const LAST_LINE: u32 = 10_000_000;

/// The files of a report, by their names.
#[derive(Debug, Default)]
pub struct GatheredCoverage {
    files: BTreeMap<Vec<String>, GatheredFile>,
    contradictions: Vec<String>,
    /// The times that the report names.
    pub times: OwnTimes,
}

/// The lines of one file, in the order in which the report has them.
#[derive(Debug, Default)]
pub struct GatheredFile {
    executable: Vec<(u32, u32)>,
    hit: Vec<(u32, u32)>,
    missed: Vec<(u32, u32)>,
    checksums: BTreeMap<u32, String>,
}

impl GatheredCoverage {
    /// The file of these names; the same one each time.
    pub fn file(&mut self, mut names: Vec<String>) -> &mut GatheredFile {
        names.sort();
        names.dedup();
        self.files.entry(names).or_default()
    }

    /// Notes where the report contradicts itself.
    pub fn contradiction(&mut self, sentence: String) {
        self.contradictions.push(sentence);
    }

    /// All of it.
    pub fn finish(self) -> Reported {
        let files = self.files.into_iter().map(|(names, file)| file.finish(names)).collect();
        Reported { files, contradictions: self.contradictions, times: self.times }
    }
}

impl GatheredFile {
    /// Takes a run of lines that can be executed. There is no line 0, so it is passed over.
    pub fn run(&mut self, first: u32, last: u32, hit: bool) {
        let first = first.max(1);
        if last < first {
            return;
        }
        extend_runs(&mut self.executable, first, last);
        if hit {
            extend_runs(&mut self.hit, first, last);
        }
    }

    /// Takes a line on which something was not executed, whatever else was.
    pub fn missed(&mut self, line: u32) {
        if line == 0 {
            return;
        }
        extend_runs(&mut self.executable, line, line);
        extend_runs(&mut self.missed, line, line);
    }

    /// Takes the lines between two others.
    pub fn run_between(&mut self, before: u32, after: u32, hit: bool) {
        if before.saturating_add(1) < after {
            self.run(before + 1, after - 1, hit);
        }
    }

    /// Takes the digest of a line; says whether it is the one that was given before, if any was.
    pub fn checksum(&mut self, line: u32, digest: &str) -> bool {
        line == 0 || self.checksums.entry(line).or_insert_with(|| digest.to_string()) == digest
    }

    fn finish(self, names: Vec<String>) -> ReportedFile {
        let hit = Lines::of(self.hit).without(&Lines::of(self.missed));
        let lines = FileLines { executable: Lines::of(self.executable), hit };
        ReportedFile { names, lines, checksums: self.checksums }
    }
}

/// Adds a run; one that follows the last makes it longer, so that a file takes few of them.
fn extend_runs(runs: &mut Vec<(u32, u32)>, first: u32, last: u32) {
    match runs.last_mut() {
        Some(before) if before.1.checked_add(1) == Some(first) => before.1 = last,
        _ => runs.push((first, last)),
    }
}

/// Numbers that the compilers of .NET give to code that has no line. No file has so many.
const HIDDEN: [u32; 2] = [0xfe_efee, 0xf0_0f00];

/// A line number as text. 0 is the line of code that a compiler made by itself; it belongs to no
/// line of the file, and other numbers for that become it.
///
/// # Errors
/// The text is no number, or one greater than any line number.
pub fn line_number(text: &str) -> Result<u32, ContentError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number
        .map(|number| if HIDDEN.contains(&number) { 0 } else { number })
        .filter(|number| *number <= LAST_LINE)
        .ok_or_else(|| format!("`{}` is not the number of a line", shorten_text(text)).into())
}

/// Does a count, of as many digits as there may be, say that something was executed?
///
/// # Errors
/// The text is no count.
pub fn is_hit(text: &str) -> Result<bool, ContentError> {
    let (digits, negative) = text.strip_prefix('-').map_or((text, false), |digits| (digits, true));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{}` is not a count", shorten_text(text)).into());
    }
    // A counter that ran over shows a negative number. Nobody knows what it counted.
    Ok(!negative && digits.bytes().any(|digit| digit != b'0'))
}

/// Text from a report for a message.
pub fn shorten_text(text: &str) -> String {
    text.chars().take(60).collect()
}
