//! Problems for people: file, line, column, the source line, what to write instead.

use super::Problem;
use super::recover::MOST;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use portcullis_pattern::fold::is_invisible;
use std::ops::Range;

/// The mistakes for people: file, line, column, the source line, what to write instead. No colour.
///
/// Columns count characters, from 1. The last line says how many mistakes there are.
pub fn show(name: &str, text: &str, problems: &[Problem]) -> String {
    let mut shown: String = problems.iter().map(|problem| show_one(name, text, problem) + "\n\n").collect();
    shown.push_str(&total_line(name, problems.len()));
    shown
}

fn total_line(name: &str, count: usize) -> String {
    let name = visible_text(name);
    match count {
        1 => format!("{name}: 1 problem\n"),
        count if count >= MOST => format!("{name}: {count} problems, and possibly more\n"),
        count => format!("{name}: {count} problems\n"),
    }
}

fn show_one(name: &str, text: &str, problem: &Problem) -> String {
    let line = ProblemLine::at(text, &problem.span);
    let snippet = Snippet::source(line.text)
        .path(visible_text(name))
        .line_start(line.number)
        .annotation(AnnotationKind::Primary.span(line.marked));
    let help = problem.help.iter().map(|help| Level::HELP.message(visible_text(help)));
    let title = Level::ERROR.primary_title(visible_text(&problem.message));
    Renderer::plain().render(&[title.element(snippet).elements(help)])
}

/// The part of a mistake that is on its first line.
struct ProblemLine<'t> {
    number: usize,
    text: &'t str,
    /// Bytes of `text`, on borders of characters.
    marked: Range<usize>,
}

impl<'t> ProblemLine<'t> {
    fn at(text: &'t str, span: &Range<usize>) -> Self {
        let start = text.floor_char_boundary(span.start);
        let (before, after) = text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        let line_end = after.find('\n').map_or(text.len(), |index| start + index);
        let line = text.get(line_start..line_end).unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let within = |place: usize| line.floor_char_boundary(place.saturating_sub(line_start));
        ProblemLine {
            number: 1 + before.matches('\n').count(),
            text: line,
            marked: within(start)..within(span.end.max(start)),
        }
    }
}

/// Text without the power to move the cursor, to change colours or to hide.
fn visible_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}
