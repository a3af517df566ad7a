//! Text for people in as many columns as there are: at least 80, at most 120.

use super::exit::Result;
use super::output;
use portcullis_render::prose::hang_text;

/// No text is wider than this.
const WIDEST: usize = 120;

/// How many columns text fills.
pub fn columns() -> usize {
    output::for_columns().width.min(WIDEST)
}

/// Writes a paragraph to stdout.
///
/// # Errors
/// Stdout cannot be written.
pub fn tell(words: &str) -> Result<()> {
    output::text(&fill(words))
}

/// Writes lines to stdout, each with what does not fit below it, deeper than its own indent.
///
/// # Errors
/// Stdout cannot be written.
pub fn tell_lines(text: &str) -> Result<()> {
    output::text(&text.lines().map(|line| fill_line(line, columns())).collect::<String>())
}

fn fill_line(line: &str, width: usize) -> String {
    let words = line.trim_start();
    if words.is_empty() {
        return "\n".to_string();
    }
    let indent = line.len() - words.len();
    let number = words.find(". ").filter(|at| *at > 0 && words[..*at].bytes().all(|b| b.is_ascii_digit()));
    hang_text(&line[..indent], indent + number.map_or(2, |at| at + 2), words, width)
}

/// Says something on stderr that is no error.
pub fn advise(words: &str) {
    output::remark(&fill(words));
}

/// Says on stderr what is wrong.
pub fn complain(words: &str) {
    advise(&format!("error: {words}"));
}

fn fill(words: &str) -> String {
    hang_text("", 2, words, columns())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_hangs_below_its_line() {
        assert_eq!(fill_line("  a bb ccc dddd", 10), "  a bb ccc\n    dddd\n");
        assert_eq!(fill_line("  12. a bb ccc", 10), "  12. a bb\n      ccc\n");
        assert_eq!(fill_line("", 10), "\n");
        assert_eq!(fill_line("    a-glob/of/many/letters", 10), "    a-glob/of/many/letters\n");
    }
}
