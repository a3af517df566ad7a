//! Text for people in as many columns as there are: at least 80, at most 120.

use super::exit::Result;
use super::output;
use crate::render::prose::hang_text;

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
