//! A published copy of the procedure, compared with what the policy says now.
//!
//! What is compared is every line that is not blank, in order, to the character. Two things may be
//! there beside what is generated: text between markers (`added`), which is kept and never judged,
//! and the approvals at the end (`approval`). Line ends may be those of Windows, and so may the
//! first character of the file. Anything else is a difference.

use super::markdown::{inline, write_page};
use super::{Procedure, SentenceOrigin};
use added::{AddedText, separate_added};
use approval::{DocumentApproval, read_approval};
use std::collections::BTreeMap;

pub mod added;
pub mod approval;
pub mod update;

/// The longest page that is read, in bytes and in lines that are not blank. A change can bring a
/// page of any size.
const LONGEST: usize = 512 * 1024;
const MOST_LINES: usize = 4000;

/// What is written in a published copy.
#[derive(Debug)]
pub struct PublishedPage<'t> {
    /// Its lines that are neither blank, nor added text, nor an approval: with their numbers.
    pub lines: Vec<(usize, &'t str)>,
    /// The approvals at its end, in order.
    pub approvals: Vec<DocumentApproval>,
    /// The texts that people added.
    pub added: Vec<AddedText<'t>>,
    /// What is wrong with markers and added texts: sentences with line numbers.
    pub faults: Vec<PageFault>,
}

/// What is wrong with markers, added texts or approvals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFault {
    /// The line of the page, from 1.
    pub line: usize,
    /// What is wrong.
    pub text: String,
    /// Does writing the page again put it right, and lose nothing?
    pub is_repaired: bool,
}

impl PageFault {
    /// A fault that a person has to put right.
    fn new(line: usize, text: impl Into<String>) -> Self {
        PageFault { line, text: text.into(), is_repaired: false }
    }
}

impl std::fmt::Display for PageFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

/// One difference between the page and what the policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageDifference {
    /// The policy says this, and the page does not.
    Missing {
        /// The line as it has to be.
        text: String,
        /// Where it comes from; `None` for headings, steps and the introduction.
        origin: Option<SentenceOrigin>,
    },
    /// The page says this, and the policy does not.
    Untrue {
        /// The line of the page, from 1.
        line: usize,
        /// What it says.
        text: String,
    },
}

impl std::fmt::Display for PageDifference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PageDifference::Missing { text, origin: Some(origin) } => write!(f, "+ {text} ({origin})"),
            PageDifference::Missing { text, origin: None } => write!(f, "+ {text}"),
            PageDifference::Untrue { line, text } => {
                write!(f, "- {text} (line {line} of the page; the policy does not make this true)")
            }
        }
    }
}

/// A page that is too long to be compared, in words for a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageTooLong(String);

impl std::fmt::Display for PageTooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'t> PublishedPage<'t> {
    /// Reads a page.
    ///
    /// # Errors
    /// It is too long to be compared.
    pub fn read(text: &'t str) -> Result<PublishedPage<'t>, PageTooLong> {
        if text.len() > LONGEST {
            return Err(PageTooLong(format!("it has {} bytes, and at most {LONGEST} are read", text.len())));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut page =
            PublishedPage { lines: Vec::new(), approvals: Vec::new(), added: Vec::new(), faults: Vec::new() };
        let numbered: Vec<_> = (1..).zip(text.split('\n').map(trim_line)).collect();
        let (own, added) = separate_added(&numbered, &mut page.faults);
        page.added = added;
        for (number, line) in own.into_iter().filter(|(_, line)| !line.is_empty()) {
            match read_approval(line) {
                Some(approval) => page.approvals.push(DocumentApproval { line: number, ..approval }),
                None => page.lines.push((number, line)),
            }
        }
        page.check_place_of_approvals();
        match page.lines.len() {
            0..=MOST_LINES => Ok(page),
            many => Err(PageTooLong(format!("it has {many} lines, and at most {MOST_LINES} are compared"))),
        }
    }

    /// Approvals count below everything else only, where the generated text announces them.
    fn check_place_of_approvals(&mut self) {
        let last = self.lines.last().map_or(0, |(number, _)| *number);
        let (counted, astray) =
            std::mem::take(&mut self.approvals).into_iter().partition(|one| one.line > last);
        self.approvals = counted;
        let astray: Vec<DocumentApproval> = astray;
        self.faults.extend(astray.iter().map(|one| PageFault {
            line: one.line,
            text: "an approval counts only at the end of the page, below everything else".to_string(),
            is_repaired: true,
        }));
    }

    /// How the page differs from the procedure.
    pub fn differences(&self, procedure: &Procedure, path: &str) -> Vec<PageDifference> {
        let expected = write_page(procedure, path);
        let expected: Vec<&str> = expected.lines().filter(|line| !line.is_empty()).collect();
        let origins: BTreeMap<String, &SentenceOrigin> = procedure
            .sentences()
            .map(|sentence| (format!("- {}", inline(&sentence.text)), &sentence.origin))
            .collect();
        let found: Vec<&str> = self.lines.iter().map(|(_, line)| *line).collect();
        let missing = |at: usize| PageDifference::Missing {
            text: expected[at].to_string(),
            origin: origins.get(expected[at]).map(|origin| (*origin).clone()),
        };
        let untrue =
            |at: usize| PageDifference::Untrue { line: self.lines[at].0, text: found[at].to_string() };
        compare_lines(&found, &expected)
            .into_iter()
            .map(|edit| match edit {
                LineEdit::Remove(at) => untrue(at),
                LineEdit::Insert(at) => missing(at),
            })
            .collect()
    }
}

/// Does a picture hold what it has to? Line ends may be those of Windows.
pub fn is_same_text(found: &str, expected: &str) -> bool {
    found.lines().eq(expected.lines())
}

fn trim_line(line: &str) -> &str {
    line.strip_suffix('\r').unwrap_or(line).trim_end_matches([' ', '\t'])
}

/// A step from the lines that were found to those that are expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineEdit {
    /// The line at this place of the found ones is not expected there.
    Remove(usize),
    /// The line at this place of the expected ones is missing.
    Insert(usize),
}

/// The shortest way from one list to the other, removals first: the longest common subsequence
/// within what neither beginning nor end have in common.
fn compare_lines(found: &[&str], expected: &[&str]) -> Vec<LineEdit> {
    let head = found.iter().zip(expected).take_while(|(one, other)| one == other).count();
    let (found_rest, expected_rest) = (&found[head..], &expected[head..]);
    let tail = found_rest
        .iter()
        .rev()
        .zip(expected_rest.iter().rev())
        .take_while(|(one, other)| one == other)
        .count();
    let old = &found_rest[..found_rest.len() - tail];
    let new = &expected_rest[..expected_rest.len() - tail];
    let lengths = common_lengths(old, new);
    let (mut one, mut other, mut edits) = (0, 0, Vec::new());
    while one < old.len() || other < new.len() {
        if one < old.len() && other < new.len() && old[one] == new[other] {
            (one, other) = (one + 1, other + 1);
        } else if other == new.len() || one < old.len() && lengths[one + 1][other] >= lengths[one][other + 1]
        {
            edits.push(LineEdit::Remove(head + one));
            one += 1;
        } else {
            edits.push(LineEdit::Insert(head + other));
            other += 1;
        }
    }
    edits
}

/// How many lines the rest of both lists has in common, from each pair of places.
fn common_lengths(old: &[&str], new: &[&str]) -> Vec<Vec<u16>> {
    let mut lengths = vec![vec![0u16; new.len() + 1]; old.len() + 1];
    for one in (0..old.len()).rev() {
        for other in (0..new.len()).rev() {
            lengths[one][other] = if old[one] == new[other] {
                lengths[one + 1][other + 1] + 1
            } else {
                lengths[one + 1][other].max(lengths[one][other + 1])
            };
        }
    }
    lengths
}

#[cfg(test)]
mod tests;
