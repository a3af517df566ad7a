//! Running text for a terminal: paragraphs are wrapped, and what is code stays as it is.

use unicode_width::UnicodeWidthStr as _;

/// How far code is set in.
const CODE: &str = "    ";

/// A text whose paragraphs are one line each. Lines that begin with `- ` are items of a list; lines that are set in, and
/// lines between code fences, are code.
pub fn prose(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    let mut fenced = false;
    for line in text.trim().lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            lines.push(format!("{CODE}{line}"));
        } else if line.starts_with(CODE) {
            lines.push(line.to_string());
        } else {
            lines.extend(paragraph(line, width));
        }
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// One paragraph; the text of an item hangs.
fn paragraph(line: &str, width: usize) -> Vec<String> {
    let hang = if line.starts_with("- ") { 2 } else { 0 };
    let mut lines = wrap(line, 0, hang, width);
    lines.iter_mut().skip(1).for_each(|line| line.insert_str(0, &" ".repeat(hang)));
    lines
}

/// The lines of a text: the first starts in column `first`, the others in column `hang`, none passes `width`
/// unless it is a single word. There is always a first line, if only an empty one.
pub fn wrap(text: &str, first: usize, hang: usize, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let (mut column, mut gap) = (first, 0);
    for word in text.split(' ') {
        if !word.is_empty() {
            if column + gap + word.width() > width && column + gap > hang {
                lines.push(String::new());
                (column, gap) = (hang, 0);
            }
            let line = lines.last_mut();
            line.into_iter().for_each(|line| line.extend([&" ".repeat(gap), word]));
            column += gap + word.width();
            gap = 0;
        }
        gap += 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped_items_hang_and_code_stays() {
        let text = "aa bb cc\n\n- dd ee ff\n\n```toml\ngg = \"hh ii\"\n```\n\n    jj kk ll";
        let shown = "aa bb\ncc\n\n- dd\n  ee\n  ff\n\n    gg = \"hh ii\"\n\n    jj kk ll\n";
        assert_eq!(prose(text, 5), shown);
    }
}
