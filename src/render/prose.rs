//! Markdown for a terminal: paragraphs and lists are filled to its width, and code stays as it is.

use unicode_width::UnicodeWidthStr as _;

/// What code is indented by.
const CODE: &str = "    ";

/// What an item of a list begins with.
const ITEM: &str = "- ";

/// What surrounds code.
const FENCE: &str = "```";

/// A piece of a text.
enum ProseBlock<'t> {
    /// The lines between two fences.
    Code(Vec<&'t str>),
    /// A paragraph or an item of a list, as one line.
    Text(String),
}

/// Of Markdown what the documentation of a control uses: paragraphs, flat lists of `-`, code
/// between fences. Lists are set tight: the blank lines that Markdown wants around them are not
/// shown.
pub fn wrap_prose(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    let mut tight = true;
    for block in prose_blocks(text) {
        if !std::mem::replace(&mut tight, block.is_item()) && !block.is_item() {
            lines.push(String::new());
        }
        lines.extend(block.lines(width));
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn prose_blocks(text: &str) -> Vec<ProseBlock<'_>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    let mut open = false;
    while let Some(line) = lines.next() {
        let goes_on = std::mem::take(&mut open) && !line.starts_with(ITEM);
        if line.starts_with(FENCE) {
            let code = lines.by_ref().take_while(|line| !line.starts_with(FENCE));
            blocks.push(ProseBlock::Code(code.collect()));
            continue;
        }
        open = !line.trim().is_empty();
        match blocks.last_mut() {
            _ if !open => {}
            Some(ProseBlock::Text(text)) if goes_on => text.extend([" ", line.trim_start()]),
            _ => blocks.push(ProseBlock::Text(line.to_string())),
        }
    }
    blocks
}

impl ProseBlock<'_> {
    fn is_item(&self) -> bool {
        matches!(self, ProseBlock::Text(text) if text.starts_with(ITEM))
    }

    /// No wider than `width`, but for code; the further lines of an item hang below its text.
    fn lines(&self, width: usize) -> Vec<String> {
        let hang = if self.is_item() { ITEM.len() } else { 0 };
        match self {
            ProseBlock::Code(lines) => lines.iter().map(|line| format!("{CODE}{line}")).collect(),
            ProseBlock::Text(text) => {
                let mut lines = wrap_text(text, 0, hang, width);
                lines.iter_mut().skip(1).for_each(|line| line.insert_str(0, &" ".repeat(hang)));
                lines
            }
        }
    }
}

/// The lines of a text: the first starts in column `first`, the others in column `hang`, none
/// passes `width` unless it is a single word. There is always a first line, if only an empty one.
pub fn wrap_text(text: &str, first: usize, hang: usize, width: usize) -> Vec<String> {
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

/// A text of one line in lines: the first begins with `lead`, the others are indented by `hang`,
/// and each ends with a line break. Code between two "`" stays in one line where it fits into one,
/// so that it can be copied.
pub fn hang_text(lead: &str, hang: usize, text: &str, width: usize) -> String {
    let lines = wrap_text(&join_code(text, width.saturating_sub(hang)), lead.width(), hang, width);
    let text = format!("{lead}{}", lines.join(&format!("\n{:hang$}", ""))).replace(JOINED, " ");
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// What holds the words of code together while lines are filled: no text for people has it.
const JOINED: char = '\u{f8ff}';

fn join_code(text: &str, width: usize) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    let outside = |place: usize| pieces.get(place).copied().unwrap_or_default();
    let joined = pieces.iter().enumerate().map(|(place, piece)| {
        // Punctuation around code, as brackets, stays with it.
        let before = outside(place.wrapping_sub(1)).rsplit(' ').next().unwrap_or_default();
        let after = outside(place + 1).split(' ').next().unwrap_or_default();
        let fits = before.width() + piece.width() + after.width() + 2 <= width;
        if place % 2 == 1 && fits { piece.replace(' ', &JOINED.to_string()) } else { piece.to_string() }
    });
    joined.collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_lines_hang_below_the_first_and_a_long_word_stays_whole() {
        assert_eq!(hang_text("  A: ", 4, "bb cc dd eeeeeeeeee", 10), "  A: bb cc\n    dd\n    eeeeeeeeee\n");
        assert_eq!(hang_text("  A:", 2, "", 10), "  A:\n");
        assert_eq!(
            hang_text("", 2, "aa bb (`cc dd`), `ee ff gg hh`", 12),
            "aa bb\n  (`cc dd`),\n  `ee ff gg\n  hh`\n"
        );
    }

    #[test]
    fn paragraphs_are_filled_items_hang_and_code_stays() {
        let text = "aa\nbb cc\n\n- dd ee\n  ff\n- gg\n\nhh\nii\n\n```toml\njj = \"kk ll\"\n\n- mm\n```\n\nnn";
        let shown = "aa bb\ncc\n- dd\n  ee\n  ff\n- gg\nhh ii\n\n    jj = \"kk ll\"\n\n    - mm\n\nnn\n";
        assert_eq!(wrap_prose(text, 5), shown);
    }
}
