//! A published copy, written again: the generated lines anew, added texts and approvals kept.

use super::PublishedPage;
use super::added::{AddedText, BEGINS, ENDS, FIRST, LAST};
use crate::control::procedure::Procedure;
use crate::control::procedure::markdown::{APPROVAL_HEADING, HEAD, write_page};

/// A page that was written again.
#[derive(Debug)]
pub struct UpdatedPage {
    /// The page, without approvals.
    pub text: String,
    /// The lines of added texts whose place is gone. They are at the end now, above the approvals.
    pub moved: Vec<usize>,
}

/// Writes the page again, with the added texts of the copy where they were.
pub fn update_page(copy: &PublishedPage<'_>, procedure: &Procedure, path: &str) -> UpdatedPage {
    let page = write_page(procedure, path);
    let is_there = |line: &str| page.lines().any(|own| own == line);
    let place = |text: &AddedText<'_>| match text.after {
        None => Some(HEAD),
        Some(line) => page.lines().find(|own| *own == line),
    };
    let moved = copy.added.iter().filter(|text| text.after.is_some_and(|line| !is_there(line)));
    let moved = moved.map(|text| text.line).collect();
    let mut left: Vec<&AddedText<'_>> = copy.added.iter().collect();
    let mut text = String::new();
    for line in page.lines() {
        if line == APPROVAL_HEADING {
            let (lost, kept) = left.into_iter().partition(|added| place(added).is_none());
            left = kept;
            let lost: Vec<&AddedText<'_>> = lost;
            lost.into_iter().for_each(|added| push_added(&mut text, added));
        }
        text.push_str(line);
        text.push('\n');
        let (here, elsewhere) = left.into_iter().partition(|added| place(added) == Some(line));
        left = elsewhere;
        let here: Vec<&AddedText<'_>> = here;
        here.into_iter().for_each(|added| push_added(&mut text, added));
    }
    UpdatedPage { text, moved }
}

/// The text between its markers, with what tells readers that it was added.
fn push_added(page: &mut String, added: &AddedText<'_>) {
    let lines: Vec<&str> =
        added.lines.iter().copied().filter(|line| *line != FIRST && *line != LAST).collect();
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(first, |at| at + 1);
    let body = lines.get(first..last).unwrap_or_default().join("\n");
    if !page.ends_with("\n\n") {
        page.push('\n');
    }
    page.push_str(&format!("{BEGINS}\n\n{FIRST}\n\n{body}\n\n{LAST}\n\n{ENDS}\n\n"));
}
