//! The procedure as a page of Markdown: one sentence on each line, so that a difference between two
//! pages is a list of sentences.

use super::words::{SentencePiece, one_line, pieces};
use super::{Procedure, ProcedureChapter, diagram};

/// The first line: what the page is, for people who open it in an editor.
pub const HEAD: &str = "<!-- Written by `portcullis policy procedure`. Change the policy, not this text; add your own between markers. -->";

/// The last heading, below which approvals are.
pub const APPROVAL_HEADING: &str = "## Approval";

/// The page that belongs at `path`, which its pictures are named after, without approvals.
pub fn write_page(procedure: &Procedure, path: &str) -> String {
    let mut page = format!("{HEAD}\n\n# How code is tested, reviewed and deployed\n\n");
    page.push_str(&format!("Project: **{}**\n\n", escape(&procedure.project)));
    if let Some(office) = &procedure.accountable {
        page.push_str(&format!("Accountable: **{}**\n\n", escape(office)));
    }
    page.push_str(&format!("{INTRODUCTION}\n\n"));
    for (chapter, sentences) in &procedure.chapters {
        page.push_str(&format!("## {}\n\n", chapter.title()));
        sentences.iter().for_each(|sentence| page.push_str(&format!("- {}\n", inline(&sentence.text))));
        page.push('\n');
        if *chapter == ProcedureChapter::Scope {
            diagram::BOTH.iter().for_each(|drawing| page.push_str(&write_way(procedure, drawing, path)));
        }
    }
    page.push_str(&format!("{APPROVAL_HEADING}\n\n{APPROVALS}\n"));
    page
}

/// What everyone reads first.
pub const INTRODUCTION: &str = "This page says in plain words what the project's policy requires of every change to its code and of every deployment. A program, Portcullis, checks these rules and stops what does not keep them. A *change* is a set of commits that someone wants to bring onto a branch; a *change request* (some hosts call it a pull request or a merge request) is where it is tested and reviewed.";

/// What is above the list of approvals.
pub const APPROVALS: &str = "People who answer for this procedure have approved its text as follows.";

fn write_way(procedure: &Procedure, drawing: &diagram::Drawing, path: &str) -> String {
    let mut text = format!("## {}\n\n", drawing.title);
    let (alternative, file) = (drawing.alternative(), drawing.file(path));
    let file = file.rsplit('/').next().unwrap_or_default();
    text.push_str(&format!("![{alternative}](<{file}>)\n\n"));
    for (number, step) in (1..).zip((drawing.steps)(procedure)) {
        text.push_str(&format!("{number}. {}\n", inline(step)));
    }
    text.push('\n');
    text
}

/// A sentence as Markdown.
pub fn inline(text: &str) -> String {
    let write = |piece: SentencePiece<'_>| match piece {
        SentencePiece::Prose(text) => escape(text),
        SentencePiece::Code(text) => code_span(text),
    };
    pieces(text).into_iter().map(write).collect()
}

/// A code span, with more back quotes around it than there are in it in a row.
fn code_span(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    match text.starts_with('`') || text.ends_with('`') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// Plain text in which nothing means anything to Markdown.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in one_line_keeping_ends(text).chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&' | '~' | '!' | '@' | '$'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// On one line; a space at either end belongs to the words around it.
fn one_line_keeping_ends(text: &str) -> String {
    let space = |is: bool| if is { " " } else { "" };
    let (before, after) = (text.starts_with(' '), text.len() > 1 && text.ends_with(' '));
    format!("{}{}{}", space(before), one_line(text), space(after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::procedure::words::code;

    #[test]
    fn nothing_of_a_policy_is_markup() {
        let text = format!("{} runs <b>*a*</b> [x](y) at {} .", "It", code("`a``b`"));
        assert_eq!(inline(&text), r"It runs \<b\>\*a\*\</b\> \[x\](y) at ``` `a``b` ``` .");
        assert_eq!(inline(&format!("{} is", code("x"))), "`x` is");
    }
}
