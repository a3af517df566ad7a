//! Text that people add to the procedure, between markers.
//!
//! It is kept when the page is written again, and never judged. So it must not be able to do
//! anything to the generated sentences around it, nor look like one of them:
//!
//! | attempt | answer |
//! | --- | --- |
//! | a marker opened early, so that generated sentences become "added" | they are missing from the rest, which is a difference |
//! | markers nested, never closed, never opened | a fault |
//! | added text that looks like the policy | its first and last line say what it is, visibly |
//! | HTML, comments, open fences that hide or restyle what follows | a fault: Markdown only, and fences in their simplest form |
//! | headings that put what follows under another title | a fault |
//! | characters that cannot be seen, or that reorder others | a fault |

use super::PageFault;
use portcullis_pattern::fold::is_invisible;

/// The line that opens added text.
pub const BEGINS: &str = "<!-- portcullis: added text begins -->";

/// The line that closes it.
pub const ENDS: &str = "<!-- portcullis: added text ends -->";

/// What readers see first of it.
pub const FIRST: &str = "*Added by hand; not from the policy, and not checked:*";

/// What readers see last of it.
pub const LAST: &str = "*End of the added text.*";

/// How a block of code opens and closes.
const FENCE: &str = "```";

/// A text between markers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedText<'t> {
    /// The line of the opening marker, from 1.
    pub line: usize,
    /// The last line before it that is not blank and not added text: where it belongs.
    pub after: Option<&'t str>,
    /// The lines between the markers.
    pub lines: Vec<&'t str>,
}

/// Lines with their numbers.
type Numbered<'t> = (usize, &'t str);

/// The lines outside of all markers, and the texts between them.
pub fn separate_added<'t>(
    lines: &[Numbered<'t>],
    faults: &mut Vec<PageFault>,
) -> (Vec<Numbered<'t>>, Vec<AddedText<'t>>) {
    let (mut own, mut added) = (Vec::new(), Vec::new());
    let mut open: Option<AddedText<'t>> = None;
    let mut last = None;
    for (number, line) in lines.iter().copied() {
        match (&mut open, line) {
            (Some(text), BEGINS) => {
                faults.push(PageFault::new(
                    number,
                    format!("added text begins inside the added text of line {}", text.line),
                ));
            }
            (Some(_), ENDS) => added.extend(open.take()),
            (Some(text), line) => text.lines.push(line),
            (None, BEGINS) => open = Some(AddedText { line: number, after: last, lines: Vec::new() }),
            (None, ENDS) => faults.push(PageFault::new(number, "added text ends that never began")),
            (None, line) => {
                last = Some(line).filter(|line| !line.is_empty()).or(last);
                own.push((number, line));
            }
        }
    }
    if let Some(text) = open {
        faults.push(PageFault::new(text.line, "added text begins and never ends"));
    }
    added.iter().for_each(|text| check_added(text, faults));
    (own, added)
}

/// What is wrong with one text.
fn check_added(text: &AddedText<'_>, faults: &mut Vec<PageFault>) {
    let written: Vec<&str> = text.lines.iter().copied().filter(|line| !line.is_empty()).collect();
    if written.first() != Some(&FIRST) || written.last() != Some(&LAST) {
        let reason = format!(
            "readers cannot see that this text was added: its first line is to be `{FIRST}` and its last one `{LAST}`"
        );
        faults.push(PageFault { line: text.line, text: reason, is_repaired: true });
    }
    let mut in_code = false;
    for (number, line) in (text.line + 1..).zip(&text.lines) {
        let fault = fault_in_line(line, &mut in_code);
        faults.extend(fault.map(|fault| PageFault::new(number, fault)));
    }
    if in_code {
        faults
            .push(PageFault::new(text.line, "a block of code is not closed and would swallow what follows"));
    }
}

fn fault_in_line(line: &str, in_code: &mut bool) -> Option<&'static str> {
    if line.chars().any(is_hidden) {
        return Some("added text has a character that cannot be seen or that reorders others");
    }
    let starts = line.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '`' | '~'));
    if starts.starts_with(FENCE) || starts.starts_with("~~~") {
        let is_plain =
            |word: &str| word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+'));
        let word = line.strip_prefix(FENCE).filter(|word| is_plain(word));
        return match word {
            Some("") => {
                *in_code = !*in_code;
                None
            }
            Some(_) if !*in_code => {
                *in_code = true;
                None
            }
            _ => Some(
                "write a block of code between two lines of three back quotes that begin in the first column",
            ),
        };
    }
    if *in_code {
        return None;
    }
    let opens_tag =
        |at: usize| line[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
    if line.match_indices('<').any(|(at, _)| opens_tag(at)) {
        return Some("added text has HTML or an address in angle brackets; write Markdown");
    }
    let indent = line.trim_start_matches(|c: char| c.is_whitespace() || c == '>');
    let underlines =
        !indent.is_empty() && (indent.bytes().all(|b| b == b'=') || indent.bytes().all(|b| b == b'-'));
    if starts_heading(indent) || underlines {
        return Some("added text has a heading, which what follows would seem to belong to; write bold text");
    }
    None
}

/// Does a reader not see this character, or take it for white space, or does it reorder others?
fn is_hidden(c: char) -> bool {
    let is_blank = matches!(c, '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{2028}' | '\u{2029}'
        | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}');
    is_blank || is_invisible(c) || (c.is_control() && c != '\t')
}

/// Also within a list or a quotation.
fn starts_heading(line: &str) -> bool {
    line.trim_start_matches(|c: char| c.is_ascii_digit() || ">-*+.) \t".contains(c)).starts_with('#')
}
